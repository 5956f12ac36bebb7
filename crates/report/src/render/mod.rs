//! The renderings: each takes the document (or the report) and gives text.

pub(crate) mod csv;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod latex;
pub(crate) mod markdown;
pub(crate) mod text;
