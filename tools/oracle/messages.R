# Writes fixtures/reference/messages/lavaan-0.6.md: what lavaan says to the models of fixtures/models/broken.
#
#   Rscript tools/oracle/messages.R        (from the root of the repository)
suppressMessages(library(lavaan))

set.seed(1)
data <- HolzingerSwineford1939
for (i in 1:4) data[[paste0("y", i)]] <- rnorm(nrow(data)) + data$x1 / 2

answer <- function(model) {
  warnings <- character()
  outcome <- tryCatch(
    withCallingHandlers(
      paste0("(no error; ", fitMeasures(sem(model, data = data), "npar"), " free parameters)"),
      warning = function(w) {
        warnings <<- c(warnings, paste("warning:", conditionMessage(w)))
        invokeRestart("muffleWarning")
      }
    ),
    error = function(e) paste("error:", conditionMessage(e))
  )
  trimws(gsub("[[:space:]]+", " ", c(warnings, outcome)))
}

out <- file("fixtures/reference/messages/lavaan-0.6.md", "w")
for (path in sort(list.files("fixtures/models/broken", pattern = "[.]lav$", full.names = TRUE))) {
  model <- paste(readLines(path, warn = FALSE), collapse = "\n")
  writeLines(c(paste("##", basename(path)), answer(model), ""), out)
}
close(out)
