//! Degrees of freedom of a model that is described in words.
//!
//! df = moments - parameters, with p (p + 1) / 2 moments of p observed variables in each group. Means that
//! are not restricted add as many moments as parameters and leave df as it is.

use crate::study::{Arrangement, CovariateLinks, MethodFactor, Structure};

/// One way of counting a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Observed variables.
    pub observed: u64,
    /// Degrees of freedom.
    pub df: i64,
    /// The model in words.
    pub words: String,
}

/// The counted parts of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    items: u64,
    factors: u64,
    /// Factors with a single item, which have neither a free loading nor an error.
    singles: u64,
    arrangement: Arrangement,
    second_order: Vec<u64>,
    covariates: u64,
    links: CovariateLinks,
    method: Option<MethodFactor>,
    structural: Option<(u64, u64)>,
    residual_covariances: u64,
}

fn triangle(n: u64) -> u64 {
    n * (n + 1) / 2
}

/// Moments of `observed` variables in one group, without means.
pub fn moments(observed: u64) -> u64 {
    triangle(observed)
}

impl Shape {
    fn of(structure: &Structure) -> Option<Shape> {
        let items: u64 = structure.items.iter().sum();
        if items == 0 {
            return None;
        }
        let singles = if structure.items.len() > 1 {
            structure.items.iter().filter(|count| **count == 1).count() as u64
        } else {
            0
        };
        Some(Shape {
            items,
            factors: structure.factors.unwrap_or(1),
            singles,
            arrangement: structure.arrangement,
            second_order: structure.second_order.clone(),
            covariates: structure.covariates,
            links: structure.covariates_correlate,
            method: structure.method_factor,
            structural: structure.paths.zip(structure.exogenous),
            residual_covariances: structure.residual_covariances,
        })
    }

    fn observed(&self) -> u64 {
        self.items + self.covariates
    }

    /// Free parameters of one group; none where the shape makes no sense.
    fn parameters(&self) -> Option<u64> {
        let measured = self.items.checked_sub(self.singles)?;
        let factors = self.factors.checked_sub(self.singles)?;
        if measured < factors || (factors == 0 && self.singles == 0) {
            return None;
        }
        let method = match self.method {
            None => 0,
            Some(MethodFactor::Equal) => 1,
            Some(MethodFactor::Free | MethodFactor::Either) => measured,
        };
        let covariates_apart = match self.links {
            CovariateLinks::All => 0,
            CovariateLinks::EachOther => triangle(self.covariates),
            CovariateLinks::Nothing => self.covariates,
        };
        let with_factors = if self.links == CovariateLinks::All { self.covariates } else { 0 };
        if self.arrangement == Arrangement::Bifactor {
            return Some(
                3 * measured
                    + self.singles
                    + method
                    + covariates_apart
                    + triangle(with_factors)
                    + self.residual_covariances,
            );
        }
        let grouped: u64 = self.second_order.iter().sum();
        let top = self.second_order.len() as u64 + self.factors.checked_sub(grouped)? + with_factors;
        // A set of k first-order factors has k - 1 free loadings and k disturbances.
        let second_level = (2 * grouped).checked_sub(self.second_order.len() as u64)?;
        let top_level = match (self.structural, self.arrangement) {
            (Some((paths, exogenous)), _) => top + exogenous.saturating_sub(1) * exogenous / 2 + paths,
            (None, Arrangement::Orthogonal) => top,
            (None, _) => triangle(top),
        };
        let measurement = (measured - factors) + measured;
        Some(measurement + second_level + top_level + covariates_apart + method + self.residual_covariances)
    }

    fn df(&self) -> Option<i64> {
        let parameters = self.parameters()?;
        Some(moments(self.observed()) as i64 - parameters as i64)
    }

