# Writes fixtures/reference/output/*.json: residuals, effects, Wald tests, critical ratios, factor scores of lavaan.
#
#   Rscript tools/oracle/output.R        (from the root of the repository)
#
# Effects are what lavaan gives for models in which they are written as `:=`; this script writes them, path by path.
suppressMessages(library(lavaan))
library(jsonlite)
source("tools/oracle/models.R")

cases <- list()
case <- function(name, model, data, ..., kind = "sem", wald = character(0), scores = FALSE, effects = FALSE) {
  stopifnot(!name %in% names(cases))
  cases[[name]] <<- list(name = name, model = model, data = data, kind = kind, options = list(...), wald = wald, scores = scores,
                         effects = effects)
}

labelled_hs <- "visual =~ x1 + a*x2 + b*x3
textual =~ x4 + c*x5 + d*x6
speed =~ x7 + e*x8 + f*x9"
grouped_hs <- "visual =~ x1 + c(a1, a2)*x2 + c(b1, b2)*x3
textual =~ x4 + c(c1, c2)*x5 + c(d1, d2)*x6
speed =~ x7 + x8 + x9"
labelled_pd <- function(...) {
  sub("dem65 ~ ind60 + dem60", "dem65 ~ l*ind60 + m*dem60", sub("dem60 ~ ind60", "dem60 ~ k*ind60", democracy(...), fixed = TRUE), fixed = TRUE)
}
on_hs <- c("a == b", "c == d\ne == f", "a + b == c*d")
on_pd <- c("l == m", "k*m == 1", "k == 1.5\nl == 0.6")
on_growth <- c("i1 == s1", "i1 == i2\ns1 == s2", "i1*s1 == 0.1")
case("hs", hs, hs_data, kind = "cfa", scores = TRUE)
case("hs_labels", labelled_hs, hs_data, kind = "cfa",
     wald = c("a == b", "c == d\ne == f", "a == 0.5", "a + b == c*d", "exp(a) == e^2\nb == c"))
case("hs_means", labelled_hs, hs_data, meanstructure = TRUE, kind = "cfa", scores = TRUE, wald = on_hs)
case("hs_std_lv", labelled_hs, hs_data, std.lv = TRUE, kind = "cfa", scores = TRUE, wald = on_hs)
case("hs_orthogonal", labelled_hs, hs_data, orthogonal = TRUE, kind = "cfa", scores = TRUE, wald = on_hs)
case("hs_wishart", labelled_hs, hs_data, likelihood = "wishart", kind = "cfa", wald = on_hs)
case("hs_groups", grouped_hs, hs_data, group = "school", kind = "cfa", scores = TRUE,
     wald = c("a1 == a2", "a1 == a2\nb1 == b2\nc1 == c2\nd1 == d2", "a1*b2 == a2*b1", "c1 == 1"))
case("hs_groups_loadings", hs, hs_data, group = "school", group.equal = "loadings", kind = "cfa", scores = TRUE)
case("hs_groups_scalar", hs, hs_data, group = "school", group.equal = c("loadings", "intercepts"), kind = "cfa", scores = TRUE)
case("hs_equal_loadings", "f =~ a*x1 + a*x2 + x3 + b*x4 + b*x5 + x6", hs_data, std.lv = TRUE, kind = "cfa", scores = TRUE,
     wald = c("a == b"))
case("hs_robust", labelled_hs, hs_data, se = "robust.sem", meanstructure = TRUE, kind = "cfa", wald = on_hs)
case("hs_huber_white", labelled_hs, hs_data, se = "robust.huber.white", information = "observed", meanstructure = TRUE, kind = "cfa",
     wald = on_hs)
case("hs_groups_robust", hs, hs_data, se = "robust.sem", group = "school", group.equal = "loadings", kind = "cfa")
case("path_robust", "x9 ~ p*x1 + q*x5 + sex\nx5 ~ r*x1 + ageyr\nx7 ~ x9 + x5", hs_data, se = "robust.sem", meanstructure = TRUE, effects = TRUE,
     wald = c("p == q", "p == 0\nq*r == 0"))
