"""Exports LightGBM and XGBoost, from the text that each writes of itself."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from .graph import Column, ExportError, Graph, numbers, plain
from .trees import model, of_nodes, tree

# Objectives of LightGBM by what they make of a score.
LIGHTGBM = {
    **dict.fromkeys(("regression", "regression_l1", "huber", "fair", "quantile", "mape"), "identity"),
    **dict.fromkeys(("poisson", "gamma", "tweedie"), "exp"),
    **dict.fromkeys(("binary", "cross_entropy"), "logistic"),
    "multiclass": "softmax",
    "multiclassova": "each-logistic",
}
XGBOOST = {
    **dict.fromkeys(
        (
            "reg:squarederror",
            "reg:squaredlogerror",
            "reg:absoluteerror",
            "reg:pseudohubererror",
            "reg:quantileerror",
        ),
        "identity",
    ),
    **dict.fromkeys(("count:poisson", "reg:gamma", "reg:tweedie"), "exp"),
    **dict.fromkeys(("binary:logistic", "reg:logistic"), "logistic"),
    "multi:softprob": "softmax",
}


def export(made: Any, given: list[Column], graph: Graph, classifies: bool) -> tuple[dict, dict] | None:
    """Model and link of a LightGBM or XGBoost estimator; None for anything else.

    Raises ExportError.
    """
    match type(made).__name__:
        case "LGBMRegressor" | "LGBMClassifier":
            return _lightgbm(made, numbers(given, made), classifies)
        case "XGBRegressor" | "XGBClassifier" | "XGBRFRegressor" | "XGBRFClassifier":
            return _xgboost(made, numbers(given, made))
    return None


def _lightgbm(made: Any, slots: list[int], classifies: bool) -> tuple[dict, dict]:
    booster = made.booster_
    name = type(made).__name__
    if booster.pandas_categorical:
        raise ExportError(f"{name} with columns of pandas' category type", kind=True)
    head, *blocks = booster.model_to_string().split("\nTree=")
    told = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
    objective, *settings = told.get("objective", "custom").split(" ")
    if objective not in LIGHTGBM:
        raise ExportError(f"{name} with the objective {objective}", kind=True)
    link: dict[str, Any] = {"kind": LIGHTGBM[objective]}
    if link["kind"] == "identity" and "sqrt" in settings:
        link["kind"] = "square"
    scale = next((float(text.partition(":")[2]) for text in settings if text.startswith("sigmoid:")), None)
    if scale is not None:
        link["scale"] = scale
    outputs = int(told["num_tree_per_iteration"])
    zeros: set[int] = set()
    trees = [_lightgbm_tree(block, at % outputs, name, zeros) for at, block in enumerate(blocks)]
    more: dict[str, Any] = {"inputs": "double"}
    if "average_output" in head.splitlines():
        more["divide"] = float(len(trees) // outputs)
    if zeros:
        more["zero_is_missing"] = sorted(zeros)
    return model(slots, np.zeros(outputs), trees, **more), link


def _lightgbm_tree(block: str, output: int, name: str, zeros: set[int]) -> dict[str, Any]:
    told = dict(line.split("=", 1) for line in block.split("\nend of trees")[0].splitlines() if "=" in line)
    if told.get("is_linear", "0") != "0":
        raise ExportError(f"{name}(linear_tree=True)", kind=True)
    leaves = [float(text) for text in told["leaf_value"].split()]
    if told["num_leaves"] == "1":
        return tree(output, [], [], [], [], [], leaves)

    def whole(key: str) -> list[int]:
        return [int(text) for text in told[key].split()]

    feature, kinds = whole("split_feature"), whole("decision_type")
    thresholds = [float(text) for text in told["threshold"].split()]
    missing_left, categories = [], []
    for at, kind in enumerate(kinds):
        if kind & 1:
            first, last = whole("cat_boundaries")[int(thresholds[at]) :][:2]
            words = whole("cat_threshold")[first:last]
            values = [32 * word + bit for word, bits in enumerate(words) for bit in range(32) if bits >> bit & 1]
            categories.append({"split": at, "values": values, "listed": "left"})
            missing_left.append(False)
            continue
        # What stands for missing: nothing (then NaN is 0), zeros and NaN, or NaN.
        stands = kind >> 2 & 3
        if stands == 1:
            zeros.add(feature[at])
        missing_left.append(thresholds[at] >= 0 if stands == 0 else bool(kind & 2))
    return tree(
        output, feature, thresholds, whole("left_child"), whole("right_child"), missing_left, leaves, categories
    )


def _xgboost(made: Any, slots: list[int]) -> tuple[dict, dict]:
    name = type(made).__name__
    if not (isinstance(made.missing, float) and math.isnan(made.missing)):
        raise ExportError(f"{name}(missing={made.missing})", kind=True)
    booster = made.get_booster()
    try:
        best = made.best_iteration
    except AttributeError:
        best = None
    if best is not None:
        booster = booster[: best + 1]
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    inner, objective = learner["gradient_booster"], learner["objective"]["name"]
    if inner["name"] != "gbtree":
        raise ExportError(f"{name}(booster={inner['name']!r})", kind=True)
    if objective not in XGBOOST:
        raise ExportError(f"{name} with the objective {objective}", kind=True)
    trees, groups = inner["model"]["trees"], inner["model"]["tree_info"]
    if any(int(told["tree_param"]["size_leaf_vector"]) > 1 for told in trees):
        raise ExportError(f"{name}(multi_strategy='multi_output_tree')", kind=True)
    link = XGBOOST[objective]
    scores = np.asarray(json.loads(learner["learner_model_param"]["base_score"]), dtype=np.float32).ravel()
    outputs = max(1, int(learner["learner_model_param"]["num_class"]))
    base = np.broadcast_to([_margin(score, link) for score in scores], (outputs,))
    made_trees = [_xgboost_tree(told, group) for told, group in zip(trees, groups, strict=True)]
    more = {"inputs": "single", "sums": "single", "compare": "less"}
    return model(slots, base, made_trees, **more), {"kind": link, "precision": "single"}


def _margin(score: np.float32, link: str) -> float:
    """The score before the link, with XGBoost's roundings."""
    if link == "logistic":
        return float(np.float32(-math.log(np.float32(1) / score - np.float32(1))))
    return float(np.float32(math.log(score))) if link == "exp" else float(score)


def _xgboost_tree(told: dict[str, Any], output: int) -> dict[str, Any]:
    left = np.asarray(told["left_children"])
    # The numbers are single precision, written in as few digits as that needs.
    conditions = np.asarray(told["split_conditions"], dtype=np.float32).astype(float)
    sets = {}
    for node, start, size in zip(
        told["categories_nodes"], told["categories_segments"], told["categories_sizes"], strict=True
    ):
        values = sorted(told["categories"][start : start + size])
        sets[int(node)] = {"values": values, "listed": "right"}
    return of_nodes(
        output,
        left == -1,
        left,
        np.asarray(told["right_children"]),
        np.asarray(told["split_indices"]),
        np.where(np.isin(np.arange(len(left)), list(sets)), 0.0, conditions),
        np.asarray(told["default_left"]).astype(bool),
        conditions,
        sets,
    )


__all__ = ["export", "plain"]
