//! The command line tool `latva`: arguments, files, terminal and exit codes.
//!
//! Results go to standard output, diagnostics to standard error. The exit code is 0 for a fit that is sound, 1 for
//! one that did not converge, is improper or failed a check, and 2 where the user's input is at fault.

mod arguments;
mod choices;
mod commands;
mod data_diagnostics;
mod files;
mod messages;
mod option_block;
mod stories;
mod switches;
mod terminal;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::arguments::Command;
pub use crate::terminal::Terminal;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done, and the result is sound.
    Sound,
    /// Done, but the fit did not converge, is improper, or a check failed.
    Unsound,
    /// The user's input is at fault.
    Fault,
}

impl Outcome {
    /// The exit code of the process.
    pub fn code(self) -> u8 {
        match self {
            Outcome::Sound => 0,
            Outcome::Unsound => 1,
            Outcome::Fault => 2,
        }
    }
}

/// Runs the tool with the arguments, streams and environment of the process.
pub fn main() -> ExitCode {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut err = std::io::stderr().lock();
    let mut terminal = Terminal::of_process(&mut out, &mut err);
    ExitCode::from(run(std::env::args_os(), &mut terminal).code())
}

/// Runs the tool; `arguments` begin with the name of the program.
pub fn run(arguments: impl IntoIterator<Item = OsString>, terminal: &mut Terminal<'_>) -> Outcome {
    let arguments = switches::joined(arguments);
    let outcome = match arguments::parse(&arguments) {
        Ok(command) => match command {
            Command::Fit(fit) => commands::fit::run(&fit, &arguments, terminal),
            Command::Table(table) => commands::table::run(&table, &arguments, terminal),
            Command::Compare(compare) => commands::compare::run(&compare, &arguments, terminal),
            Command::Audit(audit) => commands::audit::run(&audit, terminal),
            Command::Check(check) => commands::check::run(&check, terminal),
            Command::Fmt(fmt) => commands::fmt::run(&fmt, terminal),
            Command::Explain(explain) => commands::explain::run(&explain, terminal),
        },
        Err(error) => {
            let text = error.render();
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                    terminal.print_styled(&text);
                    Outcome::Sound
                }
                kind => {
                    terminal.complain_styled(&text);
                    if kind == ErrorKind::InvalidSubcommand
                        && let Some(file) = arguments.get(1).filter(|word| Path::new(word).is_file())
                    {
                        let file = file.to_string_lossy();
                        terminal.complain(&format!("\nTo fit the model in that file: latva fit {file} --data FILE\n"));
                    }
                    Outcome::Fault
                }
            }
        }
    };
    terminal.finish();
    outcome
}
