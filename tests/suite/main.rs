//! The integration tests of latva: one binary, one module per subject.

mod cli;
mod distributions;
mod grammar;
mod measures;
mod report;
mod syntax;
mod table;
mod tidy;
