//! What the names of a model have to do with the names of the data.

use std::cell::OnceCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::TableContext;
use super::names::{NameId, Names};
use super::read_tree::Entries;
use super::roles::Roles;
use super::row::Op;
use super::switches::Switches;
use crate::names::nearest;
use crate::{Diagnostic, Span};

/// Reports names that are not in the data, that are there twice, or whose role is not what the user may expect.
pub(crate) fn check(
    entries: &Entries,
    roles: &[Roles],
    context: &TableContext,
    switches: &Switches,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut check = Check { names: &entries.names, entries, spans: OnceCell::new(), diagnostics };
    if let Some(variables) = &context.variables {
        check.against_data(variables, roles);
    }
    check.latent_products(roles);
    check.ordered(entries, roles, context);
    check.efa_blocks(entries);
    if switches.fixed_x {
        check.random_predictors(roles);
    }
    check.uncorrelated_predictors(entries, roles);
    if context.options.std_lv && context.options.effect_coding_loadings {
        check.diagnostics.push(
            Diagnostic::error(
                "E0630",
                "`std.lv` and effect coding of the loadings both set the scale of the latent variables",
            )
            .hint("leave one of the two out"),
        );
    }
    let empty = roles.iter().all(|roles| roles.observed.is_empty());
    if empty && !entries.blocks.iter().all(|block| block.entries.is_empty()) {
        check.diagnostics.push(
            Diagnostic::error("E0631", "the model names no observed variable")
                .hint("give its latent variables indicators, as in `f =~ x1 + x2 + x3`"),
        );
    }
}

/// Where each name stands first, and whether it stands there as a left side.
fn first_places(entries: &Entries) -> FxHashMap<NameId, Span> {
    let mut spans: FxHashMap<NameId, Span> = FxHashMap::default();
    for entry in entries.blocks.iter().flat_map(|block| &block.entries) {
        for (name, span) in [(entry.lhs, entry.lhs_span), (entry.rhs, entry.rhs_span)] {
            let known = spans.entry(name).or_insert(span);
            if span.start < known.start {
                *known = span;
            }
        }
    }
    spans
}

