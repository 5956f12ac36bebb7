//! The checks, in the order in which they run.

mod baseline;
mod comparison;
mod construct;
mod degrees;
mod descriptives;
mod difference;
mod fit;
mod information;
mod judge;
mod marks;
mod mediation;
mod path;
mod peers;
mod percentage;
mod regression;
mod single_test;
mod statistic;
mod table;

use crate::finding::Audit;
use crate::study::Study;
use std::collections::BTreeMap;

/// Every check by its identifier, with what it does.
pub const CHECKS: [(&str, &str); 43] = [
    ("limits", "a figure lies within the values that it can take"),
    ("p-value", "p from the test statistic and its degrees of freedom"),
    ("chisq-df", "the ratio of chi-square and df"),
    ("rmsea", "RMSEA from chi-square, df and N"),
    ("rmsea-interval", "the confidence interval of RMSEA from chi-square, df and N, and around its point"),
    ("pclose", "the test of close fit from chi-square, df and N"),
    ("discrepancy", "NCP, FMIN and F0 from chi-square, df and N"),
    ("hoelter", "Hoelter's critical N from chi-square, df and N"),
    ("baseline", "NFI, RFI, IFI, TLI, CFI, PNFI and PCFI of one model through the baseline chi-square that they imply"),
    ("baseline-across-models", "the same across models of one set of variables"),
    ("information", "AIC, BIC, CAIC, adjusted BIC and ECVI, also as differences between models"),
    ("gfi", "GFI within the limits that chi-square sets (an approximation), AGFI and PGFI from GFI"),
    ("degrees-of-freedom", "df from the described model or its syntax"),
    ("marks", "stars, daggers and ns against p"),
    ("statement", "what is said about significance against p and interval"),
    ("composite-reliability", "CR from the loadings"),
    ("average-variance", "AVE from the loadings"),
    ("root-of-average-variance", "the square root of AVE from AVE and loadings"),
    ("alpha", "Cronbach's alpha near the one that the loadings imply (an approximation)"),
    ("summary", "figures that are given as a range"),
    ("fornell-larcker", "correlations below the square roots of AVE"),
    ("positive-definite", "the correlations of a table can hold together"),
    ("scale", "mean and SD within the response scale"),
    ("grim", "a mean that whole-number scores can have"),
    ("grimmer", "an SD that whole-number scores can have together with their mean"),
    ("t-value", "t from the estimate and its standard error"),
    ("peers", "the standard error that estimate and t imply, against the same predictor in other models"),
    ("sign", "the sign of t and of its estimate"),
    ("interval", "a confidence interval against its estimate, standard error and stars"),
    ("indirect", "the indirect effect is a times b"),
    ("sobel", "Sobel's Z from a, b and their t-values"),
    ("interval-and-z", "the interval of an indirect effect against Sobel's Z"),
    ("total", "the total effect is the direct plus the indirect one"),
    ("chisq-difference", "chi-square difference, its df and p"),
    ("nesting", "a nested model does not fit better than the one that it is nested in"),
    ("index-difference", "differences of CFI, TLI, RMSEA and AIC"),
    ("repeated", "a figure that is printed more than once"),
    ("group-difference", "the difference of an estimate between two groups"),
    ("f-and-r-square", "F against R-square and adjusted R-square"),
    ("regression", "coefficients recomputed from a table's correlations and SDs"),
    ("percentage", "a percentage that some count out of the total gives"),
    ("percentage-sum", "percentages that add up to 100"),
    ("method-factor", "the degrees of freedom that a method factor costs"),
];

/// Runs every check.
pub(crate) fn run(study: &Study, texts: &BTreeMap<String, String>) -> Audit {
    let mut findings = Vec::new();
    let variables: Vec<Vec<(u64, u64)>> = study
        .models
        .iter()
        .map(|model| {
            fit::check(model, &mut findings);
            let variables = degrees::check(model, texts, &study.models, &mut findings);
            information::check(model, &variables, &study.software, &mut findings);
            variables
        })
        .collect();
    baseline::check(&study.models, &variables, &mut findings);
    information::across(&study.models, &mut findings);
    comparison::check(study, &mut findings);
    construct::check(study, &mut findings);
    table::check(study, &mut findings);
    path::check(study, &mut findings);
    let regressions = regression::check(study, &mut findings);
    mediation::check(study, &regressions, &mut findings);
    difference::check(study, &mut findings);
    single_test::check(study, &mut findings);
    percentage::check(study, &mut findings);
    descriptives::means(study, &mut findings);
    Audit { schema: "latva.audit/1", key: study.key.clone(), title: study.title.clone(), findings }
}
