//! Reports of real fits: every rendering holds the same numbers, and is whole.

use latva_data::{CsvOptions, Sample, SampleOptions, read_csv};
use latva_estimation::{Fit, Options};
use latva_report::{Context, DataContext, DataKind, Report};
use latva_spec::table::{ParTable, TableContext, build};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).expect("a fixture")
}

/// A fit of a model text to a data set of the fixtures.
fn fit(source: &str, data: &str, group: Option<&str>) -> Fit {
    let data = read_csv(&fixture(&format!("data/{data}")), &CsvOptions::default()).expect("data");
    let groups = group.map(|name| data.group_labels(name).expect("groups")).unwrap_or_default();
    let parsed = latva_spec::parse(source);
    assert!(!parsed.has_errors(), "{:?}", parsed.diagnostics);
    let context = TableContext { groups, variables: Some(data.names().to_vec()), ..TableContext::default() };
    let (table, diagnostics) = build(&parsed.model, &context);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let sample = sample(&data, &table, group);
    latva_estimation::fit(&table, &sample, &Options::default()).expect("a fit")
}

fn sample(data: &latva_data::DataTable, table: &ParTable, group: Option<&str>) -> Sample {
    let options = SampleOptions { group: group.map(str::to_owned), ..SampleOptions::default() };
    data.sample(&table.blocks[0].observed, &options).expect("a sample").0
}

fn report(source: &str, fit: &Fit, group: Option<&str>) -> Report {
    Report::new(
        fit,
        &Context {
            version: "0.0.0",
            model_file: Some("model.lav"),
            model_source: source,
            table: &TableContext::default(),
            data: DataContext {
                file: "data.csv",
                sha256: "",
                kind: DataKind::Cases,
                n_total: 400,
                group_variable: group,
                sampling_weights: None,
            },
        },
    )
}

/// Models with every kind of row that a report shows, with their data and group variable.
fn reports() -> Vec<(&'static str, Report)> {
    let political = String::from_utf8(fixture("models/political_democracy.lav")).expect("text");
    let cases: [(&str, String, &str, Option<&str>); 3] = [
        ("political_democracy", political, "PoliticalDemocracy.csv", None),
        (
            "mediation",
            "x4 ~ a*x1 + c*x2\nx7 ~ b*x4\nab := a*b\na == c\n".to_owned(),
            "HolzingerSwineford1939.csv",
            None,
        ),
        (
            "two_groups",
            "visual =~ x1 + c(l, l)*x2 + x3\nspeed =~ x7 + x8 + x9\nx1 ~~ x7\n".to_owned(),
            "HolzingerSwineford1939.csv",
            Some("school"),
        ),
    ];
    cases
        .into_iter()
        .map(|(name, source, data, group)| (name, report(&source, &fit(&source, data, group), group)))
        .collect()
}

#[test]
fn text_of_real_fits() {
    for (name, report) in reports() {
        let text = report.to_text();
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(100), "{name} is {widest:?} columns wide");
        assert!(text.lines().all(|line| line.trim_end() == line), "{name}: blanks at line ends");
        // The optimiser's path is no business of the snapshot.
        let text: Vec<&str> = text.lines().filter(|line| !line.contains("gradient")).collect();
        insta::assert_snapshot!(name, text.join("\n"));
    }
}

/// Whether a cell holds the number of a JSON value, but for the last digit, which the JSON parser may miss.
fn same(cell: &str, value: &serde_json::Value) -> bool {
    match (cell.parse::<f64>(), value.as_f64()) {
        (Ok(cell), Some(value)) => (cell - value).abs() <= 1e-15 * value.abs(),
        (Err(_), None) => cell.is_empty() && value.is_null(),
        _ => false,
    }
}

