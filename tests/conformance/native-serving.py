"""Trains every family that `serving: native` exports, with the rendered project's own code, and compares what the Rust server answers with
what Python predicts, on fresh and on training rows, with missing values and levels that training has not seen.

    native-serving.py PROJECT PACKAGE SCORE [FAMILY…]

PROJECT is a rendered project with `serving: native`, SCORE the server's binary. Prints a table; ends with 1 unless all hold: regressions by trees
to the last bit, probabilities within 1e-15 (numbers of single precision to the last bit), everything else within 1e-12 of the answer's size.
"""

import contextlib
import importlib
import json
import math
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import warnings

import lightgbm as lgb
import native_variations
import numpy as np
import xgboost as xgb
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    ElasticNet,
    GammaRegressor,
    HuberRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    SGDClassifier,
    TweedieRegressor,
)
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeRegressor

project, package, score = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
only = sys.argv[4:]
sys.path.insert(0, str(project / "src"))
contract, estimator, export, features, model_folder, table, train = (
    importlib.import_module(f"{package}.{name}") for name in ("contract", "estimator", "export", "features", "model_folder", "table", "train")
)
warnings.filterwarnings("ignore")
LEVELS = ["red", "green", "blue", "grey", "1.5", "ä\"ö"]
SIZES = [str(n) for n in range(40)]
NAN = float("nan")
LINES = 1500
rng = np.random.default_rng(7)


def rules(task, classes=None):
    kind = {"kind": task, **({"classes": classes} if classes else {})}
    target = {"name": "y", "type": "category" if task == "classification" else "number"}
    columns = [
        {"name": "a", "type": "number"},
        {"name": "b column", "alias": "b", "type": "number", "required": False, "when_missing": "median"},
        {"name": "c", "type": "number", "required": False, "when_missing": "indicator"},
        {"name": "n", "type": "integer"},
        {"name": "flag", "type": "boolean", "required": False, "when_missing": "most-frequent"},
        {"name": "at", "type": "datetime"},
        {"name": "colour", "type": "category", "levels": LEVELS, "unknown": "ignore", "required": False, "when_missing": "indicator"},
        {"name": "size", "type": "category", "levels": SIZES, "unknown": "ignore"},
        {"name": "shop", "type": "category", "unknown": "most-frequent", "required": False, "when_missing": "most-frequent"},
        target,
    ]
    return contract.parse({"version": 2, "task": kind, "target": "y", "columns": columns, "holdout": {"fraction": 0.2, "seed": 3}})


def rows(count, fresh=False):
    """Cells of rows, as they are in requests; None is missing."""
    strange = ["never seen", ""] if fresh else [""]

    def one():
        colour = rng.choice(LEVELS) if rng.random() < 0.85 else (rng.choice(strange) or None)
        size = rng.choice(SIZES) if rng.random() < 0.85 else "huge"
        return [
            float(rng.choice([rng.normal(), round(rng.normal(), 1)])),
            None if rng.random() < 0.1 else float(rng.gamma(2.0) * 100),
            None if rng.random() < 0.2 else float(rng.normal() * 1e-3),
            int(rng.integers(-5, 60)),
            None if rng.random() < 0.1 else bool(rng.integers(2)),
            f"20{rng.integers(10, 27)}-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}T{rng.integers(24):02}:30:00Z",
            None if colour is None else str(colour),
            str(size),
            None if rng.random() < 0.1 else str(rng.choice(["north", "south", "east", *(["nowhere"] if fresh else [])])),
        ]

    return [one() for _ in range(count)]


def signal(row):
    a, b, c, n, flag, _, colour, size, shop = row
    wave = math.sin(a * 2) + (b or 50) / 200 + (c or 0) * 300 + (n % 7) / 5 + bool(flag)
    return wave + LEVELS.index(colour or "red") / 3 + (int(size) % 5 if size != "huge" else -2) / 2 + (shop == "north") + rng.normal() * 0.3


