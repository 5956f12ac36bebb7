//! `latva explain`.

use latva_spec::Diagnostic;

use crate::Outcome;
use crate::arguments::ExplainArguments;
use crate::messages::complain;
use crate::stories;
use crate::terminal::Terminal;

/// Prints the story behind the identifier of a diagnostic.
pub(crate) fn run(arguments: &ExplainArguments, terminal: &mut Terminal<'_>) -> Outcome {
    let id = arguments.id.trim().to_uppercase();
    let known = latva_spec::explain(&id).map(str::to_owned);
    match known.or_else(|| stories::explain(&id).map(|story| format!("{id}\n\n{story}"))) {
        Some(story) => {
            terminal.print(&format!("{}\n", story.trim_end()));
            Outcome::Sound
        }
        None => {
            let diagnostic = Diagnostic::error("E0709", format!("there is no story behind `{}`", arguments.id))
                .hint("give the identifier that stands in brackets before the message, such as E0102");
            complain(terminal, None, &[diagnostic]);
            Outcome::Fault
        }
    }
}
