//! What is wrong with a study file.

/// One mistake in a study file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {field}: {cause}{}", .remedy.as_ref().map(|r| format!("; {r}")).unwrap_or_default())]
pub struct StudyError {
    /// Line of the study file, from 1.
    pub line: usize,
    /// Path of the field, for example `model[2].chisq`.
    pub field: String,
    /// What is wrong.
    pub cause: String,
    /// How to mend it.
    pub remedy: Option<String>,
}

/// Every mistake that was found in a study file, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudyErrors(pub Vec<StudyError>);

impl std::fmt::Display for StudyErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for StudyErrors {}
