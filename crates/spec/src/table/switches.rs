//! The switches of the table with every default made explicit.

use super::options::{EqualityGroup, ModelKind, Parameterization, TableContext};

/// Facts of the model text that decide defaults.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ModelFacts {
    pub(crate) has_intercepts: bool,
    pub(crate) categorical: bool,
    pub(crate) multilevel: bool,
    pub(crate) has_exogenous: bool,
    pub(crate) n_groups: usize,
}

/// The resolved switches.
#[derive(Debug, Clone)]
pub(crate) struct Switches {
    pub(crate) meanstructure: bool,
    pub(crate) int_ov_free: bool,
    pub(crate) int_lv_free: bool,
    pub(crate) std_lv: bool,
    pub(crate) orthogonal: bool,
    pub(crate) orthogonal_x: bool,
    pub(crate) orthogonal_y: bool,
    pub(crate) fixed_x: bool,
    pub(crate) conditional_x: bool,
    pub(crate) parameterization: Parameterization,
    pub(crate) group_w_free: bool,
    pub(crate) auto_fix_first: bool,
    pub(crate) auto_fix_single: bool,
    pub(crate) auto_var: bool,
    pub(crate) auto_cov_lv_x: bool,
    pub(crate) auto_cov_y: bool,
    pub(crate) auto_th: bool,
    pub(crate) auto_delta: bool,
    pub(crate) auto_efa: bool,
    group_equal: Vec<EqualityGroup>,
}

impl Switches {
    pub(crate) fn resolve(context: &TableContext, facts: ModelFacts) -> Switches {
        let options = &context.options;
        let automatic = context.kind != ModelKind::Lavaan;
        let growth = context.kind == ModelKind::Growth;
        let mut group_equal = options.group_equal.clone();
        let equal = |set: EqualityGroup, list: &[EqualityGroup]| list.contains(&set);
        // With ordered variables, thresholds and intercepts are held equal together.
        if facts.categorical
            && (equal(EqualityGroup::Intercepts, &group_equal) || equal(EqualityGroup::Thresholds, &group_equal))
        {
            group_equal.extend([EqualityGroup::Intercepts, EqualityGroup::Thresholds]);
        }
        let conditional_x = options.conditional_x && facts.has_exogenous;
        let means_needed = facts.has_intercepts
            || facts.categorical
            || facts.multilevel
            || growth
            || conditional_x
            || equal(EqualityGroup::Intercepts, &group_equal)
            || equal(EqualityGroup::Means, &group_equal);
        Switches {
            meanstructure: means_needed || options.meanstructure.unwrap_or(facts.n_groups > 1),
            int_ov_free: options.int_ov_free.unwrap_or(automatic && !growth),
            int_lv_free: options.int_lv_free.unwrap_or(growth),
            std_lv: options.std_lv,
            orthogonal: options.orthogonal,
            orthogonal_x: options.orthogonal_x,
            orthogonal_y: options.orthogonal_y,
            fixed_x: options.fixed_x.unwrap_or(true),
            conditional_x,
            parameterization: options.parameterization,
            group_w_free: options.group_w_free,
            auto_fix_first: options.auto_fix_first.unwrap_or(automatic)
                && !options.std_lv
                && !options.effect_coding_loadings,
            auto_fix_single: options.auto_fix_single.unwrap_or(automatic),
            auto_var: options.auto_var.unwrap_or(automatic),
            auto_cov_lv_x: options.auto_cov_lv_x.unwrap_or(automatic),
            auto_cov_y: options.auto_cov_y.unwrap_or(automatic),
            auto_th: options.auto_th.unwrap_or(automatic),
            auto_delta: options.auto_delta.unwrap_or(automatic),
            auto_efa: options.auto_efa.unwrap_or(automatic),
            group_equal,
        }
    }

    /// Whether `group.equal` holds the set equal over groups.
    pub(crate) fn equal(&self, set: EqualityGroup) -> bool {
        self.group_equal.contains(&set)
    }

    pub(crate) fn has_group_equal(&self) -> bool {
        !self.group_equal.is_empty()
    }

    /// Whether intercepts or thresholds are equal while latent means are not: the means of later groups are then free.
    pub(crate) fn frees_latent_means(&self) -> bool {
        !self.int_lv_free
            && (self.equal(EqualityGroup::Intercepts) || self.equal(EqualityGroup::Thresholds))
            && !self.equal(EqualityGroup::Means)
    }

    /// Whether loadings are equal while latent variances are not: unit variances of later groups are then free.
    pub(crate) fn frees_latent_variances(&self) -> bool {
        self.equal(EqualityGroup::Loadings) && !self.equal(EqualityGroup::LvVariances)
    }
}
