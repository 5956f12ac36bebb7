//! The parameter table: the one representation of a model.

mod automatic_name;
mod build;
mod count;
mod draft;
mod effect_coding;
mod entry;
mod equality;
mod equality_rank;
mod names;
mod options;
mod read_tree;
mod relations;
mod roles;
mod row;
mod switches;
#[cfg(test)]
mod tests;
mod variables;

pub use build::build;
pub use count::{AccountLine, BlockMoments, DegreesOfFreedom, FreeParameters};
pub use equality_rank::EqualityRank;

pub use options::{EqualityGroup, ModelKind, Parameterization, TableContext, TableOptions};
pub use row::{Block, Op, ParTable, Relation, Row, RowOrigin};
