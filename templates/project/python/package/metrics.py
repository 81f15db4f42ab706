"""The metrics that models are judged by."""

from __future__ import annotations

import math

import numpy as np
from sklearn import metrics as of

# Which way each metric is better.
REGRESSION = {"mse": "minimize", "rmse": "minimize", "mae": "minimize", "r2": "maximize", "mape": "minimize"}
CLASSIFICATION = {
    "auc": "maximize",
    "log-loss": "minimize",
    "f1": "maximize",
    "accuracy": "maximize",
    "brier": "minimize",
    "balanced-accuracy": "maximize",
}
DIRECTIONS = {**REGRESSION, **CLASSIFICATION}


def regression(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """All metrics of regression; one that these rows do not define is left out."""
    with np.errstate(all="ignore"):
        gap = predicted - truth
        mse = float(np.mean(gap**2))
        result = {"mse": mse, "rmse": math.sqrt(mse), "mae": float(np.mean(np.abs(gap)))}
        spread = float(np.mean((truth - truth.mean()) ** 2))
        if spread > 0:
            result["r2"] = 1 - mse / spread
        if (truth != 0).all():
            result["mape"] = float(np.mean(np.abs(gap / truth)))
    return _finite(result)


def classification(
    truth: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray | None, count: int
) -> dict[str, float]:
    """All metrics of `count` classes, given as places in their list; those of probabilities where there are some."""
    labels = list(range(count))
    recalls = [float(np.mean(predicted[truth == label] == label)) for label in labels if (truth == label).any()]
    result = {"accuracy": float(np.mean(truth == predicted)), "balanced-accuracy": float(np.mean(recalls))}
    two = count == 2
    kind = {"pos_label": 1} if two else {"average": "macro", "labels": labels}
    result["f1"] = float(of.f1_score(truth, predicted, zero_division=0, **kind))
    if probabilities is not None:
        hits = np.eye(count)[truth]
        result["log-loss"] = float(of.log_loss(truth, probabilities, labels=labels))
        result["brier"] = float(np.mean(((probabilities - hits) ** 2).sum(axis=1))) / (2 if two else 1)
        present = [label for label in labels if 0 < hits[:, label].sum() < len(truth)]
        if len(present) == count:
            auc = [float(of.roc_auc_score(hits[:, label], probabilities[:, label])) for label in labels]
            result["auc"] = auc[1] if two else float(np.mean(auc))
    return _finite(result)


def _finite(result: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in result.items() if math.isfinite(value)}
