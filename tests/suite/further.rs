//! Further results on the command line: what an option adds to a report, in every format.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::cli::{at_root, latva, root, scratch};

const HS: &str = "fit fixtures/models/hs_cfa.lav --data fixtures/data/HolzingerSwineford1939.csv";
const DEMOCRACY: &str = "fit fixtures/models/political_democracy.lav --data fixtures/data/PoliticalDemocracy.csv";
const FORMATS: [&str; 6] = ["text", "json", "md", "tex", "html", "csv"];

fn json(line: &str) -> Value {
    let run = at_root(&format!("{line} --format json"));
    assert_eq!(run.code, 0, "{line}: {}", run.err);
    serde_json::from_str(&run.out).expect("JSON")
}

/// A fit of a model text to the data of Holzinger and Swineford.
fn json_of(name: &str, model: &str, options: &[&str]) -> Value {
    let folder = scratch(name);
    fs::write(folder.join("m.lav"), model).expect("a model");
    let data = root().join("fixtures/data/HolzingerSwineford1939.csv");
    let mut words = vec!["fit", "m.lav", "--format", "json", "--data", data.to_str().expect("a path")];
    words.extend(options);
    let run = latva(&folder, &words);
    assert_eq!(run.code, 0, "{}", run.err);
    serde_json::from_str(&run.out).expect("JSON")
}

fn numbers(list: &Value, field: &str) -> Vec<f64> {
    list.as_array().expect("a list").iter().map(|entry| entry[field].as_f64().expect("a number")).collect()
}

#[test]
fn nothing_is_added_that_was_not_asked_for() {
    let report = json(HS);
    let fields = [
        "modification_indices",
        "constraint_tests",
        "residuals",
        "effects",
        "wald",
        "critical_ratios",
        "scores",
        "case_likelihoods",
    ];
    assert!(fields.iter().all(|field| report.get(field).is_none()), "{report}");
}

#[test]
fn modification_indices_from_a_minimum_on() {
    let by_default = numbers(&json(&format!("{HS} --modindices"))["modification_indices"], "mi");
    assert!(by_default.windows(2).all(|pair| pair[0] >= pair[1]) && by_default.iter().all(|mi| *mi >= 4.0));
    for option in ["--modindices 10", "--modindices=10"] {
        let larger = numbers(&json(&format!("{HS} {option}"))["modification_indices"], "mi");
        assert_eq!(larger, by_default.iter().copied().filter(|mi| *mi >= 10.0).collect::<Vec<_>>());
    }
    assert!(by_default.len() > 5);
    let text = at_root(&format!("{HS} --modindices")).out;
    let line = text.lines().find(|line| line.trim_start().starts_with("visual =~ x9")).expect("the largest index");
    assert!(line.contains(&format!("{:.3}", by_default[0])), "{line}");
    assert_eq!(at_root(&format!("{HS} --modindices=-1")).code, 2);
}

#[test]
fn what_is_asked_for_of_a_model_without_free_parameters() {
    let model = "f =~ 1*x1 + 1*x2 + 1*x3\nf ~~ 1*f\nx1 ~~ 1*x1\nx2 ~~ 1*x2\nx3 ~~ 1*x3\n";
    let options = ["--modindices=0", "--residuals", "--effects", "--crdiff", "--standardized"];
    let report = json_of("nothing-free", model, &options);
    let indices = report["modification_indices"].as_array().expect("a list");
    // Three residual covariances: nothing gives way, so that each index is that of a parameter by itself.
    assert!(
        indices.len() >= 3 && indices.iter().all(|index| index["mi"].as_f64().is_some_and(f64::is_finite)),
        "{indices:?}"
    );
}

