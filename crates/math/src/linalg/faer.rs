//! The kernels on faer: single-threaded, on matrices stored by columns.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::{Accum, MatMut, MatRef, Par, Spec};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2};

use super::eigen::EigenFailed;

/// Workspace of the Cholesky kernels.
pub(super) struct CholeskyKernel {
    buffer: MemBuffer,
}

impl std::fmt::Debug for CholeskyKernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CholeskyKernel")
    }
}

impl Clone for CholeskyKernel {
    fn clone(&self) -> Self {
        CholeskyKernel { buffer: MemBuffer::new(faer::dyn_stack::StackReq::new::<u8>(self.buffer.len())) }
    }
}

impl CholeskyKernel {
    /// Workspace for order n.
    pub(super) fn new(n: usize) -> Self {
        let factor = llt::factor::cholesky_in_place_scratch::<f64>(n, Par::Seq, Spec::default());
        let inverse = llt::inverse::inverse_scratch::<f64>(n, Par::Seq);
        CholeskyKernel { buffer: MemBuffer::new(factor.or(inverse)) }
    }

    /// Replaces the lower triangle (by columns of `stride` numbers) by its Cholesky factor; on failure the pivot.
    pub(super) fn factor(&mut self, n: usize, stride: usize, l: &mut [f64]) -> Result<(), usize> {
        let factored = llt::factor::cholesky_in_place(
            MatMut::from_column_major_slice_with_stride_mut(l, n, n, stride),
            Default::default(),
            Par::Seq,
            MemStack::new(&mut self.buffer),
            Spec::default(),
        );
        clear_upper_halves();
        factored.map(|_| ()).map_err(|llt::factor::LltError::NonPositivePivot { index }| index.min(n - 1))
    }

    /// Writes the lower triangle (by columns) of (L L')^-1.
    pub(super) fn inverse(&mut self, n: usize, stride: usize, l: &[f64], out: &mut [f64]) {
        llt::inverse::inverse(
            MatMut::from_column_major_slice_mut(out, n, n),
            MatRef::from_column_major_slice_with_stride(l, n, n, stride),
            Par::Seq,
            MemStack::new(&mut self.buffer),
        );
        clear_upper_halves();
    }
}

/// out = a b (+ out if `accumulate`).
pub(super) fn matmul(a: ArrayView2<f64>, b: ArrayView2<f64>, out: &mut ArrayViewMut2<f64>, accumulate: bool) {
    let accum = if accumulate { Accum::Add } else { Accum::Replace };
    faer::linalg::matmul::matmul(view_mut(out), accum, view(&a), view(&b), 1.0, Par::Seq);
    clear_upper_halves();
}

/// Clears the upper halves of the vector registers, which the assembly kernels under faer's products leave as they are: older (SSE) instructions that
/// come after them depend on those halves, and take up to three times as long.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
fn clear_upper_halves() {
    #[target_feature(enable = "avx")]
    fn clear() {
        std::arch::x86_64::_mm256_zeroupper();
    }
    if std::arch::is_x86_feature_detected!("avx") {
        // SAFETY: the processor has AVX, and no value of a caller lives in an upper half across a call.
        unsafe { clear() }
    }
}

/// Other processors have no such halves.
#[cfg(not(target_arch = "x86_64"))]
fn clear_upper_halves() {}

/// Eigenvalues in ascending order and eigenvectors by columns.
pub(super) fn symmetric_eigen(a: ArrayView2<f64>) -> Result<(Array1<f64>, Array2<f64>), EigenFailed> {
    let n = a.nrows();
    let decomposition = view(&a).self_adjoint_eigen(faer::Side::Lower);
    clear_upper_halves();
    let decomposition = decomposition.map_err(|_| EigenFailed)?;
    let values = Array1::from_iter((0..n).map(|i| decomposition.S()[i]));
    let vectors = Array2::from_shape_fn((n, n), |(i, j)| decomposition.U()[(i, j)]);
    Ok((values, vectors))
}

#[allow(unsafe_code)]
fn view<'a>(a: &'a ArrayView2<f64>) -> MatRef<'a, f64> {
    let strides = a.strides();
    // SAFETY: pointer, shape and strides are those of a live ndarray view that outlives the result.
    unsafe { MatRef::from_raw_parts(a.as_ptr(), a.nrows(), a.ncols(), strides[0], strides[1]) }
}

#[allow(unsafe_code)]
fn view_mut<'a>(a: &'a mut ArrayViewMut2<f64>) -> MatMut<'a, f64> {
    let (rows, columns) = a.dim();
    let (row_stride, column_stride) = (a.strides()[0], a.strides()[1]);
    // SAFETY: pointer, shape and strides are those of a live, exclusively borrowed ndarray view.
    unsafe { MatMut::from_raw_parts_mut(a.as_mut_ptr(), rows, columns, row_stride, column_stride) }
}
