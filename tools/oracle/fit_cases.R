# The cases of tools/oracle/fit.R: case(name, model, data, further arguments of lavaan..., kind = the function).

# One group, covariances
case("hs", hs, hs_data, kind = "cfa")
case("hs_std_lv", hs, hs_data, std.lv = TRUE, kind = "cfa")
case("hs_orthogonal", hs, hs_data, orthogonal = TRUE, kind = "cfa")
case("hs_means", hs, hs_data, meanstructure = TRUE, kind = "cfa")
case("hs_wishart", hs, hs_data, likelihood = "wishart", kind = "cfa")
case("hs_observed", hs, hs_data, information = "observed", kind = "cfa")
case("pd_observed", pd, pd_data, information = "observed", meanstructure = TRUE)
case("hs_marker_x3", "visual =~ NA*x1 + x2 + 1*x3\ntextual =~ x4 + x5 + x6\nvisual ~~ textual", hs_data, kind = "cfa")
case("hs_one_factor", "g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9", hs_data, kind = "cfa")
case("hs_second_order", paste0(hs, "\ng =~ visual + textual + speed"), hs_data, kind = "cfa")
case("hs_bifactor", "g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9
s =~ x7 + x8 + x9
t =~ x4 + x5 + x6", hs_data, orthogonal = TRUE, kind = "cfa")
case("hs_equal_loadings", "visual =~ x1 + a*x2 + a*x3\ntextual =~ x4 + b*x5 + b*x6\nspeed =~ x7 + x8 + x9\nd := a - b\nratio := a / b", hs_data)
case("hs_linear_constraint", "visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + c*x5 + d*x6\na + b == c\nd == 2*b - 0.2", hs_data)
case("hs_fixed", "visual =~ x1 + 0.5*x2 + x3\ntextual =~ x4 + x5 + x6\nx1 ~~ 0.5*x1\nvisual ~~ 0.4*textual", hs_data)
case("hs_residual_cov", paste0(hs, "\nx7 ~~ x8\nx1 ~~ x9"), hs_data)
case("hs_cross_loading", "visual =~ x1 + x2 + x3 + x9\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9", hs_data)
case("hs_single_indicator", "visual =~ x1 + x2 + x3\nlone =~ x9\nvisual ~ lone", hs_data)
case("hs_structural", paste0(hs, "\nspeed ~ visual + textual"), hs_data)
case("hs_mimic", paste0(hs, "\nvisual ~ sex + ageyr\ntextual ~ ageyr\nspeed ~ grade"), hs_data)
case("hs_mimic_random_x", paste0(hs, "\nvisual ~ sex + ageyr\ntextual ~ ageyr"), hs_data, fixed.x = FALSE)
case("hs_mediation", "x9 ~ c*x1 + b*x5\nx5 ~ a*x1\nindirect := a*b\ntotal := c + a*b\nshare := indirect/total", hs_data)
case("hs_path", "x9 ~ x1 + x5 + sex\nx5 ~ x1 + ageyr\nx7 ~ x9 + x5", hs_data)
case("hs_path_random_x", "x9 ~ x1 + x5 + sex\nx5 ~ x1 + ageyr\nx7 ~ x9 + x5", hs_data, fixed.x = FALSE)
case("hs_path_means", "x9 ~ x1 + x5 + sex\nx5 ~ x1 + ageyr", hs_data, meanstructure = TRUE)
case("hs_regression", "x9 ~ x1 + x5 + sex", hs_data)
case("hs_nonrecursive", "x9 ~ x5 + x1\nx5 ~ x9 + x4\nx9 ~~ x5", hs_data)
case("hs_indicator_predicts", "f =~ x1 + x2 + x3\nx9 ~ x1 + f", hs_data)
case("hs_null", "x1 ~~ x1\nx2 ~~ x2\nx3 ~~ x3", hs_data)
case("hs_saturated", "x1 ~~ x2 + x3\nx2 ~~ x3\nx1 ~ 1\nx2 ~ 1\nx3 ~ 1", hs_data)
case("hs_effect_coding", hs, hs_data, effect.coding = TRUE, meanstructure = TRUE, kind = "cfa")
case("hs_user_intercepts", "visual =~ x1 + x2 + x3\nvisual ~ 1\nx1 ~ 0*1", hs_data)
case("pd", pd, pd_data)
case("pd_constrained", "ind60 =~ x1 + x2 + x3
dem60 =~ y1 + a*y2 + b*y3 + c*y4
dem65 =~ y5 + a*y6 + b*y7 + c*y8
dem60 ~ ind60
dem65 ~ ind60 + dem60
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8", pd_data)
case("pd_means", pd, pd_data, meanstructure = TRUE)
case("pd_std_lv", pd, pd_data, std.lv = TRUE)
case("pd_effects", "ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ a*ind60
dem65 ~ c*ind60 + b*dem60
ab := a*b
total := c + ab
root := sqrt(ab) + exp(c)", pd_data)
case("growth", growth_model, "Demo.growth", kind = "growth")
case("growth_predictors", paste0(growth_model, "\ni ~ x1 + x2\ns ~ x1 + x2\nt1 ~ c1\nt2 ~ c2\nt3 ~ c3\nt4 ~ c4"),
     "Demo.growth", kind = "growth")
case("growth_equal_residuals", paste0(growth_model, "\nt1 ~~ r*t1\nt2 ~~ r*t2\nt3 ~~ r*t3\nt4 ~~ r*t4"), "Demo.growth",
     kind = "growth")
case("growth_latent_basis", "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\ns =~ 0*t1 + t2 + t3 + 1*t4", "Demo.growth", kind = "growth")
big5 <- "agree =~ A1 + A2 + A3 + A4 + A5
consc =~ C1 + C2 + C3 + C4 + C5
extra =~ E1 + E2 + E3 + E4 + E5
neuro =~ N1 + N2 + N3 + N4 + N5
open =~ O1 + O2 + O3 + O4 + O5"
case("bfi", big5, "bfi", std.lv = TRUE, kind = "cfa")
case("bfi_regression", "neuro =~ N1 + N2 + N3\nagree =~ A1 + A2 + A3\nneuro ~ agree + age + gender", "bfi")

# Several groups
case("hs_groups", hs, hs_data, group = "school", kind = "cfa")
case("hs_groups_loadings", hs, hs_data, group = "school", group.equal = "loadings", kind = "cfa")
case("hs_groups_intercepts", hs, hs_data, group = "school", group.equal = c("loadings", "intercepts"), kind = "cfa")
case("hs_groups_strict", hs, hs_data, group = "school", group.equal = c("loadings", "intercepts", "residuals"),
     kind = "cfa")
case("hs_groups_means", hs, hs_data, group = "school", group.equal = c("loadings", "intercepts", "means"), kind = "cfa")
case("hs_groups_latent", hs, hs_data, group = "school",
     group.equal = c("loadings", "lv.variances", "lv.covariances"), kind = "cfa")
case("hs_groups_regressions", "textual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\nspeed ~ textual", hs_data,
     group = "school", group.equal = c("loadings", "regressions"))
case("hs_groups_partial", hs, hs_data, group = "school", group.equal = c("loadings", "intercepts"),
     group.partial = c("x3~1", "visual=~x2"), kind = "cfa")
case("hs_groups_std_lv", hs, hs_data, group = "school", group.equal = "loadings", std.lv = TRUE, kind = "cfa")
case("hs_groups_wishart", hs, hs_data, group = "school", likelihood = "wishart", kind = "cfa")
case("hs_groups_no_means", hs, hs_data, group = "school", meanstructure = FALSE, kind = "cfa")
case("hs_groups_labels", "visual =~ x1 + c(a, a)*x2 + c(b, d)*x3\ndelta := b - d", hs_data, group = "school")
case("hs_sex", "textual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9", hs_data, group = "sex", group.equal = "loadings")

# Least squares. The standard errors of ULS are those of a sandwich with the normal-theory covariance matrix of the moments.
for (estimator in c("GLS", "ULS")) {
  short <- tolower(estimator)
  case(paste0("hs_", short), hs, hs_data, estimator = estimator, kind = "cfa")
  case(paste0("pd_", short), pd, pd_data, estimator = estimator)
  case(paste0("hs_groups_", short), hs, hs_data, estimator = estimator, group = "school", meanstructure = FALSE, kind = "cfa")
}
case("hs_gls_means", hs, hs_data, estimator = "GLS", meanstructure = TRUE, kind = "cfa")
case("growth_gls", growth_model, "Demo.growth", estimator = "GLS", kind = "growth")
# Variances that do not fit exactly: lavaan's ULS counts each of them like a covariance.
case("hs_uls_equal_variances", paste0(hs, "\nx1 ~~ v*x1\nx2 ~~ v*x2\nx3 ~~ v*x3"), hs_data, estimator = "ULS", kind = "cfa")
case("hs_groups_uls_residuals", hs, hs_data, estimator = "ULS", group = "school", group.equal = c("loadings", "residuals"), meanstructure = FALSE,
     kind = "cfa")
case("hs_groups_ulsm_residuals", hs, hs_data, estimator = "ULSM", group = "school", group.equal = c("loadings", "intercepts", "residuals"), kind = "cfa")
case("growth_ulsmv", growth_model, "Demo.growth", estimator = "ULSMV", kind = "growth")

# Missing values. The unrestricted moments are iterated far beyond lavaan's default, to which chi-square and SRMR are due.
incomplete <- function(name, model, data, ..., missing = "ml") {
  case(name, model, data, missing = missing, ..., em.h1.tol = 1e-12, em.h1.iter.max = 20000)
}
two <- "f =~ a1 + a2 + a3 + a4\ng =~ b1 + b2 + b3 + b4"
full <- paste0(two, "\ng ~ f + x\ny ~ g + x")
path <- "y ~ b1 + x\nb1 ~ a1 + x\na1 ~ x"
hs_missing <- "HolzingerSwineford1939_missing"
for (percent in c("05", "10", "20", "30")) {
  set <- paste0("sim_mcar_", percent)
  incomplete(paste0("fiml_two_", percent), two, set)
  incomplete(paste0("fiml_full_", percent), full, set, fixed.x = FALSE)
}
incomplete("fiml_mar", full, "sim_mar")
incomplete("fiml_mar_expected", full, "sim_mar", information = "expected")
incomplete("fiml_expected_30", two, "sim_mcar_30", information = "expected")
incomplete("fiml_fixed_x_20", full, "sim_mcar_20")
incomplete("fiml_x_20", full, "sim_mcar_20", missing = "ml.x")
incomplete("fiml_x_30", full, "sim_mcar_30", missing = "ml.x")
incomplete("fiml_two_x", paste0(two, "\nf ~ x + y"), "sim_mcar_10")
incomplete("fiml_two_x_kept", paste0(two, "\nf ~ x + y"), "sim_mcar_10", missing = "ml.x")
incomplete("fiml_two_x_random", paste0(two, "\nf ~ x + y"), "sim_mcar_10", fixed.x = FALSE)
incomplete("fiml_path", path, "sim_mcar_20")
incomplete("fiml_path_random", path, "sim_mcar_20", fixed.x = FALSE)
incomplete("fiml_groups", two, "sim_mcar_10", group = "group")
incomplete("fiml_groups_loadings", two, "sim_mcar_20", group = "group", group.equal = "loadings")
incomplete("fiml_groups_strict", two, "sim_mcar_30", group = "group", group.equal = c("loadings", "intercepts", "residuals"))
incomplete("fiml_groups_expected", two, "sim_mcar_20", group = "group", group.equal = "loadings", information = "expected")
incomplete("fiml_groups_full", full, "sim_mcar_10", group = "group", group.equal = c("loadings", "regressions"))
incomplete("fiml_hs", hs, hs_missing)
incomplete("fiml_hs_std_lv", hs, hs_missing, std.lv = TRUE)
incomplete("fiml_hs_groups", hs, hs_missing, group = "school", group.equal = c("loadings", "intercepts"))
incomplete("fiml_hs_constrained", "visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + c*x5 + d*x6\na + b == c\nratio := a / c", hs_missing)
incomplete("fiml_hs_saturated", "x1 ~~ x2 + x3\nx2 ~~ x3", hs_missing)
incomplete("fiml_hs_complete", hs, hs_data)
incomplete("fiml_pd", pd, "PoliticalDemocracy_missing")
incomplete("fiml_pd_expected", pd, "PoliticalDemocracy_missing", information = "expected")
incomplete("fiml_growth", "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4 + 1*t5\ns =~ 0*t1 + 1*t2 + 2*t3 + 3*t4 + 4*t5", "sim_dropout",
           kind = "growth")
incomplete("fiml_growth_predictors",
           paste0(growth_model, "\ni ~ x1 + x2\ns ~ x1 + x2\nt1 ~ c1\nt2 ~ c2\nt3 ~ c3\nt4 ~ c4"),
           "Demo.growth_missing", kind = "growth")
incomplete("fiml_growth_predictors_x",
           paste0(growth_model, "\ni ~ x1 + x2\ns ~ x1 + x2\nt1 ~ c1\nt2 ~ c2\nt3 ~ c3\nt4 ~ c4"),
           "Demo.growth_missing", missing = "ml.x", kind = "growth")
incomplete("fiml_bfi", "agree =~ A1 + A2 + A3 + A4 + A5\nconsc =~ C1 + C2 + C3 + C4 + C5", "bfi")
incomplete("fiml_bfi_regression", "neuro =~ N1 + N2 + N3\nagree =~ A1 + A2 + A3\nneuro ~ agree + age + gender", "bfi")
for (kind in c("two.stage", "robust.two.stage")) {
  short <- gsub(".", "_", kind, fixed = TRUE)
  incomplete(paste0(short, "_two_10"), two, "sim_mcar_10", missing = kind)
  incomplete(paste0(short, "_two_30"), two, "sim_mcar_30", missing = kind)
  incomplete(paste0(short, "_full"), full, "sim_mcar_20", missing = kind, fixed.x = FALSE)
  incomplete(paste0(short, "_groups"), two, "sim_mcar_20", missing = kind, group = "group", group.equal = "loadings")
  incomplete(paste0(short, "_hs"), hs, hs_missing, missing = kind)
  incomplete(paste0(short, "_growth"), "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4 + 1*t5\ns =~ 0*t1 + 1*t2 + 2*t3 + 3*t4 + 4*t5", "sim_dropout",
             missing = kind, kind = "growth")
}
incomplete("two_stage_expected", two, "sim_mcar_20", missing = "two.stage", information = "expected")
for (percent in c("10", "30")) {
  set <- paste0("sim_mcar_", percent)
  case(paste0("pairwise_two_", percent), two, set, missing = "pairwise")
  case(paste0("pairwise_full_", percent), full, set, missing = "pairwise")
}
case("pairwise_groups", two, "sim_mcar_20", missing = "pairwise", group = "group", group.equal = "loadings")
# Weighted least squares of continuous variables
wls_path <- "x9 ~ x1 + x5\nx5 ~ x1 + ageyr\nx7 ~ x9 + x5"
for (estimator in c("WLS", "DWLS")) {
  short <- tolower(estimator)
  case(paste0("hs_", short), hs, hs_data, estimator = estimator, kind = "cfa")
  case(paste0("hs_", short, "_means"), hs, hs_data, estimator = estimator, meanstructure = TRUE, kind = "cfa")
  case(paste0("hs_", short, "_equal"), "visual =~ x1 + a*x2 + a*x3\ntextual =~ x4 + b*x5 + b*x6\nd := a - b", hs_data,
       estimator = estimator)
  case(paste0("hs_", short, "_mimic"), "visual =~ x1 + x2 + x3\nvisual ~ ageyr + grade", hs_data, estimator = estimator)
  case(paste0("hs_", short, "_fixed_x"), wls_path, hs_data, estimator = estimator, fixed.x = TRUE)
  case(paste0("hs_", short, "_fixed_x_means"), wls_path, hs_data, estimator = estimator, fixed.x = TRUE,
       meanstructure = TRUE)
  case(paste0("hs_groups_", short), hs, hs_data, estimator = estimator, group = "school", meanstructure = FALSE, kind = "cfa")
  case(paste0("hs_groups_", short, "_intercepts"), hs, hs_data, estimator = estimator, group = "school",
       group.equal = c("loadings", "intercepts"), kind = "cfa")
  case(paste0("pd_", short), pd, pd_data, estimator = estimator)
  case(paste0("growth_", short), growth_model, "Demo.growth", estimator = estimator, kind = "growth")
  case(paste0("bfi_", short), "agree =~ A1 + A2 + A3 + A4 + A5\nconsc =~ C1 + C2 + C3 + C4 + C5\nextra =~ E1 + E2 + E3 + E4 + E5",
       "bfi", estimator = estimator, std.lv = TRUE, kind = "cfa")
}

# Robust standard errors and tests
constrained <- "visual =~ x1 + a*x2 + a*x3\ntextual =~ x4 + b*x5 + c*x6\nspeed =~ x7 + x8 + x9\na + b == 1.7\nd := a * c"
mimic_model <- paste0(hs, "\nvisual ~ sex + ageyr\ntextual ~ ageyr\nspeed ~ grade")
for (estimator in c("MLM", "MLMV", "MLMVS", "MLR", "MLF")) {
  short <- tolower(estimator)
  case(paste0("hs_", short), hs, hs_data, estimator = estimator, kind = "cfa")
  case(paste0("pd_", short), pd, pd_data, estimator = estimator)
  case(paste0("hs_groups_", short), hs, hs_data, estimator = estimator, group = "school",
       group.equal = c("loadings", "intercepts"), kind = "cfa")
  case(paste0("hs_fixed_x_", short), mimic_model, hs_data, estimator = estimator)
  case(paste0("hs_constrained_", short), constrained, hs_data, estimator = estimator)
  case(paste0("growth_", short), growth_model, "Demo.growth", estimator = estimator, kind = "growth")
}
case("hs_mlr_means", hs, hs_data, estimator = "MLR", meanstructure = TRUE, kind = "cfa")
case("hs_mlm_means", hs, hs_data, estimator = "MLM", meanstructure = TRUE, kind = "cfa")
case("hs_mlr_fixed_x_means", mimic_model, hs_data, estimator = "MLR", meanstructure = TRUE)
case("hs_mlm_fixed_x_means", mimic_model, hs_data, estimator = "MLM", meanstructure = TRUE)
case("hs_mlr_random_x", mimic_model, hs_data, estimator = "MLR", fixed.x = FALSE)
case("hs_mlmv_random_x", mimic_model, hs_data, estimator = "MLMV", fixed.x = FALSE)
case("hs_mlm_path", "x9 ~ x1 + x5 + sex\nx5 ~ x1 + ageyr\nx7 ~ x9 + x5", hs_data, estimator = "MLM")
case("hs_mlr_path_means", "x9 ~ x1 + x5 + sex\nx5 ~ x1 + ageyr\nx7 ~ x9 + x5", hs_data, estimator = "MLR", meanstructure = TRUE)
case("hs_groups_mlr_no_means", hs, hs_data, estimator = "MLR", group = "school", meanstructure = FALSE, kind = "cfa")
case("hs_mlm_observed", hs, hs_data, estimator = "MLM", information = "observed", kind = "cfa")
case("hs_mlr_expected", hs, hs_data, estimator = "MLR", information = "expected", kind = "cfa")
case("hs_mlm_observed_means", "visual =~ x1 + x2 + x3\nx9 ~ visual + x1\nvisual ~ 1\nx1 ~ 0*1", hs_data, estimator = "MLM",
     information = "observed", meanstructure = TRUE)
case("hs_mlm_unstructured", hs, hs_data, estimator = "MLM", h1.information = "unstructured", kind = "cfa")
case("hs_mlr_unstructured", hs, hs_data, estimator = "MLR", h1.information = "unstructured", kind = "cfa")
case("hs_unstructured", hs, hs_data, h1.information = "unstructured", kind = "cfa")
case("hs_first_order_unstructured", hs, hs_data, se = "first.order", h1.information = "unstructured", kind = "cfa")
case("hs_robust_sem", hs, hs_data, se = "robust.sem", kind = "cfa")
case("hs_huber_white", hs, hs_data, se = "robust.huber.white", kind = "cfa")
case("hs_first_order", hs, hs_data, se = "first.order", kind = "cfa")
case("hs_se_none", hs, hs_data, se = "none", kind = "cfa")
case("hs_yuan_bentler", hs, hs_data, test = "yuan.bentler", kind = "cfa")
case("hs_yuan_bentler_observed", hs, hs_data, se = "robust.huber.white", test = "yuan.bentler", kind = "cfa")
case("hs_yuan_bentler_mplus", hs, hs_data, se = "robust.huber.white", test = "yuan.bentler.mplus", kind = "cfa")
case("hs_tests", hs, hs_data, test = c("satorra.bentler", "mean.var.adjusted", "scaled.shifted", "yuan.bentler"), kind = "cfa")
case("hs_browne", hs, hs_data, test = c("browne.residual.adf", "browne.residual.nt", "browne.residual.nt.model"), kind = "cfa")
case("hs_groups_browne", hs, hs_data, group = "school", group.equal = "loadings",
     test = c("browne.residual.adf", "browne.residual.nt", "browne.residual.nt.model"), kind = "cfa")
case("hs_fixed_x_browne", mimic_model, hs_data, test = c("browne.residual.adf", "browne.residual.nt"))
case("hs_browne_adf_model", hs, hs_data, test = "browne.residual.adf.model", meanstructure = TRUE, kind = "cfa")
case("hs_browne_adf_model_groups", hs, hs_data, group = "school", group.equal = "loadings", test = "browne.residual.adf.model",
     kind = "cfa")
case("hs_browne_adf_model_fixed_x", mimic_model, hs_data, test = "browne.residual.adf.model")
case("hs_mlr_wishart", hs, hs_data, estimator = "MLR", likelihood = "wishart", kind = "cfa")
case("hs_mlm_wishart", hs, hs_data, estimator = "MLM", likelihood = "wishart", kind = "cfa")
case("bfi_mlr", big5, "bfi", estimator = "MLR", std.lv = TRUE, kind = "cfa")
case("bfi_mlm", big5, "bfi", estimator = "MLM", std.lv = TRUE, kind = "cfa")
case("heavy_mlr", "f =~ a1 + a2 + a3 + a4\ng =~ b1 + b2 + b3 + b4\ng ~ f + x\ny ~ g", "sim_heavy_tails", estimator = "MLR")
for (estimator in c("WLSM", "WLSMV", "WLSMVS", "ULSM", "ULSMV", "ULSMVS")) {
  short <- tolower(estimator)
  case(paste0("hs_", short), hs, hs_data, estimator = estimator, kind = "cfa")
  case(paste0("hs_groups_", short), hs, hs_data, estimator = estimator, group = "school", group.equal = "loadings", kind = "cfa")
}
case("pd_wlsmv", pd, pd_data, estimator = "WLSMV", meanstructure = TRUE)
case("growth_wlsmv", growth_model, "Demo.growth", estimator = "WLSMV", kind = "growth")
case("hs_wls_robust", hs, hs_data, estimator = "WLS", se = "robust.sem", kind = "cfa")
case("hs_dwls_browne", hs, hs_data, estimator = "DWLS", test = c("browne.residual.adf", "browne.residual.nt"), kind = "cfa")

# Robust inference with missing values
for (percent in c("10", "30")) {
  set <- paste0("sim_mcar_", percent)
  incomplete(paste0("fiml_mlr_two_", percent), two, set, estimator = "MLR")
  incomplete(paste0("fiml_mlr_full_", percent), full, set, estimator = "MLR", fixed.x = FALSE)
}
incomplete("fiml_mlr_fixed_x", full, "sim_mcar_20", estimator = "MLR")
incomplete("fiml_mlr_groups", two, "sim_mcar_20", estimator = "MLR", group = "group", group.equal = "loadings")
incomplete("fiml_mlr_hs", hs, hs_missing, estimator = "MLR")
incomplete("fiml_mlr_hs_constrained", "visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + c*x5 + d*x6\na + b == c\nratio := a / c",
           hs_missing, estimator = "MLR")
incomplete("fiml_mlr_expected", two, "sim_mcar_20", estimator = "MLR", information = "expected")
incomplete("fiml_mlr_pd", pd, "PoliticalDemocracy_missing", estimator = "MLR")
incomplete("fiml_huber_white", two, "sim_mcar_20", se = "robust.huber.white")
incomplete("fiml_first_order", two, "sim_mcar_20", estimator = "MLF")
# Robust indices of models that do not fit, and what the information and the tests rest on
one_of_two <- "f =~ a1 + a2 + a3 + a4 + b1 + b2 + b3 + b4"
one_of_hs <- "g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9"
short_of_full <- paste0(two, "\ny ~ g + x")
for (estimator in c("ML", "MLR")) {
  short <- tolower(estimator)
  robust <- function(name, ...) incomplete(paste0("fiml_misfit_", name, "_", short), ..., estimator = estimator)
  robust("one_10", one_of_two, "sim_mcar_10")
  robust("one_30", one_of_two, "sim_mcar_30")
  robust("mar", one_of_two, "sim_mar")
  robust("hs", one_of_hs, hs_missing)
  robust("hs_groups", hs, hs_missing, group = "school", group.equal = c("loadings", "intercepts"))
  robust("groups", one_of_two, "sim_mcar_20", group = "group", group.equal = "loadings")
  robust("fixed_x", short_of_full, "sim_mcar_20")
  robust("x", short_of_full, "sim_mcar_10", missing = "ml.x")
  robust("random_x", short_of_full, "sim_mcar_10", fixed.x = FALSE)
  robust("expected", one_of_two, "sim_mcar_20", information = "expected")
  robust("constrained", "g =~ x1 + a*x2 + b*x3 + x4 + c*x5 + d*x6\na + b == c", hs_missing)
  robust("growth", "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4 + 1*t5", "sim_dropout", kind = "growth")
  robust("unstructured", one_of_hs, hs_missing, h1.information = "unstructured")
}
incomplete("fiml_unstructured_expected", two, "sim_mcar_20", h1.information = "unstructured", information = "expected")
incomplete("fiml_unstructured_expected_groups", two, "sim_mcar_20", h1.information = "unstructured", information = "expected",
           group = "group", group.equal = "loadings")
incomplete("fiml_unstructured_first_order", two, "sim_mcar_20", estimator = "MLF", h1.information = "unstructured")
incomplete("fiml_unstructured_mlr_expected", one_of_two, "sim_mcar_30", estimator = "MLR", h1.information = "unstructured",
           information = "expected")
incomplete("fiml_yuan_bentler", one_of_two, "sim_mcar_20", test = "yuan.bentler")
incomplete("fiml_yuan_bentler_hs", hs, hs_missing, test = "yuan.bentler", se = "robust.huber.white")
incomplete("fiml_yuan_bentler_expected", two, "sim_mcar_30", test = "yuan.bentler", information = "expected")
incomplete("fiml_yuan_bentler_unstructured", two, "sim_mcar_20", test = "yuan.bentler", h1.information = "unstructured")
incomplete("fiml_yuan_bentler_groups", two, "sim_mcar_20", test = "yuan.bentler", group = "group", group.equal = "loadings")
incomplete("fiml_yuan_bentler_fixed_x", short_of_full, "sim_mcar_20", test = "yuan.bentler")
incomplete("fiml_yuan_bentler_both", two, "sim_mcar_20", test = c("yuan.bentler", "yuan.bentler.mplus"))
# Nothing to scale: no degrees of freedom
for (estimator in c("MLM", "MLMV", "MLMVS", "MLR")) {
  case(paste0("hs_saturated_", tolower(estimator)), "visual =~ x1 + x2 + x3", hs_data, estimator = estimator, kind = "cfa")
}
incomplete("fiml_saturated_mlr", "visual =~ x1 + x2 + x3", hs_missing, estimator = "MLR", kind = "cfa")
incomplete("fiml_saturated", "visual =~ x1 + x2 + x3", hs_missing, kind = "cfa")

# Cases whose standardized values get standard errors
with_standardized <- c("weights_hs", "weights_groups", "weights_fiml_hs", "hs", "hs_std_lv", "hs_means", "hs_residual_cov", "hs_second_order", "hs_mimic", "hs_mimic_random_x",
                       "hs_path", "hs_path_random_x", "hs_mediation", "hs_user_intercepts", "hs_nonrecursive", "pd", "pd_effects",
                       "pd_constrained", "growth", "growth_predictors", "hs_groups_intercepts", "hs_groups_labels", "hs_gls",
                       "hs_wls", "hs_dwls_mimic", "hs_mlm", "hs_mlr", "hs_constrained_mlr", "hs_fixed_x_mlr", "hs_wlsmv",
                       "hs_wishart", "hs_observed", "hs_bifactor", "hs_equal_loadings", "hs_linear_constraint", "hs_fixed", "hs_structural",
                       "hs_path_means", "hs_effect_coding", "hs_groups", "hs_groups_loadings", "hs_groups_strict", "hs_groups_regressions",
                       "hs_groups_std_lv", "hs_groups_partial", "hs_gls_means", "growth_gls", "hs_dwls", "hs_mlr_means", "hs_mlm_fixed_x_means",
                       "hs_first_order", "hs_huber_white", "hs_mlr_random_x", "hs_groups_mlr", "pd_mlm", "pd_mlr", "pd_wlsmv", "growth_mlr",
                       "heavy_mlr", "hs_ulsmv", "hs_mlmv", "fiml_two_10", "fiml_full_20", "fiml_fixed_x_20", "fiml_x_20", "fiml_path",
                       "fiml_groups_loadings", "fiml_hs", "fiml_hs_constrained", "fiml_mlr_two_30", "fiml_mlr_hs", "fiml_growth", "fiml_pd",
                       "constraint_square", "constraint_product", "constraint_indirect", "constraint_groups_product", "constraint_means",
                       "constraint_growth_power", "pairwise_two_10")
# Constraints. Labels: visual measured by x1, a*x2, b*x3; textual by x4, c*x5, d*x6; speed by x7, e*x8, g*x9.
hs_labels <- "visual =~ x1 + a*x2 + b*x3
textual =~ x4 + c*x5 + d*x6
speed =~ x7 + e*x8 + g*x9"
held <- function(name, constraints, model = hs_labels, data = hs_data, ...) {
  case(paste0("constraint_", name), paste0(model, "\n", constraints), data, ...)
}
# equalities
held("square", "a == b^2")
held("product", "a*b == 0.5")
held("ratio", "a/b == c/d")
held("functions", "log(c) == sqrt(d) - 1\nexp(a) == 1.6 + b/10")
held("defined", "p := a*b\np == 0.5")
held("defined_chain", "p := a + b\ns := p + 0.2\ns^2 == 1.5")
held("defined_linear", "s := a + b\ntwice := 2*s\ntwice == 2.4 + c")
held("linear_and_square", "b == c - 0.3\na == b^2")
held("redundant_linear", "a == b\nb == e\na == e\n2*a == b + e")
held("redundant_product", "a*b == 0.5\nb*a - 0.5 == 0")
held("covariances", "visual ~~ r1*textual + start(0.4)*textual\nvisual ~~ r2*speed + start(0.4)*speed\ntextual ~~ r3*speed + start(0.16)*speed\nr1*r2 == r3", std.lv = TRUE)
held("variances", "x1 ~~ v1*x1\nx2 ~~ v2*x2\nx3 ~~ v3*x3\nv1*v3 == v2^2")
held("means", "x1 ~ m1*1\nx2 ~ m2*1\nm1*m2 == 30", meanstructure = TRUE)
held("observed", "a*b == 0.5\nc < 1", information = "observed")
held("wishart", "a == b^2", likelihood = "wishart")
# inequalities
held("active", "a < 0.3")
held("inactive", "a > 0.3")
held("active_and_inactive", "a > 0.3\na + b < 0.9\nc < 3")
held("order", "e < a\na < b\nc < d")
held("nonlinear_active", "a*b < 0.3")
held("nonlinear_inactive", "a*b > 0.1\nc^2 + d^2 < 10")
held("mixed", "a*b == 0.5\nc < 1\nd > 0.5\ne == g - 0.1")
held("ball", "a^2 + b^2 < 0.8\nc^2 + d^2 < 2")
held("defined_inequality", "gap := c - d\ngap > 0.3")
# bounds
bounded <- "visual =~ x1 + lower(0.7)*x2 + x3\ntextual =~ x4 + upper(1)*x5 + x6\nspeed =~ x7 + x8 + x9"
case("bounds_active", bounded, hs_data)
case("bounds_inactive", "visual =~ x1 + x3 + lower(0)*x2 + upper(2)*x9\ntextual =~ x4 + x5 + x6
x1 ~~ lower(0)*x1\nx2 ~~ lower(0)*x2", hs_data)
case("bounds_heywood", "f =~ x1 + x2 + x9\nf ~~ h*g\ng =~ x4 + x5 + x6\nx9 ~~ lower(0.6)*x9\nx1 ~~ upper(0.5)*x1", hs_data)
case("bounds_group", "visual =~ x1 + lower(0.5, 0.8)*x2 + x3", hs_data, group = "school")
# groups
two <- "visual =~ x1 + c(a1, a2)*x2 + c(b1, b2)*x3\ntextual =~ x4 + c(c1, c2)*x5 + c(d1, d2)*x6"
held("groups_order", "a1 < a2\nb1 < b2", two, group = "school")
held("groups_product", "a1*a2 == 0.4\nc1 == c2", two, group = "school")
held("groups_defined", "gap := c1 - c2\ngap == 0\nb1*b2 > 1", two, group = "school")
held("groups_equal", "v1 == v2^2", "visual =~ x1 + x2 + x3\nvisual ~~ c(v1, v2)*visual", group = "school",
            group.equal = "loadings")
held("groups_means", "m == 0.3*w", "visual =~ x1 + x2 + x3\nvisual ~ c(m0, m)*1\nvisual ~~ c(v, w)*visual\nm0 == 0",
            group = "school", group.equal = c("loadings", "intercepts"))
# paths and other data
mediation <- "x9 ~ c*x1 + b*x5\nx5 ~ a*x1"
held("indirect", "ab := a*b\nab == 0.1", mediation)
held("indirect_bound", "ab := a*b\nab > 0.15\nc > 0", mediation)
pd_paths <- "ind60 =~ x1 + x2 + x3
dem60 =~ y1 + l2*y2 + l3*y3 + l4*y4
dem65 =~ y5 + k2*y6 + k3*y7 + k4*y8
dem60 ~ a*ind60
dem65 ~ c*ind60 + b*dem60
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8"
held("pd_indirect", "ab := a*b\nab == 1", pd_paths, pd_data)
held("pd_ratio", "l2/l3 == k2/k3\nl4 == k4", pd_paths, pd_data)
held("pd_inequalities", "a*b < c\nl2 < l4\nk2 > 0", pd_paths, pd_data)
held("pd_means", "l2*k2 == 1.5\nm == 0.5*k4", paste0(pd_paths, "\ny8 ~ m*1"), pd_data, meanstructure = TRUE)
basis <- "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\ns =~ 0*t1 + 1*t2 + u*t3 + w*t4"
held("growth_power", "w == u^1.5", basis, "Demo.growth", kind = "growth")
held("growth_means", "i ~ mi*1\ns ~ ms*1\nmi*ms == 0.5", growth_model, "Demo.growth", kind = "growth")
held("growth_residuals", "t1 ~~ r1*t1\nt2 ~~ r2*t2\nt3 ~~ r3*t3\nt4 ~~ r4*t4\nr1 < r2\nr2 < r3\nr3 < r4",
            growth_model, "Demo.growth", kind = "growth")
bfi_short <- "agree =~ A1 + l2*A2 + l3*A3\nneuro =~ N1 + k2*N2 + k3*N3\nneuro ~~ r*agree"
held("bfi_product", "l2*l3 == k2*k3", bfi_short, "bfi", std.lv = TRUE)
held("bfi_correlation", "r > -0.2\nr < 0.05\nk2 > k3", bfi_short, "bfi", std.lv = TRUE)

# Sampling weights: lavaan makes ML robust by itself.
weighted_data <- "HolzingerSwineford1939_weights"
weighted <- function(name, model = hs, ..., data = weighted_data) {
  case(paste0("weights_", name), model, data, sampling.weights = "w", ...)
}
weighted("hs")
weighted("hs_mlr", estimator = "MLR")
weighted("hs_means", meanstructure = TRUE)
weighted("hs_std_lv", std.lv = TRUE)
weighted("hs_expected", information = "expected")
weighted("hs_unstructured", h1.information = "unstructured", information = "expected")
weighted("hs_standard", se = "standard")
weighted("hs_first_order", estimator = "MLF")
weighted("hs_yuan_bentler", test = "yuan.bentler", meanstructure = TRUE)
weighted("hs_constrained", "visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + c*x5 + d*x6\na + b == c\nratio := a / c")
weighted("mimic", paste0(hs, "\nvisual ~ sex + ageyr\ntextual ~ ageyr"))
weighted("mimic_random_x", paste0(hs, "\nvisual ~ sex + ageyr\ntextual ~ ageyr"), fixed.x = FALSE)
weighted("path", "x9 ~ c*x1 + b*x5 + sex\nx5 ~ a*x1 + ageyr\nindirect := a*b")
weighted("groups", group = "school")
weighted("groups_own_sums", group = "school", sampling.weights.normalization = "group")
weighted("groups_loadings", group = "school", group.equal = "loadings")
weighted("groups_strict", group = "school", group.equal = c("loadings", "intercepts", "residuals"))
weighted("groups_standard", group = "school", se = "standard")
weighted_incomplete <- function(name, model = hs, ..., missing = "ml") {
  incomplete(paste0("weights_fiml_", name), model, paste0(weighted_data, "_missing"), sampling.weights = "w", ..., missing = missing)
}
weighted_incomplete("hs")
weighted_incomplete("hs_expected", information = "expected")
weighted_incomplete("hs_yuan_bentler", test = "yuan.bentler")
weighted_incomplete("hs_standard", se = "standard")
weighted_incomplete("mimic", paste0(hs, "\nvisual ~ sex + ageyr"))
weighted_incomplete("mimic_random_x", paste0(hs, "\nvisual ~ sex + ageyr"), fixed.x = FALSE)
weighted_incomplete("groups", group = "school")
weighted_incomplete("groups_own_sums", group = "school", sampling.weights.normalization = "group")
weighted_incomplete("groups_strict", group = "school", group.equal = c("loadings", "intercepts", "residuals"))
# Incomplete data of which the complete cases are analysed.
weighted("listwise", data = paste0(weighted_data, "_missing"))
