"""Exports linear models of scikit-learn: coefficients, intercepts, and the link."""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Column, ExportError, Graph, numbers, plain

# Regressors that predict `X @ coef_ + intercept_` and nothing more.
REGRESSORS = {
    "ARDRegression",
    "BayesianRidge",
    "ElasticNet",
    "ElasticNetCV",
    "HuberRegressor",
    "Lars",
    "LarsCV",
    "Lasso",
    "LassoCV",
    "LassoLars",
    "LassoLarsCV",
    "LassoLarsIC",
    "LinearRegression",
    "LinearSVR",
    "OrthogonalMatchingPursuit",
    "OrthogonalMatchingPursuitCV",
    "QuantileRegressor",
    "Ridge",
    "RidgeCV",
    "SGDRegressor",
    "TheilSenRegressor",
}
# Regressors with a link, which their loss knows.
GENERALIZED = {"GammaRegressor", "PoissonRegressor", "TweedieRegressor"}
LINKS = {"IdentityLink": "identity", "LogLink": "exp"}
# Classifiers of which two classes have the logistic function and more the softmax.
CLASSIFIERS = {"LinearDiscriminantAnalysis", "LogisticRegression", "LogisticRegressionCV"}


def export(made: Any, given: list[Column], graph: Graph, classifies: bool) -> tuple[dict, dict] | None:
    """Model and link of a linear model; None for anything else.

    Raises ExportError.
    """
    name = type(made).__name__
    if not type(made).__module__.startswith("sklearn."):
        return None
    if not classifies and name in REGRESSORS:
        link = "identity"
    elif not classifies and name in GENERALIZED:
        link = LINKS.get(type(made._base_loss.link).__name__, "")
        if not link:
            raise ExportError(f"{name} with {type(made._base_loss.link).__name__}", kind=True)
    elif classifies and name in CLASSIFIERS:
        link = "logistic" if len(made.classes_) == 2 else "softmax"
    elif classifies and name == "SGDClassifier" and made.loss == "log_loss" and len(made.classes_) == 2:
        link = "logistic"
    else:
        return None
    slots = numbers(given, made)
    coefficients = np.atleast_2d(np.asarray(made.coef_, dtype=float))
    intercepts = np.broadcast_to(np.asarray(made.intercept_, dtype=float).ravel(), (len(coefficients),))
    if coefficients.shape[1] != len(slots) or (link not in ("softmax",) and len(coefficients) != 1):
        raise ExportError(f"{name} with {coefficients.shape} coefficients", kind=True)
    rows = [plain(row) for row in coefficients]
    return {"kind": "linear", "columns": slots, "coefficients": rows, "intercepts": plain(intercepts)}, {"kind": link}
