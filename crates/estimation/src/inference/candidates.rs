//! The parameters that a modification could free: fixed rows of the table, and absent loadings, covariances and
//! regressions. Which of them are not identified is found by the score test, not here.

use std::collections::BTreeSet;

use compact_str::CompactString;
use latva_spec::table::{Block, Op, ParTable, Row};

/// Why AMOS would not offer a regression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restriction {
    /// The variable that it explains is exogenous.
    MakesEndogenous,
    /// It closes a loop: the model would no longer be recursive.
    MakesLoop,
}

/// A parameter that is not free.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    /// Block number from 1.
    pub(crate) block: usize,
    /// Left side.
    pub(crate) lhs: String,
    /// Operator.
    pub(crate) op: Op,
    /// Right side.
    pub(crate) rhs: String,
    /// The row of the table, if it has one (fixed).
    pub(crate) row: Option<usize>,
    /// What a regression would change in the kind of the model.
    pub(crate) restriction: Option<Restriction>,
}

/// All candidates, block by block: fixed rows in the order of the table, then loadings, covariances and regressions.
///
/// Covariances are offered between two indicators, between two latent variables and between two variables of the
/// structural model, regressions between variables of the structural model if it has regressions. The moments of
/// exogenous observed variables under fixed.x are no parameters, and nothing that would explain them is offered.
pub(crate) fn candidates(table: &ParTable) -> Vec<Candidate> {
    let mut all = Vec::new();
    for (index, block) in table.blocks.iter().enumerate() {
        let number = index + 1;
        let rows: Vec<(usize, &Row)> = table
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.block == number && row.op.is_parameter() && row.op != Op::Scale)
            .collect();
        let view = BlockView::new(table, block, &rows);
        for &(index, row) in rows.iter().filter(|(_, row)| row.free == 0 && !row.exo) {
            let restriction = if row.op == Op::Regression { view.restriction(&row.lhs, &row.rhs) } else { None };
            all.push(Candidate {
                block: number,
                lhs: row.lhs.to_string(),
                op: row.op,
                rhs: row.rhs.to_string(),
                row: Some(index),
                restriction,
            });
        }
        let mut offer = |lhs: &str, op: Op, rhs: &str, restriction: Option<Restriction>| {
            all.push(Candidate { block: number, lhs: lhs.into(), op, rhs: rhs.into(), row: None, restriction });
        };
        for factor in block.latent.iter() {
            for indicator in &view.indicators {
                if !view.is_directed(indicator, factor) && !view.is_directed(factor, indicator) {
                    offer(factor, Op::Loading, indicator, None);
                }
            }
        }
        for (first, second) in view.covariance_pairs() {
            if !view.covary(first, second) {
                offer(first, Op::Covariance, second, None);
            }
        }
        for &lhs in &view.structural {
            for &rhs in &view.structural {
                let is_loading = view.indicators.contains(&lhs) && block.latent.iter().any(|name| name == rhs);
                if lhs != rhs && !view.is_fixed_exogenous(lhs) && !view.is_directed(lhs, rhs) && !is_loading {
                    offer(lhs, Op::Regression, rhs, view.restriction(lhs, rhs));
                }
            }
        }
    }
    all
}

/// What is asked of the rows of one block.
struct BlockView<'a> {
    block: &'a Block,
    fixed_x: bool,
    /// (explained, explaining) of regressions and loadings.
    directed: BTreeSet<(&'a str, &'a str)>,
    /// Pairs of covariance rows, in both orders.
    covariances: BTreeSet<(&'a str, &'a str)>,
    /// Observed variables that have a loading, in the order of the block.
    indicators: Vec<&'a str>,
    /// Variables of regressions: latent ones, then observed ones, in the order of the block.
    structural: Vec<&'a str>,
}

impl<'a> BlockView<'a> {
    fn new(table: &ParTable, block: &'a Block, rows: &[(usize, &'a Row)]) -> Self {
        let (mut directed, mut covariances) = (BTreeSet::new(), BTreeSet::new());
        let (mut loaded, mut regressed) = (BTreeSet::new(), BTreeSet::new());
        for (_, row) in rows {
            let (lhs, rhs) = (row.lhs.as_str(), row.rhs.as_str());
            match row.op {
                Op::Loading => {
                    directed.insert((rhs, lhs));
                    loaded.insert(rhs);
                }
                Op::Regression => {
                    directed.insert((lhs, rhs));
                    regressed.extend([lhs, rhs]);
                }
                Op::Covariance => covariances.extend([(lhs, rhs), (rhs, lhs)]),
                _ => {}
            }
        }
        let present = |name: &&'a CompactString, set: &BTreeSet<&str>| set.contains(name.as_str());
        BlockView {
            block,
            fixed_x: table.fixed_x,
            directed,
            covariances,
            indicators: block
                .observed
                .iter()
                .filter(|name| present(name, &loaded))
                .map(CompactString::as_str)
                .collect(),
            structural: block
                .latent
                .iter()
                .chain(block.observed.iter())
                .filter(|name| present(name, &regressed))
                .map(CompactString::as_str)
                .collect(),
        }
    }

    fn is_directed(&self, explained: &str, explaining: &str) -> bool {
        self.directed.contains(&(explained, explaining))
    }

    fn covary(&self, first: &str, second: &str) -> bool {
        self.covariances.contains(&(first, second))
    }

    fn is_fixed_exogenous(&self, name: &str) -> bool {
        self.fixed_x && self.block.exogenous.iter().any(|other| other == name)
    }

    /// Pairs of indicators, of latent variables, and of other observed variables of the structural model.
    fn covariance_pairs(&self) -> Vec<(&'a str, &'a str)> {
        let others: Vec<&str> = self
            .block
            .observed
            .iter()
            .map(CompactString::as_str)
            .filter(|name| {
                self.structural.contains(name) && !self.indicators.contains(name) && !self.is_fixed_exogenous(name)
            })
            .collect();
        let latent: Vec<&str> = self.block.latent.iter().map(CompactString::as_str).collect();
        let mut pairs = Vec::new();
        for names in [&self.indicators, &latent, &others] {
            for (index, first) in names.iter().enumerate() {
                pairs.extend(names[index + 1..].iter().map(|second| (*first, *second)));
            }
        }
        pairs
    }

    /// What a regression of `lhs` on `rhs` would change.
    fn restriction(&self, lhs: &str, rhs: &str) -> Option<Restriction> {
        if self.depends_on(rhs, lhs) {
            return Some(Restriction::MakesLoop);
        }
        let is_explained = self.directed.iter().any(|(explained, _)| *explained == lhs);
        (!is_explained).then_some(Restriction::MakesEndogenous)
    }

    /// Whether a chain of arrows leads from `source` to `target`.
    fn depends_on(&self, target: &str, source: &str) -> bool {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut queue = vec![target];
        while let Some(name) = queue.pop() {
            if name == source {
                return true;
            }
            for (_, explaining) in self.directed.iter().filter(|(explained, _)| *explained == name) {
                if reached.insert(explaining) {
                    queue.push(explaining);
                }
            }
        }
        false
    }
}
