# Writes fixtures/reference/bootstrap/draws.json: lavaan's fits to samples that are drawn as latva draws them, one by one: estimates in
# samples of the cases, chi-squares in samples of the cases transformed to fit the model (Bollen & Stine 1992, eq. 19).
#
#   Rscript tools/oracle/draws.R        (from the root of the repository)
suppressMessages(library(lavaan))
library(jsonlite)
source("tools/oracle/models.R")

cases <- list()
case <- function(name, model, data, ..., kind = "sem") {
  cases[[name]] <<- list(name = name, model = model, data = data, kind = kind, options = list(...))
}
source("tools/oracle/fit_cases.R")

# SplitMix64 (Steele, Lea & Flood 2014) on vectors of numbers of 64 bits: lists of four vectors of 16 bits each, the lowest first.
limb <- 2^16
word <- function(hex) lapply(4:1, function(i) as.numeric(strtoi(substr(hex, 4 * i - 3, 4 * i), 16L)))
whole <- function(number) lapply(0:3, function(i) floor(number / limb^i) %% limb)
carried <- function(limbs) {
  for (i in seq_along(limbs)) {
    if (i < length(limbs)) limbs[[i + 1]] <- limbs[[i + 1]] + floor(limbs[[i]] / limb)
    limbs[[i]] <- limbs[[i]] %% limb
  }
  limbs
}
add <- function(a, b) carried(Map(`+`, a, b))
xor64 <- function(a, b) Map(function(x, y) as.numeric(bitwXor(as.integer(x), as.integer(y))), a, b)
times <- function(a, b) {
  carried(lapply(1:4, function(k) Reduce(`+`, lapply(seq_len(k), function(i) a[[i]] * b[[k + 1 - i]]))))
}
right <- function(a, bits) {
  limbs <- c(a[-seq_len(bits %/% 16)], rep(list(0), bits %/% 16 + 1))
  rest <- bits %% 16
  lapply(1:4, function(i) floor(limbs[[i]] / 2^rest) + (limbs[[i + 1]] * 2^(16 - rest)) %% limb)
}
# The numbers of the generator with this state whose places are given.
bits <- function(state, places) {
  z <- add(state, times(whole(places), word("9E3779B97F4A7C15")))
  z <- times(xor64(z, right(z, 30)), word("BF58476D1CE4E5B9"))
  z <- times(xor64(z, right(z, 27)), word("94D049BB133111EB"))
  xor64(z, right(z, 31))
}
stopifnot(identical(bits(whole(1234567), 1), word("599ED017FB08FC85")))
stream <- function(seed, index) xor64(bits(whole(seed), 1), times(whole(index), word("D1B54A32D192ED03")))
# floor(b n / 2^64) for each number b
below <- function(numbers, n) carried(c(lapply(numbers, function(b) b * n), list(0)))[[5]]

# For each group as many of its cases as it has, with replacement.
drawn <- function(counts, seed, index) {
  state <- stream(seed, index)
  lapply(seq_along(counts), function(g) {
    1 + below(bits(state, sum(counts[seq_len(g - 1)]) + seq_len(counts[g])), counts[g])
  })
}

seed <- 11
draws <- 3
root <- function(A, power) with(eigen(A, symmetric = TRUE), vectors %*% (values^power * t(vectors)))

