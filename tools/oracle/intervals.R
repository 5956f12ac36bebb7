# Writes fixtures/reference/bootstrap/intervals.json: intervals of every kind that lavaan and the boot package make of given draws.
#
#   Rscript tools/oracle/intervals.R        (from the root of the repository)
suppressMessages({library(lavaan); library(boot)})
library(jsonlite)
source("tools/oracle/models.R")

# Two factors, with a product of loadings whose draws are skew.
model <- "visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + c*x5 + x6\nproduct := a*b"
frame <- read.csv(file.path("fixtures/data", paste0(hs_data, ".csv")))
fit <- suppressWarnings(cfa(model, frame, se = "bootstrap", test = "none", bootstrap = 199, iseed = 20261123))
draws <- lavTech(fit, "boot")
draws <- draws[complete.cases(draws), ]
table <- parTable(fit)
intervals <- list()
for (level in c(0.5, 0.8, 0.9, 0.95, 0.99)) {
  corrected <- parameterEstimates(fit, boot.ci.type = "bca.simple", level = level)
  put <- function(name, value, t, lower, upper) {
    of <- function(type) {
      ends <- boot.ci(list(t0 = value, t = cbind(t), R = length(t), sim = "ordinary", call = quote(boot())), conf = level, type = type,
                      t0 = value, t = t)
      as.numeric(tail(ends[[c(norm = "normal", basic = "basic", perc = "percent")[type]]][1, ], 2))
    }
    intervals[[length(intervals) + 1]] <<- c(list(name = name, value = value, level = level), if (level == 0.5) list(draws = t),
                                                list(norm = of("norm"), basic = of("basic"), perc = of("perc"), bca.simple = c(lower, upper)))
  }
  for (i in which(table$free > 0)) {
    put(paste(table$lhs[i], table$op[i], table$rhs[i]), table$est[i], draws[, table$free[i]], corrected$ci.lower[i], corrected$ci.upper[i])
  }
  i <- which(table$op == ":=")
  t <- draws[, table$free[table$label == "a"]] * draws[, table$free[table$label == "b"]]
  put("product", table$est[i], t, corrected$ci.lower[i], corrected$ci.upper[i])
}

writeLines(toJSON(list(intervals = intervals), auto_unbox = TRUE, digits = I(10), na = "null"),
           "fixtures/reference/bootstrap/intervals.json")