    fn words(&self) -> String {
        let mut words = format!("{} items on ", self.items);
        words += &match (self.factors, self.arrangement) {
            (1, _) => "one factor".to_owned(),
            (factors, Arrangement::Correlated) => format!("{factors} correlated factors"),
            (factors, Arrangement::Orthogonal) => format!("{factors} uncorrelated factors"),
            (factors, Arrangement::Bifactor) => format!("a general and {factors} specific factors"),
        };
        for set in &self.second_order {
            words += &format!(", {set} of them under a second-order factor");
        }
        if self.covariates > 0 {
            words += &format!(
                ", {} covariates that correlate with {}",
                self.covariates,
                match self.links {
                    CovariateLinks::All => "all",
                    CovariateLinks::EachOther => "each other",
                    CovariateLinks::Nothing => "nothing",
                }
            );
        }
        match self.method {
            Some(MethodFactor::Equal) => words += ", a method factor with equal loadings",
            Some(_) => words += ", a method factor with free loadings",
            None => {}
        }
        if let Some((paths, _)) = self.structural {
            words += &format!(", {paths} structural paths");
        }
        if self.residual_covariances > 0 {
            words += &format!(", {} residual covariances", self.residual_covariances);
        }
        words
    }
}

/// The degrees of freedom that a description allows; more than one where it leaves something open: a method
/// factor of either kind, second-order factors over two first-order ones (which may need equal loadings), and
/// with several groups the usual ladder of equalities.
pub fn counts(structure: &Structure, groups: u64) -> Vec<Count> {
    let Some(shape) = Shape::of(structure) else { return Vec::new() };
    let methods = match shape.method {
        Some(MethodFactor::Either) => vec![Some(MethodFactor::Free), Some(MethodFactor::Equal)],
        other => vec![other],
    };
    let pairs = shape.second_order.iter().filter(|set| **set == 2).count() as i64;
    let mut found = Vec::new();
    for method in methods {
        let shape = Shape { method, ..shape.clone() };
        let Some(df) = shape.df() else { continue };
        for equal in 0..=pairs {
            let mut words = shape.words();
            if equal > 0 {
                words += ", equal loadings of the second-order factor over two";
            }
            let one_group = df + equal;
            let between = groups as i64 - 1;
            let loadings = (shape.items - shape.factors) as i64;
            let mut add = |df: i64, words: String| {
                found.push(Count { observed: shape.observed(), df, words });
            };
            let base = one_group * groups as i64;
            add(base, words.clone());
            if groups > 1 {
                add(base + between * loadings, format!("{words}, equal loadings over {groups} groups"));
                add(
                    base + 2 * between * loadings,
                    format!("{words}, equal loadings and intercepts over {groups} groups"),
                );
                add(
                    base + between * (2 * loadings + shape.items as i64),
                    format!("{words}, equal loadings, intercepts and residual variances over {groups} groups"),
                );
            }
        }
    }
    found
}

/// How far a plausible other specification may be from the description.
const MAX_ITEMS_AWAY: u64 = 3;
const MAX_FACTORS_AWAY: u64 = 4;
const MAX_RESIDUAL_COVARIANCES: u64 = 4;
/// How many of them are told.
const MAX_TOLD: usize = 3;

