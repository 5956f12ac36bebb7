//! The parameter table: the one representation of a model.

mod options;
mod row;

pub use options::{EqualityGroup, ModelKind, Parameterization, TableContext, TableOptions};
pub use row::{Block, Op, ParTable, Relation, Row, RowOrigin};
