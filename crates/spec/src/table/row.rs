//! Rows and blocks of the parameter table.

use std::sync::Arc;

use compact_str::CompactString;

use super::equality::{plabel, plabel_index};
use crate::Span;
use crate::expression::Expression;

/// The operator of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Op {
    /// `=~`, a loading: `lhs` is measured by `rhs`.
    Loading,
    /// `<~`, a composite weight.
    Composite,
    /// `~`, a regression of `lhs` on `rhs`.
    Regression,
    /// `~~`, a variance or covariance (residual, where the variable is endogenous).
    Covariance,
    /// `~1`, an intercept or mean; `rhs` is empty.
    Intercept,
    /// `|`, a threshold.
    Threshold,
    /// `~*~`, a response scale.
    Scale,
    /// `%`, a group weight.
    GroupWeight,
    /// `:=`, a defined parameter.
    Defined,
    /// `==`, an equality constraint.
    Equal,
    /// `<`, an inequality constraint.
    Less,
    /// `>`, an inequality constraint.
    Greater,
}

impl Op {
    /// As lavaan writes it in the `op` column.
    pub fn as_str(self) -> &'static str {
        match self {
            Op::Loading => "=~",
            Op::Composite => "<~",
            Op::Regression => "~",
            Op::Covariance => "~~",
            Op::Intercept => "~1",
            Op::Threshold => "|",
            Op::Scale => "~*~",
            Op::GroupWeight => "%",
            Op::Defined => ":=",
            Op::Equal => "==",
            Op::Less => "<",
            Op::Greater => ">",
        }
    }

    /// A parameter with this operator as model syntax writes it.
    pub fn written(self, lhs: &str, rhs: &str) -> String {
        match self {
            Op::Intercept => format!("{lhs} ~ 1"),
            _ => format!("{lhs} {} {rhs}", self.as_str()),
        }
    }

    /// Whether a row with this operator is a parameter of the model (not a constraint or a defined parameter).
    pub fn is_parameter(self) -> bool {
        !matches!(self, Op::Defined | Op::Equal | Op::Less | Op::Greater)
    }

    /// Whether it constrains parameters.
    pub fn is_constraint(self) -> bool {
        matches!(self, Op::Equal | Op::Less | Op::Greater)
    }
}

/// Who wrote a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOrigin {
    /// Added by a default (lavaan's `user` 0).
    Automatic,
    /// Written by the user (1).
    User,
    /// An equality that follows from equal labels, `group.equal` or `effect.coding` (2).
    Derived,
}

/// The expressions of a constraint or of a defined parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// Left side of a constraint; of a `:=` row the name itself as a symbol.
    pub lhs: Expression,
    /// Right side.
    pub rhs: Expression,
}

/// One row of the table. Columns have lavaan's names and meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Row number from 1.
    pub id: usize,
    /// Left side.
    pub lhs: CompactString,
    /// Operator.
    pub op: Op,
    /// Right side; empty for intercepts.
    pub rhs: CompactString,
    /// Who wrote it.
    pub origin: RowOrigin,
    /// Block number from 1; 0 for constraints and defined parameters.
    pub block: usize,
    /// Group number from 1; 0 for constraints and defined parameters.
    pub group: usize,
    /// Level from 1; 0 for constraints and defined parameters.
    pub level: usize,
    /// Number of the free parameter from 1; 0 when fixed. Equal labels do not share a number: `==` rows tie them.
    pub free: usize,
    /// The fixed value of a fixed row (`None`: to be taken from the sample, as for exogenous observed variables);
    /// the user's start value of a free one.
    pub ustart: Option<f64>,
    /// Whether it is a moment of an exogenous observed variable under fixed.x (lavaan's `exo`).
    pub exo: bool,
    /// The user's label; empty without.
    pub label: CompactString,
    /// Lower bound.
    pub lower: Option<f64>,
    /// Upper bound.
    pub upper: Option<f64>,
    /// The expressions, for constraints and defined parameters.
    pub relation: Option<Box<Relation>>,
    /// Where it stands in the model text, for rows of the user.
    pub span: Option<Span>,
}

impl Row {
    /// The automatic label `.p1.`, by row number; empty for constraints and defined parameters. It follows from the row and is seldom
    /// asked for, so that no row keeps it.
    pub fn plabel(&self) -> CompactString {
        if self.op.is_parameter() { plabel(self.id - 1) } else { CompactString::default() }
    }

    /// Whether it is the parameter with this label or automatic label.
    pub fn is_called(&self, name: &str) -> bool {
        self.op.is_parameter() && !name.is_empty() && (self.label == name || plabel_index(name) == Some(self.id - 1))
    }
}

/// A group x level combination. Its names are shared by all that are made from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Group number from 1.
    pub group: usize,
    /// Level from 1.
    pub level: usize,
    /// Observed variables in lavaan's order (`lavNames(, "ov")`).
    pub observed: Arc<[CompactString]>,
    /// Latent variables in lavaan's order (`lavNames(, "lv")`).
    pub latent: Arc<[CompactString]>,
    /// Exogenous observed variables (`lavNames(, "ov.x")`), a subset of `observed`.
    pub exogenous: Arc<[CompactString]>,
}

/// The parameter table.
#[derive(Debug, Clone, PartialEq)]
pub struct ParTable {
    /// The rows in lavaan's order: parameters of all blocks, then constraints and defined parameters. Copies of the table share them.
    pub rows: Arc<Vec<Row>>,
    /// The blocks.
    pub blocks: Vec<Block>,
    /// Labels of the groups, one each; a single empty one without groups.
    pub group_labels: Vec<String>,
    /// Whether means and intercepts are modelled.
    pub meanstructure: bool,
    /// Whether moments of exogenous observed variables are fixed to the sample values.
    pub fixed_x: bool,
}

impl ParTable {
    /// Number of free parameters before equality constraints.
    pub fn n_free(&self) -> usize {
        self.rows.iter().map(|row| row.free).max().unwrap_or(0)
    }
}
