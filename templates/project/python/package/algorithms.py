"""The algorithms that `model.algorithm` names. `custom`, and everything else, is built in estimator.py."""

from __future__ import annotations

import importlib
import inspect
import warnings
from typing import Any

import numpy as np

from .console import Refusal
from .contract import Task

# Module, estimator of regression, estimator of classification, and parameters that differ from the library's defaults.
KNOWN: dict[str, tuple[str, str | None, str | None, dict[str, Any]]] = {
    "ridge": ("sklearn.linear_model", "Ridge", None, {}),
    "logistic": (
        "sklearn.linear_model",
        None,
        "LogisticRegression",
        {"solver": "newton-cholesky", "tol": 1e-8, "max_iter": 1000},
    ),
    "random-forest": ("sklearn.ensemble", "RandomForestRegressor", "RandomForestClassifier", {"random_state": 0}),
    "gradient-boosting": (
        "sklearn.ensemble",
        "GradientBoostingRegressor",
        "GradientBoostingClassifier",
        {"random_state": 0},
    ),
    "lightgbm": ("lightgbm", "LGBMRegressor", "LGBMClassifier", {"random_state": 0, "verbosity": -1}),
    "xgboost": ("xgboost", "XGBRegressor", "XGBClassifier", {"random_state": 0}),
}


class ParameterError(Refusal):
    """An algorithm or a parameter that cannot be had; the message names the choices."""


def build(algorithm: str, task: Task, parameters: dict[str, Any]) -> Any:
    """An estimator that is not fitted yet.

    Raises ParameterError.
    """
    if algorithm not in KNOWN:
        raise ParameterError(f"the algorithm {algorithm!r} is yours: build its estimator in estimator.py")
    module, regression, classification, ours = KNOWN[algorithm]
    name = classification if task.classifies else regression
    if name is None:
        other = "classification" if regression is None else "regression"
        raise ParameterError(f"{algorithm} is for {other}, and model.task is {task.kind}")
    try:
        kind = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise ParameterError(f"{algorithm} needs the package {module}: add it to requirements.txt") from error
    if "lgb" not in name.lower() and "xgb" not in name.lower():
        known = sorted(inspect.signature(kind).parameters)
        stranger = next((parameter for parameter in parameters if parameter not in known), None)
        if stranger is not None:
            raise ParameterError(f"{algorithm} has no parameter {stranger!r}, it has {', '.join(known)}")
    return kind(**{**ours, **parameters})


def fit_ridge(made: Any, X: Any, y: Any) -> Any:
    """The fitted estimator; without a penalty any unit gives the same fit: columns with squares of 0 or inf get one.

    Raises ValueError where a coefficient is beyond the range of numbers.
    """
    greatest = np.abs(np.asarray(X, dtype=float)).max(axis=0, initial=0.0)
    odd = (greatest > 0) & ((greatest < 1e-100) | (greatest > 1e100))
    if getattr(made, "alpha", None) != 0 or not odd.any():
        return made.fit(X, y)
    # Powers of two change no digit.
    units = np.ones(len(greatest))
    units[odd] = np.exp2(np.clip(np.round(np.log2(greatest[odd])), -1020, 1020))
    fitted = made.fit(X / units, y)
    with np.errstate(over="ignore"):
        fitted.coef_ = fitted.coef_ / units
    if not np.isfinite(fitted.coef_).all():
        raise ValueError("a coefficient is beyond the range of numbers")
    return fitted


def fit_logistic(made: Any, X: Any, y: Any) -> Any:
    """The estimator, fitted; with columns of one size where theirs are so far apart that it finds nothing by itself.

    scikit-learn says so by warnings alone, and goes on with whatever it has come to.
    """
    from scipy.linalg import LinAlgWarning
    from sklearn.base import clone
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MaxAbsScaler

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted = made.fit(X, y)
    if not any(issubclass(one.category, ConvergenceWarning | LinAlgWarning | RuntimeWarning) for one in caught):
        return fitted
    print("logistic finds nothing in columns of such different sizes: they are divided by their greatest values first")
    return make_pipeline(MaxAbsScaler(), clone(made)).fit(X, y)
