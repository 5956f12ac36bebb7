# One workload with sem: Rscript bench/peers/sem.R FOLDER SECONDS
#
# A fit is sem() of a RAM model from its own start values by nlminb (its default optimiser diverges on HS), and
# summary() with all fit indices.
source("bench/peers/measure.R")
suppressMessages(library(sem))
version <- as.character(packageVersion("sem"))
options(warn = -1)

if (!is.null(spec$options$group)) decline("sem", version, "no intercepts held equal over groups")
if (spec$kind == "report") decline("sem", version, "no standard errors of standardized coefficients")
if (identical(spec$options$estimator, "WLS")) decline("sem", version, "no ADF")
if (identical(spec$options$estimator, "MLR")) decline("sem", version, "no test of Yuan and Bentler")

incomplete <- identical(spec$options$missing, "ml")
latent <- unique(table$lhs[table$op == "=~"])
rows <- table[table$op %in% c("=~", "~", "~~", if (incomplete) "~1"), ]
# Means of latent variables are zero without saying so.
rows <- rows[!(rows$op == "~1" & rows$free == 0), ]
observed <- setdiff(unique(c(rows$lhs, rows$rhs[rows$op != "~1"])), latent)
arrow <- with(rows, ifelse(op == "=~", paste(lhs, "->", rhs), ifelse(op == "~", paste(rhs, "->", lhs),
                    ifelse(op == "~1", paste("Intercept ->", lhs), paste(lhs, "<->", rhs)))))
lines <- paste0(arrow, ", ", ifelse(rows$free > 0, paste0("p", rows$free, ", NA"), paste0("NA, ", rows$start)))
ram <- specifyModel(text = lines, quiet = TRUE)
cases <- data[observed]

begin <- if (incomplete) {
  function() sem(ram, data = cases, na.action = na.pass, objective = objectiveFIML, fixed.x = "Intercept", optimizer = optimizerNlminb)
} else {
  # With divisor N, as lavaan has it; what it multiplies with stays N - 1.
  S <- cov(cases) * (nrow(cases) - 1) / nrow(cases)
  function() sem(ram, S, nrow(cases), optimizer = optimizerNlminb)
}
indices <- c("GFI", "AGFI", "RMSEA", "NFI", "NNFI", "CFI", "RNI", "IFI", "SRMR", "AIC", "AICc", "BIC", "CAIC")
moments <- function(fit) {
  C <- fit$C
  if (incomplete) {
    # Raw moments about zero, with the intercept as a variable.
    mean <- C["Intercept", observed] / C["Intercept", "Intercept"]
    return(list(list(cov = C[observed, observed] - mean %o% mean, mean = mean)))
  }
  list(list(cov = C[observed, observed]))
}
finish <- function(clocked, fit, ...) tell("sem", version, clocked$times, isTRUE(fit$convergence), moments(fit), ...)

if (spec$kind == "modification") {
  fit <- begin()
  finish(clock(function() modIndices(fit)), fit)
} else if (spec$kind == "refits") {
  fit <- begin()
  finish(clock(function() bootSem(fit, R = few_draws, Cov = cov, data = cases, show.progress = FALSE)), fit, count = few_draws)
} else {
  clocked <- clock(function() {
    fit <- begin()
    # With FIML and this optimiser there are no standard errors, which summary() does not survive.
    if (!incomplete) summary(fit, fit.indices = indices)
    fit
  })
  finish(clocked, clocked$result)
}
