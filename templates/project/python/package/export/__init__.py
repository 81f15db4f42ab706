"""Writes what the estimator has learned into `native-model.json`, from which the scoring server in Rust predicts.

The file holds numbers only: columns, steps, trees or coefficients, and the link (`model/src/native/mod.rs` beside the server
documents it). A type that is not known here is refused by its name, and what was written is evaluated again, by other code
than the estimator's, on training and held-out rows: a file that predicts anything else is not written.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from .. import estimator, features, table
from ..contract import Contract
from ..features import Feature
from ..model_folder import Model
from ..table import Table
from . import boosters, columns, linear, reference, trees
from .graph import Column, ExportError, Graph, Level, Number

FILE = "native-model.json"
FORMAT = "mlops-gen native model"
VERSION = 1
# Rows of each kind, training and held out, on which the file is checked; of more, every so many-th.
CHECKED = 50_000


def write(model: Model, data: str | Path | None, rules: Contract, folder: str | Path) -> dict[str, Any]:
    """Write the file of a model, and say how closely it was checked: rows, greatest difference.

    Raises ExportError.
    """
    if data is None:
        raise ExportError("a model that was combined from shards has no rows here to check it on")
    document = made(model)
    told = check(model, document, table.read(data, rules), rules)
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / FILE).write_text(json.dumps(document, separators=(",", ":"), allow_nan=False), encoding="utf-8")
    return told


def made(model: Model) -> dict[str, Any]:
    """The document of a model.

    Raises ExportError.
    """
    probe = np.zeros((1, 1))
    if estimator.prepare(probe) is not probe:
        raise ExportError("prepare() of estimator.py changes its input: put that into a Pipeline of known steps")
    numbers = np.array([1.5, -2.5])
    if estimator.transform_score(numbers) is not numbers and not model.task.classifies:
        raise ExportError("transform_score() of estimator.py changes what is answered")
    graph = Graph(len(model.features) + sum(feature.indicator for feature in model.features))
    given = inputs(model.features, graph, model.takes_frame)
    part, link = fitted(model.estimator, given, graph, model.task.classifies)
    if model.task.classifies:
        classes = list(model.task.classes or ())
        task: dict[str, Any] = {"kind": "classification", "classes": classes}
        if len(classes) == 2:
            task["threshold"] = model.task.threshold
    else:
        task = {"kind": "regression"}
    return {
        "format": FORMAT,
        "version": VERSION,
        "code_version": model.card["code_version"],
        "estimator": described(model.estimator),
        "task": task,
        "target": model.card["target"]["name"],
        "training_rows": model.card["training"]["rows"],
        "unknown_columns": model.card["unknown_columns"],
        "inputs": [
            input_of(feature, told["baseline"])
            for feature, told in zip(model.features, model.card["features"], strict=True)
        ],
        "steps": graph.steps,
        "model": part,
        "link": link,
    }


def input_of(feature: Feature, known: dict[str, Any]) -> dict[str, Any]:
    """A column of a request, and what it was like in the training rows."""
    column = feature.column
    if column.type == "text":
        raise ExportError(f"column {column.name!r} is text, from which the native server cannot predict")
    made: dict[str, Any] = {"name": column.name, "type": column.type, "unknown": column.unknown}
    if column.alias != column.name:
        made["alias"] = column.alias
    if feature.indicator:
        made["indicator"] = True
    if column.type == "category":
        made["levels"] = list(feature.levels)
        if feature.fill is not None:
            made["fill"] = float(feature.levels.index(str(feature.fill)))
        if feature.common is not None:
            made["most_frequent"] = feature.levels.index(feature.common)
        return {"input": made, "min": 0.0, "max": float(len(feature.levels) - 1), "mean": 0.0}
    if feature.fill is not None:
        made["fill"] = float(feature.fill)
    if column.type == "boolean":
        made |= {"true": list(column.true), "false": list(column.false)}
    return {"input": made, **{name: float(known.get(name, 0.0)) for name in ("min", "max", "mean")}}


def inputs(known: list[Feature], graph: Graph, as_frame: bool) -> list[Column]:
    """The columns that the estimator gets, as `features.matrix` or `features.frame` makes them."""
    made: list[Column] = []
    indicator = len(known)
    for slot, feature in enumerate(known):
        if feature.column.type != "category":
            made.append(Number(slot))
        else:
            nothing = feature.column.unknown == "ignore" or (feature.fill is None and feature.indicator)
            codes = [*([-1] if nothing else []), *range(len(feature.levels))]
            if as_frame:
                texts = {code: feature.levels[code] if code >= 0 else "" for code in codes}
                made.append(Level(slot, texts, feature.column.name))
            else:
                width = len(feature.levels)
                rows = [[1.0 if code == place else 0.0 for place in range(width)] for code in codes]
                made += graph.lookup(slot, [float(code) for code in codes], rows)
        if feature.indicator:
            made.append(Number(indicator))
            indicator += 1
    return made


def fitted(made: Any, given: list[Column], graph: Graph, classifies: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Model and link of an estimator that gets these columns.

    Raises ExportError for one that is not known.
    """
    from sklearn.model_selection._search import BaseSearchCV
    from sklearn.pipeline import Pipeline

    if isinstance(made, BaseSearchCV):
        return fitted(made.best_estimator_, given, graph, classifies)
    if type(made) is Pipeline:
        for _, step in made.steps[:-1]:
            given = columns.transformed(step, given, graph)
        return fitted(made.steps[-1][1], given, graph, classifies)
    if classifies:
        found = getattr(made, "classes_", None)
        if found is None or [int(place) for place in found] != list(range(len(found))):
            raise ExportError(f"{type(made).__name__} has not seen every class: list only classes that the data have")
    for export in (linear.export, trees.export, boosters.export):
        result = export(made, given, graph, classifies)
        if result is not None:
            return result
    raise ExportError(type(made).__name__, kind=True)


