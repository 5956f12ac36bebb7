# Writes fixtures/reference/output/compare/compare.json: chi-square differences of lavaan, nesting of semTools::net(), and the AMOS
# differences of indices from lavaan's fit measures; and scaled.json: differences of robust tests by every method of lavTestLRT().
#
#   Rscript tools/oracle/compare.R [plain|scaled]        (from the root of the repository)
suppressMessages({library(lavaan); library(semTools)})
library(jsonlite)
source("tools/oracle/models.R")

one <- "g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9"
two <- "visual =~ x1 + x2 + x3\nrest =~ x4 + x5 + x6 + x7 + x8 + x9"
mixed <- "visual =~ x1 + x2 + x3 + x4\ntextual =~ x5 + x6\nspeed =~ x7 + x8 + x9"
short <- "x5 ~ x1\nx9 ~ x5"
long <- "x5 ~ x1\nx9 ~ x5 + x1"
turned <- "x5 ~ x9\nx1 ~ x5"
correlated <- paste0(hs, "\nx7 ~~ x8")
second <- paste0(hs, "\ng =~ visual + textual + speed")
labelled <- "visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + c*x5 + d*x6\nspeed =~ x7 + e*x8 + f*x9"
cause <- paste0(hs, "\nvisual ~ sex + ageyr\ntextual ~ sex + ageyr\nspeed ~ sex + ageyr")
fewer_causes <- paste0(hs, "\nvisual ~ 0*sex + ageyr\ntextual ~ sex\nspeed ~ ageyr")
ways <- "x9 ~ x1 + x5 + sex\nx5 ~ x1 + ageyr\nx7 ~ x9 + x5"
more_ways <- "x9 ~ x1 + x5 + sex + ageyr\nx5 ~ x1 + ageyr + sex\nx7 ~ x9 + x5 + x1"
school <- list(group = "school")
by_sex <- list(group = "sex")
equal <- function(..., group = school) c(group, list(group.equal = c(...)))
metric <- equal("loadings")
scalar <- equal("loadings", "intercepts")
strict <- equal("loadings", "intercepts", "residuals")
random <- list(fixed.x = FALSE)
means <- list(meanstructure = TRUE)
intercept <- "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4"
equal_residuals <- "\nt1 ~~ r*t1\nt2 ~~ r*t2\nt3 ~~ r*t3\nt4 ~~ r*t4"
free_basis <- "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\ns =~ 0*t1 + 1*t2 + t3 + t4"
grown <- "Demo.growth"
predicted <- paste0(growth_model, "\ni ~ x1 + x2\ns ~ x1 + x2")
agree <- "agree =~ A1 + A2 + A3 + A4 + A5\nneuro =~ N1 + N2 + N3 + N4 + N5"
agree_one <- "all =~ A1 + A2 + A3 + A4 + A5 + N1 + N2 + N3 + N4 + N5"
simulated <- "f =~ a1 + a2 + a3 + a4\ng =~ b1 + b2 + b3 + b4"
simulated_one <- "f =~ a1 + a2 + a3 + a4 + b1 + b2 + b3 + b4"
simulated_equal <- "f =~ a1 + l2*a2 + l3*a3 + l4*a4\ng =~ b1 + l2*b2 + l3*b3 + l4*b4"
full <- paste0(simulated, "\ng ~ f + x\ny ~ g + x")
indirect <- paste0(simulated, "\ng ~ f\ny ~ g + 0*x")
waves <- "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4 + 1*t5\ns =~ 0*t1 + 1*t2 + 2*t3 + 3*t4 + 4*t5"
level <- "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4 + 1*t5"
heavy <- "sim_heavy_tails"
absent <- list(missing = "ml")
hs_absent <- "HolzingerSwineford1939_missing"
pd_absent <- "PoliticalDemocracy_missing"

