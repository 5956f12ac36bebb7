//! The one diagnostic type of latva: what is wrong, where, and how to mend it.

/// A range of bytes of the model text, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

/// How serious a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Something to know; the result stands.
    Note,
    /// Something to look at before the result is used.
    Warning,
    /// The input cannot be used as it is.
    Error,
}

/// One finding about the user's input or about a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable identifier, for example `E0102`; `latva explain ID` tells its story.
    pub id: &'static str,
    /// How serious it is.
    pub severity: Severity,
    /// One sentence, lower case, without a full stop.
    pub message: String,
    /// The place in the model text that it is about.
    pub span: Option<Span>,
    /// A few words printed under the caret; empty when the message says it all.
    pub label: String,
    /// Further places, each with its words ("first given here").
    pub related: Vec<(Span, String)>,
    /// How to mend it, in the order in which to try.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// A diagnostic without a place, further places or hints.
    pub fn new(id: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Diagnostic {
            id,
            severity,
            message: message.into(),
            span: None,
            label: String::new(),
            related: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// An error at a place of the model text.
    pub fn error(id: &'static str, message: impl Into<String>) -> Self {
        Self::new(id, Severity::Error, message)
    }

    /// A warning.
    pub fn warning(id: &'static str, message: impl Into<String>) -> Self {
        Self::new(id, Severity::Warning, message)
    }

    /// A note.
    pub fn note(id: &'static str, message: impl Into<String>) -> Self {
        Self::new(id, Severity::Note, message)
    }

    /// Sets the place and the words under the caret.
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.span = Some(span);
        self.label = label.into();
        self
    }

    /// Sets the place where it is known.
    pub fn at_option(mut self, span: Option<Span>, label: impl Into<String>) -> Self {
        self.span = span;
        self.label = label.into();
        self
    }

    /// Adds a further place.
    pub fn related(mut self, span: Span, words: impl Into<String>) -> Self {
        self.related.push((span, words.into()));
        self
    }

    /// Adds a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
