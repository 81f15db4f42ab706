"""Exports trees of scikit-learn: single ones, forests, gradient boosting of both kinds."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import columns
from .graph import Column, ExportError, Graph, numbers, plain

SINGLE = {"DecisionTreeRegressor", "DecisionTreeClassifier", "ExtraTreeRegressor", "ExtraTreeClassifier"}
FORESTS = {"RandomForestRegressor", "RandomForestClassifier", "ExtraTreesRegressor", "ExtraTreesClassifier"}
BOOSTED = {"GradientBoostingRegressor", "GradientBoostingClassifier"}
BINNED = {"HistGradientBoostingRegressor", "HistGradientBoostingClassifier"}
BINNED_LINKS = {"IdentityLink": "identity", "LogLink": "exp", "LogitLink": "logistic", "MultinomialLogit": "softmax"}


def export(made: Any, given: list[Column], graph: Graph, classifies: bool) -> tuple[dict, dict] | None:
    """Model and link of an estimator of trees; None for anything else.

    Raises ExportError.
    """
    name = type(made).__name__
    if not type(made).__module__.startswith("sklearn."):
        return None
    if name in SINGLE | FORESTS:
        return _forest(made, given, classifies)
    if name in BOOSTED:
        return _boosted(made, given, classifies)
    if name in BINNED:
        return _binned(made, given, graph)
    return None


def model(slots: list[int], base: Any, trees: list[dict], **more: Any) -> dict[str, Any]:
    """The model of trees; what `more` does not say is as scikit-learn's own trees have it."""
    usual = {"inputs": "single", "sums": "double"}
    return {"kind": "trees", "columns": slots, **usual, "base": plain(base), **more, "trees": trees}


def tree(
    output: int | None,
    feature: Any,
    threshold: Any,
    left: Any,
    right: Any,
    missing_left: Any,
    leaves: Any,
    categories: list[dict] | None = None,
) -> dict[str, Any]:
    """A tree whose splits and leaves are counted apart."""
    made: dict[str, Any] = {
        "feature": np.asarray(feature, dtype=int).tolist(),
        "threshold": plain(threshold),
        "left": np.asarray(left, dtype=int).tolist(),
        "right": np.asarray(right, dtype=int).tolist(),
        "leaves": plain(leaves),
    }
    if output is not None:
        made["output"] = output
    if np.any(missing_left):
        made["directions"] = "".join("l" if goes else "r" for goes in missing_left)
    if categories:
        made["categories"] = categories
    return made


def of_nodes(
    output: int | None,
    is_leaf: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    feature: np.ndarray,
    threshold: np.ndarray,
    missing_left: np.ndarray,
    values: np.ndarray,
    categories: dict[int, dict] | None = None,
) -> dict[str, Any]:
    """A tree whose nodes are in one list, with the places of the children; `categories` are by node."""
    splits, leaves = np.flatnonzero(~is_leaf), np.flatnonzero(is_leaf)
    place = np.empty(len(is_leaf), dtype=int)
    place[splits] = np.arange(len(splits))
    place[leaves] = -1 - np.arange(len(leaves))
    sets = [{"split": int(place[node]), **told} for node, told in (categories or {}).items()]
    return tree(
        output,
        feature[splits],
        threshold[splits],
        place[left[splits]],
        place[right[splits]],
        missing_left[splits],
        values[leaves],
        sets,
    )


def _plain_tree(made: Any, output: int | None, values: np.ndarray) -> dict[str, Any]:
    inner = made.tree_
    missing = inner.missing_go_to_left.astype(bool)
    left, right = inner.children_left, inner.children_right
    return of_nodes(output, left == -1, left, right, inner.feature, inner.threshold, missing, values)


def _forest(made: Any, given: list[Column], classifies: bool) -> tuple[dict, dict]:
    name = type(made).__name__
    if made.n_outputs_ != 1:
        raise ExportError(f"{name} with {made.n_outputs_} outputs", kind=True)
    members = [made] if name in SINGLE else made.estimators_
    outputs = len(made.classes_) if classifies else 1

    def one(member: Any) -> dict[str, Any]:
        values = member.tree_.value[:, 0, :outputs]
        return _plain_tree(member, None if classifies else 0, values)

    more = {} if name in SINGLE else {"divide": float(len(members))}
    trees = [one(member) for member in members]
    link = {"kind": "probabilities" if classifies else "identity"}
    return model(numbers(given, made), np.zeros(outputs), trees, **more), link


def _boosted(made: Any, given: list[Column], classifies: bool) -> tuple[dict, dict]:
    start = made.init_
    if not isinstance(start, str) and type(start).__name__ not in ("DummyClassifier", "DummyRegressor"):
        raise ExportError(f"{type(made).__name__}(init={type(start).__name__})", kind=True)
    base = made._raw_predict_init(np.zeros((1, made.n_features_in_)))[0]
    trees = [
        _plain_tree(member, k, made.learning_rate * member.tree_.value[:, 0, 0])
        for stage in made.estimators_
        for k, member in enumerate(stage)
    ]
    link: dict[str, Any] = {"kind": "identity"}
    if classifies and len(made.classes_) == 2:
        link = {"kind": "logistic", "scale": 2.0 if made.loss == "exponential" else 1.0}
    elif classifies:
        link = {"kind": "softmax"}
    return model(numbers(given, made), base, trees), link


def _binned(made: Any, given: list[Column], graph: Graph) -> tuple[dict, dict]:
    kind = type(made._loss.link).__name__
    if kind not in BINNED_LINKS:
        raise ExportError(f"{type(made).__name__} with {kind}", kind=True)
    if made._preprocessor is not None:
        given = columns.transformed(made._preprocessor, given, graph)
    known, places = made._bin_mapper.make_known_categories_bitsets()
    trees = [
        _binned_tree(predictor, k, known, places) for stage in made._predictors for k, predictor in enumerate(stage)
    ]
    slots = numbers(given, made)
    link = {"kind": BINNED_LINKS[kind]}
    return model(slots, made._baseline_prediction, trees, inputs="double"), link


def _binned_tree(predictor: Any, output: int, known: np.ndarray, places: np.ndarray) -> dict[str, Any]:
    nodes = predictor.nodes
    missing = nodes["missing_go_to_left"].astype(bool)
    sets: dict[int, dict] = {}
    for at in np.flatnonzero(nodes["is_categorical"].astype(bool) & ~nodes["is_leaf"].astype(bool)):
        node = nodes[at]
        goes_left = _bits(predictor.raw_left_cat_bitsets[node["bitset_idx"]])
        # What nobody has seen goes where missing values go.
        listed = _bits(known[places[node["feature_idx"]]]) - goes_left if missing[at] else goes_left
        sets[int(at)] = {"values": sorted(listed), "listed": "right" if missing[at] else "left"}
    return of_nodes(
        output,
        nodes["is_leaf"].astype(bool),
        nodes["left"].astype(int),
        nodes["right"].astype(int),
        nodes["feature_idx"].astype(int),
        np.where(nodes["is_categorical"], 0.0, nodes["num_threshold"]),
        missing,
        nodes["value"],
        sets,
    )


def _bits(words: np.ndarray) -> set[int]:
    return {32 * place + bit for place, word in enumerate(words) for bit in range(32) if int(word) >> bit & 1}
