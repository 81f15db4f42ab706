"""A trained model on disk: the estimator in `model.skops` or `estimator/`, what is known of it in `model.json`.

skops stores estimators without pickle, so that loading a model cannot run code that someone hid in it.
"""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import estimator, features
from .console import Refusal
from .contract import Task
from .features import Feature
from .table import Table

SCHEMA_VERSION = 2
# Packages whose own classes are trusted, and numpy's elementwise functions and kinds of numbers with them.
PACKAGES = ("sklearn", "lightgbm", "xgboost")
PLAIN = {
    "collections.OrderedDict",
    "collections.defaultdict",
    "builtins.bytearray",
    "scipy.interpolate._bsplines.BSpline",
    "scipy._lib.array_api_compat.numpy._aliases.asarray",
}


class ModelError(Refusal):
    """The folder holds no usable model; the message names the file."""


@dataclass(frozen=True)
class Prediction:
    """Numbers, or places in the list of classes with the probability of each where the estimator has some."""

    values: np.ndarray
    probabilities: np.ndarray | None = None


@dataclass(frozen=True)
class Model:
    """An estimator, the features that it takes, and what is known of it."""

    estimator: Any
    features: list[Feature]
    task: Task
    card: dict[str, Any]
    explanation: dict[str, Any] = field(default_factory=dict)

    @property
    def takes_frame(self) -> bool:
        """Whether the estimator wants a DataFrame."""
        return self.card["input"] == "frame"

    @property
    def feature_names(self) -> list[str]:
        """Names of the columns that the model takes, in order."""
        return [feature.column.name for feature in self.features]

    def predict(self, rows: Table) -> Prediction:
        """Predict rows that the model does not refuse (`features.refused`)."""
        encode = features.frame if self.takes_frame else features.matrix
        return self.predict_encoded(encode(self.features, rows))

    def predict_encoded(self, X: Any) -> Prediction:
        """Predict what `features.matrix` or `features.frame` made."""
        X = estimator.prepare(X)
        if not self.task.classifies:
            predicted = np.asarray(self.estimator.predict(X), dtype=float).reshape(-1)
            return Prediction(estimator.transform_score(predicted))
        if not hasattr(self.estimator, "predict_proba"):
            return Prediction(np.asarray(self.estimator.predict(X)).astype(int).reshape(-1))
        probabilities = np.asarray(self.estimator.predict_proba(X), dtype=float)
        if probabilities.shape[1] == 2:
            return Prediction((probabilities[:, 1] >= self.task.threshold).astype(int), probabilities)
        return Prediction(probabilities.argmax(axis=1), probabilities)


def exists(folder: str | Path) -> bool:
    """Whether a model lies in the folder."""
    return (Path(folder) / "model.json").is_file()


def save(model: Model, folder: str | Path) -> None:
    """Write the model; `model.json` comes last, so that a folder with one is whole.

    Raises ModelError when the estimator cannot be stored.
    """
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    try:
        if hasattr(model.estimator, "save"):
            (root / "estimator").mkdir(exist_ok=True)
            model.estimator.save(root / "estimator")
        else:
            import skops.io

            skops.io.dump(model.estimator, root / "model.skops")
    except Exception as error:
        what = f"{type(model.estimator).__name__} cannot be stored: {error}"
        raise ModelError(f"{root}: {what}; give it save(folder), and estimator.py load(folder)") from error
    if model.explanation:
        (root / "explanation.json").write_text(json.dumps(model.explanation, indent=2) + "\n", encoding="utf-8")
    (root / "model.json").write_text(json.dumps(model.card, indent=2) + "\n", encoding="utf-8")


def load(folder: str | Path) -> Model:
    """Read a model.

    Raises ModelError when a file is missing, damaged, of another version, or holds types that are not trusted.
    """
    root = Path(folder)
    try:
        card = json.loads((root / "model.json").read_text(encoding="utf-8"))
        if card["schema_version"] != SCHEMA_VERSION:
            raise ModelError(f"{root / 'model.json'}: version {card['schema_version']}, expected {SCHEMA_VERSION}")
        task = Task(card["task"]["kind"], tuple(card["task"].get("classes") or ()), card["task"]["threshold"])
        known = [features.from_json(feature) for feature in card["features"]]
        told = root / "explanation.json"
        explanation = json.loads(told.read_text(encoding="utf-8")) if told.is_file() else {}
    except OSError as error:
        raise ModelError(f"{root / 'model.json'}: cannot read it: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{root / 'model.json'}: not what train writes: {error!r}") from error
    return Model(_estimator(root), known, task, card, explanation)


def _estimator(root: Path) -> Any:
    try:
        if (root / "estimator").is_dir():
            return estimator.load(root / "estimator")
        import skops.io

        file = root / "model.skops"
        types = skops.io.get_untrusted_types(file=file)
        unknown = sorted(name for name in types if not trusted(name))
        if unknown:
            raise ModelError(
                f"{file}: holds types that nobody trusts: {', '.join(unknown)}; "
                "if they are yours, add them to TRUSTED_TYPES in estimator.py"
            )
        return skops.io.load(file, trusted=types)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{root}: the estimator cannot be read: {type(error).__name__}: {error}") from error


def trusted(name: str) -> bool:
    """Whether a saved model may hold the type of this name: a class of a known library, or one that the team named."""
    if name in estimator.TRUSTED_TYPES or name in PLAIN:
        return True
    module, _, member = name.rpartition(".")
    package = module.partition(".")[0]
    if module == estimator.__name__:
        return hasattr(estimator, member)
    if package == "numpy":
        found = getattr(np, member, None)
        return isinstance(found, np.ufunc) or (isinstance(found, type) and issubclass(found, np.generic | np.dtype))
    if package not in PACKAGES and not module.startswith("scipy.sparse."):
        return False
    try:
        found = getattr(importlib.import_module(module), member, None)
    except ImportError:
        return False
    return isinstance(found, type) or str(getattr(found, "__module__", "")).partition(".")[0] == package
