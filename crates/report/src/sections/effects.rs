//! Total, direct, indirect and specific indirect effects.

use latva_estimation::{EffectKind, ProductTest, ProductTests};
use latva_spec::table::ParTable;
use serde::Serialize;

use super::figure::Figure;
use super::group_label;

/// The effects of all groups.
#[derive(Debug, Clone, Serialize)]
pub struct Effects {
    pub(crate) effects: Vec<Effect>,
    pub(crate) effects_groups: Vec<Group>,
}

/// An effect of one variable on another.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Effect {
    pub(crate) group: usize,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) kind: &'static str,
    pub(crate) via: Vec<String>,
    #[serde(flatten)]
    pub(crate) raw: Figure,
    pub(crate) standardized: Option<Figure>,
    pub(crate) sobel: Option<Test>,
    pub(crate) aroian: Option<Test>,
    pub(crate) goodman: Option<Test>,
}

/// A test of a product.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Test {
    pub(crate) z: f64,
    pub(crate) pvalue: f64,
}

/// What is said of a group.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Group {
    pub(crate) group: usize,
    #[serde(skip)]
    pub(crate) label: Option<String>,
    pub(crate) stability: Option<f64>,
    pub(crate) unlisted: Option<usize>,
}

impl Effects {
    /// The section of these effects.
    pub fn new(table: &ParTable, effects: &latva_estimation::Effects) -> Self {
        let test = |test: ProductTest| Test { z: test.z, pvalue: test.pvalue };
        let tests = |of: fn(&ProductTests) -> Option<ProductTest>, tests: &Option<ProductTests>| {
            tests.as_ref().and_then(of).map(test)
        };
        Effects {
            effects: effects
                .effects
                .iter()
                .map(|effect| Effect {
                    group: effect.group,
                    from: effect.from.clone(),
                    to: effect.to.clone(),
                    kind: match effect.kind {
                        EffectKind::Total => "total",
                        EffectKind::Direct => "direct",
                        EffectKind::Indirect => "indirect",
                        EffectKind::Specific => "specific",
                    },
                    via: effect.via.clone(),
                    raw: Figure::new(&effect.raw),
                    standardized: effect.standardized.as_ref().map(Figure::new),
                    sobel: tests(|tests| Some(tests.sobel), &effect.product_tests),
                    aroian: tests(|tests| Some(tests.aroian), &effect.product_tests),
                    goodman: tests(|tests| tests.goodman, &effect.product_tests),
                })
                .collect(),
            effects_groups: effects
                .groups
                .iter()
                .map(|group| Group {
                    group: group.group,
                    label: group_label(table, group.group).map(str::to_owned),
                    stability: group.stability,
                    unlisted: group.unlisted,
                })
                .collect(),
        }
    }
}

impl Effect {
    /// `a -> b -> c`.
    pub(crate) fn way(&self) -> String {
        let mut names = vec![self.from.as_str()];
        names.extend(self.via.iter().map(String::as_str));
        names.push(&self.to);
        names.join(" -> ")
    }
}
