//! The audit of published figures: every row of the table that was worked out by hand for three studies, and
//! synthetic papers.

use latva_audit::{Audit, Finding, Study, Verdict};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn folder(key: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/studies").join(key)
}

fn audit(key: &str) -> Audit {
    let folder = folder(key);
    let text = std::fs::read_to_string(folder.join("study.toml")).expect("the study file");
    let study = Study::parse(&text).unwrap_or_else(|errors| panic!("{errors}"));
    let texts: BTreeMap<String, String> = study
        .model_files()
        .into_iter()
        .map(|name| (name.to_owned(), std::fs::read_to_string(folder.join(name)).expect("the model file")))
        .collect();
    latva_audit::audit(&study, &texts)
}

/// A row of the table: where to look, and what must be found there.
struct Row<'a> {
    audit: &'a Audit,
    check: &'a str,
    place: &'a str,
    figure: &'a str,
}

impl<'a> Row<'a> {
    fn findings(&self) -> Vec<&'a Finding> {
        let found: Vec<&'a Finding> = self
            .audit
            .findings
            .iter()
            .filter(|f| f.check == self.check && f.place.contains(self.place) && f.figure.contains(self.figure))
            .collect();
        assert!(!found.is_empty(), "nothing about {} {} {}", self.check, self.place, self.figure);
        found
    }

    fn inconsistent(&self) -> &'a Finding {
        let found = self.findings();
        found
            .iter()
            .copied()
            .find(|f| f.verdict == Verdict::Inconsistent)
            .unwrap_or_else(|| panic!("not found inconsistent: {found:#?}"))
    }

    /// Checked, and nothing inconsistent.
    fn holds(&self) -> Vec<&'a Finding> {
        let found = self.findings();
        assert!(found.iter().all(|f| f.verdict != Verdict::Inconsistent), "{found:#?}");
        assert!(found.iter().any(|f| f.verdict == Verdict::Consistent), "{found:#?}");
        found
    }
}

fn row<'a>(audit: &'a Audit, check: &'a str, place: &'a str, figure: &'a str) -> Row<'a> {
    Row { audit, check, place, figure }
}

/// The recomputed value and its range hold the number that was worked out by hand.
fn gives(finding: &Finding, number: f64, within: f64) {
    let range = finding.recomputed.expect("recomputed").range();
    let near = range.widened(within);
    assert!(near.contains(number), "{number} is not in {range:?}: {}", finding.message);
}

#[test]
fn rows_1_to_5_of_z17() {
    let z17 = audit("Z17");
    // 1
    gives(row(&z17, "rmsea", "CFA", "RMSEA").holds()[0], 0.0460, 0.0002);
    gives(row(&z17, "rmsea", "SEM", "RMSEA").holds()[0], 0.0417, 0.0002);
    // 2
    let df = row(&z17, "degrees-of-freedom", "CFA", "df").inconsistent();
    gives(df, 271.0, 0.0);
    // 3
    row(&z17, "baseline", "CFA", "CFI").holds();
    row(&z17, "baseline", "SEM", "CFI").holds();
    row(&z17, "baseline", "CFA", "IFI").holds();
    row(&z17, "baseline", "SEM", "IFI").holds();
    // 4
    gives(row(&z17, "degrees-of-freedom", "SEM", "df").inconsistent(), 378.0, 0.0);
    // 5
    let difference = row(&z17, "group-difference", "radical", "difference").inconsistent();
    assert!(difference.approximate);
    gives(difference, 0.7, 0.05);
    row(&z17, "group-difference", "incremental", "difference").holds();
}

#[test]
fn rows_6_to_11_of_z23() {
    let z23 = audit("Z23");
    // 6
    gives(row(&z23, "p-value", "CFA (text)", "p").holds()[0], 0.058, 0.001);
    gives(row(&z23, "rmsea", "CFA (text)", "RMSEA").holds()[0], 0.0231, 0.0002);
    // 7
    let text = row(&z23, "degrees-of-freedom", "CFA (text)", "df").inconsistent();
    assert!(text.message.contains("254") && text.message.contains("265"), "{}", text.message);
    // 8
    let note = row(&z23, "degrees-of-freedom", "note", "df").inconsistent();
    assert!(note.message.contains("362"), "{}", note.message);
    row(&z23, "repeated", "note", "df").inconsistent();
    // 9
    for finding in row(&z23, "degrees-of-freedom", "one factor", "df").holds() {
        gives(finding, 275.0, 0.0);
    }
    gives(row(&z23, "rmsea", "one factor", "RMSEA").holds()[0], 0.1674, 0.0002);
    // 10
    let shared = row(&z23, "baseline-across-models", "25 items", "baseline").holds()[0];
    let range = shared.recomputed.expect("range").range();
    assert!((range.lo() - 4364.0).abs() < 2.0 && (range.hi() - 4420.0).abs() < 2.0, "{range:?}");
    assert!(shared.message.contains("one factor") && shared.message.contains("CFA (text)"));
    // 11
    let nfi = row(&z23, "baseline-across-models", "note", "NFI").inconsistent();
    gives(nfi, 0.889, 0.001);
}

