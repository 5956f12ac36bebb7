//! `latva fmt`.

use latva_spec::Diagnostic;

use crate::Outcome;
use crate::arguments::FmtArguments;
use crate::files;
use crate::messages::{Text, complain};
use crate::terminal::Terminal;

/// Formats model files: to standard output, in place, or only looking whether they are formatted.
pub(crate) fn run(arguments: &FmtArguments, terminal: &mut Terminal<'_>) -> Outcome {
    let mut outcome = Outcome::Sound;
    for path in &arguments.models {
        let source = match files::read_model(path) {
            Ok(source) => source,
            Err(diagnostic) => {
                complain(terminal, None, &[diagnostic]);
                outcome = Outcome::Fault;
                continue;
            }
        };
        let shown = path.display().to_string();
        let errors: Vec<Diagnostic> =
            latva_spec::parse(&source).diagnostics.into_iter().filter(Diagnostic::is_error).collect();
        if !errors.is_empty() {
            let text = Text { path: &shown, source: &source };
            complain(terminal, Some(text), &errors);
            outcome = Outcome::Fault;
            continue;
        }
        let formatted = latva_spec::format(&source);
        if arguments.check {
            if formatted != source {
                terminal.print(&format!("{shown} is not formatted\n"));
                if outcome == Outcome::Sound {
                    outcome = Outcome::Unsound;
                }
            }
        } else if arguments.write {
            if formatted != source
                && let Err(diagnostic) = files::write(path, &formatted)
            {
                complain(terminal, None, &[diagnostic]);
                outcome = Outcome::Fault;
            }
        } else {
            terminal.print(&formatted);
        }
    }
    outcome
}