pairs <- list()
# `both`: options of both models; r and m: of the restricted and of the general one.
pair <- function(name, data, restricted, general, r = list(), m = list(), both = list(), kind = "sem") {
  stopifnot(!name %in% vapply(pairs, `[[`, "", "name"))
  pairs[[length(pairs) + 1]] <<- list(name = name, data = data, kind = kind,
    restricted = list(model = restricted, options = c(both, r)), general = list(model = general, options = c(both, m)))
}
pair("one in three factors", hs_data, one, hs)
pair("two in three factors", hs_data, two, hs)
pair("one in two factors", hs_data, one, two)
pair("another assignment", hs_data, mixed, correlated)
pair("orthogonal", hs_data, hs, hs, list(orthogonal = TRUE))
pair("wishart", hs_data, one, hs, both = list(likelihood = "wishart"))
pair("std.lv", hs_data, hs, hs, list(orthogonal = TRUE), both = list(std.lv = TRUE))
pair("another scaling", hs_data, one, hs, list(std.lv = TRUE))
pair("residual covariance", hs_data, hs, correlated)
pair("cross-loading", hs_data, hs, sub("x2 + x3", "x2 + x3 + x9", hs, fixed = TRUE))
pair("second order", hs_data, paste0(hs, "\ng =~ visual + a*textual + a*speed"), hs)
pair("second order, another restriction", hs_data, paste0(second, "\nspeed ~~ 0*speed"), second)
pair("means", hs_data, one, hs, both = means)
pair("GLS", hs_data, one, hs, both = list(estimator = "GLS"))
pair("GLS with means", hs_data, two, hs, both = list(estimator = "GLS", meanstructure = TRUE))
pair("WLS", hs_data, two, hs, both = list(estimator = "WLS"))
pair("WLS with means", hs_data, hs, correlated, both = list(estimator = "WLS", meanstructure = TRUE))
pair("equal labels", hs_data, gsub("[abc]\\*", "a*", labelled), labelled)
pair("two equalities", hs_data, paste0(labelled, "\na == b\nc == d"), labelled)
pair("linear constraint", hs_data, paste0(labelled, "\na + b == c"), labelled)
pair("square", hs_data, paste0(labelled, "\na == b^2"), labelled)
pair("product and equality", hs_data, paste0(labelled, "\na*b == 0.5\nc == d"), labelled)
pair("product in linear", hs_data, paste0(labelled, "\na*b == 0.5\nc == d"), paste0(labelled, "\nc == d"))
pair("fixed loading", hs_data, sub("a*x2", "0.5*x2", labelled, fixed = TRUE), labelled)
pair("fixed correlation", hs_data, paste0(hs, "\nvisual ~~ 0.3*textual"), hs, both = list(std.lv = TRUE))
for (by in c("school", "sex")) {
  group <- list(group = by)
  over <- function(...) equal(..., group = group)
  name <- function(text) paste0(text, if (by == "sex") " over sex")
  pair(name("loadings"), hs_data, hs, hs, over("loadings"), group)
  pair(name("intercepts"), hs_data, hs, hs, over("loadings", "intercepts"), over("loadings"))
  pair(name("residuals"), hs_data, hs, hs, over("loadings", "intercepts", "residuals"), over("loadings", "intercepts"))
  pair(name("factor covariances"), hs_data, hs, hs, over("loadings", "lv.variances", "lv.covariances"), over("loadings"))
  pair(name("factor means"), hs_data, hs, hs, over("loadings", "intercepts", "means"), over("loadings", "intercepts"))
}
pair("intercepts but one", hs_data, hs, hs, c(scalar, list(group.partial = "x3~1")), metric)
pair("intercepts in intercepts but two", hs_data, hs, hs, scalar, c(scalar, list(group.partial = c("x3~1", "x7~1"))))
pair("loadings without means", hs_data, hs, hs, metric, school, both = list(meanstructure = FALSE))
pair("loadings with std.lv", hs_data, hs, hs, metric, school, both = list(std.lv = TRUE))
pair("loadings by GLS", hs_data, hs, hs, metric, school, both = list(estimator = "GLS"))
pair("loadings, wishart", hs_data, hs, hs, metric, school, both = list(likelihood = "wishart"))
pair("one in three factors of groups", hs_data, one, hs, both = school)
pair("regressions", hs_data, "textual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\nspeed ~ textual",
     "textual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\nspeed ~ textual", equal("loadings", "regressions"), metric)
pair("regressions of observed variables", hs_data, "x9 ~ x1 + x5\nx5 ~ x1", "x9 ~ x1 + x5\nx5 ~ x1", equal("regressions"), school)
pair("labels of groups", hs_data, "visual =~ x1 + c(a, a)*x2 + c(b, d)*x3\ntextual =~ x4 + x5 + x6",
     "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6", both = school)
