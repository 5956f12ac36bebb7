//! The command line tool as users run it: as a process, by its arguments, streams and exit code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run of the tool gave.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn root() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).expect("the project")
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latva-under-test"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

/// Runs the tool in a folder.
pub(crate) fn latva(folder: &Path, arguments: &[&str]) -> Run {
    let output = command(folder, arguments).output().expect("the tool starts");
    Run {
        code: output.status.code().expect("the tool ends by itself"),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

/// Runs the tool in the root of the project.
pub(crate) fn at_root(line: &str) -> Run {
    latva(&root(), &line.split(' ').collect::<Vec<_>>())
}

/// A text with single blanks, so that columns do not matter.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An empty folder of a test.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

const HS: &str = "fit fixtures/models/hs_cfa.lav --data fixtures/data/HolzingerSwineford1939.csv";

/// Every folder of `cli_cases` is a way to fail: its files, and the arguments with which the tool runs in it.
#[test]
fn every_fault_of_the_input_ends_with_one_clear_message() {
    let cases = root().join("tests/suite/cli_cases");
    let mut names: Vec<String> = fs::read_dir(&cases)
        .expect("the cases")
        .map(|entry| entry.expect("a case").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert!(names.len() > 30);
    for name in names {
        let folder = cases.join(&name);
        let arguments = fs::read_to_string(folder.join("arguments")).expect("the arguments");
        let run = latva(&folder, &arguments.split_whitespace().collect::<Vec<_>>());
        assert_eq!(run.code, 2, "{name}: {}", run.err);
        assert_eq!(run.out, "", "{name}");
        assert!(run.err.starts_with("error"), "{name}: {}", run.err);
        assert!(!run.err.contains("panicked"), "{name}");
        let shown = run.err.replace(&*folder.to_string_lossy(), "FOLDER");
        insta::assert_snapshot!(name, format!("latva {}\n{shown}", arguments.trim()));
    }
}

/// Every identifier that stands in the sources is given in one crate only, and has a story.
#[test]
fn every_identifier_has_one_story() {
    let mut homes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut folders = vec![root().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
                let text = fs::read_to_string(&path).expect("a source");
                let home = path.strip_prefix(root()).expect("inside").components().nth(1).expect("a crate");
                for id in identifiers(&text) {
                    homes.entry(id).or_default().insert(home.as_os_str().to_string_lossy().into_owned());
                }
            }
        }
    }
    assert!(homes.len() > 100, "{homes:?}");
    for (id, mut home) in homes {
        let run = at_root(&format!("explain {id}"));
        assert_eq!(run.code, 0, "{id} of {home:?} has no story");
        assert!(run.out.len() > 40, "{id}: {}", run.out);
        // The stories of estimation are told by the command line tool.
        home.remove("cli");
        assert!(home.len() < 2, "{id} is in {home:?}");
    }
}

/// What stands in quotes in a source and is the identifier of a diagnostic.
fn identifiers(source: &str) -> BTreeSet<String> {
    source
        .split('"')
        .filter(|word| {
            let mut bytes = word.bytes();
            word.len() == 5
                && bytes.next().is_some_and(|first| b"EWN".contains(&first))
                && bytes.all(|byte| byte.is_ascii_digit())
                && !word.ends_with("9999")
        })
        .map(str::to_owned)
        .collect()
}

#[test]
fn an_improper_solution_ends_with_1() {
    let folder = scratch("improper");
    fs::write(folder.join("m.lav"), "f =~ x1 + x7 + x8\n").expect("a model");
    let run =
        at_root(&format!("fit {} --data fixtures/data/HolzingerSwineford1939.csv", folder.join("m.lav").display()));
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.starts_with("warning[W0801]") && run.err.contains("`x8`"), "{}", run.err);
    assert!(run.out.contains("Notes and warnings") && run.out.contains("`x8`"), "{}", run.out);
}

