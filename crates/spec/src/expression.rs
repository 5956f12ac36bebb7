//! Numeric expressions of modifiers, constraints and defined parameters.

/// An expression over named symbols (labels, plabels such as `.p3.`, defined parameters).
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    symbols: Vec<String>,
}

impl Expression {
    /// The names it refers to, each once, in order of first appearance.
    pub fn symbols(&self) -> &[String] {
        &self.symbols
    }

    /// Its value with `values[i]` for `symbols()[i]`.
    pub fn value(&self, values: &[f64]) -> f64 {
        let mut partials = vec![0.0; self.symbols.len()];
        self.value_and_partials(values, &mut partials)
    }

    /// Its value, and in `partials[i]` its exact derivative with respect to `symbols()[i]`.
    pub fn value_and_partials(&self, _values: &[f64], _partials: &mut [f64]) -> f64 {
        f64::NAN
    }
}
