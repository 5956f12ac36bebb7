# Simulates simulated_z23.csv: a sample from the figures that study Z23 prints. Sourced by data.R, whose write_set() it uses.
#
# Nothing in it is a case of the study. 278 cases are drawn from a normal population in which
# - the items have the standardized loadings of Table 2 on seven factors, with uncorrelated residuals;
# - the factors and the six controls have the correlations of Table 3 (there between scale scores: as correlations of factors they
#   are somewhat too low, so that scale scores correlate less here than in the paper);
# - scale scores (ioc to sp, means of items; amc is the mean of the first four, index and product are of rad and inc) have the means and standard deviations of Table 3. The standard deviation of R&D intensity is damaged in the text;
#   .47, that of a yes-or-no variable with mean .33, takes its place.
# Portfolio diversity (high or low) is drawn apart from everything else: the paper does not print how it hangs together with it.

set.seed(2023, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
z23 <- local({
  n <- 278
  loadings <- list(
    ioc = c(.77, .88, .72), ap = c(.77, .77, .80, .72), at = c(.76, .80, .75), il = c(.90, .88, .72, .73),
    rad = c(.79, .77, .70), inc = c(.70, .79, .68), sp = c(.92, .90, .90, .89, .91)
  )
  controls <- c("size", "age", "industry", "rd", "int_exp", "all_exp")
  mean <- c(5.43, 5.4, 5.31, 5.34, 5.38, 5.23, 5.10, 1.84, 1.10, 1.73, .33, .59, 2.08)
  sd <- c(1.01, 1.03, .97, .92, .96, .95, 1.34, .39, .36, .78, .47, .46, 1.14)
  below <- list(
    c(.59), c(.54, .52), c(.52, .46, .50), c(.48, .40, .51, .45), c(.44, .34, .38, .33, .41),
    c(.17, .20, .15, .20, .13, .37), c(.05, .04, .07, .16, .14, .10, .14), c(.05, .10, .07, .08, .07, .13, .07, .15),
    c(-.03, -.02, .05, .03, .05, .11, .15, .04, -.04), c(-.08, -.03, -.11, -.11, -.10, -.09, -.09, -.24, -.01, -.11),
    c(.14, .14, .08, .08, .10, .13, .01, .10, .64, .00, -.02), c(.00, .05, -.07, -.08, -.01, -.01, .14, .00, .04, -.15, .11, .04)
  )
  r <- diag(13)
  for (i in seq_along(below)) r[i + 1, seq_along(below[[i]])] <- below[[i]]
  r[upper.tri(r)] <- t(r)[upper.tri(r)]
  common <- matrix(rnorm(n * 13), n) %*% chol(r)
  items <- list()
  for (f in seq_along(loadings)) {
    l <- loadings[[f]]
    k <- length(l)
    # The mean of standardized items has the variance (sum(l)^2 + sum(1 - l^2)) / k^2.
    scale <- sd[f] / sqrt((sum(l)^2 + sum(1 - l^2)) / k^2)
    for (j in seq_len(k)) {
      score <- l[j] * common[, f] + sqrt(1 - l[j]^2) * rnorm(n)
      items[[paste0(names(loadings)[f], j)]] <- round(mean[f] + scale * score, 3)
    }
  }
  data <- as.data.frame(items)
  for (c in seq_along(controls)) data[[controls[c]]] <- round(mean[7 + c] + sd[7 + c] * common[, 7 + c], 3)
  scales <- sapply(names(loadings), function(f) rowMeans(data[paste0(f, seq_along(loadings[[f]]))]))
  data <- cbind(data, round(scales, 4))
  data$amc <- round((data$ioc + data$ap + data$at + data$il) / 4, 4)
  data$index <- round(data$rad + data$inc, 4)
  data$product <- round((data$rad - base::mean(data$rad)) * (data$inc - base::mean(data$inc)), 4)
  data$diversity <- sample(rep(c("high", "low"), length.out = n))
  data
})
write_set("simulated_z23.csv", z23,
  "simulated, seed 2023: from the loadings and correlations that study Z23 prints (fixtures/studies/Z23); no case of the study; see tools/oracle/z23_simulate.R",
  "none: simulated")
