# The pupils of Holzinger and Swineford with sampling weights: fixtures/data/HolzingerSwineford1939_weights*.csv. Sourced by
# tools/oracle/data.R, which has the functions.
#
# w: inverse probabilities of drawing, which differ by school, grade and the score of x4, times noise; w_zero: the same, but 0 for a tenth of
# the pupils; w_whole: whole numbers from 0 to 4.
set.seed(4208)
weights <- with(hs, exp(0.4 * (school == "Pasteur") - 0.3 * (!is.na(grade) & grade == 8) + 0.2 * scale(x4)[, 1]) *
                      rgamma(nrow(hs), 4, 4))
weights <- data.frame(w = round(weights, 4),
                      w_zero = round(ifelse(runif(nrow(hs)) < 0.1, 0, weights), 4),
                      w_whole = sample(0:4, nrow(hs), replace = TRUE))
write_set("HolzingerSwineford1939_weights.csv",
  cbind(hs[c("sex", "ageyr", "school", "grade", paste0("x", 1:9))], weights),
  paste0(lavaan_source("HolzingerSwineford1939"), ", with sampling weights simulated with seed 4208"), hs_citation)

set.seed(4209)
write_set("HolzingerSwineford1939_weights_missing.csv",
  cbind(hs[c("sex", "ageyr", "school")], as.data.frame(delete_cells(hs[paste0("x", 1:9)], 0.12)), weights),
  paste0(lavaan_source("HolzingerSwineford1939"),
         ", 12 % of x1..x9 deleted at random with seed 4209, with the sampling weights of HolzingerSwineford1939_weights.csv"),
  hs_citation)
