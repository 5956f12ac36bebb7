//! Models of any size and their moments, for the programs that measure.

use latva_data::{GroupSample, Sample};
use latva_spec::table::{ParTable, TableContext, build};
use ndarray::Array2;

/// Factors with the given numbers of indicators x1, x2, ..., and lines of model syntax added to them.
pub fn factors(sizes: &[usize], added: &str, context: &TableContext) -> ParTable {
    let mut model = String::new();
    let mut last = 0;
    for (factor, size) in sizes.iter().enumerate() {
        let items: Vec<String> = (last + 1..=last + size).map(|item| format!("x{item}")).collect();
        model += &format!("f{} =~ {}\n", factor + 1, items.join(" + "));
        last += size;
    }
    build(&latva_spec::parse(&(model + added)).model, context).0
}

/// Moments of loadings .7 and factor correlations .3, with a little misfit, so that the solution is not the start.
pub fn moments(table: &ParTable, sizes: &[usize]) -> Sample {
    let factor: Vec<usize> = sizes.iter().enumerate().flat_map(|(factor, &size)| vec![factor; size]).collect();
    let items = factor.len();
    let wave = |i: usize, j: usize| 0.02 * ((i * 7 + j * 13 + i * j) % 11) as f64 / 11.0;
    let cov = Array2::from_shape_fn((items, items), |(i, j)| match (i == j, factor[i] == factor[j]) {
        (true, _) => 1.0,
        (_, true) => 0.49 + wave(i, j) + wave(j, i),
        _ => 0.49 * 0.3 + 0.2 * (wave(i, j) + wave(j, i)),
    });
    let group = GroupSample { label: String::new(), n_obs: 10 * items, cov, mean: None, rows: None, weights: None };
    Sample { names: table.blocks[0].observed.to_vec(), groups: vec![group] }
}
