# Writes fixtures/reference/measures/gamma_hat.json: gamma-hat and its adjusted version by semTools for the fits of tools/oracle/fit_cases.R by maximum
# likelihood with complete cases and degrees of freedom.
#
#   Rscript tools/oracle/gamma_hat.R        (from the root of the repository)
suppressMessages({library(lavaan); library(semTools)})
library(jsonlite)

cases <- list()
case <- function(name, model, data, ..., kind = "sem") {
  cases[[name]] <<- list(name = name, model = model, data = data, kind = kind, options = list(...))
}
source("tools/oracle/models.R")
source("tools/oracle/fit_cases.R")

out <- list()
for (case in cases) {
  options <- case$options
  if (!is.null(options$missing) || !(is.null(options$estimator) || options$estimator %in% c("MLM", "MLR", "MLF"))) next
  # Bounds and nonlinear constraints are polished in other ways, and fixed exogenous variables do not count as variables in semTools.
  if (grepl("^(bounds|constraint)_", case$name)) next
  data <- read.csv(file.path("fixtures/data", paste0(case$data, ".csv")))
  fit <- tryCatch(polish(suppressWarnings(do.call(case$kind, c(list(model = case$model, data = data), options)))), error = function(problem) NULL)
  if (is.null(fit) || fitMeasures(fit, "df") == 0 || length(lavNames(fit, "ov.x")) > 0) next
  values <- unclass(moreFitIndices(fit, c("gammaHat", "adjGammaHat")))
  out[[length(out) + 1]] <- list(name = case$name, gamma_hat = unname(values["gammaHat"]), adj_gamma_hat = unname(values["adjGammaHat"]))
}
writeLines(toJSON(list(cases = out), auto_unbox = TRUE, digits = I(12)), "fixtures/reference/measures/gamma_hat.json")
cat(length(out), "cases\n")