run <- function(case, of_test) {
  data <- read.csv(file.path("fixtures/data", paste0(case$data, ".csv")))
  # A draw may have several minima: both programs search from the estimates.
  fitted <- function(data, ...) {
    fit <- suppressWarnings(do.call(case$kind, c(list(model = case$model, data = data), case$options, list(...))))
    if (!lavInspect(fit, "converged")) return(NULL)
    polish(fit)
  }
  fit <- fitted(data)
  group <- case$options$group
  rows <- lavInspect(fit, "case.idx")
  if (!is.list(rows)) rows <- list(rows)
  counts <- lengths(rows)
  observed <- lavNames(fit)
  # Each draw of the cases themselves has the streams 0, 2, 4 ..., of the transformed ones 1, 3, 5 ...
  sets <- function(purpose, groups) {
    lapply(seq_len(draws) - 1, function(index) {
      places <- drawn(counts, seed, 2 * index + purpose)
      do.call(rbind, Map(function(cases, places) cases[places, , drop = FALSE], groups, places))
    })
  }
  groups <- lapply(rows, function(rows) data[rows, , drop = FALSE])
  table <- parTable(fit)
  free <- which(table$free > 0 & !duplicated(table$free))
  estimates <- lapply(sets(0, groups), function(data) {
    fit <- fitted(data, start = fit)
    if (is.null(fit)) NULL else parTable(fit)$est[free]
  })
  if (any(vapply(estimates, is.null, TRUE))) stop("a draw does not converge")
  out <- list(name = case$name, model = case$model, data = case$data, kind = case$kind, options = case$options, seed = seed, draws = draws,
              lhs = table$lhs[free], op = table$op[free], rhs = table$rhs[free], group = pmax(1, table$group[free]),
              estimates = estimates)
  if (of_test) {
    S <- lavTech(fit, "sampstat")
    implied <- lavTech(fit, "implied")
    fitting <- lapply(seq_along(groups), function(g) {
      X <- as.matrix(groups[[g]][observed])
      X <- scale(X, scale = FALSE) %*% root(S[[g]]$cov, -0.5) %*% root(implied[[g]]$cov, 0.5)
      mean <- if (is.null(implied[[g]]$mean)) colMeans(groups[[g]][observed]) else as.numeric(implied[[g]]$mean)
      frame <- groups[[g]]
      frame[observed] <- sweep(X, 2, mean, `+`)
      frame
    })
    statistics <- lapply(sets(1, fitting), function(data) {
      fit <- fitted(data, start = fit)
      if (is.null(fit)) NULL else lavTech(fit, "test")[[1]]$stat
    })
    if (any(vapply(statistics, is.null, TRUE))) stop("a draw of the test does not converge")
    out$statistics <- I(unlist(statistics))
  }
  out
}

# Complete cases, with the test
complete <- c("hs", "hs_std_lv", "hs_orthogonal", "hs_means", "hs_wishart", "hs_marker_x3", "hs_one_factor", "hs_second_order",
              "hs_equal_loadings", "hs_linear_constraint", "hs_fixed", "hs_residual_cov", "hs_cross_loading", "hs_single_indicator",
              "hs_structural", "hs_mimic", "hs_mimic_random_x", "hs_path", "hs_path_random_x", "hs_path_means", "hs_effect_coding",
              "hs_indicator_predicts", "hs_null", "pd", "pd_constrained", "pd_means", "growth",
              "growth_predictors", "growth_equal_residuals", "growth_latent_basis", "bfi_regression",
              "hs_groups", "hs_groups_loadings", "hs_groups_intercepts", "hs_groups_strict", "hs_groups_means", "hs_groups_latent",
              "hs_groups_regressions", "hs_groups_partial", "hs_groups_std_lv", "hs_groups_no_means", "hs_groups_labels", "hs_sex",
              "hs_gls", "hs_gls_means", "growth_gls", "pd_gls", "hs_groups_gls", "hs_wls", "hs_wls_means", "growth_wls", "hs_groups_wls",
              "constraint_square", "constraint_product", "constraint_functions", "constraint_linear_and_square", "constraint_indirect",
              "constraint_groups_product", "constraint_growth_power", "heavy_mlr")
# Estimates alone: saturated models, missing values, and estimators whose chi-square lavaan does not give as N F
others <- c("hs_user_intercepts", "hs_mediation", "hs_regression", "hs_saturated", "hs_dwls", "growth_dwls", "hs_groups_dwls", "hs_uls", "fiml_two_10",
            "fiml_full_10", "fiml_fixed_x_20", "fiml_groups_loadings", "fiml_hs", "fiml_path", "fiml_growth")
only <- commandArgs(trailingOnly = TRUE)
out <- list()
for (name in c(complete, others)) {
  if (length(only) > 0 && !name %in% only) next
  message(format(Sys.time(), "%X "), name)
  result <- tryCatch(run(cases[[name]], name %in% complete), error = function(problem) { message(name, ": ", conditionMessage(problem)); NULL })
  out <- c(out, list(result)[!is.null(result)])
}
# With names given, these cases in the file are replaced.
path <- "fixtures/reference/bootstrap/draws.json"
texts <- vapply(out, toJSON, "", auto_unbox = TRUE, digits = I(12), na = "null")
if (length(only) > 0) {
  lines <- readLines(path)
  for (text in texts) {
    head <- sub('"model".*', "", text)
    lines[startsWith(lines, head)] <- paste0(text, ifelse(endsWith(lines[startsWith(lines, head)], ","), ",", ""))
  }
  writeLines(lines, path)
} else {
  writeLines(c("{\"cases\":[", paste0(texts, c(rep(",", length(texts) - 1), "")), "]}"), path)
}
