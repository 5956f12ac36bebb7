//! A figure as it is printed, and the numbers that it can stand for.

use crate::interval::Interval;

/// Half a unit of the last place, when a figure was rounded once.
const HALF: f64 = 0.5;
/// The most by which a figure can lie above what it stands for when it was rounded more than once, each time
/// half up: .3646 becomes .365 and then .37. The sum 5/10 + 5/100 + ... = 5/9 is the limit.
const REPEATED: f64 = 5.0 / 9.0;

/// How a printed figure relates to its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The number itself, rounded.
    Equal,
    /// `<`: the number is below.
    Less,
    /// `>`: the number is above.
    Greater,
}

/// What is printed behind a figure about its significance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// Nothing.
    None,
    /// Stars or a dagger: `*`, `**`, `***`, `†`.
    Symbol(String),
    /// `ns`.
    NotSignificant,
}

/// A figure as it is printed, with the precision that its digits show.
#[derive(Debug, Clone, PartialEq)]
pub struct Printed {
    raw: String,
    value: f64,
    decimals: i32,
    negative: bool,
    relation: Relation,
    mark: Mark,
    percent: bool,
    damaged: bool,
    truncated: bool,
    line: usize,
}

/// Why a text is no printed figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAFigure {
    /// There is no digit in it.
    #[error("has no digit")]
    NoDigit,
    /// Something is left over that is neither number nor mark.
    #[error("is not a number with an optional sign, `<` or `>`, percent sign, stars or dagger")]
    Unreadable,
    /// More digits than any printed figure has.
    #[error("has too many digits")]
    TooLong,
}