/// Sample moments in place of the cases give the same fit.
#[test]
fn moments_stand_for_the_data() {
    let json = |line: &str| -> serde_json::Value {
        let run = at_root(line);
        assert_eq!(run.code, 0, "{}", run.err);
        serde_json::from_str(&run.out).expect("JSON")
    };
    let data = fs::read_to_string(root().join("fixtures/data/HolzingerSwineford1939.csv")).expect("the data");
    let mut lines = data.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().expect("a header");
    let columns: Vec<usize> =
        (1..=9).map(|at| names.iter().position(|name| *name == format!("x{at}")).expect("a column")).collect();
    let rows: Vec<Vec<f64>> =
        lines.map(|row| columns.iter().map(|at| row[*at].parse().expect("a number")).collect()).collect();
    let n = rows.len() as f64;
    let mean = |at: usize| rows.iter().map(|row| row[at]).sum::<f64>() / n;
    let cov = |a: usize, b: usize| {
        let (ma, mb) = (mean(a), mean(b));
        rows.iter().map(|row| (row[a] - ma) * (row[b] - mb)).sum::<f64>() / (n - 1.0)
    };
    let triangle: Vec<Vec<f64>> = (0..9).map(|a| (0..=a).map(|b| cov(a, b)).collect()).collect();
    let means: Vec<f64> = (0..9).map(mean).collect();
    let folder = scratch("moments");
    fs::write(
        folder.join("m.toml"),
        format!("n = 301\nnames = {:?}\ncovariance = {triangle:?}\nmeans = {means:?}\n", &names[6..15]),
    )
    .expect("moments");
    let full: Vec<Vec<f64>> = (0..9).map(|a| (0..9).map(|b| cov(a, b)).collect()).collect();
    fs::write(
        folder.join("m.json"),
        format!(
            "{{\"cov\": [{{\"names\": {:?}, \"values\": {full:?}}}], \"mean\": [{means:?}], \"nobs\": [301]}}",
            &names[6..15]
        ),
    )
    .expect("moments");
    for switch in ["--meanstructure false", "--meanstructure true"] {
        let expected = json(&format!("{HS} --format json {switch}"));
        for ending in ["toml", "json"] {
            let found = json(&format!(
                "fit fixtures/models/hs_cfa.lav --moments {} --format json {switch}",
                folder.join(format!("m.{ending}")).display()
            ));
            assert_eq!(found["data"]["kind"], "moments");
            for measure in ["chisq", "cfi", "rmsea", "srmr", "logl", "bic"] {
                let (a, b) = (found["fit"][measure].as_f64(), expected["fit"][measure].as_f64());
                let (a, b) = (a.expect("a measure"), b.expect("a measure"));
                assert!((a - b).abs() < 1e-8 * b.abs().max(1.0), "{ending} {switch}: {measure} is {a}, not {b}");
            }
        }
    }
}

#[test]
fn a_sound_fit_ends_with_0_and_says_nothing_on_standard_error() {
    let run = at_root(HS);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    for figure in ["301 used", "85.306", "0.931", "0.092", "0.071", "0.114", "0.065", "45 moments", "= 24."] {
        assert!(run.out.contains(figure), "{figure} is not in\n{}", run.out);
    }
}

#[test]
fn every_format_is_whole() {
    for (format, start, end) in [
        ("text", "latva ", "\n"),
        ("json", "{\n  \"schema\": \"latva.fit/1\"", "}\n"),
        ("md", "# latva ", "\n"),
        ("tex", "% latva ", "\\end{longtable}\n"),
        ("html", "<!DOCTYPE html>", "</html>\n"),
        ("csv", "section,lhs,op,rhs,", "\n"),
    ] {
        let run = at_root(&format!("{HS} --format {format}"));
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{format}");
        assert!(run.out.starts_with(start), "{format}: {}", run.out);
        assert!(run.out.ends_with(end), "{format}: {}", run.out);

        let file = scratch(&format!("format-{format}")).join(format!("result.{format}"));
        let written = at_root(&format!("{HS} --out {}", file.display()));
        assert_eq!((written.code, written.out.as_str()), (0, ""), "{}", written.err);
        if format != "text" {
            assert_eq!(fs::read_to_string(&file).expect("a result"), run.out);
        }
    }
}

#[test]
fn json_gives_what_the_run_was_made_of() {
    let run = at_root(&format!("{HS} --format json --group school --group-equal loadings"));
    assert_eq!(run.code, 0, "{}", run.err);
    let json: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!(json["plan"]["estimator"], "ML");
    assert_eq!(json["plan"]["meanstructure"], true);
    assert_eq!(json["data"]["n_total"], 301);
    assert_eq!(json["data"]["groups"][0]["label"], "Pasteur");
    assert_eq!(json["data"]["groups"][1]["n_obs"], 145);
    assert_eq!(json["data"]["sha256"], "e3ec86e2b4a56d58d85a69a4b2607bef10c98e854eb0a344437733c5392a415b");
    assert_eq!(json["df"]["df"], 54);
    assert_eq!(json["fit"]["df"].as_f64(), Some(54.0));
    let source = json["model"]["source"].as_str().expect("the model");
    let second = &json["parameters"][1];
    let span: Vec<usize> = second["span"]
        .as_array()
        .expect("a span")
        .iter()
        .map(|end| end.as_u64().expect("an offset") as usize)
        .collect();
    assert!(source[span[0]..span[1]].contains("x2"), "{second}");
}

