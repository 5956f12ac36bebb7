//! Tokens to the syntax tree. Parsing never fails: a statement with a fault is reported, and reading goes on behind it.

mod constraint;
mod formula;
mod header;
mod modifier;
mod option_block;
mod statement;
mod term;
#[cfg(test)]
mod tests;

use statement::split;
pub(crate) use statement::{Statement, header_kind, is_header};

use crate::diagnostic::{Diagnostic, Span};
use crate::labels;
use crate::lexer::{Kind, Token, is_blank, lex};
use crate::tree::{Item, Model, OptionEntry, Parsed};

/// Reads a whole model text.
///
/// It never fails: the tree holds what was understood, and the diagnostics all that there is to say, in the order of
/// their places. Labels that constraints and definitions refer to must exist in the text; for a text with constraints
/// on another model's labels see [`parse_addition`].
pub fn parse(source: &str) -> Parsed {
    let mut parsed = parse_addition(source);
    parsed.diagnostics.extend(labels::check(&parsed.model));
    sort(&mut parsed.diagnostics);
    parsed
}

/// Reads a text that adds to another model, such as the value of `--constraints`: as [`parse`], but without looking
/// whether the labels that it refers to exist.
pub fn parse_addition(source: &str) -> Parsed {
    let Reading { options, comments, items, statements, mut diagnostics, .. } = read(source);
    if statements.is_empty() {
        diagnostics.push(
            Diagnostic::error("E0101", "the model is empty")
                .hint("a model has at least one formula, such as `f =~ x1 + x2 + x3` or `y ~ x`"),
        );
    }
    sort(&mut diagnostics);
    Parsed { model: Model { options, items, comments }, diagnostics }
}

/// All that reading a text gives.
pub(crate) struct Reading {
    pub(crate) options: Vec<OptionEntry>,
    pub(crate) comments: Vec<Span>,
    pub(crate) items: Vec<Item>,
    /// All tokens of the text.
    pub(crate) all: Vec<Token>,
    /// The tokens of the statements, without what stands between them.
    pub(crate) tokens: Vec<Token>,
    pub(crate) statements: Vec<Statement>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Reads a text, statement by statement.
pub(crate) fn read(source: &str) -> Reading {
    let (all, mut diagnostics) = lex(source);
    let (options, first) = option_block::read(source, &all, &mut diagnostics);
    let comments = all[first..].iter().filter(|token| token.kind == Kind::Comment).map(|token| token.span).collect();
    // Places of single signs that are wrong, in their order.
    let wrong: Vec<(usize, bool)> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .filter_map(|diagnostic| diagnostic.span.map(|span| (span.start, diagnostic.id != "E0002")))
        .collect();
    let mut tokens = significant(source, &all[first..], &mut diagnostics);
    let mut statements = split(source, &mut tokens);
    let mut items = Vec::with_capacity(statements.len());
    let mut next_wrong = 0;
    for statement in &mut statements {
        let own = &tokens[statement.first..statement.end];
        let span = span_of(own);
        let mut uncertain = false;
        while let Some(&(place, hides)) = wrong.get(next_wrong)
            && place < span.end
        {
            if place >= span.start {
                statement.is_broken = true;
                uncertain |= hides;
            }
            next_wrong += 1;
        }
        let before = diagnostics.len();
        let mut reader = Reader { source, tokens: own, diagnostics: &mut diagnostics, items: &mut items };
        reader.statement(statement.operator, comment_behind(source, span.end));
        statement.is_broken |= diagnostics[before..].iter().any(Diagnostic::is_error);
        if uncertain {
            // What the rest of the statement means is a guess while one of its signs is unknown.
            diagnostics.truncate(before);
        }
    }
    Reading { options, comments, items, all, tokens, statements, diagnostics }
}

fn sort(diagnostics: &mut [Diagnostic]) {
    // Those about the whole text come last; at one place, errors come first.
    diagnostics.sort_by_key(|diagnostic| {
        let place = diagnostic.span.map(|span| span.start);
        (place.is_none(), place, std::cmp::Reverse(diagnostic.severity))
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
    let comment = rest.trim_start_matches(is_blank);
    let start = end + rest.len() - comment.len();
    comment.starts_with("!=").then_some(Span { start, end: start + 2 })
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