def write(path, task, cells, kind):
    """The rows with a target, as CSV."""
    truth = [signal(row) for row in cells]
    if kind == "positive":
        truth = [math.exp(value / 4) for value in truth]
    if task == "classification":
        edges = np.quantile(truth, [0.6] if kind == 2 else [0.3, 0.7])
        truth = [f"k{int(place)}" for place in np.digitize(truth, edges)]

    def text(cell):
        plain = "" if cell is None else str(cell)
        return '"' + plain.replace('"', '""') + '"'

    header = "a,b column,c,n,flag,at,colour,size,shop,y\n"
    lines = [",".join(map(text, [*row, value])) for row, value in zip(cells, truth, strict=True)]
    path.write_text(header + "\n".join(lines) + "\n", encoding="utf-8")


def ordinal(**more):
    """Numbers for the categories; what is unknown is NaN, in training too."""
    return OrdinalEncoder(categories=[LEVELS, SIZES], handle_unknown="use_encoded_value", unknown_value=NAN, **more)


def nan_front():
    shop = OrdinalEncoder()
    return make_column_transformer((ordinal(), ["colour", "size"]), (shop, ["shop"]), remainder="passthrough")


def one_hot_front(scaler, **more):
    hot = OneHotEncoder(handle_unknown="ignore", **more)
    impute = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), scaler)
    encode = make_pipeline(ordinal(), SimpleImputer(strategy="most_frequent", add_indicator=True), scaler)
    return make_column_transformer((hot, ["colour", "size", "shop"]), (impute, ["a", "b", "c", "n", "at"]), (encode, ["colour", "size"]), remainder="passthrough")


def with_nan(model):
    return make_pipeline(nan_front(), model)


