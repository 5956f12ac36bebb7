//! The commands.

pub(crate) mod audit;
pub(crate) mod explain;
pub(crate) mod fit;
pub(crate) mod fmt;
mod settings;
mod source;
pub(crate) mod table;
