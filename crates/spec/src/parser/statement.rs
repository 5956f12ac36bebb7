//! Where statements end, and what kind of statement each is.

use super::{Reader, span_of};
use crate::diagnostic::{Diagnostic, Span};
use crate::expression::unclosed;
use crate::lexer::{Kind, Token};
use crate::names;
use crate::tree::HeaderKind;

/// A range of tokens that form a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) first: usize,
    pub(crate) end: usize,
    /// The first operator outside of brackets, by its place in the statement.
    pub(crate) operator: Option<usize>,
    /// Whether it has an error.
    pub(crate) is_broken: bool,
}

impl Kind {
    /// `=~` and the like, which relate variables.
    pub(crate) fn is_formula_operator(self) -> bool {
        matches!(
            self,
            Kind::Measures
                | Kind::Composite
                | Kind::Scale
                | Kind::Covaries
                | Kind::Tilde
                | Kind::Bar
                | Kind::Percent
                | Kind::BarTilde
                | Kind::ColonTilde
        )
    }

    /// `==`, `<` and the like, which constrain parameters.
    pub(crate) fn is_comparison(self) -> bool {
        matches!(self, Kind::EqualEqual | Kind::Less | Kind::LessEqual | Kind::Greater | Kind::GreaterEqual)
    }

    /// An operator that makes a statement.
    pub(crate) fn is_statement_operator(self) -> bool {
        self.is_formula_operator() || self.is_comparison() || self == Kind::Define
    }
}

/// The kind of block that a word opens before a colon.
pub(crate) fn header_kind(word: &str) -> Option<HeaderKind> {
    [HeaderKind::Group, HeaderKind::Level, HeaderKind::Block, HeaderKind::Class]
        .into_iter()
        .find(|kind| word.eq_ignore_ascii_case(kind.as_str()))
}

/// Splits tokens into statements, and takes the line ends and semicolons out: the tokens of each statement stand
/// together in `tokens` from then on.
pub(crate) fn split(source: &str, tokens: &mut Vec<Token>) -> Vec<Statement> {
    let mut splitter = Splitter { source, tokens, kept: 0, statements: Vec::new(), first: 0, depth: 0, operator: None };
    let mut at = 0;
    while let Some(&token) = splitter.tokens.get(at) {
        match token.kind {
            Kind::Semicolon => splitter.finish(),
            Kind::Newline => {
                while splitter.tokens.get(at + 1).is_some_and(|token| token.kind == Kind::Newline) {
                    at += 1;
                }
                if !splitter.continues(at + 1) {
                    splitter.finish();
                }
            }
            _ => splitter.keep(token),
        }
        at += 1;
    }
    splitter.finish();
    let Splitter { statements, kept, .. } = splitter;
    tokens.truncate(kept);
    statements
}

struct Splitter<'s> {
    source: &'s str,
    /// First those that were kept, which move forward in place, then what is left to read.
    tokens: &'s mut [Token],
    kept: usize,
    statements: Vec<Statement>,
    /// Where the tokens of the present statement begin among those kept.
    first: usize,
    /// Brackets open in it.
    depth: usize,
    /// The first operator in it outside of brackets, by its place in the statement.
    operator: Option<usize>,
}

impl Splitter<'_> {
    fn keep(&mut self, token: Token) {
        match token.kind {
            Kind::Open => self.depth += 1,
            Kind::Close => self.depth = self.depth.saturating_sub(1),
            kind if self.depth == 0 && self.operator.is_none() && kind.is_statement_operator() => {
                self.operator = Some(self.kept - self.first);
            }
            _ => {}
        }
        self.tokens[self.kept] = token;
        self.kept += 1;
    }

    fn finish(&mut self) {
        if self.kept > self.first {
            let operator = self.operator;
            self.statements.push(Statement { first: self.first, end: self.kept, operator, is_broken: false });
        }
        self.first = self.kept;
        self.depth = 0;
        self.operator = None;
    }

    /// Whether the line that begins at token `next` goes on with the present statement.
    ///
    /// lavaan 0.6 glues every line without an operator to the line before it; 0.7 goes on where a line ends or the next
    /// begins with one of `+ * -` or a formula operator. Both are accepted, with two exceptions that neither gives a
    /// meaning: two lines that nothing joins, and a second operator in a statement.
    fn continues(&self, next: usize) -> bool {
        let present = &self.tokens[self.first..self.kept];
        let (Some(last), Some(token)) = (present.last(), self.tokens.get(next)) else {
            return false;
        };
        if is_header(self.source, &self.tokens[next..]) {
            return false;
        }
        if is_header(self.source, present) {
            return last.kind == Kind::Colon && !self.line(next).has_operator;
        }
        if self.depth > 0 {
            let line = self.line(next);
            return !line.has_operator || line.closes > 0;
        }
        let joins = matches!(
            token.kind,
            Kind::Plus
                | Kind::Minus
                | Kind::Star
                | Kind::Slash
                | Kind::Caret
                | Kind::Open
                | Kind::Close
                | Kind::Comma
                | Kind::Question
        ) || token.kind.is_statement_operator();
        let open_end = matches!(
            last.kind,
            Kind::Plus
                | Kind::Minus
                | Kind::Star
                | Kind::Slash
                | Kind::Caret
                | Kind::Comma
                | Kind::Question
                | Kind::Colon
                | Kind::Assign
        ) || last.kind.is_statement_operator();
        (joins || open_end) && !(self.operator.is_some() && self.line(next).has_operator)
    }

    /// What the splitter must know of the line that begins at token `first`, up to its end or a semicolon.
    fn line(&self, first: usize) -> Line {
        let mut line = Line { has_operator: false, closes: 0 };
        let mut depth = 0_usize;
        for token in &self.tokens[first..] {
            match token.kind {
                Kind::Newline | Kind::Semicolon => break,
                Kind::Open => depth += 1,
                Kind::Close if depth == 0 => line.closes += 1,
                Kind::Close => depth -= 1,
                kind if kind.is_statement_operator() && depth == 0 => line.has_operator = true,
                _ => {}
            }
        }
        line
    }
}

