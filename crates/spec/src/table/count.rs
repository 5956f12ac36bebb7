//! Degrees of freedom: the moments that a model describes, less what it estimates.

use compact_str::CompactString;
use rustc_hash::FxHashSet;

use super::equality_rank::EqualityRank;
use super::row::{Op, ParTable, Row};

/// The moments of one block.
///
/// With p observed variables these are p (p + 1) / 2 variances and covariances and, if means are modelled, p means.
/// Moments of exogenous observed variables that are fixed to the sample's describe nothing and are taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockMoments {
    /// Group number from 1.
    pub group: usize,
    /// Level from 1.
    pub level: usize,
    /// Observed variables p; under `conditional.x` without the exogenous ones.
    pub observed: usize,
    /// Variances and covariances of the observed variables, p (p + 1) / 2.
    pub covariances: usize,
    /// Means. In a two-level model a variable of both levels has its mean between clusters.
    pub means: usize,
    /// Exogenous observed variables q that are conditioned on.
    pub exogenous: usize,
    /// Their variances and covariances, q (q + 1) / 2, to be taken out (0 under `conditional.x`).
    pub exogenous_covariances: usize,
    /// Their means, to be taken out.
    pub exogenous_means: usize,
    /// Ordered variables, of which neither variance nor mean is known.
    pub ordered: usize,
    /// Thresholds of the ordered variables.
    pub thresholds: usize,
    /// Slopes on exogenous variables under `conditional.x`, p q.
    pub slopes: usize,
    /// 1 when the weight of the group is modelled.
    pub group_weight: usize,
}

impl BlockMoments {
    /// The moments that are left; negative where an ordered variable is fixed to the sample's, too.
    pub fn total(&self) -> i64 {
        let known = self.covariances + self.means + self.thresholds + self.slopes + self.group_weight;
        let taken_out = self.exogenous_covariances + self.exogenous_means + 2 * self.ordered;
        known as i64 - taken_out as i64
    }
}

/// Free parameters by kind, before equality constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FreeParameters {
    /// `=~`
    pub loadings: usize,
    /// `<~`
    pub composite_weights: usize,
    /// `~`
    pub regressions: usize,
    /// `x ~~ x`, residual where the variable is endogenous.
    pub variances: usize,
    /// `x ~~ y`
    pub covariances: usize,
    /// `~1`: intercepts and means, of observed and latent variables.
    pub intercepts: usize,
    /// `|`
    pub thresholds: usize,
    /// `~*~`
    pub scales: usize,
    /// `%`
    pub group_weights: usize,
}

impl FreeParameters {
    fn of(rows: &[Row]) -> FreeParameters {
        let mut counts = FreeParameters::default();
        for row in rows.iter().filter(|row| row.free > 0) {
            match row.op {
                Op::Loading => counts.loadings += 1,
                Op::Composite => counts.composite_weights += 1,
                Op::Regression => counts.regressions += 1,
                Op::Covariance if row.lhs == row.rhs => counts.variances += 1,
                Op::Covariance => counts.covariances += 1,
                Op::Intercept => counts.intercepts += 1,
                Op::Threshold => counts.thresholds += 1,
                Op::Scale => counts.scales += 1,
                Op::GroupWeight => counts.group_weights += 1,
                Op::Defined | Op::Equal | Op::Less | Op::Greater => {}
            }
        }
        counts
    }

    /// Each kind that there is, in words, with its number.
    pub fn by_kind(&self) -> Vec<(&'static str, usize)> {
        [
            ("loadings", self.loadings),
            ("composite weights", self.composite_weights),
            ("regressions", self.regressions),
            ("variances", self.variances),
            ("covariances", self.covariances),
            ("intercepts and means", self.intercepts),
            ("thresholds", self.thresholds),
            ("response scales", self.scales),
            ("group weights", self.group_weights),
        ]
        .into_iter()
        .filter(|&(_, count)| count > 0)
        .collect()
    }

    /// All kinds together.
    pub fn total(&self) -> usize {
        self.by_kind().iter().map(|&(_, count)| count).sum()
    }
}

/// One term of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLine {
    /// What is counted, and how.
    pub text: String,
    /// How many there are; negative where they are taken out.
    pub amount: i64,
}

/// The degrees of freedom of a table, with everything that they are made of.
///
/// ```text
/// df = moments - (free parameters - rank of the equality constraints)
/// ```
///
/// Inequalities cost nothing, whether they are active or not. The rank is that of the Jacobian of the `==` rows with
/// respect to the free parameters: for linear constraints it is exact, for nonlinear ones it is taken at a point in
/// general position.
#[derive(Debug, Clone, PartialEq)]
pub struct DegreesOfFreedom {
    /// The moments of each block.
    pub blocks: Vec<BlockMoments>,
    /// The free rows of the table.
    pub free: FreeParameters,
    /// Number of `==` rows.
    pub equalities: usize,
    /// How many of them are independent.
    pub equality_rank: usize,
}

impl DegreesOfFreedom {
    /// Counts the moments and parameters of a table.
    pub fn of(table: &ParTable) -> DegreesOfFreedom {
        let equality = EqualityRank::of(table);
        DegreesOfFreedom {
            blocks: block_moments(table),
            free: FreeParameters::of(&table.rows),
            equalities: equality.rows,
            equality_rank: equality.rank,
        }
    }

