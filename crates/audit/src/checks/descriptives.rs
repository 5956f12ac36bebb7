//! Means and standard deviations: the limits of the scale, GRIM and GRIMMER.
//!
//! Sources: Brown, N. J. L., & Heathers, J. A. J. (2017). Social Psychological and Personality Science 8, 363-369 (GRIM);
//! Anaya, J. (2016), PeerJ Preprints 4:e2400v1 (GRIMMER).

use super::judge::{Question, is_bound, show_range, unless};
use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::printed::Printed;
use crate::study::{Mean, Study, Table};

/// More sums than this within the rounding of a mean: whole numbers exclude nothing.
const MAX_SUMS: i64 = 2_000;
/// Sums beyond this size are not exact in floating point when squared.
const MAX_SUM: f64 = 3e7;

/// A mean with what is known about its scores.
struct Scores<'a> {
    place: &'a str,
    name: &'a str,
    mean: Option<&'a Printed>,
    sd: Option<&'a Printed>,
    n: Option<u64>,
    /// Number of whole-number items that are averaged, where known.
    items: Option<u64>,
    scale: Option<(f64, f64)>,
    /// Whether cases may be missing.
    incomplete: bool,
}

/// The rows of a table.
pub(super) fn table(table: &Table, findings: &mut Vec<Finding>) {
    for row in table.rows.iter() {
        let scores = Scores {
            place: &table.name,
            name: &row.name,
            mean: row.mean.as_ref(),
            sd: row.sd.as_ref(),
            n: table.conventions.n,
            items: row.items,
            scale: row.scale,
            incomplete: table.pairwise,
        };
        scores.check(findings);
    }
}

/// Means outside of tables.
pub(super) fn means(study: &Study, findings: &mut Vec<Finding>) {
    for Mean { name, mean, sd, n, items, scale, .. } in &study.means {
        let scores = Scores {
            place: name,
            name,
            mean: mean.as_ref(),
            sd: sd.as_ref(),
            n: *n,
            items: Some(*items),
            scale: *scale,
            incomplete: false,
        };
        scores.check(findings);
    }
}

impl Scores<'_> {
    fn usable(figure: Option<&Printed>) -> Option<&Printed> {
        figure.filter(|figure| !figure.is_damaged() && !is_bound(figure))
    }

    fn check(&self, findings: &mut Vec<Finding>) {
        let sd_name = format!("SD of {}", self.name);
        let mean_name = format!("mean of {}", self.name);
        let mean = Self::usable(self.mean);
        let sd = Self::usable(self.sd);
        if let Some(sd) = sd {
            let question = Question { check: "limits", place: self.place, figure: &sd_name, basis: "" };
            findings.extend(question.limits(sd, Interval::NONNEGATIVE));
        }
        if let (Some(mean), Some((low, high))) = (mean, self.scale) {
            let question =
                Question { check: "scale", place: self.place, figure: &mean_name, basis: "the ends of the scale" };
            let inside = question.judge(mean, Interval::new(low, high), None);
            let fits = inside.verdict == Verdict::Consistent;
            findings.push(inside);
            if let (true, Some(sd)) = (fits, sd) {
                findings.push(self.widest(mean, sd, &sd_name, low, high));
            }
        }
        self.whole_numbers(&mean_name, &sd_name, findings);
    }

    /// SD^2 <= (M - low)(high - M) n / (n - 1): all scores at the ends of the scale.
    fn widest(&self, mean: &Printed, sd: &Printed, name: &str, low: f64, high: f64) -> Finding {
        let m = mean.range().clamp_to(Interval::new(low, high));
        let at = ((low + high) / 2.0).clamp(m.lo(), m.hi());
        let divisor = self.n.filter(|n| *n > 1).map_or(2.0, |n| n as f64 / (n as f64 - 1.0));
        let most = ((at - low) * (high - at) * divisor).max(0.0).sqrt();
        let question =
            Question { check: "scale", place: self.place, figure: name, basis: "the mean and the ends of the scale" };
        question.judge(sd, Interval::new(0.0, most), None)
    }

    /// GRIM and GRIMMER.
    fn whole_numbers(&self, mean_name: &str, sd_name: &str, findings: &mut Vec<Finding>) {
        let (Some(mean), Some(n), Some(items)) = (Self::usable(self.mean), self.n, self.items) else { return };
        if items == 0 || n < 2 {
            return;
        }
        let parts = n as f64 * items as f64;
        let question = Question { check: "grim", place: self.place, figure: mean_name, basis: "whole-number scores" };
        let sums = mean.generous_range().scaled(parts);
        if sums.hi().abs().max(sums.lo().abs()) > MAX_SUM {
            findings.push(question.open(mean, "the sum of scores is too large to tell"));
            return;
        }
        let slack = 1e-9 * parts;
        let (first, last) = ((sums.lo() - slack).ceil() as i64, (sums.hi() + slack).floor() as i64);
        if first > last {
            let nearest = (mean.value() * parts).round();
            let near = Interval::new((nearest - 1.0) / parts, (nearest + 1.0) / parts);
            let finding = question
                .finding(Verdict::Inconsistent)
                .of(mean)
                .recomputed(near, None)
                .slipped(other_n(mean, n, items))
                .saying(format!(
                    "{mean_name} {} is no mean of {n} whole-number scores{}; the nearest are {}",
                    mean.raw(),
                    if items > 1 { format!(" over {items} items") } else { String::new() },
                    show_range(near, mean.decimals())
                ));
            findings.push(unless(finding, self.incomplete, "cases may be missing"));
            return;
        }
        if last - first >= 2 {
            findings.push(question.open(mean, "any mean of so many scores can be printed so"));
        } else {
            findings
                .push(question.finding(Verdict::Consistent).of(mean).saying("whole-number scores can have this mean"));
        }
        let Some(sd) = Self::usable(self.sd) else { return };
        let question = Question {
            check: "grimmer",
            place: self.place,
            figure: sd_name,
            basis: "whole-number scores with that mean",
        };
        if last - first > MAX_SUMS {
            findings.push(question.open(sd, "too many sums of scores are possible"));
            return;
        }
        let possible = (first..=last).any(|sum| self.squares_exist(sum, n, items, sd));
        if possible {
            findings.push(
                question.finding(Verdict::Consistent).of(sd).saying("whole-number scores can have this mean and SD"),
            );
        } else {
            let finding = question
                .finding(Verdict::Inconsistent)
                .of(sd)
                .saying(format!("no {n} whole-number scores have this mean together with {sd_name} {}", sd.raw()));
            findings.push(unless(finding, self.incomplete, "cases may be missing"));
        }
    }

    /// Whether n whole numbers with that sum can have a sum of squares that gives the SD (divisor n - 1 or n).
    ///
    /// x^2 and x are both even or both odd, so that the sum of squares has the parity of the sum; it is smallest when
    /// the scores differ by at most 1 and, on a scale, at most (a + b) sum - n a b.
    fn squares_exist(&self, sum: i64, n: u64, items: u64, sd: &Printed) -> bool {
        let (cases, k) = (n as f64, items as f64);
        let whole = n as i64;
        let (quotient, rest) = (sum.div_euclid(whole), sum.rem_euclid(whole));
        let least = (whole - rest) as f64 * (quotient as f64).powi(2) + rest as f64 * (quotient as f64 + 1.0).powi(2);
        let most = self.scale.map(|(low, high)| (low + high) * k * sum as f64 - cases * low * high * k * k);
        let centre = (sum as f64).powi(2) / cases;
        let deviation = sd.generous_range().clamp_to(Interval::NONNEGATIVE);
        [cases - 1.0, cases].into_iter().any(|divisor| {
            let range = deviation.square().scaled(divisor * k * k) + Interval::point(centre);
            let low = (range.lo().max(least) * (1.0 - 1e-12) - 1e-6).ceil();
            let high = most.map_or(range.hi(), |most| range.hi().min(most + 1e-6)) * (1.0 + 1e-12) + 1e-6;
            let high = high.floor();
            // A whole number of the right parity between the two.
            let odd = sum.rem_euclid(2) == 1;
            let first = if (low.rem_euclid(2.0) == 1.0) == odd { low } else { low + 1.0 };
            first <= high
        })
    }
}

