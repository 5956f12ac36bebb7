# Writes fixtures/reference/tests: tests.json, every test statistic and every kind of standard error of lavaan, of complete cases, by maximum
# likelihood; two_stage.json, the same of two-stage estimation.
#
#   Rscript tools/oracle/tests.R [two.stage]        (from the root of the repository; two.stage: the second file alone)
suppressMessages(library(lavaan))
library(jsonlite)
source("tools/oracle/models.R")

# What is asked for together.
asked <- list(
  robust.sem = list(se = "robust.sem", test = c("satorra.bentler", "mean.var.adjusted", "scaled.shifted", "browne.residual.adf",
                                                "browne.residual.nt", "browne.residual.nt.model")),
  robust.huber.white = list(se = "robust.huber.white", test = c("yuan.bentler", "yuan.bentler.mplus")),
  meanstructure = list(meanstructure = TRUE, test = "browne.residual.adf.model"),
  first.order = list(se = "first.order"),
  information = list(information = "observed"))

setups <- list()
put <- function(name, model, data, ..., kind = "sem") {
  stopifnot(!name %in% vapply(setups, function(setup) setup$name, ""))
  setups[[length(setups) + 1]] <<- list(name = name, model = model, data = data, kind = kind, options = list(...))
}
school <- function(name, model, equal = NULL, group = "school") {
  if (is.null(equal)) put(name, model, hs_data, group = group, kind = "cfa")
  else put(name, model, hs_data, group = group, group.equal = equal, kind = "cfa")
}
factor_of <- function(name, items) paste(name, "=~", paste(items, collapse = " + "))
two <- "f =~ a1 + a2 + a3 + a4\ng =~ b1 + b2 + b3 + b4"

put("hs", hs, hs_data, kind = "cfa")
put("hs std.lv", hs, hs_data, std.lv = TRUE, kind = "cfa")
put("hs orthogonal", hs, hs_data, orthogonal = TRUE, kind = "cfa")
put("hs means", hs, hs_data, meanstructure = TRUE, kind = "cfa")
put("hs one factor", factor_of("g", paste0("x", 1:9)), hs_data, kind = "cfa")
put("hs two factors", "v =~ x1 + x2 + x3\nr =~ x4 + x5 + x6 + x7 + x8 + x9", hs_data, kind = "cfa")
put("hs second order", paste0(hs, "\ng =~ visual + textual + speed"), hs_data, kind = "cfa")
put("hs residual covariance", paste0(hs, "\nx7 ~~ x8"), hs_data, kind = "cfa")
put("hs cross-loading", paste0(hs, "\nvisual =~ x9"), hs_data, kind = "cfa")
put("hs equal loadings", "visual =~ x1 + a*x2 + a*x3\ntextual =~ x4 + b*x5 + b*x6\nspeed =~ x7 + x8 + x9", hs_data, kind = "cfa")
put("hs fixed loadings", "visual =~ x1 + 0.5*x2 + x3\ntextual =~ x4 + 1.1*x5 + x6\nspeed =~ x7 + x8 + x9", hs_data, kind = "cfa")
put("hs linear constraint", "visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + c*x5 + d*x6\na + b == c\nd == 2*b - 0.2", hs_data, kind = "cfa")
put("hs structural", paste0(hs, "\nspeed ~ visual + textual"), hs_data)
put("hs chain", paste0(hs, "\ntextual ~ visual\nspeed ~ textual"), hs_data)
put("hs with predictors", paste0(hs, "\nvisual ~ sex + ageyr\ntextual ~ ageyr"), hs_data, fixed.x = FALSE)
put("hs one with predictors", "textual =~ x4 + x5 + x6\ntextual ~ sex + ageyr", hs_data, fixed.x = FALSE)
put("hs visual and textual", "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6", hs_data, kind = "cfa")
put("hs visual and speed", "visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9", hs_data, kind = "cfa")
put("hs textual and speed", "textual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9", hs_data, kind = "cfa")
put("hs four items", "visual =~ x1 + x2 + x3 + x9", hs_data, kind = "cfa")
put("hs parallel items", "textual =~ 1*x4 + 1*x5 + 1*x6\nx4 ~~ e*x4\nx5 ~~ e*x5\nx6 ~~ e*x6", hs_data, kind = "cfa")
put("path", "x5 ~ x1\nx9 ~ x5", hs_data, fixed.x = FALSE)
put("path of three", "x5 ~ x1 + x2\nx7 ~ x5\nx9 ~ x7 + x5", hs_data, fixed.x = FALSE)
put("path equal", "x5 ~ a*x1 + a*x2\nx9 ~ x5 + x1", hs_data, fixed.x = FALSE)
put("path with residual covariance", "x5 ~ x1 + x2\nx9 ~ x1\nx5 ~~ x9", hs_data, fixed.x = FALSE)
school("schools", hs)
school("schools loadings", hs, "loadings")
school("schools intercepts", hs, c("loadings", "intercepts"))
school("schools residuals", hs, c("loadings", "intercepts", "residuals"))
school("schools latent", hs, c("loadings", "lv.variances", "lv.covariances"))
school("sexes loadings", "textual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9", "loadings", "sex")
put("democracy", pd, pd_data)
put("democracy means", pd, pd_data, meanstructure = TRUE)
put("democracy equal", democracy(equal = TRUE), pd_data)
put("democracy uncorrelated", democracy(residuals = FALSE), pd_data)
put("democracy of 1960", "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3 + y4\ndem60 ~ ind60", pd_data)
put("growth", growth_model, "Demo.growth", kind = "growth")
put("growth residuals", paste0(growth_model, "\n", paste0("t", 1:4, " ~~ e*t", 1:4, collapse = "\n")), "Demo.growth", kind = "growth")
put("growth predictors", paste(growth_model, "i ~ x1 + x2", "s ~ x1 + x2", sep = "\n"), "Demo.growth", fixed.x = FALSE, kind = "growth")
traits <- c(A = "agree", C = "consc", E = "extra", N = "neuro", O = "open")
for (letter in names(traits)) put(traits[[letter]], factor_of(traits[[letter]], paste0(letter, 1:5)), "bfi", kind = "cfa")
for (letter in names(traits)) {
  put(paste(traits[[letter]], "of four"), factor_of(traits[[letter]], paste0(letter, 2:5)), "bfi", std.lv = TRUE, kind = "cfa")
}
for (pair in combn(names(traits), 2, simplify = FALSE)) {
  put(paste(traits[pair], collapse = " and "), paste(factor_of(traits[[pair[1]]], paste0(pair[1], 1:4)),
                                                     factor_of(traits[[pair[2]]], paste0(pair[2], 1:4)), sep = "\n"), "bfi", kind = "cfa")
}
put("heavy tails", two, "sim_heavy_tails", kind = "cfa")
put("heavy tails, orthogonal", two, "sim_heavy_tails", orthogonal = TRUE, kind = "cfa")
put("heavy tails, one factor", factor_of("f", c(paste0("a", 1:4), paste0("b", 1:4))), "sim_heavy_tails", kind = "cfa")
put("heavy tails, four items", "f =~ a1 + a2 + a3 + a4", "sim_heavy_tails", kind = "cfa")
put("heavy tails, regression", paste0(two, "\ng ~ f"), "sim_heavy_tails", std.lv = TRUE)
put("heavy tails, predictors", paste0(two, "\ng ~ f + x\ny ~ g + x"), "sim_heavy_tails", fixed.x = FALSE)
put("alliances", "f =~ ioc1 + ioc2 + ioc3\ng =~ ap1 + ap2 + ap3 + ap4\nh =~ rad1 + rad2 + rad3\nh ~ f + g", "simulated_z23")
put("innovation", "f =~ rad1 + rad2 + rad3\ng =~ inc1 + inc2 + inc3\nh =~ sp1 + sp2 + sp3\nh ~ f + g", "simulated_z23")
put("learning", "f =~ at1 + at2 + at3\ng =~ il1 + il2 + il3 + il4", "simulated_z23", kind = "cfa")

