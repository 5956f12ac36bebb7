//! An audit as text, JSON, Markdown and HTML.

mod html;
mod json;
mod markdown;
mod text;

pub use html::html;
pub use json::json;
pub(crate) use markdown::cell as markdown_cell;
pub use markdown::markdown;
pub use text::text;

use crate::finding::{Audit, Finding, Recomputed, Verdict};

/// Verdicts in the order in which they are shown.
const ORDER: [Verdict; 3] = [Verdict::Inconsistent, Verdict::NotCheckable, Verdict::Consistent];

/// The findings of a verdict.
fn with_verdict(audit: &Audit, verdict: Verdict) -> Vec<&Finding> {
    audit.findings.iter().filter(|finding| finding.verdict == verdict).collect()
}

/// "12 inconsistent, 3 not checkable, 40 consistent".
fn tally(audit: &Audit) -> String {
    ORDER.map(|verdict| format!("{} {}", audit.count(verdict), verdict.as_str())).join(", ")
}

fn heading(audit: &Audit) -> String {
    match (audit.key.is_empty(), audit.title.is_empty()) {
        (false, false) => format!("{}: {}", audit.key, audit.title),
        (false, true) => audit.key.clone(),
        (true, false) => audit.title.clone(),
        (true, true) => "Published figures".to_owned(),
    }
}

/// The sentence that every rendering carries.
const CAVEAT: &str = "An inconsistency is a matter of arithmetic: no unrounded numbers give the figures as printed. Its cause may be a misprint, \
another convention than the study file says, or a slip of whoever wrote the study file.";

/// The recomputed value in a short form.
fn short(recomputed: &Recomputed) -> String {
    let number = |x: f64| {
        let digits = if x.abs() >= 100.0 {
            2
        } else if x.abs() >= 10.0 {
            3
        } else {
            4
        };
        let text = format!("{x:.digits$}");
        match (text.strip_prefix("0."), text.strip_prefix("-0.")) {
            (Some(rest), _) => format!(".{rest}"),
            (_, Some(rest)) => format!("-.{rest}"),
            _ => text,
        }
    };
    match (recomputed.lower.is_finite(), recomputed.upper.is_finite()) {
        (true, true) if number(recomputed.lower) == number(recomputed.upper) => number(recomputed.lower),
        (true, true) => format!("{} to {}", number(recomputed.lower), number(recomputed.upper)),
        (true, false) => format!("{} or more", number(recomputed.lower)),
        (false, true) => format!("{} or less", number(recomputed.upper)),
        (false, false) => String::new(),
    }
}

/// Notes on a finding besides its message.
fn notes(finding: &Finding) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(conclusion) = &finding.conclusion {
        notes.push(format!("conclusion: {conclusion}"));
    }
    if let Some(slip) = &finding.slip {
        notes.push(format!("possible slip: {slip}"));
    }
    if let Some(convention) = &finding.convention {
        notes.push(format!("convention: {convention}"));
    }
    if finding.approximate {
        notes.push("rests on an approximation".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audit() -> Audit {
        let study = crate::Study::parse(
            "key = \"A<1>\"\ntitle = \"Two | figures\"\nn = \"200\"\n[[model]]\nname = \"M & N\"\nchisq = \"100.2\"\ndf = \"50\"\nrmsea = \".05\"\ncmin_df = \"2.00\"\n",
        )
        .unwrap();
        crate::audit(&study, &std::collections::BTreeMap::new())
    }

    #[test]
    fn every_rendering_tells_the_inconsistency() {
        let audit = audit();
        assert!(audit.has_inconsistency());
        for rendered in [text(&audit, true), markdown(&audit), html(&audit), json(&audit)] {
            assert!(rendered.contains("RMSEA"), "{rendered}");
        }
        assert!(text(&audit, false).contains("1 inconsistent"));
    }

    #[test]
    fn special_signs_are_escaped() {
        let audit = audit();
        let page = html(&audit);
        assert!(page.contains("A&lt;1&gt;") && page.contains("M &amp; N") && !page.contains("A<1>"));
        assert!(markdown(&audit).contains("Two \\| figures"));
    }

    #[test]
    fn json_names_are_stable() {
        let value: serde_json::Value = serde_json::from_str(&json(&audit())).unwrap();
        assert_eq!(value["schema"], "latva.audit/1");
        let finding = value["findings"].as_array().unwrap().iter().find(|f| f["check"] == "rmsea").unwrap();
        assert_eq!(finding["verdict"], "inconsistent");
        assert_eq!(finding["printed"], ".05");
        assert_eq!(finding["place"], "M & N");
        assert!(finding["recomputed"]["lower"].as_f64().unwrap() > 0.05);
        assert_eq!(value["counts"]["inconsistent"], 1);
    }
}
