# Writes fixtures/reference/scores/*.json: standard errors of factor scores, and predicted values of the indicators, of lavaan.
#
#   Rscript tools/oracle/scores.R        (from the root of the repository)
suppressMessages(library(lavaan))
library(jsonlite)
source("tools/oracle/models.R")

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

per_group <- function(value, groups) if (groups == 1) list(value) else unname(value)
run <- function(case) {
  data <- read.csv(file.path("fixtures/data", paste0(case$data, ".csv")))
  fit <- polish(suppressWarnings(do.call(case$kind, c(list(model = case$model, data = data), case$options))))
  groups <- lavInspect(fit, "ngroups")
  blocks <- lapply(seq_len(groups), function(g) list())
  for (method in c("regression", "Bartlett")) {
    errors <- attr(lavPredict(fit, method = method, se = "standard"), "se")
    predicted <- per_group(lavPredict(fit, method = method, type = "ov"), groups)
    for (g in seq_len(groups)) {
      n <- nrow(predicted[[g]])
      rows <- seq(1, n, by = 12)
      own <- errors[[g]]
      # Without missing values they are the same for all cases.
      own <- if (nrow(own) == n) own[rows, , drop = FALSE] else own[rep(1, length(rows)), , drop = FALSE]
      blocks[[g]][[tolower(method)]] <- list(factors = I(colnames(errors[[g]])), se = unname(unclass(own)),
                                             indicators = I(colnames(predicted[[g]])),
                                             predicted = unname(unclass(predicted[[g]][rows, , drop = FALSE])))
    }
  }
  c(case, list(blocks = blocks))
}

for (case in cases) {
  result <- tryCatch(run(case), error = function(problem) { message(case$name, ": ", conditionMessage(problem)); NULL })
  if (is.null(result)) next
  writeLines(toJSON(result, auto_unbox = TRUE, digits = I(17), na = "null"),
             file.path("fixtures/reference/scores", paste0(case$name, ".json")))
}
