//! Constraints that are linear in the parameters.

use latva_spec::expression::Expression;
use latva_spec::table::{ParTable, Row};

use super::{Symbol, resolve_symbols};
use crate::error::EstimationError;

/// constant + sum of slope x theta.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LinearForm {
    pub(crate) constant: f64,
    /// Parameters (from 0, ascending) with their slopes.
    pub(crate) slopes: Vec<(usize, f64)>,
}

impl LinearForm {
    /// The parameter itself.
    pub(crate) fn parameter(index: usize) -> Self {
        LinearForm { constant: 0.0, slopes: vec![(index, 1.0)] }
    }

    /// Left minus right side of a constraint; `None` where it is not linear, seen through the definitions that it names.
    ///
    /// # Errors
    /// [`EstimationError::UnknownLabel`].
    pub(crate) fn of_row(table: &ParTable, fixed: &[f64], row: &Row) -> Result<Option<Self>, EstimationError> {
        let relation = row.relation.as_ref().expect("a constraint has its expressions");
        // No chain of definitions is longer than the table, unless it goes in a circle, which is told elsewhere.
        let depth = table.rows.len();
        let side = |expression| {
            Self::of_expression(table, fixed, expression, depth).map_err(|name| EstimationError::UnknownLabel {
                name,
                place: format!("{} {} {}", row.lhs, row.op.as_str(), row.rhs),
                span: row.span,
            })
        };
        let (left, right) = (side(&relation.lhs)?, side(&relation.rhs)?);
        Ok(left.zip(right).map(|(left, right)| left.plus(-1.0, &right)))
    }

    fn of_expression(
        table: &ParTable,
        fixed: &[f64],
        expression: &Expression,
        depth: usize,
    ) -> Result<Option<Self>, String> {
        let symbols = resolve_symbols(table, fixed, expression)?;
        let Some((constant, slopes)) = expression.linear_form() else { return Ok(None) };
        let mut form = LinearForm { constant, slopes: Vec::new() };
        for ((symbol, _), slope) in symbols.into_iter().zip(slopes) {
            match symbol {
                Symbol::Free(parameter) => form = form.plus(slope, &Self::parameter(parameter)),
                Symbol::Fixed(value) => form.constant += slope * value,
                Symbol::Defined(row) => {
                    let relation = table.rows[row].relation.as_ref().expect("a definition has its expression");
                    let inner = match depth {
                        0 => None,
                        _ => Self::of_expression(table, fixed, &relation.rhs, depth - 1)?,
                    };
                    let Some(inner) = inner else { return Ok(None) };
                    form = form.plus(slope, &inner);
                }
            }
        }
        form.slopes.retain(|&(_, slope)| slope != 0.0);
        Ok(Some(form))
    }

    fn plus(mut self, factor: f64, other: &LinearForm) -> Self {
        self.constant += factor * other.constant;
        for &(parameter, slope) in &other.slopes {
            match self.slopes.binary_search_by_key(&parameter, |&(index, _)| index) {
                Ok(place) => self.slopes[place].1 += factor * slope,
                Err(place) => self.slopes.insert(place, (parameter, factor * slope)),
            }
        }
        self
    }

    /// Its value.
    pub(crate) fn value(&self, theta: &[f64]) -> f64 {
        self.constant + self.slopes.iter().map(|&(parameter, slope)| slope * theta[parameter]).sum::<f64>()
    }
}
