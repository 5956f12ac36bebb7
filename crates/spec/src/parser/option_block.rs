//! The leading `#!` block: options of the command line in the model file.

use crate::diagnostic::{Diagnostic, Span};
use crate::lexer::{Kind, Token};
use crate::tree::OptionEntry;

/// Reads the block, and gives with its entries the place of the first token behind it.
pub(super) fn read(source: &str, tokens: &[Token], diagnostics: &mut Vec<Diagnostic>) -> (Vec<OptionEntry>, usize) {
    let mut entries = Vec::new();
    let mut behind = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Blank | Kind::Newline | Kind::Semicolon => {}
            Kind::Comment if source[token.span.start..].starts_with("#!") => {
                behind = at + 1;
                let line = &source[token.span.start..token.span.end];
                // The first line may name the program that runs the file.
                if line.starts_with("#!/") {
                    continue;
                }
                match entry(line, token.span) {
                    Ok(Some(entry)) => entries.push(entry),
                    Ok(None) => {}
                    Err(diagnostic) => diagnostics.push(*diagnostic),
                }
            }
            Kind::Comment => {}
            _ => break,
        }
    }
    let keeps_apart =
        |token: &Token| matches!(token.kind, Kind::Blank | Kind::Newline | Kind::Semicolon | Kind::Comment);
    let below = tokens[behind..].iter().skip_while(|token| keeps_apart(token));
    for token in below.filter(|token| token.kind == Kind::Comment) {
        if is_entry(&source[token.span.start..token.span.end]) {
            diagnostics.push(
                Diagnostic::warning(
                    "W0501",
                    "this `#!` line is only a comment, because options stand above the first statement",
                )
                .at(token.span, "not read as an option")
                .hint("move it to the top of the file"),
            );
        }
    }
    (entries, behind)
}

/// Whether a comment would be an option at the top.
fn is_entry(line: &str) -> bool {
    line.strip_prefix("#!").is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_alphabetic() || c == '-'))
}

/// Reads `#! name = value`; nothing where nothing follows the `#!`.
fn entry(line: &str, span: Span) -> Result<Option<OptionEntry>, Box<Diagnostic>> {
    let place = |part: &str| {
        let offset = part.as_ptr() as usize - line.as_ptr() as usize;
        Span { start: span.start + offset, end: span.start + offset + part.len() }
    };
    let rest = line["#!".len()..].trim();
    if rest.is_empty() {
        return Ok(None);
    }
    let (name, value) = match rest.split_once('=') {
        Some((name, value)) => (name.trim(), Some(value.trim())),
        None => (rest, None),
    };
    let bare = name.trim_start_matches('-');
    let is_name = bare.starts_with(|c: char| c.is_alphabetic())
        && bare.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_'));
    if !is_name {
        return Err(Box::new(
            Diagnostic::error("E0503", "this line of the option block is not `name` or `name = value`")
                .at(span, "not an option")
                .hint("write for example `#! data = \"survey.csv\"` or `#! std-lv`")
                .hint("begin a comment with `#` and a blank"),
        ));
    }
    let mut value_span = value.map(place);
    let mut text = value;
    if let Some(value) = value {
        if value.is_empty() {
            return Err(Box::new(
                Diagnostic::error("E0503", format!("the option `{bare}` has no value behind `=`"))
                    .at(span, "a value is missing")
                    .hint(format!("a switch is turned on by its name alone: `#! {bare}`")),
            ));
        }
        if let Some(inner) = value.strip_prefix('"') {
            let Some(inner) = inner.strip_suffix('"') else {
                return Err(Box::new(
                    Diagnostic::error("E0002", "this quote is not closed on its line")
                        .at(place(value), "opened here")
                        .hint("add a closing `\"`"),
                ));
            };
            text = Some(inner);
            value_span = Some(place(value));
        }
    }
    Ok(Some(OptionEntry {
        name: bare.to_string(),
        name_span: place(bare),
        value: text.map(str::to_string),
        value_span,
        span,
    }))
}
