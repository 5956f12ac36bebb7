//! Modifiers: what stands before `*`.

use super::constraint::reserved;
use super::header::unquoted;
use super::term::Place;
use super::{Reader, span_of};
use crate::diagnostic::{Diagnostic, Span};
use crate::expression::parse_tokens;
use crate::lexer::{Kind, Token};
use crate::names;
use crate::table::Op;
use crate::tree::{Element, ElementValue, Modifier, ModifierRole};

/// The functions that modify a parameter.
const MODIFIERS: [&str; 10] = ["start", "equal", "label", "lower", "upper", "rv", "efa", "fixed", "c", "rep"];

/// The longest vector that `rep()` or `a:b` may give; no survey has as many groups.
const LONGEST_VECTOR: usize = 1000;

/// What the elements of a modifier may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Accept {
    Anything,
    Numbers,
    Texts,
}

impl Reader<'_, '_> {
    /// Reads one modifier; `is_start` where `?` stands behind it.
    pub(super) fn modifier(&mut self, tokens: &[Token], is_start: bool) -> Option<Modifier> {
        let span = span_of(tokens);
        let mut elements = Vec::new();
        if is_start {
            let ok = self.elements(tokens, Accept::Numbers, "the start value before `?`", &mut elements);
            return ok.then_some(Modifier { role: ModifierRole::Start, elements, span });
        }
        let Some((name, arguments)) = self.whole_call(tokens) else {
            return self.elements(tokens, Accept::Anything, "a modifier", &mut elements).then_some(Modifier {
                role: ModifierRole::Value,
                elements,
                span,
            });
        };
        let (role, accept) = match name {
            "start" => (ModifierRole::Start, Accept::Numbers),
            "lower" => (ModifierRole::Lower, Accept::Numbers),
            "upper" => (ModifierRole::Upper, Accept::Numbers),
            "fixed" => (ModifierRole::Value, Accept::Numbers),
            "label" => (ModifierRole::Label, Accept::Texts),
            "equal" => (ModifierRole::Equal, Accept::Texts),
            "rv" => (ModifierRole::RandomSlope, Accept::Texts),
            "efa" => (ModifierRole::Efa, Accept::Texts),
            "prior" => {
                self.report(
                    Diagnostic::error("E0301", "`prior()` belongs to Bayesian estimation, which latva does not have")
                        .at(span, "a prior")
                        .hint("delete it, or bound the parameter with `lower()` and `upper()`"),
                );
                return None;
            }
            _ => {
                return self.elements(tokens, Accept::Anything, "a modifier", &mut elements).then_some(Modifier {
                    role: ModifierRole::Value,
                    elements,
                    span,
                });
            }
        };
        if arguments.is_empty() {
            self.report(
                Diagnostic::error("E0302", format!("`{name}()` is empty"))
                    .at(span, "a value is missing between the brackets"),
            );
            return None;
        }
        let what = format!("`{name}()`");
        let mut good = true;
        for argument in arguments {
            good &= self.elements(argument, accept, &what, &mut elements);
            if elements.len() > LONGEST_VECTOR {
                self.report(too_long(span));
                return None;
            }
        }
        if !good {
            return None;
        }
        if role == ModifierRole::Equal {
            self.automatic_names(&mut elements)?;
        }
        if role == ModifierRole::Efa && elements.len() > 1 {
            self.report(Diagnostic::error("E0302", "`efa()` takes the name of one block").at(span, "several names"));
            return None;
        }
        Some(Modifier { role, elements, span })
    }

