"""`train` beside scikit-learn's Ridge, and beside the exact solution in 80 digits; categories, missing values and classes
beside scikit-learn's on the same encoded matrix, a logistic regression to 1e-6 (newton-cholesky).

Usage: model-sklearn.py TRAIN_PROGRAM DIABETES_CSV

Well-conditioned data: coefficients, intercept and predictions agree with scikit-learn to 1e-8. Ill-conditioned data
(condition numbers to 1e12): coefficients are at least as close to the exact solution as those of solver="svd", and
predictions agree with scikit-learn to 1e-8 wherever scikit-learn agrees with the exact solution to that; a fit that
cannot be trusted says so. The reference recipe has the same mean squared error to 1e-9.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import mpmath as mp
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import log_loss, mean_squared_error, roc_auc_score
from sklearn.model_selection import train_test_split

mp.mp.dps = 80
TRAIN, DIABETES = sys.argv[1], sys.argv[2]
ALPHAS = [0.0, 0.01, 0.4, 1.0, 10.0, 1e3]
TOLERANCE = 1e-8
failures = []


def ours(folder, x, y, alpha, fraction=0.0):
    """Trains with the program, through a CSV file; coefficients, intercept and the model file."""
    names = [f"x{j}" for j in range(x.shape[1])] + ["y"]
    data, contract = folder / "data.csv", folder / "contract.json"
    if not data.exists():
        # repr is exact, so the program reads the very numbers.
        with data.open("w") as file:
            file.write(",".join(names) + "\n")
            file.writelines(",".join(map(repr, map(float, (*row, t)))) + "\n" for row, t in zip(x, y))
        columns = [{"name": name, "type": "number"} for name in names]
        holdout = {"fraction": fraction, "seed": 0}
        contract.write_text(json.dumps({"version": 1, "target": "y", "columns": columns, "holdout": holdout}))
    command = [TRAIN, "--data", data, "--contract", contract, "--alpha", repr(alpha), "--output", folder / "model"]
    subprocess.run(command, check=True, capture_output=True)
    model = json.loads((folder / "model" / "model.json").read_text())
    return np.array([f["coefficients"][0][0] for f in model["features"]]), model["intercepts"][0], model


def warnings_of(model):
    return model["training"]["diagnostics"].get("warnings", [])


def exact(x, y, alpha):
    """The solution in 80 digits: normal equations of the exactly centred data, of least norm where it is not unique."""
    n, p = x.shape
    columns = [[mp.mpf(float(v)) for v in x[:, j]] for j in range(p)]
    target = [mp.mpf(float(v)) for v in y]
    means, mean = [mp.fsum(c) / n for c in columns], mp.fsum(target) / n
    centred = [[v - m for v in c] for c, m in zip(columns, means)]
    goal = [v - mean for v in target]
    if alpha == 0 and n <= p:
        # The centred rows add up to nothing, so the last one follows from the others: w = B' (B B')^-1 y.
        rows = [[c[i] for c in centred] for i in range(n - 1)]
        outer = mp.matrix(n - 1, n - 1)
        for i in range(n - 1):
            for j in range(i + 1):
                outer[i, j] = outer[j, i] = mp.fdot(rows[i], rows[j])
        multipliers = list(mp.lu_solve(outer, mp.matrix(goal[:-1])))
        w = [mp.fdot(multipliers, [row[j] for row in rows]) for j in range(p)]
        return finish(w, columns, means, mean)
    gram = mp.matrix(p, p)
    for i in range(p):
        for j in range(i + 1):
            gram[i, j] = gram[j, i] = mp.fdot(centred[i], centred[j])
        gram[i, i] += mp.mpf(alpha)
    return finish(list(mp.lu_solve(gram, mp.matrix([mp.fdot(c, goal) for c in centred]))), columns, means, mean)


def finish(w, columns, means, mean):
    """Coefficients, intercept and predictions."""
    intercept = mean - mp.fdot(w, means)
    return w, intercept, [intercept + mp.fdot(w, row) for row in zip(*columns)]


def relative(a, b):
    """The greatest difference, relative to the greatest number of `b`; exact numbers are subtracted exactly."""
    difference = max(abs(mp.mpf(float(p)) - q) for p, q in zip(a, b))
    return float(difference / (max(abs(q) for q in b) or 1))


def random(rows, columns, seed, offset=0.0, condition=None, noise=0.1):
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((rows, columns))
    if condition:
        left, _, right = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
        x = left * np.geomspace(1, 1 / condition, columns) @ right
    y = x @ generator.standard_normal(columns) + noise * np.abs(x).mean() * generator.standard_normal(rows) + 3
    return x + offset, y


def check(name, alpha, good, text):
    if not good:
        failures.append(f"{name}, alpha {alpha}: {text}")


def main():
    frame = pd.read_csv(DIABETES)
    diabetes = frame.drop(columns="target").to_numpy(), frame["target"].to_numpy()
    well = {
        "diabetes 442x10": diabetes,
        "tall 2000x20": random(2000, 20, 1),
        "wide 30x100": random(30, 100, 2),
        "square 40x40": random(40, 40, 3),
        "offset 200x5": random(200, 5, 4, offset=1000.0),
        "large 27500x60": random(27500, 60, 5),
        "streamed 101000x6": random(101000, 6, 6),
    }
    ill = {f"condition {c:.0e}": random(60, 8, int(np.log10(c)), condition=c, noise=e) for c, e in
           [(1e4, 0.1), (1e6, 0.1), (1e8, 0.1), (1e10, 0.1), (1e12, 0.1)]}
    ill |= {"condition 1e+12, offset": random(60, 8, 99, condition=1e12, offset=1.0, noise=0.01)}
    print(f"{'data':28} {'worst against scikit-learn':>28} {'worst against exact':>44}")
    print(f"{'':28} {'coefficients':>14} {'predictions':>13} {'ours':>12} {'svd':>10} {'predictions':>12} {'svd':>9}  solvers")
    for name, (x, y) in (well | ill).items():
        worst, solvers = np.zeros(6), set()
        with tempfile.TemporaryDirectory() as folder:
            for alpha in ALPHAS:
                w, b, model = ours(pathlib.Path(folder), x, y, alpha)
                sk = Ridge(alpha=alpha, solver="svd").fit(x, y)
                prediction, sk_prediction = x @ w + b, sk.predict(x)
                solvers.add(model["training"]["diagnostics"]["solver"])
                scale = max(np.abs(sk.coef_).max(), 1e-300)
                apart = max(np.abs(w - sk.coef_).max() / scale, abs(b - sk.intercept_) / max(scale, abs(sk.intercept_)))
                apart_prediction = np.abs(prediction - sk_prediction).max() / np.abs(sk_prediction).max()
                row = [apart, apart_prediction, 0, 0, 0, 0]
                small = x.size <= 10000
                solution = exact(x, y, alpha) if small else None
                if solution:
                    truth, _, predictions = solution
                    row[2:] = (relative(w, truth), relative(sk.coef_, truth),
                               relative(prediction, predictions), relative(sk_prediction, predictions))
                worst = np.maximum(worst, row)
                if name in well:
                    # Without full rank, scikit-learn keeps singular values that are rounding noise: exact decides.
                    agree = apart <= TOLERANCE or (alpha == 0 and row[3] > TOLERANCE >= row[2])
                    check(name, alpha, agree, f"coefficients are {apart:.1e} from scikit-learn's")
                    check(name, alpha, apart_prediction <= TOLERANCE, f"predictions are {apart_prediction:.1e} apart")
                    if not (alpha == 0 and x.shape[0] <= x.shape[1]):
                        check(name, alpha, not warnings_of(model), "there is a warning")
                if solution:
                    # One unit in the last place of the greatest coefficient: below it, closer has no meaning.
                    rounding = 2.3e-16
                    check(name, alpha, row[2] <= max(row[3], rounding), f"{row[2]:.1e} from exact, svd is {row[3]:.1e}")
                    agree = row[1] <= TOLERANCE or row[5] > TOLERANCE / 2
                    check(name, alpha, agree, f"predictions are {row[1]:.1e} apart where svd's are {row[5]:.1e} from exact")
                    # A sum of great terms that cancel each other cannot be closer than these are rounded, whoever adds it.
                    sums = rounding * (np.abs(x) @ np.abs(w) + abs(b)).max() / np.abs(prediction).max()
                    check(name, alpha, row[4] <= max(TOLERANCE, sums), f"predictions are {row[4]:.1e} from exact")
                if name.startswith("condition 1e+1") and alpha == 0:
                    warnings = warnings_of(model)
                    check(name, alpha, warnings and "condition number" in warnings[0], f"no warning: {warnings}")
        print(f"{name:28} {worst[0]:14.1e} {worst[1]:13.1e} {worst[2]:12.1e} {worst[3]:10.1e} {worst[4]:12.1e} {worst[5]:9.1e}  {', '.join(sorted(solvers))}")

    # The reference recipe.
    x, y = diabetes
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=0)
    expected = mean_squared_error(y_test, Ridge(alpha=0.4).fit(x_train, y_train).predict(x_test))
    with tempfile.TemporaryDirectory() as folder:
        found = ours(pathlib.Path(folder), x, y, 0.4, fraction=0.2)[2]["metrics"]["holdout"]["mse"]
    check("the reference recipe", 0.4, abs(found - expected) <= 1e-9 * expected, f"mse {found}, expected {expected}")
    print(f"reference recipe: mse {found!r}, scikit-learn {float(expected)!r}, relative difference {abs(found / expected - 1):.1e}")

    # Rank deficient and degenerate tables.
    for name, x, y in [
        ("copied column", *(lambda x, y: (np.column_stack([x, x[:, 0]]), y))(*random(50, 4, 7))),
        ("constant column", *(lambda x, y: (np.column_stack([x, np.full(50, 2.5)]), y))(*random(50, 4, 8))),
        ("one row", np.array([[1.0, 2.0]]), np.array([3.0])),
    ]:
        for alpha in (0.0, 1.0):
            with tempfile.TemporaryDirectory() as folder:
                w, b, model = ours(pathlib.Path(folder), x, y, alpha)
            # Ridge with alpha 0 keeps singular values that are rounding noise; least squares of least norm does not.
            sk = (Ridge(alpha=alpha, solver="svd") if alpha else LinearRegression()).fit(x, y)
            apart = np.abs(x @ w + b - sk.predict(x)).max()
            check(name, alpha, apart <= TOLERANCE, f"predictions are {apart:.1e} apart")
            check(name, alpha, bool(warnings_of(model)) == (alpha == 0), "the warning is wrong")
    mixed_columns()
    classifications(x_diabetes=diabetes[0])
    for failure in failures:
        print("FAILED", failure)
    print(f"model-sklearn: {len(failures)} failures")
    sys.exit(1 if failures else 0)


def trained(folder, columns, task, alpha, fraction=0.0):
    """Trains on columns of cells, the last of which is the target; the model file."""
    folder = pathlib.Path(folder)
    pd.DataFrame({name: cells for name, (_, cells) in columns.items()}).to_csv(folder / "data.csv", index=False)
    listed = [{"name": name, **kind} for name, (kind, _) in columns.items()]
    contract = {"version": 2, "task": {"kind": task}, "target": list(columns)[-1], "columns": listed, "holdout": {"fraction": fraction, "seed": 0}}
    (folder / "contract.json").write_text(json.dumps(contract))
    command = [TRAIN, "--data", folder / "data.csv", "--contract", folder / "contract.json", "--alpha", repr(alpha), "--output", folder / "model"]
    subprocess.run(command, check=True, capture_output=True)
    return json.loads((folder / "model" / "model.json").read_text())


def weights(model):
    """Coefficients by function and column, and intercepts."""
    functions = len(model["intercepts"])
    return np.array([[c for f in model["features"] for c in f["coefficients"][k]] for k in range(functions)]), np.array(model["intercepts"])


def mixed_columns():
    """A ridge regression on categories, a boolean and missing values, beside scikit-learn's on the matrix that they make."""
    random = np.random.default_rng(11)
    plan = random.choice(["basic", "plus", "pro"], 300)
    active, age = random.random(300) < 0.4, random.normal(40, 12, 300)
    gone = random.random(300) < 0.15
    y = age / 10 + 3 * (plan == "pro") - active + random.normal(0, 0.3, 300)
    cells = {"plan": ({"type": "category"}, plan), "active": ({"type": "boolean"}, np.where(active, "yes", "no")),
             "age": ({"type": "number", "required": False, "when_missing": "indicator"}, np.where(gone, np.nan, age)), "y": ({"type": "number"}, y)}
    matrix = np.column_stack([*(plan == level for level in ["basic", "plus", "pro"]), active, np.where(gone, age[~gone].mean(), age), gone]).astype(float)
    for alpha in (0.1, 1.0, 30.0):
        with tempfile.TemporaryDirectory() as folder:
            found, _ = weights(trained(folder, cells, "regression", alpha))
        apart = np.abs(found[0] - Ridge(alpha=alpha, solver="svd").fit(matrix, y).coef_).max()
        check("mixed columns", alpha, apart <= TOLERANCE, f"coefficients are {apart:.1e} apart")
        print(f"mixed columns, alpha {alpha}: coefficients {apart:.1e} apart")


