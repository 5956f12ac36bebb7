//! The stories behind the diagnostics of files, data, options and estimation; those of the model language are in
//! `latva_spec`. 07 is about files and data, 08 about estimation.

/// The story behind an identifier of this crate.
pub(crate) fn explain(id: &str) -> Option<&'static str> {
    STORIES.iter().find(|(known, _)| *known == id).map(|(_, story)| *story)
}

const STORIES: &[(&str, &str)] = &[
    (
        "E0700",
        "\
The first file of `latva fit` is the model: a text of formulas, by custom with
the ending .lav. The data follow `--data`. A file whose ending says that it
holds data or a document is not read as a model.",
    ),
    (
        "E0701",
        "\
There is no file of that name. File names on the command line are seen from the
folder in which the program runs; those in the `#!` block of a model file are
seen from the folder of the model file. Where the folder holds files with a
similar name, the message lists them.",
    ),
    (
        "E0702",
        "\
The file exists but cannot be read: it is a folder, you have no right to read
it, or the disk failed.",
    ),
    (
        "E0703",
        "\
A model file is plain text in UTF-8. A document of a word processor, a
spreadsheet, an SPSS or AMOS file is not; and older editors may save letters
such as ä in another encoding. Save the text as UTF-8.",
    ),
    (
        "E0704",
        "\
A fit needs data: raw data as delimited text with `--data FILE`, or moments
(covariances or correlations with standard deviations, means and N) with
`--moments FILE`. A model file may name its data at its top:

    #! data = survey.csv

`latva table MODEL` shows the parameter table and the degrees of freedom without
data.",
    ),
    (
        "E0705",
        "\
Raw data and moments exclude each other, and so do two data files: it would not
be clear which to analyse.",
    ),
    (
        "E0706",
        "\
The result could not be written. Look whether the folder exists, whether you may
write to it, and whether the disk is full.",
    ),
    (
        "E0707",
        "\
The `#!` block at the top of a model file holds options of `latva fit`, one to a
line, as on the command line but without dashes in front:

    #! data = survey.csv
    #! group = school
    #! std-lv

Names with dots or underscores as in R (std.lv) are understood too.",
    ),
    (
        "E0708",
        "\
The value of an option in the `#!` block is not one that the option takes.
`latva fit --help` lists the values of each option.",
    ),
    (
        "E0709",
        "\
`latva explain` takes the identifier of a diagnostic: the letter and digits in
brackets, such as E0102 in `error[E0102]`.",
    ),
    (
        "E0710",
        "\
The data file is not delimited text with a header line and as many cells in each
row. latva finds out encoding, delimiter and decimal mark by itself;
docs/guide/data.md says how. Files of SPSS, Stata, SAS or Excel must be exported
as CSV first.",
    ),
    (
        "E0711",
        "\
The data file holds nothing, or names without rows.",
    ),
    (
        "E0712",
        "\
The model names a variable that is not in the data and that no formula makes a
factor (`name =~ ...`). Most often a letter is wrong; names are case sensitive.",
    ),
    (
        "E0713",
        "\
`--group VARIABLE` names the column that splits the cases into groups, and model
files may name its labels in `group:` headers. Moments are split in the moments
file itself.",
    ),
    (
        "E0714",
        "\
Two columns have the same name, so that it would not be clear which is meant.",
    ),
    (
        "E0715",
        "\
A variable of the model must be numeric. The message shows the cells that are
not, with their lines. A mark for missing values that latva does not know can be
declared: `--na .,-99,missing`. A column of words, such as the name of a school, cannot
be a variable, but it can split the cases into groups: `--group school`.",
    ),
    (
        "E0716",
        "\
A variable without any value, or with one value only, has no variance and no
covariance with others: no model can explain it.",
    ),
    (
        "E0717",
        "\
The sample covariance matrix of p variables is singular with fewer than p + 1
cases, and most discrepancies need its inverse. With listwise deletion, one
variable with many missing values can cost most cases: `--missing ml` uses all
of them.",
    ),
    (
        "E0718",
        "\
One variable is an exact linear combination of others, such as a sum score
beside its items, so that the sample covariance matrix is singular and its
determinant zero. Leave one of the variables out. `--estimator ULS` does not
need the inverse.",
    ),
    (
        "E0719",
        "\
No case has values in both variables, so that the data say nothing about their
covariance.",
    ),
    (
        "E0720",
        "\
The model names no observed variable at all.",
    ),
    (
        "E0721",
        "\
The moments file lacks a field, has an unknown one, or one with a wrong value.
docs/guide/data.md describes the fields.",
    ),
    (
        "E0722",
        "\
Ordered variables need thresholds and polychoric correlations, which latva does
not have yet. Treating five or more categories as numbers is common; with fewer,
standard errors and chi-square suffer.",
    ),
    (
        "E0723",
        "\
The study file has a mistake: TOML that cannot be read, a field that is unknown,
a figure that is no figure. Figures are texts, so that their printed precision is
known: chisq = \"85.31\".",
    ),
    (
        "E0724",
        "\
A sampling weight says how many cases of the population a row of the sample stands
for: the inverse of the probability with which it was drawn, often corrected for
nonresponse. Only ratios count, as the weights are rescaled. A weight is a number
from 0 on; a row of weight 0 is left out. latva guesses no weight where one is
missing or negative. Moments have no cases that could be weighted.",
    ),
    (
        "N0750",
        "\
How the data file was read: encoding, decimal mark, row names.",
    ),
    (
        "N0751",
        "\
A column has no name, or shares it with another one: it cannot be used in a
model.",
    ),
    (
        "N0752",
        "\
Cases were left out because values are missing. With `--missing ml` they are
used, under the assumption that what is missing depends on observed variables
only (missing at random); under fixed.x, cases that miss an exogenous observed
variable stay out unless `--missing ml.x` is given.",
    ),
    (
        "N0753",
        "\
Cases without a value in the group variable were left out.",
    ),
    (
        "W0754",
        "\
No case has values in both variables, so that nothing in the data tells their
covariance; it hangs on the model alone.",
    ),
    (
        "N0755",
        "\
Programs print covariances with divisor N - 1. latva analyses moments with
divisor N, as lavaan does, and has converted them. A moments file whose
covariances have divisor N says so with `divisor = \"N\"`.",
    ),
    (
        "W0757",
        "\
`--group-equal` holds parameters equal over groups. Without `--group VARIABLE`
(or groups in the moments file) there is one group and nothing to hold equal.",
    ),
    (
        "W0756",
        "\
Correlations without standard deviations were analysed as if they were
covariances. Chi-square and standardized estimates are right where the model
does not depend on the scale of the variables; standard errors of unstandardized
estimates are not.",
    ),
    (
        "E0758",
        "\
`--wald` tests equalities that the model does not have, by its estimates and
their covariance matrix. Its sides are expressions of labels, of definitions
(`:=`) and of numbers: `--wald 'a == b; c == 0'` tests both together. A label is
given before its variable: `y ~ a*x`.",
    ),
    (
        "W0759",
        "\
Chi-squares, AIC and BIC of two models can be compared only where both were
fitted to the same cases and the same observed variables, with the same
estimator and convention. A model without a variable says nothing about it; keep
the variable in the smaller model, for instance with its path fixed to zero:
`y ~ 0*x`.",
    ),
    (
        "N0760",
        "\
A chi-square difference test asks whether the restrictions of the smaller model
hold, given the larger one: every set of moments that the smaller model can
produce must be one that the larger model can produce too. latva fits the larger
model to the moments that the smaller one implies; where it misses them, the
models are not nested and the difference is no chi-square.",
    ),
    (
        "N0762",
        "\
The difference of two robust tests is not the difference of their values; it is
scaled by a factor of its own. The factor of Satorra and Bentler (2001) can be
negative where the larger model is far from the data or the samples are small;
that of 2010 seldom is, and Satorra's test of 2000 needs none. These two look at the
cases again, so that saved results do not do; with missing values there is no test
of 2000.",
    ),
    (
        "E0761",
        "\
`latva compare` takes model files and results that `latva fit` saved as JSON
(`--out result.json`), told apart by the ending `.json`.",
    ),
    (
        "N0763",
        "\
A row of weight 0 stands for no case of the population. It is left out before
anything is counted: N, degrees of freedom and fit are those of the data without
it. lavaan counts such rows in N, which makes chi-square and BIC grow with rows
that say nothing.",
    ),
    (
        "W0764",
        "\
The column that holds the sampling weights is also a variable of the model. That
can be meant, where the model asks what the weights have to do with, but most often
a name was mistaken.",
    ),
    (
        "E0801",
        "\
latva knows what is asked but cannot estimate it yet: a kind of parameter, an
estimator, a test or a treatment of missing values. docs/limitations.md lists
what is not there. Nothing else is estimated in its place.",
    ),
    (
        "E0802",
        "\
Two options contradict each other, or an option does not go with the data.",
    ),
    (
        "E0803",
        "\
A model needs observed variables: columns of the data that factors are measured
by, or that regressions and covariances connect.",
    ),
    (
        "E0804",
        "\
The model names a variable that the data do not have.",
    ),
    (
        "E0805",
        "\
The model is written for another number of groups than the data form. Groups
come from `--group VARIABLE`, from the moments file, or from `group:` headers in
the model.",
    ),
    (
        "E0806",
        "\
Maximum likelihood and generalized least squares need a sample covariance matrix
that is positive definite: more cases than variables, and no variable that is an
exact combination of others.",
    ),
    (
        "E0807",
        "\
The model has intercepts or means, but the moments were given without means.",
    ),
    (
        "E0808",
        "\
What is asked (robust standard errors, or a treatment of missing values) needs
each case; moments do not hold them.",
    ),
    (
        "E0809",
        "\
A model cannot have more free parameters than there are sample moments: its
degrees of freedom would be negative, and infinitely many solutions would fit
equally well. `latva table MODEL` shows the account.",
    ),
    (
        "E0810",
        "\
Constraints or bounds cannot hold together, such as a == 1 and a == 2, or a > 2 and
a < 1.",
    ),
    (
        "E0811",
        "\
A constraint or a definition names a label that no parameter has. A label is
given before its variable: `y ~ a*x`.",
    ),
    (
        "E0812",
        "\
The data cannot tell some parameters apart: another set of values gives the same
covariances, so that neither their estimates nor their standard errors mean
anything. The message lists the parameters of each such direction.

Frequent causes: a factor with two indicators and no connection to others; a
factor without a scale (no marker, its variance free); residual covariances
that, together with a path, say the same thing twice; feedback loops without a
predictor of their own. Fix one of the parameters, set two of them equal, add an
indicator or a predictor.",
    ),
    (
        "E0831",
        "\
Weighted least squares (WLS, AMOS's asymptotically distribution-free method)
weights the moments by the inverse of their covariance matrix, which has fourth
moments of the variables in it. That matrix can only be inverted with more cases
than there are moments: p (p + 1) / 2 of p variables, and p more with means. Even
then the method wants some thousand cases to be trusted. DWLS uses the diagonal
alone; ML with robust standard errors and a scaled test (`--estimator MLM`) needs
neither.",
    ),
    (
        "E0832",
        "\
The weight of WLS and DWLS is the inverse of the covariance matrix of the sample
moments. It does not exist where a moment says nothing that others do not say: a
variable with two values, for instance, has a square that is a linear function
of the variable itself.",
    ),
    (
        "N0801",
        "\
An equality constraint follows from the others: with a == b and b == c, a == c says
nothing new. It is kept, but takes no degree of freedom.",
    ),
    (
        "N0802",
        "\
An inequality or a bound binds when the fit would be better without it: the
estimates lie on its edge. Inequalities do not count in the degrees of freedom,
whether they bind or not, so that chi-square is compared with a distribution that
is too wide on the edge. Standard errors treat a constraint that binds as an
equality; those beside a bound are what the information gives without it.
The Lagrange multiplier in the JSON result tells by how much chi-square would fall
per unit.",
    ),
    (
        "W0801",
        "\
A variance cannot be negative, but the estimate is: a Heywood case. With small
samples or weak indicators this may be chance; otherwise the model is wrong for
these data: too many factors, an indicator that measures something else, or one
that is nearly the factor itself. Look first at the indicator named, at its
loading and at its correlations with the others. Fixing the variance to zero
changes what the model says and should be reported.",
    ),
    (
        "W0802",
        "\
A correlation beyond one cannot be. Most often the two factors are one: their
indicators correlate as much between as within the factors.",
    ),
    (
        "W0803",
        "\
The covariance matrix of the factors belongs to no possible factors: some
combination of them would have a negative variance. The factor that weighs most
in that combination is named.",
    ),
    (
        "W0804",
        "\
The residual covariances of some indicators are larger than their residual
variances allow.",
    ),
    (
        "W0805",
        "\
The search for the estimates ended before the gradient was zero. The numbers in
the report are those of the last step: they are no estimates, and tests and
standard errors are not given. What was tried is listed. Scale and sign of the
markers, weak or negatively keyed indicators, few cases, and models that say too
much for the data are the usual causes.",
    ),
    (
        "W0806",
        "\
A nonlinear constraint could not be satisfied: the search ended where the distance
from it has a minimum that is not zero. Some constraints have no solution at all
(a^2 == -1); others have one that the search did not find from its start values.
Linear constraints that exclude each other are told before the fit.",
    ),
    (
        "E0825",
        "\
Two-stage estimation first estimates the means, variances and covariances of all
variables from the incomplete cases, and its standard errors rest on how well
these are known. Where no case, or hardly one, has two variables together, their
covariance is not known at all. Full-information maximum likelihood (`--missing
ml`) estimates the parameters of the model directly and can do without it.",
    ),
    (
        "W0810",
        "\
With missing values the chi-square compares the likelihood of the model with that
of free means, variances and covariances. Where few cases have some variables
together, that likelihood grows without end as the covariance matrix gets
singular, and there is nothing to compare with. The estimates of the model and
its log-likelihood are not touched by that; chi-square and fit indices are left
out.",
    ),
    (
        "N0803",
        "\
With missing values the robust CFI, TLI and RMSEA need the information that the
cases have about all moments of the unrestricted model, p (p + 3) / 2 of p
variables, and that takes the longer, the more variables and patterns there are.
Without a robust test they are left out where it would take more than about a
second; `--estimator MLR` gives them whatever it takes.",
    ),
    (
        "W0831",
        "\
A test that was asked for cannot be computed here. Browne's residual-based test
without assumption on the distribution needs more cases than moments, p (p + 1) /
2 of p variables and p more with means. A scaled test needs information that is
not singular, and a scaling factor above zero; a negative one occurs in small
samples with extreme cases.",
    ),
    (
        "W0832",
        "\
Standard errors are the inverse of an information matrix. The observed one, which
`--estimator MLR` and `--missing ml` use, is the curvature of the likelihood at the
estimates; in small samples, or where a parameter is hardly determined, it may
not be positive definite although the model is identified. The expected one is.",
    ),
    (
        "N0833",
        "\
The bootstrap fits the model to samples drawn from the cases with replacement.
Some of them cannot be fitted: in small samples the covariance matrix of a draw
may be singular, or a model that hardly fits may not converge. Such draws are left
out. A few do no harm; many mean that the draws that are left are a selection, and
standard errors and p-values from them are too small or too large.",
    ),
    (
        "W0834",
        "\
Standard errors of the bootstrap are standard deviations over the draws to which
the model could be fitted, and there are fewer than two of these. More cases or a
simpler model help; other standard errors need no draws.",
    ),
    (
        "E0835",
        "\
Sampling weights enter moments, likelihood, standard errors and tests. Where a
method does not take them in, latva refuses it: the bootstrap would have to draw as
the sample was drawn; pairwise and two-stage moments, the Wishart likelihood and
the arithmetic of AMOS are those of samples in which each case counts alike.",
    ),
    (
        "W0836",
        "\
With sampling weights, the inverse information and the unscaled chi-square treat a
case of weight 2 as two cases that were seen, which say more than one. Standard
errors tend to be too small and chi-square too large. The defaults, robust.huber.white with
yuan.bentler.mplus for maximum likelihood and robust.sem with satorra.bentler for least
squares, take the weights as what they are.",
    ),
    (
        "W0837",
        "\
A definition (`:=`) is a formula of the estimates, and at these estimates it has no
finite value: a division by zero, a logarithm or root of a negative number, a
number beyond what a computer holds. It is left without value, standard error and
test; the rest of the solution is not touched.",
    ),
    (
        "W0838",
        "\
A constraint must have a value and derivatives wherever the search passes, and first
of all at the start. `log(a) == 1` has none at a = -1, `a == 1/(b - b)` has none
anywhere. Start values in the range of the formula help: `start(0.5)*x`.",
    ),
    (
        "N0806",
        "\
There are fewer than five cases for each free parameter. Maximum likelihood and
its tests rest on large samples: with few cases, standard errors tend to be too
small and chi-square too large. The rule is rough; strong indicators need fewer
cases, weak ones and non-normal data more.",
    ),
    (
        "W0807",
        "\
The estimate of a parameter hangs on those of others so closely that the data
hardly tell them apart: the model is identified on paper, but these data are close
to a case in which it is not. Frequent causes: two factors that correlate near
one; a factor with two indicators whose correlations with the rest of the model
are near zero; feedback loops whose predictors are weak. Standard errors of the
parameters concerned are large and unstable.",
    ),
];
