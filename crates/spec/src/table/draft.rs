//! The rows of one block before labels and numbers: the user's, then the automatic ones.

use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet};

use super::entry::{Entry, EntryBlock};
use super::names::NameId;
use super::options::{EqualityGroup, Parameterization};
use super::roles::Roles;
use super::row::{Op, RowOrigin};
use super::switches::Switches;
use crate::Span;

/// A row under construction.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) lhs: NameId,
    pub(crate) op: Op,
    pub(crate) rhs: NameId,
    /// The entry of the block that wrote it; `None` for automatic rows.
    pub(crate) entry: Option<usize>,
    pub(crate) origin: RowOrigin,
    /// Index of its block in the table.
    pub(crate) place: usize,
    pub(crate) group: usize,
    pub(crate) level: usize,
    pub(crate) free: bool,
    pub(crate) ustart: Option<f64>,
    pub(crate) exo: bool,
    pub(crate) label: CompactString,
    pub(crate) lower: Option<f64>,
    pub(crate) upper: Option<f64>,
    pub(crate) span: Option<Span>,
}

/// Whether a row is free, and where it is fixed.
#[derive(Debug, Clone, Copy)]
enum Status {
    Free,
    Fixed(f64),
    /// A moment of an exogenous observed variable, taken from the sample.
    Sample,
    /// The same under `fixed.x = FALSE` and `conditional.x`: marked, but free.
    FreeExogenous,
}

/// What the rows of a block are made from.
pub(crate) struct BlockDrafts<'a> {
    pub(crate) block: &'a EntryBlock,
    pub(crate) roles: &'a Roles,
    pub(crate) switches: &'a Switches,
    /// Number of thresholds of ordered variables that are known from the data.
    pub(crate) thresholds: &'a FxHashMap<NameId, usize>,
    /// Names `t1`, `t2`, ... as far as they are needed.
    pub(crate) threshold_names: &'a [NameId],
    /// The names `group` and `w`, where the weights of groups are free.
    pub(crate) group_weight: Option<[NameId; 2]>,
    /// Index of the block in the table.
    pub(crate) place: usize,
    /// Group number from 1.
    pub(crate) group: usize,
    /// Roles in the first group at the same level, where this is a later group.
    pub(crate) first_group: Option<&'a Roles>,
}

