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
        if let Some(second) = self.tokens.get(end) {
            let second_text = self.text(second.span).to_string();
            self.report(second_operator(operator.span, second.span, &second_text, text));
        }
        let (left, right) = (&self.tokens[..at], &self.tokens[at + 1..end]);
        for (tokens, side, what) in [(left, "left", "a variable"), (right, "right", "a term")] {
            if tokens.is_empty() && end == self.tokens.len() {
                self.report(
                    Diagnostic::error("E0104", format!("there is nothing to the {side} of `{text}`"))
                        .at(operator.span, format!("{what} is missing to the {side}")),
                );
            }
        }
        let lhs = self.terms(left, Place::Left(op));
        let rhs = self.terms(right, Place::Right(op));
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
