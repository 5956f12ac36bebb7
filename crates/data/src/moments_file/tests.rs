use super::*;
use ndarray::array;
use proptest::prelude::*;

fn toml(text: &str) -> MomentsTable {
    read_moments_toml(text.as_bytes()).unwrap()
}

fn toml_message(text: &str) -> String {
    read_moments_toml(text.as_bytes()).unwrap_err().to_string()
}

fn json_message(text: &str) -> String {
    read_moments_json(text.as_bytes()).unwrap_err().to_string()
}

fn cov(table: &MomentsTable) -> Array2<f64> {
    table.sample(table.names(), Singular::Refuse).unwrap().0.groups[0].cov.clone()
}

fn close(left: &Array2<f64>, right: &Array2<f64>) -> bool {
    (left - right).iter().all(|difference| difference.abs() < 1e-12)
}

#[test]
fn every_shape_of_a_matrix() {
    let expected = array![[4.0, 1.0, -0.5], [1.0, 2.0, 0.25], [-0.5, 0.25, 1.0]];
    for matrix in [
        "[[4, 1, -0.5], [1, 2, 0.25], [-0.5, 0.25, 1]]",
        "[[4], [1, 2], [-0.5, 0.25, 1]]",
        "[[4, 1, -0.5], [2, 0.25], [1]]",
        "'''\n4\n1 2\n-.5, .25, 1'''",
        "\"\"\"\n 4 1 \u{2212}.5\n 1 2 .25\n -.5 .25 1\n\"\"\"",
    ] {
        let text = format!("n = 10\nnames = ['a', 'b', 'c']\ndivisor = 'N'\ncovariance = {matrix}");
        assert!(close(&cov(&toml(&text)), &expected), "{matrix}");
    }
}

#[test]
fn correlations_with_and_without_their_diagonal() {
    let expected = array![[4.0, 1.0, -2.0], [1.0, 1.0, 0.6], [-2.0, 0.6, 9.0]] * 0.9;
    for matrix in [
        "[[1], [0.5, 1], [-0.3333333333333333, 0.2, 1]]",
        "[[], [0.5], [-0.3333333333333333, 0.2]]",
        "[[0.5], [-0.3333333333333333, 0.2]]",
        "[[0.5, -0.3333333333333333], [0.2]]",
        "'''\n-\n.5** \u{2014}\n-.3333333333333333 .2* -'''",
    ] {
        let text = format!("n = 10\nnames = ['a', 'b', 'c']\nsds = [2, 1, 3]\ncorrelation = {matrix}");
        assert!(close(&cov(&toml(&text)), &expected), "{matrix}");
    }
}

#[test]
fn divisor_and_selection() {
    let text = "n = 11\nnames = ['a', 'b']\nmeans = [1, 2]\ncovariance = [[2], [1, 3]]";
    let (sample, notes) = toml(text).sample(&["b", "a"], Singular::Refuse).unwrap();
    assert!(close(&sample.groups[0].cov, &(array![[3.0, 1.0], [1.0, 2.0]] * 10.0 / 11.0)));
    assert_eq!(sample.groups[0].mean, Some(array![2.0, 1.0]));
    assert_eq!(notes, [DataNote::Rescaled]);
    assert!(toml(text).sample(&["c"], Singular::Refuse).unwrap_err().to_string().contains("`c` is not in the data"));
    let alone = toml("n = 11\nnames = ['a', 'b']\ncorrelation = [[0.5]]");
    assert!(alone.sample(&["a"], Singular::Refuse).unwrap().1.contains(&DataNote::CorrelationsAlone));
}

const GROUPS: &str = "names = ['a', 'b']\n[[group]]\nlabel = 'first'\nn = 20\nmeans = [0, 1]\ncovariance = [[2], [1, 3]]\n\
     [[group]]\nlabel = 2\nn = 30\nmeans = [1, 0]\ncovariance = [[4], [1, 3]]\n";

#[test]
fn groups_of_both_formats() {
    let from_toml = toml(GROUPS);
    assert_eq!(from_toml.labels().collect::<Vec<_>>(), ["first", "2"]);
    assert_eq!(from_toml.n_obs(), 50);
    let json = r#"{"cov": [{"names": ["a", "b"], "values": [[2, 1], [1, 3]]}, {"names": ["b", "a"], "values": [[3], [1, 4]]}],
        "mean": [[0, 1], [0, 1]], "nobs": [20, 30], "labels": ["first", "2"]}"#;
    let from_json = read_moments_json(json.as_bytes()).unwrap();
    for (left, right) in from_toml.groups.iter().zip(&from_json.groups) {
        assert_eq!(
            (&left.label, left.n_obs, &left.cov, &left.mean),
            (&right.label, right.n_obs, &right.cov, &right.mean)
        );
    }
    let single = br#"{"cov": {"names": ["a"], "values": [[2]]}, "mean": [3], "nobs": 9}"#;
    let single = read_moments_json(single).unwrap();
    assert_eq!(single.sample(&["a"], Singular::Refuse).unwrap().0.groups[0].mean, Some(array![3.0]));
}