#[test]
fn amos_offers_no_arrow_that_changes_the_kind_of_the_model() {
    let model = "m =~ x1 + x2 + x3\nx4 ~ m + x5\nx6 ~ x4 + x5\n";
    let changing = |mimic: &str| {
        let report = json_of("amos-mi", model, &["--modindices=0", "--mimic", mimic]);
        let indices = report["modification_indices"].as_array().expect("a list").clone();
        assert!(indices.len() > 3);
        indices.iter().filter(|index| !index["changes"].is_null()).count()
    };
    assert!(changing("lavaan") > 0);
    assert_eq!(changing("amos"), 0);
}

#[test]
fn constraint_tests_stand_beside_the_indices() {
    let options = ["--group", "school", "--group-equal", "loadings", "--modindices"];
    let model = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\n";
    let report = json_of("constraint-tests", model, &options);
    assert_eq!(numbers(&report["constraint_tests"], "df"), [1.0; 4]);
    assert_eq!(report["constraint_tests_total"]["df"], 4.0);
}

/// The sum of the ways is the indirect effect, and with the direct one the total effect.
#[test]
fn effects_add_up() {
    let model = "x2 ~ x1\nx3 ~ x1 + x2\nx4 ~ x1 + x2 + x3\n";
    for standardized in [false, true] {
        let report = json_of("effects", model, &["--effects"]);
        let of = |kind: &str| -> f64 {
            let effects = report["effects"].as_array().expect("a list").iter();
            effects
                .filter(|effect| effect["from"] == "x1" && effect["to"] == "x4" && effect["kind"] == kind)
                .map(|effect| if standardized { &effect["standardized"]["est"] } else { &effect["est"] })
                .map(|value| value.as_f64().expect("a number"))
                .sum()
        };
        assert!((of("total") - of("direct") - of("indirect")).abs() < 1e-12);
        assert!((of("indirect") - of("specific")).abs() < 1e-12);
        assert_eq!(report["effects"].as_array().expect("a list").iter().filter(|e| e["kind"] == "specific").count(), 5);
    }
}

#[test]
fn a_model_with_loops_has_a_stability_index_and_no_ways() {
    let report = json_of("loops", "x9 ~ x5 + x1\nx5 ~ x9 + x4\nx9 ~~ x5\n", &["--effects"]);
    let path = |lhs: &str, rhs: &str| {
        let rows = report["parameters"].as_array().expect("rows").iter();
        let row = rows.clone().find(|row| row["lhs"] == lhs && row["op"] == "~" && row["rhs"] == rhs);
        row.and_then(|row| row["est"].as_f64()).expect("an estimate")
    };
    let product = path("x9", "x5") * path("x5", "x9");
    let stability = report["effects_groups"][0]["stability"].as_f64().expect("an index");
    assert!((stability - product.abs().sqrt()).abs() < 1e-9);
    let effects = report["effects"].as_array().expect("a list");
    assert!(effects.iter().all(|effect| effect["kind"] != "specific"));
    let own = effects.iter().find(|effect| effect["from"] == "x9" && effect["to"] == "x9").expect("around the loop");
    let expected = 1.0 / (1.0 - product) - 1.0;
    assert!((own["est"].as_f64().expect("a number") - expected).abs() < 1e-9);
}