    /// The name and the arguments, where the tokens are one call of a function of modifiers.
    fn whole_call<'t>(&self, tokens: &'t [Token]) -> Option<(&str, Vec<&'t [Token]>)> {
        let [name, open, inner @ .., close] = tokens else {
            return None;
        };
        if name.kind != Kind::Name || open.kind != Kind::Open || close.kind != Kind::Close {
            return None;
        }
        let mut arguments = Vec::new();
        let mut depth = 0_usize;
        let mut start = 0;
        for (at, token) in inner.iter().enumerate() {
            match token.kind {
                Kind::Open => depth += 1,
                // The first bracket closes before the last token: two calls side by side.
                Kind::Close if depth == 0 => return None,
                Kind::Close => depth -= 1,
                Kind::Comma if depth == 0 => {
                    arguments.push(&inner[start..at]);
                    start = at + 1;
                }
                _ => {}
            }
        }
        if !inner.is_empty() {
            arguments.push(&inner[start..]);
        }
        Some((self.text(name.span), arguments))
    }

    /// Reads the elements that the tokens stand for: one, or those of `c()`, `rep()` and `a:b`. `what` names the place in messages.
    fn elements(&mut self, tokens: &[Token], accept: Accept, what: &str, elements: &mut Vec<Element>) -> bool {
        let span = span_of(tokens);
        match tokens {
            [] => {
                self.report(Diagnostic::error("E0302", format!("a value is missing in {what}")).at_option(None, ""));
                return false;
            }
            [only] if matches!(only.kind, Kind::Name | Kind::Text) => {
                let Some(value) = self.single_element(*only, accept, what) else {
                    return false;
                };
                elements.push(Element { value, span });
                return true;
            }
            [first, colon, last]
                if colon.kind == Kind::Colon && first.kind == Kind::Number && last.kind == Kind::Number =>
            {
                return self.sequence(*first, *last, accept, what, span, elements);
            }
            _ => {}
        }
        match self.whole_call(tokens) {
            Some(("c", arguments)) => {
                if arguments.is_empty() || arguments.iter().any(|argument| argument.is_empty()) {
                    self.report(
                        Diagnostic::error("E0302", "an element is missing in `c()`")
                            .at(span, "an empty place between the commas"),
                    );
                    return false;
                }
                let mut good = true;
                for argument in arguments {
                    if matches!(self.whole_call(argument), Some(("c", _))) {
                        self.report(
                            Diagnostic::error("E0302", "`c()` cannot stand in `c()`").at(span_of(argument), "nested"),
                        );
                        good = false;
                        continue;
                    }
                    good &= self.elements(argument, accept, "`c()`", elements);
                    if elements.len() > LONGEST_VECTOR {
                        self.report(too_long(span));
                        return false;
                    }
                }
                good
            }
            Some(("rep", arguments)) => self.repeated(&arguments, accept, span, elements),
            Some((name, _)) if MODIFIERS.contains(&name) => {
                self.report(
                    Diagnostic::error("E0303", format!("`{name}()` cannot stand in {what}"))
                        .at(span, "nested")
                        .hint(format!("chain the modifiers, as in `{name}(...)*start(0.5)*x`")),
                );
                false
            }
            Some((name, _)) if crate::expression::Function::named(name).is_none() && name != "ifelse" => {
                let name = name.to_string();
                self.unknown_modifier(&name, tokens[0].span);
                false
            }
            _ => self.numeric(tokens, accept, what, span, elements),
        }
    }

    fn unknown_modifier(&mut self, name: &str, span: Span) {
        let mut diagnostic =
            Diagnostic::error("E0301", format!("there is no modifier `{name}()`")).at(span, "not known");
        if let Some(near) = self.nearest(name, &MODIFIERS) {
            diagnostic = diagnostic.hint(format!("did you mean `{near}()`?"));
        }
        self.report(diagnostic.hint(
            "the modifiers are a number, `NA`, a label, `start()`, `lower()`, `upper()`, `label()`, `equal()`, `fixed()`, `rv()`, `efa()`, and `c()` for one value per group",
        ));
    }

    /// An element that is a name or a text in quotes.
    fn single_element(&mut self, token: Token, accept: Accept, what: &str) -> Option<ElementValue> {
        let text = self.text(token.span);
        if token.kind == Kind::Text {
            if accept == Accept::Numbers {
                self.report(
                    Diagnostic::error("E0304", format!("{what} needs a number, not a text"))
                        .at(token.span, "a text")
                        .hint("write a number, as in `start(0.5)`"),
                );
                return None;
            }
            return Some(ElementValue::Text(unquoted(text).into()));
        }
        if text == "NA" || text == "NA_real_" || text == "NA_integer_" {
            if accept == Accept::Texts {
                self.report(
                    Diagnostic::error("E0304", format!("{what} needs a text in quotes, not `NA`"))
                        .at(token.span, "`NA` frees a parameter"),
                );
                return None;
            }
            return Some(ElementValue::Free);
        }
        if matches!(text, "Inf" | "NaN") {
            self.report(
                Diagnostic::error("E0307", format!("`{text}` is not a finite number"))
                    .at(token.span, "not finite")
                    .hint("to leave a bound open, leave it out"),
            );
            return None;
        }
        if names::is_reserved(text) {
            self.report(reserved(text, token.span));
            return None;
        }
        match accept {
            Accept::Numbers => {
                self.report(
                    Diagnostic::error("E0304", format!("{what} needs a number, and `{text}` is a name"))
                        .at(token.span, "a name")
                        .hint(format!("to label the parameter as well write `{text}*start(0.5)*x`")),
                );
                None
            }
            Accept::Texts => {
                self.report(
                    Diagnostic::error("E0304", format!("{what} needs a text in quotes"))
                        .at(token.span, "without quotes")
                        .hint(format!("write \"{text}\"")),
                );
                None
            }
            Accept::Anything => {
                if text == "pi" {
                    self.report(
                        Diagnostic::warning(
                            "W0301",
                            "`pi` is read as a label here, as in lavaan 0.6; lavaan 0.7 takes it as 3.14159",
                        )
                        .at(token.span, "a label")
                        .hint("choose another label, or write the number"),
                    );
                }
                Some(ElementValue::Text(text.into()))
            }
        }
    }

    fn wants_text(&mut self, accept: Accept, what: &str, span: Span) -> bool {
        if accept == Accept::Texts {
            self.report(Diagnostic::error("E0304", format!("{what} needs a text in quotes")).at(span, "not a text"));
        }
        accept == Accept::Texts
    }

    /// `1:3`
    fn sequence(
        &mut self,
        first: Token,
        last: Token,
        accept: Accept,
        what: &str,
        span: Span,
        elements: &mut Vec<Element>,
    ) -> bool {
        if self.wants_text(accept, what, span) {
            return false;
        }
        let bound = |token: Token| {
            self.text(token.span).parse::<f64>().ok().filter(|bound| bound.fract() == 0.0 && bound.abs() < 1e9)
        };
        let (Some(from), Some(to)) = (bound(first), bound(last)) else {
            self.report(Diagnostic::error("E0305", "a sequence `a:b` needs two whole numbers").at(span, "not whole"));
            return false;
        };
        let count = (to - from).abs() as usize + 1;
        if count > LONGEST_VECTOR {
            self.report(too_long(span));
            return false;
        }
        let step = if to < from { -1.0 } else { 1.0 };
        elements.extend((0..count).map(|i| Element { value: ElementValue::Number(from + step * i as f64), span }));
        true
    }

    /// `rep(x, n)`
    fn repeated(&mut self, arguments: &[&[Token]], accept: Accept, span: Span, elements: &mut Vec<Element>) -> bool {
        let [what, times] = arguments else {
            self.report(
                Diagnostic::error("E0305", "`rep()` takes what to repeat and how often")
                    .at(span, "as in `rep(0.5, 2)`"),
            );
            return false;
        };
        let mut once = Vec::new();
        if !self.elements(what, accept, "`rep()`", &mut once) {
            return false;
        }
        // R writes the second argument by name as well.
        let times = match times {
            [name, equals, rest @ ..] if equals.kind == Kind::Assign && self.text(name.span) == "times" => rest,
            _ => times,
        };
        let count = match times {
            [only] if only.kind == Kind::Number => self.text(only.span).parse::<f64>().ok(),
            _ => None,
        };
        let Some(count) = count.filter(|count| *count >= 1.0 && count.fract() == 0.0) else {
            self.report(
                Diagnostic::error("E0305", "`rep()` needs a whole number of repetitions")
                    .at(span, "as in `rep(0.5, 2)`"),
            );
            return false;
        };
        if count > LONGEST_VECTOR as f64 || once.len() * count as usize > LONGEST_VECTOR {
            self.report(too_long(span));
            return false;
        }
        for _ in 0..count as usize {
            elements.extend(once.iter().cloned());
        }
        true
    }

    /// A numeric expression.
    fn numeric(
        &mut self,
        tokens: &[Token],
        accept: Accept,
        what: &str,
        span: Span,
        elements: &mut Vec<Element>,
    ) -> bool {
        if self.wants_text(accept, what, span) {
            return false;
        }
        let Some(expression) = parse_tokens(self.source, tokens, span.end, self.diagnostics) else {
            return false;
        };
        let Some(value) = expression.constant_value() else {
            let name = &expression.symbols()[0];
            let mut diagnostic = Diagnostic::error(
                "E0306",
                format!("{what} cannot calculate with `{name}`, as labels have no value before the model is fitted"),
            )
            .at(span, "names a label");
            if let [sign, label] = tokens
                && sign.kind == Kind::Minus
            {
                let label = self.text(label.span);
                diagnostic = diagnostic
                    .hint(format!("to hold the parameter equal to minus `{label}` give it another label, say `m{label}`, and add the constraint `m{label} == -{label}`"));
            } else {
                diagnostic = diagnostic.hint("label the parameter and state the relation as a constraint: `b == 2*a`");
            }
            self.report(diagnostic);
            return false;
        };
        if !value.is_finite() {
            self.report(
                Diagnostic::error("E0307", "the value of this expression is not a finite number")
                    .at(span, "not finite"),
            );
            return false;
        }
        elements.push(Element { value: ElementValue::Number(value), span });
        true
    }

    /// Checks that the texts of `equal()` are automatic names, and takes the blanks out of them.
    fn automatic_names(&mut self, elements: &mut [Element]) -> Option<()> {
        for element in elements {
            let ElementValue::Text(name) = &mut element.value else {
                continue;
            };
            name.retain(|c| !c.is_whitespace());
            let operator = ["=~", "<~", "~*~", "~~", "~", "|"].into_iter().find(|operator| name.contains(operator));
            let complete = operator.is_some_and(|operator| {
                let mut sides = name.splitn(2, operator);
                sides.all(|side| !side.is_empty())
            });
            if !complete {
                let message = format!(
                    "`equal()` needs the name of a parameter, such as \"f=~x2\" or \"y~x\", and \"{name}\" is none"
                );
                self.report(
                    Diagnostic::error("E0308", message)
                        .at(element.span, "not lhs, operator, rhs")
                        .hint("to set a label write it before the variable: `a*x`"),
                );
                return None;
            }
        }
        Some(())
    }

    /// Adds a modifier to those before it on the same term: numbers side by side are multiplied, as in R; two that
    /// contradict each other are an error.
    pub(super) fn add_modifier(&mut self, modifier: Modifier, place: Place, modifiers: &mut Vec<Modifier>) {
        if let Some(diagnostic) = misplaced(&modifier, place) {
            self.report(diagnostic);
            return;
        }
        if let Some(last) = modifiers.last_mut()
            && let Some(product) = product(last, &modifier)
        {
            *last = product;
            return;
        }
        let clash = modifiers.iter().find(|earlier| contradict(earlier, &modifier));
        if let Some(earlier) = clash {
            let both_label = sets_label(earlier) && sets_label(&modifier);
            let what = if both_label { "two labels" } else { "two modifiers that contradict each other" };
            let mut diagnostic = Diagnostic::error("E0309", format!("this parameter has {what}"))
                .at(modifier.span, "second")
                .related(earlier.span, "first");
            if both_label {
                diagnostic = diagnostic.hint(
                    "a parameter has one label; to hold it equal to another one add a constraint such as `a == b`",
                );
            }
            self.report(diagnostic);
            return;
        }
        modifiers.push(modifier);
    }
}

