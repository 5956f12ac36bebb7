//! The commands.

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod explain;
pub(crate) mod fit;
pub(crate) mod fmt;
mod further;
mod settings;
mod source;
mod study;
pub(crate) mod table;
