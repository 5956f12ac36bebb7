//! The data of a fit: raw or moments, and the sample that a table takes of them.

use std::fmt::Write as _;
use std::path::Path;

use latva_data::{
    CsvOptions, DataError, DataNote, DataTable, MissingRows, MomentsTable, Sample, SampleOptions, SamplingWeights,
    Singular,
};
use latva_estimation::{Estimator, Missing, Options};
use latva_report::DataKind;
use latva_spec::Diagnostic;
use latva_spec::table::ParTable;
use sha2::{Digest, Sha256};

use crate::arguments::SourceArguments;
use crate::data_diagnostics;
use crate::files;

/// A data file as it was read.
pub(super) struct Source {
    /// Its name as given.
    pub(super) file: String,
    /// Hash of its bytes, lower-case hexadecimal.
    pub(super) sha256: String,
    /// What it holds.
    content: Content,
    /// The group variable.
    group: Option<String>,
    /// The sampling weights.
    weights: Option<SamplingWeights>,
}

enum Content {
    Cases(DataTable),
    Moments(MomentsTable),
}

/// Reads the data that the arguments name.
///
/// # Errors
/// What is wrong with the file or its content.
pub(super) fn read(arguments: &SourceArguments) -> Result<Source, Diagnostic> {
    match (&arguments.data, &arguments.moments) {
        (Some(_), Some(_)) => {
            Err(Diagnostic::error("E0705", "both `--data` and `--moments` are given").hint("give raw data or moments"))
        }
        (None, None) => Err(Diagnostic::error("E0704", "no data are given")
            .hint("give raw data with `--data FILE`, or moments with `--moments FILE`")
            .hint("or name the file at the top of the model: `#! data = survey.csv`")),
        (Some(path), None) => {
            let bytes = files::read(path, "data file")?;
            let options = CsvOptions {
                missing: arguments.na.as_ref().map(|marks| marks.0.clone()).unwrap_or_default(),
                ..CsvOptions::default()
            };
            let table = latva_data::read_csv(&bytes, &options).map_err(|error| named(&error, path))?;
            let weights = arguments.sampling_weights.as_ref().map(|column| SamplingWeights {
                column: column.clone(),
                normalization: arguments.sampling_weights_normalization.unwrap_or_default(),
            });
            Ok(Source { group: arguments.group.clone(), weights, ..Source::new(path, &bytes, Content::Cases(table)) })
        }
        (None, Some(path)) => {
            let bytes = files::read(path, "moments file")?;
            let is_json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
                || bytes.trim_ascii_start().starts_with(b"{");
            let moments =
                if is_json { latva_data::read_moments_json(&bytes) } else { latva_data::read_moments_toml(&bytes) }
                    .map_err(|error| named(&error, path))?;
            if let Some(group) = &arguments.group {
                return Err(Diagnostic::error("E0713", format!("`--group {group}` cannot split moments into groups"))
                    .hint("give the moments of each group in the moments file and leave `--group` out"));
            }
            if let Some(weights) = &arguments.sampling_weights {
                return Err(Diagnostic::error("E0724", format!("`--sampling-weights {weights}` cannot weigh moments"))
                    .hint("give the cases themselves with `--data FILE`")
                    .hint("or give weighted moments and leave `--sampling-weights` out; standard errors and tests then take N as it is given"));
            }
            Ok(Source::new(path, &bytes, Content::Moments(moments)))
        }
    }
}

/// A fault of a whole file, with the name of the file.
fn named(error: &DataError, path: &Path) -> Diagnostic {
    let mut diagnostic = data_diagnostics::fault(error, None);
    let message = diagnostic.message.trim_start_matches("moments file: ");
    diagnostic.message = format!("{}: {message}", path.display());
    diagnostic
}

impl Source {
    /// A file as a whole: without groups or weights.
    fn new(path: &Path, bytes: &[u8], content: Content) -> Self {
        let mut sha256 = String::with_capacity(64);
        for byte in Sha256::digest(bytes) {
            // Writing into a string cannot fail.
            let _ = write!(sha256, "{byte:02x}");
        }
        Source { file: path.display().to_string(), sha256, content, group: None, weights: None }
    }

