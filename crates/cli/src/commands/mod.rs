//! The commands.

pub(crate) mod explain;
pub(crate) mod fit;
mod settings;
mod source;
pub(crate) mod table;