fn too_long(span: Span) -> Diagnostic {
    Diagnostic::error("E0305", format!("a modifier can have {LONGEST_VECTOR} elements at most, one for each group"))
        .at(span, "too long")
}

/// What is wrong with a modifier on this side of this operator, if anything.
fn misplaced(modifier: &Modifier, place: Place) -> Option<Diagnostic> {
    match (modifier.role, place) {
        (ModifierRole::Efa, Place::Left(Op::Loading)) => None,
        (ModifierRole::Efa, _) => Some(
            Diagnostic::error("E0310", "`efa()` marks latent variables and stands to the left of `=~`")
                .at(modifier.span, "not to the left of `=~`")
                .hint("write `efa(\"block\")*f1 + efa(\"block\")*f2 =~ x1 + x2 + x3`"),
        ),
        (_, Place::Left(op)) => Some(
            Diagnostic::error("E0310", format!("a modifier cannot stand to the left of `{}`", op.as_str()))
                .at(modifier.span, "to the left of the operator")
                .hint("write it before the variable on the right, where the parameter is"),
        ),
        (ModifierRole::RandomSlope, Place::Right(op)) if !matches!(op, Op::Regression | Op::Loading) => Some(
            Diagnostic::error("E0310", "`rv()` names a random slope and stands to the right of `~`")
                .at(modifier.span, "not a slope"),
        ),
        _ => None,
    }
}

