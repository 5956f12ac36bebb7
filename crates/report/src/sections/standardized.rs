//! Which standardized estimates are shown with their standard errors.

/// What is standardized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standardized {
    /// All variables.
    All,
    /// Latent variables.
    Latent,
    /// All but exogenous observed variables.
    NotExogenous,
}
