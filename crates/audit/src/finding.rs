//! What the audit says: plain data.

use crate::interval::Interval;
use crate::printed::Printed;
use serde::{Serialize, Serializer};

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Some unrounded numbers give every figure as printed.
    Consistent,
    /// No unrounded numbers do.
    Inconsistent,
    /// The printed figures do not decide it.
    NotCheckable,
}

impl Verdict {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Consistent => "consistent",
            Verdict::Inconsistent => "inconsistent",
            Verdict::NotCheckable => "not checkable",
        }
    }
}

/// The values that the printed figures leave open for a recomputed one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Recomputed {
    /// From the figures as printed, where that is a single number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Lower end; absent where there is none.
    #[serde(serialize_with = "finite_or_null")]
    pub lower: f64,
    /// Upper end; absent where there is none.
    #[serde(serialize_with = "finite_or_null")]
    pub upper: f64,
}

fn finite_or_null<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if x.is_finite() { serializer.serialize_f64(*x) } else { serializer.serialize_none() }
}

impl Recomputed {
    /// The range as an interval.
    pub fn range(&self) -> Interval {
        Interval::new(self.lower, self.upper)
    }
}

impl From<Interval> for Recomputed {
    fn from(range: Interval) -> Self {
        Recomputed { value: None, lower: range.lo(), upper: range.hi() }
    }
}

/// One check of one figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Which check, one of [`crate::CHECKS`].
    pub check: &'static str,
    /// Where in the paper: model, table, construct.
    pub place: String,
    /// Which figure.
    pub figure: String,
    /// As printed; empty where nothing is printed and the value is told for information.
    pub printed: String,
    /// What the other figures give.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recomputed: Option<Recomputed>,
    /// Verdict.
    pub verdict: Verdict,
    /// Whether the check rests on an approximation.
    pub approximate: bool,
    /// The conclusion that changes with the recomputed value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conclusion: Option<String>,
    /// What may have happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slip: Option<String>,
    /// The convention under which the figures agree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub convention: Option<String>,
    /// The finding in a sentence: arithmetic is judged, never intent.
    pub message: String,
    /// Line of the study file.
    pub line: usize,
}

impl Finding {
    /// A finding about a printed figure; the caller fills in the rest.
    pub(crate) fn new(check: &'static str, place: &str, figure: &str, verdict: Verdict) -> Finding {
        Finding {
            check,
            place: place.to_owned(),
            figure: figure.to_owned(),
            printed: String::new(),
            recomputed: None,
            verdict,
            approximate: false,
            conclusion: None,
            slip: None,
            convention: None,
            message: String::new(),
            line: 0,
        }
    }

    pub(crate) fn of(mut self, printed: &Printed) -> Finding {
        self.printed = printed.raw().to_owned();
        self.line = printed.line();
        self
    }

    pub(crate) fn showing(mut self, printed: impl Into<String>, line: usize) -> Finding {
        self.printed = printed.into();
        self.line = line;
        self
    }

    pub(crate) fn recomputed(mut self, range: Interval, value: Option<f64>) -> Finding {
        self.recomputed =
            Some(Recomputed { value: value.filter(|value| value.is_finite()), ..Recomputed::from(range) });
        self
    }

    pub(crate) fn approximate(mut self) -> Finding {
        self.approximate = true;
        self
    }

    pub(crate) fn concluding(mut self, conclusion: Option<String>) -> Finding {
        self.conclusion = conclusion;
        self
    }

    pub(crate) fn slipped(mut self, slip: Option<String>) -> Finding {
        self.slip = slip;
        self
    }

    pub(crate) fn by_convention(mut self, convention: impl Into<String>) -> Finding {
        self.convention = Some(convention.into());
        self
    }

    pub(crate) fn saying(mut self, message: impl Into<String>) -> Finding {
        self.message = message.into();
        self
    }
}

/// The outcome of an audit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audit {
    /// `latva.audit/1`.
    pub schema: &'static str,
    /// Key of the study.
    pub key: String,
    /// Title of the study.
    pub title: String,
    /// Every check, in the order of the study file.
    pub findings: Vec<Finding>,
}

impl Audit {
    /// Whether any figure is inconsistent.
    pub fn has_inconsistency(&self) -> bool {
        self.count(Verdict::Inconsistent) > 0
    }

    /// Number of findings with a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }

    /// The inconsistent findings.
    pub fn inconsistencies(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.verdict == Verdict::Inconsistent)
    }
}
