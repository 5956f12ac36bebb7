# Writes fixtures/reference/residuals/*.json: normalized and standardized residuals, the summary of lavResiduals(), and the log-likelihoods of
# cases of lavaan.
#
#   Rscript tools/oracle/residuals.R        (from the root of the repository)
suppressMessages(library(lavaan))
library(jsonlite)
source("tools/oracle/models.R")
source("tools/oracle/wide_cases.R")

cases <- list()
case <- function(name, model, data, ..., kind = "sem") {
  stopifnot(!name %in% names(cases))
  cases[[name]] <<- list(name = name, model = model, data = data, kind = kind, options = list(...))
}
incomplete <- function(name, model, data, ..., missing = "ml") {
  case(name, model, data, missing = missing, ..., em.h1.tol = 1e-12, em.h1.iter.max = 20000)
}
two <- "f =~ a1 + a2 + a3 + a4\ng =~ b1 + b2 + b3 + b4"
hs_missing <- "HolzingerSwineford1939_missing"
path <- "x9 ~ x1 + x5 + sex\nx5 ~ x1 + ageyr\nx7 ~ x9 + x5"

case("hs", hs, hs_data, kind = "cfa")
case("hs_means", hs, hs_data, meanstructure = TRUE, kind = "cfa")
case("hs_observed", hs, hs_data, information = "observed", kind = "cfa")
case("hs_observed_means", "visual =~ x1 + x2 + x3\nx9 ~ visual + x1\nvisual ~ 1\nx1 ~ 0*1", hs_data, information = "observed",
     meanstructure = TRUE)
case("hs_unstructured", hs, hs_data, h1.information = "unstructured", kind = "cfa")
case("hs_first_order", hs, hs_data, estimator = "MLF", kind = "cfa")
case("hs_mlr", hs, hs_data, estimator = "MLR", kind = "cfa")
case("hs_mlm", hs, hs_data, estimator = "MLM", kind = "cfa")
case("hs_groups", hs, hs_data, group = "school", group.equal = c("loadings", "intercepts"), kind = "cfa")
case("path_fixed_x", path, hs_data, meanstructure = TRUE)
case("path_random_x", path, hs_data, fixed.x = FALSE)
case("pd", pd, pd_data)
case("hs_wls", hs, hs_data, estimator = "WLS", kind = "cfa")
case("hs_wls_means", hs, hs_data, estimator = "WLS", meanstructure = TRUE, kind = "cfa")
case("pairwise", two, "sim_mcar_10", missing = "pairwise")
incomplete("fiml_hs", hs, hs_missing, kind = "cfa")
incomplete("fiml_mlr_hs", hs, hs_missing, estimator = "MLR", kind = "cfa")
incomplete("fiml_expected", two, "sim_mcar_30", information = "expected")
incomplete("fiml_unstructured", two, "sim_mcar_20", h1.information = "unstructured")
incomplete("fiml_groups", two, "sim_mcar_20", group = "group", group.equal = "loadings")
incomplete("fiml_mlr_groups", two, "sim_mcar_20", group = "group", group.equal = "loadings", estimator = "MLR")
incomplete("fiml_fixed_x", paste0(two, "\ny ~ g + x"), "sim_mcar_20")
incomplete("fiml_x", paste0(two, "\ny ~ g + x"), "sim_mcar_10", missing = "ml.x")
incomplete("fiml_random_x", paste0(two, "\ny ~ g + x"), "sim_mcar_10", fixed.x = FALSE)
incomplete("fiml_mar_mlr", two, "sim_mar", estimator = "MLR")
wide(case)

per_group <- function(value, groups) if (groups == 1) list(value) else unname(value)

run <- function(case) {
  data <- read.csv(file.path("fixtures/data", paste0(case$data, ".csv")))
  fit <- polish(suppressWarnings(do.call(case$kind, c(list(model = case$model, data = data), case$options))))
  groups <- lavInspect(fit, "ngroups")
  tables <- lapply(c(normalized = "normalized", standardized = "standardized"), function(kind) {
    per_group(residuals(fit, type = kind), groups)
  })
  options <- list(se = TRUE, zstat = TRUE, pvalue = TRUE, unbiased = TRUE, unbiased.se = TRUE, unbiased.ci = TRUE,
                  unbiased.ci.level = 0.9, unbiased.zstat = TRUE, unbiased.test.val = 0.05, unbiased.pvalue = TRUE)
  names <- c("value", "se", "exact_z", "exact_pvalue", "unbiased", "unbiased_se", "ci_lower", "ci_upper", "h0", "close_z",
             "close_pvalue")
  summaries <- lapply(c(rmr = "raw", srmr = "cor.bentler", crmr = "cor.bollen"), function(kind) {
    lavaan:::lav_residuals(fit, type = kind, summary = TRUE, summary.options = options)
  })
  likelihood <- if (fit@Options$estimator == "ML") per_group(lavInspect(fit, "loglik.casewise"), groups)
  blocks <- lapply(seq_len(groups), function(g) {
    out <- lapply(tables, function(table) {
      one <- table[[g]]
      part <- list(names = rownames(one$cov), cov = unclass(unname(one$cov)))
      if (!is.null(one$mean)) part$mean <- as.numeric(one$mean)
      part
    })
    out$summary <- lapply(summaries, function(summary) {
      frame <- summary[[g]]$summary
      stopifnot(nrow(frame) == length(names))
      lapply(as.list(frame), function(column) setNames(as.list(column), names))
    })
    if (!is.null(likelihood)) {
      values <- as.numeric(likelihood[[g]])
      out$likelihood <- list(total = sum(values), every_twelfth = head(values[seq(1, length(values), by = 12)], 40))
    }
    out
  })
  c(case, list(blocks = blocks))
}

only <- commandArgs(trailingOnly = TRUE)
for (case in cases) {
  if (length(only) > 0 && !case$name %in% only) next
  result <- tryCatch(run(case), error = function(problem) { message(case$name, ": ", conditionMessage(problem)); NULL })
  if (is.null(result)) next
  writeLines(toJSON(result, auto_unbox = TRUE, digits = I(10), na = "null"),
             file.path("fixtures/reference/residuals", paste0(case$name, ".json")))
}
