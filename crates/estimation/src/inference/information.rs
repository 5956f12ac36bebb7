//! Covariance matrix of the parameters from the information, and what the data do not determine.

use latva_math::linalg::{Inverse, rows_mut, symmetric_eigen};
use ndarray::Array2;

use super::covariance::Covariance;
use crate::constraints::Reparametrisation;

/// Smallest eigenvalue of the information in correlation form that still counts as information.
const DETERMINED: f64 = 1e-9;
/// Eigenvalue below which it is hardly determined.
const WEAK: f64 = 1e-4;
/// Weight (relative to the largest) from which a parameter is named in an undetermined direction.
const NAMED: f64 = 0.01;

/// The covariance matrix of the parameters.
pub(crate) struct ParameterCovariance {
    pub(crate) covariance: Covariance,
    /// The parameter (of theta, from 0) whose estimate keeps the least share of its variance given all others, and that share: the
    /// reciprocal of the largest variance inflation 1 / (1 - R^2), the diagonal of the inverse of the information in correlation form.
    pub(crate) least_determined: Option<(usize, f64)>,
}

/// Covariance matrix of theta: K (K' I K)^-1 K', with I = multiplier / 2 x second derivatives of F. With a `meat` M, the
/// covariance of the gradient on the same scale, the sandwich K (K'IK)^-1 K'MK (K'IK)^-1 K'
/// (Browne 1984, eq. 2.12), for discrepancies that are not asymptotically efficient.
/// `None` when the information is singular.
pub(crate) fn covariance_of_parameters(
    second_derivatives: Array2<f64>,
    meat: Option<&Array2<f64>>,
    multiplier: f64,
    reparametrisation: &Reparametrisation,
) -> Option<Array2<f64>> {
    determined_covariance(second_derivatives, meat, multiplier, reparametrisation)
        .map(|determined| determined.covariance.into_matrix())
}

/// As [`covariance_of_parameters`], with the parameter that is determined least. Of the second derivatives the upper triangle is enough.
pub(crate) fn determined_covariance(
    second_derivatives: Array2<f64>,
    meat: Option<&Array2<f64>>,
    multiplier: f64,
    reparametrisation: &Reparametrisation,
) -> Option<ParameterCovariance> {
    let n = reparametrisation.n_free();
    let information = reparametrisation.pulled(second_derivatives);
    let diagonal = information.diag().to_vec();
    let factor = 2.0 / multiplier;
    let applied = if meat.is_none() { factor } else { 1.0 };
    let inverse = Inverse::of(information, applied).ok()?;
    let inflation = |column: usize| inverse.diagonal()[column] * diagonal[column] / applied;
    let least_determined = (0..n)
        .max_by(|&a, &b| inflation(a).total_cmp(&inflation(b)))
        .map(|column| (reparametrisation.parameter_of(column), 1.0 / inflation(column)));
    let covariance = match meat {
        None if reparametrisation.is_identity() => inverse.into(),
        None => reparametrisation.push_covariance(inverse.into_whole()).into(),
        Some(meat) => {
            let (bread, mut inner) = (inverse.into_whole(), Array2::zeros((n, n)));
            reparametrisation.pull_matrix(meat, &mut inner);
            reparametrisation.push_covariance(bread.dot(&inner).dot(&bread) * factor).into()
        }
    };
    Some(ParameterCovariance { covariance, least_determined })
}

/// D A D for a diagonal D.
fn scale_both_sides(matrix: &mut Array2<f64>, scale: &[f64]) {
    for (row, own) in rows_mut(matrix).zip(scale) {
        row.iter_mut().zip(scale).for_each(|(value, other)| *value *= own * other);
    }
}

/// For each direction that the second derivatives leave undetermined, the parameters (of theta, from 0) that move in it.
/// Empty for an identified model.
pub(crate) fn undetermined_directions(
    second_derivatives: &Array2<f64>,
    reparametrisation: &Reparametrisation,
) -> Vec<Vec<usize>> {
    directions_below(DETERMINED, second_derivatives, reparametrisation)
}

