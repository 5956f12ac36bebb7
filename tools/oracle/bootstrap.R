# Writes fixtures/reference/bootstrap/bootstrap.json: bootstrap standard errors, percentile intervals and p-values of Bollen and Stine's
# test by lavaan, with the number of draws, from which the tests compute how far two programs may be apart.
#
#   Rscript tools/oracle/bootstrap.R        (from the root of the repository; some ten minutes on a quiet machine)
suppressMessages(library(lavaan))
library(jsonlite)
source("tools/oracle/models.R")

draws <- 500
cases <- list()
add <- function(name, what, model, data, kind = "sem", ...) {
  message(format(Sys.time(), "%X "), name)
  frame <- read.csv(file.path("fixtures/data", paste0(data, ".csv")))
  arguments <- list(model = model, data = frame, ..., bootstrap = draws, iseed = 20261122)
  out <- list(name = name, what = what, model = model, data = data, kind = kind, options = list(...))
  if (what == "test" && name == "path_fixed_x") {
    # lavaan 0.6-14 keeps the moments of the exogenous variables of the data in every draw, and their distance from those of the draw
    # counts as misfit; so the draws are made here.
    fit <- do.call(kind, list(model = model, data = frame, ...))
    root <- function(A, power) with(eigen(A), vectors %*% (values^power * t(vectors)))
    X <- as.matrix(frame[lavNames(fit)])
    fitting <- scale(X, scale = FALSE) %*% root(lavTech(fit, "sampstat")[[1]]$cov, -0.5) %*% root(lavTech(fit, "implied")[[1]]$cov, 0.5)
    colnames(fitting) <- lavNames(fit)
    set.seed(20261122)
    statistics <- replicate(draws, {
      drawn <- as.data.frame(fitting[sample(nrow(fitting), replace = TRUE), ])
      lavTech(do.call(kind, c(list(model = model, data = drawn, se = "none"), out$options)), "test")[[1]]$stat
    })
    test <- lavTech(fit, "test")[[1]]
    out <- c(out, list(draws = length(statistics), chisq = test$stat, df = test$df, pvalue = mean(statistics > test$stat),
                       mean = mean(statistics), sd = sd(statistics)))
  } else if (what == "test" && !is.null(list(...)$estimator)) {
    # lavaan offers the test for ML only; its draws know other estimators.
    fit <- suppressWarnings(do.call(kind, list(model = model, data = frame, ...)))
    statistics <- bootstrapLavaan(fit, R = draws, type = "bollen.stine", FUN = function(fit) lavTech(fit, "test")[[1]]$stat,
                                  iseed = 20261122)
    statistics <- statistics[!is.na(statistics)]
    test <- lavTech(fit, "test")[[1]]
    out <- c(out, list(draws = length(statistics), chisq = test$stat, df = test$df, pvalue = mean(statistics > test$stat),
                       mean = mean(statistics), sd = sd(statistics)))
  } else if (what == "test") {
    fit <- suppressWarnings(do.call(kind, c(arguments, list(test = "bollen.stine", se = "none"))))
    test <- lavTech(fit, "test")$bollen.stine
    out <- c(out, list(draws = test$boot.length, chisq = test$stat, df = test$df, pvalue = test$pvalue,
                       mean = mean(test$boot.T), sd = sd(test$boot.T)))
  } else {
    fit <- suppressWarnings(do.call(kind, c(arguments, list(se = "bootstrap", test = "none"))))
    estimates <- parameterEstimates(fit, boot.ci.type = "perc", remove.def = FALSE)
    estimates <- estimates[!is.na(estimates$z) & !estimates$op %in% c("==", "<", ">"), ]
    rows <- lapply(seq_len(nrow(estimates)), function(i) {
      row <- as.list(estimates[i, ])
      list(lhs = row$lhs, op = row$op, rhs = row$rhs, group = if (is.null(row$group)) 1 else row$group, est = row$est, se = row$se,
           lower = row$ci.lower, upper = row$ci.upper)
    })
    coefficients <- lavTech(fit, "boot")
    out <- c(out, list(draws = sum(stats::complete.cases(coefficients)), rows = rows))
  }
  cases[[length(cases) + 1]] <<- out
}

mediation <- "x9 ~ c*x1 + b*x5\nx5 ~ a*x1\nindirect := a*b"
path <- "x9 ~ x5 + sex\nx5 ~ x1 + ageyr"
add("growth", "test", growth_model, "Demo.growth", "growth")
add("growth_gls", "test", growth_model, "Demo.growth", "growth", estimator = "GLS")
add("growth_wls", "test", growth_model, "Demo.growth", "growth", estimator = "WLS")
add("path_fixed_x", "test", path, hs_data)
add("path_wishart", "test", path, hs_data, likelihood = "wishart", meanstructure = TRUE, fixed.x = FALSE)
add("groups", "test", "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6", hs_data, group = "school", group.equal = "loadings")
add("equal_loadings", "se", "visual =~ x1 + a*x2 + a*x3\ntextual =~ x4 + x5 + x6", hs_data)
add("mediation", "se", mediation, hs_data)
add("growth_predictors", "se", paste(growth_model, "i ~ x1 + x2", "s ~ x1 + x2", sep = "\n"), "Demo.growth", "growth")
add("groups_loadings", "se", "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6", hs_data, group = "school", group.equal = "loadings")
add("growth_dwls", "se", growth_model, "Demo.growth", "growth", estimator = "DWLS")
add("incomplete", "se", "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6", "HolzingerSwineford1939_missing", missing = "ml")
add("pd", "test", pd, pd_data)

writeLines(toJSON(list(cases = cases), auto_unbox = TRUE, digits = I(17), na = "null"), "fixtures/reference/bootstrap/bootstrap.json")
