# Writes fixtures/reference/output/compare/compare.json: chi-square differences of lavaan, nesting of semTools::net(), and the AMOS
# differences of indices from lavaan's fit measures; and scaled.json: differences of robust tests by every method of lavTestLRT().
#
#   Rscript tools/oracle/compare.R        (from the root of the repository)
suppressMessages({library(lavaan); library(semTools)})
library(jsonlite)
source("tools/oracle/models.R")

one <- "g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9"
two <- "visual =~ x1 + x2 + x3\nrest =~ x4 + x5 + x6 + x7 + x8 + x9"
mixed <- "visual =~ x1 + x2 + x3 + x4\ntextual =~ x5 + x6\nspeed =~ x7 + x8 + x9"
short <- "x5 ~ x1\nx9 ~ x5"
long <- "x5 ~ x1\nx9 ~ x5 + x1"
turned <- "x5 ~ x9\nx1 ~ x5"
school <- list(group = "school")
equal <- function(...) c(school, list(group.equal = c(...)))

pairs <- list(
  list("one in three factors", hs_data, one, list(), hs, list()),
  list("two in three factors", hs_data, two, list(), hs, list()),
  list("another assignment", hs_data, mixed, list(), paste0(hs, "\nx7 ~~ x8"), list()),
  list("orthogonal", hs_data, hs, list(orthogonal = TRUE), hs, list()),
  list("wishart", hs_data, one, list(likelihood = "wishart"), hs, list(likelihood = "wishart")),
  list("loadings", hs_data, hs, equal("loadings"), hs, school),
  list("intercepts", hs_data, hs, equal("loadings", "intercepts"), hs, equal("loadings")),
  list("democracy", pd_data, democracy(equal = TRUE), list(), pd, list()),
  list("democracy without residual covariances", pd_data, democracy(residuals = FALSE), list(), pd, list()),
  list("mediation", hs_data, short, list(fixed.x = FALSE), long, list(fixed.x = FALSE)),
  list("mediation against its reverse", hs_data, turned, list(fixed.x = FALSE), long, list(fixed.x = FALSE)))

# lavaan's own is 1 where the formula gives a negative value.
rfi <- function(m) if (m["df"] == 0) 1 else 1 - (m["chisq"] / m["df"]) / (m["baseline.chisq"] / m["baseline.df"])

out <- lapply(pairs, function(pair) {
  data <- read.csv(file.path("fixtures/data", paste0(pair[[2]], ".csv")))
  plain <- function(model, options) suppressWarnings(do.call("sem", c(list(model = model, data = data), options)))
  fit <- function(model, options) polish(plain(model, options))
  restricted <- fit(pair[[3]], pair[[4]])
  general <- fit(pair[[5]], pair[[6]])
  test <- lavTestLRT(general, restricted)
  mr <- fitMeasures(restricted)
  mg <- fitMeasures(general)
  aic <- c(mr["aic"], mg["aic"])
  nested <- tryCatch(net(plain(pair[[3]], pair[[4]]), plain(pair[[5]], pair[[6]]))@test[2, 1], error = function(problem) NA)
  list(name = pair[[1]], data = pair[[2]], restricted = list(model = pair[[3]], options = pair[[4]]),
       general = list(model = pair[[5]], options = pair[[6]]), nested = nested,
       chisq = test[2, "Chisq diff"], df = test[2, "Df diff"], pvalue = test[2, "Pr(>Chisq)"],
       nfi = unname(mg["nfi"] - mr["nfi"]), rfi = unname(rfi(mg) - rfi(mr)), tli = unname(mg["tli"] - mr["tli"]),
       ifi = unname((mr["chisq"] - mg["chisq"]) / (mg["baseline.chisq"] - mg["df"])),
       aic_weight = unname(exp(-aic[1] / 2 + min(aic) / 2) / sum(exp(-(aic - min(aic)) / 2))))
})
writeLines(toJSON(list(pairs = out), auto_unbox = TRUE, digits = I(17), na = "null"), "fixtures/reference/output/compare/compare.json")

# Robust tests. lavaan finds the general model at the estimates of the restricted one by the names of their parameters; where they have
# not the same ones, its test of 2010 is that of another model, and is left out here.
correlated <- paste0(hs, "\nx7 ~~ x8")
robust <- list(
  list("orthogonal", hs_data, hs, list(orthogonal = TRUE), hs, list(), TRUE),
  list("residual covariance", hs_data, hs, list(), correlated, list(), TRUE),
  list("two in three factors", hs_data, two, list(), hs, list(), FALSE),
  list("loadings", hs_data, hs, equal("loadings"), hs, school, TRUE),
  list("intercepts", hs_data, hs, equal("loadings", "intercepts"), hs, equal("loadings"), TRUE),
  list("democracy", pd_data, democracy(equal = TRUE), list(), pd, list(), TRUE),
  list("saturated", hs_data, "x5 ~ x1\nx9 ~ x5", list(fixed.x = FALSE), "x5 ~ x1\nx9 ~ x5 + x1", list(fixed.x = FALSE), TRUE))
scaled <- list()
for (pair in robust) for (estimator in c("MLM", "MLR", "MLMV", "MLMVS", "WLSM", "WLSMV")) {
  if (pair[[1]] %in% c("loadings", "intercepts", "democracy") && estimator %in% c("MLMVS", "WLSM", "WLSMV")) next
  data <- read.csv(file.path("fixtures/data", paste0(pair[[2]], ".csv")))
  fit <- function(model, options) polish(suppressWarnings(do.call("sem", c(list(model = model, data = data, estimator = estimator), options))))
  restricted <- fit(pair[[3]], pair[[4]])
  general <- fit(pair[[5]], pair[[6]])
  by_mean <- estimator %in% c("MLM", "MLR", "WLSM")
  methods <- c(if (by_mean) "satorra.bentler.2001", if (by_mean && pair[[7]]) "satorra.bentler.2010", "satorra.2000")
  tests <- lapply(methods, function(method) {
    test <- suppressWarnings(lavTestLRT(general, restricted, method = method))
    list(method = method, chisq = test[2, "Chisq diff"], df = test[2, "Df diff"], pvalue = test[2, "Pr(>Chisq)"])
  })
  # lavaan has no test of 2010 against a saturated model.
  tests <- Filter(function(test) !is.na(test$chisq), tests)
  scaled[[length(scaled) + 1]] <- list(name = pair[[1]], data = pair[[2]], estimator = estimator,
    restricted = list(model = pair[[3]], options = c(list(estimator = estimator), pair[[4]])),
    general = list(model = pair[[5]], options = c(list(estimator = estimator), pair[[6]])), tests = tests)
}
writeLines(toJSON(list(pairs = scaled), auto_unbox = TRUE, digits = I(17), na = "null"), "fixtures/reference/output/compare/scaled.json")