#[test]
fn rows_12_to_19_of_z23() {
    let z23 = audit("Z23");
    // 12
    for (name, value) in
        [("IOC", 0.834), ("AP", 0.850), ("AT", 0.814), ("IL", 0.884), ("RAD", 0.798), ("INC", 0.768), ("SP", 0.957)]
    {
        gives(row(&z23, "composite-reliability", name, "CR").holds()[0], value, 0.0005);
    }
    // 13, 14, 15
    gives(row(&z23, "average-variance", "SP", "AVE").inconsistent(), 0.817, 0.0005);
    gives(row(&z23, "average-variance", "INC", "AVE").inconsistent(), 0.5255, 0.0005);
    for (name, value) in [("IOC", 0.629), ("AP", 0.586), ("AT", 0.593), ("IL", 0.659), ("RAD", 0.569)] {
        gives(row(&z23, "average-variance", name, "AVE").holds()[0], value, 0.001);
    }
    // 16
    for name in ["IL", "INC"] {
        row(&z23, "root-of-average-variance", "Table 3", &format!("of {name}")).inconsistent();
    }
    for name in ["IOC", "AP", "AT", "RAD", "SP"] {
        row(&z23, "root-of-average-variance", "Table 3", &format!("of {name}")).holds();
    }
    // 17
    row(&z23, "fornell-larcker", "Table 3", "Fornell").holds();
    // 18
    for (a, b) in [
        ("RAD", "AT"),
        ("R&D intensity", "firm size"),
        ("international experience", "firm age"),
        ("industry", "INC"),
        ("R&D intensity", "AT"),
        ("R&D intensity", "IL"),
        ("R&D intensity", "industry"),
    ] {
        row(&z23, "marks", "Table 3", &format!("correlation of {a} and {b}")).inconsistent();
    }
    let doubted = z23
        .findings
        .iter()
        .filter(|f| f.check == "marks" && f.place == "Table 3" && f.verdict == Verdict::Inconsistent);
    assert_eq!(doubted.count(), 7);
    // 19
    gives(row(&z23, "positive-definite", "Table 3", "eigenvalue").holds()[0], 0.325, 0.0005);
}

