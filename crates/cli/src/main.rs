//! The binary `latva`.
fn main() -> std::process::ExitCode {
    latva_cli::main()
}