#[test]
fn switches_take_a_value_a_sign_or_nothing() {
    let expected = at_root(&format!("{HS} --std-lv true")).out;
    assert!(words(&expected).contains("x1 0.900 0.081"), "{expected}");
    let (_, file_last) = HS.split_once(' ').expect("a command");
    for line in [
        format!("{HS} --std-lv"),
        format!("{HS} --std-lv=TRUE"),
        format!("fit --std-lv {file_last}"),
        format!("fit --std-lv true {file_last}"),
    ] {
        assert_eq!(at_root(&line).out, expected, "{line}");
    }
    assert_eq!(at_root(&format!("{HS} --std-lv false")).out, at_root(HS).out);
}

#[test]
fn a_model_file_can_bring_its_data_and_options() {
    let folder = scratch("block");
    let model = fs::read_to_string(root().join("fixtures/models/hs_cfa.lav")).expect("the model");
    fs::copy(root().join("fixtures/data/HolzingerSwineford1939.csv"), folder.join("hs.csv")).expect("the data");
    fs::write(folder.join("m.lav"), format!("#! data = hs.csv\n#! std.lv\n#! likelihood = wishart\n\n{model}"))
        .expect("a model");
    let file = folder.join("m.lav").display().to_string();
    let run = at_root(&format!("fit {file}"));
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("85.022"), "{}", run.out);
    // The command line has the last word, and data of its own replace those of the file.
    let other = at_root(&format!(
        "fit {file} --likelihood normal --std-lv false --data fixtures/data/HolzingerSwineford1939.csv"
    ));
    assert!(
        words(&other.out).contains("Chi-square 85.306") && words(&other.out).contains("visual 0.809 0.145"),
        "{}",
        other.out
    );
    // Options of the fit do not disturb the table.
    let table = at_root(&format!("table {file}"));
    assert_eq!((table.code, table.err.as_str()), (0, ""));
    assert!(table.out.contains("= 24"), "{}", table.out);
}

