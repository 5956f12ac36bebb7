# Writes fixtures/reference/minima/minima.json: samples of the convergence study whose lowest minimum lies in a narrow valley, or beside a descent to infinity (10, 155), with the
# value that lavaan reaches.
#
#   Rscript tools/oracle/minima.R        (from the root of the repository)
suppressMessages(library(lavaan))
library(jsonlite)
source("tools/study/designs.R")

# Numbers of designs, and of their data sets.
chosen <- list("8" = 26, "9" = c(183, 1149), "10" = c(110, 155))
out <- list()
for (number in as.integer(names(chosen))) {
  design <- designs[[number]]
  draw <- drawing(number)
  sets <- chosen[[as.character(number)]]
  for (replicate in seq_len(max(sets))) {
    S <- draw()
    if (!replicate %in% sets) next
    fit <- suppressWarnings(sem(design$model, sample.cov = S, sample.nobs = design$n, sample.cov.rescale = FALSE, fixed.x = FALSE,
                                se = "none", baseline = FALSE, h1 = FALSE))
    stopifnot(lavInspect(fit, "converged"))
    out[[length(out) + 1]] <- list(name = paste0(design$name, ", data set ", replicate), model = design$model, n = design$n,
                                   names = colnames(S), cov = S, fmin = fit@optim$fx)
  }
}
writeLines(toJSON(out, auto_unbox = TRUE, digits = I(17)), "fixtures/reference/minima/minima.json")
