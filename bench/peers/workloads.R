# Makes the workloads: a folder each with data.csv, model.lav, workload.json and table.csv.
#
#   Rscript bench/peers/workloads.R FOLDER [quick]        (from the root of the repository)
#
# workload.json says what is to be computed; table.csv is the parameter table of the model with start values, for programs without a
# model syntax of their own for it. Data are simulated from fixed seeds, but for those of fixtures/data.
suppressMessages(library(lavaan))
library(jsonlite)
arguments <- commandArgs(trailingOnly = TRUE)
root <- arguments[1]
quick <- length(arguments) > 1

# `kind` is what is computed: a fit with tests and fit measures, a report (the same with the standardized solution and its standard errors),
# modification indices of a fit, or refits. `options` are lavaan's arguments, `complete` are the data before values went missing; start values come from them. Among the further fields,
# `after` names a smaller workload: who does not end that one is not asked for this one.
workload <- function(name, title, model, data, kind = "fit", options = list(), complete = data, ...) {
  folder <- file.path(root, name)
  dir.create(folder, recursive = TRUE, showWarnings = FALSE)
  write.csv(data, file.path(folder, "data.csv"), row.names = FALSE, na = "NA")
  model <- paste(model, collapse = "\n")
  writeLines(model, file.path(folder, "model.lav"))
  spec <- list(name = name, title = title, kind = kind, cases = nrow(data), options = options, ...)
  spec <- spec[!sapply(spec, is.null)]
  write_json(spec, file.path(folder, "workload.json"), auto_unbox = TRUE, pretty = TRUE)
  means <- !is.null(options$group) || !is.null(options$missing) || identical(options$estimator, "MLR")
  groups <- options[c("group", "group.equal")]
  start <- do.call("sem", c(list(model, data = complete, do.fit = FALSE, se = "none", test = "none", baseline = FALSE, h1 = FALSE,
                               meanstructure = means), groups[!sapply(groups, is.null)]))
  table <- parTable(start)
  table$start <- ifelse(table$free > 0, table$start, table$ustart)
  write.csv(as.data.frame(table)[c("lhs", "op", "rhs", "group", "free", "label", "start")], file.path(folder, "table.csv"), row.names = FALSE)
  cat(name, "\n", sep = "", file = file.path(root, "order"), append = TRUE)
}

normal <- function(n, cov) matrix(rnorm(n * ncol(cov)), n) %*% chol(cov)
named <- function(x) setNames(as.data.frame(round(x, 6)), paste0("x", seq_len(ncol(x))))

# Factors with the given numbers of indicators.
factors <- function(sizes) {
  last <- cumsum(sizes)
  paste0("f", seq_along(sizes), " =~ ", mapply(function(from, to) paste0("x", from:to, collapse = " + "), last - sizes + 1, last))
}
# Loadings between .6 and .8, unit variances of the items, factors with covariance matrix phi of unit diagonal.
indicators <- function(n, sizes, phi) {
  loadings <- 0.6 + 0.2 * ((seq_len(sum(sizes)) * 7) %% 10) / 9
  scores <- normal(n, phi)[, rep(seq_along(sizes), sizes)]
  named(sweep(scores, 2, loadings, "*") + matrix(rnorm(length(scores)), n) %*% diag(sqrt(1 - loadings^2)))
}
equal <- function(m, r) diag(1 - r, m) + r
holes <- function(data, share) {
  data[matrix(runif(length(as.matrix(data))) < share, nrow(data))] <- NA
  data
}

unlink(root, recursive = TRUE)
dir.create(root, recursive = TRUE)
pupils <- read.csv("fixtures/data/HolzingerSwineford1939.csv")
tests <- paste0("x", 1:9)
three <- readLines("fixtures/models/hs_cfa.lav")

# A fit, and the same with the standardized solution.
fit_and_report <- function(name, title, ...) {
  workload(name, title, ...)
  workload(paste0(name, "_report"), paste0(title, ", with the standardized solution"), ..., kind = "report")
}

fit_and_report("hs", "HS, 9 items on 3 factors, N = 301", three, pupils[tests])
workload("democracy", "PoliticalDemocracy, 11 variables, N = 75", readLines("fixtures/models/political_democracy.lav"),
         read.csv("fixtures/data/PoliticalDemocracy.csv"))

set.seed(2701)
sizes <- c(4, 4, 4, 4, 3, 3, 3)
fit_and_report("items25", "25 items on 7 factors, N = 278", factors(sizes), indicators(278, sizes, equal(7, 0.3)))

set.seed(2702)
mediation <- c(factors(sizes), "g =~ f1 + f2 + f3", "f4 ~ a*g", "f5 ~ g", "f6 ~ b*f4 + f5 + c*g", "f7 ~ f6 + f4", "indirect := a*b", "total := a*b + c")
scores <- local({
  g <- rnorm(278)
  first <- sapply(c(0.8, 0.7, 0.75), function(l) l * g + sqrt(1 - l^2) * rnorm(278))
  f4 <- 0.5 * g + sqrt(0.75) * rnorm(278)
  f5 <- 0.4 * g + sqrt(0.84) * rnorm(278)
  f6 <- 0.4 * f4 + 0.2 * f5 + 0.2 * g + 0.8 * rnorm(278)
  f7 <- 0.4 * f6 + 0.2 * f4 + 0.8 * rnorm(278)
  cbind(first, f4, f5, f6, f7)
})
mediated <- named(0.7 * scores[, rep(1:7, sizes)] + 0.71 * matrix(rnorm(278 * 25), 278))
fit_and_report("mediation", "25 items, a second-order factor and mediation, N = 278", mediation, mediated)

for (p in if (quick) 100 else c(100, 200, 300)) {
  set.seed(2800 + p)
  tens <- rep(10, p / 10)
  workload(paste0("items", p), sprintf("%d items on %d factors, N = %d", p, p / 10, 10 * p), factors(tens), indicators(10 * p, tens, equal(p / 10, 0.3)),
           after = if (p > 100) paste0("items", p - 100))
}

set.seed(2703)
workload("fiml_hs", "FIML, HS with 15 % missing", three, holes(pupils[tests], 0.15), options = list(missing = "ml"), complete = pupils[tests])
if (!quick) {
  set.seed(2704)
  sixty <- indicators(1000, rep(10, 6), equal(6, 0.3))
  workload("fiml60", "FIML, 60 items on 6 factors, N = 1000, 5 % missing", factors(rep(10, 6)), holes(sixty, 0.05), options = list(missing = "ml"), complete = sixty)
}
workload("mlr", "MLR, HS", three, pupils[tests], options = list(estimator = "MLR"))
workload("groups", "two schools, equal loadings and intercepts, HS", three, pupils[c(tests, "school")],
         options = list(group = "school", group.equal = c("loadings", "intercepts")))
set.seed(2705)
workload("modification", "modification indices, 60 items on 6 factors", factors(rep(10, 6)), indicators(600, rep(10, 6), equal(6, 0.3)), kind = "modification")
for (draws in c(1000, 5000)) {
  workload(paste0("refits_hs_", draws), sprintf("%d refits, HS, 2 threads: time of one", draws), three, pupils[tests], kind = "refits", draws = draws, threads = 2)
  workload(paste0("refits_mediation_", draws), sprintf("%d refits, second-order mediation, 2 threads: time of one", draws), mediation, mediated,
           kind = "refits", draws = draws, threads = 2)
}
set.seed(2706)
workload("adf25", "ADF (WLS), 25 items on 7 factors, N = 1000", factors(sizes), indicators(1000, sizes, equal(7, 0.3)), options = list(estimator = "WLS"))
