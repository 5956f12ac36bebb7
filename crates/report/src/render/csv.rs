//! CSV: every number of the report in one table with full precision.

use crate::report::Report;

const HEADER: &str = "section,lhs,op,rhs,block,group,level,label,free,est,se,z,pvalue,ci_lower,ci_upper,std_lv,std_all,std_nox,std_lv_se,std_all_se,std_nox_se\n";

/// Columns that hold numbers.
const NUMBERS: usize = 12;

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
            ],
        );
    }
    for c in &report.constraints {
        line(&mut out, ["constraint", &c.lhs, c.op, &c.rhs, "", "", "", ""], None, only(c.value));
    }
    for r in &report.r2 {
        line(&mut out, ["r2", &r.variable, "r2", "", &r.block.to_string(), "", "", ""], None, only(r.value));
    }
    for (name, value) in &report.fit.0 {
        line(&mut out, ["fit", name, "", "", "", "", "", ""], None, only(*value));
    }
    out
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
fn field(out: &mut String, text: &str) {
    if text.contains([',', '"', '\n', '\r']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}
