//! The covariance matrix of estimates, in the form in which it was found.

use latva_math::linalg::{Inverse, quadratic_form};
use ndarray::Array2;

/// V, the covariance matrix of the free parameters (by `free` number), q x q. Of one that is a multiple of an inverse the variances are made at once, the rest
/// where somebody asks for it: standard errors need no more.
#[derive(Debug, Clone)]
pub struct Covariance(Form);

#[derive(Debug, Clone)]
enum Form {
    Inverse(Inverse),
    Matrix(Array2<f64>),
}

impl Covariance {
    /// V_jj of a parameter, from 0.
    pub fn variance(&self, parameter: usize) -> f64 {
        match &self.0 {
            Form::Inverse(inverse) => inverse.diagonal()[parameter],
            Form::Matrix(matrix) => matrix[[parameter, parameter]],
        }
    }

    /// V.
    pub fn matrix(&self) -> &Array2<f64> {
        match &self.0 {
            Form::Inverse(inverse) => inverse.whole(),
            Form::Matrix(matrix) => matrix,
        }
    }

    /// V, for somebody who keeps it.
    pub fn into_matrix(self) -> Array2<f64> {
        match self.0 {
            Form::Inverse(inverse) => inverse.into_whole(),
            Form::Matrix(matrix) => matrix,
        }
    }

    /// g' V g, the variance of a function with the gradient g.
    pub(crate) fn form(&self, slopes: &[(usize, f64)]) -> f64 {
        match &self.0 {
            Form::Inverse(inverse) => inverse.form(slopes),
            Form::Matrix(matrix) => quadratic_form(slopes, matrix),
        }
    }
}

impl From<Inverse> for Covariance {
    fn from(inverse: Inverse) -> Self {
        Covariance(Form::Inverse(inverse))
    }
}

impl From<Array2<f64>> for Covariance {
    fn from(matrix: Array2<f64>) -> Self {
        Covariance(Form::Matrix(matrix))
    }
}
