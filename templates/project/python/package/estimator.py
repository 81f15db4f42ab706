"""The estimator: the one place to change what is learned. Anything with scikit-learn's interface will do."""

from __future__ import annotations

from sklearn.base import RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

# Types of your own that the saved model may hold, beyond scikit-learn's; loading refuses every other one.
TRUSTED_TYPES: list[str] = []


def build(alpha: float) -> RegressorMixin:
    """An estimator that is not fitted yet."""
    return Ridge(alpha=alpha)


def search(alphas: list[float], folds: int) -> GridSearchCV:
    """A search for the best alpha by cross-validation on the mean squared error."""
    return GridSearchCV(build(alphas[0]), {"alpha": alphas}, scoring="neg_mean_squared_error", cv=folds)
