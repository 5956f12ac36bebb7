//! The dual of a convex quadratic programme, by the active-set method of Goldfarb and Idnani.

use ndarray::Array2;

use crate::linalg::Cholesky;

/// Share of a constraint that must be independent of the working set; below it the constraint counts as a combination of it.
const INDEPENDENT: f64 = 1e-10;
/// Slack that still counts as none, relative to 1 + the largest one.
const SATISFIED: f64 = 1e-14;
/// What a combination of the working set may miss its right side by, relative to 1 + the largest slack.
const CONSISTENT: f64 = 1e-8;

/// The constraints cannot hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("constraint {constraint} cannot hold together with the others")]
pub struct Inconsistent {
    /// One that cannot hold together with the others, from 0.
    pub constraint: usize,
}

/// The shortest step d with c_i + a_i'd = 0 for the first `equalities` constraints and >= 0 for the others: `values` is c (m),
/// `jacobian` A (m x n).
///
/// # Errors
/// [`Inconsistent`] when there is none.
pub fn feasible_step(jacobian: &Array2<f64>, values: &[f64], equalities: usize) -> Result<Vec<f64>, Inconsistent> {
    let (m, n) = jacobian.dim();
    let lengths: Vec<f64> = jacobian
        .rows()
        .into_iter()
        .map(|row| row.iter().map(|a| a * a).sum::<f64>().sqrt())
        .map(|length| if length > 0.0 { length } else { 1.0 })
        .collect();
    let mut gram = jacobian.dot(&jacobian.t());
    for i in 0..m {
        for j in 0..m {
            gram[[i, j]] /= lengths[i] * lengths[j];
        }
    }
    let slack: Vec<f64> = values.iter().zip(&lengths).map(|(value, length)| value / length).collect();
    let u = multipliers(&gram, &slack, equalities, 0.0)?;
    let mut step = vec![0.0; n];
    for i in (0..m).filter(|&i| u[i] != 0.0) {
        for (entry, a) in step.iter_mut().zip(jacobian.row(i)) {
            *entry += u[i] / lengths[i] * a;
        }
    }
    Ok(step)
}

/// Finds u with s = s0 + (G + e I) u, where s_i = 0 for the first `equalities` constraints, and s_i >= 0, u_i >= 0,
/// s_i u_i = 0 for the others: the multipliers of
///
/// min g'd + d'Hd/2   subject to   c_i + a_i'd = 0 (or >= 0),
///
/// with G = A H^-1 A' (m x m, scaled to a unit diagonal; a zero row for a constraint that nothing moves), s0 = c - A H^-1 g
/// on the same scale, and d = H^-1 (A'u - g). A positive `elastic` e lets constraints give way at the price s^2 / 2e, so that
/// there is a solution whatever they say.
///
/// # Errors
/// [`Inconsistent`] when the constraints exclude each other. Source: Goldfarb, D., & Idnani, A. (1983). Mathematical
/// Programming 27, 1-33.
pub(super) fn multipliers(
    gram: &Array2<f64>,
    slack_at_minimum: &[f64],
    equalities: usize,
    elastic: f64,
) -> Result<Vec<f64>, Inconsistent> {
    let m = slack_at_minimum.len();
    let largest = slack_at_minimum.iter().fold(0.0_f64, |largest, slack| largest.max(slack.abs()));
    let mut state =
        Working { gram, elastic, equalities, u: vec![0.0; m], slack: slack_at_minimum.to_vec(), set: Vec::new() };
    let mut settled = vec![false; equalities];
    // Each step adds a constraint and never comes back to the same working set; more steps than this are rounding.
    for _ in 0..50 * (m + 1) {
        let next = match settled.iter().position(|done| !done) {
            Some(equality) => Some(equality),
            None => (equalities..m)
                .filter(|&i| !state.set.contains(&i) && state.slack[i] < -SATISFIED * (1.0 + largest))
                .min_by(|&a, &b| state.slack[a].total_cmp(&state.slack[b])),
        };
        let Some(next) = next else { return Ok(state.u) };
        state.add(next, CONSISTENT * (1.0 + largest))?;
        if next < equalities {
            settled[next] = true;
        }
    }
    Err(Inconsistent { constraint: state.set.last().copied().unwrap_or(0) })
}

struct Working<'a> {
    gram: &'a Array2<f64>,
    elastic: f64,
    equalities: usize,
    u: Vec<f64>,
    slack: Vec<f64>,
    /// The constraints that hold as equations.
    set: Vec<usize>,
}