pair("democracy", pd_data, democracy(equal = TRUE), pd)
pair("democracy without residual covariances", pd_data, democracy(residuals = FALSE), pd)
pair("democracy with means", pd_data, democracy(equal = TRUE), pd, both = means)
pair("democracy with equal intercepts", pd_data, paste0(democracy(equal = TRUE), "\ny1 + y5 ~ m1*1\ny2 + y6 ~ m2*1\ny3 + y7 ~ m3*1\ny4 + y8 ~ m4*1\ndem65 ~ 1"),
     democracy(equal = TRUE), both = means)
pair("democracy without a direct effect", pd_data, sub("dem65 ~ ind60 + dem60", "dem65 ~ dem60", pd, fixed = TRUE), pd)
pair("democracy by GLS", pd_data, democracy(equal = TRUE), pd, both = list(estimator = "GLS"))
pair("indirect effect", pd_data, paste0(sub("dem65 ~ ind60 + dem60", "dem65 ~ ind60 + b*dem60", sub("dem60 ~ ind60", "dem60 ~ a*ind60", pd,
     fixed = TRUE), fixed = TRUE), "\na*b == 1"), pd)
pair("mediation", hs_data, short, long, both = random)
pair("mediation against its reverse", hs_data, turned, long, both = random)
pair("fixed x, mediation", hs_data, short, long)
pair("fixed x, paths", hs_data, ways, more_ways)
pair("fixed x, paths with means", hs_data, ways, more_ways, both = means)
pair("random x, paths", hs_data, ways, more_ways, both = random)
pair("fixed x, causes", hs_data, fewer_causes, cause)
pair("fixed x, causes of groups", hs_data, paste0(hs, "\nvisual ~ ageyr\ntextual ~ ageyr"), paste0(hs, "\nvisual ~ ageyr\ntextual ~ ageyr"),
     equal("loadings", "regressions"), metric)
pair("growth, no slope", grown, intercept, growth_model, kind = "growth")
pair("growth, equal residuals", grown, paste0(growth_model, equal_residuals), growth_model, kind = "growth")
pair("growth, free basis", grown, growth_model, free_basis, kind = "growth")
pair("growth, no covariance", grown, paste0(growth_model, "\ni ~~ 0*s"), growth_model, kind = "growth")
pair("growth, no mean of the slope", grown, paste0(growth_model, "\ns ~ 0*1"), growth_model, kind = "growth")
pair("growth, predictors", grown, paste0(growth_model, "\ni ~ x1 + 0*x2\ns ~ x1 + 0*x2"), predicted, kind = "growth")
pair("growth, equal effects", grown, paste0(growth_model, "\ni ~ a*x1 + b*x2\ns ~ a*x1 + b*x2"), predicted, kind = "growth")
pair("growth by GLS", grown, paste0(growth_model, equal_residuals), growth_model, both = list(estimator = "GLS"), kind = "growth")
pair("bfi, one in two factors", "bfi", agree_one, agree)
pair("bfi, orthogonal", "bfi", agree, agree, list(orthogonal = TRUE))
pair("bfi, loadings over gender", "bfi", agree, agree, equal("loadings", group = list(group = "gender")), list(group = "gender"))
pair("heavy tails, one in two factors", heavy, simulated_one, simulated)
pair("heavy tails, equal loadings", heavy, simulated_equal, simulated)
pair("heavy tails, paths", heavy, indirect, full)
for (set in c("sim_mcar_05", "sim_mcar_10", "sim_mcar_20", "sim_mcar_30", "sim_mar")) {
  pair(paste("equal loadings of", set), set, simulated_equal, simulated, both = absent)
}
pair("incomplete, one in two factors", "sim_mcar_10", simulated_one, simulated, both = absent)
pair("incomplete, paths", "sim_mcar_20", indirect, full, both = absent)
pair("incomplete, random x", "sim_mcar_30", indirect, full, both = c(absent, random))
pair("incomplete, planned", "sim_planned", simulated_equal, simulated, both = absent)
pair("incomplete, one in three factors", hs_absent, one, hs, both = absent)
pair("incomplete, loadings", hs_absent, hs, hs, metric, school, both = absent)
pair("incomplete, intercepts", hs_absent, hs, hs, scalar, metric, both = absent)
pair("incomplete, product", hs_absent, paste0(labelled, "\na*b == 0.5"), labelled, both = absent)
pair("incomplete, democracy", pd_absent, democracy(equal = TRUE), pd, both = absent)
pair("incomplete, growth", "sim_dropout", level, waves, both = absent, kind = "growth")
pair("incomplete, growth with predictors", "Demo.growth_missing", paste0(growth_model, "\ni ~ x1 + 0*x2\ns ~ x1 + 0*x2"), predicted,
     both = absent, kind = "growth")
