//! Constraints (`a == b`, `0 < a < 1`) and definitions (`ab := a*b`).

use compact_str::CompactString;

use super::{Reader, span_of};
use crate::diagnostic::{Diagnostic, Span};
use crate::expression::parse_tokens;
use crate::lexer::{Kind, Token};
use crate::names;
use crate::table::Op;
use crate::tree::{Constraint, Definition, Item, Side};

impl Reader<'_, '_> {
    /// Reads a definition whose `:=` is token `at`.
    pub(super) fn definition(&mut self, at: usize) {
        let span = span_of(self.tokens);
        let operator = self.tokens[at].span;
        let (name, right) = (&self.tokens[..at], &self.tokens[at + 1..]);
        let mut depth = 0_usize;
        for token in right {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                // A comparison gets a message of its own from the expression.
                kind if depth == 0 && (kind.is_formula_operator() || kind == Kind::Define) => {
                    let text = self.text(token.span).to_string();
                    self.report(second_operator(operator, token.span, &text, ":="));
                    return;
                }
                _ => {}
            }
        }
        let rhs = self.side(at + 1..self.tokens.len(), operator, "to the right of");
        let name_span = if name.is_empty() { operator } else { span_of(name) };
        match name {
            [only] if only.kind == Kind::Name => {
                let name = self.text(only.span);
                if names::is_reserved(name) || name == "pi" {
                    self.report(reserved(name, only.span));
                    return;
                }
                if let Some(rhs) = rhs {
                    self.items.push(Item::Definition(Definition { name: name.to_string(), name_span, rhs, span }));
                }
            }
            [] => self.report(
                Diagnostic::error("E0104", "the name of the defined parameter is missing to the left of `:=`")
                    .at(operator, "nothing before it")
                    .hint("write it as in `indirect := a*b`"),
            ),
            _ => self.report(
                Diagnostic::error("E0408", "only a single name can stand to the left of `:=`")
                    .at(name_span, "not a name")
                    .hint("write it as in `indirect := a*b`")
                    .hint("to hold two expressions equal write `==`"),
            ),
        }
    }

    /// Reads constraints whose first comparison is token `first`: a chain gives one for each comparison.
    pub(super) fn constraints(&mut self, first: usize) {
        let span = span_of(self.tokens);
        let mut depth = 0_usize;
        let mut comparisons = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                kind if depth == 0 && kind.is_comparison() => comparisons.push(at),
                kind if depth == 0 && kind.is_statement_operator() => {
                    let text = self.text(token.span).to_string();
                    let earlier = self.tokens[first].span;
                    let earlier_text = self.text(earlier).to_string();
                    self.report(second_operator(earlier, token.span, &text, &earlier_text));
                    return;
                }
                _ => {}
            }
        }
        let mut sides = Vec::with_capacity(comparisons.len() + 1);
        let mut start = 0;
        for (index, &at) in comparisons.iter().enumerate() {
            let operator = self.tokens[at].span;
            let place = if index == 0 { "to the left of" } else { "between the operators before" };
            sides.push(self.side(start..at, operator, place));
            start = at + 1;
        }
        let last = comparisons.last().map_or(span, |&at| self.tokens[at].span);
        sides.push(self.side(start..self.tokens.len(), last, "to the right of"));
        let mut sides = sides.into_iter();
        let mut left = sides.next().flatten();
        for (right, &at) in sides.zip(&comparisons) {
            // The right side of one comparison is the left side of the next.
            let is_last = comparisons.last() == Some(&at);
            let next = if is_last { None } else { right.clone() };
            let (Some(lhs), Some(rhs)) = (std::mem::replace(&mut left, next), right) else {
                continue;
            };
            let op = match self.tokens[at].kind {
                Kind::EqualEqual => Op::Equal,
                Kind::Less | Kind::LessEqual => Op::Less,
                _ => Op::Greater,
            };
            let span = Span { start: lhs.span.start, end: rhs.span.end };
            if lhs.expression.symbols().is_empty() && rhs.expression.symbols().is_empty() {
                self.diagnostics.push(
                    Diagnostic::error("E0410", "this constraint names no parameter")
                        .at(span, "numbers only")
                        .hint("write the label of a parameter"),
                );
            }
            self.items.push(Item::Constraint(Constraint { op, op_span: self.tokens[at].span, lhs, rhs, span }));
        }
    }

    /// The expression of some tokens beside an operator; `place` says on which side, for the message about a missing one.
    fn side(&mut self, range: std::ops::Range<usize>, operator: Span, place: &str) -> Option<Side> {
        let tokens: &[Token] = &self.tokens[range];
        if tokens.is_empty() {
            let text = self.text(operator);
            self.report(
                Diagnostic::error("E0104", format!("there is nothing {place} `{text}`"))
                    .at(operator, "a side is missing"),
            );
            return None;
        }
        let expression = parse_tokens(self.source, tokens, operator.end, self.diagnostics)?;
        let text = tokens.iter().map(|token| self.text(token.span)).collect();
        let symbol_spans = self.symbol_spans(tokens, expression.symbols());
        Some(Side { expression, symbol_spans, text, span: span_of(tokens) })
    }

    /// Where symbols, which are in the order of their first appearance, stand first.
    fn symbol_spans(&self, tokens: &[Token], symbols: &[CompactString]) -> Vec<Span> {
        let mut spans = Vec::with_capacity(symbols.len());
        for (at, token) in tokens.iter().enumerate() {
            let is_function = tokens.get(at + 1).is_some_and(|next| next.kind == Kind::Open);
            if token.kind == Kind::Name
                && !is_function
                && symbols.get(spans.len()).is_some_and(|symbol| symbol == self.text(token.span))
            {
                spans.push(token.span);
            }
        }
        spans
    }
}

/// The diagnostic about a second operator in a statement.
pub(super) fn second_operator(first: Span, second: Span, text: &str, earlier: &str) -> Diagnostic {
    Diagnostic::error("E0105", format!("this statement has a second operator, `{text}`, after `{earlier}`"))
        .at(second, "second operator")
        .related(first, "first operator")
        .hint("begin a new line, or put `;` between two statements")
}

/// The diagnostic about a reserved word as a name.
pub(super) fn reserved(name: &str, span: Span) -> Diagnostic {
    let message = if name == "pi" {
        "`pi` is the circle constant in expressions and cannot be the name of a defined parameter".to_string()
    } else {
        format!("`{name}` is a reserved word of R and cannot be a name")
    };
    Diagnostic::error("E0202", message)
        .at(span, "reserved")
        .hint("choose another name; a column of the data with this name must be renamed")
}
