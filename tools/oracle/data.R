# Writes fixtures/data/*.csv and fixtures/data/origin.toml from the data sets of R packages, and simulated sets with missing values.
#
#   Rscript tools/oracle/data.R          (from the root of the project)
#
# Numbers are written with the fewest digits that read back as the same double. Missing cells are written as NA.
# The simulated sets have explicit seeds and name their generator, so that the script always gives the same files.

suppressPackageStartupMessages({
  library(lavaan)
  library(psych)
})
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
out <- "fixtures/data"
dir.create(out, showWarnings = FALSE, recursive = TRUE)

origin <- c(
  "# Where each file of this folder comes from. Written by tools/oracle/data.R.",
  sprintf("generator = \"tools/oracle/data.R\""),
  sprintf("command = \"Rscript tools/oracle/data.R\""),
  sprintf("program = \"R %s.%s\"", R.version$major, R.version$minor),
  sprintf("date = %s", format(Sys.Date()))
)

shortest <- function(x) {
  text <- rep("NA", length(x))
  for (i in which(!is.na(x))) {
    for (digits in 1:17) {
      text[i] <- formatC(x[i], digits = digits, format = "g", width = 1)
      if (as.numeric(text[i]) == x[i]) break
    }
    if (abs(x[i]) < 1e15 && x[i] == round(x[i])) text[i] <- sprintf("%.0f", x[i])
  }
  text
}

write_set <- function(name, data, source, citation) {
  columns <- lapply(data, function(column) {
    if (is.numeric(column)) shortest(column)
    else ifelse(is.na(column), "NA", as.character(column))
  })
  lines <- do.call(paste, c(columns, sep = ","))
  writeLines(c(paste(names(data), collapse = ","), lines), file.path(out, name))
  back <- read.csv(file.path(out, name), check.names = FALSE)
  for (column in names(data)) {
    if (is.numeric(data[[column]])) {
      stopifnot(identical(as.numeric(back[[column]]), as.numeric(data[[column]])))
    }
  }
  origin <<- c(origin, "", "[[file]]",
    sprintf("name = \"%s\"", name),
    sprintf("source = \"%s\"", source),
    sprintf("citation = \"%s\"", citation),
    sprintf("rows = %d", nrow(data)),
    sprintf("columns = %d", ncol(data)))
}

lavaan_source <- function(set) sprintf("R package lavaan %s, data set %s", packageVersion("lavaan"), set)

# ---- Sets of R packages ----------------------------------------------------------------------------------------------

hs <- HolzingerSwineford1939
hs_citation <- paste("Holzinger, K. J. and Swineford, F. A. (1939). A study in factor analysis: The stability of a bi-factor solution.",
  "Supplementary Educational Monographs 48, University of Chicago.")
write_set("HolzingerSwineford1939.csv", hs, lavaan_source("HolzingerSwineford1939"), hs_citation)
write_set("PoliticalDemocracy.csv", PoliticalDemocracy, lavaan_source("PoliticalDemocracy"),
  "Bollen, K. A. (1989). Structural Equations with Latent Variables. Wiley.")
write_set("Demo.growth.csv", Demo.growth, lavaan_source("Demo.growth"), "Artificial data of the lavaan package.")
write_set("Demo.twolevel.csv", Demo.twolevel, lavaan_source("Demo.twolevel"), "Artificial data of the lavaan package.")
data(bfi, package = if (requireNamespace("psychTools", quietly = TRUE)) "psychTools" else "psych")
write_set("bfi.csv", bfi, sprintf("R package psych %s, data set bfi", packageVersion("psych")),
  "Revelle, W., Wilt, J. and Rosenthal, A. (2010). Individual differences in cognition. In Gruszka, Matthews and Szymura (eds.), Handbook of Individual Differences in Cognition. Springer.")

# The Grant-White pupils in the units of the original tests: the packaged columns are divided by these constants.
raw <- data.frame(sex = hs$sex, visperc = hs$x1 * 6, cubes = hs$x2 * 4, lozenges = hs$x3 * 8,
  paragrap = hs$x4 * 3, sentence = hs$x5 * 4, wordmean = hs$x6 * 7)
raw[-1] <- round(raw[-1])
stopifnot(max(abs(as.matrix(raw[-1]) - as.matrix(hs[paste0("x", 1:6)]) %*% diag(c(6, 4, 8, 3, 4, 7)))) < 1e-6)
raw <- raw[hs$school == "Grant-White", ]
white_source <- paste0(lavaan_source("HolzingerSwineford1939"), ", school Grant-White, x1..x6 times 6, 4, 8, 3, 4, 7")
write_set("GrantWhite.csv", raw, paste0(white_source, "; sex 1 = boys, 2 = girls"), hs_citation)
write_set("GrantWhiteGirls.csv", raw[raw$sex == 2, -1], paste0(white_source, ", sex 2 only"), hs_citation)

