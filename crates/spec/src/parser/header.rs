//! Block headers: `group: 1`, `level: within`.

use super::statement::header_kind;
use super::{Reader, span_of};
use crate::diagnostic::{Diagnostic, Span};
use crate::lexer::Kind;
use crate::tree::{Header, Item};

impl Reader<'_, '_> {
    /// Reads a header, where the statement is meant as one; it has no operator.
    pub(super) fn header(&mut self) -> bool {
        let [word, colon, label @ ..] = self.tokens else {
            return false;
        };
        if word.kind != Kind::Name || colon.kind != Kind::Colon {
            return false;
        }
        let name = self.text(word.span);
        let span = span_of(self.tokens);
        // `a:b` alone is a product that nothing is said about; a blank or a number behind the colon makes it a header.
        let Some(kind) = header_kind(name) else {
            let is_product = word.span.end == colon.span.start
                && label.first().is_some_and(|token| token.span.start == colon.span.end && token.kind == Kind::Name);
            if is_product {
                return false;
            }
            let mut diagnostic =
                Diagnostic::error("E0501", format!("there is no block header `{name}:`")).at(word.span, "not known");
            if let Some(near) = self.nearest(name, &["group", "level", "block", "class"]) {
                diagnostic = diagnostic.hint(format!("did you mean `{near}:`?"));
            }
            self.report(diagnostic.hint("the block headers are `group:`, `level:`, `block:` and `class:`"));
            return true;
        };
        if label.is_empty() {
            self.report(
                Diagnostic::error("E0502", format!("the header `{}:` has no label", kind.as_str()))
                    .at(span, "a label is missing behind the colon")
                    .hint(format!("write a number or a name, as in `{}: 1`", kind.as_str())),
            );
            return true;
        }
        let label_span = span_of(label);
        let text = self.text(label_span);
        let label = match label {
            [only] if only.kind == Kind::Text => unquoted(text).to_string(),
            // Parts with blanks between them: lavaan 0.6 glues them, 0.7 rejects them.
            _ if label.windows(2).any(|pair| pair[0].span.end < pair[1].span.start) => {
                self.report(
                    Diagnostic::error("E0502", "a block label with blanks must be in quotes")
                        .at(label_span, "more than one word")
                        .hint(format!("write `{}: \"{text}\"`", kind.as_str()))
                        .hint("a header stands on a line of its own; what follows it begins on the next line"),
                );
                return true;
            }
            _ => text.to_string(),
        };
        self.items.push(Item::Header(Header { kind, label, label_span, span }));
        true
    }

    /// `group: 1 f =~ x1`, or `group:` with the label forgotten.
    pub(super) fn header_with_statement(&mut self) {
        let (word, colon) = (self.tokens[0].span, self.tokens[1].span);
        let name = self.text(word);
        self.report(
            Diagnostic::error("E0502", format!("the header `{name}:` must stand on a line of its own, with its label"))
                .at(Span { start: word.start, end: colon.end }, "a header with a statement behind it")
                .hint(format!("write `{name}: 1` and begin a new line"))
                .hint(format!(
                    "if `{name}` is a variable that is multiplied, write it behind the other one, as in `x:{name}`"
                )),
        );
    }
}

/// A text without its quotes, of whatever kind they are.
pub(super) fn unquoted(text: &str) -> &str {
    let mut inner = text.chars();
    let open = inner.next();
    let rest = inner.as_str();
    match rest.chars().next_back() {
        Some(last) if open == Some('"') && last == '"' => &rest[..rest.len() - 1],
        Some(last) if open != Some('"') && !last.is_alphanumeric() => &rest[..rest.len() - last.len_utf8()],
        _ => rest,
    }
}