#[test]
fn nothing_is_coloured_that_is_no_terminal() {
    let folder = root().join("tests/suite/cli_cases/several_faults");
    let arguments = fs::read_to_string(folder.join("arguments")).expect("the arguments");
    let run = latva(&folder, &arguments.split_whitespace().collect::<Vec<_>>());
    assert!(!run.err.contains('\u{1b}'));
    assert!(!latva(&folder, &["--help"]).out.contains('\u{1b}'));
    // All errors of a file are told at once.
    assert!(run.err.matches("error[").count() >= 3, "{}", run.err);
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let words: Vec<&str> = HS.split(' ').collect();
    let mut child =
        command(&root(), &words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the tool starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the tool ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn the_table_explains_the_degrees_of_freedom() {
    let run = at_root("table fixtures/models/hs_cfa.lav");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let account = "45 variances and covariances of 9 observed variables, 9*10/2 - 6 free loadings - 12 free variances \
                   - 3 free covariances = 24 degrees of freedom";
    assert!(words(&run.out).ends_with(account), "{}", run.out);
    let json = at_root("table fixtures/models/hs_cfa.lav --groups 2 --group-equal loadings,intercepts --format json");
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(json["schema"], "latva.table/1");
    assert_eq!(json["df"]["df"], 60);
}

#[test]
fn the_formatter_checks_and_writes() {
    let folder = scratch("fmt");
    fs::write(folder.join("m.lav"), "f=~x1+x2   +x3\n").expect("a model");
    let check = latva(&folder, &["fmt", "m.lav", "--check"]);
    assert_eq!((check.code, check.out.as_str()), (1, "m.lav is not formatted\n"));
    let shown = latva(&folder, &["fmt", "m.lav"]);
    assert_eq!((shown.code, shown.out.as_str()), (0, "f =~ x1 + x2 + x3\n"));
    assert_eq!(latva(&folder, &["fmt", "m.lav", "--write"]).code, 0);
    assert_eq!(fs::read_to_string(folder.join("m.lav")).expect("the model"), shown.out);
    assert_eq!(latva(&folder, &["fmt", "m.lav", "--check"]).code, 0);
}

#[test]
fn an_inconsistent_study_ends_with_1() {
    let line = "audit fixtures/studies/Z17/study.toml";
    let run = at_root(line);
    assert_eq!((run.code, run.err.as_str()), (1, ""), "{}", run.out);
    assert!(run.out.contains("INCONSISTENT"), "{}", run.out);
    assert!(at_root(&format!("{line} --all")).out.len() > run.out.len());
    let json = at_root(&format!("{line} --format json"));
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert!(json.is_object());
    let page = scratch("audit").join("audit.html");
    assert_eq!(at_root(&format!("{line} --out {}", page.display())).code, 1);
    assert!(fs::read_to_string(page).expect("a page").starts_with("<!"));

    let folder = scratch("sound-study");
    fs::write(
        folder.join("s.toml"),
        "title = \"Three factors of mental ability\"\n\n[[model]]\nname = \"three factors\"\nn = \"301\"\nchisq = \"85.306\"\ndf = \"24\"\nrmsea = \".092\"\n",
    )
    .expect("a study");
    let sound = latva(&folder, &["audit", "s.toml"]);
    assert_eq!(sound.code, 0, "{}{}", sound.err, sound.out);
    fs::write(
        folder.join("t.toml"),
        fs::read_to_string(folder.join("s.toml")).expect("a study").replace(".092", ".062"),
    )
    .expect("a study");
    assert_eq!(latva(&folder, &["audit", "t.toml"]).code, 1);
}

#[test]
fn help_and_version_go_to_standard_output() {
    for line in [
        "--help",
        "fit --help",
        "table --help",
        "audit --help",
        "check --help",
        "fmt --help",
        "explain --help",
        "--version",
    ] {
        let run = at_root(line);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{line}");
        assert!(!run.out.is_empty());
    }
    let nothing = latva(&root(), &[]);
    assert_eq!(nothing.code, 2);
    assert!(nothing.err.contains("Usage: latva"), "{}", nothing.err);
}

/// The commands shown in the documents do what the documents show. In a `console` block, a line `$ latva ...` is a
/// command, `? 2` after it its exit code where that is not 0, and the rest its output on both streams; a line `...`
/// stands for any lines.
#[test]
fn the_documents_show_what_happens() {
    let mut documents = vec![root().join("README.md")];
    let guide = fs::read_dir(root().join("docs/guide")).expect("the guide");
    documents.extend(guide.map(|entry| entry.expect("a page").path()));
    documents.sort();
    let mut commands = 0;
    for document in documents {
        let text = fs::read_to_string(&document).expect("a document");
        for example in examples(&text) {
            let words: Vec<&str> = example.command.split_whitespace().collect();
            let run = latva(&root(), &words);
            assert_eq!(run.code, example.code, "{}: {}\n{}", document.display(), example.command, run.err);
            let shown = format!("{}{}", run.err, run.out);
            assert!(
                matches(&example.output, &shown.lines().collect::<Vec<_>>()),
                "{}: `latva {}` gives\n{shown}",
                document.display(),
                example.command
            );
            commands += 1;
        }
    }
    assert!(commands > 5);
}

/// A command of a document, its exit code and the lines that it is said to give.
struct Example<'a> {
    command: &'a str,
    code: i32,
    output: Vec<&'a str>,
}

fn examples(text: &str) -> Vec<Example<'_>> {
    let mut examples: Vec<Example<'_>> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let (true, Some(command)) = (inside, line.strip_prefix("$ latva ")) {
            examples.push(Example { command, code: 0, output: Vec::new() });
        } else if let (true, Some(last)) = (inside, examples.last_mut()) {
            match line.strip_prefix("? ").and_then(|code| code.parse().ok()) {
                Some(code) => last.code = code,
                None => last.output.push(line),
            }
        }
    }
    examples
}

/// Whether lines are as expected; the expected line `...` stands for any lines.
fn matches(expected: &[&str], lines: &[&str]) -> bool {
    match expected.split_first() {
        None => lines.is_empty(),
        Some((&"...", rest)) => (0..=lines.len()).any(|skipped| matches(rest, &lines[skipped..])),
        Some((first, rest)) => lines.first() == Some(first) && matches(rest, &lines[1..]),
    }
}

/// The two commands that the README promises: what follows `cargo run --release --` works, and the tests are these.
#[test]
fn the_commands_of_the_readme_are_those_that_work() {
    let text = fs::read_to_string(root().join("README.md")).expect("the README");
    let commands: Vec<&str> = text.lines().filter(|line| line.starts_with("cargo ")).collect();
    assert_eq!(commands.len(), 2, "{commands:?}");
    let line = commands[0].strip_prefix("cargo run --release -- ").expect("the first command runs the tool");
    assert_eq!(at_root(line).code, 0);
    assert_eq!(commands[1], "cargo test --workspace");
}