case("hs_gls", labelled_hs, hs_data, estimator = "GLS", kind = "cfa", wald = on_hs)
case("hs_second_order", paste0(labelled_hs, "\ng =~ visual + s*textual + t*speed"), hs_data, kind = "cfa", scores = TRUE,
     wald = c(on_hs, "s == t", "s*t == 0"))
case("pd", labelled_pd(), pd_data, effects = TRUE, scores = TRUE, wald = on_pd)
case("pd_equal", democracy(equal = TRUE), pd_data, effects = TRUE, scores = TRUE, wald = c("a == b\nb == c"))
case("pd_means", labelled_pd(), pd_data, meanstructure = TRUE, effects = TRUE, scores = TRUE, wald = on_pd)
case("mimic", paste0(labelled_hs, "\nvisual ~ sex + ageyr\ntextual ~ visual + ageyr\nspeed ~ textual + grade"), hs_data, effects = TRUE, wald = on_hs)
case("mimic_random_x", paste0(labelled_hs, "\nvisual ~ sex + ageyr\ntextual ~ visual + ageyr\nspeed ~ textual"), hs_data, fixed.x = FALSE,
     effects = TRUE, wald = on_hs)
case("path", "x9 ~ p*x1 + q*x5 + sex\nx5 ~ r*x1 + ageyr\nx7 ~ x9 + x5", hs_data, effects = TRUE, wald = c("p == q", "p == 0\nq*r == 0"))
case("path_means", "x9 ~ p*x1 + q*x5 + sex\nx5 ~ r*x1 + ageyr", hs_data, meanstructure = TRUE, effects = TRUE,
     wald = c("p == q", "p == 0\nq*r == 0"))
case("path_random_x", "x9 ~ p*x1 + q*x5 + sex\nx5 ~ r*x1 + ageyr\nx7 ~ x9 + x5", hs_data, fixed.x = FALSE, effects = TRUE,
     wald = c("p == q", "p == 0\nq*r == 0"))
case("serial", "x2 ~ p*x1\nx3 ~ x1 + q*x2\nx4 ~ x1 + x2 + r*x3\nx5 ~ x1 + x2 + x3 + x4", hs_data, effects = TRUE,
     wald = c("p == q", "p*q*r == 0", "p == q\nq == r"))
case("mediation_groups", "x5 ~ c(a1, a2)*x1\nx9 ~ c(b1, b2)*x5 + c(c1, c2)*x1", hs_data, group = "school", effects = TRUE,
     wald = c("a1 == a2", "a1*b1 == a2*b2"))
case("mediation_groups_equal", "f =~ x4 + x5 + x6\nf ~ x1 + x2\nx9 ~ f + x1", hs_data, group = "school",
     group.equal = c("loadings", "regressions"), effects = TRUE)
case("latent_mediation", paste0(labelled_hs, "\ntextual ~ g*visual\nspeed ~ h*textual + visual"), hs_data, std.lv = TRUE, effects = TRUE,
     wald = c(on_hs, "g == h", "g*h == 0"))
case("growth_predictors", paste(growth_model, "i ~ i1*x1 + i2*x2", "s ~ s1*x1 + s2*x2 + i", "s ~~ 0*i", sep = "\n"), "Demo.growth",
     kind = "growth", effects = TRUE, wald = on_growth)