def described(made: Any) -> str:
    """Names of the estimators, one in the other."""
    steps = getattr(made, "steps", None)
    inner = f"({', '.join(described(step) for _, step in steps)})" if steps else ""
    return f"{type(made).__name__}{inner}" if not isinstance(made, str) else made


def check(model: Model, document: dict[str, Any], rows: Table, rules: Contract) -> dict[str, Any]:
    """Compare the document's predictions with the estimator's on training and held-out rows.

    Raises ExportError with the worst row.
    """
    # What a reader of the file will have, not what is in memory here.
    document = json.loads(json.dumps(document, allow_nan=False))
    taken = table.training_rows(rows, rules)
    told: dict[str, Any] = {"rows": 0, "difference": 0.0}
    for name, part in zip(("training", "held-out"), table.split(taken, rules), strict=True):
        part = part.take(~features.refused(model.features, part))
        if not part.rows:
            continue
        part = part.take(np.unique(np.linspace(0, part.rows - 1, min(part.rows, CHECKED)).astype(int)))
        predicted = model.predict(part)
        if model.task.classifies and predicted.probabilities is None:
            raise ExportError(f"{type(model.estimator).__name__} has no predict_proba, and classes need probabilities")
        expected = predicted.values if predicted.probabilities is None else predicted.probabilities
        expected = expected.reshape(part.rows, -1)
        found = reference.predict(document, part)
        gaps = np.abs(found - expected).max(axis=1)
        # What is not a number is the worst there is.
        gaps = np.where(np.isfinite(gaps), gaps, np.inf)
        worst = int(gaps.argmax())
        if gaps[worst] > reference.allowed(document, expected):
            place = part.refuse(worst, rules.target, "differs", "").args[0].split(", column")[0]
            raise ExportError(
                f"the exported {document['estimator']} answers {found[worst].tolist()} where Python answers "
                f"{expected[worst].tolist()}, worst of {int((gaps > 0).sum())} {name} rows that differ: {place}"
            )
        told = {"rows": told["rows"] + part.rows, "difference": max(told["difference"], float(gaps[worst]))}
    return told
