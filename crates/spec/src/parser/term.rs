//! The terms of a formula: `modifier * modifier * variable`, joined by `+`.

use compact_str::CompactString;

use super::constraint::reserved;
use super::header::unquoted;
use super::{Reader, span_of};
use crate::diagnostic::{Diagnostic, Span};
use crate::lexer::{Kind, Token};
use crate::names;
use crate::table::Op;
use crate::tree::{Modifier, Target, Term};

/// The side of which operator a term stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Left(Op),
    Right(Op),
}

impl Place {
    fn op(self) -> Op {
        match self {
            Place::Left(op) | Place::Right(op) => op,
        }
    }
}

impl Reader<'_, '_> {
    /// Reads a list of terms.
    pub(super) fn terms(&mut self, tokens: &[Token], place: Place) -> Vec<Term> {
        // Most terms are a name, and between two of them stands a plus.
        let mut terms = Vec::with_capacity(tokens.len().div_ceil(2));
        let mut depth = 0_usize;
        let mut start = 0;
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                Kind::Plus if depth == 0 && !follows_sign_place(tokens, at) => {
                    // Repeated and leading plus signs say nothing, as in R.
                    if at > start {
                        self.term(&tokens[start..at], place, &mut terms);
                    }
                    start = at + 1;
                }
                Kind::Minus if depth == 0 && at > start && is_operand_end(tokens[at - 1].kind) => {
                    if at > start {
                        self.term(&tokens[start..at], place, &mut terms);
                    }
                    self.minus(tokens, at, place);
                    if matches!(place, Place::Left(_)) {
                        return terms;
                    }
                    start = at + 1;
                }
                _ => {}
            }
        }
        if start < tokens.len() {
            self.term(&tokens[start..], place, &mut terms);
        } else if let Some(last) = tokens.last()
            && last.kind == Kind::Plus
        {
            self.report(
                Diagnostic::error("E0201", "a term is missing after this `+`")
                    .at(last.span, "nothing follows")
                    .hint("delete the `+`, or write the missing term"),
            );
        }
        terms
    }

    fn minus(&mut self, tokens: &[Token], at: usize, place: Place) {
        let after = tokens.get(at + 1).filter(|token| token.kind == Kind::Name).map(|token| self.text(token.span));
        let before =
            tokens.get(at.wrapping_sub(1)).filter(|token| token.kind == Kind::Name).map(|token| self.text(token.span));
        let mut diagnostic = Diagnostic::error("E0203", "a term cannot be subtracted in a formula")
            .at(tokens[at].span, "minus between terms");
        match (before, after) {
            (_, Some(after)) => {
                diagnostic = diagnostic.hint(format!(
                    "to add it write `+ {after}`; for a coefficient fixed to minus one write `+ -1*{after}`"
                ));
            }
            _ if matches!(place, Place::Left(_)) => {}
            _ => diagnostic = diagnostic.hint("to leave the intercept out of `y ~ x` write `y ~ 0 + x`"),
        }
        if let (Some(before), Some(after)) = (before, tokens.get(at + 1))
            && tokens[at - 1].span.end == tokens[at].span.start
            && tokens[at].span.end == after.span.start
        {
            let name = format!("{before}-{}", self.text(after.span));
            diagnostic = diagnostic.hint(format!("if `{name}` is one name, write it in quotes: \"{name}\""));
        }
        self.report(diagnostic);
    }

    /// Reads one term.
    fn term(&mut self, tokens: &[Token], place: Place, terms: &mut Vec<Term>) {
        // Most terms are a name and nothing else.
        if let [only] = tokens
            && !matches!(only.kind, Kind::Star | Kind::Question)
        {
            let span = only.span;
            if let Some(target) = self.single(*only, place) {
                terms.push(Term { target, target_span: span, modifiers: Vec::new(), span });
            }
        } else {
            self.modified_term(tokens, place, terms);
        }
    }

    /// Reads a term of several tokens.
    fn modified_term(&mut self, tokens: &[Token], place: Place, terms: &mut Vec<Term>) {
        let span = span_of(tokens);
        let mut depth = 0_usize;
        let mut factors: Vec<(&[Token], Option<Token>)> = Vec::new();
        let mut start = 0;
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                Kind::Star | Kind::Question if depth == 0 => {
                    factors.push((&tokens[start..at], Some(*token)));
                    start = at + 1;
                }
                _ => {}
            }
        }
        factors.push((&tokens[start..], None));
        let missing = factors.iter().position(|(factor, _)| factor.is_empty());
        let joint = missing.and_then(|at| factors[at].1.or_else(|| factors[at.checked_sub(1)?].1));
        if let Some(joint) = joint {
            let text = self.text(joint.span);
            self.report(
                Diagnostic::error("E0204", format!("a modifier or a variable is missing beside `{text}`"))
                    .at(joint.span, "something is missing here")
                    .hint("a modifier stands before its variable, as in `0.5*x` or `a*x`"),
            );
            return;
        }
        let Some((target_tokens, _)) = factors.pop() else {
            return;
        };
        let (targets, modifiers_before) = (target_tokens, factors);
        if let Some(diagnostic) = self.reversed(&modifiers_before, targets) {
            self.report(diagnostic);
            return;
        }
        let modifiers = self.modifiers(&modifiers_before, place);
        let Some((target, target_span)) = self.target(targets, place, terms) else {
            return;
        };
        terms.push(Term { target, target_span, modifiers, span });
    }

    /// `x2*0.5`: the modifier behind the variable.
    fn reversed(&self, factors: &[(&[Token], Option<Token>)], target: &[Token]) -> Option<Diagnostic> {
        let ([variable], _) = factors.last()? else {
            return None;
        };
        let looks_like_modifier = match target {
            [only] if only.kind == Kind::Number => !matches!(self.text(only.span), "1" | "0"),
            [only] => only.kind == Kind::Name && self.text(only.span) == "NA",
            [sign, number] if matches!(sign.kind, Kind::Minus | Kind::Plus) => number.kind == Kind::Number,
            [name, open, ..] => name.kind == Kind::Name && open.kind == Kind::Open,
            _ => false,
        };
        if variable.kind != Kind::Name || !looks_like_modifier {
            return None;
        }
        let (modifier, variable_text) = (self.text(span_of(target)), self.text(variable.span));
        Some(
            Diagnostic::error("E0205", "a modifier must stand before its variable")
                .at(Span { start: variable.span.start, end: span_of(target).end }, "the other way round")
                .hint(format!("write `{modifier}*{variable_text}`")),
        )
    }

    /// What the term is about. Where several names stand side by side the `+` between them was forgotten; all but the
    /// last are then put to `terms` as they are.
    fn target(&mut self, tokens: &[Token], place: Place, terms: &mut Vec<Term>) -> Option<(Target, Span)> {
        let span = span_of(tokens);
        match tokens {
            [only] => {
                let target = self.single(*only, place)?;
                Some((target, span))
            }
            [left, colon, right] if colon.kind == Kind::Colon => {
                let (left, right) = (self.variable(*left)?, self.variable(*right)?);
                if matches!(place.op(), Op::Threshold | Op::Scale | Op::GroupWeight) {
                    self.report(
                        Diagnostic::error("E0206", format!("a product cannot stand beside `{}`", place.op().as_str()))
                            .at(span, "a product"),
                    );
                    return None;
                }
                Some((Target::Interaction(left, right), span))
            }
            _ => {
                self.odd_target(tokens, span, place, terms);
                None
            }
        }
    }

    /// A target of one token.
    fn single(&mut self, token: Token, place: Place) -> Option<Target> {
        match token.kind {
            Kind::Number => self.number_target(token.span, place),
            _ => self.variable(token).map(Target::Variable),
        }
    }

    fn variable(&mut self, token: Token) -> Option<CompactString> {
        let text = self.text(token.span);
        if token.kind == Kind::Name && !names::is_reserved(text) {
            return Some(text.into());
        }
        self.quoted_variable(token)
    }

    /// A variable that is not simply a name: in quotes, or none at all.
    fn quoted_variable(&mut self, token: Token) -> Option<CompactString> {
        let text = self.text(token.span);
        match token.kind {
            Kind::Text if unquoted(text).trim().is_empty() => {
                self.report(
                    Diagnostic::error("E0206", "the name between these quotes is empty").at(token.span, "empty"),
                );
                None
            }
            Kind::Text => Some(unquoted(text).into()),
            Kind::Name => {
                self.report(reserved(text, token.span));
                None
            }
            _ => {
                self.report(
                    Diagnostic::error("E0206", format!("a variable is expected here, not `{text}`"))
                        .at(token.span, "not a variable"),
                );
                None
            }
        }
    }

    fn number_target(&mut self, span: Span, place: Place) -> Option<Target> {
        let text = self.text(span);
        let value = text.parse::<f64>().ok();
        match place {
            Place::Right(Op::Regression) if value == Some(1.0) => return Some(Target::One),
            Place::Right(Op::Regression | Op::Loading) if value == Some(0.0) => {
                return Some(Target::Zero);
            }
            _ => {}
        }
        let diagnostic = match place {
            Place::Right(Op::Regression) => {
                Diagnostic::error("E0207", format!("`{text}` is not a variable, and an intercept is written `1`"))
                    .at(span, "neither 0 nor 1")
                    .hint(format!("to fix the intercept to {text} write `{text}*1`"))
            }
            Place::Right(op) => {
                let symbol = op.as_str();
                let mut diagnostic =
                    Diagnostic::error("E0207", format!("a number cannot stand as a term beside `{symbol}`"))
                        .at(span, "a number");
                if op == Op::Loading {
                    diagnostic = diagnostic
                        .hint("for the mean of a latent variable write `f ~ 1`")
                        .hint(format!("for a fixed loading write `{text}*x`"));
                } else if op == Op::Covariance {
                    diagnostic = diagnostic
                        .hint(format!("to fix a variance write `x ~~ {text}*x`"))
                        .hint("for an intercept write `x ~ 1`");
                }
                diagnostic
            }
            Place::Left(op) => Diagnostic::error(
                "E0207",
                format!("a variable is expected to the left of `{}`, not `{text}`", op.as_str()),
            )
            .at(span, "a number"),
        };
        self.report(diagnostic);
        None
    }

    /// Says what is wrong with a target of several tokens.
    fn odd_target(&mut self, tokens: &[Token], span: Span, place: Place, terms: &mut Vec<Term>) {
        let is_name = |token: &Token| matches!(token.kind, Kind::Name | Kind::Text);
        if let Some(slot) = tokens.iter().position(|token| token.kind == Kind::Open)
            && (slot == 0 || tokens[slot - 1].kind != Kind::Name)
        {
            self.report(
                Diagnostic::error("E0208", "terms cannot be put in brackets")
                    .at(span, "in brackets")
                    .hint("write the terms without brackets; what is before `*` must be repeated for each"),
            );
            return;
        }
        if tokens[0].kind == Kind::Name && tokens.get(1).is_some_and(|token| token.kind == Kind::Open) {
            let name = self.text(tokens[0].span);
            self.report(
                Diagnostic::error("E0209", format!("`{name}()` stands without a variable"))
                    .at(span, "a function is not a term")
                    .hint("a modifier is followed by `*` and its variable, as in `start(0.5)*x`")
                    .hint("a transformed variable must be computed in the data"),
            );
            return;
        }
        if matches!(tokens[0].kind, Kind::Minus) {
            let rest = self.text(span_of(&tokens[1..]));
            let hint = match rest {
                "1" => "to leave the intercept out of `y ~ x` write `y ~ 0 + x`".to_string(),
                _ => format!("for a coefficient fixed to minus one write `-1*{rest}`"),
            };
            self.report(
                Diagnostic::error("E0203", "a term cannot have a sign")
                    .at(tokens[0].span, "minus before a term")
                    .hint(hint),
            );
            return;
        }
        if tokens.iter().filter(|token| token.kind == Kind::Colon).count() > 1 {
            self.report(
                Diagnostic::error("E0210", "a product can have two variables only")
                    .at(span, "more than one `:`")
                    .hint("compute the product of the others in the data"),
            );
            return;
        }
        if let Some(operator) = tokens.iter().find(|token| matches!(token.kind, Kind::Slash | Kind::Caret)) {
            let text = self.text(operator.span);
            self.report(
                Diagnostic::error(
                    "E0206",
                    format!("a variable cannot be calculated with, so `{text}` has no meaning here"),
                )
                .at(operator.span, "in a term")
                .hint("a square is written `x:x`; other transformations must be computed in the data"),
            );
            return;
        }
        if let Some(gap) = tokens.windows(2).position(|pair| is_name(&pair[0]) && is_name(&pair[1])) {
            let (before, after) = (tokens[gap], tokens[gap + 1]);
            let (left, right) = (self.text(before.span), self.text(after.span));
            self.report(
                Diagnostic::error("E0211", format!("a `+` is missing between `{left}` and `{right}`"))
                    .at(Span { start: before.span.start, end: after.span.end }, "two names side by side")
                    .hint(format!("write `{left} + {right}`"))
                    .hint(format!("if it is one name with a blank, write it in quotes: \"{left} {right}\"")),
            );
            for token in tokens.iter().filter(|token| is_name(token)) {
                if let Some(target) = self.variable(*token).map(Target::Variable) {
                    terms.push(Term { target, target_span: token.span, modifiers: Vec::new(), span: token.span });
                }
            }
            return;
        }
        let text = self.text(span);
        let mut diagnostic = Diagnostic::error("E0206", format!("`{text}` is not a term")).at(span, "not understood");
        diagnostic = match place {
            Place::Right(_) => diagnostic.hint(
                "a term is a variable, with modifiers and `*` before it where needed: `x`, `0.5*x`, `a*x`, `x1:x2`",
            ),
            Place::Left(_) => diagnostic.hint("to the left stand variables, joined by `+`"),
        };
        self.report(diagnostic);
    }

    /// The modifiers before the target.
    fn modifiers(&mut self, factors: &[(&[Token], Option<Token>)], place: Place) -> Vec<Modifier> {
        let mut modifiers: Vec<Modifier> = Vec::with_capacity(factors.len());
        for (factor, joint) in factors {
            let is_start = joint.is_some_and(|joint| joint.kind == Kind::Question);
            let Some(modifier) = self.modifier(factor, is_start) else {
                continue;
            };
            self.add_modifier(modifier, place, &mut modifiers);
        }
        modifiers
    }
}

/// Whether a plus at `at` is the sign of what follows, as in `a*+1`.
fn follows_sign_place(tokens: &[Token], at: usize) -> bool {
    at > 0
        && matches!(tokens[at - 1].kind, Kind::Star | Kind::Slash | Kind::Caret | Kind::Question)
        && tokens.get(at + 1).is_some_and(|token| token.kind == Kind::Number)
}

/// Whether an operand can end with a token of this kind.
fn is_operand_end(kind: Kind) -> bool {
    matches!(kind, Kind::Name | Kind::Number | Kind::Text | Kind::Close | Kind::Unknown)
}
