//! Tokens to expressions, with the precedence of R: `^` binds tighter than a sign, a sign tighter than `*`.

use rustc_hash::FxHashMap;

use super::{Binary, Choice, Comparison, Expression, FUNCTIONS, Function, Node};
use crate::diagnostic::{Diagnostic, Span};
use crate::lexer::{Kind, Token};
use crate::names;

/// Brackets, signs and powers within each other; far beyond what anybody writes, and far from exhausting the stack.
const DEPTH_LIMIT: usize = 100;

/// The expression that all of `tokens` form; `None` with a diagnostic where they form none. `place` is where the
/// expression should stand, for the message about a missing one.
pub(crate) fn parse_tokens(
    source: &str,
    tokens: &[Token],
    place: usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Expression> {
    let mut parser = ExpressionParser {
        source,
        tokens,
        at: 0,
        end: tokens.last().map_or(place, |token| token.span.end),
        depth: 0,
        diagnostics,
        failed: false,
        places: FxHashMap::default(),
        expression: Expression { symbols: Vec::new(), nodes: Vec::with_capacity(tokens.len()) },
    };
    let whole = parser.sum();
    if whole.is_ok() && parser.at < tokens.len() {
        parser.left_over();
    }
    (whole.is_ok() && !parser.failed).then_some(parser.expression)
}

/// The parse of this expression has ended; a diagnostic says why.
struct Stop;

struct ExpressionParser<'s, 'd> {
    source: &'s str,
    tokens: &'s [Token],
    at: usize,
    end: usize,
    depth: usize,
    diagnostics: &'d mut Vec<Diagnostic>,
    /// Something was wrong after which reading could go on.
    failed: bool,
    places: FxHashMap<&'s str, usize>,
    expression: Expression,
}

impl<'s> ExpressionParser<'s, '_> {
    fn kind(&self) -> Option<Kind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    fn span(&self) -> Span {
        self.tokens.get(self.at).map_or(Span { start: self.end, end: self.end }, |token| token.span)
    }

    fn text(&self, span: Span) -> &'s str {
        &self.source[span.start..span.end]
    }

    fn push(&mut self, node: Node) -> usize {
        self.expression.nodes.push(node);
        self.expression.nodes.len() - 1
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.failed = true;
        self.diagnostics.push(diagnostic);
    }

    fn stop<T>(&mut self, diagnostic: Diagnostic) -> Result<T, Stop> {
        self.report(diagnostic);
        Err(Stop)
    }

    fn descend(&mut self) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth <= DEPTH_LIMIT {
            return Ok(());
        }
        let span = self.span();
        self.stop(
            Diagnostic::error("E0407", format!("this expression is nested more than {DEPTH_LIMIT} levels deep"))
                .at(span, "too deep here")
                .hint("give parts of it names of their own with `:=`"),
        )
    }

    fn sum(&mut self) -> Result<usize, Stop> {
        let mut left = self.product()?;
        loop {
            let operation = match self.kind() {
                Some(Kind::Plus) => Binary::Add,
                Some(Kind::Minus) => Binary::Subtract,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.product()?;
            left = self.push(Node::Binary(operation, left, right));
        }
    }

    fn product(&mut self) -> Result<usize, Stop> {
        let mut left = self.signed()?;
        loop {
            let operation = match self.kind() {
                Some(Kind::Star) => Binary::Multiply,
                Some(Kind::Slash) => Binary::Divide,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.signed()?;
            left = self.push(Node::Binary(operation, left, right));
        }
    }

    fn signed(&mut self) -> Result<usize, Stop> {
        let mut negations = 0;
        while let Some(kind @ (Kind::Plus | Kind::Minus)) = self.kind() {
            negations += usize::from(kind == Kind::Minus);
            self.at += 1;
        }
        let mut value = self.power()?;
        if negations % 2 == 1 {
            value = self.push(Node::Negate(value));
        }
        Ok(value)
    }

    fn power(&mut self) -> Result<usize, Stop> {
        let base = self.atom()?;
        let is_power = match self.kind() {
            Some(Kind::Caret) => 1,
            // R reads ** as ^.
            Some(Kind::Star) if self.doubled_star() => 2,
            _ => return Ok(base),
        };
        self.at += is_power;
        self.descend()?;
        let exponent = self.signed()?;
        self.depth -= 1;
        Ok(self.push(Node::Binary(Binary::Power, base, exponent)))
    }

    fn doubled_star(&self) -> bool {
        match (self.tokens.get(self.at), self.tokens.get(self.at + 1)) {
            (Some(first), Some(second)) => second.kind == Kind::Star && first.span.end == second.span.start,
            _ => false,
        }
    }

    fn atom(&mut self) -> Result<usize, Stop> {
        let span = self.span();
        let Some(kind) = self.kind() else {
            return self.missing_operand(span);
        };
        match kind {
            Kind::Number => {
                self.at += 1;
                let text = self.text(span);
                match text.parse::<f64>() {
                    Ok(number) if number.is_finite() => Ok(self.push(Node::Number(number))),
                    _ => self.stop(
                        Diagnostic::error("E0307", format!("`{text}` is too large a number"))
                            .at(span, "beyond what a number can hold"),
                    ),
                }
            }
            Kind::Name => {
                self.at += 1;
                if self.kind() == Some(Kind::Open) { self.call(span) } else { self.symbol(span) }
            }
            Kind::Open => {
                self.at += 1;
                self.descend()?;
                let inner = self.sum()?;
                self.close(span)?;
                self.depth -= 1;
                Ok(inner)
            }
            Kind::Text => self.stop(
                Diagnostic::error("E0402", "a text in quotes cannot be calculated with")
                    .at(span, "a text")
                    .hint("write labels without quotes, as in `a == b`")
                    .hint("a parameter without a label gets one in front of its variable: `f =~ b*x2`"),
            ),
            _ => self.missing_operand(span),
        }
    }

    fn missing_operand<T>(&mut self, span: Span) -> Result<T, Stop> {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map(|token| self.text(token.span));
        let message = match (before, self.kind()) {
            (Some(before), Some(_)) => {
                format!("a number, a label or a function is missing between `{before}` and `{}`", self.text(span))
            }
            (Some(before), None) => {
                format!("a number, a label or a function is missing after `{before}`")
            }
            (None, Some(_)) => format!("a number, a label or a function is missing before `{}`", self.text(span)),
            (None, None) => "an expression is missing here".to_string(),
        };
        self.stop(Diagnostic::error("E0401", message).at(span, "expected here"))
    }

    fn close(&mut self, open: Span) -> Result<(), Stop> {
        if self.kind() == Some(Kind::Close) {
            self.at += 1;
            return Ok(());
        }
        if self.kind().is_none() {
            return self.stop(unclosed(open));
        }
        self.left_over();
        Err(Stop)
    }

    /// Says what is wrong with a token behind a whole operand.
    fn left_over(&mut self) {
        let span = self.span();
        let text = self.text(span);
        let diagnostic = match self.kind() {
            Some(Kind::Close) => Diagnostic::error("E0005", "this `)` closes nothing").at(span, "no `(` before it"),
            Some(Kind::Comma) => Diagnostic::error("E0401", "a comma stands between the arguments of a function only")
                .at(span, "not in a function")
                .hint("for a decimal number write a point: `0.5`"),
            Some(Kind::Name | Kind::Number | Kind::Open | Kind::Text) => {
                Diagnostic::error("E0401", format!("an operator such as `+` or `*` is missing before `{text}`"))
                    .at(span, "nothing joins it to what is before it")
            }
            Some(Kind::Less | Kind::LessEqual | Kind::Greater | Kind::GreaterEqual | Kind::EqualEqual) => {
                Diagnostic::error("E0406", format!("a comparison such as `{text}` has no number as its value"))
                    .at(span, "compares")
                    .hint("to choose between two values write `ifelse(a > b, yes, no)`")
            }
            _ => Diagnostic::error("E0401", format!("`{text}` cannot stand in an expression"))
                .at(span, "not understood here"),
        };
        self.report(diagnostic);
    }

    fn symbol(&mut self, span: Span) -> Result<usize, Stop> {
        let name = self.text(span);
        if name == "pi" {
            return Ok(self.push(Node::Pi));
        }
        if names::is_reserved(name) {
            return self.stop(
                Diagnostic::error("E0403", format!("`{name}` is a reserved word of R and has no value here"))
                    .at(span, "reserved"),
            );
        }
        let next = self.expression.symbols.len();
        let symbol = *self.places.entry(name).or_insert(next);
        if symbol == next {
            self.expression.symbols.push(name.into());
        }
        Ok(self.push(Node::Symbol(symbol)))
    }

    fn call(&mut self, name_span: Span) -> Result<usize, Stop> {
        let name = self.text(name_span);
        let open = self.span();
        self.at += 1;
        self.descend()?;
        if name == "ifelse" {
            return self.if_else(name_span, open);
        }
        let function = Function::named(name);
        if function.is_none() {
            self.unknown_function(name, name_span);
        }
        let mut arguments = Vec::new();
        if self.kind() != Some(Kind::Close) {
            loop {
                arguments.push(self.sum()?);
                if self.kind() != Some(Kind::Comma) {
                    break;
                }
                self.at += 1;
            }
        }
        let end = self.span().end;
        self.close(open)?;
        self.depth -= 1;
        // The diagnostic stands; any function keeps the reading going, so that later faults are found too.
        let function = function.unwrap_or(Function::Sum);
        let (least, greatest) = function.arity();
        let given = arguments.len();
        if !self.failed && (given < least || greatest.is_some_and(|greatest| given > greatest)) {
            let wanted = match greatest {
                Some(greatest) if greatest == least => format!("{least}"),
                Some(greatest) => format!("{least} or {greatest}"),
                None => format!("at least {least}"),
            };
            let plural = if wanted == "1" || wanted == "at least 1" { "argument" } else { "arguments" };
            self.report(
                Diagnostic::error(
                    "E0405",
                    format!(
                        "`{name}()` takes {wanted} {plural}, and {given} {} given",
                        if given == 1 { "is" } else { "are" }
                    ),
                )
                .at(Span { start: name_span.start, end }, format!("{given} given")),
            );
        }
        Ok(self.push(Node::Call(function, arguments)))
    }

    fn unknown_function(&mut self, name: &str, span: Span) {
        let known = || FUNCTIONS.iter().map(|(name, _)| *name).chain(["ifelse"]);
        let mut diagnostic = Diagnostic::error("E0404", format!("there is no function `{name}()` in model syntax"))
            .at(span, "not known");
        if let Some(near) = names::nearest(name, known()) {
            diagnostic = diagnostic.hint(format!("did you mean `{near}()`?"));
        }
        let list = known().collect::<Vec<_>>().join(", ");
        self.report(diagnostic.hint(format!("the functions are {list}")));
    }

    /// `ifelse(left comparison right, yes, no)`, read from behind its opening bracket.
    fn if_else(&mut self, name: Span, open: Span) -> Result<usize, Stop> {
        let left = self.sum()?;
        let comparison = match self.kind() {
            Some(Kind::Less) => Comparison::Less,
            Some(Kind::LessEqual) => Comparison::LessEqual,
            Some(Kind::Greater) => Comparison::Greater,
            Some(Kind::GreaterEqual) => Comparison::GreaterEqual,
            Some(Kind::EqualEqual) => Comparison::Equal,
            _ => {
                return self.stop(
                    Diagnostic::error("E0405", "the first argument of `ifelse()` must be a comparison")
                        .at(name, "as in `ifelse(a > b, yes, no)`"),
                );
            }
        };
        self.at += 1;
        let right = self.sum()?;
        self.comma(name)?;
        let yes = self.sum()?;
        self.comma(name)?;
        let no = self.sum()?;
        self.close(open)?;
        self.depth -= 1;
        Ok(self.push(Node::IfElse(Box::new(Choice { comparison, left, right, yes, no }))))
    }

    fn comma(&mut self, name: Span) -> Result<(), Stop> {
        if self.kind() == Some(Kind::Comma) {
            self.at += 1;
            return Ok(());
        }
        self.stop(
            Diagnostic::error("E0405", "`ifelse()` takes a comparison and two values")
                .at(name, "as in `ifelse(a > b, yes, no)`"),
        )
    }
}

/// The diagnostic about an opening bracket that nothing closes.
pub(crate) fn unclosed(open: Span) -> Diagnostic {
    Diagnostic::error("E0004", "this `(` is never closed").at(open, "opened here").hint("add the missing `)`")
}
