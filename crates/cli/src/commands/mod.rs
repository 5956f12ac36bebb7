//! The commands.

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod explain;
pub(crate) mod fit;
pub(crate) mod fmt;
mod settings;
mod source;
mod study;
pub(crate) mod table;
