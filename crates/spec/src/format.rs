//! The formatter: one way to write each statement, without a change of meaning.

use crate::diagnostic::Span;
use crate::lexer::{Kind, Token};
use crate::parser::{Reading, Statement, header_kind, is_header, read};

/// Lines of a formula that would be longer are broken behind a `+`.
const WIDTH: usize = 100;

/// Operators and comments of neighbouring lines are aligned by so many blanks at most.
const LONGEST_PADDING: usize = 24;

/// Writes a model text in one style: a statement to a line, blanks around operators, operators and comments of
/// neighbouring lines aligned, at most one empty line between statements.
///
/// The meaning is unchanged, comments stay, and formatting again changes nothing. A line break at a `+` is kept, as it
/// says which terms belong together. A statement with an error, and one with a comment inside, is left as it is written.
pub fn format(source: &str) -> String {
    let reading = read(source);
    let mut writer = Writer { source, reading: &reading, lines: Vec::new() };
    let mut rest: &[Token] = &reading.all;
    let mut previous: Option<Statement> = None;
    for &statement in &reading.statements {
        let span = writer.span(statement);
        let gap = rest.partition_point(|token| token.span.start < span.start);
        let inside = rest.partition_point(|token| token.span.start < span.end);
        let has_comment = rest[gap..inside].iter().any(|token| token.kind == Kind::Comment);
        let as_written = statement.is_broken || has_comment || writer.hides_header(statement);
        writer.gap(&rest[..gap], previous, Some(as_written));
        writer.statement(statement, as_written);
        rest = &rest[inside..];
        previous = Some(statement);
    }
    writer.gap(rest, previous, None);
    writer.finish()
}

/// A line of the result, in parts that are aligned with those of its neighbours.
#[derive(Default)]
struct Line {
    /// A semicolon that must stay, because the line end alone would not divide two statements with errors.
    divider: bool,
    /// What is before the operator, and the operator; empty for lines that are not aligned.
    left: String,
    operator: &'static str,
    /// The rest of the statement; with line ends where it is left as it is written.
    text: String,
    comment: String,
    is_statement: bool,
}

struct Writer<'s> {
    source: &'s str,
    reading: &'s Reading,
    lines: Vec<Line>,
}

