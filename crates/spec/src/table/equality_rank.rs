//! How many of the equality constraints of a table are independent.

use rustc_hash::FxHashMap;

use super::equality::plabel_index;
use super::row::{Op, ParTable, Row, RowOrigin};
use crate::expression::Expression;

/// Entries of a reduced row that are smaller than this, relative to the largest entry of the row, are rounding errors.
const ZERO: f64 = 1e-9;

/// The outcome of the elimination.
#[derive(Debug, Clone, PartialEq)]
pub struct EqualityRank {
    /// Number of `==` rows.
    pub rows: usize,
    /// Rank of their Jacobian with respect to the free parameters.
    pub rank: usize,
    /// Ids of rows that cannot hold together with the rows before them; only linear constraints are looked at.
    pub contradictory: Vec<usize>,
}

/// A row of the Jacobian by columns, with the constant of `form = 0`; no constant where the form is not linear.
struct Form {
    entries: Vec<(usize, f64)>,
    constant: Option<f64>,
}

impl EqualityRank {
    /// Eliminates the linear forms of the equality rows of a table, each by its first free parameter.
    ///
    /// A constraint that is not linear is replaced by its derivative at a point in general position: its parameters have
    /// values that satisfy no simple relation, so that the rank is that of almost every point.
    pub fn of(table: &ParTable) -> EqualityRank {
        let mut out = EqualityRank { rows: 0, rank: 0, contradictory: Vec::new() };
        let mut relations: Vec<&Row> = table.rows.iter().filter(|row| row.op == Op::Equal).collect();
        // Equal labels first: a contradiction is then found at a constraint that the user wrote.
        relations.sort_by_key(|row| row.origin != RowOrigin::Derived);
        out.rows = relations.len();
        if relations.is_empty() {
            return out;
        }
        let symbols = Symbols::of(table);
        let mut pivots: FxHashMap<usize, Form> = FxHashMap::default();
        for row in relations {
            let Some(relation) = &row.relation else { continue };
            let form = symbols.form(&relation.lhs).minus(symbols.form(&relation.rhs), 1.0);
            let scale = form.largest();
            let size = scale.max(form.constant.unwrap_or(0.0).abs());
            let reduced = reduce(form, &pivots, scale);
            match reduced.entries.first() {
                Some(&(column, _)) => {
                    out.rank += 1;
                    pivots.insert(column, reduced);
                }
                None if reduced.constant.is_some_and(|constant| constant.abs() > ZERO * size) => {
                    out.contradictory.push(row.id);
                }
                None => {}
            }
        }
        out
    }
}

/// Takes out the columns of the pivots, from the first one on.
fn reduce(mut form: Form, pivots: &FxHashMap<usize, Form>, scale: f64) -> Form {
    let mut done = Vec::new();
    loop {
        form.entries.retain(|&(_, value)| value.abs() > ZERO * scale);
        let next = form.entries.iter().position(|(column, _)| pivots.contains_key(column));
        let Some(at) = next else { break };
        let (column, value) = form.entries[at];
        let pivot = &pivots[&column];
        done.extend(form.entries.drain(..at));
        let factor = value / pivot.entries[0].1;
        form = form.minus(pivot.copy(), factor);
        form.entries.retain(|&(other, _)| other != column);
    }
    done.extend(form.entries);
    done.sort_unstable_by_key(|&(column, _)| column);
    Form { entries: done, constant: form.constant }
}

impl Form {
    fn largest(&self) -> f64 {
        self.entries.iter().map(|(_, value)| value.abs()).fold(0.0, f64::max)
    }

    fn copy(&self) -> Form {
        Form { entries: self.entries.clone(), constant: self.constant }
    }

