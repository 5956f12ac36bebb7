//! The implied side: from parameters to Sigma and mu, and the derivatives of that map.
//!
//! LISREL all-y form, one set of matrices per block:
//! Sigma = Lambda (I-B)^-1 Psi (I-B)^-T Lambda' + Theta, mu = nu + Lambda (I-B)^-1 alpha
//! (Bollen 1989, Structural Equations with Latent Variables, ch. 8; docs/notation.md).
//!
//! Every derivative of Sigma is a symmetric matrix of rank two, c (u v' + v u'), with u and v columns of
//! X = [I, Lambda A, Lambda E], A = (I-B)^-1, E = A Psi A'. So traces such as tr(V Sigma_j V Sigma_k) are products of a
//! few entries of X'VX, and no p^2 x q Jacobian is formed.

mod by_entry;
mod by_factors;
mod derivative;
mod low_rank;
mod matrices;
mod moments;
mod upper_sum;

pub(crate) use by_factors::FactorForm;
pub(crate) use derivative::{Jacobian, Tables};
pub(crate) use low_rank::width;
pub(crate) use matrices::{BlockModel, Entry, Place, build_blocks};
pub(crate) use moments::Implied;
pub(crate) use upper_sum::UpperSum;
