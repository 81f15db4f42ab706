"""What a model has learned, in numbers for people: which columns matter, and how far its answers can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import baseline
from .model_folder import Model
from .table import Table

# Rows and columns that are looked at: beyond these, permutations take longer than training.
ROWS = 1_000
COLUMNS = 100
REPEATS = 3
BINS = 10
# The value of the metric on rows; None where it is not defined.
Measure = Callable[[Model, Table], float | None]


def explain(
    model: Model, train: Table, judge: Table, truth: np.ndarray, metric: str, measure: Measure, sign: int
) -> dict[str, Any]:
    """Importance and calibration on `judge`, rows that the model takes; how its predictions on `train` are distributed.

    `sign` is 1 where a greater metric is better, and -1 else; `truth` has the target of `judge`.
    """
    return {
        "metric": metric,
        "rows": min(judge.rows, ROWS),
        "importance": importance(model, judge, measure, sign),
        "calibration": calibration(model, judge, truth),
        "predictions": baseline.of(answers(model, train)),
    }


def answers(model: Model, rows: Table) -> np.ndarray:
    """What the server answers: numbers, or names of classes."""
    predicted = model.predict(rows).values
    if not model.task.classifies:
        return predicted
    return np.array(model.task.classes or (), dtype=object)[predicted]


def importance(model: Model, judge: Table, measure: Measure, sign: int) -> list[dict[str, Any]]:
    """How much worse the metric gets when a column is shuffled: its mean over some shuffles, the greatest first.

    The method is permutation importance (Breiman, "Random Forests", 2001).
    """
    rows = judge.take(np.arange(min(judge.rows, ROWS)))
    whole = measure(model, rows)
    if whole is None:
        return []
    found: list[dict[str, Any]] = []
    for name in model.feature_names[:COLUMNS]:
        random = np.random.default_rng(0)
        losses: list[float] = []
        for _ in range(REPEATS):
            columns = {**rows.columns, name: rows.columns[name][random.permutation(rows.rows)]}
            value = measure(model, Table(columns, rows.rows))
            if value is not None:
                losses.append(sign * (whole - value))
        if losses:
            found.append({"column": name, "loss": float(np.mean(losses))})
    return sorted(found, key=lambda item: -item["loss"])


def calibration(model: Model, judge: Table, truth: np.ndarray) -> list[dict[str, float]]:
    """Predicted and observed mean in bins of equally many rows: of the numbers, or of the last class's probability."""
    predicted = model.predict(judge)
    if model.task.classifies:
        if predicted.probabilities is None:
            return []
        given = predicted.probabilities[:, -1]
        observed = (truth == predicted.probabilities.shape[1] - 1).astype(float)
    else:
        given, observed = predicted.values, truth
    order = np.argsort(given, kind="stable")
    bins = [part for part in np.array_split(order, BINS) if len(part)]
    return [
        {"predicted": baseline.mean(given[part]), "observed": baseline.mean(observed[part]), "rows": len(part)}
        for part in bins
    ]
