//! Diagnostics as the user reads them: with carets under the place in the model text, and hints.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use latva_spec::{Diagnostic, Severity, Span};

use crate::terminal::Terminal;

/// The text that the places of diagnostics refer to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    /// Name of the file.
    pub(crate) path: &'a str,
    /// Its content.
    pub(crate) source: &'a str,
}

/// Writes diagnostics to standard error; `text` is that of the model, where there is one.
pub(crate) fn complain(terminal: &mut Terminal<'_>, text: Option<Text<'_>>, diagnostics: &[Diagnostic]) {
    let renderer = if terminal.colours_diagnostics() { Renderer::styled() } else { Renderer::plain() };
    for diagnostic in diagnostics {
        let rendered = render(&renderer, text, diagnostic);
        terminal.complain(&rendered);
        terminal.complain("\n");
    }
}

/// As [`complain`], but of notes only those that nothing else shows: results hold the others.
pub(crate) fn complain_of_problems(terminal: &mut Terminal<'_>, text: Option<Text<'_>>, diagnostics: &[Diagnostic]) {
    let problems: Vec<Diagnostic> =
        diagnostics.iter().filter(|diagnostic| diagnostic.severity != Severity::Note).cloned().collect();
    complain(terminal, text, &problems);
}

fn render(renderer: &Renderer, text: Option<Text<'_>>, diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group: Group<'_> = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.id));
    if let (Some(text), Some(span)) = (text, diagnostic.span) {
        let primary = AnnotationKind::Primary.span(within(text.source, span));
        let primary = if diagnostic.label.is_empty() { primary } else { primary.label(diagnostic.label.as_str()) };
        let mut snippet = Snippet::source(text.source).path(text.path).annotation(primary);
        for (span, words) in &diagnostic.related {
            snippet =
                snippet.annotation(AnnotationKind::Context.span(within(text.source, *span)).label(words.as_str()));
        }
        group = group.element(snippet);
    }
    for hint in &diagnostic.hints {
        group = group.element(Level::HELP.message(hint.as_str()));
    }
    renderer.render(&[group])
}

/// A span as a range of whole characters of the text.
fn within(source: &str, span: Span) -> std::ops::Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(source.len());
        while !source.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(span.start);
    start..floor(span.end).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_outside_the_text_is_shown_at_its_end() {
        let text = Text { path: "m.lav", source: "fäc =~ x1" };
        let diagnostic = Diagnostic::error("E0001", "something").at(Span { start: 2, end: 99 }, "");
        let rendered = render(&Renderer::plain(), Some(text), &diagnostic);
        assert!(rendered.contains("m.lav:1:2"), "{rendered}");
    }
}