impl BlockDrafts<'_> {
    /// All rows, in lavaan's order.
    pub(crate) fn rows(&self) -> Vec<Draft> {
        let mut rows = self.user_rows();
        // What could have been added automatically: most models write loadings and regressions only.
        let written: FxHashSet<(NameId, Op, NameId)> = rows
            .iter()
            .filter(|row| !matches!(row.op, Op::Loading | Op::Composite | Op::Regression))
            .map(|row| (row.lhs, row.op, row.rhs))
            .collect();
        let single = self.single_indicators();
        self.thresholds(&written, &mut rows);
        self.variances(&written, &single, &mut rows);
        self.endogenous_covariances(&written, &mut rows);
        self.exogenous_moments(&written, &mut rows);
        self.scales(&written, &mut rows);
        if self.switches.meanstructure {
            self.intercepts(&written, &mut rows);
        }
        if let Some([lhs, rhs]) = self.group_weight {
            self.push_new(lhs, Op::GroupWeight, rhs, Status::Free, &written, &mut rows);
        }
        self.free_scales_of_later_groups(&mut rows);
        rows
    }

    /// Whether the moments of a latent variable can be told from those of the first group, so that defaults may free them.
    fn is_compared(&self, latent: NameId) -> bool {
        self.first_group.is_some_and(|first| first.is_latent(latent))
    }

    fn push(&self, lhs: NameId, op: Op, rhs: NameId, status: Status, rows: &mut Vec<Draft>) {
        let (free, ustart, exo) = match status {
            Status::Free => (true, None, false),
            Status::Fixed(value) => (false, Some(value), false),
            Status::Sample => (false, None, true),
            Status::FreeExogenous => (true, None, true),
        };
        rows.push(Draft {
            lhs,
            op,
            rhs,
            entry: None,
            origin: RowOrigin::Automatic,
            place: self.place,
            group: self.group,
            level: self.block.level,
            free,
            ustart,
            exo,
            label: CompactString::default(),
            lower: None,
            upper: None,
            span: None,
        });
    }

    /// Adds an automatic row unless the user wrote it.
    fn push_new(
        &self,
        lhs: NameId,
        op: Op,
        rhs: NameId,
        status: Status,
        written: &FxHashSet<(NameId, Op, NameId)>,
        rows: &mut Vec<Draft>,
    ) {
        if !written.contains(&(lhs, op, rhs)) {
            self.push(lhs, op, rhs, status, rows);
        }
    }

    fn user_rows(&self) -> Vec<Draft> {
        let switches = self.switches;
        let entries = &self.block.entries;
        // By the index of the name, whether the first loading was seen.
        let mut with_marker = vec![false; self.roles.n_names()];
        let pairs = |list: &[NameId]| list.len() * list.len() / 2;
        let automatic = 2 * (self.roles.observed.len() + self.roles.latent.len())
            + pairs(&self.roles.exogenous_latent)
            + pairs(&self.roles.exogenous);
        let mut rows: Vec<Draft> = Vec::with_capacity(entries.len() + automatic);
        for (index, entry) in entries.iter().enumerate() {
            let efa = switches.auto_efa && self.roles.is_efa(entry.lhs);
            let unit_variance = entry.op == Op::Covariance
                && entry.lhs == entry.rhs
                && self.roles.is_latent(entry.lhs)
                && (switches.std_lv || efa);
            let marker = entry.op == Op::Loading
                && switches.auto_fix_first
                && !efa
                && !std::mem::replace(&mut with_marker[entry.lhs.index()], true);
            let status = if unit_variance || marker { Status::Fixed(1.0) } else { Status::Free };
            self.push(entry.lhs, entry.op, entry.rhs, status, &mut rows);
            let row = &mut rows[index];
            row.entry = Some(index);
            row.origin = RowOrigin::User;
            row.span = Some(entry.span);
            row.exo = switches.conditional_x && self.is_regression_on_exogenous(entry);
            if row.exo && switches.fixed_x && self.roles.is_exogenous(entry.lhs) {
                row.free = false;
            }
        }
        rows
    }

    fn is_regression_on_exogenous(&self, entry: &Entry) -> bool {
        matches!(entry.op, Op::Regression | Op::Composite) && self.roles.is_exogenous(entry.rhs)
    }

    /// Variables that are the only indicator of a latent variable, and of no other.
    fn single_indicators(&self) -> FxHashSet<NameId> {
        if !(self.switches.auto_var && self.switches.auto_fix_single) {
            return FxHashSet::default();
        }
        let loadings = || self.block.entries.iter().filter(|entry| entry.op == Op::Loading);
        // By the indices of the names.
        let mut n_indicators = vec![0_usize; self.roles.n_names()];
        let mut n_factors = vec![0_usize; self.roles.n_names()];
        for entry in loadings() {
            n_indicators[entry.lhs.index()] += 1;
            n_factors[entry.rhs.index()] += 1;
        }
        loadings()
            .filter(|entry| {
                n_indicators[entry.lhs.index()] == 1 && entry.lhs != entry.rhs && n_factors[entry.rhs.index()] == 1
            })
            .map(|entry| entry.rhs)
            .collect()
    }

    fn thresholds(&self, written: &FxHashSet<(NameId, Op, NameId)>, rows: &mut Vec<Draft>) {
        for &name in &self.roles.ordered {
            let n = self.thresholds.get(&name).copied().unwrap_or(0);
            for &threshold in &self.threshold_names[..n] {
                self.push_new(name, Op::Threshold, threshold, Status::Free, written, rows);
                if !self.switches.auto_th
                    && let Some(row) = rows.last_mut()
                    && row.entry.is_none()
                {
                    row.free = false;
                }
            }
        }
    }

    fn variances(&self, written: &FxHashSet<(NameId, Op, NameId)>, single: &FxHashSet<NameId>, rows: &mut Vec<Draft>) {
        let switches = self.switches;
        let endogenous = self.roles.observed.iter().filter(|&&name| !self.roles.is_exogenous(name));
        for &name in endogenous {
            let status = if self.roles.is_ordered(name) {
                Status::Fixed(1.0)
            } else if !switches.auto_var || single.contains(&name) {
                Status::Fixed(0.0)
            } else {
                Status::Free
            };
            self.push_new(name, Op::Covariance, name, status, written, rows);
        }
        for &name in &self.roles.latent {
            let efa = switches.auto_efa && self.roles.is_efa(name);
            let freed = self.is_compared(name)
                && switches.frees_latent_variances()
                && if self.roles.is_efa(name) { switches.auto_efa } else { switches.std_lv };
            let status = if freed {
                Status::Free
            } else if single.contains(&name) {
                Status::Fixed(0.0)
            } else if switches.std_lv || efa {
                Status::Fixed(1.0)
            } else if !switches.auto_var || self.roles.is_formative(name) {
                Status::Fixed(0.0)
            } else {
                Status::Free
            };
            self.push_new(name, Op::Covariance, name, status, written, rows);
        }
    }

    /// Covariances of exogenous latent variables, and residual covariances of terminal outcomes.
    fn endogenous_covariances(&self, written: &FxHashSet<(NameId, Op, NameId)>, rows: &mut Vec<Draft>) {
        let switches = self.switches;
        let roles = self.roles;
        // Only pairs of which the user wrote a moment of each can have been written.
        let mut add = |lhs: NameId, rhs: NameId, status: Status| {
            let both = roles.has_written_moment(lhs) && roles.has_written_moment(rhs);
            if !(both && written.contains(&(lhs, Op::Covariance, rhs))) {
                self.push(lhs, Op::Covariance, rhs, status, rows);
            }
        };
        let fixed_if = |orthogonal: bool| if orthogonal { Status::Fixed(0.0) } else { Status::Free };
        if switches.auto_cov_lv_x {
            for (index, &lhs) in roles.exogenous_latent.iter().enumerate() {
                for &rhs in &roles.exogenous_latent[index + 1..] {
                    add(lhs, rhs, fixed_if(switches.orthogonal || switches.orthogonal_x));
                }
            }
        }
        if switches.auto_cov_y {
            let outcomes: Vec<NameId> = roles.terminal_latent.iter().chain(&roles.terminal_observed).copied().collect();
            for (index, &lhs) in outcomes.iter().enumerate() {
                for &rhs in &outcomes[index + 1..] {
                    let both_latent = roles.is_latent(lhs) && roles.is_latent(rhs);
                    add(lhs, rhs, fixed_if(both_latent && (switches.orthogonal || switches.orthogonal_y)));
                }
            }
        }
    }

    /// Variances and covariances of exogenous observed variables, by columns of the lower triangle.
    fn exogenous_moments(&self, written: &FxHashSet<(NameId, Op, NameId)>, rows: &mut Vec<Draft>) {
        let exogenous = &self.roles.exogenous;
        for (index, &lhs) in exogenous.iter().enumerate() {
            for &rhs in &exogenous[index..] {
                let status = match self.exogenous_status() {
                    Status::Free if lhs == rhs && !self.switches.auto_var => Status::Fixed(0.0),
                    status => status,
                };
                self.push_new(lhs, Op::Covariance, rhs, status, written, rows);
            }
        }
    }

    fn exogenous_status(&self) -> Status {
        match (self.switches.fixed_x, self.switches.conditional_x) {
            (true, _) => Status::Sample,
            (false, true) => Status::FreeExogenous,
            (false, false) => Status::Free,
        }
    }

    fn scales(&self, written: &FxHashSet<(NameId, Op, NameId)>, rows: &mut Vec<Draft>) {
        for &name in &self.roles.ordered {
            self.push_new(name, Op::Scale, name, Status::Fixed(1.0), written, rows);
        }
    }

    fn intercepts(&self, written: &FxHashSet<(NameId, Op, NameId)>, rows: &mut Vec<Draft>) {
        let switches = self.switches;
        for &name in &self.roles.observed {
            let status = match self.exogenous_status() {
                status @ (Status::Sample | Status::FreeExogenous) if self.roles.is_exogenous(name) => status,
                _ if self.roles.is_ordered(name) || !switches.int_ov_free => Status::Fixed(0.0),
                _ => Status::Free,
            };
            self.push_new(name, Op::Intercept, NameId::EMPTY, status, written, rows);
        }
        for &name in &self.roles.latent {
            let free = switches.int_lv_free || (self.is_compared(name) && switches.frees_latent_means());
            let status = if free { Status::Free } else { Status::Fixed(0.0) };
            self.push_new(name, Op::Intercept, NameId::EMPTY, status, written, rows);
        }
    }

    /// With equal thresholds the scales (theta: the residual variances) of ordered variables can differ in later groups.
    fn free_scales_of_later_groups(&self, rows: &mut [Draft]) {
        let switches = self.switches;
        if self.first_group.is_none()
            || !switches.equal(EqualityGroup::Thresholds)
            || rows.iter().all(|row| row.op != Op::Scale)
        {
            return;
        }
        let frees = |row: &Draft| match switches.parameterization {
            Parameterization::Delta => switches.auto_delta && row.op == Op::Scale,
            Parameterization::Theta => row.op == Op::Covariance && row.lhs == row.rhs && self.roles.is_ordered(row.lhs),
        };
        for row in rows.iter_mut().filter(|row| frees(row)) {
            row.free = true;
            row.ustart = None;
        }
    }
}
