//! `latva check`: published figures under regression test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use latva_audit::Study;

fn root() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).expect("the project")
}

/// Exit code, standard output and standard error of `latva check`.
fn check(arguments: &[&Path]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_latva-under-test"))
        .arg("check")
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .expect("the tool starts");
    (
        output.status.code().expect("the tool ends by itself"),
        String::from_utf8(output.stdout).expect("text"),
        String::from_utf8(output.stderr).expect("text"),
    )
}

/// Every study file, with its study.
fn studies() -> Vec<(PathBuf, Study)> {
    let mut found = Vec::new();
    for folder in fs::read_dir(root().join("fixtures/studies")).expect("the studies") {
        for file in fs::read_dir(folder.expect("a folder").path()).expect("a study") {
            let path = file.expect("a file").path();
            if path.extension().is_some_and(|ending| ending == "toml") {
                let text = fs::read_to_string(&path).expect("a text");
                let study = Study::parse(&text).unwrap_or_else(|errors| panic!("{}: {errors}", path.display()));
                found.push((path, study));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// Writes a study with a model into an empty folder and checks it.
fn check_text(name: &str, study: &str, model: &str) -> (i32, String, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("check-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("m.lav"), model).expect("a model");
    let data = root().join("fixtures/data/HolzingerSwineford1939.csv");
    let file = folder.join("s.toml");
    fs::write(&file, study.replace("DATA", &data.to_string_lossy())).expect("a study");
    check(&[&file])
}

const MODEL: &str = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n";
const STUDY: &str = "[[model]]\nname = \"m\"\nsyntax = \"m.lav\"\nkind = \"cfa\"\ndata = \"DATA\"\n";

#[test]
fn the_registered_figures_of_every_study_come_out() {
    let mut checked = 0;
    for (path, study) in studies() {
        let (code, out, err) = check(&[&path]);
        if study.models.iter().all(|model| model.refit.is_none()) {
            assert_eq!(code, 2, "{}", path.display());
            assert!(err.contains("no model names the data"), "{err}");
        } else {
            assert_eq!(code, 0, "{}\n{out}{err}", path.display());
            checked += 1;
        }
    }
    assert!(checked >= 8, "{checked} studies were checked");
}

/// The studies that are fitted again are consistent in themselves, too: the audit raises no false alarm.
#[test]
fn the_audit_finds_nothing_in_figures_that_come_out() {
    for (path, study) in studies() {
        if study.models.iter().all(|model| model.refit.is_none()) {
            continue;
        }
        let texts = study
            .model_files()
            .into_iter()
            .map(|name| (name.to_owned(), fs::read_to_string(path.with_file_name(name)).expect("a model")))
            .collect();
        let audit = latva_audit::audit(&study, &texts);
        let stars_only = path.ends_with("Z23/table-3.toml");
        let doubted: Vec<_> = audit
            .findings
            .iter()
            .filter(|finding| finding.verdict == latva_audit::Verdict::Inconsistent)
            .filter(|finding| !(stars_only && finding.place == "Table 3"))
            .collect();
        assert!(doubted.is_empty(), "{}: {doubted:#?}", path.display());
    }
}

#[test]
fn an_altered_figure_ends_with_1_and_is_named() {
    let path = root().join("fixtures/studies/HolzingerSwineford/lavaan.toml");
    let text = fs::read_to_string(path).expect("the study");
    let text = text.replace("../../data/HolzingerSwineford1939.csv", "DATA").replace("model.lav", "m.lav");
    let alterations =
        [("85.306", "85.307"), ("\".931\"", "\".932\""), ("\".114\"]", "\".113\"]"), ("\"5.554\"", "\"5.555\"")];
    for (number, (from, to)) in alterations.into_iter().enumerate() {
        assert!(text.contains(from), "{from}");
        let (code, out, err) = check_text(&format!("altered-{number}"), &text.replacen(from, to, 1), MODEL);
        assert_eq!(code, 1, "{out}{err}");
        assert!(out.contains("1 differs"), "{out}");
        let row = out.lines().find(|line| line.contains("differs (line")).expect("the row");
        assert!(row.contains(to.trim_matches(|c| c == '"' || c == ']')), "{row}");
    }
    let (code, out, _) = check_text("unaltered", &text, MODEL);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn a_tolerance_takes_the_place_of_the_printed_precision() {
    let figures = "chisq = \"85.31\"\ncfi = \".9\"\n";
    let (code, out, _) = check_text("wide", &format!("{STUDY}{figures}tolerance = \".04\"\n"), MODEL);
    assert_eq!(code, 0, "{out}");
    let (code, out, _) = check_text("narrow", &format!("{STUDY}{figures}tolerance = {{ cfi = \".01\" }}\n"), MODEL);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("1 agrees, 1 differs"), "{out}");
    let parameter = "[[model.parameter]]\nparameter = \"visual =~ x2\"\nest = \".55\"\nse = \".2\"\n";
    let tolerance = "tolerance = { se = \".11\" }\n";
    assert_eq!(check_text("single", &format!("{STUDY}{parameter}{tolerance}"), MODEL).0, 0);
    assert_eq!(check_text("no-tolerance", &format!("{STUDY}{parameter}"), MODEL).0, 1);
}

#[test]
fn a_figure_that_the_fit_does_not_give_ends_with_1() {
    let (code, out, _) = check_text("absent", &format!("{STUDY}measure = {{ \"chisq.scaled\" = \"80.1\" }}\n"), MODEL);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("not obtained"), "{out}");
}

#[test]
fn correlations_of_the_study_are_data() {
    // One predictor: the standardized slope is the correlation, and R-square its square.
    let study = "n = \"100\"\n[[table]]\nname = \"T\"\nrow = [{ name = \"firm size\", sd = \"2\" }, { name = \"y\", sd = \"4\", r = [\".5\"] }]\n\
        [[model]]\nname = \"m\"\nsyntax = \"m.lav\"\ncorrelations = \"T\"\nr2 = \".250000\"\n\
        path = [{ from = \"firm_size\", to = \"y\", b = \"1.000000\", beta = \".500000\" }]\n";
    let (code, out, err) = check_text("table", study, "y ~ firm_size\n");
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn faults_end_with_2_and_name_the_field() {
    let cases = [
        ("no-data", "[[model]]\nname = \"m\"\nchisq = \"1\"\n".to_owned(), "no model names the data"),
        ("no-syntax", "[[model]]\nname = \"m\"\ndata = \"DATA\"\n".to_owned(), "model[1].syntax: is missing"),
        ("two-sources", format!("{STUDY}moments = \"x\"\n"), "one source of data too many"),
        ("option", format!("{STUDY}options = {{ estimater = \"ML\" }}\n"), "model[1].options.estimater"),
        ("value", format!("{STUDY}options = {{ estimator = \"XL\" }}\n"), "model[1].options.estimator: `XL`"),
        ("tolerance", format!("{STUDY}tolerance = {{ chi = \".1\" }}\n"), "model[1].tolerance: `chi` is no figure"),
        (
            "parameter",
            format!("{STUDY}[[model.parameter]]\nparameter = \"visual =~ x5\"\nest = \"1\"\n"),
            "model[1].parameter[1]: the model has no parameter `visual =~ x5`",
        ),
        (
            "group",
            format!(
                "{STUDY}options = {{ group = \"school\" }}\n[[model.parameter]]\nparameter = \"visual =~ x2\"\nest = \"1\"\n"
            ),
            "model[1].parameter[1].group: is missing",
        ),
        ("table", STUDY.replace("data = \"DATA\"", "correlations = \"T\""), "there is no table `T`"),
        ("file", STUDY.replace("DATA", "nowhere.csv"), "nowhere.csv"),
        ("path", format!("{STUDY}path = [{{ from = \"a\", to = \"b\", b = \"1\" }}]\n"), "model[1].path[1]"),
    ];
    for (name, study, told) in cases {
        let (code, out, err) = check_text(&format!("fault-{name}"), &study, MODEL);
        assert_eq!(code, 2, "{name}: {out}{err}");
        assert_eq!(out, "", "{name}");
        assert!(err.contains(told), "{name}: {err}");
    }
    let (code, _, err) = check_text("fault-model", STUDY, "visual =~ x1 +\n");
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("`m` cannot be fitted") && err.contains("m.lav"), "{err}");
}

#[test]
fn json_and_markdown_hold_every_figure() {
    let path = root().join("fixtures/studies/AmosExample15/check.toml");
    let (_, out, _) = check(&[&path, Path::new("--format=json")]);
    let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(value["schema"], "latva.check/1");
    assert_eq!(value["agree"], true);
    let figures = value["figures"].as_array().expect("a list");
    let difference = figures.iter().find(|figure| figure["figure"] == "delta_chisq").expect("the comparison");
    assert_eq!(difference["verdict"], "agrees");
    assert!((difference["obtained"].as_f64().expect("a number") - 8.0302).abs() < 1e-3);
    let (_, out, _) = check(&[&path, Path::new("--format=md")]);
    let rows = out.lines().filter(|line| line.starts_with("| ") && line.contains("agrees")).count();
    assert_eq!(rows, figures.len());
}
