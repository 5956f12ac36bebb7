//! The style, and the property that no text changes its meaning.

use proptest::prelude::*;

use super::format;
use super::meaning::check;

fn formats(source: &str, expected: &str) {
    assert_eq!(format(source), expected, "{source:?}");
    check(source);
}

#[test]
fn blanks_and_operators() {
    formats("f=~x1+x2 ;y~f", "f =~ x1 + x2\ny ~ f\n");
    formats("y~a * x + c( 1,NA )*z+-1*w", "y ~ a*x + c(1, NA)*z + -1*w\n");
    formats("d:=a*b-c/( 2+a )^2\n0<a<1", "d := a*b - c/(2 + a)^2\n0 < a < 1\n");
    formats("y1+y2~x1 : x2", "y1 + y2 ~ x1:x2\n");
    formats("f = ~ + x1 + + x2", "f =~ x1 + x2\n");
    formats("Group : 1\r\nf =~ x\r\n", "group: 1\nf =~ x\n");
}

#[test]
fn neighbours_are_aligned() {
    formats(
        "visual=~x1 # one\nspeed =~ x7+x8 # two\n\ny~x # three",
        "visual =~ x1       # one\nspeed  =~ x7 + x8  # two\n\ny ~ x  # three\n",
    );
}

#[test]
fn line_breaks_at_plus_stay() {
    formats("f =~ x1 +\nx2\n+ x3 + x4", "f =~ x1 +\n     x2 +\n     x3 + x4\n");
    formats("f =~ x1 + # one\n  x2", "f =~ x1 + # one\n  x2\n");
    formats("d :=\n a +\n b", "d := a +\n     b\n");
}

#[test]
fn no_line_begins_like_a_header() {
    formats("y ~ x +\n z + group:z", "y ~ x +\n    z + group:z\n");
    formats("y ~ x\n+ group:z", "y ~ x + group:z\n");
    formats("y ~ x;+class:  z~ 0", "y ~ x\n; +class:  z~ 0\n");
}

#[test]
fn long_formulas_are_broken() {
    let terms: Vec<String> = (0..40).map(|i| format!("item{i}")).collect();
    let formatted = format(&format!("f =~ {}", terms.join("+")));
    assert!(formatted.lines().all(|line| line.len() <= 100), "{formatted}");
    assert!(formatted.lines().count() > 2);
    check(&formatted);
}

#[test]
fn comments_and_empty_lines() {
    formats("\n\n# top\n\n\n\nf =~ x1 # end  \n# last", "# top\n\nf =~ x1  # end\n# last\n");
    formats("#! data = \"a.csv\"\nf =~ x1", "#! data = \"a.csv\"\nf =~ x1\n");
}

#[test]
fn statements_with_errors_are_left_alone() {
    formats("f =~  x1  x2; y~x", "f =~  x1  x2\n; y ~ x\n");
}

/// Pieces of the language, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "f",
        "x1",
        "y",
        "a",
        "b",
        "NA",
        "pi",
        "Inf",
        "group",
        "level",
        "efa",
        "start",
        "c",
        "rep",
        "ifelse",
        "exp",
        "equal",
        "\"f=~x1\"",
        "\"b\"",
        "0",
        "1",
        "0.5",
        "2",
        "=~",
        "~",
        "~~",
        "<~",
        "~*~",
        "==",
        "<",
        ">",
        "<=",
        ">=",
        ":=",
        ":",
        "|",
        "%",
        "=",
        "+",
        "+",
        "+",
        "-",
        "*",
        "*",
        "/",
        "^",
        "(",
        ")",
        ",",
        "?",
        ";",
        "\n",
        "\n",
        "\r\n",
        "\r",
        " ",
        " ",
        "\t",
        "# c\n",
        "! c\n",
        "#! data = x\n",
        "!= a",
        "'q'",
        "\u{201c}q\u{201d}",
        "\"",
        "_",
        "1f",
        "\u{2dc}",
        "\u{2013}",
        "\u{e4}",
        "\u{a0}",
        "@",
        "<-",
        "->",
        "\n\n\n",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Whole statements, so that most texts are good.
fn statements() -> impl Strategy<Value = String> {
    let statement = prop::sample::select(vec![
        "f =~ x1 + a*x2",
        "f=~x1+\nx2",
        "y ~ 1 + x",
        "x1 ~~ c(a,b)*x1",
        "d := a*b +\n -c",
        "0 < a < 1",
        "+ a == 2",
        "- a\n - b < 1",
        "-a # c\n -b < 2",
        "a == b",
        "+ a == 2",
        "- a == 2",
        "group: 1",
        "level: within",
        "x | t1 + t2",
        "efa(\"b\")*f +\nefa(\"b\")*g =~ x1",
        "y ~ start(\n0.5)*x",
        "y ~ x # note",
        "# alone",
        "p =~ 0",
        "y\n~ x",
        "(a + b) == 1",
        "-a < 2",
        "f =~ x1 + # note\n x2",
    ]);
    let divider = prop::sample::select(vec!["\n", ";", " ; ", "\n\n\n", "\r\n", " # c\n", ";# c\n", "\n  "]);
    prop::collection::vec((statement, divider), 0..12)
        .prop_map(|parts| parts.iter().map(|(statement, divider)| format!("{statement}{divider}")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_pieces_keep_their_meaning(source in pieces()) {
        check(&source);
    }

    #[test]
    fn statements_keep_their_meaning(source in statements()) {
        check(&source);
    }

    #[test]
    fn any_text_keeps_its_meaning(source in "\\PC*") {
        check(&source);
    }
}
