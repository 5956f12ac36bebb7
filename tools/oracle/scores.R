# Writes fixtures/reference/scores/*.json: factor scores, their standard errors, and predicted values of the indicators, of lavaan.
#
#   Rscript tools/oracle/scores.R        (from the root of the repository)
suppressMessages(library(lavaan))
library(jsonlite)
source("tools/oracle/models.R")
source("tools/oracle/wide_cases.R")

cases <- list()
case <- function(name, model, data, ..., kind = "sem") {
  cases[[name]] <<- list(name = name, model = model, data = data, kind = kind, options = list(...))
}
two <- "f =~ a1 + a2 + a3 + a4\ng =~ b1 + b2 + b3 + b4"
incomplete <- function(...) case(..., missing = "ml", em.h1.tol = 1e-12, em.h1.iter.max = 20000)
case("hs", hs, hs_data, kind = "cfa")
case("hs_means", hs, hs_data, meanstructure = TRUE, kind = "cfa")
case("hs_groups", hs, hs_data, group = "school", group.equal = c("loadings", "intercepts"), kind = "cfa")
case("pd", pd, pd_data, meanstructure = TRUE)
incomplete("fiml_hs", hs, "HolzingerSwineford1939_missing", kind = "cfa")
incomplete("fiml_two", two, "sim_mcar_20")
wide(case)
# Estimators that have no residuals in lavaan
case("hs_uls", hs, hs_data, estimator = "ULS", kind = "cfa")
case("hs_dwls", hs, hs_data, estimator = "DWLS", kind = "cfa")
case("hs_wlsmv_groups", hs, hs_data, estimator = "WLSMV", group = "school", group.equal = "loadings", kind = "cfa")
case("hs_ulsmv_means", hs, hs_data, estimator = "ULSMV", meanstructure = TRUE, kind = "cfa")
case("growth_dwls", growth_model, "Demo.growth", estimator = "DWLS", kind = "growth")
case("pd_wlsmv", pd, pd_data, estimator = "WLSMV", meanstructure = TRUE)
case("hs_first_order", hs, hs_data, estimator = "MLF", kind = "cfa")
case("pd_std_lv", pd, pd_data, std.lv = TRUE)
incomplete("fiml_two_05", two, "sim_mcar_05", group = "group")
incomplete("fiml_two_10", two, "sim_mcar_10")
incomplete("fiml_two_mlr", two, "sim_mcar_20", estimator = "MLR")

per_group <- function(value, groups) if (groups == 1) list(value) else unname(value)
run <- function(case) {
  data <- read.csv(file.path("fixtures/data", paste0(case$data, ".csv")))
  fit <- polish(suppressWarnings(do.call(case$kind, c(list(model = case$model, data = data), case$options))))
  groups <- lavInspect(fit, "ngroups")
  blocks <- lapply(seq_len(groups), function(g) list())
  # Where observed variables of the structural part depend on others, lavaan's predicted values are not the intercepts plus loadings times
  # its own scores; with missing values and such variables its Bartlett score of a complete case is another one than without missing values.
  others <- setdiff(lavNames(fit, "ov"), lavNames(fit, "ov.ind"))
  incomplete <- !is.null(case$options$missing)
  predicts <- length(intersect(others, lavNames(fit, "eqs.y"))) == 0 && !(incomplete && length(others) > 0)
  for (method in c("regression", if (!incomplete || length(others) == 0) "Bartlett")) {
    errors <- attr(lavPredict(fit, method = method, se = "standard"), "se")
    scores <- per_group(lavPredict(fit, method = method), groups)
    predicted <- per_group(lavPredict(fit, method = method, type = "ov"), groups)
    for (g in seq_len(groups)) {
      n <- nrow(predicted[[g]])
      rows <- head(seq(1, n, by = 12), 15)
      own <- errors[[g]]
      # Without missing values they are the same for all cases.
      own <- if (nrow(own) == n) own[rows, , drop = FALSE] else own[rep(1, length(rows)), , drop = FALSE]
      blocks[[g]][[tolower(method)]] <- list(factors = I(colnames(errors[[g]])), se = unname(unclass(own)),
                                             scores = unname(unclass(scores[[g]][rows, colnames(errors[[g]]), drop = FALSE])),
                                             indicators = I(if (predicts) colnames(predicted[[g]]) else character(0)),
                                             predicted = unname(unclass(predicted[[g]][rows, , drop = FALSE])))
    }
  }
  c(case, list(blocks = blocks))
}

only <- commandArgs(trailingOnly = TRUE)
for (case in cases) {
  if (length(only) > 0 && !case$name %in% only) next
  result <- tryCatch(run(case), error = function(problem) { message(case$name, ": ", conditionMessage(problem)); NULL })
  if (is.null(result)) next
  writeLines(toJSON(result, auto_unbox = TRUE, digits = I(10), na = "null"),
             file.path("fixtures/reference/scores", paste0(case$name, ".json")))
}