# ---- Simulated sets --------------------------------------------------------------------------------------------------

# Deletes cells at the given rate and keeps at least one cell of every row.
delete_cells <- function(data, rate) {
  gone <- matrix(runif(prod(dim(data))) < rate, nrow(data))
  full <- which(rowSums(!gone) == 0)
  gone[cbind(full, 1 + (full %% ncol(data)))] <- FALSE
  data[gone] <- NA
  data
}

# Two correlated factors with four indicators each, a predictor and an outcome; values with six decimals.
structural <- function(n) {
  f1 <- rnorm(n)
  x <- 0.4 * f1 + rnorm(n)
  f2 <- 0.5 * f1 + 0.3 * x + sqrt(0.6) * rnorm(n)
  loading <- c(1, 0.8, 1.2, 0.7)
  items <- cbind(outer(f1, loading), outer(f2, loading)) + matrix(rnorm(8 * n, sd = 0.8), n)
  y <- 1 + 0.6 * f2 - 0.2 * x + rnorm(n)
  items <- sweep(items, 2, c(3, 3.5, 2, 4, 5, 5.5, 4.5, 6), "+")
  data <- data.frame(items, x, y)
  names(data) <- c(paste0("a", 1:4), paste0("b", 1:4), "x", "y")
  round(data, 6)
}

for (percent in c(5, 10, 20, 30)) {
  set.seed(4100 + percent)
  data <- structural(400)
  data <- cbind(group = rep(c("control", "treated"), c(230, 170)), delete_cells(data, percent / 100))
  write_set(sprintf("sim_mcar_%02d.csv", percent), data,
    sprintf("simulated, seed %d: two factors, a predictor, an outcome; %d %% of the cells missing completely at random", 4100 + percent, percent),
    "none: simulated")
}

set.seed(4201)
data <- structural(500)
data[data$x > 0.5 & runif(500) < 0.7, c("b1", "b2")] <- NA
data[data$a1 < 2.5 & runif(500) < 0.6, "y"] <- NA
write_set("sim_mar.csv", data,
  "simulated, seed 4201: b1 and b2 missing depending on x, y missing depending on a1; x and a1 complete", "none: simulated")

set.seed(4202)
level <- rnorm(300, 5, 1)
slope <- 0.3 * (level - 5) + rnorm(300, 1, 0.6)
data <- as.data.frame(round(sapply(0:4, function(time) level + slope * time + rnorm(300, sd = 0.7)), 6))
names(data) <- paste0("t", 1:5)
for (time in 2:5) {
  left <- runif(300) < 0.09 | is.na(data[[time - 1]]) & time > 2
  data[left, time:5] <- NA
}
write_set("sim_dropout.csv", data, "simulated, seed 4202: linear growth over five waves with drop-out (monotone missing)", "none: simulated")

set.seed(4203)
data <- cbind(hs["school"], as.data.frame(delete_cells(hs[paste0("x", 1:9)], 0.12)))
write_set("HolzingerSwineford1939_missing.csv", data,
  paste0(lavaan_source("HolzingerSwineford1939"), ", 12 % of x1..x9 deleted at random with seed 4203"), hs_citation)

set.seed(4204)
write_set("sim_heavy_tails.csv", {
  base <- structural(350)
  scale <- sqrt(5 / rchisq(350, 5))
  centre <- colMeans(base)
  round(as.data.frame(sweep(sweep(base, 2, centre) * scale, 2, centre, "+")), 6)
}, "simulated, seed 4204: the same model with the heavy tails of a multivariate t with 5 degrees of freedom; complete", "none: simulated")

set.seed(4205)
write_set("PoliticalDemocracy_missing.csv", delete_cells(PoliticalDemocracy, 0.15),
  "R package lavaan, data set PoliticalDemocracy, 15 % of the cells deleted at random with seed 4205",
  "Bollen, K. A. (1989). Structural Equations with Latent Variables. Wiley.")

set.seed(4206)
write_set("Demo.growth_missing.csv", delete_cells(Demo.growth, 0.1),
  "R package lavaan, data set Demo.growth, 10 % of the cells deleted at random with seed 4206",
  "Artificial data of the lavaan package.")

# Two halves of a questionnaire that no case has both of.
set.seed(4207)
data <- structural(300)[1:8]
data[1:150, c("a4", "b4")] <- NA
data[151:300, c("a3", "b3")] <- NA
write_set("sim_planned.csv", data,
  "simulated, seed 4207: planned missingness; a3 and b3 are never there together with a4 and b4", "none: simulated")

source("tools/oracle/z23_simulate.R")
source("tools/oracle/weights_simulate.R")

writeLines(origin, file.path(out, "origin.toml"))
