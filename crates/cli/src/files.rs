//! Reading and writing of files, with errors that help to find the right one.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use latva_spec::Diagnostic;

/// The bytes of a file. `what` says what it should hold.
///
/// # Errors
/// A diagnostic that names near files where there is no such file.
pub(crate) fn read(path: &Path, what: &str) -> Result<Vec<u8>, Diagnostic> {
    std::fs::read(path).map_err(|error| {
        let shown = path.display();
        match error.kind() {
            ErrorKind::NotFound => missing(path, what),
            _ if path.is_dir() => Diagnostic::error("E0702", format!("`{shown}` is a folder, not a {what}"))
                .hint("give the name of a file in it"),
            ErrorKind::PermissionDenied => {
                Diagnostic::error("E0702", format!("the {what} `{shown}` cannot be read: permission denied"))
                    .hint("look at the rights of the file")
            }
            _ => Diagnostic::error("E0702", format!("the {what} `{shown}` cannot be read: {error}")),
        }
    })
}

/// Endings of files that hold data or documents, not models.
const NO_MODELS: [&str; 14] =
    ["csv", "tsv", "dat", "sav", "por", "dta", "sas7bdat", "rds", "rdata", "xls", "xlsx", "ods", "docx", "amw"];

/// The text of a model file, without a byte order mark.
///
/// # Errors
/// Those of [`read`], and where the file is not UTF-8.
pub(crate) fn read_model(path: &Path) -> Result<String, Diagnostic> {
    let bytes = read(path, "model file")?;
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    if NO_MODELS.iter().any(|known| Some(*known) == ending.as_deref()) {
        return Err(Diagnostic::error(
            "E0700",
            format!("`{}` is given as the model, but its ending is not that of a model file", path.display()),
        )
        .hint("the model comes first, the data follow an option: `latva fit model.lav --data survey.csv`"));
    }
    text(bytes, path, "model file")
}

/// The text of a file, without a byte order mark.
///
/// # Errors
/// Those of [`read`], and where the file is not UTF-8.
pub(crate) fn read_text(path: &Path, what: &str) -> Result<String, Diagnostic> {
    text(read(path, what)?, path, what)
}

fn text(bytes: Vec<u8>, path: &Path, what: &str) -> Result<String, Diagnostic> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let before = &error.as_bytes()[..at];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            Err(Diagnostic::error(
                "E0703",
                format!(
                    "the {what} `{}` is not UTF-8 text: line {line} holds a byte that cannot be read",
                    path.display()
                ),
            )
            .hint("save the file as UTF-8; it is plain text, not a word processor's document or a data file"))
        }
    }
}

/// Writes a result into a file.
///
/// # Errors
/// A diagnostic with the reason.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Diagnostic> {
    std::fs::write(path, text).map_err(|error| {
        Diagnostic::error("E0706", format!("`{}` cannot be written: {error}", path.display()))
            .hint("look whether its folder exists and may be written to")
    })
}

fn missing(path: &Path, what: &str) -> Diagnostic {
    let shown = path.display();
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Diagnostic::error(
            "E0701",
            format!("there is no {what} `{shown}`, because there is no folder `{}`", folder.display()),
        )
        .hint(format!("the program runs in `{}`", current_folder()));
    }
    let diagnostic = Diagnostic::error("E0701", format!("there is no {what} `{shown}`"));
    let near = near_names(path, folder);
    if near.is_empty() {
        diagnostic.hint(format!("the program runs in `{}`", current_folder()))
    } else {
        diagnostic.hint(format!("did you mean {}?", near.join(" or ")))
    }
}

fn current_folder() -> String {
    std::env::current_dir().map(|folder| folder.display().to_string()).unwrap_or_default()
}

/// At most three files of the folder whose names are near, nearest first.
fn near_names(path: &Path, folder: &Path) -> Vec<String> {
    let Some(wanted) = path.file_name().map(|name| name.to_string_lossy().to_lowercase()) else {
        return Vec::new();
    };
    let stem = |name: &str| Path::new(name).file_stem().map(|s| s.to_string_lossy().into_owned());
    let mut near: Vec<(usize, PathBuf)> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().to_lowercase();
            let mut distance = strsim::osa_distance(&wanted, &name);
            if stem(&name) == stem(&wanted) {
                distance = distance.min(1);
            }
            (distance <= (wanted.chars().count() / 3).max(1) && entry.path().is_file())
                .then(|| (distance, entry.path()))
        })
        .collect();
    near.sort();
    near.truncate(3);
    near.into_iter()
        .map(|(_, file)| {
            let file = file.strip_prefix(".").unwrap_or(&file);
            format!("`{}`", file.display())
        })
        .collect()
}
