# Writes fixtures/reference/weights: what lavaan gives with sampling weights where its own way is not latva's.
#
#   Rscript tools/oracle/weights.R        (from the root of the repository)
#
# gamma.json: least squares, and tests and standard errors of the kind robust.sem. lavaan takes its Gamma for these from the unweighted
# cases; here it is given that of the weighted moments, 1/N sum of w_i^2 z_i z_i' with z_i = (d_i, vech(d_i d_i' - S)), d_i = y_i - m.
# zero.json: weights of zero. lavaan counts such cases in N; here it sees the data without them.
# counted.json: the same data with these cases, as lavaan counts them.
# What agrees between the two programs without more ado is in fixtures/reference/fit (tools/oracle/fit_cases.R).
suppressMessages(library(lavaan))
library(jsonlite)
source("tools/oracle/models.R")
data_of <- function(name) read.csv(file.path("fixtures/data", paste0(name, ".csv")))
complete <- "HolzingerSwineford1939_weights"
incomplete <- "HolzingerSwineford1939_weights_missing"
mimic <- paste0(hs, "\nvisual ~ sex + ageyr")

# Gamma of the moments of each group's cases, means first where they are modelled. The groups come in the order of their first case.
weighted_gamma <- function(data, names, weights, group, means) {
  weights <- weights * nrow(data) / sum(weights)
  groups <- if (is.null(group)) rep(1, nrow(data)) else match(data[[group]], unique(data[[group]]))
  lapply(unname(split(seq_len(nrow(data)), groups)), function(own) {
    y <- as.matrix(data[own, names])
    w <- weights[own]
    moments <- cov.wt(y, wt = w, method = "ML")
    d <- sweep(y, 2, moments$center)
    z <- t(apply(d, 1, function(case) c(if (means) case, lav_matrix_vech(tcrossprod(case) - moments$cov))))
    crossprod(w * z) / sum(w)
  })
}

account <- function(name, model, data, kind, options, fit) {
  rows <- parameterEstimates(fit, remove.system.eq = FALSE, remove.eq = FALSE, remove.ineq = FALSE, remove.def = FALSE)
  rows <- rows[!rows$op %in% c("==", "<", ">"), ]
  if (is.null(rows$group)) rows$group <- 1
  measures <- Filter(Negate(is.na), as.list(fitMeasures(fit)))
  list(name = name, model = model, data = data, kind = kind, options = options,
       estimates = lapply(seq_len(nrow(rows)), function(i) as.list(rows[i, c("lhs", "op", "rhs", "group", "est", "se")])),
       measures = lapply(measures, as.numeric),
       tests = lapply(unname(lavTech(fit, "test")), function(test) {
         list(test = test$test, chisq = test$stat, df = test$df, scaling_factor = test$scaling.factor, shift = test$shift.parameter)
       }))
}
write_cases <- function(cases, file) {
  text <- toJSON(cases, auto_unbox = TRUE, digits = I(15), na = "null", null = "null", pretty = TRUE)
  writeLines(text, file.path("fixtures/reference/weights", file))
}

# ---- gamma.json ----
cases <- list()
robust <- function(name, ..., means = FALSE, group = NULL) {
  data <- data_of(complete)
  options <- c(list(...), if (!is.null(group)) list(group = group), list(meanstructure = means, sampling.weights = "w"))
  gamma <- weighted_gamma(data, paste0("x", 1:9), data$w, group, means)
  fit <- suppressWarnings(do.call("cfa", c(list(model = hs, data = data, NACOV = gamma), options)))
  if (fit@Options$estimator != "ULS") fit <- polish(fit)
  cases[[length(cases) + 1]] <<- account(name, hs, complete, "cfa", options, fit)
}
for (estimator in c("MLM", "MLMV", "MLMVS", "ULSM", "ULSMV", "WLSM", "WLSMV", "WLSMVS", "WLS")) {
  robust(tolower(estimator), estimator = estimator)
  robust(paste0(tolower(estimator), "_means"), estimator = estimator, means = TRUE)
}
# lavaan shares groups by N_g - 1 for least squares.
for (estimator in c("MLM", "MLMV", "MLMVS")) {
  robust(paste0(tolower(estimator), "_groups"), estimator = estimator, means = TRUE, group = "school")
}
robust("gls", estimator = "GLS", se = "standard")
robust("adf", estimator = "MLM", test = c("browne.residual.adf", "browne.residual.nt"))
write_cases(cases, "gamma.json")

# ---- zero.json, counted.json ----
cases <- counted <- list()
zero <- function(name, model, data, ...) {
  all <- data_of(data)
  options <- c(list(...), list(sampling.weights = "w_zero"))
  fit <- function(data) polish(suppressWarnings(do.call("sem", c(list(model = model, data = data), options))))
  cases[[length(cases) + 1]] <<- account(name, model, data, "sem", options, fit(all[all$w_zero > 0, ]))
  with_them <- tryCatch(fit(all), error = function(problem) { message(name, ": ", conditionMessage(problem)); NULL })
  if (!is.null(with_them)) counted[[length(counted) + 1]] <<- account(name, model, data, "sem", options, with_them)
}
zero("hs", hs, complete)
zero("hs_means", hs, complete, meanstructure = TRUE)
zero("groups", hs, complete, group = "school")
zero("mimic", mimic, complete)
zero("listwise", hs, incomplete)
em <- list(missing = "ml", em.h1.tol = 1e-12, em.h1.iter.max = 20000)
do.call(zero, c(list("fiml", hs, incomplete), em))
do.call(zero, c(list("fiml_mimic", mimic, incomplete), em))
write_cases(cases, "zero.json")
write_cases(counted, "counted.json")