pair("incomplete, listwise", "sim_mcar_10", simulated_equal, simulated)

# lavaan's own RFI is 1 where the formula gives a negative value. lavaan has neither it nor the NFI of a model with more df than the
# baseline, though chi-squares have a difference.
rfi <- function(m) {
  if (m["df"] > m["baseline.df"]) NA else if (m["df"] == 0) 1 else 1 - (m["chisq"] / m["df"]) / (m["baseline.chisq"] / m["baseline.df"])
}
nfi <- function(mr, mg) {
  if (is.na(mg["nfi"] - mr["nfi"])) (mr["chisq"] - mg["chisq"]) / mg["baseline.chisq"] else mg["nfi"] - mr["nfi"]
}

read <- function(pair) read.csv(file.path("fixtures/data", paste0(pair$data, ".csv")))
plain <- function(model, data, kind, options = list()) {
  # The unrestricted moments of incomplete data are iterated far beyond lavaan's default.
  options <- c(model$options, options, if (!is.null(model$options$missing)) list(em.h1.tol = 1e-12, em.h1.iter.max = 20000))
  suppressWarnings(do.call(kind, c(list(model = model$model, data = data), options)))
}
compare <- function(pair) {
  data <- read(pair)
  fits <- lapply(pair[c("restricted", "general")], plain, data, pair$kind)
  nested <- tryCatch(net(fits$restricted, fits$general)@test[2, 1],
                     error = function(problem) { message(pair$name, ": ", conditionMessage(problem)); NA })
  fits <- lapply(fits, polish)
  test <- lavTestLRT(fits$general, fits$restricted)
  mr <- fitMeasures(fits$restricted)
  mg <- fitMeasures(fits$general)
  aic <- c(mr["aic"], mg["aic"])
  c(pair, list(nested = nested,
       chisq = test[2, "Chisq diff"], df = test[2, "Df diff"], pvalue = test[2, "Pr(>Chisq)"],
       nfi = unname(nfi(mr, mg)), rfi = unname(rfi(mg) - rfi(mr)), tli = unname(mg["tli"] - mr["tli"]),
       ifi = unname((mr["chisq"] - mg["chisq"]) / (mg["baseline.chisq"] - mg["df"])),
       aic_weight = unname(exp(-aic[1] / 2 + min(aic) / 2) / sum(exp(-(aic - min(aic)) / 2)))))
}

# Satorra (2000) with Asparouhov and Muthen's (2010) shift, from lavaan's information matrices and Jacobians: C = H'A H with H the
# projection of the restricted Jacobian on the general one, W = (A^-1 - H C^-1 H') B.
satorra_2000 <- function(restricted, general) {
  space <- function(fit) if (fit@Model@eq.constraints) fit@Model@eq.constraints.K else diag(fit@Model@nx.free)
  jacobian <- function(fit) do.call(rbind, lavTech(fit, "delta")) %*% space(fit)
  in_space <- function(fit, what) crossprod(space(fit), lavTech(fit, what)) %*% space(fit)
  A <- in_space(general, "information.observed")
  B <- in_space(general, "information.first.order")
  H <- qr.solve(jacobian(general), jacobian(restricted))
  W <- (solve(A) - H %*% solve(crossprod(H, A) %*% H, t(H))) %*% B
  k <- ncol(A) - ncol(H)
  a <- sqrt(k / sum(diag(W %*% W)))
  gain <- fitMeasures(restricted, "chisq") - fitMeasures(general, "chisq")
  chisq <- unname(a * gain + k - a * sum(diag(W)))
  list(method = "satorra.2000", chisq = chisq, df = k, pvalue = pchisq(chisq, k, lower.tail = FALSE))
}