#[test]
fn faults_name_the_field() {
    let base = |rest: &str| format!("n = 10\nnames = ['a', 'b']\n{rest}");
    for (text, expected) in [
        (base("covarience = [[1], [0, 1]]"), "unknown field `covarience`; did you mean `covariance`?"),
        (base(""), "`covariance` is missing"),
        (base("covariance = [[1], ['x', 1]]"), "`covariance[1][0]` must be a finite number, but is the text `x`"),
        (base("covariance = [[1], [0, 1, 2]]"), "`covariance[1]` has 3 numbers where 2 are expected"),
        (base("covariance = [[1, 0, 2], [0]]"), "`covariance[0]` has 3 numbers where 2 are expected"),
        (base("covariance = [[1, 0.5], [0.4, 1]]"), "`b` with `a` is 0.4 below the diagonal and 0.5 above it"),
        (base("covariance = [[1], [0, -1]]"), "the variance of `b` is -1, but must be positive"),
        (base("covariance = [[1], [3, 1]]"), "the correlation of `b` with `a` is 3, outside -1 to 1"),
        (base("correlation = [[1.1]]"), "is 1.1, outside -1 to 1"),
        (base("correlation = [[2], [0, 1]]"), "diagonal of `a`"),
        (base("correlation = [[0.1]]\nsds = [1, 0]"), "the standard deviation of `b` is 0"),
        (base("correlation = [[0.1]]\nsds = [1]"), "`sds` has 1 numbers where 2 are expected"),
        (base("covariance = [[1], [0, 1]]\nmeans = [nan, 1]"), "`means[0]` must be a finite number"),
        (base("covariance = [[1], [0, 1]]\ndivisor = 'n+1'"), "`divisor` must be the text \"N\" or \"N-1\""),
        (base("covariance = [[1], [0, 1]]\ncorrelation = [[0.1]]"), "either `covariance` or `correlation`"),
        ("n = 1.5\nnames = ['a']\ncovariance = [[1]]".into(), "`n` must be a whole number of at least 2"),
        ("n = 9\nnames = ['a', 'a']\ncovariance = [[1], [0, 1]]".into(), "`a` is listed twice"),
        ("n = 9\nnames = ['a'\n".into(), "not valid TOML"),
        (GROUPS.replace("means = [1, 0]\n", ""), "`group[1].means` is missing"),
        (GROUPS.replace("label = 2", "label = 'first'"), "`first` is listed twice"),
    ] {
        let found = toml_message(&text);
        assert!(found.contains(expected), "{text}\n{found}");
    }
    for (text, expected) in [
        (
            r#"{"cov": [{"names": ["a"], "values": [["x"]]}], "nobs": 9}"#,
            "`cov[0].values[0][0]` must be a finite number",
        ),
        (r#"{"cov": [{"names": ["a"]}], "nobs": 9}"#, "`cov[0].values` is missing"),
        (r#"{"cov": [{"names": ["a"], "values": [[1]]}]}"#, "`nobs` is missing"),
        (
            r#"{"cov": [{"names": ["a"], "values": [[1]]}], "nobs": [9, 9]}"#,
            "`nobs` has 2 entries where 1 are expected",
        ),
        (r#"{"cov": [{"names": ["a"], "values": [[1]]}], "nobs": 9, "mean": [1, 2]}"#, "`mean` has 2 numbers where 1"),
        (r#"{"cov": "#, "not valid JSON"),
        ("[1]", "`the file` must be a table of named fields"),
    ] {
        let found = json_message(text);
        assert!(found.contains(expected), "{text}\n{found}");
    }
}

#[test]
fn variances_beyond_the_range_of_numbers() {
    let huge = toml("n = 9\nnames = ['a', 'b']\ncorrelation = [[0.5]]\nsds = [1, 1e200]");
    assert!(
        huge.sample(&["a", "b"], Singular::Allow)
            .unwrap_err()
            .to_string()
            .starts_with("the variance of `b` is too large")
    );
}

#[test]
fn matrices_that_cannot_be() {
    let text = "n = 50\nnames = ['a', 'b', 'c']\ncorrelation = [[0.9], [0.9, -0.9]]";
    let found = toml(text).sample(&["a", "b", "c"], Singular::Allow).unwrap_err().to_string();
    assert!(found.contains("the failure shows at `c`, given `a`, `b`"), "{found}");
    assert!(toml(text).sample(&["a", "b"], Singular::Refuse).is_ok());
    let collinear = toml("n = 50\nnames = ['a', 'b']\ncovariance = [[1], [2, 4]]");
    assert!(collinear.sample(&["a", "b"], Singular::Refuse).unwrap_err().to_string().contains("b = 2 a"));
    assert!(collinear.sample(&["a", "b"], Singular::Allow).is_ok());
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_moments_toml(&bytes);
        let _ = read_moments_json(&bytes);
    }

    /// Matrices of any row lengths and any values are read or refused, and what is read gives a sound sample or an error.
    #[test]
    fn no_matrix_panics(
        rows in prop::collection::vec(prop::collection::vec(-2.0..2.0_f64, 0..4), 0..4),
        p in 1_usize..4,
        correlation: bool,
    ) {
        let names: Vec<String> = (0..p).map(|at| format!("v{at}")).collect();
        let key = if correlation { "correlation" } else { "covariance" };
        if let Ok(table) = read_moments_toml(format!("n = 5\nnames = {names:?}\n{key} = {rows:?}").as_bytes())
            && let Ok((sample, _)) = table.sample(&names, Singular::Refuse)
        {
            prop_assert!(fault(&sample.groups[0].cov).is_none());
        }
    }
}