#[test]
fn rows_20_to_32_of_z23() {
    let z23 = audit("Z23");
    // 20
    let informants = row(&z23, "percentage", "informants", "percentage").findings();
    assert_eq!(informants.iter().filter(|f| f.verdict == Verdict::Inconsistent).count(), 2);
    gives(row(&z23, "percentage-sum", "informants", "sum").inconsistent(), 99.10, 0.0);
    // 21, 22
    let fits = [(0.0127, 0.395), (0.0190, 0.223), (0.0176, 0.342), (0.0233, 0.148), (0.0201, 0.213), (0.0293, 0.046)];
    for (at, (rmsea, p)) in fits.into_iter().enumerate() {
        let model = format!("Model {}", at + 1);
        gives(row(&z23, "rmsea", &model, "RMSEA").holds()[0], rmsea, 0.0002);
        let found = row(&z23, "p-value", &model, "p").findings()[0];
        gives(found, p, 0.0006);
        assert_eq!(found.conclusion.is_some(), at == 5, "{found:#?}");
        assert_ne!(found.verdict, Verdict::Inconsistent);
    }
    gives(row(&z23, "rmsea", "structural model (text)", "RMSEA").holds()[0], 0.0213, 0.0002);
    gives(row(&z23, "p-value", "structural model (text)", "p").holds()[0], 0.214, 0.0006);
    // 23
    for (model, least) in [("Model 1", 0.997), ("Model 3", 0.998), ("Model 5", 0.995)] {
        let found = row(&z23, "baseline", model, "CFI").inconsistent();
        let lower = found.recomputed.expect("range").lower;
        assert!((lower - least).abs() < 0.001, "{found:#?}");
        assert!(found.slip.as_ref().is_some_and(|slip| slip.contains("cut off")), "{found:#?}");
    }
    for model in ["Model 2", "Model 4", "Model 6"] {
        row(&z23, "baseline", model, "CFI").holds();
    }
    // 24
    for (model, path) in [("Model 4", "firm size"), ("Model 5", "industry"), ("Model 6", "industry")] {
        row(&z23, "marks", model, path).inconsistent();
    }
    let doubted = z23
        .findings
        .iter()
        .filter(|f| f.check == "marks" && f.place.starts_with("Model") && f.verdict == Verdict::Inconsistent);
    assert_eq!(doubted.count(), 3);
    // 25
    gives(row(&z23, "peers", "Model 2", "firm age").inconsistent(), 0.80, 0.0);
    gives(row(&z23, "peers", "Model 4", "R&D intensity").inconsistent(), 0.57, 0.0);
    row(&z23, "sign", "Model 1", "alliance experience").inconsistent();
    assert_eq!(z23.findings.iter().filter(|f| f.check == "peers" || f.check == "sign").count(), 3);
    // 26
    gives(row(&z23, "total", "Table 4", "total").holds()[0], 0.266, 0.001);
    // 27
    gives(row(&z23, "sobel", "(Table 4)", "Sobel").inconsistent(), 2.61, 0.01);
    // 28
    gives(row(&z23, "regression", "a: index", "coefficient").holds()[0], 0.60, 0.005);
    gives(row(&z23, "regression", "b: speed", "coefficient").holds()[0], 0.22, 0.005);
    gives(row(&z23, "indirect", "from Table 3", "indirect").holds()[0], 0.132, 0.005);
    gives(row(&z23, "sobel", "from Table 3", "Sobel").holds()[0], 2.93, 0.01);
    let product = row(&z23, "regression", "product", "").findings();
    assert!(product.iter().all(|f| f.verdict == Verdict::NotCheckable), "{product:#?}");
    // 29
    let z = row(&z23, "interval-and-z", "(PROCESS)", "Sobel").holds()[0];
    assert!(z.recomputed.and_then(|r| r.value).is_some_and(|z| (z - 2.83).abs() < 0.02), "{z:#?}");
    // 30
    row(&z23, "statement", "RAD -> SP", "indirect").inconsistent();
    // 31
    let first = row(&z23, "f-and-r-square", "first stage", "R-square").holds()[0];
    gives(first, 0.365, 0.0005);
    assert!(first.convention.is_some(), "{first:#?}");
    // 32
    row(&z23, "percentage", "used of sampled", "percentage").holds();
}

#[test]
fn rows_32_to_37_of_z22() {
    let z22 = audit("Z22");
    // 32
    row(&z22, "percentage", "response rate", "percentage").holds();
    // 33
    for (model, rmsea, ratio, p) in [
        ("method only", 0.1286, 6.273, 0.0),
        ("trait only", 0.0243, 1.189, 0.0638),
        ("method and trait", 0.0227, 1.164, 0.0919),
    ] {
        gives(row(&z22, "rmsea", model, "RMSEA").holds()[0], rmsea, 0.0002);
        gives(row(&z22, "chisq-df", model, "chi-square/df").holds()[0], ratio, 0.001);
        gives(row(&z22, "p-value", model, "p").holds()[0], p, 0.0005);
    }
    // 34
    let method = row(&z22, "degrees-of-freedom", "method only", "df").inconsistent();
    gives(method, 170.0, 0.0);
    assert!(method.slip.as_ref().is_some_and(|slip| slip.contains("5 correlated factors")), "{method:#?}");
    // 35
    let trait_only = row(&z22, "degrees-of-freedom", "trait only", "df").inconsistent();
    for df in ["155", "160", "162"] {
        assert!(trait_only.message.contains(df), "{}", trait_only.message);
    }
    // 36
    let cost = row(&z22, "method-factor", "trait", "df").inconsistent();
    assert!(cost.message.contains("20") && cost.message.contains('1'));
    // 37
    gives(row(&z22, "statement", "trait only and method and trait", "difference").holds()[0], 0.056, 0.001);
}

/// What is doubted in the three studies beyond the table: nothing.
#[test]
fn nothing_else_is_doubted() {
    let known: [(&str, &[&str]); 3] = [
        ("Z17", &["degrees-of-freedom", "group-difference"]),
        ("Z22", &["degrees-of-freedom", "method-factor"]),
        (
            "Z23",
            &[
                "degrees-of-freedom",
                "repeated",
                "baseline-across-models",
                "baseline",
                "average-variance",
                "root-of-average-variance",
                "marks",
                "percentage",
                "percentage-sum",
                "peers",
                "sign",
                "sobel",
                "statement",
            ],
        ),
    ];
    let counts = [3, 3, 32];
    for ((key, checks), count) in known.into_iter().zip(counts) {
        let audit = audit(key);
        let doubted: Vec<&Finding> = audit.inconsistencies().collect();
        for finding in &doubted {
            assert!(checks.contains(&finding.check), "{key}: {finding:#?}");
        }
        let listed: Vec<String> = doubted.iter().map(|f| format!("[{}] {}: {}", f.check, f.place, f.message)).collect();
        assert_eq!(doubted.len(), count, "{key}:\n{}", listed.join("\n"));
    }
}