impl<'s> Writer<'s> {
    fn text(&self, span: Span) -> &'s str {
        &self.source[span.start..span.end]
    }

    fn tokens(&self, statement: Statement) -> &'s [Token] {
        &self.reading.tokens[statement.first..statement.end]
    }

    fn span(&self, statement: Statement) -> Span {
        let tokens = self.tokens(statement);
        Span { start: tokens[0].span.start, end: tokens[tokens.len() - 1].span.end }
    }

    /// Whether a leading plus, which says nothing, keeps the statement from being read as a block header.
    fn hides_header(&self, statement: Statement) -> bool {
        let tokens = self.tokens(statement);
        let behind = tokens.iter().position(|token| token.kind != Kind::Plus).unwrap_or(0);
        behind > 0 && is_header(self.source, &tokens[behind..])
    }

    /// What stands between two statements: comments, empty lines, semicolons. `after_as_written` is whether the statement
    /// behind it, if there is one, is left as it is.
    fn gap(&mut self, tokens: &[Token], before: Option<Statement>, after_as_written: Option<bool>) {
        let mut line_ends = 0;
        let mut same_line = before.is_some();
        let mut semicolon = false;
        for token in tokens {
            match token.kind {
                Kind::Newline => {
                    line_ends += 1;
                    same_line = false;
                }
                Kind::Semicolon => semicolon = true,
                Kind::Comment => {
                    let comment = self.text(token.span).trim_end().to_string();
                    // Directly behind a statement it would be taken for the operator that does not exist.
                    same_line &= !(semicolon && comment.starts_with("!="));
                    match self.lines.last_mut() {
                        Some(line) if same_line => line.comment = comment,
                        _ => {
                            self.empty_line(line_ends);
                            self.lines.push(Line { comment, ..Line::default() });
                        }
                    }
                    same_line = false;
                    line_ends = 0;
                }
                _ => {}
            }
        }
        if let Some(as_written) = after_as_written {
            self.empty_line(line_ends);
            let divider = semicolon && (as_written || before.is_some_and(|before| before.is_broken));
            self.lines.push(Line { divider, is_statement: true, ..Line::default() });
        }
    }

    fn empty_line(&mut self, line_ends: usize) {
        if line_ends > 1 && !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
    }

    /// Writes a statement to the line that [`gap`](Self::gap) opened for it.
    fn statement(&mut self, statement: Statement, is_left: bool) {
        let tokens = self.tokens(statement);
        let span = self.span(statement);
        let Some(line) = self.lines.last_mut() else {
            return;
        };
        let as_written = &self.source[span.start..span.end];
        if is_left {
            line.text = match statement.is_broken {
                true => as_written.to_string(),
                false => as_written.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"),
            };
            return;
        }
        let mut depth = 0_usize;
        let operator = tokens.iter().position(|token| {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && token.kind.is_statement_operator()
        });
        let Some(operator) = operator else {
            line.text = header(self.source, tokens, as_written);
            return;
        };
        let kind = tokens[operator].kind;
        let left = phrase(self.source, &tokens[..operator], kind.is_formula_operator());
        line.left = left.iter().map(|piece| piece.trim_end_matches('\n')).collect::<Vec<_>>().join(" ");
        line.operator = symbol(kind).unwrap_or("");
        let pieces = phrase(self.source, &tokens[operator + 1..], kind.is_formula_operator());
        let indent = line.left.chars().count() + line.operator.len() + 2;
        line.text = layout(&pieces, indent, kind.is_formula_operator());
        if line.text.contains('\n') {
            // Lines of a statement that goes over several are not aligned with their neighbours.
            line.text = format!("{} {} {}", line.left, line.operator, line.text);
            line.left.clear();
            line.operator = "";
        }
    }

    fn finish(mut self) -> String {
        self.align_operators();
        let comment_columns = self.comment_columns();
        let mut out = String::with_capacity(self.source.len() + self.source.len() / 4);
        for (line, column) in self.lines.iter().zip(comment_columns) {
            if line.divider {
                out.push_str("; ");
            }
            out.push_str(&line.text);
            if !line.comment.is_empty() {
                if line.is_statement {
                    let written = if line.text.contains('\n') { 0 } else { line.width() };
                    out.extend(std::iter::repeat_n(' ', column.saturating_sub(written).max(2)));
                }
                out.push_str(&line.comment);
            }
            out.push('\n');
        }
        out
    }

    /// Puts the operators of neighbouring lines with the same operator below each other, and joins the parts.
    fn align_operators(&mut self) {
        let mut first = 0;
        while first < self.lines.len() {
            let operator = self.lines[first].operator;
            let same = |line: &Line| !line.operator.is_empty() && line.operator == operator;
            let run = self.lines[first..].iter().take_while(|line| same(line)).count().max(1);
            let widths = || self.lines[first..first + run].iter().map(|line| line.left.chars().count());
            let widest = widths().max().unwrap_or(0);
            let aligned = widest - widths().min().unwrap_or(0) <= LONGEST_PADDING;
            for line in &mut self.lines[first..first + run] {
                if line.operator.is_empty() {
                    continue;
                }
                let padding = if aligned { widest - line.left.chars().count() } else { 0 };
                let left = std::mem::take(&mut line.left);
                line.text = format!("{left}{} {} {}", " ".repeat(padding), line.operator, line.text);
            }
            first += run;
        }
    }

    /// The column of the comment of each line: below each other in neighbouring lines.
    fn comment_columns(&self) -> Vec<usize> {
        let mut columns = vec![0; self.lines.len()];
        let mut first = 0;
        while first < self.lines.len() {
            let trailing = |line: &Line| line.is_statement && !line.comment.is_empty() && !line.text.contains('\n');
            let run = self.lines[first..].iter().take_while(|line| trailing(line)).count();
            let widths = || self.lines[first..first + run].iter().map(Line::width);
            let widest = widths().max().unwrap_or(0);
            if widest - widths().min().unwrap_or(0) <= LONGEST_PADDING {
                columns[first..first + run].fill(widest + 2);
            }
            first += run.max(1);
        }
        columns
    }
}

impl Line {
    fn width(&self) -> usize {
        self.text.chars().count() + if self.divider { 2 } else { 0 }
    }
}

