//! The integration tests of latva: one binary, one module per subject.

mod cli;
mod distributions;
mod measures;
mod report;
mod table;
mod tidy;
