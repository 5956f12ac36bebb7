//! The model language of latva: lavaan's syntax to a syntax tree, diagnostics and the parameter table.
//!
//! The crate does no numerics on data and no input or output. Parsing never fails: it gives a tree of
//! what was understood and every diagnostic of the text.

mod catalogue;
mod diagnostic;
pub mod expression;
mod format;
mod labels;
mod lexer;
mod names;
mod parser;
pub mod table;
pub mod tree;

pub use catalogue::{explain, stories};
pub use diagnostic::{Diagnostic, Severity, Span};
pub use format::format;
pub use parser::{parse, parse_addition};
pub use tree::Parsed;
