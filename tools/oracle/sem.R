# Writes fixtures/reference/measures/sem.json: estimates and fit measures by the sem package, whose chi-square is AMOS's, (N - 1) F.
# lavaan makes the list of parameters of a model and their start values, nothing else.
#
#   Rscript tools/oracle/sem.R        (from the root of the repository)
suppressMessages({library(sem); library(lavaan)})
library(jsonlite)
source("tools/oracle/models.R")

cases <- list()
case <- function(name, model, data, ...) {
  stopifnot(!name %in% names(cases))
  cases[[name]] <<- list(name = name, model = model, data = data, options = list(...))
}
case("hs", hs, hs_data)
case("hs_std_lv", hs, hs_data, std.lv = TRUE)
case("hs_orthogonal", hs, hs_data, orthogonal = TRUE)
case("hs_marker_x3", "visual =~ NA*x1 + x2 + 1*x3\ntextual =~ x4 + x5 + x6\nvisual ~~ textual", hs_data)
case("hs_two_factors", "visual =~ x1 + x2 + x3\nrest =~ x4 + x5 + x6 + x7 + x8 + x9", hs_data)
case("hs_mixed", "visual =~ x1 + x2 + x3 + x4\ntextual =~ x5 + x6\nspeed =~ x7 + x8 + x9", hs_data)
case("hs_second_order", paste0(hs, "\ng =~ visual + textual + speed"), hs_data)
case("hs_bifactor", "g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9\ns =~ x7 + x8 + x9\nt =~ x4 + x5 + x6", hs_data, orthogonal = TRUE)
case("hs_residual_cov", paste0(hs, "\nx7 ~~ x8\nx1 ~~ x9"), hs_data)
case("hs_cross_loading", "visual =~ x1 + x2 + x3 + x9\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9", hs_data)
case("hs_single_indicator", "visual =~ x1 + x2 + x3\nlone =~ x9\nvisual ~ lone", hs_data)
case("hs_structural", paste0(hs, "\nspeed ~ visual + textual"), hs_data)
case("hs_chain", paste0(hs, "\ntextual ~ visual\nspeed ~ textual"), hs_data)
case("hs_mimic", paste0(hs, "\nvisual ~ sex + ageyr\ntextual ~ ageyr\nspeed ~ grade"), hs_data)
case("hs_mimic_short", "visual =~ x1 + x2 + x3\nvisual ~ ageyr + grade", hs_data)
case("hs_outcome", "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nx9 ~ visual + textual", hs_data)
case("hs_indicator_predicts", "f =~ x1 + x2 + x3\nx9 ~ x1 + f", hs_data)
case("hs_path", "x9 ~ x1 + x5 + sex\nx5 ~ x1 + ageyr\nx7 ~ x9 + x5", hs_data)
case("hs_mediation", "x5 ~ x1\nx9 ~ x5", hs_data)
case("hs_serial", "x2 ~ x1\nx3 ~ x2\nx4 ~ x3\nx5 ~ x4", hs_data)
case("hs_parallel", "x4 ~ x1\nx5 ~ x1\nx6 ~ x4 + x5", hs_data)
case("hs_simplex", "x2 ~ x1\nx3 ~ x2 + x1\nx7 ~ x3\nx8 ~ x7\nx9 ~ x8", hs_data)
case("hs_latent_mediation", paste0(hs, "\ntextual ~ visual\nspeed ~ textual + visual\nx7 ~~ x8"), hs_data)
case("hs_visual_speed", "visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9", hs_data)
case("hs_textual_speed", "textual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9", hs_data)
case("hs_textual_speed_std", "textual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\nspeed ~ textual", hs_data, std.lv = TRUE)
case("hs_four", "visual =~ x1 + x2 + x3 + x9", hs_data)
case("hs_five", "g =~ x4 + x5 + x6 + x1 + x2", hs_data)
case("hs_null", "x1 ~~ x1\nx2 ~~ x2\nx3 ~~ x3", hs_data)
case("pd", pd, pd_data)
case("pd_equal", democracy(equal = TRUE), pd_data)
case("pd_residuals", democracy(residuals = FALSE), pd_data)
case("pd_equal_residuals", democracy(equal = TRUE, residuals = FALSE), pd_data)
case("pd_std_lv", pd, pd_data, std.lv = TRUE)
case("pd_60", "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3 + y4\ndem60 ~ ind60", pd_data)
case("pd_65", "ind60 =~ x1 + x2 + x3\ndem65 =~ y5 + y6 + y7 + y8\ny6 ~~ y8", pd_data)
case("pd_democracy", "dem60 =~ y1 + y2 + y3 + y4\ndem65 =~ y5 + y6 + y7 + y8\ny1 ~~ y5\ny2 ~~ y4 + y6\ny3 ~~ y7\ny4 ~~ y8\ny6 ~~ y8", pd_data)
case("pd_one", "dem =~ y1 + y2 + y3 + y4 + y5 + y6 + y7 + y8", pd_data)
case("growth_one", "f =~ t1 + t2 + t3 + t4", "Demo.growth")
case("growth_chain", "t2 ~ t1\nt3 ~ t2\nt4 ~ t3", "Demo.growth")
case("growth_chain_x", "t2 ~ t1 + x1\nt3 ~ t2 + x1\nt4 ~ t3 + x2", "Demo.growth")
case("growth_factor_x", "f =~ t1 + t2 + t3 + t4\nf ~ x1 + x2", "Demo.growth")
scales <- c(agree = "A", consc = "C", extra = "E", neuro = "N", open = "O")
scale_of <- function(name) sprintf("%s =~ %s", name, paste0(scales[name], 1:5, collapse = " + "))
for (name in names(scales)) case(paste0("bfi_", name), scale_of(name), "bfi")
for (names in list(c("agree", "consc"), c("extra", "neuro"), c("open", "agree"), c("consc", "neuro"))) {
  case(paste(c("bfi", names), collapse = "_"), paste(scale_of(names[1]), scale_of(names[2]), sep = "\n"), "bfi")
}
case("bfi_big5", paste(vapply(names(scales), scale_of, ""), collapse = "\n"), "bfi", std.lv = TRUE)
case("bfi_regression", "neuro =~ N1 + N2 + N3\nagree =~ A1 + A2 + A3\nneuro ~ agree + age + gender", "bfi")
two <- "f =~ a1 + a2 + a3 + a4\ng =~ b1 + b2 + b3 + b4"
case("heavy", two, "sim_heavy_tails")
case("heavy_one", "f =~ a1 + a2 + a3 + a4 + b1 + b2 + b3 + b4", "sim_heavy_tails")
case("heavy_paths", paste0(two, "\ng ~ f + x\ny ~ g"), "sim_heavy_tails")
case("heavy_equal", "f =~ a1 + l2*a2 + l3*a3 + a4\ng =~ b1 + l2*b2 + l3*b3 + b4", "sim_heavy_tails")
case("heavy_observed", "a2 ~ a1 + x\nb1 ~ a2 + x\ny ~ b1", "sim_heavy_tails")
case("mcar_05", two, "sim_mcar_05")
case("mcar_10", paste0(two, "\ng ~ f + x\ny ~ g + x"), "sim_mcar_10")
case("mar", paste0(two, "\ng ~ f"), "sim_mar")
case("dropout", "t2 ~ t1\nt3 ~ t2\nt4 ~ t3\nt5 ~ t4", "sim_dropout")
case("grant_white", "spatial =~ visperc + cubes + lozenges\nverbal =~ paragrap + sentence + wordmean", "GrantWhite")
case("grant_white_girls", "spatial =~ visperc + cubes + lozenges\nverbal =~ paragrap + sentence + wordmean", "GrantWhiteGirls")
case("grant_white_one", "g =~ visperc + cubes + lozenges + paragrap + sentence + wordmean", "GrantWhite")