/// Figures of AMOS, lavaan and their manuals, each computed by another program.
#[test]
fn true_figures_are_not_doubted() {
    let audit = audit("true-figures");
    let doubted: Vec<&str> = audit.inconsistencies().map(|f| f.message.as_str()).collect();
    assert!(doubted.is_empty(), "{doubted:#?}");
    assert!(audit.count(Verdict::Consistent) >= 55, "{}", audit.count(Verdict::Consistent));
}

/// Any text is read or refused, and whatever is read is audited: the studies with pieces cut out, doubled and exchanged.
#[test]
fn no_study_file_is_too_strange() {
    let texts: Vec<String> = ["Z17", "Z22", "Z23", "true-figures"]
        .into_iter()
        .map(|key| std::fs::read_to_string(folder(key).join("study.toml")).expect("the study file"))
        .collect();
    let figures =
        ["", "-", "0", "-.00", "1", "999999999999", "<.001", ">.05", ".5", "1e9", "-3", "1.00***", "100 %", "?", "abc"];
    let mut state = 1_u64;
    let mut next = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    let mut read = 0;
    for _ in 0..200 {
        let mut lines: Vec<String> = texts[next(texts.len())].lines().map(str::to_owned).collect();
        for _ in 0..1 + next(6) {
            let at = next(lines.len());
            match next(4) {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                2 => {
                    let parts: Vec<&str> = lines[at].split('"').collect();
                    if parts.len() > 2 {
                        let which = 1 + 2 * next(parts.len() / 2);
                        let mut parts: Vec<String> = parts.into_iter().map(str::to_owned).collect();
                        parts[which] = figures[next(figures.len())].to_owned();
                        lines[at] = parts.join("\"");
                    }
                }
                _ => {
                    let other = next(lines.len());
                    lines.swap(at, other);
                }
            }
            if lines.is_empty() {
                break;
            }
        }
        if let Ok(study) = Study::parse(&lines.join("\n")) {
            read += 1;
            let audit = latva_audit::audit(&study, &BTreeMap::new());
            assert!(!latva_audit::render::text(&audit, true).is_empty());
            assert!(!latva_audit::render::json(&audit).is_empty());
        }
    }
    assert!(read > 25, "{read} of 200 were read");
}

/// A hundred synthetic papers here, ten thousand by `cargo bench -p latva-tests --bench synthetic_papers`.
#[test]
fn synthetic_papers_raise_no_false_alarm() {
    let tally = super::synthetic_papers::run(0..100);
    let told: Vec<String> =
        tally.false_alarms.iter().take(5).map(|(seed, message)| format!("{seed}: {message}")).collect();
    assert!(told.is_empty(), "{} false alarms:\n{}", tally.false_alarms.len(), told.join("\n"));
    assert!(tally.checks > 100 * tally.papers, "{} checks of {} papers", tally.checks, tally.papers);
    let (altered, found) = tally.by_alteration.values().fold((0, 0), |sum, (a, f)| (sum.0 + a, sum.1 + f));
    assert!(found * 2 > altered, "{found} of {altered} altered figures found");
}

/// The schema for editors names the fields that the reader knows, and no others.
#[test]
fn the_schema_lists_every_field() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/study.schema.json");
    let schema: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("the schema")).expect("JSON");
    for section in latva_audit::SECTIONS {
        let object = if section.name == "study" { &schema } else { &schema["$defs"][section.name] };
        let mut listed: Vec<&str> = object["properties"]
            .as_object()
            .unwrap_or_else(|| panic!("no {}", section.name))
            .keys()
            .map(String::as_str)
            .collect();
        let mut known = section.fields.to_vec();
        listed.sort_unstable();
        known.sort_unstable();
        assert_eq!(listed, known, "{}", section.name);
    }
}

/// The pages tell every check and every field.
#[test]
fn the_pages_tell_every_check_and_field() {
    let page = |name: &str| {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
        std::fs::read_to_string(path).expect("the page")
    };
    let methods = page("methods/audit.md");
    for (check, _) in latva_audit::CHECKS {
        assert!(methods.contains(&format!("`{check}`")), "{check}");
    }
    let guide = page("guide/study-files.md");
    for section in latva_audit::SECTIONS {
        for field in section.fields {
            assert!(guide.contains(&format!("`{field}`")), "{}.{field}", section.name);
        }
    }
}
