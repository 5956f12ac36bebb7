//! Tokens to the syntax tree. Parsing never fails: a statement with a fault is reported, and reading goes on behind it.

mod constraint;
mod formula;
mod header;
mod modifier;
mod option_block;
pub(crate) mod statement;
mod term;
#[cfg(test)]
mod tests;

pub(crate) use statement::split;

use crate::checks;
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::lexer::{Kind, Token, lex};
use crate::tree::{Item, Model, Parsed};

/// Reads a whole model text.
///
/// It never fails: the tree holds what was understood, and the diagnostics all that there is to say, in the order of
/// their places. Labels that constraints and definitions refer to must exist in the text; for a text with constraints
/// on another model's labels see [`parse_addition`].
pub fn parse(source: &str) -> Parsed {
    let mut parsed = parse_addition(source);
    parsed.diagnostics.extend(checks::check_symbols(&[&parsed.model]));
    sort(&mut parsed.diagnostics);
    parsed
}

/// Reads a text that adds to another model, such as the value of `--constraints`: as [`parse`], but without looking
/// whether the labels that it refers to exist. [`check_symbols`](crate::check_symbols) does that for several texts together.
pub fn parse_addition(source: &str) -> Parsed {
    let (tokens, mut diagnostics) = lex(source);
    let (options, first) = option_block::read(source, &tokens, &mut diagnostics);
    let comments = tokens[first..].iter().filter(|token| token.kind == Kind::Comment).map(|token| token.span).collect();
    let mut significant = significant(source, &tokens[first..], &mut diagnostics);
    let statements = split(source, &mut significant);
    let mut items = Vec::with_capacity(statements.len());
    let bad_places: Vec<usize> = diagnostics
        .iter()
        .filter(|d| d.id == "E0001" || d.id == "E0003")
        .filter_map(|d| d.span)
        .map(|span| span.start)
        .collect();
    let mut bad = 0;
    for statement in &statements {
        let tokens = &significant[statement.first..statement.end];
        let span = span_of(tokens);
        while bad_places.get(bad).is_some_and(|place| *place < span.start) {
            bad += 1;
        }
        let has_bad_token = bad_places.get(bad).is_some_and(|place| *place < span.end);
        let before = diagnostics.len();
        let mut reader = Reader { source, tokens, diagnostics: &mut diagnostics, items: &mut items };
        reader.statement(comment_behind(source, span.end));
        if has_bad_token {
            // What the rest of the statement means is a guess while one of its signs is unknown.
            diagnostics.truncate(before);
        }
    }
    let model = Model { options, items, comments };
    if !statements.iter().any(|statement| statement.end > statement.first) {
        diagnostics.push(
            Diagnostic::error("E0101", "the model is empty")
                .hint("a model has at least one formula, such as `f =~ x1 + x2 + x3` or `y ~ x`"),
        );
    }
    sort(&mut diagnostics);
    Parsed { model, diagnostics }
}

fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|diagnostic| {
        (diagnostic.span.map_or(0, |span| span.start), std::cmp::Reverse(diagnostic.severity == Severity::Error))
    });
}

/// The tokens that statements consist of: without blanks and comments; line ends stay, for [`split`]. Operators that
/// are written with a blank inside (`= ~`) are put together, as lavaan does, with a warning.
pub(crate) fn significant(source: &str, tokens: &[Token], diagnostics: &mut Vec<Diagnostic>) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        if matches!(token.kind, Kind::Blank | Kind::Comment) {
            continue;
        }
        if let Some(last) = kept.last_mut()
            && last.span.end < token.span.start
            && let Some(kind) = joined(last.kind, token.kind)
        {
            let span = Span { start: last.span.start, end: token.span.end };
            let operator: String = source[span.start..span.end].split_whitespace().collect();
            diagnostics.push(
                Diagnostic::warning(
                    "W0102",
                    format!("this is read as `{operator}`, which is written without a blank inside"),
                )
                .at(span, "blank inside an operator"),
            );
            *last = Token { kind, span };
            continue;
        }
        kept.push(*token);
    }
    kept
}

/// The operator that two halves form.
fn joined(first: Kind, second: Kind) -> Option<Kind> {
    Some(match (first, second) {
        (Kind::Assign, Kind::Tilde) => Kind::Measures,
        (Kind::Assign, Kind::Assign) => Kind::EqualEqual,
        (Kind::Less, Kind::Tilde) => Kind::Composite,
        (Kind::Less, Kind::Assign) => Kind::LessEqual,
        (Kind::Greater, Kind::Assign) => Kind::GreaterEqual,
        (Kind::Tilde, Kind::Tilde) => Kind::Covaries,
        (Kind::Colon, Kind::Assign) => Kind::Define,
        _ => return None,
    })
}

/// The comment that follows on the same line, for statements that `!` cuts off.
fn comment_behind(source: &str, end: usize) -> Option<Span> {
    let rest = &source[end..];
    let line = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
    let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
    line[blank..].starts_with("!=").then_some(Span { start: end + blank, end: end + blank + 2 })
}

/// From the first to the last of some tokens.
fn span_of(tokens: &[Token]) -> Span {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => Span { start: first.span.start, end: last.span.end },
        _ => Span { start: 0, end: 0 },
    }
}

/// Reads one statement.
struct Reader<'s, 'p> {
    source: &'s str,
    /// Its tokens, without line ends.
    tokens: &'s [Token],
    diagnostics: &'p mut Vec<Diagnostic>,
    items: &'p mut Vec<Item>,
}

impl<'s> Reader<'s, '_> {
    fn text(&self, span: Span) -> &'s str {
        &self.source[span.start..span.end]
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}
