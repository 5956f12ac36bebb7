//! Constraints among parameters: linear equalities are solved for ([`Reparametrisation`]), everything else is left to the optimiser
//! ([`Restrictions`]).

mod linear;
mod outcome;
mod reparametrisation;
mod restricted;
mod restrictions;
#[cfg(test)]
mod tests;

use latva_spec::expression::Expression;
use latva_spec::table::{Op, ParTable};

pub(crate) use outcome::{AtConstraints, Outcome, constraint_diagnostics, equality_tangent};
pub(crate) use reparametrisation::Reparametrisation;
pub(crate) use restricted::RestrictedObjective;
pub(crate) use restrictions::Restrictions;

/// What a symbol of a constraint or definition stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Symbol {
    /// A free parameter, from 0.
    Free(usize),
    /// A fixed row's value.
    Fixed(f64),
    /// A defined parameter, by row of the table.
    Defined(usize),
}

/// Finds what each symbol of `expression` stands for, with the first row of the table that it names. `fixed` holds the values of the fixed rows.
///
/// # Errors
/// The first name that is neither a label, an automatic label, nor a defined parameter.
pub(crate) fn resolve_symbols(
    table: &ParTable,
    fixed: &[f64],
    expression: &Expression,
) -> Result<Vec<(Symbol, usize)>, String> {
    expression
        .symbols()
        .iter()
        .map(|symbol| {
            if let Some(index) = table.rows.iter().position(|row| row.is_called(symbol)) {
                let row = &table.rows[index];
                let symbol = if row.free > 0 { Symbol::Free(row.free - 1) } else { Symbol::Fixed(fixed[index]) };
                return Ok((symbol, index));
            }
            table
                .rows
                .iter()
                .position(|row| row.op == Op::Defined && row.lhs == *symbol)
                .map(|index| (Symbol::Defined(index), index))
                .ok_or_else(|| symbol.to_string())
        })
        .collect()
}