# The same figures whatever the estimator, its information and the treatment of missing values
path <- "x9 ~ p*x1 + q*x5 + sex\nx5 ~ r*x1 + ageyr\nx7 ~ x9 + x5"
serial <- "x2 ~ x1\nx3 ~ u*x1 + v*x2\nx4 ~ x1 + x2 + w*x3"
latent <- paste0(labelled_hs, "\ntextual ~ g*visual\nspeed ~ h*textual + visual")
grown <- paste(growth_model, "i ~ i1*x1 + i2*x2", "s ~ s1*x1 + s2*x2 + i", "s ~~ 0*i", sep = "\n")
further <- function(name, model, data, ..., wald = character(0), scores = FALSE) {
  case(name, model, data, ..., wald = wald, scores = scores, effects = TRUE)
}
on_path <- c("p == q", "p == 0\nq*r == 0", "r == 0.1")
further("path_mlr", path, hs_data, estimator = "MLR", meanstructure = TRUE, wald = on_path)
further("path_mlm", path, hs_data, estimator = "MLM", wald = on_path)
further("path_gls", path, hs_data, estimator = "GLS", wald = on_path)
further("path_wls", path, hs_data, estimator = "WLS", wald = on_path)
further("path_dwls", path, hs_data, estimator = "DWLS", wald = on_path)
further("path_wishart", path, hs_data, likelihood = "wishart", fixed.x = FALSE, wald = on_path)
further("path_observed", path, hs_data, information = "observed", wald = on_path)
further("path_first_order", path, hs_data, estimator = "MLF", wald = on_path)
on_serial <- c("u == v", "u*w == 0", "v == w\nu == 0")
further("serial_mlr", serial, hs_data, estimator = "MLR", wald = on_serial)
further("serial_wls", serial, hs_data, estimator = "WLS", wald = on_serial)
further("serial_wishart", serial, hs_data, likelihood = "wishart", wald = on_serial)
further("serial_observed", serial, hs_data, information = "observed", fixed.x = FALSE, meanstructure = TRUE, wald = on_serial)
further("serial_groups", "x2 ~ c(u1, u2)*x1\nx3 ~ c(v1, v2)*x2 + x1\nx4 ~ x3", hs_data, group = "school",
        wald = c("u1 == u2", "u1*v1 == u2*v2", "v1 == v2\nu1 == u2"))
on_latent <- c("a == b", "g*h == 0", "c == d\ne == f", "g == h")
further("latent_mlr", latent, hs_data, estimator = "MLR", wald = on_latent, scores = TRUE)
further("latent_mlm", latent, hs_data, estimator = "MLM", wald = on_latent, scores = TRUE)
further("latent_gls", latent, hs_data, estimator = "GLS", wald = on_latent, scores = TRUE)
further("latent_wls", latent, hs_data, estimator = "WLS", wald = on_latent, scores = TRUE)
further("latent_wlsmv", latent, hs_data, estimator = "WLSMV", meanstructure = TRUE, wald = on_latent, scores = TRUE)
further("latent_observed", latent, hs_data, information = "observed", wald = on_latent, scores = TRUE)
further("latent_wishart", latent, hs_data, likelihood = "wishart", wald = on_latent, scores = TRUE)
further("pd_mlr", labelled_pd(), pd_data, estimator = "MLR", scores = TRUE, wald = on_pd)
further("pd_mlm", labelled_pd(), pd_data, estimator = "MLM", scores = TRUE, wald = on_pd)
further("pd_observed", labelled_pd(residuals = FALSE), pd_data, information = "observed", scores = TRUE, wald = on_pd)
further("pd_std_lv", labelled_pd(), pd_data, std.lv = TRUE, scores = TRUE, wald = on_pd)
further("pd_equal_mlr", democracy(equal = TRUE), pd_data, estimator = "MLR", scores = TRUE, wald = c("a == b", "b == c"))
further("mimic_means", paste0(labelled_hs, "\nvisual ~ sex + ageyr\ntextual ~ visual + ageyr"), hs_data, meanstructure = TRUE, wald = on_hs)
further("mimic_mlr", paste0(labelled_hs, "\nvisual ~ sex + ageyr\ntextual ~ visual"), hs_data, estimator = "MLR", fixed.x = FALSE, wald = on_hs)
further("mediation_groups_mlr", "x5 ~ c(a1, a2)*x1\nx9 ~ c(b1, b2)*x5 + c(c1, c2)*x1", hs_data, group = "school", estimator = "MLR",
        wald = c("a1 == a2", "a1*b1 == a2*b2", "c1 == c2"))
