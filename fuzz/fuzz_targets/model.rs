//! Any text is parsed without a panic, every diagnostic points into it, and formatting keeps its meaning.
#![no_main]

use latva_spec::tree::{Item, Model, Side};
use latva_spec::{Parsed, Span, format, parse};
use libfuzzer_sys::fuzz_target;

include!("../../crates/spec/src/format/meaning.rs");

fuzz_target!(|source: &str| check(source));
