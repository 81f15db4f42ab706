"""What is learned: the one file of this package that is yours. Everything else is kept up to date by the tool.

`build` gets the algorithm and the parameters of mlops.yaml (`model.algorithm`, `model.parameters`; a run may give other
values) and returns anything with `fit(X, y)` and `predict(X)`: an estimator of scikit-learn, LightGBM or XGBoost, a
whole Pipeline, or a class of your own. A classifier learns the classes as 0, 1, ... in the order of the data contract,
and says how sure it is with `predict_proba(X)` if it can.

Where `training.distribution` of mlops.yaml starts several processes, all of them build and fit: the estimator joins
them (`torch.distributed.init_process_group()`, `mpi4py`, `ray.init()`), and the first process writes the model.

An estimator of your own that skops cannot store (PyTorch, say) has `save(folder)`, and `load(folder)` below reads it.
What it needs beyond requirements.txt is added there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
{% if custom %}
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
{% endif %}

{% if custom %}
from .contract import Task
{% else %}
from . import algorithms
from .contract import Task
{% endif %}

{% if custom %}
# What `X` is: "matrix", floats with one column a level of a category, or "frame", a DataFrame with a column a feature.
INPUT = "frame"
{% else %}
# What `X` is: "matrix", floats with one column a level of a category, or "frame", a DataFrame with a column a feature.
INPUT = "matrix"
{% endif %}

# Types that a saved model may hold beside those of scikit-learn, LightGBM, XGBoost and this file: others are refused.
TRUSTED_TYPES: list[str] = []


def build(algorithm: str, task: Task, parameters: dict[str, Any]) -> Any:
    """An estimator that is not fitted yet."""
{% if custom %}
    kind = HistGradientBoostingClassifier if task.classifies else HistGradientBoostingRegressor
    categories = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    text = make_column_selector(dtype_exclude=np.number)
    columns = make_column_transformer((categories, text), remainder="passthrough")
    return make_pipeline(columns, kind(random_state=0, **parameters))
{% else %}
    return algorithms.build(algorithm, task, parameters)
{% endif %}


def prepare(X: Any) -> Any:
    """Preprocessing of your own, in training and scoring alike; inside a Pipeline is the better place if it learns."""
    return X


def own_metrics(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Metrics of your own, logged beside the known ones; for classes, both are places in their list."""
    return {}


def transform_score(predicted: np.ndarray) -> np.ndarray:
    """Changes what a regression answers, in evaluation and scoring alike: clips it at 0, say."""
    return predicted


def load(folder: Path) -> Any:
    """Reads what `save(folder)` of an estimator of your own wrote."""
    raise NotImplementedError(f"estimator.py has no load() for what save() wrote into {folder}")
