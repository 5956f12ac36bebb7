//! The unrestricted model of incomplete cases at its own estimates (m, S): the information about the moments and the covariance matrix
//! of their estimates, on which the tests of Yuan and Bentler and the robust indices rest.

use std::borrow::Cow;
use std::cell::OnceCell;

use latva_math::linalg::{Inverse, matmul};
use ndarray::{Array1, Array2};

use super::incomplete_cases::IncompleteCases;
use crate::plan::Information;

/// One block. Moments among fixed exogenous variables do not vary: they are left out of every inverse.
pub(crate) struct Unrestricted {
    cases: IncompleteCases,
    mean: Array1<f64>,
    cov: Array2<f64>,
    varying: Vec<usize>,
    observed: OnceCell<Option<Array2<f64>>>,
    expected: OnceCell<Option<Array2<f64>>>,
    first_order: OnceCell<Option<Array2<f64>>>,
    /// Of the observed information, which several statistics ask for.
    inverse: OnceCell<Option<Array2<f64>>>,
    /// With the observed information.
    sandwich: OnceCell<Option<Array2<f64>>>,
}

impl Unrestricted {
    /// The cases of a block with the moments of their unrestricted model; `varying` are the places of the moments that vary.
    pub(crate) fn new(cases: IncompleteCases, mean: Array1<f64>, cov: Array2<f64>, varying: Vec<usize>) -> Self {
        Unrestricted {
            cases,
            mean,
            cov,
            varying,
            observed: OnceCell::new(),
            expected: OnceCell::new(),
            first_order: OnceCell::new(),
            inverse: OnceCell::new(),
            sandwich: OnceCell::new(),
        }
    }

    /// The cases.
    pub(crate) fn cases(&self) -> &IncompleteCases {
        &self.cases
    }

    /// S.
    pub(crate) fn cov(&self) -> &Array2<f64> {
        &self.cov
    }

    /// Number of moments that vary.
    pub(crate) fn moments(&self) -> usize {
        self.varying.len()
    }

    /// The information of one case on average, k x k; `None` for a singular S.
    pub(crate) fn information(&self, kind: Information) -> Option<&Array2<f64>> {
        let cell = match kind {
            Information::Observed => &self.observed,
            Information::Expected => &self.expected,
            Information::FirstOrder => &self.first_order,
        };
        cell.get_or_init(|| self.cases.information(&self.mean, &self.cov, kind).ok()).as_ref()
    }

    /// A^-1 of the moments that vary, zero elsewhere, k x k, with A the information of a kind; `None` where A is singular.
    pub(crate) fn inverse(&self, kind: Information) -> Option<Cow<'_, Array2<f64>>> {
        if kind == Information::Observed {
            return self.inverse.get_or_init(|| self.inverted(kind)).as_ref().map(Cow::Borrowed);
        }
        self.inverted(kind).map(Cow::Owned)
    }

    fn inverted(&self, kind: Information) -> Option<Array2<f64>> {
        let information = self.information(kind)?;
        let n = self.varying.len();
        let among = Array2::from_shape_fn((n, n), |(i, j)| information[[self.varying[i], self.varying[j]]]);
        let inverse = Inverse::of(among, 1.0).ok()?.into_whole();
        let mut all = Array2::zeros(information.raw_dim());
        for (i, &row) in self.varying.iter().enumerate() {
            for (j, &column) in self.varying.iter().enumerate() {
                all[[row, column]] = inverse[[i, j]];
            }
        }
        Some(all)
    }

    /// A^-1 B A^-1, N times the covariance matrix of the estimates whatever the distribution, with A the information of a kind and B
    /// the first-order information; `None` where A is singular.
    pub(crate) fn sandwich(&self, kind: Information) -> Option<Cow<'_, Array2<f64>>> {
        let product = || {
            let inverse = self.inverse(kind)?;
            let (scores, k) = (self.information(Information::FirstOrder)?, inverse.nrows());
            let (mut left, mut both) = (Array2::zeros((k, k)), Array2::zeros((k, k)));
            matmul(inverse.view(), scores.view(), left.view_mut());
            matmul(left.view(), inverse.view(), both.view_mut());
            Some(both)
        };
        if kind == Information::Observed {
            return self.sandwich.get_or_init(product).as_ref().map(Cow::Borrowed);
        }
        product().map(Cow::Owned)
    }

    /// tr(A^-1 B) over the moments that vary.
    pub(crate) fn trace_of_ratio(&self, kind: Information) -> Option<f64> {
        let inverse = self.inverse(kind)?;
        Some((&*inverse * self.information(Information::FirstOrder)?).sum())
    }
}