    /// The moments of all blocks.
    pub fn moments(&self) -> i64 {
        self.blocks.iter().map(BlockMoments::total).sum()
    }

    /// Parameters that are estimated: free rows less the rank of the equalities (lavaan's `npar`).
    pub fn n_parameters(&self) -> usize {
        self.free.total() - self.equality_rank
    }

    /// The degrees of freedom; negative for a model with more parameters than moments.
    pub fn df(&self) -> i64 {
        self.moments() - self.n_parameters() as i64
    }

    /// The account, term by term: the amounts add up to [`df`](Self::df).
    pub fn lines(&self) -> Vec<AccountLine> {
        let mut lines = Vec::new();
        let several = self.blocks.len() > 1;
        let levels = self.blocks.iter().any(|block| block.level > 1);
        for block in &self.blocks {
            let place = match (several, levels) {
                (false, _) => String::new(),
                (true, false) => format!(" in group {}", block.group),
                (true, true) => format!(" in group {}, level {}", block.group, block.level),
            };
            let mut add = |text: String, amount: i64| {
                if amount != 0 {
                    lines.push(AccountLine { text: text + &place, amount });
                }
            };
            let (p, q) = (block.observed, block.exogenous);
            add(
                format!("variances and covariances of {p} observed variables, {p}*{}/2", p + 1),
                block.covariances as i64,
            );
            add("means of observed variables".into(), block.means as i64);
            add(format!("slopes on {q} exogenous variables, {p}*{q}"), block.slopes as i64);
            add(
                format!("variances and means of {} ordered variables, which are not known", block.ordered),
                -2 * block.ordered as i64,
            );
            add("thresholds of ordered variables".into(), block.thresholds as i64);
            add("weight of the group".into(), block.group_weight as i64);
            add(
                format!("variances and covariances of {q} exogenous variables, {q}*{}/2, fixed to the sample's", q + 1),
                -(block.exogenous_covariances as i64),
            );
            add(format!("means of {q} exogenous variables, fixed to the sample's"), -(block.exogenous_means as i64));
        }
        lines.extend(
            self.free
                .by_kind()
                .into_iter()
                .map(|(kind, count)| AccountLine { text: format!("free {kind}"), amount: -(count as i64) }),
        );
        if self.equalities > 0 {
            lines.push(AccountLine {
                text: if self.equality_rank == self.equalities {
                    "equality constraints".into()
                } else {
                    format!("independent ones of {} equality constraints", self.equalities)
                },
                amount: self.equality_rank as i64,
            });
        }
        lines
    }
}

fn triangle(p: usize) -> usize {
    p * (p + 1) / 2
}

fn block_moments(table: &ParTable) -> Vec<BlockMoments> {
    let exogenous_rows = || table.rows.iter().filter(|row| row.exo);
    let fixed_x = exogenous_rows().any(|row| row.free == 0);
    let conditional_x = exogenous_rows().any(|row| matches!(row.op, Op::Regression | Op::Composite));
    let multilevel = table.blocks.iter().any(|block| block.level > 1);
    table
        .blocks
        .iter()
        .enumerate()
        .map(|(index, block)| {
            let rows = || table.rows.iter().filter(move |row| row.block == index + 1);
            let means = table.meanstructure;
            let exogenous: FxHashSet<&str> = if fixed_x || conditional_x {
                block.exogenous.iter().map(CompactString::as_str).collect()
            } else {
                FxHashSet::default()
            };
            let modelled: Vec<&str> = block
                .observed
                .iter()
                .map(CompactString::as_str)
                .filter(|name| !(conditional_x && exogenous.contains(name)))
                .collect();
            // Within clusters the only means are those of variables that are not there between clusters.
            let elsewhere: FxHashSet<&str> = if multilevel && block.level == 1 {
                table
                    .blocks
                    .iter()
                    .filter(|other| other.group == block.group && other.level > 1)
                    .flat_map(|other| other.observed.iter().map(CompactString::as_str))
                    .collect()
            } else {
                FxHashSet::default()
            };
            let with_mean = |names: &mut dyn Iterator<Item = &str>| {
                if means { names.filter(|name| !elsewhere.contains(name)).count() } else { 0 }
            };
            let ordered: FxHashSet<&str> =
                rows().filter(|row| row.op == Op::Threshold).map(|row| row.lhs.as_str()).collect();
            let p = modelled.len();
            let q = exogenous.len();
            let fixed = !conditional_x && fixed_x;
            BlockMoments {
                group: block.group,
                level: block.level,
                observed: p,
                covariances: triangle(p),
                means: with_mean(&mut modelled.iter().copied()),
                exogenous: q,
                exogenous_covariances: if fixed { triangle(q) } else { 0 },
                exogenous_means: if fixed { with_mean(&mut exogenous.iter().copied()) } else { 0 },
                ordered: modelled.iter().filter(|name| ordered.contains(*name)).count(),
                thresholds: rows().filter(|row| row.op == Op::Threshold && ordered.contains(row.lhs.as_str())).count(),
                slopes: if conditional_x { p * q } else { 0 },
                group_weight: usize::from(rows().any(|row| row.op == Op::GroupWeight)),
            }
        })
        .collect()
}
