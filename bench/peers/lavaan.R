# One workload with lavaan: Rscript bench/peers/lavaan.R FOLDER SECONDS
#
# A fit is sem() from model text and data frame, with its defaults, and fitMeasures(); a report takes standardizedSolution() besides.
source("bench/peers/measure.R")
suppressMessages(library(lavaan))
version <- as.character(packageVersion("lavaan"))
options(warn = -1)

call <- as.call(c(quote(sem), list(model = quote(model), data = quote(data)), spec$options))
moments <- function(fit) {
  fitted <- lavInspect(fit, "implied")
  if (is.null(spec$options$group)) list(fitted) else unname(fitted)
}
finish <- function(clocked, fit, ...) {
  tell("lavaan", version, clocked$times, lavInspect(fit, "converged"), moments(fit), ...)
}

if (spec$kind == "modification") {
  fit <- eval(call)
  finish(clock(function() modindices(fit)), fit)
} else if (spec$kind == "refits") {
  fit <- eval(call)
  finish(clock(function() bootstrapLavaan(fit, R = few_draws, parallel = "no")), fit, count = few_draws)
} else {
  fits <- c()
  clocked <- clock(function() {
    run <- stopwatch(function() eval(call, globalenv()))
    fits <<- c(fits, run$time)
    fitMeasures(run$result)
    if (spec$kind == "report") standardizedSolution(run$result)
    run$result
  })
  finish(clocked, clocked$result, parts = list(fit_alone = min(fits)))
}