/// As [`undetermined_directions`], the directions that are determined, but hardly.
pub(crate) fn weak_directions(
    second_derivatives: &Array2<f64>,
    reparametrisation: &Reparametrisation,
) -> Vec<Vec<usize>> {
    directions_below(WEAK, second_derivatives, reparametrisation)
}

fn directions_below(
    threshold: f64,
    second_derivatives: &Array2<f64>,
    reparametrisation: &Reparametrisation,
) -> Vec<Vec<usize>> {
    let n = reparametrisation.n_free();
    let mut information = Array2::zeros((n, n));
    reparametrisation.pull_matrix(second_derivatives, &mut information);
    let scale: Vec<f64> =
        (0..n).map(|i| if information[[i, i]] > 0.0 { 1.0 / information[[i, i]].sqrt() } else { 1.0 }).collect();
    scale_both_sides(&mut information, &scale);
    let Ok((values, vectors)) = symmetric_eigen(information.view()) else { return Vec::new() };
    let mut directions: Vec<Vec<f64>> =
        (0..n).filter(|&index| values[index] < threshold).map(|index| vectors.column(index).to_vec()).collect();
    separate(&mut directions);
    let mut theta = vec![0.0; reparametrisation.n_theta()];
    let mut origin = theta.clone();
    reparametrisation.expand(&vec![0.0; n], &mut origin);
    directions
        .into_iter()
        .map(|mut direction| {
            let largest = direction.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
            direction.iter_mut().filter(|value| value.abs() <= NAMED * largest).for_each(|value| *value = 0.0);
            reparametrisation.expand(&direction, &mut theta);
            (0..theta.len()).filter(|&parameter| theta[parameter] != origin[parameter]).collect()
        })
        .collect()
}

/// Replaces a basis of a space by one whose vectors share as few coordinates as elimination gives, so that two parts of a model
/// that are undetermined each for itself are told apart.
fn separate(basis: &mut [Vec<f64>]) {
    for row in 0..basis.len() {
        let pivot =
            (0..basis[row].len()).max_by(|&a, &b| basis[row][a].abs().total_cmp(&basis[row][b].abs())).unwrap_or(0);
        let divisor = basis[row][pivot];
        if divisor.abs() < DETERMINED {
            continue;
        }
        basis[row].iter_mut().for_each(|value| *value /= divisor);
        let reduced = basis[row].clone();
        for (_, other) in basis.iter_mut().enumerate().filter(|(index, _)| *index != row) {
            let factor = other[pivot];
            other.iter_mut().zip(&reduced).for_each(|(value, r)| *value -= factor * r);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn share(information: &Array2<f64>, reparametrisation: &Reparametrisation) -> (usize, f64) {
        let covariance =
            determined_covariance(information.clone(), None, 2.0, reparametrisation).expect("it has an inverse");
        covariance.least_determined.expect("there are parameters")
    }

    #[test]
    fn independent_estimates_keep_their_variance() {
        let (_, share) = share(&array![[4.0, 0.0], [0.0, 0.01]], &Reparametrisation::none(2));
        assert_eq!(share, 1.0);
    }

    /// 1 - R^2 of one parameter given the other.
    #[test]
    fn what_another_nearly_determines_keeps_little() {
        let r = 1.0 - 1e-7;
        let (_, left) = share(&array![[9.0, 6.0 * r], [6.0 * r, 4.0]], &Reparametrisation::none(2));
        assert!((left / (1.0 - r * r) - 1.0).abs() < 1e-6, "{left}");
    }

    /// Two parameters that a constraint ties count once.
    #[test]
    fn tied_parameters_are_no_fault() {
        let tied = Reparametrisation::tangent(&array![[1.0, -1.0, 0.0]], &[1.0, 1.0, 2.0]);
        let (_, left) = share(&array![[1.0, 1.0, 0.3], [1.0, 1.0, 0.3], [0.3, 0.3, 1.0]], &tied);
        assert!((left - 0.91).abs() < 1e-12);
    }
}
