"""One workload with semopy: python bench/peers/semopy.py FOLDER SECONDS

A fit is Model(), fit(), inspect() (standard errors) and calc_stats() (tests and fit measures)."""
import json
import statistics
import sys
import time
import warnings

# The folder of this script holds a file of the name of the package.
sys.path.pop(0)
import numpy
import pandas
import semopy

warnings.simplefilter("ignore")
folder, seconds = sys.argv[1], float(sys.argv[2])
with open(f"{folder}/workload.json") as file:
    spec = json.load(file)
data = pandas.read_csv(f"{folder}/data.csv")
with open(f"{folder}/model.lav") as file:
    # There are no defined parameters.
    model = "\n".join(line for line in file.read().splitlines() if ":=" not in line)
options = spec["options"] or {}


def tell(**fields):
    print(json.dumps({"program": "semopy", "version": semopy.__version__, "workload": spec["name"], **fields}))
    sys.exit()


if "group" in options:
    tell(declined="no equal intercepts over groups")
if options.get("estimator") == "MLR":
    tell(declined="no test of Yuan and Bentler")
if spec["kind"] == "report":
    tell(declined="no standard errors of standardized estimates")
if spec["kind"] == "modification":
    tell(declined="no modification indices")
if spec["kind"] == "refits":
    tell(declined="no bootstrap of a fitted model")

incomplete = options.get("missing") == "ml"
objective = "FIML" if incomplete else {"WLS": "WLS"}.get(options.get("estimator"), "MLW")
if incomplete:
    # It has no means, with FIML neither: they are taken off first, from the values that are there.
    data -= data.mean()


def work():
    fitted = semopy.Model(model)
    result = fitted.fit(data, obj=objective)
    fitted.inspect()
    semopy.calc_stats(fitted)
    return fitted, result


# The time that the processor spends, so that what else the machine does counts little.
times, total = [], 0.0
while total < seconds * (1 if len(times) >= 5 else 5 if len(times) >= 3 else 20):
    spent, begin = time.process_time(), time.perf_counter()
    fitted, result = work()
    passed = time.perf_counter() - begin
    times.append(min(passed, time.process_time() - spent))
    print("run", times[-1], flush=True)
    total += passed

sigma = fitted.calc_sigma()[0]
names = list(fitted.vars["observed"])
table = pandas.DataFrame(sigma, columns=names)
table.insert(0, "mean", numpy.nan)
table.insert(0, "block", 1)
table.to_csv(f"{folder}/semopy.csv", index=False, na_rep="NA")
success = result[0].success if isinstance(result, tuple) else result.success
tell(best=min(times), median=statistics.median(times), repeats=len(times), converged=bool(success))
