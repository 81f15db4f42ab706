"""Evaluates an exported document, slowly and plainly, to compare it with the estimator before anybody relies on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cells import gaps
from ..table import Table

# XGBoost's links are in single precision, and numpy's exponential there differs from the C library's in the last places.
SINGLE = 5e-7


def predict(document: dict[str, Any], rows: Table) -> np.ndarray:
    """Predictions of rows that the model does not refuse, shape (rows, 1 or number of classes)."""
    slots = _inputs(document["inputs"], rows)
    for step in document["steps"]:
        slots += _step(step, slots)
    part = document["model"]
    X = np.column_stack([slots[at] for at in part["columns"]])
    with np.errstate(over="ignore", invalid="ignore"):
        scores = _linear(part, X) if part["kind"] == "linear" else _trees(part, X)
        return _link(document["link"], scores, document["task"]["kind"] == "classification")


def allowed(document: dict[str, Any], expected: np.ndarray) -> float:
    """The greatest difference between this evaluation and the estimator's that is rounding."""
    link = document["link"]
    if link.get("precision") == "single" and link["kind"] != "identity":
        return SINGLE * max(1.0, float(np.abs(expected).max()))
    if document["model"]["kind"] == "trees" and link["kind"] in ("identity", "probabilities"):
        return 0.0
    if document["model"]["kind"] == "trees" and document["task"]["kind"] == "classification":
        return 1e-15
    return 1e-12 * max(float(np.abs(expected).max()), 1e-300)


def _inputs(inputs: list[dict[str, Any]], rows: Table) -> list[np.ndarray]:
    slots, indicators = [], []
    for told in (told["input"] for told in inputs):
        cells = rows.columns[told["name"]]
        missing = gaps(cells)
        if told["type"] == "category":
            codes = {level: float(code) for code, level in enumerate(told["levels"])}
            strange = float(told["most_frequent"]) if told["unknown"] == "most-frequent" else -1.0
            values = np.array([codes.get(cell, strange) for cell in cells])
            values = np.where(missing, told.get("fill", -1.0), values)
        else:
            values = np.where(missing, told.get("fill", np.nan), cells.astype(float))
        slots.append(values)
        if told.get("indicator"):
            indicators.append(missing.astype(float))
    return slots + indicators


def _step(step: dict[str, Any], slots: list[np.ndarray]) -> list[np.ndarray]:
    match step["kind"]:
        case "lookup":
            return _lookup(step, slots[step["column"]])
        case "fill":
            pairs = zip(step["columns"], step["values"], strict=True)
            return [np.where(np.isnan(slots[at]), value, slots[at]) for at, value in pairs]
        case "missing":
            return [np.isnan(slots[at]).astype(float) for at in step["columns"]]
        case "scale":
            made = [slots[at] for at in step["columns"]]
            for name, apply in (
                ("subtract", np.subtract),
                ("divide", np.divide),
                ("multiply", np.multiply),
                ("add", np.add),
            ):
                if name in step:
                    made = [apply(column, value) for column, value in zip(made, step[name], strict=True)]
            return [np.clip(column, *step["clip"]) for column in made] if "clip" in step else made
        case "product":
            rows = len(slots[0])
            return [np.prod([slots[at] for at in term], axis=0) if term else np.ones(rows) for term in step["terms"]]
    raise AssertionError(step["kind"])


def _lookup(step: dict[str, Any], column: np.ndarray) -> list[np.ndarray]:
    def row(cells: list[float | None] | None) -> list[float]:
        # A value without a row is refused, which no row here should be: NaN makes that visible.
        return [np.nan if cell is None else cell for cell in cells or [None] * step["width"]]

    table = {key: row(cells) for key, cells in zip(step["keys"], step["rows"], strict=True)}
    missing, otherwise = row(step["missing"]), row(step["otherwise"])
    made = np.array([missing if np.isnan(value) else table.get(value, otherwise) for value in column])
    return list(made.reshape(len(column), step["width"]).T)


def _linear(part: dict[str, Any], X: np.ndarray) -> np.ndarray:
    return X @ np.array(part["coefficients"]).T + np.array(part["intercepts"])


def _trees(part: dict[str, Any], X: np.ndarray) -> np.ndarray:
    if part["inputs"] == "single":
        X = X.astype(np.float32)
    for feature in part.get("zero_is_missing", ()):
        X[np.abs(X[:, feature]) <= np.float32(1e-35), feature] = np.nan
    kind = np.float32 if part["sums"] == "single" else np.float64
    scores = np.tile(np.array(part["base"], dtype=kind), (len(X), 1))
    for tree in part["trees"]:
        leaf = _leaves(tree, X, part.get("compare", "at-most"))
        leaves = np.array(tree["leaves"], dtype=kind)
        if "output" in tree:
            scores[:, tree["output"]] += leaves[leaf]
        else:
            scores += leaves.reshape(-1, scores.shape[1])[leaf]
    return scores.astype(float) / part.get("divide", 1.0)


def _leaves(tree: dict[str, Any], X: np.ndarray, compare: str) -> np.ndarray:
    feature, left, right = (np.array(tree[name], dtype=int) for name in ("feature", "left", "right"))
    threshold = np.array(tree["threshold"])
    missing_left = np.array([letter == "l" for letter in tree.get("directions", "r" * len(feature))], dtype=bool)
    sets = {told["split"]: told for told in tree.get("categories", ())}
    at = np.full(len(X), 0 if len(feature) else -1)
    while (walking := np.flatnonzero(at >= 0)).size:
        split = at[walking]
        values = X[walking, feature[split]].astype(float)
        goes_left = values < threshold[split] if compare == "less" else values <= threshold[split]
        for place in set(split.tolist()) & sets.keys():
            here = split == place
            listed = np.isin(np.trunc(values[here]), sets[place]["values"])
            goes_left[here] = listed if sets[place]["listed"] == "left" else ~listed
        goes_left = np.where(np.isnan(values), missing_left[split], goes_left)
        at[walking] = np.where(goes_left, left[split], right[split])
    return -1 - at


def _link(link: dict[str, Any], scores: np.ndarray, classifies: bool) -> np.ndarray:
    scale = link.get("scale", 1.0)
    match link["kind"]:
        case "exp":
            return np.exp(scores)
        case "square":
            return np.sign(scores) * scores * scores
        case "logistic":
            p = 1.0 / (1.0 + np.exp(-(scale * scores)))
            return np.column_stack([1.0 - p, p]) if classifies else p
        case "each-logistic":
            return 1.0 / (1.0 + np.exp(-(scale * scores)))
        case "softmax":
            odds = np.exp(scores - scores.max(axis=1, keepdims=True))
            return odds / odds.sum(axis=1, keepdims=True)
    return scores
