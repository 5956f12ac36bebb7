//! Implied covariance and mean of one block, and the products that its derivatives need.

use latva_math::linalg::{add_multiple, add_sparse_product, numbers, numbers_mut, rows, transpose_into};
use ndarray::{Array1, Array2, s};

use super::matrices::BlockModel;

/// The determinant of I - B is zero: the simultaneous equations have no solution here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SingularPaths;

/// The implied moments of one block at a value of its matrices; all buffers are kept.
#[derive(Debug, Clone)]
pub(crate) struct Implied {
    /// Sigma, p x p.
    pub(crate) cov: Array2<f64>,
    /// mu, p.
    pub(crate) mean: Array1<f64>,
    /// A = (I-B)^-1, m x m.
    pub(crate) total: Array2<f64>,
    /// A Psi, m x m.
    pub(crate) total_cov: Array2<f64>,
    /// (A Psi)'.
    turned_cov: Array2<f64>,
    /// E = A Psi A', the covariance of the latent side, m x m.
    pub(crate) latent: Array2<f64>,
    /// A alpha, the mean of the latent side, m.
    pub(crate) latent_mean: Array1<f64>,
    /// Lambda A, p x m.
    pub(crate) loadings_total: Array2<f64>,
    /// Lambda E, p x m.
    pub(crate) loadings_latent: Array2<f64>,
    /// (Lambda E)', m x p.
    turned: Array2<f64>,
}

impl Implied {
    /// Buffers for a block.
    pub(crate) fn new(model: &BlockModel) -> Self {
        let (p, m) = (model.p(), model.m());
        Implied {
            cov: Array2::zeros((p, p)),
            mean: Array1::zeros(p),
            total: Array2::eye(m),
            total_cov: Array2::zeros((m, m)),
            turned_cov: Array2::zeros((m, m)),
            latent: Array2::zeros((m, m)),
            latent_mean: Array1::zeros(m),
            loadings_total: Array2::zeros((p, m)),
            loadings_latent: Array2::zeros((p, m)),
            turned: Array2::zeros((m, p)),
        }
    }

    /// Computes everything from the matrices of the block.
    ///
    /// # Errors
    /// [`SingularPaths`] for a non-recursive model at a point where I - B is singular.
    pub(crate) fn update(&mut self, model: &BlockModel) -> Result<(), SingularPaths> {
        self.update_latent(model)?;
        self.update_columns(model);
        self.update_cov(model);
        Ok(())
    }

    /// Computes the moments of the latent side and the mean.
    ///
    /// # Errors
    /// As [`Implied::update`].
    pub(crate) fn update_latent(&mut self, model: &BlockModel) -> Result<(), SingularPaths> {
        if model.has_paths {
            match &model.topological {
                Some(order) => self.total_recursive(model, order),
                None => self.total_by_elimination(model)?,
            }
            // A and Psi have few elements that are not zero: E = A (A Psi)'.
            self.total_cov.fill(0.0);
            add_sparse_product(self.total.view(), model.latent_cov.view(), self.total_cov.view_mut());
            transpose_into(&self.total_cov, &mut self.turned_cov);
            self.latent.fill(0.0);
            add_sparse_product(self.total.view(), self.turned_cov.view(), self.latent.view_mut());
        } else {
            self.total_cov.assign(&model.latent_cov);
            self.latent.assign(&model.latent_cov);
        }
        if model.has_means {
            for (mean, total) in self.latent_mean.iter_mut().zip(rows(&self.total)) {
                *mean = total.iter().zip(&model.latent_means).map(|(total, mean)| total * mean).sum();
            }
            let (m, loadings) = (model.m(), numbers(&model.loadings));
            for (i, (mean, intercept)) in self.mean.iter_mut().zip(&model.intercepts).enumerate() {
                let own = loadings[i * m..][..m].iter().zip(&self.latent_mean);
                *mean = intercept + own.map(|(loading, mean)| loading * mean).sum::<f64>();
            }
        }
        Ok(())
    }

    /// Computes Lambda A and Lambda E.
    pub(crate) fn update_columns(&mut self, model: &BlockModel) {
        // Most variables load on one factor.
        if model.has_paths {
            self.loadings_total.fill(0.0);
            add_sparse_product(model.loadings.view(), self.total.view(), self.loadings_total.view_mut());
        } else {
            self.loadings_total.assign(&model.loadings);
        }
        self.loadings_latent.fill(0.0);
        add_sparse_product(model.loadings.view(), self.latent.view(), self.loadings_latent.view_mut());
    }

    /// Computes Sigma.
    pub(crate) fn update_cov(&mut self, model: &BlockModel) {
        transpose_into(&self.loadings_latent, &mut self.turned);
        self.cov.assign(&model.residual_cov);
        add_sparse_product(model.loadings.view(), self.turned.view(), self.cov.view_mut());
    }

    /// Row r of A is e_r + sum_s B_rs (row s of A), sources first.
    fn total_recursive(&mut self, model: &BlockModel, order: &[usize]) {
        let (m, total, paths) = (model.m(), numbers_mut(&mut self.total), numbers(&model.paths));
        total.fill(0.0);
        for &r in order {
            total[r * m + r] = 1.0;
            for (s, &path) in paths[r * m..][..m].iter().enumerate().filter(|(_, path)| **path != 0.0) {
                let rows = total.get_disjoint_mut([r * m..(r + 1) * m, s * m..(s + 1) * m]);
                let [target, source] = rows.expect("no variable is regressed on itself");
                add_multiple(target, path, source);
            }
        }
    }

    /// (I-B)^-1 by Gauss-Jordan elimination with partial pivoting.
    fn total_by_elimination(&mut self, model: &BlockModel) -> Result<(), SingularPaths> {
        let m = model.m();
        self.total.fill(0.0);
        self.total.diag_mut().fill(1.0);
        // Not needed before A is there: room for what is left of I - B.
        self.total_cov.assign(&self.total);
        self.total_cov -= &model.paths;
        for column in 0..m {
            let pivot = (column..m)
                .max_by(|&a, &b| self.total_cov[[a, column]].abs().total_cmp(&self.total_cov[[b, column]].abs()))
                .unwrap_or(column);
            if self.total_cov[[pivot, column]].abs() < 1e-12 || !self.total_cov[[pivot, column]].is_finite() {
                return Err(SingularPaths);
            }
            for j in 0..m {
                self.total_cov.swap([pivot, j], [column, j]);
                self.total.swap([pivot, j], [column, j]);
            }
            let divisor = self.total_cov[[column, column]];
            self.total_cov.row_mut(column).mapv_inplace(|value| value / divisor);
            self.total.row_mut(column).mapv_inplace(|value| value / divisor);
            for row in (0..m).filter(|&row| row != column) {
                let factor = self.total_cov[[row, column]];
                if factor != 0.0 {
                    for matrix in [&mut self.total_cov, &mut self.total] {
                        let (mut target, source) = matrix.multi_slice_mut((s![row, ..], s![column, ..]));
                        target.scaled_add(-factor, &source);
                    }
                }
            }
        }
        Ok(())
    }
}
