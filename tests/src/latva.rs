//! The command line tool, as the tests run it.
fn main() -> std::process::ExitCode {
    latva_cli::main()
}