# nlminb, and Newton steps from where it stops.
tight_optimizer <- function(start, objective, model.description, ...) {
  result <- optimizerNlminb(start, objective = objective, model.description = model.description, ..., rel.tol = 1e-13)
  functions <- objective(gradient = TRUE)
  gradient <- function(x) as.numeric(functions$gradient(x, model.description))
  x <- result$par
  for (step in 1:4) x[] <- x - solve(numDeriv::jacobian(gradient, x), gradient(x))
  stopifnot(max(abs(gradient(x))) < 1e-9)
  at <- functions$objective(x, model.description)
  result$par[] <- x
  result$criterion <- as.numeric(at)
  for (matrix in c("C", "A", "P")) result[[matrix]][] <- attr(at, matrix)
  result
}

run <- function(case) {
  data <- read.csv(file.path("fixtures/data", paste0(case$data, ".csv")))
  plain <- suppressWarnings(do.call("sem", c(list(model = case$model, data = data, fixed.x = FALSE, do.fit = FALSE), case$options)))
  table <- parTable(plain)
  observed <- lavNames(plain)
  data <- na.omit(data[observed])
  table <- table[table$op %in% c("=~", "~", "~~"), ]
  # A label names a parameter of sem as well.
  parameter <- ifelse(table$free == 0, NA, ifelse(table$label != "", table$label, paste0("p", seq_len(nrow(table)))))
  arrow <- ifelse(table$op == "=~", paste(table$lhs, "->", table$rhs),
                  ifelse(table$op == "~", paste(table$rhs, "->", table$lhs), paste(table$lhs, "<->", table$rhs)))
  S <- cov(data)
  lines <- sprintf("%s, %s, %.17g", arrow, parameter, ifelse(table$free == 0, table$ustart, table$start))
  ram <- specifyModel(text = paste(lines, collapse = "\n"), quiet = TRUE, exog.variances = FALSE, endog.variances = FALSE)
  fit <- sem::sem(ram, S, nrow(data), optimizer = tight_optimizer, maxiter = 5000)
  of <- summary(fit, fit.indices = c("GFI", "AGFI", "RMSEA", "NFI", "NNFI", "CFI", "RNI", "IFI", "SRMR", "AIC", "BIC", "CAIC"))
  free <- which(!is.na(parameter) & !duplicated(parameter))
  list(name = case$name, model = case$model, data = case$data, kind = "sem", options = case$options, n = nrow(data),
       lhs = table$lhs[free], op = table$op[free], rhs = table$rhs[free], estimates = unname(fit$coeff[parameter[free]]),
       measures = list(chisq = of$chisq, df = of$df, gfi = of$GFI, agfi = of$AGFI, rmsea = of$RMSEA[1], nfi = of$NFI, nnfi = of$NNFI,
                       cfi = of$CFI, rni = of$RNI, ifi = of$IFI, srmr = of$SRMR, aic = of$AIC, bic = of$BIC, caic = of$CAIC,
                       baseline = of$chisqNull))
}
only <- commandArgs(trailingOnly = TRUE)
out <- list()
for (case in cases) {
  if (length(only) > 0 && !case$name %in% only) next
  result <- tryCatch(run(case), error = function(problem) { message(case$name, ": ", conditionMessage(problem)); NULL })
  out <- c(out, list(result)[!is.null(result)])
}
writeLines(toJSON(list(cases = out), auto_unbox = TRUE, digits = I(12), na = "null"), "fixtures/reference/measures/sem.json")
cat(length(out), "cases\n")
