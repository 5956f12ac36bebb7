//! CSV: every number of the report in one table with full precision.

use crate::report::Report;
use crate::sections::{Figure, Sections};

const HEADER: &str = "section,lhs,op,rhs,block,group,level,label,free,est,se,z,pvalue,ci_lower,ci_upper,std_lv,std_all,std_nox,std_lv_se,std_all_se,std_nox_se,ci_pvalue\n";

/// Columns that hold numbers.
const NUMBERS: usize = 13;

/// One line per parameter, constraint, R-square and fit measure (`section` tells which).
pub(crate) fn render(report: &Report) -> String {
    let mut out = String::from(HEADER);
    for p in &report.parameters {
        let section = if p.op == ":=" { "defined" } else { "parameter" };
        let place = [p.block, p.group, p.level].map(|n| n.to_string());
        line(
            &mut out,
            [section, &p.lhs, p.op, &p.rhs, &place[0], &place[1], &place[2], &p.label],
            Some(p.free),
            [
                Some(p.est),
                p.se,
                p.z,
                p.pvalue,
                p.ci_lower,
                p.ci_upper,
                p.std_lv,
                p.std_all,
                p.std_nox,
                p.std_lv_inference.se,
                p.std_all_inference.se,
                p.std_nox_inference.se,
                p.ci_pvalue,
            ],
        );
    }
    for c in &report.constraints {
        line(&mut out, ["constraint", &c.lhs, c.op, &c.rhs, "", "", "", ""], None, only(c.value));
    }
    for r in &report.r2 {
        let mut numbers = only(r.value);
        (numbers[1], numbers[4], numbers[5]) = (r.se, r.ci_lower, r.ci_upper);
        line(&mut out, ["r2", &r.variable, "r2", "", &r.block.to_string(), "", "", ""], None, numbers);
    }
    further(&mut out, &report.sections);
    for (name, value) in &report.fit.0 {
        line(&mut out, ["fit", name, "", "", "", "", "", ""], None, only(*value));
    }
    out
}

impl Figure {
    /// The numbers of a line: its own, and the standardized ones of the same figure.
    fn numbers(&self, standardized: Option<Figure>) -> [Option<f64>; NUMBERS] {
        let Figure { est, se, z, pvalue, ci_lower, ci_upper, ci_pvalue } = *self;
        let mut numbers = [None; NUMBERS];
        numbers[..6].copy_from_slice(&[Some(est), se, z, pvalue, ci_lower, ci_upper]);
        numbers[7] = standardized.map(|figure| figure.est);
        numbers[10] = standardized.and_then(|figure| figure.se);
        numbers[12] = ci_pvalue;
        numbers
    }
}