/// A block header.
fn header(source: &str, tokens: &[Token], as_written: &str) -> String {
    let (Some(word), Some(label), Some(last)) = (tokens.first(), tokens.get(2), tokens.last()) else {
        return as_written.to_string();
    };
    let word = &source[word.span.start..word.span.end];
    let word = header_kind(word).map_or(word, |kind| kind.as_str());
    format!("{word}: {}", &source[label.span.start..last.span.end])
}

/// How an operator is written.
fn symbol(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Measures => "=~",
        Kind::Composite => "<~",
        Kind::Scale => "~*~",
        Kind::Covaries => "~~",
        Kind::Tilde => "~",
        Kind::EqualEqual => "==",
        Kind::LessEqual => "<=",
        Kind::GreaterEqual => ">=",
        Kind::Less => "<",
        Kind::Greater => ">",
        Kind::Define => ":=",
        Kind::Bar => "|",
        Kind::Percent => "%",
        _ => return None,
    })
}

/// The text of some tokens, in pieces between which a line may be broken: each ends behind a `+` (or a `-` of an
/// expression) outside of brackets. A piece that was followed by a line break ends with one.
fn phrase(source: &str, tokens: &[Token], is_formula: bool) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut depth = 0_usize;
    let mut before: Option<Token> = None;
    // A break may stand before or behind the sign that it belongs to.
    let mut breaks = false;
    for (at, token) in tokens.iter().enumerate() {
        let has_break = before.is_some_and(|before| source[before.span.end..token.span.start].contains(['\n', '\r']));
        let is_operand_before =
            before.is_some_and(|before| matches!(before.kind, Kind::Name | Kind::Number | Kind::Text | Kind::Close));
        let is_last = at + 1 == tokens.len();
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            // Repeated and leading plus signs of a formula say nothing.
            Kind::Plus if is_formula && depth == 0 && !is_operand_before && !is_sign(before) => {
                breaks |= has_break;
                continue;
            }
            _ => {}
        }
        let piece_is_new = pieces.last().is_some_and(String::is_empty);
        if piece_is_new && (breaks || has_break) && pieces.len() > 1 {
            let place = pieces.len() - 2;
            pieces[place].push('\n');
        }
        breaks = false;
        let last = pieces.len() - 1;
        let out = &mut pieces[last];
        match token.kind {
            Kind::Plus | Kind::Minus if is_operand_before => {
                out.push(' ');
                out.push_str(&source[token.span.start..token.span.end]);
                if depth == 0 && !is_last {
                    breaks = has_break;
                    pieces.push(String::new());
                } else {
                    out.push(' ');
                }
            }
            Kind::Comma => out.push_str(", "),
            kind => match symbol(kind) {
                Some(symbol) => {
                    out.push(' ');
                    out.push_str(symbol);
                    out.push(' ');
                }
                None => out.push_str(&source[token.span.start..token.span.end]),
            },
        }
        before = Some(*token);
    }
    pieces
}

/// Whether a plus behind this token is the sign of a number.
fn is_sign(before: Option<Token>) -> bool {
    before.is_some_and(|before| matches!(before.kind, Kind::Star | Kind::Slash | Kind::Caret | Kind::Question))
}

/// Whether a line that begins with this piece would be read as a block header, as in `y ~ x + group:z`.
fn begins_as_header(piece: &str) -> bool {
    piece.split_once(':').is_some_and(|(word, _)| header_kind(word).is_some())
}

/// Pieces in lines: broken where they ask for it, and in a formula where the line would be too long.
fn layout(pieces: &[String], indent: usize, is_formula: bool) -> String {
    let mut out = String::new();
    let mut column = indent;
    for (at, piece) in pieces.iter().enumerate() {
        let body = piece.trim_end_matches('\n');
        let width = body.chars().count();
        let too_long = is_formula && column > indent && column + 1 + width > WIDTH;
        if at > 0 {
            if (pieces[at - 1].ends_with('\n') || too_long) && !begins_as_header(body) {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', indent));
                column = indent;
            } else {
                out.push(' ');
                column += 1;
            }
        }
        out.push_str(body);
        column += width;
    }
    out
}

#[cfg(test)]
mod meaning {
    use super::format;
    use crate::tree::{Item, Model, Side};
    use crate::{Parsed, Span, parse};
    include!("format/meaning.rs");
}
#[cfg(test)]
mod tests;
