//! The integration tests of latva: one binary, one module per subject.

mod audit;
mod bootstrap;
mod check;
mod cli;
mod distributions;
mod fit;
mod further;
mod grammar;
mod lavaan;
mod measures;
mod minima;
mod missing;
mod modification;
mod output;
mod report;
mod robust;
mod syntax;
mod synthetic_papers;
mod table;
mod tidy;
mod weights;
