# Writes fixtures/reference/fit/*.json: estimates, standard errors, standardized values, R-square and fit measures of lavaan.
#
#   Rscript tools/oracle/fit.R        (from the root of the repository)
#
# One file per case of tools/oracle/fit_cases.R. lavaan's optimiser stops some 1e-5 before the minimum; from there scoring steps
# with lavaan's own gradient and information go on until nothing moves.
suppressMessages(library(lavaan))
library(jsonlite)

cases <- list()
case <- function(name, model, data, ..., kind = "sem") {
  stopifnot(!name %in% names(cases))
  cases[[name]] <<- list(name = name, model = model, data = data, kind = kind, options = list(...))
}
source("tools/oracle/models.R")
source("tools/oracle/fit_cases.R")

# lavaan's statistics for the robust indices of incomplete data take exogenous variables as fixed, though the model has them random.
corrected <- deparse(lavaan:::lav_fit_fiml_corrected)
kept <- gsub('optim.method = "none"', 'optim.method = "none", fixed.x = lavobject@Options$fixed.x', corrected, fixed = TRUE)
stopifnot(sum(corrected != kept) == 2)
kept <- eval(parse(text = kept))
environment(kept) <- asNamespace("lavaan")
assignInNamespace("lav_fit_fiml_corrected", kept, "lavaan")

run <- function(case) {
  data <- read.csv(file.path("fixtures/data", paste0(case$data, ".csv")))
  arguments <- c(list(model = case$model, data = data), case$options)
  fit <- suppressWarnings(do.call(case$kind, arguments))
  if (fit@Options$estimator != "ULS" || fit@Options$se != "standard") {
    fit <- polish(fit)
  } else {
    # Gamma of a normal sample with the model's covariance matrix.
    implied <- lavTech(fit, "implied")
    arguments$NACOV <- lapply(unname(implied), function(group) {
      D <- lav_matrix_duplication_ginv(ncol(group$cov))
      2 * D %*% kronecker(group$cov, group$cov) %*% t(D)
    })
    arguments$se <- "robust.sem"
    fit <- suppressWarnings(do.call(case$kind, arguments))
  }
  estimates <- parameterEstimates(fit, standardized = TRUE, remove.system.eq = FALSE, remove.eq = FALSE,
                                  remove.ineq = FALSE, remove.def = FALSE)
  # Standard errors of the standardized values, row by row as in the parameter table; lavaan takes some ten seconds for them.
  standardized <- lapply(c(lv = "std.lv", all = "std.all", nox = "std.nox"), function(type) {
    if (!case$name %in% with_standardized) return(rep(NA_real_, nrow(estimates)))
    solution <- standardizedSolution(fit, type = type, remove.eq = FALSE, remove.ineq = FALSE, remove.def = FALSE)
    solution$se
  })
  stopifnot(all(lengths(standardized) == nrow(estimates)))
  rows <- lapply(seq_len(nrow(estimates)), function(i) {
    row <- as.list(estimates[i, ])
    list(lhs = row$lhs, op = row$op, rhs = row$rhs, group = if (is.null(row$group)) 1 else row$group,
         est = row$est, se = row$se, std_lv = row$std.lv, std_all = row$std.all, std_nox = row$std.nox,
         std_lv_se = standardized$lv[i], std_all_se = standardized$all[i], std_nox_se = standardized$nox[i])
  })
  rows <- Filter(function(row) !row$op %in% c("==", "<", ">"), rows)
  measures <- as.list(fitMeasures(fit))
  measures <- measures[!vapply(measures, function(value) is.na(value), TRUE)]
  tests <- Filter(function(test) is.finite(test$stat), unname(lavTech(fit, "test")))
  tests <- lapply(tests, function(test) {
    list(test = test$test, chisq = test$stat, df = test$df, scaling_factor = test$scaling.factor, shift = test$shift.parameter)
  })
  squares <- lavInspect(fit, "rsquare")
  if (!is.list(squares)) squares <- list(squares)
  list(name = case$name, program = paste("lavaan", packageVersion("lavaan")), date = format(Sys.Date()),
       model = case$model, data = case$data, kind = case$kind, options = case$options,
       estimates = rows, measures = lapply(measures, as.numeric), tests = tests,
       r_square = unname(lapply(squares, function(values) as.list(values))))
}

only <- commandArgs(trailingOnly = TRUE)
for (case in cases) {
  message(format(Sys.time(), "%X "), case$name)
  if (length(only) > 0 && !case$name %in% only) next
  result <- tryCatch(run(case), error = function(problem) { message(case$name, ": ", conditionMessage(problem)); NULL })
  if (is.null(result)) next
  path <- file.path("fixtures/reference/fit", paste0(case$name, ".json"))
  write(toJSON(result, auto_unbox = TRUE, digits = I(15), null = "null", na = "null", pretty = TRUE), path)
}
