# One workload with OpenMx: Rscript bench/peers/openmx.R FOLDER SECONDS
#
# A fit is mxRun() of a RAM model that starts where lavaan starts, and summary(), which has tests and fit indices: for covariances at
# once, for cases, which are given where means are modelled, by mxRefModels(). A report takes mxStandardizeRAMpaths() with standard errors besides.
source("bench/peers/measure.R")
suppressMessages(library(OpenMx))
version <- as.character(packageVersion("OpenMx"))
invisible(mxOption(NULL, "Number of Threads", 1))
options(warn = -1)

if (identical(spec$options$estimator, "MLR")) decline("OpenMx", version, "no test of Yuan and Bentler")
if (spec$kind == "modification") decline("OpenMx", version, "mxMI() ends in an error on this model")

latent <- unique(table$lhs[table$op == "=~"])
observed <- setdiff(unique(c(table$lhs[table$op %in% c("=~", "~", "~~")], table$rhs[table$op %in% c("=~", "~", "~~")])), latent)
adf <- identical(spec$options$estimator, "WLS")
raw <- any(table$op == "~1") || adf || spec$kind == "refits"

paths <- function(rows, prefix) {
  lapply(seq_len(nrow(rows)), function(at) {
    row <- rows[at, ]
    ends <- switch(row$op, "=~" = c(row$lhs, row$rhs, 1), "~" = c(row$rhs, row$lhs, 1), "~~" = c(row$lhs, row$rhs, 2), "~1" = c("one", row$lhs, 1))
    label <- if (nzchar(row$label)) row$label else paste0(prefix, row$free)
    mxPath(from = ends[1], to = ends[2], arrows = as.integer(ends[3]), free = row$free > 0, values = row$start,
           labels = if (row$free > 0) gsub(".", "_", label, fixed = TRUE) else NA)
  })
}
group_model <- function(name, rows, cases) {
  cases <- cases[observed]
  input <- if (raw) mxData(cases, type = "raw") else mxData(cov(cases), type = "cov", numObs = nrow(cases))
  # Means that the model leaves alone are free where cases are analysed.
  means <- if (raw && !any(rows$op == "~1") && !adf) {
    mxPath(from = "one", to = observed, arrows = 1, free = TRUE, values = colMeans(cases), labels = paste0("mean_", observed))
  }
  do.call(mxModel, c(list(name, type = "RAM", manifestVars = observed, latentVars = latent, input), paths(rows, "p"), if (!is.null(means)) list(means),
                     if (adf) list(mxFitFunctionWLS("WLS", allContinuousMethod = "cumulants"))))
}
rows <- table[table$op %in% c("=~", "~", "~~", "~1"), ]
# What is equal over groups starts at the same value.
labelled <- nzchar(rows$label)
rows$start[labelled] <- rows$start[labelled][match(rows$label[labelled], rows$label[labelled])]
if (is.null(spec$options$group)) {
  mx <- group_model("model", rows, data)
} else {
  members <- split(data, factor(data[[spec$options$group]], unique(data[[spec$options$group]])))
  names <- paste0("group", seq_along(members))
  mx <- do.call(mxModel, c(list("model"), Map(function(name, group, cases) group_model(name, rows[rows$group == group, ], cases), names, seq_along(members), members),
                           list(mxFitFunctionMultigroup(names))))
}

run <- function() {
  fit <- mxRun(mx, silent = TRUE, suppressWarnings = TRUE)
  summary(fit, refModels = if (raw && !adf) mxRefModels(fit, run = TRUE))
  if (spec$kind == "report") mxStandardizeRAMpaths(fit, SE = TRUE)
  fit
}
moments <- function(fit) {
  lapply(if (is.null(spec$options$group)) list(fit) else fit$submodels, function(part) {
    list(cov = mxGetExpected(part, "covariance")[observed, observed],
         mean = if (any(table$op == "~1")) as.vector(mxGetExpected(part, "means")[, observed]))
  })
}
finish <- function(clocked, fit, ...) tell("OpenMx", version, clocked$times, fit$output$status$code %in% 0:1, unname(moments(fit)), ...)

sink(tempfile())
if (spec$kind == "refits") {
  fit <- mxRun(mx, silent = TRUE)
  clocked <- clock(function() mxBootstrap(fit, replications = few_draws, verbose = 0L))
} else {
  clocked <- clock(run)
  fit <- clocked$result
}
sink()
finish(clocked, fit, count = if (spec$kind == "refits") few_draws else 1)
