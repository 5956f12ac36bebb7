//! Fit indices: each a pure function of numbers, in a file of its own, with formula and source.
//!
//! They know nothing of a fitted model, so that the audit of published figures uses the same functions.
