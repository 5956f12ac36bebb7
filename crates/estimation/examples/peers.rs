//! One workload of the comparison with other programs, with latva: `peers FOLDER SECONDS`.
//!
//! A fit is everything from model text and data table to the result: parameter table, moments, estimates, standard errors, tests,
//! fit measures, and in workloads of the kind "report" the standardized solution with its standard errors. One thread, but where the workload says otherwise. Prints a line of JSON, as the other programs of bench/peers do, and
//! writes the implied moments to FOLDER/latva.csv. `bench/peers/run` runs it.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a program of its own")]

mod stopwatch;

use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;

use latva_data::{CsvOptions, DataTable, MissingRows, Sample, SampleOptions, read_csv};
use latva_estimation::{Estimator, Fit, Missing, Options, StandardErrors, TestStatistic, fit, modification_indices};
use latva_spec::table::{EqualityGroup, ParTable, TableContext, build};
use serde_json::{Value, json};
use stopwatch::times;

/// A workload, read.
struct Workload {
    spec: Value,
    model: String,
    data: DataTable,
    options: Options,
    selection: SampleOptions,
    context: TableContext,
}

impl Workload {
    fn read(folder: &Path) -> Workload {
        let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("the workload has this file");
        let spec: Value = serde_json::from_str(&text("workload.json")).expect("workload.json is JSON");
        let data = read_csv(text("data.csv").as_bytes(), &CsvOptions::default()).expect("data.csv is readable");
        let wanted = &spec["options"];
        let skip_standardized = spec["kind"] != "report";
        let mut options = Options { threads: Some(1), skip_standardized, ..Options::default() };
        let mut selection =
            SampleOptions { group: wanted["group"].as_str().map(str::to_owned), ..SampleOptions::default() };
        let mut context = TableContext::default();
        match wanted["estimator"].as_str() {
            Some("MLR") => {
                options.se = Some(StandardErrors::RobustHuberWhite);
                options.test = Some(vec![TestStatistic::YuanBentlerMplus]);
                context.options.meanstructure = Some(true);
            }
            Some("WLS") => options.estimator = Estimator::Wls,
            _ => {}
        }
        if wanted["missing"] == "ml" {
            options.missing = Missing::Ml;
            selection.missing = MissingRows::Keep;
            context.options.meanstructure = Some(true);
        }
        if let Some(group) = &selection.group {
            context.groups = data.group_labels(group).expect("the group variable exists");
            context.options.meanstructure = Some(true);
        }
        if let Some(equal) = wanted["group.equal"].as_array() {
            context.options.group_equal =
                equal.iter().filter_map(Value::as_str).filter_map(EqualityGroup::from_name).collect();
        }
        if let Some(draws) = spec["draws"].as_u64() {
            options.se = Some(StandardErrors::Bootstrap);
            options.bootstrap = Some(draws as usize);
            options.threads = spec["threads"].as_u64().map(|threads| threads as usize);
        }
        Workload { model: text("model.lav"), spec, data, options, selection, context }
    }

    fn table(&self) -> ParTable {
        build(&latva_spec::parse(&self.model).model, &self.context).0
    }

    fn sample(&self, table: &ParTable) -> Sample {
        self.data.sample(&table.blocks[0].observed, &self.selection).expect("the data are sound").0
    }

    fn fit(&self) -> Fit {
        let table = self.table();
        fit(&table, &self.sample(&table), &self.options).expect("the model fits")
    }
}

/// The implied moments, a line per variable and block.
fn moments(fit: &Fit) -> String {
    let mut text = format!("block,mean,{}\n", fit.blocks[0].observed.join(","));
    for (block, moments) in fit.moments.iter().enumerate() {
        for (at, row) in moments.implied_cov.outer_iter().enumerate() {
            let mean = moments.implied_mean.as_ref().map_or("NA".to_owned(), |mean| mean[at].to_string());
            let row: Vec<String> = row.iter().map(f64::to_string).collect();
            writeln!(text, "{},{mean},{}", block + 1, row.join(",")).expect("text grows");
        }
    }
    text
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, seconds] = arguments.as_slice() else { panic!("usage: peers FOLDER SECONDS") };
    let (folder, seconds) = (Path::new(folder), seconds.parse().expect("a number of seconds"));
    let workload = Workload::read(folder);
    let table = workload.table();
    let sample = workload.sample(&table);
    let fitted = workload.fit();
    let threads = workload.options.threads != Some(1);
    let spent = match workload.spec["kind"].as_str() {
        Some("modification") => times(seconds, threads, || modification_indices(black_box(&table), &sample, &fitted)),
        _ => times(seconds, threads, || workload.fit()),
    };
    let count = workload.spec["draws"].as_f64().unwrap_or(1.0);
    std::fs::write(folder.join("latva.csv"), moments(&fitted)).expect("the folder can be written to");
    let line = json!({
        "program": "latva", "version": env!("CARGO_PKG_VERSION"), "workload": workload.spec["name"],
        "best": spent[0] / count, "median": spent[spent.len() / 2] / count, "repeats": spent.len(),
        "converged": fitted.convergence.converged, "iterations": fitted.convergence.iterations,
        "parameters": table.rows.iter().map(|row| row.free).max(),
        "table": times(0.05, false, || workload.table())[0], "sample": times(0.05, false, || workload.sample(&table))[0],
    });
    println!("{line}");
}
