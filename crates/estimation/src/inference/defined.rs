//! Defined parameters (`:=`) and the values of constraints, with gradients for the delta method.

use latva_spec::expression::Expression;
use latva_spec::table::{Op, ParTable};

use super::delta::{SlopeSum, Slopes};
use crate::constraints::{Symbol, resolve_symbols};
use crate::error::EstimationError;

/// A defined parameter or constraint, ready to be evaluated.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    /// Row of the table.
    row: usize,
    /// Its sides; a `:=` row has one.
    sides: Vec<Side>,
}

/// One side of a definition or constraint.
#[derive(Debug, Clone)]
struct Side {
    /// +1 for the left side and for definitions, -1 for the right side of a constraint.
    sign: f64,
    expression: Expression,
    /// What each symbol stands for, and the row of the table where its value is looked up.
    symbols: Vec<(Symbol, usize)>,
}

impl Definition {
    /// Row of the table.
    pub(crate) fn row(&self) -> usize {
        self.row
    }

    /// Rows of the table where the values of its symbols are looked up.
    pub(crate) fn looked_up(&self) -> impl Iterator<Item = usize> {
        self.sides.iter().flat_map(|side| &side.symbols).map(|(_, row)| *row)
    }

    /// Rows of the defined parameters that it is in terms of.
    pub(crate) fn uses(&self) -> impl Iterator<Item = usize> {
        self.sides.iter().flat_map(|side| &side.symbols).filter_map(|(symbol, _)| match symbol {
            Symbol::Defined(row) => Some(*row),
            _ => None,
        })
    }
}

/// The definitions and constraints in an order in which each comes after those that it uses.
///
/// # Errors
/// [`EstimationError::UnknownLabel`]; a definition in terms of itself is reported under its own name.
pub(crate) fn definition_order(table: &ParTable, fixed: &[f64]) -> Result<Vec<Definition>, EstimationError> {
    let mut waiting = Vec::new();
    for (index, row) in table.rows.iter().enumerate() {
        let Some(relation) = row.relation.as_ref().filter(|_| !row.op.is_parameter()) else { continue };
        let sides = if row.op == Op::Defined {
            vec![(1.0, &relation.rhs)]
        } else {
            vec![(1.0, &relation.lhs), (-1.0, &relation.rhs)]
        };
        let sides = sides
            .into_iter()
            .map(|(sign, expression)| {
                let symbols = resolve_symbols(table, fixed, expression).map_err(|name| unknown(table, index, name))?;
                Ok(Side { sign, expression: expression.clone(), symbols })
            })
            .collect::<Result<Vec<_>, EstimationError>>()?;
        waiting.push(Definition { row: index, sides });
    }
    let mut done = vec![false; table.rows.len()];
    let mut order = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let ready = |definition: &Definition| {
            definition.sides.iter().all(|Side { symbols, .. }| {
                symbols.iter().all(|(symbol, _)| !matches!(symbol, Symbol::Defined(row) if !done[*row]))
            })
        };
        let Some(next) = waiting.iter().position(ready) else {
            let row = waiting[0].row;
            return Err(unknown(table, row, table.rows[row].lhs.to_string()));
        };
        let definition = waiting.remove(next);
        done[definition.row] = true;
        order.push(definition);
    }
    Ok(order)
}

fn unknown(table: &ParTable, index: usize, name: String) -> EstimationError {
    let row = &table.rows[index];
    EstimationError::UnknownLabel {
        name,
        place: format!("{} {} {}", row.lhs, row.op.as_str(), row.rhs),
        span: row.span,
    }
}

/// Values (into `values`, by row) and gradients with respect to theta (q each, in order of `definitions`).
/// `values` holds the values of all parameter rows; labels are looked up there, so that standardized values give
/// the definition in the standardized metric.
pub(crate) fn evaluate_definitions(definitions: &[Definition], values: &mut [f64], q: usize) -> Vec<(usize, Vec<f64>)> {
    let mut gradients: Vec<(usize, Vec<f64>)> = Vec::with_capacity(definitions.len());
    for definition in definitions {
        let mut value = 0.0;
        let mut gradient = vec![0.0; q];
        for Side { sign, expression, symbols } in &definition.sides {
            let arguments: Vec<f64> = symbols.iter().map(|(_, row)| values[*row]).collect();
            let mut partials = vec![0.0; arguments.len()];
            value += sign * expression.value_and_partials(&arguments, &mut partials);
            for ((symbol, _), partial) in symbols.iter().zip(&partials) {
                match *symbol {
                    Symbol::Free(parameter) => gradient[parameter] += sign * partial,
                    Symbol::Fixed(_) => {}
                    Symbol::Defined(row) => {
                        if let Some((_, inner)) = gradients.iter().find(|(other, _)| *other == row) {
                            gradient.iter_mut().zip(inner).for_each(|(g, i)| *g += sign * partial * i);
                        }
                    }
                }
            }
        }
        values[definition.row] = value;
        gradients.push((definition.row, gradient));
    }
    gradients
}

/// Values of definitions and constraints in another metric (into `values`, by row), and their gradients with respect to theta
/// (q of them, into `slopes`), where the gradients of the parameter rows are given in that metric. A definition that uses a row
/// without gradient gets none.
pub(crate) fn evaluate_in_metric(
    definitions: &[&Definition],
    values: &mut [f64],
    slopes: &mut [Option<Slopes>],
    q: usize,
) {
    let mut gradient = SlopeSum::new(q);
    for definition in definitions {
        let mut value = 0.0;
        let mut known = true;
        for Side { sign, expression, symbols } in &definition.sides {
            let arguments: Vec<f64> = symbols.iter().map(|(_, row)| values[*row]).collect();
            let mut partials = vec![0.0; arguments.len()];
            value += sign * expression.value_and_partials(&arguments, &mut partials);
            for ((_, row), partial) in symbols.iter().zip(&partials) {
                match &slopes[*row] {
                    Some(inner) => gradient.add(sign * partial, inner),
                    None => known = false,
                }
            }
        }
        values[definition.row] = value;
        let gradient = gradient.take();
        slopes[definition.row] = known.then_some(gradient);
    }
}
