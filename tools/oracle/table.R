# Writes fixtures/reference/table/tables.json: the parameter tables of lavaan for the models below.
#
#   Rscript tools/oracle/table.R        (from the root of the repository)
#
# Each model is given to lavaan() with random data, without fitting, so that all of lavaan's defaults are applied; models
# that lavaan() refuses although it has a table for them go to lavaanify() (`direct = TRUE`). Values of exogenous rows
# come from the data and are left out.
suppressMessages(library(lavaan))
library(jsonlite)

cases <- list()
case <- function(name, model, ..., kind = "sem", groups = NULL, ordered = NULL, direct = FALSE, constraints = "") {
  stopifnot(!name %in% names(cases))
  cases[[name]] <<- list(name = name, model = model, options = list(...), kind = kind, groups = groups,
                         ordered = ordered, direct = direct, constraints = constraints)
}

source("tools/oracle/table_models.R")

random_data <- function(case) {
  flat <- lavParseModelString(case$model, warn = FALSE)
  attributes <- unique(c(flat$lhs, flat$rhs))
  latent <- unique(flat$lhs[flat$op %in% c("=~", "<~")])
  names <- setdiff(attributes, c(latent, "", "group", "level", "w"))
  names <- names[!grepl(":", names, fixed = TRUE) & make.names(names) == names & !grepl("^t[0-9]+$", names)]
  set.seed(1)
  n <- 240
  data <- as.data.frame(matrix(rnorm(n * length(names)), n, length(names), dimnames = list(NULL, names)))
  for (name in names(case$ordered)) {
    categories <- case$ordered[[name]] + 1
    data[[name]] <- ordered((seq_len(n) * 7 + match(name, names)) %% categories + 1)
  }
  data$.group <- rep(if (is.null(case$groups)) "1" else case$groups, length.out = n)
  data$.group <- data$.group[order(match(data$.group, case$groups))]
  data$.cluster <- rep(seq_len(n / 8), each = 8)
  if (any(flat$op == ":" & flat$lhs == "level")) {
    level <- cumsum(flat$op == ":" & flat$lhs == "level")
    block <- ifelse(level == 0, "", flat$rhs[flat$op == ":" & flat$lhs == "level"][pmax(level, 1)])
    within <- unique(c(flat$lhs[block == "1"], flat$rhs[block == "1"]))
    for (name in setdiff(names, within)) data[[name]] <- ave(data[[name]], data$.cluster)
  }
  data
}

flags <- function(kind, options) {
  auto <- kind != "lavaan"
  defaults <- list(int.ov.free = auto && kind != "growth", int.lv.free = kind == "growth", auto.fix.first = auto && !isTRUE(options$std.lv),
                   auto.fix.single = auto, auto.var = auto, auto.cov.lv.x = auto, auto.cov.y = auto,
                   auto.th = auto, auto.delta = auto, auto.efa = auto, fixed.x = TRUE)
  modifyList(defaults, options)
}

table_of <- function(case) {
  df <- NA
  flat <- lavParseModelString(case$model, warn = FALSE)
  if (case$direct) {
    arguments <- flags(case$kind, case$options)
    arguments$model <- case$model
    arguments$ngroups <- max(length(case$groups), 1L)
    if (!is.null(case$ordered)) arguments$nthresholds <- unlist(case$ordered)
    if (nchar(case$constraints) > 0) arguments$constraints <- case$constraints
    table <- do.call(lavaanify, arguments)
  } else {
    arguments <- case$options
    # The wrappers set these whatever the caller says; lavaan() itself takes them.
    arguments <- if (case$kind == "lavaan") arguments else flags(case$kind, arguments)
    if (is.null(case$options$fixed.x)) arguments$fixed.x <- NULL
    arguments$model.type <- if (case$kind == "growth") "growth" else "sem"
    arguments$model <- case$model
    arguments$data <- random_data(case)
    arguments$do.fit <- FALSE
    arguments$warn <- FALSE
    arguments$constraints <- case$constraints
    if (length(case$groups) > 1) arguments$group <- ".group"
    if (!is.null(case$ordered)) arguments$ordered <- names(case$ordered)
    if (any(flat$op == ":" & flat$lhs == "level")) arguments$cluster <- ".cluster"
    fit <- do.call(lavaan, arguments)
    table <- parTable(fit)
    # The degrees of freedom by lavaan's own count of moments and its own constraint function, of which the Jacobian is
    # taken by differences at a random point.
    equality <- fit@Model@ceq.function
    set.seed(2)
    x <- 0.5 + runif(sum(table$free > 0))
    rank <- 0L
    if (length(body(equality)) > 1 && length(equality(x)) > 0) {
      jacobian <- vapply(seq_along(x), function(i) {
        h <- replace(numeric(length(x)), i, 1e-5)
        (equality(x + h) - equality(x - h)) / 2e-5
      }, numeric(length(equality(x))))
      rank <- qr(matrix(jacobian, ncol = length(x)), tol = 1e-6)$rank
    }
    df <- lavaan:::lav_partable_ndat(table) - sum(table$free > 0) + rank
  }
  table <- as.data.frame(table)
  if (is.null(table$level)) table$level <- ifelse(table$op %in% c("==", "<", ">", ":="), 0L, 1L)
  if (is.null(table$group)) table$group <- ifelse(table$op %in% c("==", "<", ">", ":="), 0L, 1L)
  rows <- data.frame(lhs = table$lhs, op = table$op, rhs = table$rhs, user = table$user, block = table$block, group = table$group,
             level = table$level, free = table$free, ustart = ifelse(table$exo == 1 & table$free == 0, NA, table$ustart),
             exo = table$exo, label = table$label, plabel = table$plabel)
  list(rows = rows, df = df)
}

written <- list()
for (case in cases) {
  result <- tryCatch(suppressWarnings(table_of(case)), error = function(e) conditionMessage(e))
  if (is.character(result)) stop("case ", case$name, ": ", result)
  written[[length(written) + 1]] <- list(
    name = unbox(case$name), model = unbox(case$model), kind = unbox(case$kind),
    options = if (length(case$options) == 0) setNames(list(), character()) else lapply(case$options, function(x) if (length(x) == 1 && !is.character(x)) unbox(x) else x),
    groups = if (is.null(case$groups)) list() else case$groups,
    ordered = if (is.null(case$ordered)) setNames(list(), character()) else lapply(case$ordered, unbox),
    constraints = unbox(case$constraints),
    df = unbox(result$df), rows = result$rows)
}
json <- toJSON(list(program = unbox(paste("lavaan", packageVersion("lavaan"))), command = unbox("Rscript tools/oracle/table.R"),
                    cases = written), digits = 12, na = "null", dataframe = "rows")
# One row of a table on each line, so that changes can be read.
json <- gsub("},{", "},\n{", json, fixed = TRUE)
writeLines(json, "fixtures/reference/table/tables.json")
cat(length(written), "tables written\n")