    /// Moments in JSON that were made of a study's table; `name` says which.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn of_moments(name: &str, json: &str) -> Result<Self, Diagnostic> {
        let path = Path::new(name);
        let moments = latva_data::read_moments_json(json.as_bytes()).map_err(|error| named(&error, path))?;
        Ok(Source::new(path, json.as_bytes(), Content::Moments(moments)))
    }

    pub(super) fn kind(&self) -> DataKind {
        match self.content {
            Content::Cases(_) => DataKind::Cases,
            Content::Moments(_) => DataKind::Moments,
        }
    }

    /// Cases in the file.
    pub(super) fn n_total(&self) -> usize {
        match &self.content {
            Content::Cases(table) => table.n_rows(),
            Content::Moments(moments) => moments.n_obs(),
        }
    }

    /// The variables that a model may name.
    pub(super) fn variables(&self) -> Vec<String> {
        let names = match &self.content {
            Content::Cases(table) => table.names(),
            Content::Moments(moments) => moments.names(),
        };
        names.iter().filter(|name| !name.is_empty()).cloned().collect()
    }

    pub(super) fn group_variable(&self) -> Option<&str> {
        self.group.as_deref()
    }

    pub(super) fn sampling_weights(&self) -> Option<&SamplingWeights> {
        self.weights.as_ref()
    }

    /// Labels of the groups; empty without groups.
    ///
    /// # Errors
    /// Where the group variable is not in the data or has no values.
    pub(super) fn groups(&self) -> Result<Vec<String>, Diagnostic> {
        match (&self.content, &self.group) {
            (Content::Cases(table), Some(group)) => {
                table.group_labels(group).map_err(|error| data_diagnostics::fault(&error, None))
            }
            (Content::Cases(_), None) => Ok(Vec::new()),
            (Content::Moments(moments), _) => {
                let labels: Vec<String> = moments.labels().map(str::to_owned).collect();
                Ok(if labels.len() > 1 { labels } else { Vec::new() })
            }
        }
    }

    /// The sample of the variables of a table, with remarks.
    ///
    /// # Errors
    /// What forbids the analysis of these variables.
    pub(super) fn sample(&self, table: &ParTable, options: &Options) -> Result<(Sample, Vec<Diagnostic>), Diagnostic> {
        let names = observed(table);
        let singular = match options.estimator {
            Estimator::Uls | Estimator::Sls | Estimator::Dwls => Singular::Allow,
            Estimator::Ml | Estimator::Gls | Estimator::Wls => Singular::Refuse,
        };
        let (sample, notes) = match &self.content {
            Content::Cases(data) => {
                let selection = self.selection(table, options.missing, singular);
                data.sample(&names, &selection).map(|(sample, mut notes)| {
                    let mut all: Vec<DataNote> = data.notes().to_vec();
                    all.append(&mut notes);
                    (sample, all)
                })
            }
            Content::Moments(moments) => moments.sample(&names, singular),
        }
        .map_err(|error| data_diagnostics::fault(&error, Some(table)))?;
        Ok((sample, notes.iter().map(data_diagnostics::remark).collect()))
    }
}

impl Source {
    /// What of the cases a table takes.
    fn selection(&self, table: &ParTable, missing: Missing, singular: Singular) -> SampleOptions {
        let grouped = self.group.is_some() && table.group_labels.len() > 1;
        SampleOptions {
            group: self.group.clone(),
            group_labels: grouped.then(|| table.group_labels.clone()),
            missing: match missing {
                Missing::Listwise => MissingRows::Listwise,
                Missing::Pairwise => MissingRows::Pairwise,
                Missing::Ml | Missing::MlX | Missing::TwoStage | Missing::RobustTwoStage => MissingRows::Keep,
            },
            required: if matches!(missing, Missing::Ml | Missing::Pairwise) && table.fixed_x {
                exogenous(table)
            } else {
                Vec::new()
            },
            singular,
            weights: self.weights.clone(),
        }
    }

    /// For each group of the sample the numbers of its rows in the file, from 1; none for moments.
    ///
    /// # Errors
    /// Those of [`Source::sample`].
    pub(super) fn row_numbers(&self, table: &ParTable, missing: Missing) -> Result<Vec<Vec<usize>>, Diagnostic> {
        match &self.content {
            Content::Cases(data) => data
                .row_numbers(&observed(table), &self.selection(table, missing, Singular::Allow))
                .map_err(|error| data_diagnostics::fault(&error, Some(table))),
            Content::Moments(_) => Ok(Vec::new()),
        }
    }
}

/// The observed variables of all blocks, each once.
fn observed(table: &ParTable) -> Vec<String> {
    distinct(table.blocks.iter().flat_map(|block| block.observed.iter()).map(|name| name.as_str()))
}

fn exogenous(table: &ParTable) -> Vec<String> {
    distinct(table.blocks.iter().flat_map(|block| block.exogenous.iter()).map(|name| name.as_str()))
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    names.filter(|name| seen.insert(*name)).map(str::to_owned).collect()
}
