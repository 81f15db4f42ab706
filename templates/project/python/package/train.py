"""Trains the model: `python -m {= package =}.train --help` says how."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from . import (
    algorithms,
    baseline,
    console,
    contract,
    defaults,
    estimator,
    explain,
{% if native %}
    export,
{% endif %}
    features,
    metrics,
    model_card,
    model_folder,
    partial,
    search,
    table,
)
from .contract import Contract, Task
from .features import Feature
from .model_folder import SCHEMA_VERSION, Model
from .search import Search
from .table import DataError, Table


def main(arguments: list[str] | None = None) -> int:
    """Train on the whole data, write one shard's statistics, or combine those of all shards."""
    args = _parser().parse_args(arguments)
    rules = contract.load(args.contract)
    parameters = {**defaults.PARAMETERS, **dict(args.parameter)}
    if args.alpha is not None:
        parameters["alpha"] = args.alpha
    if args.combine:
        model = partial.combine(Path(args.combine), rules, parameters)
    elif args.shard:
        partial.write(Path(args.partial), Path(args.data), rules, *args.shard)
        return 0
    else:
        candidates = dict(args.candidates)
        if args.alphas:
            candidates["alpha"] = args.alphas
        searched = Search(args.search, candidates, args.folds, args.iterations) if candidates else None
        tried = Trial(args.trial, args.folds) if args.trial else None
        model = fit(args.data, rules, args.algorithm, parameters, searched, args.fit_on, tried)
    if process_number():
        # Processes that train together come to one model, which the first of them writes.
        return 0
{% if native %}
    model.card["native"] = export.write(model, args.data, rules, args.output)
{% endif %}
    store(model, args.output)
    print(json.dumps(model.card["metrics"]))
    return 0


@dataclasses.dataclass(frozen=True)
class Trial:
    """This run is one of many: it logs to MLflow how good its parameters are, so often, by cross-validation."""

    stages: int
    folds: int


def process_number() -> int:
    """The number of this process, from 0, among those that `training.distribution` starts; 0 where it is alone."""
    # By torch.distributed, Open MPI, and MPICH or Intel MPI.
    names = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK")
    return int(next((value for value in map(os.environ.get, names) if value), 0))


def fit(
    data: str | Path,
    rules: Contract,
    algorithm: str = defaults.ALGORITHM,
    parameters: dict[str, Any] | None = None,
    searched: Search | None = None,
    fit_on: str = "train",
    trial: Trial | None = None,
) -> Model:
    """Fit on the training rows and measure on the rows that were held out.

    Raises DataError for data that cannot be learned from, and Refusal for parameters that the algorithm does not take.
    """
    parameters = dict(defaults.PARAMETERS if parameters is None else parameters)
    rows = table.training_rows(table.read(data, rules), rules)
    task = learned_task(rows, rules)
    train, held = table.split(rows, rules)
    known = features.fit(train, rules)
    tried: list = []
    if searched:
        parameters, tried = _search(searched, algorithm, parameters, known, task, train, rules)
    if trial:
        _try(trial, algorithm, parameters, known, task, train, rules)
    fitted = build(algorithm, task, parameters, known, train, rules)
    model = Model(fitted, known, task, card(rules, known, task, algorithm, parameters, train))
    model.card["metrics"] = measure(model, train, held, rules)
    model = dataclasses.replace(model, explanation=explained(model, train, held, rules))
    if fit_on == "all":
        known = features.fit(rows, rules)
        fitted = build(algorithm, task, parameters, known, rows, rules)
        whole = card(rules, known, task, algorithm, parameters, rows)
        model = Model(fitted, known, task, {**whole, "metrics": model.card["metrics"]}, model.explanation)
    model.card["training"].update({"data_sha256": table.sha256(data), "search": tried})
    model.card["training"]["split"]["fit_on"] = fit_on
    return model


def learned_task(rows: Table, rules: Contract) -> Task:
    """The task with its classes: those of the contract, or those of the rows.

    Raises DataError when a row has another class, or there is only one.
    """
    if not rules.task.classifies:
        return rules.task
    values = rows.columns[rules.target]
    found = set(values)
    classes = rules.task.classes or tuple(sorted(found))
    stranger = next((row for row, value in enumerate(values) if value not in classes), None)
    if stranger is not None:
        why = f"{values[stranger]!r} is no class, expected one of {', '.join(map(repr, classes))}"
        raise rows.refuse(stranger, rules.target, "unknown-level", why)
    if len(classes) < 2 or len(found) < 2:
        raise DataError(
            f"column {rules.target!r}: every row has the class {next(iter(found))!r}, expected two at least"
        )
    if len(classes) != 2 and rules.task.threshold != 0.5:
        raise DataError(f"column {rules.target!r}: a threshold is for two classes, the data has {len(classes)}")
    return Task(rules.task.kind, classes, rules.task.threshold)