impl Printed {
    /// Reads a printed figure.
    ///
    /// Accepted besides plain numbers: a missing leading zero, `<`, `>` or `=` (with `p` before it), a Unicode minus, thousands commas
    /// (`1,003.66`), a decimal comma (`0,95`), brackets around the figure, a percent sign, stars, daggers (`†`, `+`), `ns`, and a trailing `°` or `?`
    /// for a figure that is damaged in the source. A dash or nothing at all is a figure that is not there (`Ok(None)`).
    ///
    /// # Errors
    /// [`NotAFigure`] with the reason.
    pub fn read(text: &str) -> Result<Option<Printed>, NotAFigure> {
        if text.len() > 64 {
            return Err(NotAFigure::TooLong);
        }
        let mut rest: String = text
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| match c {
                '\u{2212}' | '\u{2013}' | '\u{2014}' | '\u{2010}' | '\u{2011}' | '\u{FE63}' => '-',
                '\u{2217}' | '\u{FF0A}' | '\u{204E}' => '*',
                '\u{2264}' => '<',
                '\u{2265}' => '>',
                '\u{2020}' | '\u{2021}' => '†',
                other => other,
            })
            .collect();
        if matches!(rest.to_ascii_lowercase().as_str(), "" | "-" | "--" | "---" | "n/a" | "na" | "°" | "?") {
            return Ok(None);
        }
        if !rest.chars().any(|c| c.is_ascii_digit()) {
            return Err(NotAFigure::NoDigit);
        }
        let damaged = rest.contains('°') || rest.contains('?');
        rest.retain(|c| c != '°' && c != '?');
        let mark = take_mark(&mut rest);
        if let Some(inner) = bracketed(&rest) {
            rest = inner.to_owned();
        }
        let mark = if mark == Mark::None { take_mark(&mut rest) } else { mark };
        let mut relation = Relation::Equal;
        let relation_at = rest.find(['<', '>', '=']);
        if let Some(at) = relation_at {
            if !matches!(rest[..at].to_ascii_lowercase().as_str(), "" | "p") {
                return Err(NotAFigure::Unreadable);
            }
            relation = match rest.as_bytes()[at] {
                b'<' => Relation::Less,
                b'>' => Relation::Greater,
                _ => Relation::Equal,
            };
            rest = rest[at + 1..].trim_start_matches('=').to_owned();
        }
        let percent = rest.ends_with('%');
        let rest = rest.trim_end_matches('%');
        let negative = rest.starts_with('-');
        let digits = plain_digits(rest.strip_prefix(['-', '+']).unwrap_or(rest))?;
        let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                let exponent: i32 = exponent.parse().map_err(|_| NotAFigure::Unreadable)?;
                (mantissa, exponent)
            }
            None => (digits.as_str(), 0),
        };
        let well_formed = mantissa.chars().all(|c| c.is_ascii_digit() || c == '.')
            && mantissa.matches('.').count() <= 1
            && mantissa.chars().any(|c| c.is_ascii_digit());
        if !well_formed {
            return Err(NotAFigure::Unreadable);
        }
        if mantissa.len() > 20 || exponent.abs() > 20 {
            return Err(NotAFigure::TooLong);
        }
        let decimals = mantissa.find('.').map_or(0, |at| mantissa.len() - at - 1) as i32 - exponent;
        let magnitude: f64 = digits.parse().map_err(|_| NotAFigure::Unreadable)?;
        Ok(Some(Printed {
            raw: text.trim().to_owned(),
            value: if negative { -magnitude } else { magnitude },
            decimals,
            negative,
            relation,
            mark,
            percent,
            damaged,
            truncated: false,
            line: 0,
        }))
    }

    /// The same figure, printed at that line of the study file.
    pub(crate) fn at_line(mut self, line: usize) -> Printed {
        self.line = line;
        self
    }

    /// The same figure in a study that says that its digits were cut off.
    pub(crate) fn cut_off(mut self, truncated: bool) -> Printed {
        self.truncated = truncated;
        self
    }

    /// The same figure as a proportion where it is printed in per cent.
    pub(crate) fn into_proportion(mut self) -> Printed {
        if self.percent {
            self.percent = false;
            self.value /= 100.0;
            self.decimals += 2;
        }
        self
    }

    /// As it stands in the study file.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The number that its digits spell.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Digits behind the decimal point; negative where even units are rounded.
    pub fn decimals(&self) -> i32 {
        self.decimals
    }

    /// Whether a minus sign is printed, also before a zero.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// `<`, `>` or the number itself.
    pub fn relation(&self) -> Relation {
        self.relation
    }

    /// Its stars, dagger or `ns`.
    pub fn mark(&self) -> &Mark {
        &self.mark
    }

    /// Whether a percent sign is printed.
    pub fn is_percent(&self) -> bool {
        self.percent
    }

    /// Whether the source is damaged at this place, so that nothing may be held against the figure.
    pub fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// Line of the study file, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// One unit of the last printed place.
    pub fn unit(&self) -> f64 {
        10.0_f64.powi(-self.decimals)
    }

    fn spread(&self, below: f64, above: f64) -> Interval {
        match self.relation {
            Relation::Less => return Interval::at_most(self.value),
            Relation::Greater => return Interval::at_least(self.value),
            Relation::Equal => {}
        }
        let size = self.value.abs();
        let unit = self.unit();
        // A printed sign is information: "-.00" lies between -.005 and 0, ".00" on either side.
        if size == 0.0 && !self.negative {
            let reach = above.max(below) * unit;
            return Interval::new(-reach, reach);
        }
        let near = (size - below * unit).max(if size == 0.0 { 0.0 } else { size - unit });
        let far = size + above * unit;
        if self.negative { Interval::new(-near, -far) } else { Interval::new(near, far) }
    }

    /// The numbers that round to this figure: ".99" stands for [.985, .995].
    pub fn range(&self) -> Interval {
        if self.truncated {
            return self.truncated_range();
        }
        self.spread(HALF, HALF)
    }

    /// The numbers that give this figure when rounded once or, half up, several times: what a recomputed value is held against.
    pub fn generous_range(&self) -> Interval {
        if self.truncated {
            return self.truncated_range();
        }
        self.spread(REPEATED, HALF)
    }

    /// The numbers that give this figure when the further digits are cut off.
    pub fn truncated_range(&self) -> Interval {
        self.spread(0.0, 1.0)
    }

    /// The whole number that is printed, for counts: not rounded, not bounded.
    pub fn count(&self) -> Option<u64> {
        let whole = self.relation == Relation::Equal
            && !self.percent
            && self.value >= 0.0
            && self.value.fract() == 0.0
            && self.value <= 1e12;
        whole.then_some(self.value as u64)
    }
}