fn numbers(modifier: &Modifier) -> Option<Vec<f64>> {
    if modifier.role != ModifierRole::Value {
        return None;
    }
    modifier
        .elements
        .iter()
        .map(|element| match element.value {
            ElementValue::Number(number) => Some(number),
            _ => None,
        })
        .collect()
}

/// The product of two numeric modifiers, where both are and their lengths agree.
fn product(first: &Modifier, second: &Modifier) -> Option<Modifier> {
    let (left, right) = (numbers(first)?, numbers(second)?);
    let count = left.len().max(right.len());
    if left.len() != right.len() && left.len() != 1 && right.len() != 1 {
        return None;
    }
    let span = Span { start: first.span.start, end: second.span.end };
    let elements: Vec<Element> = (0..count)
        .map(|i| Element { value: ElementValue::Number(left[i % left.len()] * right[i % right.len()]), span })
        .collect();
    let finite =
        elements.iter().all(|element| matches!(element.value, ElementValue::Number(number) if number.is_finite()));
    finite.then_some(Modifier { role: ModifierRole::Value, elements, span })
}

/// Whether it labels in some group.
fn sets_label(modifier: &Modifier) -> bool {
    match modifier.role {
        ModifierRole::Label | ModifierRole::Equal => true,
        ModifierRole::Value => modifier.elements.iter().any(|element| matches!(element.value, ElementValue::Text(_))),
        _ => false,
    }
}

/// Whether it fixes or frees in some group.
fn sets_value(modifier: &Modifier) -> bool {
    modifier.role == ModifierRole::Value
        && modifier.elements.iter().any(|element| !matches!(element.value, ElementValue::Text(_)))
}

/// Whether two modifiers of one term set the same thing.
fn contradict(first: &Modifier, second: &Modifier) -> bool {
    let same_role = first.role == second.role && first.role != ModifierRole::Value;
    same_role || (sets_label(first) && sets_label(second)) || (sets_value(first) && sets_value(second))
}