/// The lines of the sections that were asked for.
fn further(out: &mut String, sections: &Sections) {
    for effect in sections.effects.iter().flat_map(|effects| &effects.effects) {
        let (section, via, group) =
            (format!("effect.{}", effect.kind), effect.via.join(" -> "), effect.group.to_string());
        let standardized = format!("{section}.standardized");
        let of = |section| [section, effect.to.as_str(), "~", &effect.from, "", &group, "", &via];
        line(out, of(&section), None, effect.raw.numbers(effect.standardized));
        if let Some(figure) = &effect.standardized {
            line(out, of(&standardized), None, figure.numbers(None));
        }
    }
    for (number, test) in sections.wald.iter().flat_map(|wald| &wald.tests).enumerate() {
        let label = format!("test {}", number + 1);
        for constraint in &test.constraints {
            let words = ["wald_constraint", &constraint.lhs, "==", &constraint.rhs, "", "", "", &label];
            line(out, words, None, constraint.difference.numbers(None));
        }
        let mut joint = only(test.chisq);
        joint[3] = test.pvalue;
        line(out, ["wald", "", "", "", "", "", "", &label], None, joint);
        line(out, ["wald.df", "", "", "", "", "", "", &label], None, only(test.df));
    }
    if let Some(differences) = &sections.differences {
        let ratios = &differences.ratios;
        for (i, one) in ratios.parameters.iter().enumerate() {
            for (j, other) in ratios.parameters[..i].iter().enumerate() {
                let mut numbers = [None; NUMBERS];
                numbers[2] = ratios.z[i][j];
                line(out, ["critical_ratio", &one.name, "-", &other.name, "", "", "", ""], None, numbers);
            }
        }
    }
    for factor in sections.scores.iter().flat_map(|scores| &scores.record.factors) {
        let words = ["score_reliability", &factor.factor, "", "", "", &factor.group.to_string(), "", ""];
        line(out, words, None, factor.reliability.map_or([None; NUMBERS], only));
    }
    if let Some(likelihoods) = &sections.likelihoods {
        line(out, ["case_likelihoods", "sum", "", "", "", "", "", ""], None, only(likelihoods.record.sum));
    }
    if let Some(modification) = &sections.modification {
        for index in &modification.indices {
            let group = index.group.to_string();
            let (lhs, rhs) = (index.lhs.as_str(), index.rhs.as_str());
            let of = |section| [section, lhs, index.op, rhs, "", &group, "", ""];
            line(out, of("modification_index"), None, only(index.mi));
            let mut change = only(index.epc);
            change[6..9].copy_from_slice(&[index.sepc_lv, index.sepc_all, index.sepc_nox]);
            line(out, of("expected_change"), None, change);
        }
        for constraint in &modification.constraints {
            let words = ["constraint_test", &constraint.lhs, "==", &constraint.rhs, "", "", "", ""];
            let mut test = [None; NUMBERS];
            (test[0], test[3]) = (constraint.test.chisq, constraint.test.pvalue);
            line(out, words, None, test);
        }
    }
    for block in sections.residuals.iter().flat_map(|residuals| &residuals.blocks) {
        let group = block.group.to_string();
        for (name, kind) in block.kinds() {
            let section = format!("residual.{name}");
            for (i, row) in kind.cov.iter().enumerate() {
                for (j, value) in row.iter().enumerate().take(i + 1) {
                    let words = [&section, &block.variables[j], "~~", &block.variables[i], "", &group, "", ""];
                    line(out, words, None, value.map_or([None; NUMBERS], only));
                }
            }
            for (i, value) in kind.mean.iter().flatten().enumerate() {
                let words = [&section, &block.variables[i], "~1", "", "", &group, "", ""];
                line(out, words, None, value.map_or([None; NUMBERS], only));
            }
        }
        for (name, parts) in block.summary.iter().flat_map(|summary| summary.kinds()) {
            for (part, figures) in parts.parts() {
                let mut numbers = [None; NUMBERS];
                numbers[..4].copy_from_slice(&[figures.value, figures.se, figures.exact_z, figures.exact_pvalue]);
                line(out, ["residual_summary", name, "", part, "", &group, "", ""], None, numbers);
                let mut unbiased = [None; NUMBERS];
                unbiased[..6].copy_from_slice(&[
                    figures.unbiased,
                    figures.unbiased_se,
                    figures.close_z,
                    figures.close_pvalue,
                    figures.ci_lower,
                    figures.ci_upper,
                ]);
                line(out, ["residual_summary.unbiased", name, "", part, "", &group, "", ""], None, unbiased);
            }
        }
    }
}

fn only(value: f64) -> [Option<f64>; NUMBERS] {
    let mut numbers = [None; NUMBERS];
    numbers[0] = Some(value);
    numbers
}

fn line(out: &mut String, words: [&str; 8], free: Option<usize>, numbers: [Option<f64>; NUMBERS]) {
    for word in words {
        field(out, word);
        out.push(',');
    }
    if let Some(free) = free {
        out.push_str(&free.to_string());
    }
    for number in numbers {
        out.push(',');
        if let Some(value) = number.filter(|value| value.is_finite()) {
            out.push_str(&format!("{value:?}"));
        }
    }
    out.push('\n');
}

/// A field as RFC 4180 quotes it.
pub(crate) fn field(out: &mut String, text: &str) {
    if text.contains([',', '"', '\n', '\r']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}
