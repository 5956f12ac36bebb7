//! Why a model cannot be fitted: the user's input, not the outcome of an iteration.

use latva_spec::{Diagnostic, Span};

/// The model and the data do not go together, or the engine cannot estimate what is asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EstimationError {
    /// A kind of parameter or option that is not there yet.
    #[error("{what} cannot be estimated yet")]
    Unsupported {
        /// What it is, in words.
        what: &'static str,
        /// Where it stands.
        span: Option<Span>,
    },
    /// What does not know of sampling weights.
    #[error("{what} cannot be used with sampling weights")]
    Weighted {
        /// What it is, in words.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// Options that exclude each other.
    #[error("{problem}")]
    Options {
        /// What contradicts what, in words.
        problem: String,
        /// How to mend it.
        remedy: &'static str,
    },
    /// The model has no observed variable.
    #[error("the model has no observed variables")]
    NoObserved,
    /// A variable of the model is not in the sample.
    #[error("variable `{name}` is not in the data")]
    UnknownVariable {
        /// The name.
        name: String,
        /// Where it stands.
        span: Option<Span>,
    },
    /// The model has other groups than the sample.
    #[error("the model is for {model} group(s), the data have {data}")]
    Groups {
        /// Groups of the table.
        model: usize,
        /// Groups of the sample.
        data: usize,
    },
    /// A sample covariance matrix is not positive definite.
    #[error("the sample covariance matrix{} is not positive definite: `{variable}` is a linear combination of other variables, or there are fewer cases than variables", in_group(.group))]
    SampleNotPositiveDefinite {
        /// Group label; empty without groups.
        group: String,
        /// The variable at which the factorisation fails.
        variable: String,
    },
    /// The moments of the unrestricted model of incomplete cases are not determined.
    #[error("the incomplete cases{} do not determine all means, variances and covariances", in_group(.group))]
    UnrestrictedNotDetermined {
        /// Group label; empty without groups.
        group: String,
    },
    /// Means are modelled but the moments have none.
    #[error("the model has intercepts or means, but the data are moments without means")]
    NoMeans,
    /// What is asked needs the cases, and there are only moments.
    #[error("{what} needs the cases themselves, not only their moments")]
    NeedsCases {
        /// What it is.
        what: &'static str,
    },
    /// Fewer cases than moments: the weight of weighted least squares does not exist.
    #[error("weighted least squares (WLS) needs more cases than moments:{} {cases} cases, but {moments} moments", in_the_group(.group))]
    TooFewCases {
        /// Group label; empty without groups.
        group: String,
        /// Cases.
        cases: usize,
        /// Moments.
        moments: usize,
    },
    /// The asymptotic covariance matrix of the sample moments is singular.
    #[error("the weight of least squares{} cannot be found: in the sample {}", in_group(.group), told_by_others(.variables))]
    WeightNotPositiveDefinite {
        /// Group label; empty without groups.
        group: String,
        /// The variables of the moment at which it fails.
        variables: (String, String),
    },
    /// Fewer moments than free parameters.
    #[error("the model has {parameters} free parameters but the data only {moments} moments: {missing} too few", missing = .parameters - .moments)]
    TooFewMoments {
        /// Free parameters after constraints.
        parameters: usize,
        /// Moments.
        moments: usize,
    },
    /// Constraints that contradict each other.
    #[error("the constraint `{constraint}` cannot hold together with the others")]
    Contradiction {
        /// The constraint as written.
        constraint: String,
        /// Where it stands.
        span: Option<Span>,
    },
    /// A constraint or definition names a label that no parameter has.
    #[error("`{name}` in `{place}` is not the label of a parameter")]
    UnknownLabel {
        /// The name.
        name: String,
        /// The constraint or definition.
        place: String,
        /// Where it stands.
        span: Option<Span>,
    },
    /// The model cannot be identified: parameters that cannot be told apart.
    #[error("the model is not identified")]
    NotIdentified {
        /// The parameters of each undetermined direction, as rows of the table are written.
        directions: Vec<Vec<String>>,
        /// Places of the first direction's parameters.
        spans: Vec<Span>,
        /// A constraint that does not hold where the search ended.
        unmet: Option<String>,
    },
}

