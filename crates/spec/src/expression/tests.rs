//! Values against hand calculation, derivatives against differences of values, printing against reading.

use proptest::prelude::*;

use super::Expression;

fn parsed(text: &str) -> Expression {
    match Expression::parse(text) {
        Ok(expression) => expression,
        Err(diagnostics) => panic!("{text}: {diagnostics:?}"),
    }
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs()))
}

#[test]
fn precedence_is_that_of_r() {
    let cases = [
        ("-2^2", -4.0),
        ("2^-1", 0.5),
        ("2^3^2", 512.0),
        ("2**3", 8.0),
        ("-2*3", -6.0),
        ("8/4/2", 1.0),
        ("8-4-2", 2.0),
        ("2+3*4", 14.0),
        ("(2+3)*4", 20.0),
        ("--3", 3.0),
        ("2--3", 5.0),
        ("1e-2 + .5 + 5.", 5.51),
        ("log(8, 2)", 3.0),
        ("max(1, 5, 3) - min(4, 2)", 3.0),
        ("sum(1, 2, 3) * prod(2, 4)", 48.0),
        ("ifelse(1 < 2, 10, 20)", 10.0),
        ("ifelse(1 >= 2, 10, 20)", 20.0),
        ("cos(pi)", -1.0),
        ("plogis(0)", 0.5),
        ("abs(-3) * sign(-2)", -3.0),
        ("atan2(1, 1) * 4", std::f64::consts::PI),
    ];
    for (text, value) in cases {
        let expression = parsed(text);
        assert!(close(expression.constant_value().unwrap(), value, 1e-15), "{text}: {:?}", expression.constant_value());
    }
}

#[test]
fn symbols_in_order_of_appearance() {
    let expression = parsed("b*a + .p3.*b^2 - exp(c)");
    assert_eq!(expression.symbols(), ["b", "a", ".p3.", "c"]);
    assert_eq!(expression.constant_value(), None);
    assert!(close(expression.value(&[2.0, 3.0, 0.5, 0.0]), 7.0, 1e-15));
    let renamed = expression.with_symbols(|name| if name == "a" { "b".into() } else { name.into() });
    assert_eq!(renamed.symbols(), ["b", ".p3.", "c"]);
    assert!(close(renamed.value(&[2.0, 0.5, 0.0]), 5.0, 1e-15));
}

/// Central differences of order four, whose error is far below the tolerance used.
fn difference(expression: &Expression, values: &[f64], place: usize) -> f64 {
    let h = 1e-3;
    let at = |step: f64| {
        let mut moved = values.to_vec();
        moved[place] += step * h;
        expression.value(&moved)
    };
    (8.0 * (at(1.0) - at(-1.0)) - (at(2.0) - at(-2.0))) / (12.0 * h)
}

#[test]
fn partials_of_every_function() {
    let texts = [
        "exp(a*b)",
        "expm1(a)*b",
        "log(a)/b",
        "log(a + 2, b + 3)",
        "log2(a)*b",
        "log10(a + b)",
        "log1p(a*b)",
        "sqrt(a + b^2)",
        "abs(a - 2*b)",
        "sin(a*b)",
        "cos(a/b)",
        "tan(a - b)",
        "asin(a*b)",
        "acos(a*b)",
        "atan(a/b)",
        "atan2(a, b)",
        "sinh(a)*cosh(b)",
        "tanh(a*b)",
        "asinh(a/b)",
        "acosh(a + b + 1)",
        "atanh(a*b)",
        "plogis(a - b)",
        "qlogis(a*b)",
        "min(a, 2*b)",
        "max(a, 2*b)",
        "sum(a, b, a*b)",
        "prod(a, b, a)",
        "a^b",
        "a^2 - b^3",
        "2^(a*b)",
        "a/b - b/a",
        "-a^2*b",
        "ifelse(a > b, a*b, a/b)",
        "sign(a)*b",
    ];
    for text in texts {
        let expression = parsed(text);
        for values in [[0.6, 0.7], [0.9, 0.3]] {
            let values: Vec<f64> =
                expression.symbols().iter().map(|name| if name == "a" { values[0] } else { values[1] }).collect();
            let mut partials = vec![f64::NAN; values.len()];
            let value = expression.value_and_partials(&values, &mut partials);
            assert_eq!(value, expression.value(&values), "{text}");
            assert!(value.is_finite(), "{text}");
            for (place, &partial) in partials.iter().enumerate() {
                let expected = difference(&expression, &values, place);
                assert!(close(partial, expected, 1e-8), "{text} by {place} at {values:?}: {partial} and {expected}");
            }
        }
    }
}

#[test]
fn partials_at_edges_are_those_of_the_limit() {
    let at = |text: &str, values: &[f64]| {
        let mut partials = vec![0.0; values.len()];
        parsed(text).value_and_partials(values, &mut partials);
        partials
    };
    assert_eq!(at("a^2", &[0.0]), [0.0]);
    assert_eq!(at("a^1", &[0.0]), [1.0]);
    assert_eq!(at("a^0", &[0.0]), [0.0]);
    assert_eq!(at("prod(a, b)", &[0.0, 3.0]), [3.0, 0.0]);
    // The branch that is not taken has an infinite derivative, which must not come through.
    assert_eq!(at("ifelse(a > 0, sqrt(a), a)", &[0.0]), [1.0]);
    assert_eq!(at("(a - 1)^3", &[0.0]), [3.0]);
}

#[test]
fn linear_forms() {
    let linear = |text: &str| parsed(text).linear_form();
    assert_eq!(linear("2*a - b/4 + 3 - (a + 1)"), Some((2.0, vec![1.0, -0.25])));
    assert_eq!(linear("sum(a, 2, a)*exp(0)"), Some((2.0, vec![2.0])));
    assert_eq!(linear("7"), Some((7.0, vec![])));
    for text in ["a*b", "a^2", "2^a", "1/a", "exp(a)", "abs(a)", "ifelse(a > 0, 1, 2)", "a/0"] {
        assert_eq!(linear(text), None, "{text}");
    }
}

#[test]
fn depth_is_limited_and_length_is_not() {
    let deep = format!("{}a{}", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(Expression::parse(&deep).unwrap_err()[0].id, "E0407");
    let powers = vec!["a"; 5000].join("^");
    assert_eq!(Expression::parse(&powers).unwrap_err()[0].id, "E0407");
    let signs = format!("{}a", "-".repeat(100_001));
    assert_eq!(parsed(&signs).to_string(), "-a");
    let long = vec!["a"; 100_000].join("+");
    let expression = parsed(&long);
    assert_eq!(expression.to_string(), long);
    assert_eq!(expression.linear_form(), Some((0.0, vec![100_000.0])));
}

/// Texts of expressions, with redundant brackets.
fn texts() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec!["a", "b", "c", "pi", "2", "0.25", "1e-3", "1e300"]).prop_map(str::to_string);
    leaf.prop_recursive(5, 40, 3, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(vec!["+", "-", "*", "/", "^"]), inner.clone())
                .prop_map(|(left, operation, right)| format!("({left}){operation}({right})")),
            inner.clone().prop_map(|operand| format!("-({operand})")),
            inner.clone().prop_map(|operand| format!("exp({operand})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("max({left}, {right}, 1)")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(left, right, no)| format!("ifelse({left} <= {right}, {left}, {no})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printing_reads_back(text in texts()) {
        let expression = parsed(&text);
        let printed = expression.to_string();
        prop_assert_eq!(&parsed(&printed), &expression, "{} printed as {}", text, printed);
    }
}