struct Check<'a> {
    names: &'a Names,
    entries: &'a Entries,
    /// Made when the first message is written.
    spans: OnceCell<FxHashMap<NameId, Span>>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Check<'_> {
    fn span(&self, name: NameId) -> Option<Span> {
        self.spans.get_or_init(|| first_places(self.entries)).get(&name).copied()
    }

    fn against_data(&mut self, variables: &[String], roles: &[Roles]) {
        let in_data: FxHashSet<&str> = variables.iter().map(String::as_str).collect();
        let latent: Vec<&str> = {
            let mut seen = FxHashSet::default();
            roles
                .iter()
                .flat_map(|roles| &roles.latent)
                .filter(|&&name| seen.insert(name))
                .map(|&name| self.names.text(name))
                .collect()
        };
        for name in self.names.all().filter(|&name| roles.iter().any(|roles| roles.is_latent(name))) {
            let text = self.names.text(name);
            if in_data.contains(text) {
                self.diagnostics.push(
                    Diagnostic::warning(
                        "W0602",
                        format!("the latent variable `{text}` has the name of a variable of the data"),
                    )
                    .at_option(self.span(name), "taken as latent")
                    .hint("give the latent variable another name, so that readers do not mistake one for the other"),
                );
            }
        }
        for name in self.names.all() {
            let of = |roles: &&Roles| roles.is_observed(name) && !roles.is_latent(name);
            let Some(roles) = roles.iter().find(of) else { continue };
            let text = self.names.text(name);
            if in_data.contains(text) {
                continue;
            }
            if let Some((left, right)) = self.names.factors(name) {
                for factor in [left, right] {
                    if !in_data.contains(factor) && self.names.find(factor).is_none() {
                        self.missing(factor, name, variables, &latent, false);
                    }
                }
            } else {
                let structural = roles.has_written_moment(name) || roles.is_outcome(name) || roles.is_exogenous(name);
                self.missing(text, name, variables, &latent, structural);
            }
        }
    }

    fn missing(&mut self, text: &str, name: NameId, variables: &[String], latent: &[&str], structural: bool) {
        let mut diagnostic = Diagnostic::error("E0601", format!("the data have no variable `{text}`"))
            .at_option(self.span(name), "not in the data");
        let near_latent = nearest(text, latent.iter().copied());
        let near_variable = nearest(text, variables.iter().map(String::as_str));
        if let Some(near) = near_variable {
            diagnostic = diagnostic.hint(format!("did you mean the variable `{near}`?"));
        }
        if let Some(near) = near_latent {
            diagnostic = diagnostic.hint(format!("did you mean the latent variable `{near}`?"));
        }
        if near_variable.is_none() && near_latent.is_none() {
            if structural {
                diagnostic = diagnostic
                    .hint(format!("if `{text}` is a latent variable, define it by its indicators: `{text} =~ ...`"));
            }
            let mut shown: Vec<&str> = variables.iter().take(12).map(String::as_str).collect();
            if variables.len() > shown.len() {
                shown.push("...");
            }
            diagnostic = diagnostic.hint(format!("the data have {}", shown.join(", ")));
        }
        self.diagnostics.push(diagnostic);
    }

    fn latent_products(&mut self, roles: &[Roles]) {
        let mut seen = FxHashSet::default();
        for &name in roles.iter().flat_map(|roles| &roles.latent_products) {
            if seen.insert(name) {
                let text = self.names.text(name);
                self.diagnostics.push(
                    Diagnostic::error(
                        "E0624",
                        format!("the product `{text}` has a latent factor, which cannot be estimated this way"),
                    )
                    .at_option(self.span(name), "a latent variable is multiplied here")
                    .hint("make product indicators in the data and define a latent product by them"),
                );
            }
        }
    }

    fn ordered(&mut self, entries: &Entries, roles: &[Roles], context: &TableContext) {
        let counts: FxHashMap<&str, usize> = context.thresholds.iter().map(|(name, n)| (name.as_str(), *n)).collect();
        let mut seen = FxHashSet::default();
        for roles in roles {
            for &name in &roles.ordered {
                if !seen.insert(name) {
                    continue;
                }
                let text = self.names.text(name);
                if roles.is_exogenous(name) {
                    self.diagnostics.push(
                        Diagnostic::warning(
                            "W0625",
                            format!("`{text}` has thresholds, but it only predicts: it is used as a number"),
                        )
                        .at_option(self.span(name), "exogenous")
                        .hint("recode an ordered predictor into dummy variables"),
                    );
                }
                if !counts.contains_key(text) && !roles.has_written_threshold(name) {
                    self.diagnostics.push(
                        Diagnostic::warning(
                            "W0626",
                            format!("the number of categories of the ordered variable `{text}` is not known"),
                        )
                        .at_option(self.span(name), "ordered")
                        .hint(format!("give the data, or write its thresholds: `{text} | t1 + t2`")),
                    );
                }
            }
        }
        for entry in entries.blocks.iter().flat_map(|block| &block.entries) {
            if entry.op != Op::Threshold {
                continue;
            }
            let (lhs, rhs) = (self.names.text(entry.lhs), self.names.text(entry.rhs));
            let number = super::read_tree::threshold_number(rhs);
            if let (Some(&n), Some(number)) = (counts.get(lhs), number)
                && number > n
            {
                self.diagnostics.push(
                    Diagnostic::error(
                        "E0627",
                        format!("`{lhs}` has {} categories, and so no threshold `{rhs}`", n + 1),
                    )
                    .at(entry.span, "no such threshold")
                    .hint(format!("its thresholds are t1 to t{n}")),
                );
            }
        }
    }

    fn efa_blocks(&mut self, entries: &Entries) {
        let first = entries.blocks.iter().flat_map(|block| &block.entries).find(|entry| entry.efa().is_some());
        if let Some(entry) = first {
            self.diagnostics.push(
                Diagnostic::warning(
                    "W0632",
                    "loadings of `efa()` blocks are given as they are identified, without rotation",
                )
                .at(entry.lhs_span, "an exploratory factor")
                .hint("the fit of the model does not depend on rotation; single loadings do"),
            );
        }
    }

    fn random_predictors(&mut self, roles: &[Roles]) {
        let mut seen = FxHashSet::default();
        for &name in roles.iter().flat_map(|roles| &roles.random_predictors) {
            if seen.insert(name) {
                let text = self.names.text(name);
                self.diagnostics.push(
                    Diagnostic::note(
                        "N0628",
                        format!("the exogenous variable `{text}` is random, as the model states one of its moments"),
                    )
                    .at_option(self.span(name), "its variance and mean are parameters")
                    .hint("take its variances, covariances and mean out of the model to hold them at the sample's"),
                );
            }
        }
    }

    /// Exogenous latent and observed variables have no covariance unless the model states one.
    fn uncorrelated_predictors(&mut self, entries: &Entries, roles: &[Roles]) {
        for (block, roles) in entries.blocks.iter().zip(roles) {
            let Some(&observed) = roles.exogenous.first() else { continue };
            let predicts =
                |name: NameId| block.entries.iter().any(|entry| entry.op == Op::Regression && entry.rhs == name);
            let Some(&latent) = roles.exogenous_latent.iter().find(|&&name| predicts(name)) else { continue };
            let (latent, observed_text) = (self.names.text(latent), self.names.text(observed));
            self.diagnostics.push(
                Diagnostic::note(
                    "N0634",
                    format!("the exogenous variables `{latent}` (latent) and `{observed_text}` (observed) do not covary in this model"),
                )
                .at_option(self.span(observed), "without a covariance, as in lavaan")
                .hint(format!("write `{latent} ~~ {observed_text}` where they shall covary, as they do in AMOS")),
            );
            return;
        }
    }
}
