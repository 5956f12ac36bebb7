//! Model text to parameter table: a model of 2,000 lines, and the text-book one.

use std::fmt::Write;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use latva_spec::parse;
use latva_spec::table::{DegreesOfFreedom, TableContext, build};

/// 2,000 lines: 100 latent variables of eleven indicators in twenty lines each, every third of them an outcome of the two
/// before it, with labels, residual covariances, constraints and a defined parameter: some 5,700 rows.
fn large_model() -> String {
    let mut text = String::new();
    for factor in 0..100 {
        let f = format!("factor{factor}");
        let x = |item: usize| format!("item{factor}_{item}");
        writeln!(text, "{f} =~ {}", x(1)).unwrap();
        writeln!(text, "{f} =~ l{factor}a*{} + start(0.8)*{}", x(2), x(3)).unwrap();
        writeln!(text, "{f} =~ l{factor}b*{}", x(4)).unwrap();
        for item in 5..12 {
            writeln!(text, "{f} =~ {}", x(item)).unwrap();
        }
        for item in 1..5 {
            writeln!(text, "{} ~~ {}", x(item), x(item + 5)).unwrap();
        }
        writeln!(text, "{} ~~ v{factor}*{}", x(3), x(3)).unwrap();
        writeln!(text, "# the scale of {f}").unwrap();
        if factor % 3 == 2 {
            writeln!(text, "{f} ~ b{factor}*factor{} + factor{}", factor - 1, factor - 2).unwrap();
        } else {
            writeln!(text, "{f} ~~ {f}").unwrap();
        }
        writeln!(text, "l{factor}a == l{factor}b").unwrap();
        writeln!(text, "v{factor} > 0.01").unwrap();
        writeln!(text, "ratio{factor} := l{factor}a / v{factor}").unwrap();
    }
    text
}

const SMALL: &str = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n";

fn table(criterion: &mut Criterion) {
    let large = large_model();
    assert_eq!(large.lines().count(), 2000);
    let context = TableContext::default();
    for (name, text) in [("2,000 lines", large.as_str()), ("three factors", SMALL)] {
        let parsed = parse(text);
        assert!(!parsed.has_errors(), "{:?}", parsed.diagnostics);
        let (rows, diagnostics) = build(&parsed.model, &context);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        criterion.bench_function(&format!("text to tree, {name}"), |bencher| bencher.iter(|| parse(black_box(text))));
        criterion.bench_function(&format!("tree to table, {name}"), |bencher| {
            bencher.iter(|| build(black_box(&parsed.model), &context));
        });
        criterion.bench_function(&format!("text to table, {name}"), |bencher| {
            bencher.iter(|| build(&parse(black_box(text)).model, &context));
        });
        criterion.bench_function(&format!("degrees of freedom, {name}"), |bencher| {
            bencher.iter(|| DegreesOfFreedom::of(black_box(&rows)));
        });
    }
}

criterion_group!(benches, table);
criterion_main!(benches);
