# Runs every program on every workload, and prints the tables. bench/peers/run calls it:
#
#   Rscript bench/peers/compare.R TARGET LIMIT [quick] [write]
#
# The programs take turns on a workload, two rounds, so that what else the machine does hits all alike; the best time counts. Who needed more than
# a tenth of the limit has one round. The objective is computed here, from the implied moments of each program, by one formula.
suppressMessages(library(jsonlite))
arguments <- commandArgs(trailingOnly = TRUE)
target <- arguments[1]
limit <- as.numeric(arguments[2])
quick <- "quick" %in% arguments
root <- file.path(target, "peers")
python <- file.path(target, "peers-python", "bin", "python")
programs <- list(latva = c(file.path(target, "release", "examples", "peers")), lavaan = c("Rscript", "bench/peers/lavaan.R"),
                 OpenMx = c("Rscript", "bench/peers/openmx.R"), sem = c("Rscript", "bench/peers/sem.R"), semopy = c(python, "bench/peers/semopy.py"))
# Kilobytes of memory that a program may use.
memory <- 12e6
# What latva is to reach (the project's own targets): so many times as fast as lavaan, or seconds.
goals <- read.csv(text = "name,ratio,seconds
hs,500,
hs_report,500,
items25,500,
items25_report,500,
mediation,400,
mediation_report,400,
items100,300,0.05
items300,,2
fiml_hs,300,
fiml60,500,
modification,200,
refits_hs_5000,200,
refits_mediation_5000,200,")

run <- function(program, name, seconds, limit, kind) {
  command <- c(programs[[program]], file.path(root, name), seconds)
  line <- paste("ulimit -v", format(memory, scientific = FALSE), "; exec timeout", limit, paste(shQuote(command), collapse = " "), "2>", shQuote(file.path(root, name, "messages")))
  output <- suppressWarnings(system2("sh", c("-c", shQuote(line)), stdout = TRUE))
  status <- attr(output, "status")
  answer <- tail(grep("^\\{", output, value = TRUE), 1)
  if (length(answer) == 1) return(fromJSON(answer))
  words <- paste(readLines(file.path(root, name, "messages"), warn = FALSE), collapse = " ")
  # Start and reading take less than five seconds of the limit; the rest was one fit that did not end, if no run ended and nothing else was to be done.
  unended <- identical(status, 124L) && kind %in% c("fit", "report") && !any(grepl("^run ", output))
  list(program = program, least = if (unended) limit - 5, declined = if (identical(status, 124L)) paste("more than", limit, "s") else if (grepl("cannot allocate|memory", words, ignore.case = TRUE)) "out of memory" else "failed")
}

# F of lavaan's scale: half the discrepancy of ML or of ADF, weighted by group; with missing values -log L / N. ADF has two values, for S with
# divisor N and N - 1, since programs take one or the other.
objective <- function(name, spec, program) {
  file <- file.path(root, name, paste0(program, ".csv"))
  scales <- if (identical(spec$options$estimator, "WLS")) c(1, spec$cases / (spec$cases - 1)) else 1
  if (!file.exists(file)) return(rep(NA, length(scales)))
  implied <- read.csv(file)
  observed <- setdiff(names(implied), c("block", "mean"))
  data <- read.csv(file.path(root, name, "data.csv"))
  groups <- if (is.null(spec$options$group)) list(data) else split(data, factor(data[[spec$options$group]], unique(data[[spec$options$group]])))
  total <- sapply(seq_along(groups), function(g) {
    block <- implied[implied$block == g, ]
    rows <- as.matrix(groups[[g]][observed])
    Sigma <- as.matrix(block[observed])
    mu <- if (anyNA(block$mean)) colMeans(rows, na.rm = TRUE) else block$mean
    if (identical(spec$options$missing, "ml")) return(minus_log_likelihood(rows, mu, Sigma))
    n <- nrow(rows)
    centred <- sweep(rows, 2, colMeans(rows))
    S <- crossprod(centred) / n
    if (identical(spec$options$estimator, "WLS")) {
      pairs <- which(lower.tri(S, diag = TRUE))
      products <- t(apply(centred, 1, function(x) (x %o% x)[pairs]))
      gamma <- crossprod(sweep(products, 2, colMeans(products))) / n
      return(sapply(scales, function(scale) {
        distance <- scale * S[pairs] - Sigma[pairs]
        n * sum(distance * solve(gamma, distance)) / 2
      }))
    }
    factor <- tryCatch(chol(Sigma), error = function(e) NULL)
    if (is.null(factor)) return(Inf)
    between <- colMeans(rows) - mu
    inverse <- chol2inv(factor)
    n * (2 * sum(log(diag(factor))) + sum(S * inverse) - as.numeric(determinant(S)$modulus) - ncol(S) + sum(between * (inverse %*% between))) / 2
  })
  rowSums(matrix(total, length(scales))) / nrow(data)
}
minus_log_likelihood <- function(rows, mu, Sigma) {
  patterns <- split(seq_len(nrow(rows)), apply(!is.na(rows), 1, function(x) paste(which(x), collapse = " ")))
  sum(sapply(patterns, function(members) {
    there <- which(!is.na(rows[members[1], ]))
    if (length(there) == 0) return(0)
    factor <- tryCatch(chol(Sigma[there, there, drop = FALSE]), error = function(e) NULL)
    if (is.null(factor)) return(Inf)
    standard <- backsolve(factor, t(rows[members, there, drop = FALSE]) - mu[there], transpose = TRUE)
    length(members) * (length(there) * log(2 * pi) / 2 + sum(log(diag(factor)))) + sum(standard^2) / 2
  }))
}

results <- list()
for (name in readLines(file.path(root, "order"))) {
  spec <- fromJSON(file.path(root, name, "workload.json"))
  found <- list()
  for (round in seq_len(if (quick) 1 else 2)) {
    for (program in names(programs)) {
      before <- found[[program]]
      if (round > 1 && (!is.null(before$declined) || before$best * before$repeats * (if (is.null(spec$draws)) 1 else if (program == "latva") spec$draws else 20) > limit / 10)) next
      earlier <- if (!is.null(spec$after)) results[[spec$after]]$programs[[program]]$declined
      now <- if (program == "semopy" && !file.exists(python)) {
        list(program = program, declined = "not installed")
      } else if (!is.null(earlier)) {
        list(program = program, declined = paste("not tried after", sub("^not tried after ", "", earlier)))
      } else {
        # lavaan has as long as the target asks, so that it can be judged.
        goal <- goals$ratio[goals$name == name]
        asked <- if (program == "lavaan" && length(goal) == 1 && !is.na(goal)) goal * found$latva$best + 5 else 0
        run(program, name, if (quick) 0.3 else 1, max(limit, ceiling(asked)), spec$kind)
      }
      if (is.null(now$best)) {
        if (is.null(before)) found[[program]] <- now
      } else if (is.null(before) || now$best < before$best) {
        found[[program]] <- now
      }
      cat(sprintf("%-22s %-7s %s\n", name, program, if (is.null(now$best)) now$declined else sprintf("%.6f s", now$best)), file = stderr())
    }
  }
  reached <- lapply(names(programs), function(program) objective(name, spec, program))
  names(reached) <- names(programs)
  for (program in names(programs)) if (is.null(found[[program]]$best)) reached[[program]][] <- NA
  # An objective above the least is no solution.
  least <- apply(do.call(rbind, reached), 2, min, na.rm = TRUE)
  for (program in names(programs)) {
    excess <- (reached[[program]] - least) / abs(least)
    nearest <- if (all(is.na(excess))) 1 else which.min(excess)
    found[[program]]$objective <- reached[[program]][nearest]
    found[[program]]$excess <- excess[nearest]
    found[[program]]$solved <- isTRUE(excess[nearest] <= 1e-6) && isTRUE(found[[program]]$converged)
  }
  results[[name]] <- list(spec = spec, programs = found)
}

# The process as a whole: start, reading, fit, report.
process <- function(command, runs) {
  timed <- sapply(seq_len(runs), function(run) {
    begin <- Sys.time()
    status <- system(paste(command, "> /dev/null 2>&1"))
    stopifnot(status == 0)
    as.numeric(difftime(Sys.time(), begin, units = "secs"))
  })
  usage <- if (file.exists("/usr/bin/time")) suppressWarnings(system(paste("/usr/bin/time -f %M", command, "2>&1 >/dev/null"), intern = TRUE))
  list(best = min(timed), median = median(timed), memory = if (is.null(usage)) NA else as.numeric(tail(usage, 1)) / 1024)
}
binary <- file.path(target, "release", "latva")
fit_hs <- "fixtures/models/hs_cfa.lav --data fixtures/data/HolzingerSwineford1939.csv"
whole <- list(
  "`true`" = process("true", 50),
  "`latva --version`" = process(paste(binary, "--version"), 50),
  "`latva fit`, HS, report as text" = process(paste(binary, "fit", fit_hs), 50),
  "`Rscript` with lavaan, HS, `summary()`" = process(paste("Rscript", shQuote("-e"), shQuote(paste0(
    "suppressMessages(library(lavaan)); fit <- sem(paste(readLines('fixtures/models/hs_cfa.lav'), collapse = '\\n'), ",
    "data = read.csv('fixtures/data/HolzingerSwineford1939.csv')); print(summary(fit, fit.measures = TRUE, standardized = TRUE))"))), 5))

# Tables.
seconds <- function(x) {
  if (is.null(x) || is.na(x)) "-" else if (x < 1e-3) sprintf("%.0f µs", x * 1e6) else if (x < 1) sprintf("%.3g ms", x * 1e3) else sprintf("%.3g s", x)
}
line <- function(...) paste0("| ", paste(c(...), collapse = " | "), " |")
cell <- function(result) {
  if (is.null(result$best)) return("-")
  paste0(seconds(result$best), if (!result$solved) " (*)" else "")
}
written <- function(ratio) formatC(signif(ratio, 3), format = "fg", big.mark = ",")
ratio <- function(result, latva) {
  if (!is.null(result$best) && result$solved) written(result$best / latva$best)
  else if (is.null(result$best) && !is.null(result$least)) paste(">", written(result$least / latva$best))
  else "-"
}
rows <- c(line("workload", names(programs), paste0(names(programs)[-1], " / latva"), "target"), line(rep("---", 2 * length(programs) + 1)))
objectives <- c(line("workload", names(programs)), line(rep("---", length(programs) + 1)))
reasons <- c()
for (result in results) {
  found <- result$programs
  goal <- goals[goals$name == result$spec$name, ]
  judged <- if (nrow(goal) == 0) "" else {
    # Of a program that was stopped the time that it had is a bound.
    lavaan <- if (!is.null(found$lavaan$best)) found$lavaan$best else if (!is.null(found$lavaan$least)) found$lavaan$least else NA
    lavaan <- lavaan / found$latva$best
    parts <- c(if (!is.na(goal$ratio)) paste0(goal$ratio, "x: ", if (is.na(lavaan)) "no lavaan" else if (lavaan >= goal$ratio) "met" else if (is.null(found$lavaan$best)) "open" else "missed"),
               if (!is.na(goal$seconds)) paste0(seconds(goal$seconds), ": ", if (found$latva$best <= goal$seconds) "met" else "missed"))
    paste(parts, collapse = "; ")
  }
  rows <- c(rows, line(result$spec$title, sapply(found[names(programs)], cell), sapply(found[names(programs)[-1]], ratio, found$latva), judged))
  objectives <- c(objectives, line(result$spec$title, sapply(found[names(programs)], function(x) if (is.null(x$objective) || is.na(x$objective)) "-" else sprintf("%.9f", x$objective))))
  why <- sapply(names(programs), function(program) if (is.null(found[[program]]$declined)) NA else paste0(program, ": ", found[[program]]$declined))
  if (!all(is.na(why))) reasons <- c(reasons, paste0("- ", result$spec$title, ": ", paste(why[!is.na(why)], collapse = "; "), "."))
}
rows_whole <- c(line("process", "best", "median", "peak memory"), line(rep("---", 4)),
                sapply(names(whole), function(name) line(name, seconds(whole[[name]]$best), seconds(whole[[name]]$median), sprintf("%.1f MB", whole[[name]]$memory))))
first <- function(pattern, file) {
  found <- if (file.exists(file)) grep(pattern, readLines(file, warn = FALSE), value = TRUE)
  if (length(found) == 0) "unknown" else trimws(sub("^[^:]*:", "", found[1]))
}
versions <- sapply(names(programs), function(program) {
  version <- unlist(lapply(results, function(result) result$programs[[program]]$version))
  if (length(version) == 0) paste(program, "not installed") else paste(program, version[1])
})
kilobytes <- suppressWarnings(as.numeric(sub("[^0-9]*$", "", first("^MemTotal", "/proc/meminfo"))))
text <- c(
  sprintf("%s, %d cores, %.0f GB; %s; %s with %s; %s.", first("^model name", "/proc/cpuinfo"), parallel::detectCores(), kilobytes / 1024^2,
          paste(versions, collapse = ", "), R.version.string, if (grepl("openblas", La_library())) "OpenBLAS" else "its own BLAS", format(Sys.Date())),
  "", rows, "", "(*) another objective than the least, by more than a millionth, or not converged: no ratio. `>`: the program was stopped before its first fit ended.", "", "Nothing to compare:", "", reasons, "",
  "Objective reached, from the implied moments of each program by one formula (F as lavaan scales it; with missing values -log L / N):", "", objectives, "",
  rows_whole, "", sprintf("Size of the program: %.1f MB.", file.size(binary) / 1024^2))
writeLines(text)
writeLines(text, file.path(root, "peers.md"))
write_json(list(workloads = results, processes = whole), file.path(root, "peers.json"), auto_unbox = TRUE, digits = NA, pretty = TRUE)

# Puts `text` between the markers of `name`.
insert <- function(name, text) {
  page <- readLines("docs/performance.md")
  begin <- which(page == paste0("<!-- ", name, ": begin -->"))
  end <- which(page == paste0("<!-- ", name, ": end -->"))
  stopifnot(length(begin) == 1, length(end) == 1)
  writeLines(c(page[seq_len(begin)], "", text, "", page[end:length(page)]), "docs/performance.md")
}
if ("write" %in% arguments) insert("peers", text)
for (study in c("scaling", "limits")) {
  lines <- system2(file.path(target, "release", "examples", study), stdout = TRUE)
  writeLines(c("", lines))
  writeLines(lines, file.path(root, paste0(study, ".md")))
  if ("write" %in% arguments) insert(study, lines)
}