def targets(rows: Table, rules: Contract, task: Task) -> np.ndarray:
    """What is to be predicted: numbers, or places in the list of classes."""
    values = rows.columns[rules.target]
    if not task.classifies:
        return values
    places = {name: place for place, name in enumerate(task.classes or ())}
    return np.array([places[value] for value in values], dtype=int)


def build(algorithm: str, task: Task, parameters: dict, known: list[Feature], rows: Table, rules: Contract) -> Any:
    """The estimator, fitted to rows.

    Raises DataError when it cannot be fitted.
    """
    encode = features.frame if estimator.INPUT == "frame" else features.matrix
    made = estimator.build(algorithm, task, parameters)
    X, y = estimator.prepare(encode(known, rows)), targets(rows, rules, task)
    try:
        if algorithm == "logistic":
            return algorithms.fit_logistic(made, X, y)
        if algorithm == "ridge":
            return algorithms.fit_ridge(made, X, y)
        return made.fit(X, y)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        great = _too_great(rows, known)
        if great:
            column, reach = great
            why = f"it reaches {reach:g}, whose square is beyond the range of numbers: give it in a greater unit"
            raise DataError(f"column {column!r}: {why}", "out-of-range", column=column) from error
        raise DataError(f"{type(made).__name__} cannot be fitted to these rows: {error}") from error


def _too_great(rows: Table, known: list[Feature]) -> tuple[str, float] | None:
    """The column whose greatest number has a square beyond the range of numbers, and that number."""
    for feature in known:
        if feature.column.numeric:
            reach = float(np.nanmax(np.abs(rows.columns[feature.column.name].astype(float)), initial=0.0))
            if reach > 1e150:
                return feature.column.name, reach
    return None


def measure(model: Model, train: Table, held: Table, rules: Contract) -> dict[str, dict[str, float]]:
    """Metrics on the training rows, and on the held-out rows that the model takes, where there are any."""
    result = {"train": of_rows(model, train, rules)}
    held = held.take(~features.refused(model.features, held))
    if held.rows:
        result["holdout"] = of_rows(model, held, rules)
    return result


def explained(model: Model, train: Table, held: Table, rules: Contract) -> dict[str, Any]:
    """What the model has learned, by the held-out rows that it takes, or by the training rows where there are none."""
    judge = held.take(~features.refused(model.features, held))
    judge = judge if judge.rows else train
    measured = of_rows(model, judge, rules)
    # A classifier without probabilities has no auc and no log loss, and still columns that matter.
    metric = next((name for name in (defaults.METRIC, "accuracy", "mae") if name in measured), defaults.METRIC)
    sign = 1 if metrics.DIRECTIONS.get(metric) == "maximize" else -1
    truth = targets(judge, rules, model.task)
    return explain.explain(model, train, judge, truth, metric, lambda m, r: of_rows(m, r, rules).get(metric), sign)


def of_rows(model: Model, rows: Table, rules: Contract) -> dict[str, float]:
    """Metrics on rows that the model does not refuse, the team's own among them."""
    predicted, truth = model.predict(rows), targets(rows, rules, model.task)
    if model.task.classifies:
        count = len(model.task.classes or ())
        result = metrics.classification(truth, predicted.values, predicted.probabilities, count)
    else:
        result = metrics.regression(truth, predicted.values)
    own = estimator.own_metrics(truth, predicted.values)
    return {**result, **{name: float(value) for name, value in own.items() if math.isfinite(value)}}


def _search(
    searched: Search, algorithm: str, fixed: dict, known: list[Feature], task: Task, train: Table, rules: Contract
) -> tuple[dict, list]:
    labels = targets(train, rules, task) if task.classifies else None
    try:
        return search.run(searched, fixed, labels, train.rows, _score(algorithm, known, task, train, rules))
    except KeyError as error:
        raise DataError(f"{train.rows} rows are too few for {searched.folds} folds") from error


def _try(
    trial: Trial, algorithm: str, parameters: dict, known: list[Feature], task: Task, train: Table, rules: Contract
) -> None:
    """Log how good the parameters are: the sweep that this run belongs to reads the metric from MLflow."""
    import mlflow

    labels = targets(train, rules, task) if task.classifies else None
    score = _score(algorithm, known, task, train, rules)
    sign = 1 if metrics.DIRECTIONS[defaults.METRIC] == "maximize" else -1
    stages = search.trial(parameters, trial.folds, trial.stages, labels, train.rows, score)
    try:
        with mlflow.start_run(run_id=os.environ.get("MLFLOW_RUN_ID")):
            for step, value in enumerate(stages):
                mlflow.log_metric(defaults.METRIC, sign * value, step=step)
                print(f"{defaults.METRIC} {sign * value:.6g} in stage {step + 1} of {trial.stages}")
    except KeyError as error:
        raise DataError(f"{train.rows} rows are too few for {trial.folds} folds") from error