/// Whether tokens begin as a block header does.
pub(crate) fn is_header(source: &str, tokens: &[Token]) -> bool {
    match tokens {
        [word, colon, ..] => {
            word.kind == Kind::Name
                && colon.kind == Kind::Colon
                && header_kind(&source[word.span.start..word.span.end]).is_some()
        }
        _ => false,
    }
}

struct Line {
    /// A statement operator outside of the line's own brackets.
    has_operator: bool,
    /// Brackets that it closes and that were opened before it.
    closes: usize,
}

impl Reader<'_, '_> {
    /// Reads the statement, whose operator is token `operator`. `not_equal` is the place of a `!=` directly behind it, which begins a
    /// comment.
    pub(super) fn statement(&mut self, operator: Option<usize>, not_equal: Option<Span>) {
        let span = span_of(self.tokens);
        if let Some(diagnostic) = self.unbalanced() {
            self.report(diagnostic);
            return;
        }
        if let Some(not_equal) = not_equal {
            self.report(
                Diagnostic::error(
                    "E0106",
                    "`!=` does not exist: `!` begins a comment, so the rest of this line is not read",
                )
                .at(not_equal, "a comment from here")
                .hint("parameters cannot be held unequal; bound their difference, as in `a - b > 0.1`"),
            );
            return;
        }
        if let Some(diagnostic) = self.foreign_operator() {
            self.report(diagnostic);
            return;
        }
        if operator.is_some() && is_header(self.source, self.tokens) {
            self.header_with_statement();
            return;
        }
        match operator.map(|at| (at, self.tokens[at].kind)) {
            None if self.header() => {}
            None => self.without_operator(span),
            Some((at, Kind::Define)) => self.definition(at),
            Some((at, kind)) if kind.is_comparison() => self.constraints(at),
            Some((at, _)) => self.formula(at),
        }
    }

    /// What is wrong with the brackets, if anything.
    fn unbalanced(&self) -> Option<Diagnostic> {
        let mut open: Vec<Span> = Vec::new();
        for token in self.tokens {
            match token.kind {
                Kind::Open => open.push(token.span),
                Kind::Close if open.pop().is_none() => {
                    return Some(
                        Diagnostic::error("E0005", "this `)` closes nothing")
                            .at(token.span, "no `(` before it")
                            .hint("delete it, or add the missing `(`"),
                    );
                }
                _ => {}
            }
        }
        open.last().map(|span| unclosed(*span))
    }