#[test]
fn too_many_ways_are_counted_and_not_listed() {
    let names = ["x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "ageyr", "agemo", "grade", "sex"];
    let model: String = (1..names.len()).map(|at| format!("{} ~ {}\n", names[at], names[..at].join(" + "))).collect();
    let report = json_of("many-ways", &model, &["--effects"]);
    // Pairs that are d apart have 2^(d-1) ways, one of them direct.
    let expected: u64 = (1..13).map(|d| (13 - d) * (2_u64.pow(d as u32 - 1) - 1)).sum();
    assert_eq!(report["effects_groups"][0]["unlisted"], expected);
    let effects = report["effects"].as_array().expect("a list");
    assert!(effects.iter().all(|effect| effect["kind"] != "specific"));
}

#[test]
fn wald_tests_of_labels() {
    let model = "visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + c*x5 + x6\nd := a - b\n";
    let report = json_of("wald", model, &["--wald", "a == b; c == 1", "--wald", "d == 0"]);
    let tests = report["wald"].as_array().expect("a list");
    assert_eq!((tests.len(), &tests[0]["df"], &tests[1]["df"]), (2, &Value::from(2.0), &Value::from(1.0)));
    let defined = report["parameters"].as_array().expect("rows").iter().find(|row| row["lhs"] == "d").expect("d");
    let z = defined["z"].as_f64().expect("a number");
    assert!((tests[1]["chisq"].as_f64().expect("a number") - z * z).abs() < 1e-9);
}

#[test]
fn wrong_wald_tests_end_with_one_message() {
    for (text, problem) in [
        ("a == b", "`a`"),
        ("a < 1", "equalities"),
        ("f =~ x1", "equalities"),
        ("a === 1", "==="),
        ("", "nothing to test"),
    ] {
        let folder = scratch("wrong-wald");
        fs::write(folder.join("m.lav"), "visual =~ x1 + x2 + x3\n").expect("a model");
        let data = root().join("fixtures/data/HolzingerSwineford1939.csv");
        let words = ["fit", "m.lav", "--data", data.to_str().expect("a path"), "--wald", text];
        let run = latva(&folder, &words);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{text}");
        assert!(run.err.contains(problem), "{text}: {}", run.err);
    }
}

#[test]
fn factor_scores_are_written_by_row() {
    let folder = scratch("scores");
    let file = folder.join("scores.csv");
    let report = json(&format!("{HS} --group school --scores {} --scores-method bartlett", file.display()));
    assert_eq!(report["scores"]["method"], "Bartlett");
    let text = fs::read_to_string(&file).expect("the scores");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("row,group,visual,textual,speed"));
    let rows: Vec<usize> =
        lines.map(|line| line.split(',').next().expect("a cell").parse().expect("a row number")).collect();
    assert_eq!(rows, (1..=301).collect::<Vec<_>>());
    assert!(text.contains(",Pasteur,") && text.contains(",Grant-White,"));
    let words = format!("{HS} --scores {} --scores-se --predicted {}", file.display(), folder.join("p.csv").display());
    assert_eq!(at_root(&words).code, 0);
    let text = fs::read_to_string(&file).expect("the scores");
    assert!(text.starts_with("row,group,visual,textual,speed,visual.se,textual.se,speed.se\n1,,-"), "{}", &text[..80]);
    let text = fs::read_to_string(folder.join("p.csv")).expect("the predicted values");
    assert!(text.starts_with("row,group,x1,x2,x3,x4,x5,x6,x7,x8,x9\n1,,4.11"), "{}", &text[..80]);
    assert_eq!(text.lines().count(), 302);
    assert_eq!(at_root(&format!("{HS} --scores-method bartlett")).code, 2);
    let reliable = numbers(&report["scores"]["factors"], "reliability");
    assert!(reliable.len() == 6 && reliable.iter().all(|value| *value > 0.4 && *value < 1.0), "{reliable:?}");
}

/// Every format shows every section, and the machine-readable ones the same numbers.
#[test]
fn every_format_has_every_section() {
    let folder = scratch("formats");
    let scores = folder.join("scores.csv");
    for format in FORMATS {
        let options = "--modindices=1 --residuals --effects --crdiff";
        let run = at_root(&format!("{DEMOCRACY} --format {format} {options} --scores {}", scores.display()));
        assert_eq!(run.code, 0, "{}", run.err);
        let expected: &[&str] = match format {
            "json" => {
                &["\"modification_indices\"", "\"residuals\"", "\"effects\"", "\"critical_ratios\"", "\"scores\""]
            }
            "csv" => &[
                "\nmodification_index,",
                "\nresidual.raw,",
                "\nresidual.standardized,",
                "\neffect.specific,",
                "\ncritical_ratio,",
                "\nscore_reliability,",
            ],
            _ => &["Modification indices", "Residuals", "Effects", "Critical ratios", "Factor scores"],
        };
        for words in expected {
            assert!(run.out.contains(words), "{format} lacks {words}");
        }
        if format == "text" {
            let widest = run.out.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(110), "{widest:?}");
        }
        if format == "csv" {
            assert!(run.out.lines().all(|line| csv_cells(line) == 22), "ragged lines");
        }
    }
}

