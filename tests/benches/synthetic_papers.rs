//! Ten thousand synthetic papers, as they are and with one figure altered each: `cargo bench -p latva-tests --bench synthetic_papers`.
//! The figures stand in docs/methods/audit.md.

use std::io::Write;

#[path = "../suite/synthetic_papers.rs"]
mod synthetic_papers;

const PAPERS: u64 = 10_000;

fn main() -> std::io::Result<()> {
    let tally = synthetic_papers::run(0..PAPERS);
    std::io::stdout().lock().write_all(tally.to_string().as_bytes())
}
