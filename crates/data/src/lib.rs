//! Data sets and sample moments, read from bytes. The crate knows no model and opens no file.

mod sample;

pub use sample::{GroupSample, Sample};
