//! A registered figure against an obtained number.

use super::{Agreement, CheckedFigure};
use crate::interval::Interval;
use crate::printed::{Printed, Relation};

/// How far outside its range a number may lie, relative to its size, because decimal fractions are not exact in binary.
const BINARY: f64 = 1e-12;

/// The numbers that agree with a registered figure: those that round to it as printed, or those within the tolerance.
fn agreeing(figure: &Printed, tolerance: Option<f64>) -> Interval {
    match (tolerance, figure.relation()) {
        (None, _) => figure.range(),
        (Some(tolerance), Relation::Equal) => Interval::new(figure.value() - tolerance, figure.value() + tolerance),
        (Some(tolerance), Relation::Less) => Interval::at_most(figure.value() + tolerance),
        (Some(tolerance), Relation::Greater) => Interval::at_least(figure.value() - tolerance),
    }
}

/// The row of a figure. `obtained` is the number, or the reason why there is none.
pub(super) fn compared(
    place: &str,
    name: impl Into<String>,
    figure: &Printed,
    tolerance: Option<f64>,
    obtained: Result<f64, String>,
) -> CheckedFigure {
    let range = agreeing(figure, tolerance);
    let (obtained, reason) = match obtained {
        Ok(value) if value.is_finite() => (Some(value), None),
        Ok(_) => (None, Some("the number is not finite".to_owned())),
        Err(reason) => (None, Some(reason)),
    };
    let verdict = match obtained {
        None => Agreement::NotObtained,
        Some(value) => {
            let slack = BINARY * value.abs().max(figure.value().abs());
            let inside = range.lo() - slack <= value && value <= range.hi() + slack;
            if inside || figure.is_damaged() { Agreement::Agrees } else { Agreement::Differs }
        }
    };
    let end = |end: f64| end.is_finite().then_some(end);
    CheckedFigure {
        place: place.to_owned(),
        figure: name.into(),
        expected: figure.raw().to_owned(),
        lower: end(range.lo()),
        upper: end(range.hi()),
        obtained,
        difference: obtained.filter(|_| figure.relation() == Relation::Equal).map(|value| value - figure.value()),
        verdict,
        reason,
        line: figure.line(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str, tolerance: Option<f64>, obtained: f64) -> Agreement {
        let figure = Printed::read(text).unwrap().unwrap();
        compared("m", "x", &figure, tolerance, Ok(obtained)).verdict
    }

    #[test]
    fn the_printed_precision_is_the_tolerance() {
        assert_eq!(verdict("85.306", None, 85.3055), Agreement::Agrees);
        assert_eq!(verdict("85.306", None, 85.3065), Agreement::Agrees);
        assert_eq!(verdict("85.306", None, 85.30651), Agreement::Differs);
        assert_eq!(verdict("85.306", None, 85.30549), Agreement::Differs);
        assert_eq!(verdict("<.001", None, 1e-12), Agreement::Agrees);
        assert_eq!(verdict("<.001", None, 0.0012), Agreement::Differs);
        assert_eq!(verdict(".000", None, 1e-9), Agreement::Agrees);
    }

    #[test]
    fn a_stated_tolerance_takes_its_place() {
        assert_eq!(verdict("21.188", Some(0.001), 21.187), Agreement::Agrees);
        assert_eq!(verdict("21.188", Some(0.001), 21.1868), Agreement::Differs);
        assert_eq!(verdict(".9", Some(0.001), 0.92), Agreement::Differs);
        assert_eq!(verdict("<.001", Some(0.001), 0.0015), Agreement::Agrees);
    }

    #[test]
    fn a_number_that_is_not_there_does_not_agree() {
        let figure = Printed::read(".9").unwrap().unwrap();
        assert_eq!(compared("m", "x", &figure, None, Ok(f64::NAN)).verdict, Agreement::NotObtained);
        assert_eq!(compared("m", "x", &figure, None, Err("no".to_owned())).verdict, Agreement::NotObtained);
    }
}