impl Working<'_> {
    fn entry(&self, i: usize, j: usize) -> f64 {
        self.gram[[i, j]] + if i == j { self.elastic } else { 0.0 }
    }

    /// r = G_WW^-1 G_Wp and what is left of constraint p beside the working set, G_pp - G_pW r.
    fn beside_the_set(&self, p: usize) -> (Vec<f64>, f64) {
        let k = self.set.len();
        let among = Array2::from_shape_fn((k, k), |(a, b)| self.entry(self.set[a], self.set[b]));
        let with: Vec<f64> = self.set.iter().map(|&i| self.entry(i, p)).collect();
        let mut r = with.clone();
        match Cholesky::of(among.view()) {
            Ok(factor) => factor.solve_in_place(&mut r),
            Err(_) => return (vec![0.0; k], 0.0),
        }
        let left = self.entry(p, p) - with.iter().zip(&r).map(|(a, b)| a * b).sum::<f64>();
        (r, left)
    }

    /// Raises the multiplier of constraint p until it holds, dropping inequalities whose multiplier becomes zero on the way.
    fn add(&mut self, p: usize, consistent: f64) -> Result<(), Inconsistent> {
        // An equality may be violated to either side.
        let sign = if self.slack[p] > 0.0 { -1.0 } else { 1.0 };
        loop {
            let (r, left) = self.beside_the_set(p);
            let blocking = (0..self.set.len())
                .filter(|&place| self.set[place] >= self.equalities && sign * r[place] > 0.0)
                .map(|place| (place, self.u[self.set[place]] / (sign * r[place])))
                .min_by(|a, b| a.1.total_cmp(&b.1));
            let independent = left > INDEPENDENT * self.entry(p, p) && left > 0.0;
            let full = independent.then(|| self.slack[p].abs() / left);
            let (length, drop) = match (blocking, full) {
                (Some((place, partial)), full) if full.is_none_or(|full| partial < full) => (partial, Some(place)),
                (_, Some(full)) => (full, None),
                // It follows from the working set, whether it holds or not.
                (_, None) if self.slack[p].abs() <= consistent => return Ok(()),
                (_, None) => return Err(Inconsistent { constraint: p }),
            };
            self.u[p] += sign * length;
            for (&i, r) in self.set.iter().zip(&r) {
                self.u[i] -= sign * length * r;
            }
            for i in 0..self.slack.len() {
                let inner: f64 = self.set.iter().zip(&r).map(|(&j, r)| self.entry(i, j) * r).sum();
                self.slack[i] += sign * length * (self.entry(i, p) - inner);
            }
            for &i in &self.set {
                self.slack[i] = 0.0;
            }
            match drop {
                Some(place) => {
                    let dropped = self.set.remove(place);
                    self.u[dropped] = 0.0;
                }
                None => {
                    self.slack[p] = 0.0;
                    self.set.push(p);
                    return Ok(());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;

    #[test]
    fn of_two_bounds_the_one_that_binds_has_a_multiplier() {
        // min (d - 2)^2 / 2 with d <= 1 and d <= 3.
        let gram = array![[1.0, 1.0], [1.0, 1.0]];
        let u = multipliers(&gram, &[-1.0, 1.0], 0, 0.0).unwrap();
        assert_eq!(u, [1.0, 0.0]);
    }

    #[test]
    fn constraints_that_exclude_each_other_are_told_and_give_way_when_elastic() {
        // d <= -1 and d >= 1 at the minimum d = 0.
        let gram = array![[1.0, -1.0], [-1.0, 1.0]];
        assert!(multipliers(&gram, &[-1.0, -1.0], 0, 0.0).is_err());
        let u = multipliers(&gram, &[-1.0, -1.0], 0, 0.5).unwrap();
        assert!((u[0] - 2.0).abs() < 1e-12 && (u[1] - 2.0).abs() < 1e-12);
    }

    #[test]
    fn the_shortest_step_into_a_corner() {
        let step = feasible_step(&array![[1.0, 0.0], [0.0, 2.0]], &[-1.0, -4.0], 0).unwrap();
        assert_eq!(step, [1.0, 2.0]);
        let none = feasible_step(&array![[1.0, 0.0], [-1.0, 0.0]], &[-2.0, 1.0], 0);
        assert!(none.is_err());
    }

    #[test]
    fn a_repeated_equality_is_no_contradiction() {
        let gram = array![[1.0, 1.0], [1.0, 1.0]];
        assert_eq!(multipliers(&gram, &[0.5, 0.5], 2, 0.0).unwrap(), [-0.5, 0.0]);
        assert_eq!(multipliers(&gram, &[0.5, 0.6], 2, 0.0), Err(Inconsistent { constraint: 1 }));
    }

    proptest! {
        #[test]
        fn the_conditions_hold(
            m in 1_usize..7, equalities in 0_usize..3,
            rows in prop::collection::vec(-1.0_f64..1.0, 7 * 9), slack in prop::collection::vec(-2.0_f64..2.0, 7),
        ) {
            let equalities = equalities.min(m);
            let a = Array2::from_shape_fn((m, 9), |(i, j)| rows[i * 9 + j] + f64::from(u8::from(i == j)));
            let mut gram = a.dot(&a.t());
            let scale: Vec<f64> = (0..m).map(|i| 1.0 / gram[[i, i]].sqrt()).collect();
            for i in 0..m {
                for j in 0..m {
                    gram[[i, j]] *= scale[i] * scale[j];
                }
            }
            // Rows in nine dimensions are independent, if not by much.
            let Ok(u) = multipliers(&gram, &slack[..m], equalities, 0.0) else { return Err(TestCaseError::reject("dependent")) };
            let size = 1.0 + u.iter().fold(0.0_f64, |size, value| size.max(value.abs()));
            for i in 0..m {
                let s = slack[i] + (0..m).map(|j| gram[[i, j]] * u[j]).sum::<f64>();
                if i < equalities {
                    prop_assert!(s.abs() < 1e-9 * size);
                } else {
                    prop_assert!(s > -1e-9 * size && u[i] >= 0.0 && (u[i] * s).abs() < 1e-8 * size * size);
                }
            }
        }
    }
}
