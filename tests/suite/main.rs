//! The integration tests of latva: one binary, one module per subject.

mod cli;
mod distributions;
mod measures;
mod table;
mod tidy;