# Fits of the setups with each set of further arguments, into a file.
reference <- function(setups, asked, file) {
  out <- list()
  for (setup in setups) {
    data <- read.csv(file.path("fixtures/data", paste0(setup$data, ".csv")))
    for (kind in names(asked)) {
      options <- c(setup$options[!names(setup$options) %in% names(asked[[kind]])], asked[[kind]])
      fit <- polish(suppressWarnings(do.call(setup$kind, c(list(model = setup$model, data = data), options))))
      rows <- parameterEstimates(fit, remove.system.eq = FALSE, remove.eq = FALSE, remove.ineq = FALSE, remove.def = FALSE)
      rows <- rows[!rows$op %in% c("==", "<", ">"), ]
      if (is.null(rows$group)) rows$group <- 1
      tests <- Filter(function(test) is.finite(test$stat), unname(lavTech(fit, "test")))
      out[[length(out) + 1]] <- list(
        name = paste0(setup$name, ", ", kind), model = setup$model, data = setup$data,
        kind = setup$kind, options = options,
        estimates = lapply(seq_len(nrow(rows)), function(i) as.list(rows[i, c("lhs", "op", "rhs", "group", "est", "se")])),
        tests = lapply(tests, function(test) {
          list(test = test$test, chisq = test$stat, df = test$df, scaling_factor = test$scaling.factor, shift = test$shift.parameter)
        }))
    }
    message(setup$name)
  }
  writeLines(toJSON(out, auto_unbox = TRUE, digits = I(15), na = "null", null = "null"), file.path("fixtures/reference/tests", file))
}
complete <- setups

setups <- list()
models <- list("two factors" = two, "one factor" = factor_of("f", c(paste0("a", 1:4), paste0("b", 1:4))), "four items" = "f =~ a1 + a2 + a3 + a4",
               regression = paste0(two, "\ng ~ f"), "equal loadings" = "f =~ a1 + p*a2 + p*a3 + a4\ng =~ b1 + q*b2 + b3 + q*b4",
               "cross-loading" = paste0(two, "\nf =~ b4"))
for (data in c("sim_mcar_05", "sim_mcar_10", "sim_mcar_20", "sim_mcar_30", "sim_mar")) {
  for (name in names(models)) put(paste(name, data), models[[name]], data, kind = "cfa")
}
put("hs", hs, "HolzingerSwineford1939_missing", kind = "cfa")
put("hs one factor", factor_of("g", paste0("x", 1:9)), "HolzingerSwineford1939_missing", kind = "cfa")
put("hs textual and speed", "textual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9", "HolzingerSwineford1939_missing", kind = "cfa")
incomplete <- setups

arguments <- commandArgs(trailingOnly = TRUE)
if (!"two.stage" %in% arguments) reference(complete, asked, "tests.json")
with_em <- function(missing) list(missing = missing, em.h1.tol = 1e-12, em.h1.iter.max = 20000)
reference(incomplete, list(two.stage = with_em("two.stage"), robust.two.stage = with_em("robust.two.stage")), "two_stage.json")
