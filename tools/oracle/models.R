# The models that several oracle scripts fit, and what they do to lavaan's fits. Sourced from the root of the repository.

hs <- "visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9"
hs_data <- "HolzingerSwineford1939"

# Industrialization and political democracy; `equal`: the loadings of 1960 are those of 1965; `residuals`: with the residual covariances.
democracy <- function(equal = FALSE, residuals = TRUE) {
  later <- if (equal) c("a*", "b*", "c*") else rep("", 3)
  paste(c("ind60 =~ x1 + x2 + x3",
          sprintf("dem60 =~ y1 + %sy2 + %sy3 + %sy4", later[1], later[2], later[3]),
          sprintf("dem65 =~ y5 + %sy6 + %sy7 + %sy8", later[1], later[2], later[3]),
          "dem60 ~ ind60",
          "dem65 ~ ind60 + dem60",
          if (residuals) c("y1 ~~ y5", "y2 ~~ y4 + y6", "y3 ~~ y7", "y4 ~~ y8", "y6 ~~ y8")), collapse = "\n")
}
pd <- democracy()
pd_data <- "PoliticalDemocracy"

growth_model <- "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4
s =~ 0*t1 + 1*t2 + 2*t3 + 3*t4"

# nlminb as far as it goes.
tight <- list(rel.tol = 1e-13, x.tol = 1e-13)

# Steps with the expected information from lavaan's solution, in the space that linear equalities leave; under other constraints and
# bounds those of the quadratic programme with what binds at lavaan's solution held as equations.
polish <- function(fit) {
  model <- fit@Model
  table <- parTable(fit)
  constrained <- nrow(model@con.jac) > 0 && !model@eq.constraints
  values <- function(x) {
    c(if (!is.null(body(model@ceq.function))) model@ceq.function(x), if (!is.null(body(model@cin.function))) model@cin.function(x))
  }
  x <- lav_model_get_parameters(model)
  binding <- integer(0)
  if (constrained) binding <- setdiff(seq_len(nrow(model@con.jac)), attr(model@con.jac, "inactive.idx"))
  bounds <- list()
  if (!is.null(table$lower)) {
    free <- match(seq_along(x), table$free)
    for (i in seq_along(x)) for (bound in c(table$lower[free[i]], table$upper[free[i]])) {
      if (is.finite(bound) && abs(x[i] - bound) < 1e-6) bounds <- c(bounds, list(c(i, bound)))
    }
  }
  for (step in 1:400) {
    # The gradient is that of F / 2, of which the information of one case is the second derivative.
    # Of incomplete data it has the weights of the groups already.
    gradient <- as.vector(lavaan:::lav_model_gradient(model, lavsamplestats = fit@SampleStats, lavdata = fit@Data,
                                                      group.weight = !fit@Options$missing %in% c("ml", "ml.x")))
    unit <- lavaan:::lav_model_information_expected(model, lavsamplestats = fit@SampleStats, lavdata = fit@Data,
                                                    lavoptions = fit@Options)
    K <- if (model@eq.constraints) model@eq.constraints.K else diag(length(gradient))
    x <- lav_model_get_parameters(model)
    normals <- matrix(0, 0, length(x))
    right <- numeric(0)
    if (constrained) {
      normals <- numDeriv::jacobian(values, x)
      right <- values(x)
      con <- model@con.jac
      con[] <- normals
      model@con.jac <- con
      normals <- normals[binding, , drop = FALSE]
      right <- right[binding]
    }
    for (bound in bounds) {
      normals <- rbind(normals, as.numeric(seq_along(x) == bound[1]))
      right <- c(right, x[bound[1]] - bound[2])
    }
    # Redundant ones say nothing new.
    reduced <- normals %*% K
    if (nrow(reduced) > 0) {
      pivot <- qr(t(reduced), tol = 1e-8)
      keep <- pivot$pivot[seq_len(pivot$rank)]
      reduced <- reduced[keep, , drop = FALSE]
      right <- right[keep]
    }
    k <- nrow(reduced)
    n <- ncol(K)
    system <- rbind(cbind(crossprod(K, unit) %*% K, t(reduced)), cbind(reduced, matrix(0, k, k)))
    move <- solve(system, c(-crossprod(K, gradient), -right))[seq_len(n)]
    decrement <- sqrt(max(0, sum(move * (crossprod(K, unit) %*% K %*% move))))
    if (decrement < 1e-11) break
    model <- lav_model_set_parameters(model, x + as.vector(K %*% move))
  }
  if (decrement > 1e-8) message("decrement ", decrement)
  if (length(values(x)) > 0 && constrained) {
    left <- values(lav_model_get_parameters(model))
    cin <- attr(model@con.jac, "cin.idx")
    if (any(left[cin] < -1e-8)) message("an inequality does not hold")
  }
  options <- fit@Options
  options$optim.method <- "none"
  table <- as.list(parTable(fit))
  table$est <- table$se <- NULL
  suppressWarnings(lavaan(slotParTable = table, slotData = fit@Data, slotSampleStats = fit@SampleStats,
                          slotModel = model, slotOptions = options))
}
