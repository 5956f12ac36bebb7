//! Wald tests of constraints that the model does not have, and critical ratios for differences between parameters.
//!
//! Of constraints h(theta) = 0 with Jacobian J: W = h' (J V J')^-1 h, chi-square with the rank of J V J' as df. The critical ratio for
//! the difference of two parameters is (theta_i - theta_j) / sqrt(v_ii + v_jj - 2 v_ij).
//! Sources: Wald (1943), Transactions of the American Mathematical Society 54, 426-482; Arbuckle (2019), AMOS 26 User's Guide, Example 2.

use std::sync::Arc;

use latva_math::linalg::symmetric_eigen;
use latva_spec::table::{Op, Relation, Row, RowOrigin};
use ndarray::Array2;

use super::defined::{definition_order, evaluate_definitions};
use super::delta::{DeltaEstimate, DeltaMethod, slopes_of};
use crate::error::EstimationError;
use crate::indices::ChiSquare;
use crate::indices::chi_squared::p_value;
use crate::result::Fit;

/// Eigenvalue of a correlation matrix, and share of a variance, below which it counts as zero.
const SINGULAR: f64 = 1e-9;

/// One constraint of a Wald test.
#[derive(Debug, Clone, PartialEq)]
pub struct WaldConstraint {
    /// Left side.
    pub lhs: String,
    /// Right side.
    pub rhs: String,
    /// Left less right side.
    pub difference: DeltaEstimate,
}

/// The joint test of constraints.
#[derive(Debug, Clone, PartialEq)]
pub struct WaldTest {
    /// The constraints.
    pub constraints: Vec<WaldConstraint>,
    /// Statistic and df.
    pub test: ChiSquare,
    /// Its p-value; `None` where no constraint is left to test.
    pub pvalue: Option<f64>,
}

/// The joint Wald test of equalities between labels, definitions and numbers; each with its two sides as text.
///
/// # Errors
/// [`EstimationError::UnknownLabel`], and [`EstimationError::Unsupported`] for a fit without standard errors.
pub fn wald_test(fit: &Fit, equalities: &[(String, String, Relation)]) -> Result<WaldTest, EstimationError> {
    let table = &fit.table;
    let Some(vcov) = &fit.vcov else { return Err(no_standard_errors("a Wald test")) };
    let mut extended = table.clone();
    let rows = Arc::make_mut(&mut extended.rows);
    for (lhs, rhs, relation) in equalities {
        rows.push(Row {
            id: rows.len() + 1,
            lhs: lhs.as_str().into(),
            op: Op::Equal,
            rhs: rhs.as_str().into(),
            origin: RowOrigin::User,
            block: 0,
            group: 0,
            level: 0,
            free: 0,
            ustart: None,
            exo: false,
            label: Default::default(),
            lower: None,
            upper: None,
            relation: Some(Box::new(relation.clone())),
            span: None,
        });
    }
    let mut values: Vec<f64> = fit.estimates.iter().map(|estimate| estimate.est).collect();
    values.resize(extended.rows.len(), 0.0);
    let definitions = definition_order(&extended, &values)?;
    let gradients = evaluate_definitions(&definitions, &mut values, table.n_free());
    let delta = DeltaMethod::new(Some(vcov.matrix()), fit.plan.ci_level)?;
    let first = table.rows.len();
    let n = equalities.len();
    let mut jacobian = Array2::zeros((n, table.n_free()));
    let mut constraints = Vec::with_capacity(n);
    for (index, (lhs, rhs, _)) in equalities.iter().enumerate() {
        let gradient = gradients.iter().find(|(row, _)| *row == first + index).map(|(_, gradient)| gradient.as_slice());
        let gradient = gradient.unwrap_or_default();
        let slopes = slopes_of(gradient);
        for &(parameter, slope) in &slopes {
            jacobian[[index, parameter]] = slope;
        }
        let difference = delta.estimate(values[first + index], &slopes);
        constraints.push(WaldConstraint { lhs: lhs.clone(), rhs: rhs.clone(), difference });
    }
    let variance = jacobian.dot(vcov.matrix()).dot(&jacobian.t());
    let differences: Vec<f64> = values[first..].to_vec();
    let (value, rank) = generalized_square(&differences, &variance)
        .ok_or(EstimationError::Unsupported { what: "a Wald test of these constraints", span: None })?;
    let test = ChiSquare::new(value, rank as f64);
    Ok(WaldTest { constraints, test, pvalue: p_value(test).filter(|_| rank > 0) })
}

fn no_standard_errors(what: &'static str) -> EstimationError {
    EstimationError::Options {
        problem: format!("{what} needs standard errors, and this fit has none"),
        remedy: "leave `--se none` out",
    }
}

/// h' V^- h and the rank of V; `None` where an eigenvalue cannot be found.
fn generalized_square(h: &[f64], variance: &Array2<f64>) -> Option<(f64, usize)> {
    let n = h.len();
    let scale: Vec<f64> =
        (0..n).map(|i| if variance[[i, i]] > 0.0 { variance[[i, i]].sqrt().recip() } else { 0.0 }).collect();
    let scaled = Array2::from_shape_fn((n, n), |(i, j)| variance[[i, j]] * scale[i] * scale[j]);
    let (values, vectors) = symmetric_eigen(scaled.view()).ok()?;
    let (mut square, mut rank) = (0.0, 0);
    for (value, vector) in values.iter().zip(vectors.columns()).filter(|(value, _)| **value > SINGULAR) {
        let along: f64 = (0..n).map(|i| vector[i] * h[i] * scale[i]).sum();
        square += along * along / value;
        rank += 1;
    }
    Some((square, rank))
}

/// Critical ratios for the differences between all pairs of free parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct CriticalRatios {
    /// The rows of the table that are free, in the order of the table.
    pub rows: Vec<usize>,
    /// z of row less column; `None` on the diagonal and where two parameters are held equal.
    pub z: Array2<Option<f64>>,
}

/// The critical ratios of a fit.
///
/// # Errors
/// [`EstimationError::Options`] for a fit without standard errors.
pub fn critical_ratios(fit: &Fit) -> Result<CriticalRatios, EstimationError> {
    let Some(vcov) = &fit.vcov else { return Err(no_standard_errors("a critical ratio")) };
    let table = &fit.table;
    let rows: Vec<usize> = (0..table.rows.len()).filter(|&row| table.rows[row].free > 0).collect();
    let z = Array2::from_shape_fn((rows.len(), rows.len()), |(a, b)| {
        let (i, j) = (table.rows[rows[a]].free - 1, table.rows[rows[b]].free - 1);
        let sum = vcov.variance(i) + vcov.variance(j);
        let variance = sum - 2.0 * vcov.matrix()[[i, j]];
        let difference = fit.estimates[rows[a]].est - fit.estimates[rows[b]].est;
        (a != b && variance > SINGULAR * sum).then(|| difference / variance.sqrt())
    });
    Ok(CriticalRatios { rows, z })
}
