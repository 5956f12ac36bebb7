//! What may have happened when a printed figure does not follow from the others: a guess that helps to find
//! the place, never part of the verdict.

use crate::interval::Interval;
use crate::printed::{Printed, Relation};

/// The likeliest slip that turns a value of `range` into `printed`.
pub fn likely(printed: &Printed, range: Interval) -> Option<String> {
    if printed.relation() != Relation::Equal {
        return None;
    }
    if printed.truncated_range().meets(range) {
        return Some("the figure may have been cut off, not rounded".to_owned());
    }
    let reaches = |value: f64| spread(printed, value).meets(range);
    let value = printed.value();
    if value != 0.0 && reaches(-value) {
        return Some("the sign may have been lost".to_owned());
    }
    for (factor, words) in [(10.0, "left"), (0.1, "right"), (100.0, "left"), (0.01, "right")] {
        let shifted = printed.range().scaled(factor);
        if value != 0.0 && shifted.meets(range) {
            return Some(format!("the decimal point may have moved to the {words}"));
        }
    }
    if let Some(other) = swapped(printed).into_iter().find(|other| reaches(*other)) {
        return Some(format!("two digits may have been swapped ({} would agree)", written(printed, other)));
    }
    let next = [value - printed.unit(), value + printed.unit()];
    if next.into_iter().any(reaches) {
        return Some("it is off by one unit of the last digit".to_owned());
    }
    one_digit(printed)
        .into_iter()
        .find(|other| reaches(*other))
        .map(|other| format!("one digit may be wrong ({} would agree)", written(printed, other)))
}

fn spread(printed: &Printed, value: f64) -> Interval {
    Interval::point(value).widened(printed.unit() / 2.0)
}

fn written(printed: &Printed, value: f64) -> String {
    let text = format!("{value:.*}", printed.decimals().max(0) as usize);
    match text.strip_prefix("0.") {
        Some(rest) if !printed.raw().contains("0.") => format!(".{rest}"),
        _ => text,
    }
}

/// The digits of the figure as a whole number, the most significant first.
fn digits(printed: &Printed) -> Vec<i64> {
    let scaled = (printed.value().abs() / printed.unit()).round();
    if scaled > 1e12 {
        return Vec::new();
    }
    let mut digits: Vec<i64> = (scaled as i64).to_string().bytes().map(|b| i64::from(b - b'0')).collect();
    let places = printed.decimals().max(0) as usize;
    while digits.len() < places {
        digits.insert(0, 0);
    }
    digits
}

fn value_of(printed: &Printed, digits: &[i64]) -> f64 {
    let whole = digits.iter().fold(0, |sum, digit| sum * 10 + digit);
    (whole as f64 * printed.unit()).copysign(printed.value())
}

fn swapped(printed: &Printed) -> Vec<f64> {
    let digits = digits(printed);
    (1..digits.len())
        .filter(|at| digits[*at] != digits[at - 1])
        .map(|at| {
            let mut other = digits.clone();
            other.swap(at, at - 1);
            value_of(printed, &other)
        })
        .collect()
}

fn one_digit(printed: &Printed) -> Vec<f64> {
    let digits = digits(printed);
    let mut values = Vec::new();
    for at in 0..digits.len() {
        for digit in (0..10).filter(|digit| *digit != digits[at]) {
            let mut other = digits.clone();
            other[at] = digit;
            values.push(value_of(printed, &other));
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slip(text: &str, lo: f64, hi: f64) -> String {
        let printed = Printed::read(text).unwrap().unwrap();
        likely(&printed, Interval::new(lo, hi)).unwrap_or_default()
    }

    #[test]
    fn slips_are_told_apart() {
        assert!(slip(".99", 0.997, 0.998).contains("cut off"));
        assert!(slip(".24", -0.243, -0.238).contains("sign"));
        assert!(slip(".087", 0.86, 0.88).contains("decimal point"));
        assert!(slip(".87", 0.779, 0.781).contains("swapped (.78"));
        assert!(slip("5.40", 5.38, 5.385).contains("one unit"));
        assert!(slip("4.28", 4.778, 4.782).contains("one digit"));
        assert_eq!(slip("<.05", 0.2, 0.3), "");
    }

    proptest! {
        #[test]
        fn no_figure_is_too_strange(text in "[-<]?[0-9]{0,9}[.]?[0-9]{1,9}[*]{0,3}", lo in -10.0..10.0_f64) {
            if let Ok(Some(printed)) = Printed::read(&text) {
                let _ = likely(&printed, Interval::new(lo, lo + 0.01));
            }
        }
    }
}