further("mediation_groups_mlm", "f =~ x4 + x5 + x6\nf ~ x1\nx9 ~ f + x1", hs_data, group = "school", group.equal = "loadings",
        estimator = "MLM")
further("mediation_groups_wishart", "f =~ x4 + x5 + x6\nf ~ x1\nx9 ~ f + x1", hs_data, group = "sex", likelihood = "wishart",
        meanstructure = FALSE)
further("growth_mlr", grown, "Demo.growth", estimator = "MLR", kind = "growth", wald = on_growth)
further("growth_dwls", grown, "Demo.growth", estimator = "DWLS", kind = "growth", wald = on_growth)
further("heavy_mlr", "f =~ a1 + a2 + a3 + a4\ng =~ b1 + b2 + b3 + b4\ng ~ p*f + x\ny ~ q*g + x", "sim_heavy_tails", estimator = "MLR",
        wald = c("p == q", "p*q == 0", "p == 0.5\nq == 0.5"))
further("heavy_mlf", "a2 ~ p*a1 + x\nb1 ~ q*a2 + x\ny ~ r*b1", "sim_heavy_tails", estimator = "MLF",
        wald = c("p == q", "p*q*r == 0", "p == q\nq == r"))
further("bfi_traits", "neuro =~ N1 + N2 + N3\nagree =~ A1 + A2 + A3\nopen =~ O1 + O2 + O3\nagree ~ p*neuro\nopen ~ q*agree + neuro", "bfi",
        wald = c("p == 0", "p*q == 0", "p == q"))
absent <- function(name, model, data, ..., missing = "ml") {
  further(name, model, data, missing = missing, ..., em.h1.tol = 1e-12, em.h1.iter.max = 20000)
}
full <- "f =~ a1 + a2 + a3 + a4\ng =~ b1 + b2 + b3 + b4\ng ~ p*f + x\ny ~ q*g + x"
ways <- "y ~ p*b1 + x\nb1 ~ q*a1 + x\na1 ~ x"
on_full <- c("p == q", "p*q == 0", "p == 0.5\nq == 0.5")
absent("absent_full_05", full, "sim_mcar_05", wald = on_full)
absent("absent_full_30", full, "sim_mcar_30", fixed.x = FALSE, wald = on_full)
absent("absent_full_mar", full, "sim_mar", wald = on_full)
absent("absent_full_mlr", full, "sim_mcar_20", estimator = "MLR", wald = on_full)
absent("absent_full_x", full, "sim_mcar_10", missing = "ml.x", wald = on_full)
absent("absent_full_expected", full, "sim_mcar_10", information = "expected", wald = on_full)
absent("absent_full_groups", sub("p*f", "c(p1, p2)*f", sub("q*g", "c(q1, q2)*g", full, fixed = TRUE), fixed = TRUE), "sim_mcar_10",
       group = "group", group.equal = "loadings", wald = c("p1 == p2", "p1*q1 == p2*q2"))
absent("absent_ways", ways, "sim_mcar_20", wald = on_full)
absent("absent_ways_random", ways, "sim_mcar_30", fixed.x = FALSE, wald = on_full)
absent("absent_ways_mlr", ways, "sim_mcar_10", estimator = "MLR", fixed.x = FALSE, wald = on_full)
absent("absent_two_stage", full, "sim_mcar_20", missing = "two.stage", fixed.x = FALSE, wald = on_full)
absent("absent_robust_two_stage", full, "sim_mcar_20", missing = "robust.two.stage", fixed.x = FALSE, wald = on_full)
further("absent_pairwise", full, "sim_mcar_20", missing = "pairwise", wald = on_full)

