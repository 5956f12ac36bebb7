//! The model language of latva: lavaan's syntax to a syntax tree, diagnostics and the parameter table.
//!
//! The crate does no numerics on data and no input or output. Parsing never fails: it gives a tree of
//! what was understood and every diagnostic of the text.

mod diagnostic;
pub mod expression;
pub mod table;

pub use diagnostic::{Diagnostic, Severity, Span};