P, R, C2, C3 = "positive", "plain", 2, 3
F = "frame"
FAMILIES = {
    "LinearRegression": ("matrix", R, lambda: LinearRegression()),
    "Ridge": ("matrix", R, lambda: Ridge(alpha=0.7)),
    "Lasso, scaled": (F, R, lambda: make_pipeline(one_hot_front(StandardScaler()), Lasso(alpha=0.01))),
    "ElasticNet, min-max": (F, R, lambda: make_pipeline(one_hot_front(MinMaxScaler(clip=True), min_frequency=30), ElasticNet(alpha=0.01))),
    "HuberRegressor, max-abs": (F, R, lambda: make_pipeline(one_hot_front(MaxAbsScaler(), drop="first"), HuberRegressor())),
    "PoissonRegressor": (F, P, lambda: make_pipeline(one_hot_front(RobustScaler()), PoissonRegressor(max_iter=500))),
    "GammaRegressor": (F, P, lambda: make_pipeline(one_hot_front(StandardScaler()), GammaRegressor(max_iter=500))),
    "TweedieRegressor": (F, P, lambda: make_pipeline(one_hot_front(StandardScaler()), TweedieRegressor(power=1.5, max_iter=500))),
    "selected polynomials, Ridge": (F, R, lambda: make_pipeline(
        one_hot_front(StandardScaler()), SelectKBest(f_regression, k=12), PolynomialFeatures(2), Ridge())),
    "LogisticRegression, 2": ("matrix", C2, lambda: LogisticRegression(solver="newton-cholesky", max_iter=1000)),
    "LogisticRegression, 3": (F, C3, lambda: make_pipeline(one_hot_front(StandardScaler()), LogisticRegression(max_iter=1000))),
    "SGDClassifier": (F, C2, lambda: make_pipeline(one_hot_front(StandardScaler()), SGDClassifier(loss="log_loss"))),
    "GridSearchCV(Ridge)": ("matrix", R, lambda: GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]})),
    "DecisionTreeRegressor": (F, R, lambda: with_nan(DecisionTreeRegressor(random_state=0))),
    "DecisionTreeClassifier": (F, C3, lambda: with_nan(DecisionTreeClassifier(max_depth=7, random_state=0))),
    "ExtraTreeRegressor": ("matrix", R, lambda: ExtraTreeRegressor(random_state=0)),
    "RandomForestRegressor": (F, R, lambda: with_nan(RandomForestRegressor(60, random_state=0))),
    "RandomForestClassifier, 2": (F, C2, lambda: with_nan(RandomForestClassifier(60, random_state=0))),
    "RandomForestClassifier, 3": (F, C3, lambda: with_nan(RandomForestClassifier(60, max_depth=6, random_state=0))),
    "ExtraTreesRegressor": ("matrix", R, lambda: ExtraTreesRegressor(60, random_state=0)),
    "ExtraTreesClassifier": ("matrix", C3, lambda: ExtraTreesClassifier(60, random_state=0)),
    "GradientBoostingRegressor": ("matrix", R, lambda: GradientBoostingRegressor(random_state=0)),
    "GradientBoosting, huber": (F, R, lambda: make_pipeline(one_hot_front(StandardScaler()), GradientBoostingRegressor(loss="huber", random_state=0))),
    "GradientBoosting, quantile": ("matrix", R, lambda: GradientBoostingRegressor(loss="quantile", init="zero", random_state=0)),
    "GradientBoostingClassifier, 2": ("matrix", C2, lambda: GradientBoostingClassifier(random_state=0)),
    "GradientBoosting, exponential": ("matrix", C2, lambda: GradientBoostingClassifier(loss="exponential", random_state=0)),
    "GradientBoostingClassifier, 3": ("matrix", C3, lambda: GradientBoostingClassifier(random_state=0)),
    **{
        f"HistGradientBoosting, {loss}": (F, P, lambda loss=loss, more=more: with_nan(HistGradientBoostingRegressor(loss=loss, random_state=0, **more)))
        for loss, more in (("squared_error", {}), ("absolute_error", {}), ("poisson", {}), ("gamma", {}), ("quantile", {"quantile": 0.8}))
    },
    "HistGradientBoosting, categories": (F, R, lambda: with_nan(HistGradientBoostingRegressor(categorical_features=[0, 1, 2], max_iter=200, random_state=0))),
    "HistGradientBoosting, categories in": (F, R, lambda: HistGradientBoostingRegressor(categorical_features=["colour", "size", "shop"], random_state=0)),
    "HistGradientBoostingClassifier, 2": (F, C2, lambda: with_nan(HistGradientBoostingClassifier(categorical_features=[0, 1], random_state=0))),
    "HistGradientBoostingClassifier, 3": (F, C3, lambda: with_nan(HistGradientBoostingClassifier(categorical_features=[0, 1], random_state=0))),
    "the rendered custom pipeline": (F, R, None),
    **{
        f"LightGBM, {objective}": (F, P, lambda objective=objective: with_nan(lgb.LGBMRegressor(objective=objective, verbosity=-1)))
        for objective in ("regression", "l1", "poisson", "gamma", "tweedie", "quantile", "huber", "mape")
    },
    "LightGBM, root": (F, R, lambda: with_nan(lgb.LGBMRegressor(reg_sqrt=True, verbosity=-1))),
    "LightGBM, categories": (F, R, lambda: with_nan(lgb.LGBMRegressor(categorical_feature=[0, 1, 2], min_data_per_group=5, cat_smooth=1, verbosity=-1))),
    "LightGBM, zero as missing": (F, R, lambda: with_nan(lgb.LGBMRegressor(zero_as_missing=True, verbosity=-1))),
    "LightGBM, no missing": (F, R, lambda: with_nan(lgb.LGBMRegressor(use_missing=False, verbosity=-1))),
    "LightGBM, dart": (F, R, lambda: with_nan(lgb.LGBMRegressor(boosting_type="dart", verbosity=-1))),
    "LightGBM, rf": (F, R, lambda: with_nan(lgb.LGBMRegressor(boosting_type="rf", bagging_freq=1, bagging_fraction=0.6, verbosity=-1))),
    "LGBMClassifier, 2": ("matrix", C2, lambda: lgb.LGBMClassifier(verbosity=-1)),
    "LGBMClassifier, 3": (F, C3, lambda: with_nan(lgb.LGBMClassifier(categorical_feature=[0, 1], verbosity=-1))),
    "LGBMClassifier, ova": (F, C3, lambda: with_nan(lgb.LGBMClassifier(objective="multiclassova", verbosity=-1))),
    **{
        f"XGBoost, {objective}": (F, P, lambda objective=objective: with_nan(xgb.XGBRegressor(objective=objective, n_estimators=80)))
        for objective in ("reg:squarederror", "reg:absoluteerror", "count:poisson", "reg:gamma", "reg:tweedie", "reg:pseudohubererror")
    },
    "XGBoost, categories": (F, R, lambda: with_nan(
        xgb.XGBRegressor(n_estimators=80, enable_categorical=True, feature_types=["c", "c", "c"] + ["q"] * 8, max_cat_to_onehot=3))),
    "XGBRFRegressor": ("matrix", R, lambda: xgb.XGBRFRegressor(n_estimators=40)),
    "XGBClassifier, 2": (F, C2, lambda: with_nan(xgb.XGBClassifier(n_estimators=80))),
    "XGBClassifier, 3": (F, C3, lambda: with_nan(xgb.XGBClassifier(n_estimators=80))),
}
FAMILIES |= native_variations.families(R, P, C2, C3, with_nan, one_hot_front)
REFUSED = {
    "SVR": ("matrix", R, lambda: SVR(), "`SVR` cannot be exported; keep `serving: python`"),
    "XGBoost, dart": ("matrix", R, lambda: xgb.XGBRegressor(booster="dart", n_estimators=3), "booster='dart'"),
    "LightGBM, linear trees": ("matrix", R, lambda: lgb.LGBMRegressor(linear_tree=True, verbosity=-1), "linear_tree=True"),
    "GradientBoosting on a Ridge": ("matrix", R, lambda: GradientBoostingRegressor(init=Ridge()), "init=Ridge"),
    **native_variations.refused(R, C2, C3),
}


