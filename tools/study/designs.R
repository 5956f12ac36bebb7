# The models and populations of the convergence study, and their data sets.

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

# A function that returns the covariance matrix (divisor N) of the next data set of a design.
drawing <- function(number) {
  design <- designs[[number]]
  set.seed(20260800 + number)
  drawn <- suppressWarnings(simulateData(design$population, sample.nobs = design$n, model.type = "sem", return.fit = TRUE))
  population <- fitted(attr(drawn, "fit"))$cov
  function() {
    data <- matrix(rnorm(design$n * ncol(population)), design$n) %*% chol(population)
    S <- cov(data) * (design$n - 1) / design$n
    dimnames(S) <- dimnames(population)
    S
  }
}