def classifications(x_diabetes):
    """Logistic regressions beside newton-cholesky with a tight tolerance, raw scales among them; and a stratified hold-out."""
    from sklearn.datasets import load_breast_cancer, load_iris, load_wine
    random = np.random.default_rng(5)
    noisy = random.normal(size=(400, 3)) * [1, 1e4, 1e-4] + [0, 3e4, 0]
    sets = {"breast cancer": load_breast_cancer(return_X_y=True), "iris": load_iris(return_X_y=True), "wine": load_wine(return_X_y=True),
            "diabetes in two": (x_diabetes, (x_diabetes[:, 2] + random.normal(0, 0.05, len(x_diabetes)) > 0).astype(int)),
            "raw scales": (noisy, (noisy[:, 0] + noisy[:, 1] / 1e4 - 3 + random.normal(size=400) > 0).astype(int)),
            "four classes": (noisy, np.digitize(noisy[:, 0] + random.normal(0, 0.5, 400), [-1, 0, 1]))}
    for name, (x, y) in sets.items():
        columns = {f"x{j}": ({"type": "number"}, x[:, j]) for j in range(x.shape[1])} | {"y": ({"type": "integer"}, y)}
        for alpha in (0.1, 1.0):
            with tempfile.TemporaryDirectory() as folder:
                found, constants = weights(trained(folder, columns, "classification", alpha))
            peer = LogisticRegression(C=1 / alpha, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x, y)
            # At the least value of several classes the coefficients of a column add up to 0; on raw scales scikit-learn leaves a
            # rest that changes no probability, and next to nothing of the penalty.
            expected = peer.coef_ - (peer.coef_.mean(axis=0) if len(peer.coef_) > 1 else 0)
            apart = (np.abs(found - expected) / np.abs(expected).max(axis=0)).max()
            check(name, alpha, apart <= 1e-6, f"coefficients are {apart:.1e} apart")
            print(f"logistic, {name}, alpha {alpha}: coefficients {apart:.1e} apart, intercepts {np.abs(constants - peer.intercept_).max():.1e}")
    x, y = sets["breast cancer"]
    columns = {f"x{j}": ({"type": "number"}, x[:, j]) for j in range(x.shape[1])} | {"y": ({"type": "integer"}, y)}
    with tempfile.TemporaryDirectory() as folder:
        holdout = trained(folder, columns, "classification", 1.0, fraction=0.2)["metrics"]["holdout"]
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=0, stratify=y)
    p = LogisticRegression(C=1, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x_train, y_train).predict_proba(x_test)
    for metric, expected in {"auc": roc_auc_score(y_test, p[:, 1]), "log_loss": log_loss(y_test, p)}.items():
        check("stratified hold-out", 1.0, abs(holdout[metric] - expected) <= 1e-8, f"{metric} {holdout[metric]}, expected {expected}")


main()
