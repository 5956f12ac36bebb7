# Simulates data sets, fits them with lavaan, and has latva fit the same ones: who converges, and to which minimum?
#
#   Rscript tools/study/convergence.R BINARY [SHARE [DESIGN...]]        (from the root of the repository)
#
# BINARY is the latva to be run; SHARE a fraction of the data sets, for a quick look; DESIGN the numbers of the designs, for a part of the
# study (each has a seed of its own). Prints the table of docs/methods/convergence.md, each line when its design is through, and writes
# every fit to convergence.csv in R's temporary folder. latva gets moments (divisor N), with as many digits as a number has. What lavaan
# found is kept in target/study/ and taken from there the next time: it needs up to a minute for some sets.
suppressMessages(library(lavaan))
library(jsonlite)
arguments <- commandArgs(trailingOnly = TRUE)
binary <- arguments[1]
share <- if (length(arguments) > 1) as.numeric(arguments[2]) else 1
chosen <- as.integer(arguments[-(1:2)])
folder <- tempfile("study")
dir.create(folder)
kept <- file.path("target", "study")
dir.create(kept, recursive = TRUE, showWarnings = FALSE)

source("tools/study/designs.R")

LIMIT <- 10

# lavaan, with its own strategies, at its own tolerance.
with_lavaan <- function(model, S, n) {
  setTimeLimit(cpu = LIMIT, transient = TRUE)
  on.exit(setTimeLimit())
  fit <- tryCatch(suppressWarnings(sem(model, sample.cov = S, sample.nobs = n, sample.cov.rescale = FALSE, fixed.x = FALSE,
                                       se = "none", baseline = FALSE, h1 = FALSE)), error = function(e) NULL)
  converged <- !is.null(fit) && lavInspect(fit, "converged")
  c(converged = converged, fmin = if (converged) fit@optim$fx else NA)
}

# Whether lavaan stays where it ended when it goes on from there at a tight tolerance; if a parameter moves by more than a tenth, it was on
# its way to somewhere else, mostly to infinity.
stays <- function(model, S, n) {
  with <- function(...) suppressWarnings(sem(model, sample.cov = S, sample.nobs = n, sample.cov.rescale = FALSE, fixed.x = FALSE,
                                             se = "none", baseline = FALSE, h1 = FALSE, ...))
  first <- with()
  again <- tryCatch(with(start = first, control = list(rel.tol = 1e-15)), error = function(e) NULL)
  !is.null(again) && max(abs(coef(again) - coef(first)) / (1 + abs(coef(first)))) < 0.1
}

# The same, or what was kept of it; `file` has a line for each replicate.
kept_lavaan <- function(file, replicate, model, S, n) {
  lines <- if (file.exists(file)) readLines(file) else character()
  if (replicate <= length(lines)) {
    fmin <- suppressWarnings(as.numeric(lines[replicate]))
    return(c(converged = !is.na(fmin), fmin = fmin))
  }
  theirs <- with_lavaan(model, S, n)
  cat(format(theirs[["fmin"]], digits = 17), "\n", file = file, append = TRUE, sep = "")
  theirs
}

with_latva <- function(model, S, n) {
  files <- file.path(folder, c("model.lav", "moments.toml", "fit.json"))
  writeLines(model, files[1])
  rows <- apply(S, 1, function(row) paste0("[", paste(format(row, digits = 17), collapse = ", "), "]"))
  writeLines(c(paste("n =", n), "divisor = \"N\"", paste0("names = [", paste0("\"", colnames(S), "\"", collapse = ", "), "]"),
               paste0("covariance = [", paste(rows, collapse = ", "), "]")), files[2])
  unlink(files[3])
  system2(binary, c("fit", files[1], "--moments", files[2], "--fixed-x=false", "--se", "none", "--out", files[3]), stdout = FALSE, stderr = file.path(folder, "messages"))
  if (!file.exists(files[3])) {
    # A solution at which the information is singular is refused.
    words <- readLines(file.path(folder, "messages"))
    if (!any(grepl("E0812", words, fixed = TRUE))) stop(paste(words, collapse = "\n"))
    return(c(converged = FALSE, fmin = NA))
  }
  fit <- fromJSON(files[3], simplifyVector = FALSE)
  c(converged = fit$convergence$converged, fmin = if (fit$convergence$converged) fit$fit$fmin else NA)
}

cat("| model | data sets | lavaan converged | latva converged | lavaan alone | latva alone | latva lower | lavaan lower | lavaan ahead at a minimum |\n|---|---|---|---|---|---|---|---|---|\n")
line <- function(name, set) {
  both <- set[set$lavaan & set$latva, ]
  cat("|", paste(c(name, nrow(set), sum(set$lavaan), sum(set$latva), sum(set$lavaan & !set$latva), sum(!set$lavaan & set$latva),
    sum(both$f_latva < both$f_lavaan - 1e-6), sum(both$f_latva > both$f_lavaan + 1e-6), sum(set$stays)), collapse = " | "), "|\n")
}
records <- list()
for (number in if (length(chosen)) chosen else seq_along(designs)) {
  design <- designs[[number]]
  draw <- drawing(number)
  first <- length(records) + 1
  for (replicate in seq_len(ceiling(design$count * share))) {
    S <- draw()
    theirs <- kept_lavaan(file.path(kept, paste0("lavaan_", number, ".txt")), replicate, design$model, S, design$n)
    ours <- with_latva(design$model, S, design$n)
    ahead <- theirs[["converged"]] && (!ours[["converged"]] || ours[["fmin"]] > theirs[["fmin"]] + 1e-6)
    records[[length(records) + 1]] <- data.frame(design = design$name, replicate = replicate,
      lavaan = theirs[["converged"]] == 1, latva = ours[["converged"]] == 1, f_lavaan = theirs[["fmin"]], f_latva = ours[["fmin"]],
      stays = ahead && stays(design$model, S, design$n))
    if (ahead) {
      base <- file.path(folder, paste(number, replicate, sep = "_"))
      file.copy(file.path(folder, "model.lav"), paste0(base, ".lav"))
      file.copy(file.path(folder, "moments.toml"), paste0(base, ".toml"))
      message("worse: ", base, " lavaan ", format(theirs[["fmin"]], digits = 10), " latva ", format(ours[["fmin"]], digits = 10))
    }
  }
  line(design$name, do.call(rbind, records[first:length(records)]))
}
all <- do.call(rbind, records)
write.csv(all, file.path(folder, "convergence.csv"), row.names = FALSE)
message("in ", folder)
line("all", all)
