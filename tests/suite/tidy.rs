//! The rules of the project that no compiler checks.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The longest source file; longer ones are split by subject.
const LONGEST_FILE: usize = 750;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests live in a folder of the project").to_owned()
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    paths
}

/// All files below a folder, without build products and hidden folders.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in children(folder) {
        let name = name(&path);
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    files(folder).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

fn crates() -> Vec<PathBuf> {
    children(&root().join("crates")).into_iter().filter(|path| path.join("Cargo.toml").is_file()).collect()
}

/// The lines of a source file that are not comments, with their numbers.
fn code(source: &str) -> impl Iterator<Item = (usize, &str)> {
    source.lines().enumerate().map(|(at, line)| (at + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Fails with all offences at once.
fn none(offences: &[String]) {
    assert!(offences.is_empty(), "\n{}", offences.join("\n"));
}

#[test]
fn architecture_names_every_crate_and_no_other() {
    let listed: BTreeSet<String> = text(&root().join("ARCHITECTURE.md"))
        .lines()
        .filter_map(|line| line.strip_prefix("### `crates/")?.split('`').next().map(str::to_owned))
        .collect();
    let present: BTreeSet<String> = crates().iter().map(|path| name(path)).collect();
    assert_eq!(listed, present, "the code map of ARCHITECTURE.md against the folder crates/");
}

#[test]
fn dependencies_point_one_way() {
    /// What each crate of the project may use of the others.
    const ALLOWED: [(&str, &[&str]); 7] = [
        ("spec", &[]),
        ("data", &["math"]),
        ("math", &[]),
        ("estimation", &["spec", "data", "math"]),
        ("audit", &["spec", "math", "estimation"]),
        ("report", &["spec", "data", "estimation", "audit"]),
        ("cli", &["spec", "data", "estimation", "audit", "report"]),
    ];
    let mut offences = Vec::new();
    for path in crates() {
        let manifest: toml::Table = text(&path.join("Cargo.toml")).parse().expect("a valid manifest");
        let name = name(&path);
        let allowed = ALLOWED.iter().find(|(of, _)| *of == name).map(|(_, allowed)| *allowed);
        let Some(allowed) = allowed else {
            offences.push(format!("crates/{name}: say here what it may depend on"));
            continue;
        };
        for dependency in manifest["dependencies"].as_table().into_iter().flat_map(toml::Table::keys) {
            if let Some(other) = dependency.strip_prefix("latva-")
                && !allowed.contains(&other)
            {
                offences.push(format!("crates/{name} must not depend on crates/{other}"));
            }
            if ["faer", "pulp", "ndarray-linalg", "argmin"].contains(&dependency.as_str()) && name != "math" {
                offences.push(format!("crates/{name} names {dependency}, which only crates/math may"));
            }
        }
    }
    none(&offences);
}

#[test]
fn libraries_do_no_input_or_output() {
    /// Files, network, environment, processes, clocks and terminals.
    const FORBIDDEN: [&str; 9] = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::time",
        "std::io::stdin",
        "std::io::stdout",
        "std::io::stderr",
        "std::os",
    ];
    let mut offences = Vec::new();
    for path in crates().iter().filter(|path| name(path) != "cli") {
        for file in sources(&path.join("src")) {
            for (line, code) in code(&text(&file)) {
                if let Some(word) = FORBIDDEN.iter().find(|word| code.contains(*word)) {
                    offences.push(format!("{}:{line}: {word} in a library", file.display()));
                }
            }
        }
    }
    none(&offences);
}

#[test]
fn shortcuts_are_not_taken() {
    // Written apart, so that this file does not offend against its own rule.
    let forbidden = [
        (concat!("allow(dead", "_code)"), "unused code is removed"),
        (concat!("#[ign", "ore"), "every test runs"),
        (concat!("todo", "!("), "what is missing is a clear error"),
        (concat!("unimple", "mented!("), "what is missing is a clear error"),
        (concat!("db", "g!("), "libraries print nothing"),
    ];
    let mut offences = Vec::new();
    for folder in ["crates", "tests"] {
        for file in sources(&root().join(folder)) {
            for (line, code) in code(&text(&file)) {
                for (word, reason) in forbidden {
                    if code.contains(word) {
                        offences.push(format!("{}:{line}: {word}: {reason}", file.display()));
                    }
                }
                if code.contains(concat!("allow(unsafe", "_code)")) && !file.starts_with(root().join("crates/math")) {
                    offences.push(format!("{}:{line}: unsafe outside crates/math", file.display()));
                }
            }
        }
    }
    none(&offences);
}

#[test]
fn files_are_named_by_their_object_and_not_too_long() {
    let mut offences = Vec::new();
    for folder in ["crates", "tests", "tools", "fuzz"] {
        let folder = root().join(folder);
        if !folder.is_dir() {
            continue;
        }
        for file in files(&folder) {
            if ["util", "utils", "helper", "helpers", "common", "misc"].contains(&stem(&file).as_str()) {
                offences.push(format!("{}: name the file by what it holds", file.display()));
            }
            if file.extension().is_some_and(|extension| extension == "rs") {
                let lines = text(&file).lines().count();
                if lines > LONGEST_FILE {
                    offences.push(format!("{}: {lines} lines; split it by subject", file.display()));
                }
            }
        }
    }
    none(&offences);
}

#[test]
fn every_fixture_folder_tells_its_origin() {
    let mut offences = Vec::new();
    let reference = children(&root().join("fixtures/reference"));
    let folders = reference.into_iter().filter(|path| path.is_dir()).chain([root().join("fixtures/data")]);
    for folder in folders {
        let path = folder.join("origin.toml");
        if !path.is_file() {
            offences.push(format!("{}: no origin.toml", folder.display()));
            continue;
        }
        let origin: toml::Table = text(&path).parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for key in ["generator", "program", "command", "date"] {
            if !origin.contains_key(key) {
                offences.push(format!("{}: `{key}` is missing", path.display()));
            }
        }
        let generators = match origin.get("generator") {
            Some(toml::Value::Array(list)) => list.iter().collect(),
            generator => Vec::from_iter(generator),
        };
        let command = origin.get("command").and_then(toml::Value::as_str).unwrap_or_default();
        for generator in generators.into_iter().filter_map(toml::Value::as_str) {
            if !root().join(generator).is_file() || !command.contains(generator) {
                offences.push(format!("{}: `{generator}` is not there, or not in the command", path.display()));
            }
        }
    }
    none(&offences);
}

#[test]
fn every_data_set_is_listed_with_its_size() {
    let folder = root().join("fixtures/data");
    let origin: toml::Table = text(&folder.join("origin.toml")).parse().expect("valid TOML");
    let mut listed = BTreeSet::new();
    for entry in origin["file"].as_array().expect("a list of files") {
        let file = entry["name"].as_str().expect("a file name");
        let bytes = fs::read(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let table = latva_data::read_csv(&bytes, &latva_data::CsvOptions::default()).expect("a data set");
        let size = (entry["rows"].as_integer(), entry["columns"].as_integer());
        assert_eq!(size, (i64::try_from(table.n_rows()).ok(), i64::try_from(table.names().len()).ok()), "{file}");
        listed.insert(file.to_owned());
    }
    let present: BTreeSet<String> =
        children(&folder).iter().map(|path| name(path)).filter(|name| name != "origin.toml").collect();
    assert_eq!(listed, present);
}

#[test]
fn every_fixture_is_used_by_a_test() {
    let suite: String = sources(&root().join("tests/suite")).iter().map(|path| text(path)).collect();
    let forgotten: Vec<String> = children(&root().join("fixtures/reference"))
        .iter()
        .map(|path| name(path))
        .filter(|folder| !suite.contains(&format!("reference/{folder}")))
        .collect();
    assert!(forgotten.is_empty(), "no test names these folders of fixtures/reference: {forgotten:?}");
}

#[test]
fn continuous_integration_is_one_script() {
    let root = root();
    let recipe = text(&root.join("justfile"));
    assert!(recipe.contains("\nci:\n    .ci/run\n"), "`just ci` runs .ci/run and nothing else");
    let script = text(&root.join(".ci/run"));
    assert_eq!(
        script.trim_end().lines().last(),
        Some("cargo test --workspace"),
        "the summary of the tests ends the output"
    );
}

#[test]
fn architecture_names_only_what_is_there() {
    let architecture = text(&root().join("ARCHITECTURE.md"));
    let named = architecture.split('`').skip(1).step_by(2).filter(|word| {
        ["crates/", "docs/", "fixtures/", "tests/", "tools/"].iter().any(|folder| word.starts_with(folder))
    });
    let missing: Vec<&str> = named.filter(|path| !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names what is not there: {missing:?}");
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut pages = files(&root().join("docs"));
    pages.extend(["README.md", "ARCHITECTURE.md"].map(|page| root().join(page)));
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    let mut offences = Vec::new();
    for page in pages {
        let text = text(&page);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            let elsewhere = file.is_empty() || file.contains("://") || file.contains(char::is_whitespace);
            if !elsewhere && !page.with_file_name(file).exists() {
                offences.push(format!("{}: {target} is not there", page.display()));
            }
        }
    }
    none(&offences);
}
