//! The matrix kernels behind the one door, with either backend:
//!
//! `cargo bench -p latva-math --bench kernels` and
//! `OPENBLAS_NUM_THREADS=1 cargo bench -p latva-math --bench kernels --features lapack`.

use criterion::{Criterion, criterion_group, criterion_main};
use latva_math::linalg::{Cholesky, matmul, symmetric_eigen};
use ndarray::Array2;
use std::hint::black_box;

/// The correlation matrix of a process whose correlation falls with distance: positive definite at every order.
fn correlations(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, n), |(i, j)| 0.8_f64.powi(i.abs_diff(j) as i32))
}

fn kernels(criterion: &mut Criterion) {
    for n in [3, 5, 9, 12, 21, 25, 50, 71, 100, 150, 245, 400] {
        let a = correlations(n);
        let mut factor = Cholesky::of(a.view()).expect("a positive definite matrix");
        let mut out = Array2::zeros((n, n));
        let mut bench = |name: &str, run: &mut dyn FnMut()| {
            criterion.bench_function(&format!("{name}/{n}"), |bencher| bencher.iter(&mut *run));
        };
        bench("cholesky", &mut || factor.factor(black_box(a.view())).expect("a positive definite matrix"));
        bench("inverse", &mut || factor.inverse_into(black_box(&mut out)));
        bench("matmul", &mut || matmul(black_box(a.view()), a.view(), out.view_mut()));
        bench("eigen", &mut || {
            black_box(symmetric_eigen(black_box(a.view())).expect("a symmetric matrix"));
        });
    }
}

criterion_group!(benches, kernels);
criterion_main!(benches);
