//! The distributions against R (central) and mpmath (noncentral chi-square).

use latva_math::distribution::{chi_squared, f, noncentral_chi_squared, normal, student_t};

/// The rows of a committed CSV file, without comment and header.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| line.split(',').collect())
}

fn number(field: &str) -> f64 {
    field.parse().expect("a number")
}

/// Largest relative difference that is accepted: 1e-12, but 1e-11 for quantiles of F, as far as R inverts its own cdf.
fn tolerance(distribution: &str, function: &str) -> f64 {
    match (distribution, function) {
        ("f", "quantile") => 1e-11,
        _ => 1e-12,
    }
}

fn check(name: &str, got: Option<f64>, want: f64, tolerance: f64) -> Result<(), String> {
    match got {
        Some(got) if (got - want).abs() <= tolerance * want.abs() + f64::MIN_POSITIVE => Ok(()),
        _ => Err(format!("{name}: {got:?} instead of {want:e}")),
    }
}

#[test]
fn central_distributions_agree_with_r() {
    let text = include_str!("../../fixtures/reference/distributions/central.csv");
    let mut failures = Vec::new();
    let mut count = 0;
    for row in rows(text) {
        let (distribution, function) = (row[0], row[1]);
        let (x, want) = (number(row[2]), number(row[5]));
        let df1 = || number(row[3]);
        let df2 = || number(row[4]);
        let got = match (distribution, function) {
            ("normal", "cdf") => Some(normal::cdf(x)),
            ("normal", "sf") => Some(normal::sf(x)),
            ("normal", "pdf") => Some(normal::pdf(x)),
            ("normal", "quantile") => normal::quantile(x),
            ("chi_squared", "cdf") => chi_squared::cdf(x, df1()),
            ("chi_squared", "sf") => chi_squared::sf(x, df1()),
            ("chi_squared", "pdf") => chi_squared::pdf(x, df1()),
            ("chi_squared", "quantile") => chi_squared::quantile(x, df1()),
            ("chi_squared", "upper_quantile") => chi_squared::upper_quantile(x, df1()),
            ("student_t", "cdf") => student_t::cdf(x, df1()),
            ("student_t", "sf") => student_t::sf(x, df1()),
            ("student_t", "pdf") => student_t::pdf(x, df1()),
            ("student_t", "quantile") => student_t::quantile(x, df1()),
            ("f", "cdf") => f::cdf(x, df1(), df2()),
            ("f", "sf") => f::sf(x, df1(), df2()),
            ("f", "pdf") => f::pdf(x, df1(), df2()),
            ("f", "quantile") => f::quantile(x, df1(), df2()),
            other => panic!("unknown function {other:?}"),
        };
        count += 1;
        if let Err(failure) = check(&row.join(","), got, want, tolerance(distribution, function)) {
            failures.push(failure);
        }
    }
    assert!(count > 1350, "only {count} rows were read");
    assert!(failures.is_empty(), "{} of {count}:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn noncentral_chi_squared_agrees_with_mpmath() {
    let text = include_str!("../../fixtures/reference/distributions/noncentral.csv");
    let mut failures = Vec::new();
    let mut count = 0;
    for row in rows(text) {
        let (x, df, ncp, want) = (number(row[1]), number(row[2]), number(row[3]), number(row[4]));
        let got = match row[0] {
            "cdf" => noncentral_chi_squared::cdf(x, df, ncp),
            "sf" => noncentral_chi_squared::sf(x, df, ncp),
            "ncp_from_cdf" => noncentral_chi_squared::ncp_from_cdf(x, df, ncp),
            other => panic!("unknown function {other:?}"),
        };
        count += 1;
        if let Err(failure) = check(&row.join(","), got, want, 1e-12) {
            failures.push(failure);
        }
    }
    assert!(count > 200, "only {count} rows were read");
    assert!(failures.is_empty(), "{} of {count}:\n{}", failures.len(), failures.join("\n"));
}