    /// `self - factor * other`; both are sorted by column.
    fn minus(self, other: Form, factor: f64) -> Form {
        let mut entries = Vec::with_capacity(self.entries.len() + other.entries.len());
        let mut right = other.entries.into_iter().peekable();
        for (column, value) in self.entries {
            while let Some(&(before, amount)) = right.peek().filter(|(before, _)| *before < column) {
                entries.push((before, -factor * amount));
                right.next();
            }
            match right.peek() {
                Some(&(same, amount)) if same == column => {
                    entries.push((column, value - factor * amount));
                    right.next();
                }
                _ => entries.push((column, value)),
            }
        }
        entries.extend(right.map(|(column, amount)| (column, -factor * amount)));
        let constant = self.constant.zip(other.constant).map(|(left, right)| left - factor * right);
        Form { entries, constant }
    }
}

/// What the symbols of constraints stand for.
struct Symbols<'a> {
    rows: &'a [Row],
    labels: FxHashMap<&'a str, &'a Row>,
    defined: FxHashMap<&'a str, &'a Expression>,
}

/// Definitions that refer to each other deeper than this are taken as constants: only a circle is that deep.
const DEPTH: usize = 64;

impl<'a> Symbols<'a> {
    fn of(table: &'a ParTable) -> Symbols<'a> {
        let mut symbols = Symbols { rows: &table.rows, labels: FxHashMap::default(), defined: FxHashMap::default() };
        for row in table.rows.iter() {
            if row.op.is_parameter() {
                if !row.label.is_empty() {
                    symbols.labels.entry(row.label.as_str()).or_insert(row);
                }
            } else if let (Op::Defined, Some(relation)) = (row.op, &row.relation) {
                symbols.defined.entry(row.lhs.as_str()).or_insert(&relation.rhs);
            }
        }
        symbols
    }

    /// The row of an automatic label or a label. A row that is equal to another one may have the other's automatic label as
    /// its label, so that automatic labels come first.
    fn row(&self, symbol: &str) -> Option<&'a Row> {
        let by_number = plabel_index(symbol).and_then(|index| self.rows.get(index));
        by_number.or_else(|| self.labels.get(symbol).copied())
    }

    /// The derivative of an expression with respect to the free parameters, sorted by their numbers.
    fn form(&self, expression: &Expression) -> Form {
        let (value, entries) = self.evaluate(expression, DEPTH);
        let at_point: f64 = entries.iter().map(|&(column, partial)| partial * point(column)).sum();
        Form { constant: self.is_linear(expression).then_some(value - at_point), entries }
    }

    /// Whether an expression is linear in parameters that the table has.
    fn is_linear(&self, expression: &Expression) -> bool {
        expression.linear_form().is_some() && expression.symbols().iter().all(|symbol| self.row(symbol).is_some())
    }

    fn evaluate(&self, expression: &Expression, depth: usize) -> (f64, Vec<(usize, f64)>) {
        let n = expression.symbols().len();
        let (mut values, mut gradients) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for symbol in expression.symbols() {
            let (value, gradient) = match (self.row(symbol), self.defined.get(symbol.as_str())) {
                (Some(row), _) if row.free > 0 => (point(row.free), vec![(row.free, 1.0)]),
                (Some(row), _) => (row.ustart.unwrap_or(1.0), Vec::new()),
                (None, Some(defined)) if depth > 0 => self.evaluate(defined, depth - 1),
                (None, _) => (1.0, Vec::new()),
            };
            values.push(value);
            gradients.push(gradient);
        }
        let mut partials = vec![0.0; n];
        let value = expression.value_and_partials(&values, &mut partials);
        let mut entries: Vec<(usize, f64)> = partials
            .into_iter()
            .zip(gradients)
            .flat_map(|(partial, inner)| inner.into_iter().map(move |(column, amount)| (column, partial * amount)))
            .collect();
        entries.sort_unstable_by_key(|&(column, _)| column);
        entries.dedup_by(|later, first| {
            let same = later.0 == first.0;
            if same {
                first.1 += later.1;
            }
            same
        });
        (value, entries)
    }
}

/// The value of a free parameter at the point in general position: multiples of the golden ratio, modulo 1, in (0.5, 1.5).
fn point(free: usize) -> f64 {
    0.5 + (free as f64 * 0.618_033_988_749_894_9).fract()
}