    /// Operators of other languages and slips of the keyboard.
    fn foreign_operator(&self) -> Option<Diagnostic> {
        const MEASURED: &str = "for indicators of a latent variable write `f =~ x1 + x2`";
        const REGRESSED: &str = "for an arrow from x to y write `y ~ x`";
        const COVARIES: &str = "for a covariance (a double arrow) write `x1 ~~ x2`";
        let touching = |at: usize| match (self.tokens.get(at), self.tokens.get(at + 1)) {
            (Some(first), Some(second)) if first.span.end == second.span.start => Some(second.kind),
            _ => None,
        };
        let mut depth = 0_usize;
        for (at, token) in self.tokens.iter().enumerate() {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth -= 1,
                _ => {}
            }
            // Nearly all tokens begin no operator at all.
            if depth > 0 || matches!(token.kind, Kind::Name | Kind::Number | Kind::Plus | Kind::Star) {
                continue;
            }
            let span = |count: usize| Span { start: token.span.start, end: self.tokens[at + count - 1].span.end };
            let error = |span: Span| {
                let text = self.text(span);
                Diagnostic::error("E0103", format!("`{text}` is not an operator of model syntax"))
                    .at(span, "not an operator")
            };
            match (token.kind, touching(at)) {
                (Kind::Less, Some(Kind::Minus)) => {
                    if touching(at + 1) == Some(Kind::Greater) {
                        return Some(error(span(3)).hint(COVARIES));
                    }
                    // `a <-1` is a bound; with a blank or a name behind it, an arrow is as likely.
                    if touching(at + 1) == Some(Kind::Number) {
                        continue;
                    }
                    return Some(
                        error(span(2))
                            .hint(MEASURED)
                            .hint("for an arrow from x to y write `y ~ x`")
                            .hint("for an upper bound put a blank before the minus: `a < -b`"),
                    );
                }
                (Kind::Minus, Some(Kind::Greater)) => {
                    return Some(error(span(2)).hint(REGRESSED).hint(MEASURED));
                }
                (Kind::Tilde, Some(Kind::Assign)) => {
                    return Some(error(span(2)).hint("did you mean `=~`?"));
                }
                (Kind::Covaries, Some(Kind::Assign)) | (Kind::Measures, Some(Kind::Tilde)) => {
                    return Some(error(span(2)).hint("did you mean `=~`?").hint(COVARIES));
                }
                (Kind::Tilde, Some(Kind::EqualEqual)) => {
                    return Some(error(span(2)).hint("did you mean `=~`?"));
                }
                (Kind::Tilde, Some(Kind::Greater)) => return Some(error(span(2)).hint(REGRESSED)),
                (Kind::Assign, Some(Kind::Less)) => {
                    return Some(error(span(2)).hint("did you mean `<=`?"));
                }
                (Kind::Assign, Some(Kind::Greater)) => {
                    return Some(error(span(2)).hint("did you mean `>=`?").hint(REGRESSED));
                }
                (Kind::Assign, Some(Kind::Colon)) => {
                    return Some(error(span(2)).hint("did you mean `:=`?"));
                }
                (Kind::EqualEqual, Some(Kind::Assign)) => {
                    return Some(error(span(2)).hint("did you mean `==`?"));
                }
                (Kind::EqualEqual, Some(Kind::Tilde)) => {
                    return Some(error(span(2)).hint("did you mean `=~`?"));
                }
                (Kind::Less, Some(Kind::Greater)) => {
                    return Some(
                        error(span(2)).hint(COVARIES).hint("parameters cannot be held unequal; bound their difference"),
                    );
                }
                (Kind::Assign, _) => {
                    let hint = if at > 0 && self.tokens[..at].iter().any(|token| token.kind == Kind::Define) {
                        "`==` compares"
                    } else {
                        "did you mean `=~`?"
                    };
                    return Some(
                        error(span(1))
                            .hint(hint)
                            .hint("`=~` is measured by, `~` is regressed on, `==` holds parameters equal, `:=` defines a parameter"),
                    );
                }
                (Kind::BarTilde, _) => {
                    return Some(
                        Diagnostic::error("E0107", "instruments (`|~`) are not available in latva")
                            .at(token.span, "of lavaan 0.7"),
                    );
                }
                (Kind::ColonTilde, _) => {
                    return Some(
                        Diagnostic::error("E0107", "moderated parameters (`:~`) are not available in latva")
                            .at(token.span, "of lavaan 0.7"),
                    );
                }
                _ => {}
            }
        }
        None
    }

    /// A statement in which nothing says what it states.
    fn without_operator(&mut self, span: Span) {
        let words: Vec<&str> =
            self.tokens.iter().filter(|token| token.kind == Kind::Name).map(|token| self.text(token.span)).collect();
        let mut diagnostic = Diagnostic::error("E0102", "this statement has no operator such as `=~`, `~` or `~~`");
        let spoken = |word: &str| match word.to_lowercase().as_str() {
            "by" => Some(("BY", "=~")),
            "on" => Some(("ON", "~")),
            "with" => Some(("WITH", "~~")),
            _ => None,
        };
        let plain = self.tokens.iter().all(|token| token.kind == Kind::Name);
        if let (Some((mplus, operator)), [first, second, rest @ ..]) =
            (words.get(1).and_then(|word| spoken(word)), words.as_slice())
        {
            diagnostic = diagnostic
                .at(span, format!("`{second}` is no operator here"))
                .hint(format!("Mplus' {mplus} is `{operator}`: `{first} {operator} {}`", rest.join(" + ")));
        } else if plain && words.len() > 1 && words.len() <= 12 {
            diagnostic = diagnostic
                .at(span, "names only")
                .hint(format!(
                    "if `{}` is measured by the others, write `{} =~ {}`",
                    words[0],
                    words[0],
                    words[1..].join(" + ")
                ))
                .hint(format!("if it is regressed on them, write `{} ~ {}`", words[0], words[1..].join(" + ")))
                .hint("if it goes on from the line before, begin it with `+`");
        } else {
            diagnostic = diagnostic
                .at(span, "no operator")
                .hint("`f =~ x` is measured by, `y ~ x` is regressed on, `x1 ~~ x2` covaries with, `a == b` holds equal, `d := a*b` defines")
                .hint("if it goes on from the line before, begin it with `+`");
        }
        self.report(diagnostic);
    }

    /// The nearest of the modifier names or `None`; here because statements and terms both ask.
    pub(super) fn nearest(&self, name: &str, known: &[&'static str]) -> Option<&'static str> {
        names::nearest(name, known.iter().copied())
    }
}