# lavaan finds the general model at the estimates of the restricted one by the names of their parameters; where they have
# not the same ones, its test of 2010 is that of another model, and is left out here (`names`).
tests_of <- function(pair, estimator, names) {
  data <- read(pair)
  pair[c("restricted", "general")] <- lapply(pair[c("restricted", "general")], function(model) {
    list(model = model$model, options = c(list(estimator = estimator), model$options))
  })
  fits <- lapply(pair[c("restricted", "general")], function(model) polish(plain(model, data, pair$kind)))
  by_mean <- estimator %in% c("MLM", "MLR", "WLSM", "ULSM")
  incomplete <- !is.null(pair$general$options$missing)
  methods <- c(if (by_mean) "satorra.bentler.2001", if (by_mean && names) "satorra.bentler.2010", "satorra.2000")
  tests <- lapply(methods, function(method) {
    # Of incomplete data lavaan has this test from a covariance matrix of complete ones.
    if (incomplete && method == "satorra.2000") return(satorra_2000(fits$restricted, fits$general))
    test <- tryCatch(suppressWarnings(lavTestLRT(fits$general, fits$restricted, method = method)),
                     error = function(problem) { message(pair$name, " ", estimator, " ", method, ": ", conditionMessage(problem)); NULL })
    if (is.null(test)) return(list(chisq = NA))
    list(method = method, chisq = test[2, "Chisq diff"], df = test[2, "Df diff"], pvalue = test[2, "Pr(>Chisq)"])
  })
  # lavaan has no test of 2010 against a saturated model.
  tests <- Filter(function(test) !is.na(test$chisq), tests)
  c(pair, list(estimator = estimator, tests = tests))
}

scaled <- list()
# `names`: the parameters of the restricted model have the names of those of the general one.
robust <- function(name, estimators, names = TRUE) {
  found <- Filter(function(pair) pair$name == name, pairs)
  stopifnot(length(found) == 1)
  for (estimator in estimators) {
    message(format(Sys.time(), "%X "), name, " ", estimator)
    scaled[[length(scaled) + 1]] <<- tests_of(found[[1]], estimator, names)
  }
}

part <- commandArgs(trailingOnly = TRUE)
if (!"scaled" %in% part) {
  out <- lapply(pairs, function(pair) {
    message(format(Sys.time(), "%X "), pair$name)
    compare(pair)
  })
  writeLines(toJSON(list(pairs = out), auto_unbox = TRUE, digits = I(17), na = "null"), "fixtures/reference/output/compare/compare.json")
}

if ("plain" %in% part) quit()

every <- c("MLM", "MLR", "MLMV", "MLMVS", "WLSM", "WLSMV")
likelihood <- c("MLM", "MLR", "MLMV")
robust("orthogonal", c(every, "ULSMV"))
robust("residual covariance", c(every, "ULSMV"))
robust("two in three factors", every, names = FALSE)
robust("mediation", every)
robust("loadings", c(likelihood, "WLSMV"))
robust("intercepts", likelihood)
robust("residuals", likelihood)
robust("factor covariances", likelihood)
robust("loadings over sex", likelihood)
robust("democracy", c(likelihood, "WLSMV"))
robust("democracy without residual covariances", likelihood)
robust("linear constraint", likelihood)
robust("square", likelihood)
robust("fixed x, paths", likelihood)
robust("random x, paths", likelihood)
robust("fixed x, causes", likelihood)
robust("growth, equal residuals", c(likelihood, "WLSMV"))
robust("growth, no covariance", likelihood)
robust("bfi, orthogonal", c("MLM", "MLR", "WLSMV"))
robust("heavy tails, equal loadings", c(likelihood, "MLMVS"))
robust("heavy tails, paths", likelihood)
robust("equal loadings of sim_mcar_10", "MLR")
robust("equal loadings of sim_mcar_30", "MLR")
robust("equal loadings of sim_mar", "MLR")
robust("incomplete, one in two factors", "MLR", names = FALSE)
robust("incomplete, paths", "MLR")
robust("incomplete, random x", "MLR")
robust("incomplete, loadings", "MLR")
robust("incomplete, intercepts", "MLR")
robust("incomplete, democracy", "MLR")
robust("incomplete, growth", "MLR", names = FALSE)
writeLines(toJSON(list(pairs = scaled), auto_unbox = TRUE, digits = I(17), na = "null"), "fixtures/reference/output/compare/scaled.json")