#[test]
fn csv_and_json_hold_the_same_numbers() {
    for (name, report) in reports() {
        let json: serde_json::Value = serde_json::from_str(&report.to_json()).expect("JSON");
        let csv = report.to_csv();
        let rows: Vec<Vec<&str>> = csv.lines().skip(1).map(|line| line.split(',').collect()).collect();
        let of = |section: &str| rows.iter().filter(|row| row[0] == section).collect::<Vec<_>>();
        let parameters = json["parameters"].as_array().expect("rows");
        let listed: Vec<_> = rows.iter().filter(|row| row[0] == "parameter" || row[0] == "defined").collect();
        assert_eq!(listed.len(), parameters.len(), "{name}");
        for (row, parameter) in listed.iter().zip(parameters) {
            for (at, key) in
                ["est", "se", "z", "pvalue", "ci_lower", "ci_upper", "std_lv", "std_all", "std_nox"].iter().enumerate()
            {
                assert!(same(row[9 + at], &parameter[key]), "{name}: {key} of {row:?}");
            }
        }
        let measures = json["fit"].as_object().expect("measures");
        assert_eq!(of("fit").len(), measures.len(), "{name}");
        for row in of("fit") {
            assert!(same(row[9], &measures[row[1]]), "{name}: {row:?}");
        }
        assert_eq!(of("r2").len(), json["r2"].as_array().expect("R-square").len(), "{name}");
    }
}

#[test]
fn every_estimate_is_in_every_rendering() {
    for (name, report) in reports() {
        let json: serde_json::Value = serde_json::from_str(&report.to_json()).expect("JSON");
        let renderings = [report.to_text(), report.to_markdown(), report.to_latex(), report.to_html()]
            .map(|text| text.replace("$-$", "-").replace('\u{2212}', "-"));
        for parameter in json["parameters"].as_array().expect("rows") {
            for key in ["est", "se", "std_all"] {
                let Some(value) = parameter[key].as_f64() else { continue };
                let shown = format!("{value:.3}");
                let shown = if shown == "-0.000" { "0.000" } else { shown.as_str() };
                for text in &renderings {
                    assert!(text.contains(shown), "{name}: {key} of {parameter} is not in\n{text}");
                }
            }
        }
    }
}

#[test]
fn latex_is_balanced() {
    for (name, report) in reports() {
        let text = report.to_latex();
        for environment in ["longtable", "description", "itemize"] {
            assert_eq!(
                text.matches(&format!("\\begin{{{environment}}}")).count(),
                text.matches(&format!("\\end{{{environment}}}")).count(),
                "{name}: {environment}"
            );
        }
        assert_eq!(text.matches('{').count(), text.matches('}').count(), "{name}");
        let mut columns = 0;
        for line in text.lines() {
            if let Some(format) = line.strip_prefix("\\begin{longtable}") {
                columns = format.matches(['l', 'r']).count();
            }
            let cells = line.replace("\\&", "").matches('&').count();
            if cells > 0 {
                assert_eq!(cells + 1, columns, "{name}: {line}");
            }
        }
    }
}

#[test]
fn html_elements_are_closed() {
    for (name, report) in reports() {
        let text = report.to_html();
        let mut open: Vec<&str> = Vec::new();
        for tag in text.split('<').skip(1) {
            let tag = tag.split('>').next().expect("a tag");
            let element = tag.trim_start_matches('/').split(' ').next().expect("a name");
            match element {
                "!DOCTYPE" | "meta" => {}
                _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(element), "{name}"),
                _ => open.push(element),
            }
        }
        assert!(open.is_empty(), "{name}: {open:?}");
    }
}

#[test]
fn markdown_tables_have_even_rows() {
    for (name, report) in reports() {
        let text = report.to_markdown().replace("\\|", "");
        let mut columns = None;
        for line in text.lines() {
            if line.starts_with('|') {
                let cells = line.matches('|').count();
                assert_eq!(*columns.get_or_insert(cells), cells, "{name}: {line}");
            } else {
                columns = None;
            }
        }
    }
}