/// Other specifications near the description that have `df` degrees of freedom, the nearest first.
pub fn explanations(structure: &Structure, groups: u64, df: i64) -> Vec<String> {
    let Some(shape) = Shape::of(structure) else { return Vec::new() };
    if groups != 1 || shape.items > 300 || shape.factors > 40 {
        return Vec::new();
    }
    let mut found: Vec<(u64, String)> = Vec::new();
    let mut consider = |cost: u64, candidate: Shape| {
        if candidate.df() == Some(df) {
            found.push((cost, candidate.words()));
        }
    };
    let mut second_orders = vec![(0, shape.second_order.clone())];
    if shape.second_order.is_empty() {
        if shape.factors > 2 && shape.structural.is_none() {
            second_orders.extend((2..=shape.factors).map(|set| (4, vec![set])));
        }
    } else {
        second_orders.push((2, Vec::new()));
    }
    let fewest_items = shape.items.saturating_sub(MAX_ITEMS_AWAY).max(1);
    for items in fewest_items..=shape.items + MAX_ITEMS_AWAY {
        let fewest = if shape.factors <= MAX_FACTORS_AWAY { 1 } else { shape.factors - MAX_FACTORS_AWAY };
        for factors in fewest..=shape.factors + MAX_FACTORS_AWAY {
            for (cost_second, second_order) in &second_orders {
                for arrangement in [Arrangement::Correlated, Arrangement::Orthogonal] {
                    for residual_covariances in 0..=MAX_RESIDUAL_COVARIANCES {
                        let unusual = u64::from(arrangement != shape.arrangement) * 5;
                        let cost = 3 * items.abs_diff(shape.items)
                            + 2 * factors.abs_diff(shape.factors)
                            + cost_second
                            + unusual
                            + 3 * residual_covariances.abs_diff(shape.residual_covariances);
                        consider(
                            cost,
                            Shape {
                                items,
                                factors,
                                second_order: second_order.clone(),
                                arrangement,
                                residual_covariances,
                                ..shape.clone()
                            },
                        );
                    }
                }
            }
        }
    }
    for covariates in 0..=shape.covariates + 6 {
        for links in [CovariateLinks::All, CovariateLinks::EachOther, CovariateLinks::Nothing] {
            let cost = 2 * covariates.abs_diff(shape.covariates) + u64::from(links != shape.links);
            consider(cost, Shape { covariates, links, ..shape.clone() });
        }
    }
    for method in [None, Some(MethodFactor::Free), Some(MethodFactor::Equal)] {
        consider(3, Shape { method, ..shape.clone() });
    }
    found.sort();
    found.dedup_by(|a, b| a.1 == b.1);
    found.truncate(MAX_TOLD);
    found.into_iter().map(|(_, words)| words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(items: &[u64], factors: u64) -> Structure {
        Structure { items: items.to_vec(), factors: Some(factors), ..Structure::default() }
    }

    fn df(structure: &Structure) -> i64 {
        counts(structure, 1)[0].df
    }

    #[test]
    fn counts_of_published_descriptions() {
        assert_eq!(df(&described(&[26], 8)), 271);
        assert_eq!(df(&described(&[25], 8)), 247);
        assert_eq!(df(&described(&[25], 7)), 254);
        assert_eq!(df(&described(&[25], 1)), 275);
        assert_eq!(df(&Structure { second_order: vec![4], ..described(&[25], 7) }), 265);
        assert_eq!(df(&Structure { covariates: 6, ..described(&[25], 7) }), 362);
        assert_eq!(df(&described(&[20], 1)), 170);
        assert_eq!(df(&described(&[20], 5)), 160);
        assert_eq!(df(&described(&[20], 6)), 155);
        assert_eq!(df(&Structure { second_order: vec![2], ..described(&[20], 5) }), 162);
        assert_eq!(df(&Structure { method_factor: Some(MethodFactor::Free), ..described(&[20], 5) }), 140);
        assert_eq!(df(&Structure { method_factor: Some(MethodFactor::Equal), ..described(&[20], 5) }), 159);
    }

    #[test]
    fn a_bifactor_model_and_a_structural_model() {
        let bifactor = Structure { arrangement: Arrangement::Bifactor, ..described(&[9], 3) };
        assert_eq!(df(&bifactor), 45 - 27);
        // Political Democracy: 11 items, three factors, three paths from one exogenous factor, six residual covariances.
        let democracy =
            Structure { paths: Some(3), exogenous: Some(1), residual_covariances: 6, ..described(&[3, 4, 4], 3) };
        assert_eq!(df(&democracy), 35);
    }

    #[test]
    fn several_groups_have_a_ladder() {
        let ladder: Vec<i64> = counts(&described(&[9], 3), 2).iter().map(|count| count.df).collect();
        assert_eq!(ladder, [48, 54, 60, 69]);
    }

    #[test]
    fn other_specifications_are_named() {
        let told = explanations(&described(&[20], 1), 1, 160);
        assert!(told.iter().any(|words| words == "20 items on 5 correlated factors"), "{told:?}");
    }

    #[test]
    fn a_description_without_items_counts_nothing() {
        assert!(counts(&Structure { observed: Some(27), ..Structure::default() }, 1).is_empty());
    }
}
