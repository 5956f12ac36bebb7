//! The command line tool `latva`.

/// Runs the tool with the arguments of the process.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(2)
}