/// Cells of a line of CSV in which quotes hold commas.
fn csv_cells(line: &str) -> usize {
    let mut quoted = false;
    let commas = line.chars().filter(|c| {
        quoted ^= *c == '"';
        *c == ',' && !quoted
    });
    1 + commas.count()
}

/// The two models of a pair of the reference as files `restricted.lav` and `general.lav`, with their data and options.
fn written(pair: &Value, place: &str) -> PathBuf {
    let folder = scratch(place);
    let data = root().join("fixtures/data").join(format!("{}.csv", pair["data"].as_str().expect("data")));
    for which in ["restricted", "general"] {
        let mut text = format!("#! data = {}\n#! as = {}\n", data.display(), pair["kind"].as_str().expect("a kind"));
        let none = serde_json::Map::new();
        for (option, value) in pair[which]["options"].as_object().unwrap_or(&none) {
            let value = match value {
                Value::Array(values) => values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
                Value::String(word) => word.clone(),
                other => other.to_string(),
            };
            text.push_str(&format!("#! {option} = {value}\n"));
        }
        text.push_str(pair[which]["model"].as_str().expect("a model"));
        fs::write(folder.join(format!("{which}.lav")), text).expect("a model");
    }
    folder
}

fn pairs_of(file: &str) -> Vec<Value> {
    let file = root().join("fixtures/reference/output/compare").join(file);
    let mut oracle: Value = serde_json::from_str(&fs::read_to_string(file).expect("the reference")).expect("JSON");
    let Value::Array(pairs) = oracle["pairs"].take() else { panic!("no pairs") };
    assert!(pairs.len() >= 60, "only {} pairs", pairs.len());
    pairs
}

