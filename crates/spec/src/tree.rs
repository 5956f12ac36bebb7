//! The syntax tree: what the model text says, statement by statement, as it was written.
//!
//! Nothing is merged or completed here: a term that is written twice is there twice, and a
//! modifier list is in written order. Where the text has errors, the tree holds what was understood.

use std::borrow::Cow;

use compact_str::CompactString;

use crate::diagnostic::{Diagnostic, Span};
use crate::expression::Expression;
use crate::table::Op;

/// The outcome of [`parse`](crate::parse): always a tree, and everything there is to say about the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// What was understood.
    pub model: Model,
    /// All findings, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether the text has an error, so that no table can be built from it.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// A model text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Model {
    /// The entries of the leading `#!` block.
    pub options: Vec<OptionEntry>,
    /// Headers, formulas, constraints and definitions in written order.
    pub items: Vec<Item>,
    /// The comments, from their `#` or `!` to the end of the line; the `#!` block is not among them.
    pub comments: Vec<Span>,
}

/// `#! name` or `#! name = value` at the top of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionEntry {
    /// The name of an option of the command line, without dashes in front.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// What follows `=`, without quotes; `None` for a bare name.
    pub value: Option<String>,
    /// Where the value stands.
    pub value_span: Option<Span>,
    /// The whole line.
    pub span: Span,
}

/// One thing that the text says.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// `group: 1`
    Header(Header),
    /// `f =~ x1 + x2`, `y ~ x`, ...
    Formula(Formula),
    /// `a == b`, `a < 1`, ...
    Constraint(Constraint),
    /// `ab := a*b`
    Definition(Definition),
}

/// What a block header opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeaderKind {
    /// `group:`
    Group,
    /// `level:`
    Level,
    /// `block:`
    Block,
    /// `class:`
    Class,
}

impl HeaderKind {
    /// The word before the colon.
    pub fn as_str(self) -> &'static str {
        match self {
            HeaderKind::Group => "group",
            HeaderKind::Level => "level",
            HeaderKind::Block => "block",
            HeaderKind::Class => "class",
        }
    }
}

/// A block header. What follows it belongs to the block, up to the next header of the same or a higher rank;
/// constraints and definitions hold for the whole model wherever they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What it opens.
    pub kind: HeaderKind,
    /// The label, without quotes.
    pub label: String,
    /// Where the label stands.
    pub label_span: Span,
    /// The whole header.
    pub span: Span,
}

/// A statement about variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula {
    /// One of `Loading`, `Composite`, `Regression`, `Covariance`, `Threshold`, `Scale`, `GroupWeight`.
    /// An intercept is a `Regression` with the target [`Target::One`] (or [`Target::Zero`]) on its right.
    pub op: Op,
    /// Where the operator stands.
    pub op_span: Span,
    /// The left side: the formula is stated for each of its terms. Their only modifiers are `efa()`.
    pub lhs: Vec<Term>,
    /// The right side.
    pub rhs: Vec<Term>,
    /// The whole statement.
    pub span: Span,
}

/// What a term is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// A variable.
    Variable(CompactString),
    /// The product `a:b`; `a:a` is a square.
    Interaction(CompactString, CompactString),
    /// `1`: the intercept or mean.
    One,
    /// `0`: in `y ~ 0` and `y ~ 0 + x` the intercept fixed to 0, in `f =~ 0` a latent variable without indicators.
    Zero,
}

impl Target {
    /// As it is written: `x`, `a:b`, `1` or `0`.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Target::Variable(name) => name.into(),
            Target::Interaction(left, right) => format!("{left}:{right}").into(),
            Target::One => "1".into(),
            Target::Zero => "0".into(),
        }
    }

    /// The same as the text that names are kept as.
    pub(crate) fn to_compact(&self) -> CompactString {
        match self {
            Target::Variable(name) => name.clone(),
            _ => self.name().into(),
        }
    }
}

/// `modifiers * target`.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// What it is about.
    pub target: Target,
    /// Where the target stands.
    pub target_span: Span,
    /// The modifiers in written order.
    pub modifiers: Vec<Modifier>,
    /// Modifiers and target.
    pub span: Span,
}

/// What a modifier sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModifierRole {
    /// `0.5*x`, `NA*x`, `a*x`, `c(1, a, NA)*x`, `fixed(0.5)*x`: each element fixes, frees or labels.
    Value,
    /// `label("a")*x`: elements are labels; an empty one leaves its group without a label.
    Label,
    /// `start(0.5)*x`, `0.5?x`: elements are numbers, or `NA` for none.
    Start,
    /// `lower(0)*x`
    Lower,
    /// `upper(1)*x`
    Upper,
    /// `equal("f=~x2")*x`: elements are automatic names `lhs op rhs` (blanks removed).
    Equal,
    /// `rv("s")*x`: elements are names of random slopes.
    RandomSlope,
    /// `efa("block")*f` on the left of `=~`: one element, the name of the rotation block.
    Efa,
}

/// One modifier: its role, and a value for each group or one for all.
#[derive(Debug, Clone, PartialEq)]
pub struct Modifier {
    /// What it sets.
    pub role: ModifierRole,
    /// One element for all groups, or one for each.
    pub elements: Vec<Element>,
    /// Where it stands, without the `*`.
    pub span: Span,
}

/// One element of a modifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// What it says.
    pub value: ElementValue,
    /// Where it stands.
    pub span: Span,
}

/// What an element says.
#[derive(Debug, Clone, PartialEq)]
pub enum ElementValue {
    /// A finite number.
    Number(f64),
    /// `NA`
    Free,
    /// A label or another text; `""` is an empty one.
    Text(CompactString),
}

/// One side of a constraint, or the right side of a definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// What it says.
    pub expression: Expression,
    /// Where each of the expression's symbols stands first, in their order.
    pub symbol_spans: Vec<Span>,
    /// As it is written, without blanks, line breaks and comments: lavaan's `lhs` and `rhs` columns.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// `lhs == rhs`, `lhs < rhs` or `lhs > rhs`. A chain such as `0 < a < 1` becomes two of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraint {
    /// One of `Equal`, `Less` (`<`, `<=`), `Greater` (`>`, `>=`).
    pub op: Op,
    /// Where the operator stands.
    pub op_span: Span,
    /// Left side.
    pub lhs: Side,
    /// Right side.
    pub rhs: Side,
    /// Both sides.
    pub span: Span,
}

/// `name := rhs`
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The new parameter.
    pub name: String,
    /// Where its name stands.
    pub name_span: Span,
    /// What it is.
    pub rhs: Side,
    /// The whole statement.
    pub span: Span,
}