fn in_group(group: &str) -> String {
    if group.is_empty() { String::new() } else { format!(" of group {group}") }
}

fn in_the_group(group: &str) -> String {
    if group.is_empty() { " there are".to_owned() } else { format!(" group {group} has") }
}

fn told_by_others((one, other): &(String, String)) -> String {
    let moment = if one == other {
        format!("the variance of `{one}`")
    } else {
        format!("the covariance of `{one}` and `{other}`")
    };
    format!("{moment} is determined by the other moments, case by case")
}

impl EstimationError {
    /// The error as diagnostics, with places and remedies.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let message = self.to_string();
        let diagnostic = match self {
            EstimationError::Unsupported { span, .. } => {
                Diagnostic::error("E0801", message).at_option(*span, "not available")
            }
            EstimationError::Options { remedy, .. } => Diagnostic::error("E0802", message).hint(*remedy),
            EstimationError::Weighted { remedy, .. } => Diagnostic::error("E0835", message).hint(*remedy),
            EstimationError::NoObserved => {
                Diagnostic::error("E0803", message).hint("name the indicators of each factor: `f =~ x1 + x2 + x3`")
            }
            EstimationError::UnknownVariable { span, .. } => Diagnostic::error("E0804", message).at_option(*span, ""),
            EstimationError::Groups { .. } => Diagnostic::error("E0805", message).hint(
                "give the grouping variable with `--group NAME`, or as many `group:` blocks as the data have groups",
            ),
            EstimationError::SampleNotPositiveDefinite { .. } => Diagnostic::error("E0806", message)
                .hint("drop the redundant variable from the model, or use more cases"),
            EstimationError::UnrestrictedNotDetermined { .. } => Diagnostic::error("E0825", message)
                .hint("two-stage estimation needs every pair of variables in enough cases; `--missing ml` needs less"),
            EstimationError::NoMeans => Diagnostic::error("E0807", message)
                .hint("add the means to the moments file, or leave the mean structure out (`--meanstructure false`)"),
            EstimationError::NeedsCases { .. } => {
                Diagnostic::error("E0808", message).hint("give the data with `--data FILE`")
            }
            EstimationError::TooFewCases { .. } => Diagnostic::error("E0831", message).hint(
                "use a weight that asks less of the data: `--estimator DWLS`, or ML with robust standard errors, `--estimator MLM`",
            ),
            EstimationError::WeightNotPositiveDefinite { .. } => Diagnostic::error("E0832", message)
                .hint("a variable with two values has this property; take it out, or use `--estimator MLM`"),
            EstimationError::TooFewMoments { .. } => {
                Diagnostic::error("E0809", message).hint("fix parameters or set some of them equal, or add indicators")
            }
            EstimationError::Contradiction { span, .. } => {
                Diagnostic::error("E0810", message).at_option(*span, "contradicts")
            }
            EstimationError::UnknownLabel { span, .. } => {
                Diagnostic::error("E0811", message).at_option(*span, "unknown label")
            }
            EstimationError::NotIdentified { directions, spans, unmet } => {
                let mut diagnostic = Diagnostic::error("E0812", message);
                if let Some(constraint) = unmet {
                    diagnostic = diagnostic.hint(format!(
                        "`{constraint}` does not hold where the search ended: see whether it can hold at all, and what is left of the model then"
                    ));
                }
                for parameters in directions {
                    diagnostic = diagnostic.hint(format!(
                        "the data cannot tell these apart: {}; fix one of them, set two equal, or add indicators",
                        parameters.join(", ")
                    ));
                }
                if let Some((first, rest)) = spans.split_first() {
                    diagnostic = diagnostic.at(*first, "cannot be told apart");
                    for span in rest {
                        diagnostic = diagnostic.related(*span, "from this");
                    }
                }
                diagnostic
            }
        };
        vec![diagnostic]
    }
}
