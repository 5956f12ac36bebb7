# What the R programs of the comparison share: the workload, the clock, and the line that they print.

arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
seconds <- as.numeric(arguments[2])
suppressMessages(library(jsonlite))
spec <- fromJSON(file.path(folder, "workload.json"))
data <- read.csv(file.path(folder, "data.csv"))
model <- paste(readLines(file.path(folder, "model.lav")), collapse = "\n")
table <- read.csv(file.path(folder, "table.csv"), na.strings = "NA", colClasses = c(label = "character"))
# Draws that are taken where a refit takes long.
few_draws <- 20

# Seconds that `work` takes and its result: the time that the processor spends, so that what else the machine does counts little.
stopwatch <- function(work) {
  spent <- proc.time()
  begin <- Sys.time()
  result <- work()
  passed <- as.numeric(difftime(Sys.time(), begin, units = "secs"))
  spent <- proc.time() - spent
  list(time = min(passed, spent[["user.self"]] + spent[["sys.self"]]), passed = passed, result = result)
}

# Runs `work` five times, and until `seconds` are over; where it takes long three times, and once where it takes very long: the first run is
# slower, when functions are compiled. Gives all times and the last result, and prints a line after each run: who is stopped later had one.
clock <- function(work) {
  times <- passed <- numeric()
  repeat {
    run <- stopwatch(work)
    times <- c(times, run$time)
    passed <- c(passed, run$passed)
    cat("run", run$time, "\n")
    flush(stdout())
    result <- run$result
    runs <- length(passed)
    if (sum(passed) >= seconds * (if (runs >= 5) 1 else if (runs >= 3) 5 else 20)) break
  }
  list(times = times, result = result)
}

# `implied`: one list(cov, mean) for each group; `count`: what the times are divided by; `parts`: further times, named.
tell <- function(program, version, times, converged, implied = NULL, count = 1, parts = list()) {
  if (!is.null(implied)) {
    rows <- do.call(rbind, lapply(seq_along(implied), function(block) {
      cov <- implied[[block]]$cov
      mean <- if (is.null(implied[[block]]$mean)) rep(NA, nrow(cov)) else as.vector(implied[[block]]$mean)
      data.frame(block = block, mean = mean, cov, row.names = NULL)
    }))
    names(rows)[-(1:2)] <- colnames(implied[[1]]$cov)
    write.csv(format(rows, digits = 17), file.path(folder, paste0(program, ".csv")), row.names = FALSE, quote = FALSE)
  }
  cat(toJSON(c(list(program = program, version = version, workload = spec$name, best = min(times) / count, median = median(times) / count,
                    repeats = length(times), converged = converged), parts), auto_unbox = TRUE, digits = NA), "\n", sep = "")
  quit(save = "no")
}

# Says why there is nothing to measure.
decline <- function(program, version, why) {
  cat(toJSON(list(program = program, version = version, workload = spec$name, declined = why), auto_unbox = TRUE), "\n", sep = "")
  quit(save = "no")
}
