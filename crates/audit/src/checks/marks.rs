//! Stars, daggers and "ns" against p-values.
//!
//! A paper does not always say what its stars mean nor whether its tests are one-sided. The marks of one table
//! are therefore judged together under every reading that its legend leaves open; the reading with the
//! fewest contradictions counts, the usual one first.

use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::printed::{Mark, Printed};
use crate::study::{Conventions, Tails};

use super::judge::show_range;

/// Levels of marks where a paper does not explain them: psychology's, and economics'.
const USUAL: [(&str, f64); 4] = [("†", 0.10), ("*", 0.05), ("**", 0.01), ("***", 0.001)];
const ECONOMICS: [(&str, f64); 3] = [("*", 0.10), ("**", 0.05), ("***", 0.01)];
/// Level of "ns" where no weaker mark is used.
const NOT_SIGNIFICANT: f64 = 0.05;

/// A mark and the p-values that its figure leaves open.
pub(super) struct MarkCase<'a> {
    pub(super) place: String,
    pub(super) figure: String,
    pub(super) printed: &'a Printed,
    /// Two-sided p, or the only p that the statistic has.
    pub(super) p: Interval,
    /// Whether a one-sided test of it is possible.
    pub(super) has_sides: bool,
    /// Sidedness that is printed with this figure.
    pub(super) tails: Option<Tails>,
}