def _score(algorithm: str, known: list[Feature], task: Task, train: Table, rules: Contract) -> search.Score:
    def score(parameters: dict, learn: np.ndarray, judge: np.ndarray) -> float:
        fitted = build(algorithm, task, parameters, known, train.take(learn), rules)
        model = Model(fitted, known, task, {"input": estimator.INPUT})
        found = of_rows(model, train.take(judge), rules)
        if defaults.METRIC not in found:
            raise DataError(
                f"{defaults.METRIC} is not defined for a fold of {len(judge)} rows, and the search needs it"
            )
        sign = 1 if metrics.DIRECTIONS[defaults.METRIC] == "maximize" else -1
        return sign * found[defaults.METRIC]

    return score


def card(rules: Contract, known: list[Feature], task: Task, algorithm: str, parameters: dict, train: Table) -> dict:
    """What is known of the model, for evaluation, data tests, the server and people."""
    return {
        "schema_version": SCHEMA_VERSION,
        "code_version": _code_version(),
        "algorithm": algorithm,
        "parameters": parameters,
        "input": estimator.INPUT,
        "task": {"kind": task.kind, "classes": list(task.classes or ()), "threshold": task.threshold},
        "unknown_columns": rules.unknown_columns,
        "features": [
            {**features.to_json(feature), "baseline": baseline.of(train.columns[feature.column.name])}
            for feature in known
        ],
        "target": {"name": rules.target, "baseline": baseline.of(train.columns[rules.target])},
        "metrics": {},
        "training": {
            "rows": train.rows,
            "split": {"fraction": rules.holdout.fraction, "seed": rules.holdout.seed, "fit_on": "train"},
        },
    }


def store(model: Model, folder: str | Path) -> None:
    """Write model, metrics and model card, after the model was written elsewhere and read back.

    Raises ModelError when the model cannot be read again.
    """
    with tempfile.TemporaryDirectory() as scratch:
        model_folder.save(model, scratch)
        model_folder.load(scratch)
    model_folder.save(model, folder)
    (Path(folder) / "metrics.json").write_text(json.dumps(model.card["metrics"], indent=2) + "\n", encoding="utf-8")
    (Path(folder) / "MODEL_CARD.md").write_text(model_card.text(model), encoding="utf-8")


def _code_version() -> str:
    try:
        return version(__package__ or "")
    except PackageNotFoundError:
        return "unknown"


def _shard(text: str) -> tuple[int, int]:
    try:
        index, count = (int(part) for part in text.split("/"))
    except ValueError:
        index, count = 0, 0
    if not 0 <= index < count:
        raise argparse.ArgumentTypeError("a shard is written I/N with I from 0 to N - 1")
    return index, count


def _typed(text: str) -> Any:
    """A number or boolean as JSON writes it, null, or a text."""
    try:
        value = json.loads(text.lower() if text in ("True", "False") else text)
    except ValueError:
        return text
    return value if value is None or isinstance(value, bool | int | float) else text


def _parameter(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not name.isidentifier() or not equals:
        raise argparse.ArgumentTypeError("a parameter is written name=value")
    return name, _typed(value)


def _candidates(text: str) -> tuple[str, list[Any]]:
    name, equals, values = text.partition("=")
    if not name.isidentifier() or not equals or not values:
        raise argparse.ArgumentTypeError("candidates are written name=value,value")
    return name, [_typed(value) for value in values.split(",")]


def _alphas(text: str) -> list[float]:
    return [_alpha(part) for part in text.split(",")]


def _alpha(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("alpha is 0 or greater")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Train the model.")
    parser.add_argument("--data", help="CSV, TSV or Parquet file, or a folder of them")
    parser.add_argument("--contract", required=True, help="the data contract")
    parser.add_argument("--algorithm", default=defaults.ALGORITHM, help=f"[default: {defaults.ALGORITHM}]")
    parser.add_argument("--parameter", type=_parameter, action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--candidates", type=_candidates, action="append", default=[], metavar="NAME=V1,V2")
    parser.add_argument(
        "--search", choices=("grid", "random", "halving"), default="grid", help="how candidates are tried"
    )
    parser.add_argument("--iterations", type=int, default=20, help="combinations that a random search tries")
    parser.add_argument("--folds", type=int, default=5, help="folds of the cross-validation")
    parser.add_argument("--trial", type=int, metavar="STAGES", help="log by MLflow how good parameters are, so often")
    penalty = parser.add_mutually_exclusive_group()
    penalty.add_argument("--alpha", type=_alpha, help="the same as --parameter alpha=…")
    penalty.add_argument("--alphas", type=_alphas, help="the same as --candidates alpha=…")
    parser.add_argument("--fit-on", choices=("train", "all"), default="train", help="rows of the last fit")
    parser.add_argument("--output", help="folder for model.json, the estimator and metrics.json")
    parser.add_argument("--shard", type=_shard, metavar="I/N", help="only this shard's statistics")
    parser.add_argument("--partial", help="file for the shard's statistics")
    parser.add_argument("--combine", metavar="DIR", help="folder with the statistics of all shards")
    return parser


if __name__ == "__main__":
    console.run(main)
