//! Formulas: an operator between two lists of terms.

use super::constraint::second_operator;
use super::term::Place;
use super::{Reader, span_of};
use crate::diagnostic::Diagnostic;
use crate::lexer::Kind;
use crate::table::Op;
use crate::tree::{Formula, Item};

impl Reader<'_, '_> {
    /// Reads a formula whose operator is token `at`.
    pub(super) fn formula(&mut self, at: usize) {
        let operator = self.tokens[at];
        let op = match operator.kind {
            Kind::Measures => Op::Loading,
            Kind::Composite => Op::Composite,
            Kind::Scale => Op::Scale,
            Kind::Covaries => Op::Covariance,
            Kind::Bar => Op::Threshold,
            Kind::Percent => Op::GroupWeight,
            _ => Op::Regression,
        };
        let text = self.text(operator.span);
        let mut depth = 0_usize;
        let mut end = self.tokens.len();
        for (place, token) in self.tokens.iter().enumerate().skip(at + 1) {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                kind if depth == 0 && kind.is_statement_operator() => {
                    end = place;
                    break;
                }
                _ => {}
            }
        }
        let (left, right) = (&self.tokens[..at], &self.tokens[at + 1..end]);
        for (tokens, side, what) in [(left, "left", "a variable"), (right, "right", "a term")] {
            if tokens.is_empty() && end == self.tokens.len() {
                self.report(
                    Diagnostic::error("E0104", format!("there is nothing to the {side} of `{text}`"))
                        .at(operator.span, format!("{what} is missing to the {side}"))
                        .hint(format!("a whole formula looks like `{}`", example(op))),
                );
            }
        }
        let lhs = self.terms(left, Place::Left(op));
        let before = self.diagnostics.len();
        let rhs = self.terms(right, Place::Right(op));
        if let Some(second) = self.tokens.get(end) {
            // Where the first of two statements ends is not known, so its last terms are not judged.
            self.diagnostics.truncate(before);
            let second_text = self.text(second.span);
            let mut diagnostic = second_operator(operator.span, second.span, second_text, text);
            if let [.., last, name] = right
                && name.kind == Kind::Name
                && matches!(last.kind, Kind::Name | Kind::Number)
            {
                diagnostic.hints =
                    vec![format!("begin a new line before `{}`, or put `;` there", self.text(name.span))];
            }
            self.report(diagnostic);
        }
        if !lhs.is_empty() && !rhs.is_empty() {
            self.items.push(Item::Formula(Formula {
                op,
                op_span: operator.span,
                lhs,
                rhs,
                span: span_of(self.tokens),
            }));
        }
    }
}

/// A formula with the operator.
fn example(op: Op) -> &'static str {
    match op {
        Op::Loading => "f =~ x1 + x2 + x3",
        Op::Composite => "c <~ x1 + x2 + x3",
        Op::Covariance => "x1 ~~ x2",
        Op::Threshold => "x | t1 + t2",
        Op::Scale => "x ~*~ x",
        Op::GroupWeight => "group % w",
        _ => "y ~ x1 + x2",
    }
}
