"""The metrics that models are judged by."""

from __future__ import annotations

import math

import numpy as np
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

# Which way each metric is better.
DIRECTIONS = {"mse": "minimize", "rmse": "minimize", "mae": "minimize", "r2": "maximize"}


def measure(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """All metrics; r2 is left out where it is not defined (fewer than two rows)."""
    mse = float(mean_squared_error(truth, predicted))
    result = {"mse": mse, "rmse": math.sqrt(mse), "mae": float(mean_absolute_error(truth, predicted))}
    if len(truth) > 1:
        result["r2"] = float(r2_score(truth, predicted))
    return result
