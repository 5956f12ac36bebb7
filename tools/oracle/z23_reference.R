# Writes fixtures/studies/Z23/simulated.toml: figures of lavaan for the chain of models of study Z23 on the simulated data.
#
#   Rscript tools/oracle/z23_reference.R          (from the root of the project)

suppressPackageStartupMessages(library(lavaan))
folder <- "fixtures/studies/Z23"
data <- read.csv("fixtures/data/simulated_z23.csv")

lines <- c(
  "# The chain of models of study Z23 on simulated data (fixtures/data/simulated_z23.csv): nothing in this file is a figure of the study.",
  sprintf("# Written by tools/oracle/z23_reference.R with lavaan %s (Rscript tools/oracle/z23_reference.R).", packageVersion("lavaan")),
  "schema = \"latva.study/1\"",
  "key = \"Z23 (simulated)\"",
  "title = \"The chain of models of Z23 on data simulated from its loadings and correlations\"",
  sprintf("source = \"lavaan %s on the same data\"", packageVersion("lavaan")),
  "software = \"lavaan\"",
  "n = \"278\""
)

figure <- function(x) sprintf("\"%.4f\"", x)

register <- function(name, file, kind, group = NULL, group.equal = "") {
  fit <- do.call(kind, list(
    model = paste(readLines(file.path(folder, file)), collapse = "\n"), data = data, group = group, group.equal = group.equal,
    control = list(rel.tol = 1e-13, x.tol = 1e-12), optim.force.converged = TRUE
  ))
  measures <- fitMeasures(fit)
  options <- if (is.null(group)) NULL else if (group.equal == "") "options = { group = \"diversity\" }"
    else sprintf("options = { group = \"diversity\", group_equal = \"%s\" }", group.equal)
  lines <<- c(lines, "", "[[model]]", sprintf("name = \"%s\"", name), sprintf("syntax = \"%s\"", file), sprintf("kind = \"%s\"", kind),
    "data = \"../../data/simulated_z23.csv\"", options, "tolerance = \".001\"",
    if (!is.null(group)) "groups = \"2\"",
    sprintf("chisq = %s", figure(measures["chisq"])), sprintf("df = \"%d\"", measures["df"]))
  if (measures["df"] > 0) {
    for (m in c(p = "pvalue", nfi = "nfi", cfi = "cfi", tli = "tli", rmsea = "rmsea", srmr = "srmr", aic = "aic", bic = "bic")) {
      field <- c(pvalue = "p")[m]
      lines <<- c(lines, sprintf("%s = %s", if (is.na(field)) m else field, figure(measures[m])))
    }
  }
  table <- parameterEstimates(fit, standardized = TRUE)
  wanted <- table$op %in% c("=~", "~", ":=") & !is.na(table$z)
  for (i in which(wanted)) {
    row <- table[i, ]
    lines <<- c(lines, "", "[[model.parameter]]",
      sprintf("parameter = \"%s\"", if (row$op == ":=") row$lhs else paste(row$lhs, row$op, row$rhs)),
      if (!is.null(group) && row$op != ":=") sprintf("group = \"%s\"", lavInspect(fit, "group.label")[row$group]),
      sprintf("est = %s", figure(row$est)), sprintf("se = %s", figure(row$se)), sprintf("z = %s", figure(row$z)),
      if (row$op != ":=") sprintf("std_all = %s", figure(row$std.all)))
  }
  invisible(fit)
}

register("seven factors", "measurement.lav", "cfa")
register("one factor", "one-factor.lav", "cfa")
register("method factor", "method-factor.lav", "cfa")
register("AMC of second order", "second-order.lav", "cfa")
for (model in c(1:6, "2-product", "6-product")) {
  register(paste("Model", sub("-", ", ", model)), sprintf("model-%s.lav", model), "sem")
}
free <- register("groups, free paths", "groups.lav", "sem", group = "diversity")
equal <- register("groups, equal paths", "groups.lav", "sem", group = "diversity", group.equal = "regressions")
test <- fitMeasures(equal, c("chisq", "df")) - fitMeasures(free, c("chisq", "df"))
lines <- c(lines, "", "[[comparison]]", "name = \"paths by portfolio diversity\"",
  "models = [\"groups, free paths\", \"groups, equal paths\"]",
  sprintf("delta_chisq = \"%.3f\"", test[["chisq"]]), sprintf("delta_df = \"%d\"", test[["df"]]),
  sprintf("p = \"%.4f\"", pchisq(test[["chisq"]], test[["df"]], lower.tail = FALSE)))
writeLines(lines, file.path(folder, "simulated.toml"))