# Every directed path from one variable to another, as products of the labels of the regressions.
paths <- function(rows, from, to) {
  found <- list()
  for (i in which(rows$rhs == from)) {
    step <- rows$label[i]
    if (rows$lhs[i] == to) found <- c(found, list(list(labels = step, via = to)))
    for (rest in paths(rows, rows$lhs[i], to)) {
      found <- c(found, list(list(labels = c(step, rest$labels), via = c(rows$lhs[i], rest$via))))
    }
  }
  found
}

# Polished fits; of two stages the optimiser goes as far as it can.
fitted <- function(case, data, model = case$model) {
  two_stage <- isTRUE(grepl("two.stage", case$options$missing))
  arguments <- c(list(model = model, data = data), case$options, if (two_stage) list(control = tight, optim.force.converged = TRUE))
  fit <- suppressWarnings(do.call(case$kind, arguments))
  if (two_stage) fit else polish(fit)
}

effects <- function(case, data) {
  fit <- suppressWarnings(do.call(case$kind, c(list(model = case$model, data = data), case$options)))
  table <- parTable(fit)
  groups <- max(table$group)
  regressions <- which(table$op == "~")
  # Labels of our own, for all regressions, appended as further lines of the model.
  labels <- ifelse(table$label == "", paste0("w", table$id), table$label)
  # Rows that share a label get one each and constraints: lavaan takes the first group's standardized value for a common label.
  own <- character(0)
  for (row in regressions[duplicated(labels[regressions])]) {
    first <- regressions[match(labels[row], labels[regressions])]
    labels[row] <- paste0("w", table$id[row])
    own <- c(own, paste(labels[first], "==", labels[row]))
  }
  pairs <- unique(table[regressions, c("lhs", "rhs")])
  for (i in seq_len(nrow(pairs))) {
    rows <- regressions[table$lhs[regressions] == pairs$lhs[i] & table$rhs[regressions] == pairs$rhs[i]]
    own <- c(own, sprintf("%s ~ c(%s)*%s", pairs$lhs[i], paste(labels[rows], collapse = ","), pairs$rhs[i]))
  }
  lines <- strsplit(case$model, "\n")[[1]]
  lines <- lines[!grepl("^[^=~]* ~ [^1]", lines)]
  definitions <- character(0)
  entries <- list()
  for (g in seq_len(groups)) {
    rows <- table[regressions[table$group[regressions] == g], ]
    rows$label <- labels[regressions[table$group[regressions] == g]]
    names <- unique(c(rows$rhs, rows$lhs))
    for (from in names) for (to in names) {
      all <- if (from == to) list() else paths(rows, from, to)
      if (length(all) == 0) next
      products <- vapply(all, function(path) paste(path$labels, collapse = "*"), "")
      long <- vapply(all, function(path) length(path$labels) > 1, TRUE)
      put <- function(kind, expression, via = character(0)) {
        id <- paste0("effect", length(entries) + 1)
        definitions <<- c(definitions, paste(id, ":=", expression))
        entries[[length(entries) + 1]] <<- list(id = id, group = g, from = from, to = to, kind = kind, via = I(via))
      }
      put("total", paste(products, collapse = " + "))
      if (any(!long)) put("direct", products[!long])
      if (any(long)) put("indirect", paste(products[long], collapse = " + "))
      for (i in which(long)) put("specific", products[i], head(all[[i]]$via, -1))
    }
  }
  model <- paste(c(lines, own, definitions), collapse = "\n")
  fit <- fitted(case, data, model)
  raw <- parameterEstimates(fit, remove.def = FALSE)
  standardized <- standardizedSolution(fit)
  standardized <- standardized[standardized$op == ":=", ]
  lapply(entries, function(entry) {
    one <- raw[raw$lhs == entry$id & raw$op == ":=", ]
    std <- standardized[standardized$lhs == entry$id, ]
    c(entry[names(entry) != "id"], list(est = one$est, se = one$se, z = one$z, pvalue = one$pvalue, ci_lower = one$ci.lower,
                                        ci_upper = one$ci.upper, std = std$est.std, std_se = std$se))
  })
}

per_group <- function(value, groups) if (groups == 1) list(value) else unname(value)