/// Takes stars, a dagger, a trailing plus or `ns` off the end.
fn take_mark(text: &mut String) -> Mark {
    let lower = text.to_ascii_lowercase();
    for ending in ["(n.s.)", "(ns)", "n.s.", "ns"] {
        if lower.ends_with(ending) {
            text.truncate(text.len() - ending.len());
            return Mark::NotSignificant;
        }
    }
    for symbol in ["†", "+"] {
        if let Some(rest) = text.strip_suffix(symbol) {
            *text = rest.to_owned();
            return Mark::Symbol("†".to_owned());
        }
    }
    let stars = text.len() - text.trim_end_matches('*').len();
    text.truncate(text.len() - stars);
    if stars == 0 { Mark::None } else { Mark::Symbol("*".repeat(stars)) }
}

fn bracketed(text: &str) -> Option<&str> {
    text.strip_prefix('(')
        .and_then(|t| t.strip_suffix(')'))
        .or_else(|| text.strip_prefix('[').and_then(|t| t.strip_suffix(']')))
}

/// Decimal commas to points, thousands commas away.
fn plain_digits(text: &str) -> Result<String, NotAFigure> {
    if !text.contains(',') {
        return Ok(text.to_owned());
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let thousands =
        all_digits(first) && first.len() <= 3 && first != "0" && groups.all(|g| g.len() == 3 && all_digits(g));
    if thousands {
        return Ok(if fraction.is_empty() {
            whole.replace(',', "")
        } else {
            format!("{}.{fraction}", whole.replace(',', ""))
        });
    }
    if text.matches(',').count() == 1 && !text.contains('.') {
        return Ok(text.replace(',', "."));
    }
    Err(NotAFigure::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Printed {
        Printed::read(text).expect("a figure").expect("present")
    }

    fn close(range: Interval, lo: f64, hi: f64) -> bool {
        (range.lo() - lo).abs() < 1e-12 && (range.hi() - hi).abs() < 1e-12
    }

    #[test]
    fn the_digits_show_the_precision() {
        assert!(close(read(".99").range(), 0.985, 0.995));
        assert!(close(read("5.4").range(), 5.35, 5.45));
        assert!(close(read("1,003.66").range(), 1003.655, 1003.665));
        assert!(close(read("0,95").range(), 0.945, 0.955));
        assert!(close(read("\u{2212}.24**").range(), -0.245, -0.235));
        assert!(close(read("54.07 %").range(), 54.065, 54.075));
        assert!(close(read("1.2e3").range(), 1150.0, 1250.0));
    }

    #[test]
    fn a_printed_zero_keeps_its_sign() {
        assert!(close(read("-.00").range(), -0.005, 0.0));
        assert!(close(read(".00").range(), -0.005, 0.005));
    }

    #[test]
    fn bounds_and_marks() {
        assert_eq!(read("<.001").range(), Interval::at_most(0.001));
        assert_eq!(read("p > .05").range(), Interval::at_least(0.05));
        assert_eq!(read(".59***").mark(), &Mark::Symbol("***".to_owned()));
        assert_eq!(read(".10+").mark(), &Mark::Symbol("†".to_owned()));
        assert_eq!(read("-.03 ns").mark(), &Mark::NotSignificant);
        assert_eq!(read("(-.56)").value(), -0.56);
        assert!(read(".96°").is_damaged());
        assert_eq!(Printed::read("—"), Ok(None));
        assert_eq!(Printed::read(""), Ok(None));
    }

    #[test]
    fn a_figure_rounded_twice_is_within_the_generous_range() {
        assert!(read(".37").generous_range().contains(0.36497));
        assert!(!read(".37").range().contains(0.36497));
        assert!(!read(".37").generous_range().contains(0.3751));
        assert!(read("-.37").generous_range().contains(-0.36497));
    }

    #[test]
    fn what_is_no_figure_is_refused() {
        for text in ["abc", "1.2.3", "..", "4a", "1,2,3", "p=", "--5", "1e999"] {
            assert!(Printed::read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = Printed::read(&text);
        }

        #[test]
        fn a_rounded_number_stands_for_its_origin(x in -2000.0..2000.0_f64, digits in 0usize..5) {
            let text = format!("{x:.digits$}");
            prop_assert!(read(&text).range().widened(1e-9).contains(x));
        }

        #[test]
        fn a_cut_number_stands_for_its_origin(x in 0.0..2000.0_f64, digits in 0usize..5) {
            let scale = 10f64.powi(digits as i32);
            let text = format!("{:.digits$}", (x * scale).floor() / scale);
            prop_assert!(read(&text).truncated_range().widened(1e-9).contains(x));
        }
    }
}
