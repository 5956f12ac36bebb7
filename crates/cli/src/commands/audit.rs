//! `latva audit`.

use std::collections::BTreeMap;
use std::path::Path;

use latva_audit::{Study, render};
use latva_spec::Diagnostic;

use super::study;
use crate::Outcome;
use crate::arguments::AuditArguments;
use crate::choices::{AUDIT_FORMATS, Format, format_of};
use crate::files;
use crate::messages::complain;
use crate::terminal::Terminal;

/// Tells which published figures of a study are consistent with each other.
pub(crate) fn run(arguments: &AuditArguments, terminal: &mut Terminal<'_>) -> Outcome {
    let Some((_, study)) = study::read(&arguments.study, terminal) else {
        return Outcome::Fault;
    };
    let models = match models(&study, &arguments.study) {
        Ok(models) => models,
        Err(diagnostics) => {
            complain(terminal, None, &diagnostics);
            return Outcome::Fault;
        }
    };
    let audit = latva_audit::audit(&study, &models);
    let format = format_of(arguments.format, arguments.out.as_deref(), AUDIT_FORMATS);
    let rendering = match format {
        Format::Json => render::json(&audit),
        Format::Markdown => render::markdown(&audit),
        Format::Html => render::html(&audit),
        _ => render::text(&audit, arguments.all),
    };
    if !study::deliver(&rendering, arguments.out.as_deref(), terminal) {
        return Outcome::Fault;
    }
    if audit.has_inconsistency() { Outcome::Unsound } else { Outcome::Sound }
}

/// The texts of the model files, which are seen from the folder of the study.
fn models(study: &Study, path: &Path) -> Result<BTreeMap<String, String>, Vec<Diagnostic>> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut texts = BTreeMap::new();
    let mut missing = Vec::new();
    for name in study.model_files() {
        match files::read_model(&folder.join(name)) {
            Ok(text) => {
                texts.insert(name.to_owned(), text);
            }
            Err(diagnostic) => missing.push(diagnostic),
        }
    }
    if missing.is_empty() { Ok(texts) } else { Err(missing) }
}
