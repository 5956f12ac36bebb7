//! The arrows between the variables of the structural model, and the ways along them.

use std::collections::BTreeMap;

use crate::implied::BlockModel;

/// Arrows: for each variable of the latent side those that it acts on.
pub(super) struct Graph {
    targets: Vec<Vec<usize>>,
    /// reached[from][to]: whether a way of at least one arrow leads there.
    reached: Vec<Vec<bool>>,
}

impl Graph {
    /// The arrows of a block: free paths and fixed ones that are not 0, but for those to mere indicators.
    pub(super) fn new(model: &BlockModel, parameters: &BTreeMap<(usize, usize), usize>) -> Self {
        let m = model.m();
        let is_arrow = |to: usize, from: usize| model.paths[[to, from]] != 0.0 || parameters.contains_key(&(to, from));
        // An observed variable that has loadings and no arrow from it is measured, not part of the structural model.
        let is_indicator = |index: usize| {
            index >= model.n_latent
                && (0..m).all(|to| !is_arrow(to, index))
                && (0..m)
                    .filter(|&from| is_arrow(index, from))
                    .all(|from| model.indicator_paths.contains(&(index, from)))
        };
        let kept: Vec<bool> = (0..m).map(|index| !is_indicator(index)).collect();
        let targets: Vec<Vec<usize>> =
            (0..m).map(|from| (0..m).filter(|&to| kept[to] && is_arrow(to, from)).collect()).collect();
        let reached = (0..m).map(|from| reached_from(&targets, from)).collect();
        Graph { targets, reached }
    }

    /// Whether any way leads from one to the other.
    pub(super) fn reaches(&self, from: usize, to: usize) -> bool {
        self.reached[from][to]
    }

    /// Whether an arrow does.
    pub(super) fn has_arrow(&self, from: usize, to: usize) -> bool {
        self.targets[from].contains(&to)
    }

    /// Whether a way of two arrows or more does.
    pub(super) fn is_indirect(&self, from: usize, to: usize) -> bool {
        self.targets[from].iter().any(|&next| self.reached[next][to])
    }

    /// The number of ways of two arrows or more of an acyclic graph, all pairs together.
    pub(super) fn count_specific(&self, order: &[usize]) -> usize {
        // Ways from each variable, those that stay included; those met last in the order come first.
        let mut ways = vec![0_usize; self.targets.len()];
        let mut count = 0_usize;
        for &from in order.iter().rev() {
            let onward = self.targets[from].iter().fold(0_usize, |sum, &to| sum.saturating_add(ways[to]));
            count = count.saturating_add(onward - self.targets[from].len().min(onward));
            ways[from] = onward.saturating_add(1);
        }
        count
    }

    /// The ways of two arrows or more from one variable to another of an acyclic graph, with both ends; short ones first.
    pub(super) fn ways(&self, from: usize, to: usize) -> Vec<Vec<usize>> {
        let mut found = Vec::new();
        let mut open = vec![vec![from]];
        while let Some(way) = open.pop() {
            let last = *way.last().expect("a way has a beginning");
            for &next in &self.targets[last] {
                let longer = || way.iter().copied().chain([next]).collect::<Vec<_>>();
                if next == to && way.len() > 1 {
                    found.push(longer());
                } else if self.reached[next][to] {
                    open.push(longer());
                }
            }
        }
        found.sort_by(|one, other| one.len().cmp(&other.len()).then_with(|| one.cmp(other)));
        found
    }
}

fn reached_from(targets: &[Vec<usize>], from: usize) -> Vec<bool> {
    let mut reached = vec![false; targets.len()];
    let mut open = targets[from].clone();
    while let Some(index) = open.pop() {
        if !reached[index] {
            reached[index] = true;
            open.extend(&targets[index]);
        }
    }
    reached
}
