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

three <- "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9"
population3 <- function(l, r) {
  paste0("f =~ ", l, "*x1 + ", l, "*x2 + ", l, "*x3\ng =~ ", l, "*x4 + ", l, "*x5 + ", l, "*x6\nh =~ ", l, "*x7 + ", l, "*x8 + ", l, "*x9\n",
         "f ~~ 1*f\ng ~~ 1*g\nh ~~ 1*h\nf ~~ ", r, "*g + ", r, "*h\ng ~~ ", r, "*h\n",
         paste0("x", 1:9, " ~~ ", 1 - l^2, "*x", 1:9, collapse = "\n"))
}
designs <- list(
  list(name = "three factors, loadings .7, N = 100", population = population3(0.7, 0.3), model = three, n = 100, count = 200),
  list(name = "three factors, negative markers, N = 150",
       population = gsub("0.6*x1", "-0.6*x1", gsub("0.6*x4", "-0.6*x4", population3(0.6, 0.4), fixed = TRUE), fixed = TRUE),
       model = three, n = 150, count = 150),
  list(name = "structural, correlated residuals, N = 75",
       population = "f =~ 0.7*x1 + 0.8*x2 + 0.6*x3\ng =~ 0.7*y1 + 0.6*y2 + 0.8*y3 + 0.7*y4\nh =~ 0.7*y5 + 0.6*y6 + 0.8*y7 + 0.7*y8
g ~ 0.4*f\nh ~ 0.2*f + 0.5*g\ny1 ~~ 0.15*y5\ny2 ~~ 0.15*y6\ny3 ~~ 0.1*y7\ny4 ~~ 0.15*y8
x1 ~~ 0.5*x1\nx2 ~~ 0.4*x2\nx3 ~~ 0.6*x3",
       model = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3 + y4\nh =~ y5 + y6 + y7 + y8\ng ~ f\nh ~ f + g\ny1 ~~ y5\ny2 ~~ y6\ny3 ~~ y7\ny4 ~~ y8",
       n = 75, count = 150),
  list(name = "latent growth with free basis, N = 100",
       population = "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\ns =~ 0*t1 + 1*t2 + 1.8*t3 + 2.4*t4\ni ~~ 1*i + 0.1*s\ns ~~ 0.3*s
t1 ~~ 0.6*t1\nt2 ~~ 0.6*t2\nt3 ~~ 0.6*t3\nt4 ~~ 0.6*t4",
       model = "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\ns =~ 0*t1 + 1*t2 + t3 + t4", n = 100, count = 150),
  list(name = "bifactor, N = 300",
       population = paste0("a =~ ", paste0("0.6*x", 1:9, collapse = " + "), "\nb =~ 0.5*x1 + 0.4*x2 + 0.4*x3\nc =~ 0.5*x4 + 0.4*x5 + 0.5*x6\nd =~ 0.4*x7 + 0.5*x8 + 0.5*x9
a ~~ 0*b + 0*c + 0*d\nb ~~ 0*c + 0*d\nc ~~ 0*d"),
       model = paste0("a =~ ", paste0("x", 1:9, collapse = " + "), "\nb =~ x1 + x2 + x3\nc =~ x4 + x5 + x6\nd =~ x7 + x8 + x9
a ~~ 0*b + 0*c + 0*d\nb ~~ 0*c + 0*d\nc ~~ 0*d"), n = 300, count = 100),
  list(name = "second order, N = 150",
       population = paste0("f =~ 0.7*x1 + 0.7*x2 + 0.7*x3\ng =~ 0.7*x4 + 0.7*x5 + 0.7*x6\nh =~ 0.7*x7 + 0.7*x8 + 0.7*x9\nk =~ 0.6*f + 0.7*g + 0.5*h"),
       model = paste0(three, "\nk =~ f + g + h"), n = 150, count = 100),
  list(name = "feedback, N = 150",
       population = "y1 ~ 0.3*y2 + 0.5*x1\ny2 ~ 0.2*y1 + 0.5*x2\ny1 ~~ 0.2*y2\nx1 ~~ 0.3*x2",
       model = "y1 ~ y2 + x1\ny2 ~ y1 + x2\ny1 ~~ y2", n = 150, count = 150),
  list(name = "two factors, loadings .4, N = 50", population = paste0("f =~ ", paste0("0.4*x", 1:4, collapse = " + "), "\ng =~ ",
         paste0("0.4*x", 5:8, collapse = " + "), "\nf ~~ 0.3*g\n", paste0("x", 1:8, " ~~ 0.84*x", 1:8, collapse = "\n")),
       model = "f =~ x1 + x2 + x3 + x4\ng =~ x5 + x6 + x7 + x8", n = 50, count = 200),
  list(name = "one factor, loadings .35, N = 50", population = "f =~ 0.35*x1 + 0.35*x2 + 0.35*x3 + 0.35*x4
x1 ~~ 0.88*x1\nx2 ~~ 0.88*x2\nx3 ~~ 0.88*x3\nx4 ~~ 0.88*x4", model = "f =~ x1 + x2 + x3 + x4", n = 50, count = 1350),
  list(name = "one factor, loadings .3, N = 50", population = paste0("f =~ ", paste0("0.3*x", 1:6, collapse = " + "), "\n",
         paste0("x", 1:6, " ~~ 0.91*x", 1:6, collapse = "\n")), model = "f =~ x1 + x2 + x3 + x4 + x5 + x6", n = 50, count = 450)
)

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
  set.seed(20260800 + number)
  first <- length(records) + 1
  drawn <- suppressWarnings(simulateData(design$population, sample.nobs = design$n, model.type = "sem", return.fit = TRUE))
  population <- fitted(attr(drawn, "fit"))$cov
  for (replicate in seq_len(ceiling(design$count * share))) {
    data <- matrix(rnorm(design$n * ncol(population)), design$n) %*% chol(population)
    S <- cov(data) * (design$n - 1) / design$n
    dimnames(S) <- dimnames(population)
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