/// A slightly smaller number of cases (missing answers) with which the mean would exist.
fn other_n(mean: &Printed, n: u64, items: u64) -> Option<String> {
    (n.saturating_sub(20).max(2)..n).rev().find_map(|fewer| {
        let sums = mean.range().scaled(fewer as f64 * items as f64);
        (sums.lo().ceil() <= sums.hi().floor()).then(|| format!("{fewer} cases would agree"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn verdicts(mean: &str, sd: &str, n: u64, items: u64, scale: Option<(f64, f64)>) -> Vec<(String, Verdict)> {
        let (mean, sd) = (Printed::read(mean).unwrap(), Printed::read(sd).unwrap());
        let scores = Scores {
            place: "",
            name: "x",
            mean: mean.as_ref(),
            sd: sd.as_ref(),
            n: Some(n),
            items: Some(items),
            scale,
            incomplete: false,
        };
        let mut findings = Vec::new();
        scores.check(&mut findings);
        findings.into_iter().map(|f| (f.check.to_owned(), f.verdict)).collect()
    }

    #[test]
    fn a_mean_that_no_count_gives() {
        // Brown and Heathers' example: 28 scores cannot have the mean 5.19.
        assert!(verdicts("5.19", "", 28, 1, None).contains(&("grim".to_owned(), Verdict::Inconsistent)));
        assert!(verdicts("5.18", "", 28, 1, None).contains(&("grim".to_owned(), Verdict::Consistent)));
    }

    #[test]
    fn a_standard_deviation_beyond_the_scale() {
        assert!(
            verdicts("1.20", "2.10", 30, 1, Some((1.0, 7.0))).contains(&("scale".to_owned(), Verdict::Inconsistent))
        );
    }

    proptest! {
        #[test]
        fn true_scores_are_never_doubted(
            scores in prop::collection::vec(1..8_i64, 2..60),
            mean_digits in 1usize..4,
            sd_digits in 1usize..4,
            items in 1u64..4,
        ) {
            let per_item: Vec<f64> = scores.iter().map(|s| *s as f64).collect();
            // Every score a mean over items: here the sum of the items is the whole number.
            let n = per_item.len() as f64;
            let values: Vec<f64> = per_item.iter().map(|s| s + 3.0).map(|s| s / items as f64).collect();
            let mean = values.iter().sum::<f64>() / n;
            let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
            let found = verdicts(&format!("{mean:.mean_digits$}"), &format!("{sd:.sd_digits$}"), scores.len() as u64, items, None);
            prop_assert!(found.iter().all(|(_, verdict)| *verdict != Verdict::Inconsistent), "{found:?}");
        }
    }
}
