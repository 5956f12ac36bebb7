//! The arithmetic that an iteration of maximum likelihood must do beside the time that it takes. Prints a Markdown table.
//!
//! `cargo run --release -p latva-estimation --example limits`
//!
//! Flops of an iteration with exact second derivatives, for p items, m factors, q parameters (a multiplication and an addition are two
//! flops; a symmetric result counts once):
//!
//! | step | flops |
//! |---|---|
//! | Sigma = Lambda Psi Lambda' + Theta | 2 p m^2 + p^2 m |
//! | Cholesky of Sigma, inverse P | p^3 / 3 + 2 p^3 / 3 |
//! | tr(S P), W = P - P S P | 2 p^2 + 2 p^3 + p^3 |
//! | X'VX for V = W and P - W, X = [I, Lambda, Lambda Psi] | 2 (4 p^2 m + 4 p m^2) |
//! | two forms of q (q + 1) / 2 pairs, five flops each | 5 q^2 |
//! | Cholesky of the Hessian, solution | q^3 / 3 + 2 q^2 |
//!
//! Bytes: each p x p matrix written and read once (Sigma, P, S, P S, W, P - W, two tables), the Hessian written, added to, copied and
//! factored: 8 (16 p^2 + 6 q^2). The time must be at least that of the flops at the speed of a matrix product and that of the bytes at
//! the speed of a copy.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a program of its own")]

mod population;
mod seconds;
mod stopwatch;

use std::hint::black_box;

use latva_estimation::{Options, StandardErrors, TestStatistic, fit};
use latva_math::linalg::matmul;
use latva_spec::table::TableContext;
use ndarray::Array2;
use population::{factors, moments};
use seconds::written;
use stopwatch::times;

/// Flops per second of a product of two n x n matrices on one core.
fn product_speed(n: usize) -> f64 {
    let a = Array2::from_shape_fn((n, n), |(i, j)| ((i * 7 + j * 3) % 11) as f64);
    let mut out = Array2::zeros((n, n));
    2.0 * (n as f64).powi(3) / times(0.5, false, || matmul(a.view(), a.t(), out.view_mut()))[0]
}

/// Bytes per second, read and written, of a copy of `n` numbers.
fn copy_speed(n: usize) -> f64 {
    let (source, mut target) = (vec![1.0_f64; n], vec![0.0; n]);
    let work = || black_box(&mut target).copy_from_slice(black_box(&source));
    16.0 * n as f64 / times(0.5, false, work)[0]
}

fn main() {
    let (flop_rate, byte_rate) = (product_speed(768), copy_speed(1 << 23));
    println!(
        "One core: {:.1} Gflop/s in a product of two 768 x 768 matrices, {:.1} GB/s in a copy of 64 MB.\n",
        flop_rate / 1e9,
        byte_rate / 1e9
    );
    println!(
        "| model | p | m | q | flops | bytes | at least | iterations | time of one | ratio |\n|---|---|---|---|---|---|---|---|---|---|"
    );
    let tens = |items: usize| vec![10; items / 10];
    for (name, sizes) in [
        ("HS", vec![3; 3]),
        ("25 items", vec![4, 4, 4, 4, 3, 3, 3]),
        ("100 items", tens(100)),
        ("200 items", tens(200)),
        ("300 items", tens(300)),
    ] {
        let table = factors(&sizes, "", &TableContext::default());
        let sample = moments(&table, &sizes);
        // Nothing but the minimisation and what prepares it.
        let options =
            Options { se: Some(StandardErrors::None), test: Some(vec![TestStatistic::None]), ..Options::default() };
        let iterations = fit(&table, &sample, &options).expect("the model fits").convergence.iterations;
        let time = times(0.5, false, || fit(&table, &sample, &options))[0] / iterations as f64;
        let parameters = table.rows.iter().map(|row| row.free).max().unwrap_or(0);
        let (p, m, q) = (sizes.iter().sum::<usize>() as f64, sizes.len() as f64, parameters as f64);
        let flops = (2.0 * p * m * m + p * p * m)
            + p.powi(3)
            + (2.0 * p * p + 3.0 * p.powi(3))
            + 8.0 * (p * p * m + p * m * m)
            + 5.0 * q * q
            + (q.powi(3) / 3.0 + 2.0 * q * q);
        let bytes = 8.0 * (16.0 * p * p + 6.0 * q * q);
        let least = (flops / flop_rate).max(bytes / byte_rate);
        println!(
            "| {name} | {p} | {m} | {q} | {:.3} M | {:.3} MB | {} | {iterations} | {} | {:.1} |",
            flops / 1e6,
            bytes / 1e6,
            written(least),
            written(time),
            time / least
        );
    }
}