@contextlib.contextmanager
def serving(folder):
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    settings = os.environ | {"SCORE_MODEL": str(folder), "SCORE_LISTEN": f"127.0.0.1:{port}"}
    with subprocess.Popen([score], env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as server:
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
                    break
                if server.poll() is not None:
                    raise RuntimeError(server.stderr.read().decode())
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port}/score"
        finally:
            server.kill()


def ask(url, cells):
    request = urllib.request.Request(url, json.dumps({"data": cells}).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def trained(name, work, task):
    mode, kind, build, *_ = task
    what = "classification" if kind in (C2, C3) else "regression"
    known = rules(what)
    cells = rows(LINES)
    data = work / "data.csv"
    write(data, what, cells, kind)
    estimator.INPUT = mode
    if build:
        estimator.build = lambda *_: build()
    else:
        estimator.build = RENDERED
    read = table.training_rows(table.read(data, known), known)
    learned = train.learned_task(read, known)
    part, _ = table.split(read, known)
    fitted = features.fit(part, known)
    made = train.build("custom", learned, {}, fitted, part, known)
    card = train.card(known, fitted, learned, "custom", {}, part)
    return model_folder.Model(made, fitted, learned, card), data, known, cells


def expected(model, cells):
    """What Python predicts of request cells: shape (rows, 1 or classes)."""
    from_cell = importlib.import_module(f"{package}.score.request").Decoder(model.features, False, 10**6)
    read = from_cell.decode(json.dumps({"data": cells}).encode(), "application/json").rows
    predicted = model.predict(features.one_row_tables(model.features, read))
    wanted = predicted.values if predicted.probabilities is None else predicted.probabilities
    labels = [model.task.classes[place] for place in predicted.values] if model.task.classifies else None
    return np.asarray(wanted, dtype=float).reshape(len(cells), -1), labels


def compare(name, work):
    model, data, known, cells = trained(name, work, FAMILIES[name])
    told = export.write(model, data, known, work / "model")
    document = json.loads((work / "model" / export.FILE).read_text())
    fresh = rows(400, fresh=True)
    worst, bar, bits = 0.0, 0.0, 0
    with serving(work / "model") as url:
        for part in (fresh, cells[:500], *([row] for row in fresh[:25])):
            wanted, labels = expected(model, part)
            answer = ask(url, part)
            found = np.array(answer["probabilities" if labels else "result"], dtype=float).reshape(wanted.shape)
            if labels and answer["result"] != labels:
                raise AssertionError("other classes are decided for")
            worst = max(worst, float(np.abs(found - wanted).max()))
            bits += int((found != wanted).sum())
            link = document["link"]
            trees = document["model"]["kind"] == "trees"
            if link.get("precision") == "single" or (trees and link["kind"] in ("identity", "probabilities", "square")):
                allowed = 0.0
            else:
                allowed = 1e-15 if labels and trees else 1e-12 * max(1e-300, float(np.abs(wanted).max()))
            bar = max(bar, allowed)
    size = (work / "model" / export.FILE).stat().st_size
    return worst <= bar, f"{told['difference']:10.1e} {worst:10.1e} {bar:8.0e} {bits:6} {size / 1e3:8.0f} kB"


def refused(name, work):
    model, data, known, _ = trained(name, work, REFUSED[name])
    try:
        export.write(model, data, known, work / "model")
    except export.ExportError as error:
        message = str(error)
        return REFUSED[name][3] in message and not (work / "model").exists(), message
    return False, "it was exported"


def wrong_file(work):
    """A file that is not what Python predicts is found; one that was tampered with is refused by the server."""
    model, data, known, _ = trained("Ridge", work, FAMILIES["HistGradientBoosting, squared_error"])
    document = export.made(model)
    read = table.read(data, known)
    export.check(model, document, read, known)
    for tree in document["model"]["trees"][5:6]:
        tree["leaves"][0] += 1e-9
    try:
        export.check(model, document, read, known)
    except export.ExportError as error:
        if "worst of" not in str(error) or "row " not in str(error):
            return False, str(error)
        said = str(error)
    else:
        return False, "a changed leaf was not found"
    hostile = [
        lambda d: d["model"]["trees"][0]["left"].__setitem__(0, 0),
        lambda d: d["model"]["trees"][0]["feature"].__setitem__(0, 999),
        lambda d: d["model"]["trees"][0]["leaves"].pop(),
        lambda d: d["model"]["columns"].__setitem__(0, 4_000_000_000),
        lambda d: d["inputs"].clear(),
        lambda d: d.update(version=99),
        lambda d: d["link"].update(kind="softmax"),
        lambda d: d.update(extra=1),
    ]
    (work / "bad").mkdir()
    for change in hostile:
        bad = json.loads(json.dumps(document))
        change(bad)
        (work / "bad" / export.FILE).write_text(json.dumps(bad))
        try:
            with serving(work / "bad"):
                return False, "the server took a hostile file"
        except RuntimeError as error:
            if "panicked" in str(error):
                return False, str(error)
    return True, said


RENDERED = estimator.build


def main():
    held = total = 0
    names = [name for name in FAMILIES if not only or any(part in name for part in only)]
    print(f"{'family':36} {'at export':>10} {'served':>10} {'bar':>8} {'other':>6} {'file':>11}", flush=True)
    tasks = [(name, compare) for name in names]
    if not only:
        tasks += [(name, refused) for name in REFUSED] + [("a changed file", lambda _, work: wrong_file(work))]
    for name, task in tasks:
        with tempfile.TemporaryDirectory() as work:
            try:
                fine, told = task(name, pathlib.Path(work))
            except Exception as error:  # noqa: BLE001
                fine, told = False, f"{type(error).__name__}: {error}"
                if only:
                    raise
        held, total = held + fine, total + 1
        print(f"{name:36} {told}  {'ok' if fine else 'WRONG'}", flush=True)
    print(f"{held} of {total}")
    return held != total


sys.exit(main())