/// Pairs of models: lavaan's chi-square differences, semTools' judgement of nesting, and the differences of indices.
#[test]
fn comparisons_equal_those_of_lavaan() {
    let (mut compared, mut judged, mut wrong) = (0, 0, Vec::new());
    for (index, pair) in pairs_of("compare.json").into_iter().enumerate() {
        let name = pair["name"].as_str().expect("a name");
        let folder = written(&pair, "compare");
        let run = latva(&folder, &["compare", "restricted.lav", "general.lav", "--format", "json"]);
        // A variance may be negative.
        assert!(run.code <= 1, "{name}: {}", run.err);
        let report: Value = serde_json::from_str(&run.out).expect("JSON");
        // The order in which the models are named does not matter.
        if index % 8 == 0 {
            let turned = latva(&folder, &["compare", "general.lav", "restricted.lav", "--format", "json"]);
            let turned: Value = serde_json::from_str(&turned.out).expect("JSON");
            assert_eq!(turned["comparisons"], report["comparisons"], "{name}");
        }
        let ours = &report["comparisons"][0];
        // semTools cannot tell with fixed exogenous variables and with WLS; those models are nested.
        judged += usize::from(pair["nested"].is_boolean());
        let nested = pair["nested"].as_bool().unwrap_or(true);
        if ours["nested"] != nested {
            wrong.push(format!("{name} nested: {} for {nested}", ours["nested"]));
            continue;
        }
        let mut close = |what: &str, ours: &Value, theirs: &Value| {
            // Where lavaan has no index of one of the models there is no difference.
            let Some(theirs) = theirs.as_f64() else { return };
            compared += 1;
            if !ours.as_f64().is_some_and(|ours| (ours - theirs).abs() <= 1e-5 * (1.0 + theirs.abs())) {
                wrong.push(format!("{name} {what}: {ours} for {theirs}"));
            }
        };
        close("weight", &report["models"][0]["aic_weight"], &pair["aic_weight"]);
        if !nested {
            assert!(ours["chisq"].is_null() && ours["pvalue"].is_null(), "{name}");
            continue;
        }
        assert!(["chisq", "nfi", "ifi", "tli"].iter().all(|field| pair[field].is_number()), "{name}");
        for field in ["chisq", "df", "pvalue"] {
            close(field, &ours[field], &pair[field]);
        }
        for field in ["nfi", "ifi", "rfi", "tli"] {
            close(field, &ours[format!("delta_{field}")], &pair[field]);
        }
    }
    assert!(compared > 600 && judged >= 60, "only {compared} figures of {judged} judged pairs");
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Differences of robust tests by each method; the usual one is lavaan's.
#[test]
fn scaled_differences_equal_those_of_lavaan() {
    let (mut compared, mut wrong) = (0, Vec::new());
    for pair in pairs_of("scaled.json") {
        let (name, estimator) =
            (pair["name"].as_str().expect("a name"), pair["estimator"].as_str().expect("an estimator"));
        let folder = written(&pair, "compare-scaled");
        let by = |options: &[&str]| {
            let mut words = vec!["compare", "restricted.lav", "general.lav", "--format", "json"];
            words.extend(options);
            let run = latva(&folder, &words);
            assert!(run.code <= 1, "{name} {estimator}: {}", run.err);
            serde_json::from_str::<Value>(&run.out).expect("JSON")["comparisons"][0].clone()
        };
        let by_mean = ["MLM", "MLR", "WLSM"].contains(&estimator);
        let usual = if by_mean { "satorra.bentler.2001" } else { "satorra.2000" };
        for test in pair["tests"].as_array().expect("tests") {
            let method = test["method"].as_str().expect("a method");
            let ours = if method == usual { by(&[]) } else { by(&["--method", method]) };
            // lavaan's general model at the estimates of the restricted one has factor means of zero, whatever the restricted one
            // says, and so other means; with the Hessian they matter.
            if name.ends_with("intercepts") && (estimator, method) == ("MLR", "satorra.bentler.2010") {
                continue;
            }
            // A negative factor is none.
            if test["chisq"].as_f64().expect("a number") < 0.0 {
                assert!(ours["chisq.scaled"].is_null(), "{name} {estimator} {method}");
                continue;
            }
            for (ours, theirs) in [(&ours["chisq.scaled"], &test["chisq"]), (&ours["pvalue.scaled"], &test["pvalue"])] {
                compared += 1;
                let theirs = theirs.as_f64().expect("a number");
                match ours.as_f64() {
                    Some(ours) if (ours - theirs).abs() <= 1e-5 * (1.0 + theirs.abs()) => {}
                    ours => wrong.push(format!("{name} {estimator} {method}: {ours:?} for {theirs}")),
                }
            }
            if !ours["chisq.scaled"].is_null() {
                assert_eq!(ours["method"], method);
            }
        }
    }
    assert!(compared > 360, "only {compared} figures were compared");
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
}

/// A method that is named gives what the same method gives as the usual one.
#[test]
fn the_usual_method_can_be_named() {
    let folder = scratch("compare-usual");
    let data = root().join("fixtures/data/HolzingerSwineford1939.csv");
    for (estimator, usual) in [("MLM", "satorra.bentler.2001"), ("WLSMV", "satorra.2000")] {
        for (name, options) in [("free", ""), ("zero", "#! orthogonal\n")] {
            let text = format!(
                "#! data = {}\n#! estimator = {estimator}\n{options}f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\n",
                data.display()
            );
            fs::write(folder.join(format!("{name}.lav")), text).expect("a model");
        }
        let by = |options: &[&str]| -> Value {
            let words = [&["compare", "free.lav", "zero.lav", "--format", "json"], options].concat();
            serde_json::from_str(&latva(&folder, &words).out).expect("JSON")
        };
        let ours = by(&[]);
        assert_eq!(ours["comparisons"][0]["method"], usual);
        assert_eq!(ours["comparisons"], by(&["--method", usual])["comparisons"]);
    }
}

#[test]
fn a_comparison_has_every_format() {
    let folder = scratch("compare-formats");
    let data = root().join("fixtures/data/HolzingerSwineford1939.csv");
    for (name, options) in [("free", ""), ("zero", "#! orthogonal\n")] {
        let text = format!(
            "#! data = {}\n#! estimator = MLM\n{options}f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\n",
            data.display()
        );
        fs::write(folder.join(format!("{name}.lav")), text).expect("a model");
    }
    let of = |format: &str| {
        let run =
            latva(&folder, &["compare", "free.lav", "zero.lav", "--method=satorra.bentler.2010", "--format", format]);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{format}");
        run.out
    };
    let report: Value = serde_json::from_str(&of("json")).expect("JSON");
    let scaled = report["comparisons"][0]["chisq.scaled"].as_f64().expect("a number");
    for format in ["text", "md", "tex", "html"] {
        let out = of(format);
        let tex = out.replace("\\_", "_");
        assert!(tex.contains(&format!("{scaled:.3}")) && tex.contains("satorra.bentler.2010"), "{format}: {out}");
    }
    assert!(of("html").starts_with("<!DOCTYPE html>") && !of("html").contains("<pre>"));
    let csv = of("csv");
    let line = csv.lines().find(|line| line.contains(",chisq.scaled,")).expect("the difference");
    let (place, value) = line.rsplit_once(',').expect("cells");
    assert_eq!(place, "comparison,zero.lav,free.lav,chisq.scaled");
    // The reader of JSON may be off by the last binary digit.
    let value: f64 = value.parse().expect("a number");
    assert!((value - scaled).abs() <= 2.0 * f64::EPSILON * scaled, "{value} {scaled}");
    assert!(csv.lines().all(|line| csv_cells(line) == 5), "{csv}");
}

/// What a method cannot give is told, and not replaced by another.
#[test]
fn a_difference_that_does_not_exist_is_told() {
    let folder = scratch("compare-absent");
    let save = |name: &str, options: &str| {
        let run = at_root(&format!("{HS} --estimator MLM --out {}{options}", folder.join(name).display()));
        assert_eq!(run.code, 0, "{}", run.err);
    };
    save("three.json", "");
    save("orthogonal.json", " --orthogonal");
    let usual = latva(&folder, &["compare", "three.json", "orthogonal.json"]).out;
    assert!(usual.contains("satorra.bentler.2001") && !usual.contains("N0762"), "{usual}");
    let run = latva(&folder, &["compare", "three.json", "orthogonal.json", "--method", "satorra.2000"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let words: Vec<&str> = run.out.split_whitespace().collect();
    assert!(words.join(" ").contains("have no difference by `satorra.2000`"), "{}", run.out);
}

/// Example 15 of the AMOS 21 manual: girls and boys, equal loadings and intercepts; model A frees the factor means, model B does not.
#[test]
fn amos_nested_comparison() {
    let folder = scratch("compare-amos");
    let data = root().join("fixtures/data/GrantWhite.csv");
    let model = "spatial =~ visperc + cubes + lozenges\nverbal =~ paragrap + sentence + wordmean\n";
    let options = format!("#! data = {}\n#! group = sex\n#! mimic = amos\n#! meanstructure = true\n", data.display());
    for (name, equal) in [("a", "loadings,intercepts"), ("b", "loadings,intercepts,means")] {
        let text = format!("{options}#! group.equal = {equal}\n{model}");
        fs::write(folder.join(format!("{name}.lav")), text).expect("a model");
    }
    let run = latva(&folder, &["compare", "a.lav", "b.lav", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let report: Value = serde_json::from_str(&run.out).expect("JSON");
    let ours = &report["comparisons"][0];
    let printed = |field: &str| format!("{:.3}", ours[field].as_f64().expect("a number"));
    assert_eq!([printed("chisq"), printed("df"), printed("pvalue")], ["8.030", "2.000", "0.018"]);
    assert_eq!(
        ["nfi", "ifi", "rfi", "tli"].map(|field| printed(&format!("delta_{field}"))),
        ["0.024", "0.026", "0.021", "0.023"]
    );
}

#[test]
fn saved_results_are_compared_without_data() {
    let folder = scratch("compare-saved");
    let save = |name: &str, options: &str| {
        let run = at_root(&format!("{HS} {options} --out {}", folder.join(name).display()));
        assert_eq!(run.code, 0, "{}", run.err);
    };
    save("three.json", "--meanstructure false");
    save("orthogonal.json", "--orthogonal");
    save("groups.json", "--group school");
    let run = latva(&folder, &["compare", "three.json", "orthogonal.json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("orthogonal.json in three.json") && run.out.contains("unknown"), "{}", run.out);
    let unlike = latva(&folder, &["compare", "three.json", "groups.json"]);
    assert!(unlike.out.contains("cannot be compared"), "{}", unlike.out);
    fs::write(folder.join("wrong.json"), "{}").expect("a file");
    let wrong = latva(&folder, &["compare", "three.json", "wrong.json"]);
    assert_eq!((wrong.code, wrong.out.as_str()), (2, ""));
    assert!(wrong.err.starts_with("error[E0761]"), "{}", wrong.err);
    assert_eq!(latva(&folder, &["compare", "three.json"]).code, 2);
}

#[test]
fn log_likelihoods_of_cases_are_written_by_row() {
    let folder = scratch("loglik");
    let file = folder.join("loglik.csv");
    let report = json(&format!("{HS} --group school --loglik {}", file.display()));
    let text = fs::read_to_string(&file).expect("the log-likelihoods");
    let values: Vec<f64> = text.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(values.len(), 301);
    assert!(text.starts_with("row,group,loglik\n1,Pasteur,-"), "{}", &text[..60]);
    let (sum, logl) = (values.iter().sum::<f64>(), report["fit"]["logl"].as_f64().unwrap());
    assert!((sum - logl).abs() < 1e-7 * logl.abs(), "{sum} {logl}");
    let lowest = numbers(&report["case_likelihoods"]["lowest"], "loglik");
    let least = values.iter().copied().fold(0.0, f64::min);
    assert!((lowest[0] - least).abs() < 1e-9, "{lowest:?} {least}");
    let shown = at_root(&format!("{HS} --loglik {}", file.display())).out;
    assert!(shown.contains("Least likely cases"), "{shown}");
    let refused = at_root(&format!("{HS} --estimator ULS --loglik {}", file.display()));
    assert!(refused.code == 2 && refused.err.contains("least squares has no likelihood"), "{}", refused.err);
}

#[test]
fn standardized_estimates_with_their_own_standard_errors() {
    let report = json(HS);
    let row = report["parameters"].as_array().unwrap().iter().find(|row| row["rhs"] == "x2").expect("a loading");
    for (option, name) in [("", "std_all"), ("=std.lv", "std_lv"), ("=std.nox", "std_nox")] {
        let shown = at_root(&format!("{HS} --standardized{option}")).out;
        let section = &shown[shown.find("Standardized estimates").expect("a section")..];
        let line = section.lines().find(|line| line.trim_start().starts_with("x2 ")).expect("the loading of x2");
        for field in [name.to_owned(), format!("{name}_se"), format!("{name}_z")] {
            let printed = format!("{:.3}", row[&field].as_f64().unwrap());
            assert!(line.contains(&printed), "{field} {printed}: {line}");
        }
    }
    assert!(!at_root(HS).out.contains("Standardized estimates"));
    assert_eq!(at_root(&format!("{HS} --standardized=all")).code, 2);
}

/// Least squares and missing values have residuals in units of their standard errors too.
#[test]
fn residuals_whatever_the_estimator() {
    for options in
        ["--estimator ULS", "--estimator DWLS", "--estimator ULSMV", "--estimator SLS", "--information first.order"]
    {
        let report = json(&format!("{HS} --residuals {options}"));
        let block = &report["residuals"][0];
        let z = block["standardized"]["cov"][1][0].as_f64().expect("a standardized residual");
        assert!(z.is_finite() && z.abs() < 20.0, "{options}: {z}");
        let summary = &block["summary"]["srmr"]["cov"];
        let srmr = report["fit"]["srmr"].as_f64().unwrap();
        assert!((summary["value"].as_f64().unwrap() - srmr).abs() < 1e-9, "{options}");
        let p = summary["exact_pvalue"].as_f64().expect("a p-value");
        assert!((0.0..=1.0).contains(&p), "{options}: {p}");
    }
}

/// The kind and the level of bootstrap intervals are options; percentiles have a p of their own in every format.
#[test]
fn bootstrap_intervals_on_the_command_line() {
    let model = "x5 ~ a*x1\nx9 ~ b*x5 + x1\nab := a*b\n";
    let of = |options: &[&str]| {
        let mut words = vec!["--se", "bootstrap", "--bootstrap", "80", "--effects"];
        words.extend(options);
        json_of("bootstrap-intervals", model, &words)
    };
    let ends = |report: &Value, field: &str| {
        let rows = report["parameters"].as_array().expect("rows").iter();
        rows.clone().find(|row| row["lhs"] == "ab").and_then(|row| row[field].as_f64()).expect("an end")
    };
    let percentile = of(&[]);
    assert_eq!(percentile["plan"]["boot_ci_type"], "perc");
    let mut lower = vec![ends(&percentile, "ci_lower")];
    for (name, stored) in [("bc", "bca.simple"), ("bca.simple", "bca.simple"), ("norm", "norm"), ("basic", "basic")] {
        let report = of(&["--boot-ci-type", name]);
        assert_eq!(report["plan"]["boot_ci_type"], stored);
        let row = report["parameters"].as_array().expect("rows").iter().find(|row| row["lhs"] == "ab").expect("ab");
        assert_eq!(row["ci_pvalue"].is_f64(), stored == "bca.simple", "{name}");
        lower.push(ends(&report, "ci_lower"));
    }
    assert_eq!(lower[1], lower[2]);
    lower.remove(1);
    lower.sort_by(f64::total_cmp);
    assert!(lower.windows(2).all(|pair| pair[0] < pair[1]), "{lower:?}");
    let narrow = of(&["--level", "0.8"]);
    assert!(ends(&narrow, "ci_lower") > ends(&percentile, "ci_lower"));
    assert!(ends(&narrow, "ci_upper") < ends(&percentile, "ci_upper"));
    let effect = &percentile["effects"][0];
    assert!(effect["ci_pvalue"].is_f64() && effect["standardized"]["ci_pvalue"].is_f64(), "{effect}");
    assert!(percentile["r2"][0]["ci_lower"].is_f64());
    let plain = json_of("bootstrap-intervals", model, &["--effects"]);
    assert!(plain["effects"][0].get("ci_pvalue").is_none());

    let line = format!("{HS} --se bootstrap --bootstrap 40 --standardized");
    let text = at_root(&format!("{line} --boot-ci-type bc")).out;
    assert!(text.contains("bias-corrected percentiles") && text.contains("P(CI)"), "{text}");
    assert!(text.contains("standard errors and intervals from the draws"), "{text}");
    assert!(!at_root(HS).out.contains("P(CI)"));
    let csv = at_root(&format!("{line} --format csv")).out;
    let with_p = csv.lines().filter(|line| line.starts_with("parameter,") && !line.ends_with(','));
    assert!(with_p.count() > 15, "{csv}");
    for wrong in ["--level=1", "--level=95", "--boot-ci-type=bca"] {
        assert_eq!(at_root(&format!("{HS} {wrong}")).code, 2, "{wrong}");
    }
}
