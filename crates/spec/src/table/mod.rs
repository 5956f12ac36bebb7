//! The parameter table: the one representation of a model.

mod automatic_name;
mod build;
mod draft;
mod effect_coding;
mod entry;
mod equality;
mod names;
mod options;
mod read_tree;
mod relations;
mod roles;
mod row;
mod switches;
mod variables;

pub use build::build;

pub use options::{EqualityGroup, ModelKind, Parameterization, TableContext, TableOptions};
pub use row::{Block, Op, ParTable, Relation, Row, RowOrigin};
