//! What decides the automatic rows of the table.

/// The function of lavaan whose defaults are used (`--as`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ModelKind {
    /// `cfa()`.
    Cfa,
    /// `sem()`.
    #[default]
    Sem,
    /// `growth()`.
    Growth,
    /// `lavaan()`: nothing is added.
    Lavaan,
}

/// A set of parameters that `group.equal` holds equal over groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EqualityGroup {
    /// `loadings`
    Loadings,
    /// `composite.loadings`
    CompositeLoadings,
    /// `intercepts`
    Intercepts,
    /// `means`
    Means,
    /// `thresholds`
    Thresholds,
    /// `regressions`
    Regressions,
    /// `residuals`
    Residuals,
    /// `residual.covariances`
    ResidualCovariances,
    /// `lv.variances`
    LvVariances,
    /// `lv.covariances`
    LvCovariances,
}

impl EqualityGroup {
    /// Every set, in the order of lavaan's manual.
    pub const ALL: [EqualityGroup; 10] = [
        EqualityGroup::Loadings,
        EqualityGroup::CompositeLoadings,
        EqualityGroup::Intercepts,
        EqualityGroup::Means,
        EqualityGroup::Thresholds,
        EqualityGroup::Regressions,
        EqualityGroup::Residuals,
        EqualityGroup::ResidualCovariances,
        EqualityGroup::LvVariances,
        EqualityGroup::LvCovariances,
    ];

    /// Its name in `group.equal`.
    pub fn name(self) -> &'static str {
        match self {
            EqualityGroup::Loadings => "loadings",
            EqualityGroup::CompositeLoadings => "composite.loadings",
            EqualityGroup::Intercepts => "intercepts",
            EqualityGroup::Means => "means",
            EqualityGroup::Thresholds => "thresholds",
            EqualityGroup::Regressions => "regressions",
            EqualityGroup::Residuals => "residuals",
            EqualityGroup::ResidualCovariances => "residual.covariances",
            EqualityGroup::LvVariances => "lv.variances",
            EqualityGroup::LvCovariances => "lv.covariances",
        }
    }

    /// The set of that name.
    pub fn from_name(name: &str) -> Option<EqualityGroup> {
        Self::ALL.into_iter().find(|set| set.name() == name)
    }
}

/// How the residuals of ordered variables are scaled (`parameterization`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parameterization {
    /// The total variance of the latent response is 1.
    #[default]
    Delta,
    /// The residual variance is 1.
    Theta,
}

/// The switches of lavaan's `lavaanify()`. `None` means: the default of the [`ModelKind`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableOptions {
    /// Whether means and intercepts are modelled.
    pub meanstructure: Option<bool>,
    /// Free intercepts of observed variables.
    pub int_ov_free: Option<bool>,
    /// Free intercepts of latent variables.
    pub int_lv_free: Option<bool>,
    /// Factor variances 1 in place of a marker.
    pub std_lv: bool,
    /// `effect.coding`: loadings.
    pub effect_coding_loadings: bool,
    /// `effect.coding`: intercepts.
    pub effect_coding_intercepts: bool,
    /// No covariances of exogenous latents.
    pub orthogonal: bool,
    /// `orthogonal.x`
    pub orthogonal_x: bool,
    /// `orthogonal.y`
    pub orthogonal_y: bool,
    /// Moments of exogenous observed variables fixed to the sample's.
    pub fixed_x: Option<bool>,
    /// The model is conditional on exogenous observed variables (`conditional.x`).
    pub conditional_x: bool,
    /// How residuals of ordered variables are scaled.
    pub parameterization: Parameterization,
    /// Free group weights (`group.w.free`).
    pub group_w_free: bool,
    /// `auto.fix.first`
    pub auto_fix_first: Option<bool>,
    /// `auto.fix.single`
    pub auto_fix_single: Option<bool>,
    /// `auto.var`
    pub auto_var: Option<bool>,
    /// `auto.cov.lv.x`
    pub auto_cov_lv_x: Option<bool>,
    /// `auto.cov.y`
    pub auto_cov_y: Option<bool>,
    /// `auto.th`
    pub auto_th: Option<bool>,
    /// `auto.delta`
    pub auto_delta: Option<bool>,
    /// `auto.efa`
    pub auto_efa: Option<bool>,
    /// Sets held equal over groups.
    pub group_equal: Vec<EqualityGroup>,
    /// Automatic names (`f=~x2`, `x3~1`) left free in spite of `group_equal`.
    pub group_partial: Vec<String>,
    /// Further constraints, in model syntax (`--constraints`).
    pub constraints: String,
}

/// What the table is built for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableContext {
    /// Whose defaults.
    pub kind: ModelKind,
    /// The switches.
    pub options: TableOptions,
    /// Group labels; empty or one for a single group.
    pub groups: Vec<String>,
    /// Names of the data's variables, where data are known: to tell latent from observed, and to suggest near names.
    pub variables: Option<Vec<String>>,
    /// Ordered variables.
    pub ordered: Vec<String>,
    /// Number of thresholds (categories less one) of ordered variables, where data are known.
    pub thresholds: Vec<(String, usize)>,
}