residual_tables <- function(fit) {
  groups <- lavInspect(fit, "ngroups")
  kinds <- c(raw = "raw", cor_bollen = "cor.bollen", cor_bentler = "cor.bentler", normalized = "normalized", standardized = "standardized")
  # lavaan has no normalized and standardized residuals for DWLS and two stages.
  if (fit@Options$estimator == "DWLS" || grepl("two.stage", fit@Options$missing)) kinds <- kinds[1:3]
  tables <- lapply(kinds, function(kind) per_group(residuals(fit, type = kind), groups))
  lapply(seq_len(groups), function(g) lapply(tables, function(table) {
    one <- table[[g]]
    out <- list(names = rownames(one$cov), cov = unclass(unname(one$cov)))
    if (!is.null(one$mean)) out$mean <- as.numeric(one$mean)
    out
  }))
}

scores <- function(fit) {
  groups <- lavInspect(fit, "ngroups")
  lapply(c(regression = "regression", bartlett = "Bartlett"), function(method) {
    values <- per_group(lavPredict(fit, method = method), groups)
    weights <- per_group(attr(lavPredict(fit, method = method, fsm = TRUE), "fsm"), groups)
    if (groups == 1 && is.list(weights[[1]])) weights <- weights[[1]]
    implied <- per_group(lavInspect(fit, "implied"), groups)
    latent <- per_group(lavInspect(fit, "cov.lv"), groups)
    lambda <- lavTech(fit, "est")
    lapply(seq_len(groups), function(g) {
      names <- colnames(values[[g]])
      W <- weights[[g]]
      rows <- seq(1, nrow(values[[g]]), by = 12)
      # Of the scores W y: their covariance W Sigma W', and with the factors W Lambda Phi.
      spread <- W %*% implied[[g]]$cov %*% t(W)
      cases <- lavInspect(fit, "case.idx")
      if (groups > 1) cases <- cases[[g]]
      list(factors = I(names), cases = cases[rows], scores = unname(unclass(values[[g]][rows, , drop = FALSE])),
           variances = I(as.numeric(diag(spread))), latent_variances = I(as.numeric(diag(latent[[g]])[names])))
    })
  })
}

run <- function(case) {
  data <- read.csv(file.path("fixtures/data", paste0(case$data, ".csv")))
  fit <- fitted(case, data)
  out <- list(name = case$name, model = case$model, data = case$data, kind = case$kind, options = case$options,
              residuals = residual_tables(fit))
  if (length(case$wald) > 0) {
    out$wald <- lapply(case$wald, function(constraints) {
      test <- lavTestWald(fit, constraints)
      list(constraints = constraints, stat = test$stat, df = test$df, pvalue = test$p.value)
    })
  }
  estimates <- coef(fit)
  V <- vcov(fit)
  table <- parTable(fit)
  table <- table[table$free > 0, ]
  ratios <- outer(seq_along(estimates), seq_along(estimates), Vectorize(function(i, j) {
    variance <- V[i, i] + V[j, j] - 2 * V[i, j]
    if (i == j || variance < 1e-10 * (V[i, i] + V[j, j])) NA else (estimates[j] - estimates[i]) / sqrt(variance)
  }))
  out$critical_ratios <- list(lhs = table$lhs, op = table$op, rhs = table$rhs, group = table$group, z = unname(ratios))
  if (case$effects) out$effects <- effects(case, data)
  if (case$scores) out$scores <- scores(fit)
  out
}

only <- commandArgs(trailingOnly = TRUE)
for (case in cases) {
  message(format(Sys.time(), "%X "), case$name)
  if (length(only) > 0 && !case$name %in% only) next
  result <- tryCatch(run(case), error = function(problem) { message(case$name, ": ", conditionMessage(problem)); NULL })
  if (is.null(result)) next
  writeLines(toJSON(result, auto_unbox = TRUE, digits = I(10), na = "null"), file.path("fixtures/reference/output", paste0(case$name, ".json")))
}