impl<'a> MarkCase<'a> {
    pub(super) fn chi_square(printed: &'a Printed, place: &str, p: Interval) -> MarkCase<'a> {
        MarkCase { place: place.to_owned(), figure: "chi-square".to_owned(), printed, p, has_sides: false, tails: None }
    }

    fn p_under(&self, tails: Tails) -> Interval {
        let tails = self.tails.unwrap_or(tails);
        if self.has_sides && tails == Tails::One { self.p.scaled(0.5) } else { self.p }
    }

    /// The p-values that the mark claims; none where the legend does not know it.
    fn claimed(&self, legend: &[(String, f64)], used: &[String]) -> Option<Interval> {
        let levels = || legend.iter().filter(|(symbol, _)| used.contains(symbol)).map(|(_, level)| *level);
        match self.printed.mark() {
            Mark::Symbol(symbol) => {
                let level = legend.iter().find(|(known, _)| known == symbol)?.1;
                let stricter = levels().filter(|other| *other < level).fold(0.0, f64::max);
                Some(Interval::new(stricter, level))
            }
            Mark::None => Some(Interval::new(levels().fold(0.0, f64::max), 1.0)),
            Mark::NotSignificant => {
                let weakest = levels().fold(0.0, f64::max);
                let level = if weakest > 0.0 { weakest.min(NOT_SIGNIFICANT) } else { NOT_SIGNIFICANT };
                Some(Interval::new(level, 1.0))
            }
        }
    }
}

/// One way to read the marks.
struct Reading {
    legend: Vec<(String, f64)>,
    tails: Tails,
}

fn readings(conventions: &Conventions) -> Vec<Reading> {
    let owned = |legend: &[(&str, f64)]| legend.iter().map(|(s, l)| ((*s).to_owned(), *l)).collect::<Vec<_>>();
    let legends = if conventions.legend.is_empty() {
        vec![owned(&USUAL), owned(&ECONOMICS)]
    } else {
        vec![conventions.legend.clone()]
    };
    let tails = conventions.tails.map_or_else(|| vec![Tails::Two, Tails::One], |tails| vec![tails]);
    let mut readings = Vec::new();
    for legend in legends {
        for tails in &tails {
            readings.push(Reading { legend: legend.clone(), tails: *tails });
        }
    }
    readings
}

/// Judges the marks of one table or place together.
pub(super) fn judge(cases: &[MarkCase<'_>], conventions: &Conventions, own_legend: bool, findings: &mut Vec<Finding>) {
    let mut used: Vec<String> = Vec::new();
    let mut note = |symbol: &str| {
        if !used.iter().any(|known| known == symbol) {
            used.push(symbol.to_owned());
        }
    };
    for case in cases {
        if let Mark::Symbol(symbol) = case.printed.mark() {
            note(symbol);
        }
    }
    if own_legend {
        conventions.legend.iter().for_each(|(symbol, _)| note(symbol));
    }
    let speaks = cases.iter().any(|case| *case.printed.mark() != Mark::None);
    if !speaks {
        return;
    }
    let misses = |reading: &Reading| -> Vec<usize> {
        cases
            .iter()
            .enumerate()
            .filter(|(_, case)| {
                !case.printed.is_damaged()
                    && case
                        .claimed(&reading.legend, &used)
                        .is_some_and(|claimed| !claimed.meets(case.p_under(reading.tails)))
            })
            .map(|(index, _)| index)
            .collect()
    };
    let Some((reading, missed)) = readings(conventions)
        .into_iter()
        .map(|reading| {
            let missed = misses(&reading);
            (reading, missed)
        })
        .reduce(|best, other| if other.1.len() < best.1.len() { other } else { best })
    else {
        return;
    };
    let mut agreeing = 0;
    for (index, case) in cases.iter().enumerate() {
        let p = case.p_under(reading.tails);
        let claimed = case.claimed(&reading.legend, &used);
        let finding =
            |verdict| Finding::new("marks", &case.place, &case.figure, verdict).of(case.printed).recomputed(p, None);
        let mark = match case.printed.mark() {
            Mark::None => "no mark".to_owned(),
            Mark::NotSignificant => "ns".to_owned(),
            Mark::Symbol(symbol) => symbol.clone(),
        };
        if missed.contains(&index) {
            let claimed = claimed.unwrap_or(Interval::UNIT);
            let due = USUAL_ORDER
                .iter()
                .filter_map(|symbol| {
                    let known =
                        reading.legend.iter().any(|(known, _)| known == symbol) && used.iter().any(|u| u == symbol);
                    let level = reading.legend.iter().find(|(known, _)| known == symbol)?.1;
                    (known && p.hi() <= level).then_some(*symbol)
                })
                .next();
            let changes = crossed_level(claimed, p);
            findings.push(
                finding(Verdict::Inconsistent)
                    .concluding(changes)
                    .slipped(
                        due.map(|symbol| format!("{symbol} would agree"))
                            .or_else(|| (p.lo() >= 0.10).then(|| "no mark would agree".to_owned())),
                    )
                    .saying(format!(
                        "{} is printed with {mark}, which stands for p between {} and {}; the figures give p {}",
                        case.figure,
                        claimed.lo(),
                        claimed.hi(),
                        show_range(p, 3)
                    )),
            );
        } else if claimed.is_none() {
            findings.push(finding(Verdict::NotCheckable).saying(format!("the meaning of {mark} is not given")));
        } else {
            agreeing += 1;
        }
    }
    if agreeing > 0 {
        let first = &cases[0];
        let sides = if reading.tails == Tails::One { "one-sided" } else { "two-sided" };
        findings.push(
            Finding::new("marks", &first.place, "marks of significance", Verdict::Consistent)
                .showing(format!("{agreeing} of {}", cases.len()), first.printed.line())
                .by_convention(format!("{sides} tests"))
                .saying(format!("{agreeing} of {} marks agree with their figures", cases.len())),
        );
    }
}

/// Marks from the strictest on.
const USUAL_ORDER: [&str; 4] = ["***", "**", "*", "†"];

/// Whether the claim and the p-value lie on different sides of .05.
fn crossed_level(claimed: Interval, p: Interval) -> Option<String> {
    if claimed.hi() <= NOT_SIGNIFICANT && p.lo() > NOT_SIGNIFICANT {
        Some("marked as significant, recomputed p above .05".to_owned())
    } else if claimed.lo() >= NOT_SIGNIFICANT && p.hi() < NOT_SIGNIFICANT {
        Some("marked as not significant, recomputed p below .05".to_owned())
    } else {
        None
    }
}
