"""A trained model on disk: the estimator in `model.skops`, what is known of it in `model.json`.

skops stores estimators without pickle, so that loading a model cannot run code that someone hid in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import skops.io
from sklearn.base import RegressorMixin

from . import estimator

SCHEMA_VERSION = 1


class ModelError(Exception):
    """The folder holds no usable model; the message names the file."""


@dataclass(frozen=True)
class Model:
    """An estimator and what is known of it."""

    estimator: RegressorMixin
    card: dict[str, Any]

    @property
    def features(self) -> list[str]:
        """Names of the features, in the order that the estimator expects."""
        return [feature["name"] for feature in self.card["features"]]


def exists(folder: str | Path) -> bool:
    """Whether a model lies in the folder."""
    return (Path(folder) / "model.json").is_file()


def save(model: Model, folder: str | Path) -> None:
    """Write the model; `model.json` comes last, so that a folder with one is whole."""
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    skops.io.dump(model.estimator, root / "model.skops")
    (root / "model.json").write_text(json.dumps(model.card, indent=2) + "\n", encoding="utf-8")


def load(folder: str | Path) -> Model:
    """Read a model.

    Raises ModelError when a file is missing, damaged, of another version, or holds types that are not trusted.
    """
    root = Path(folder)
    try:
        card = json.loads((root / "model.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read {root / 'model.json'}: {error}") from error
    if card.get("schema_version") != SCHEMA_VERSION:
        raise ModelError(f"{root / 'model.json'} has version {card.get('schema_version')}, expected {SCHEMA_VERSION}")
    try:
        unknown = set(skops.io.get_untrusted_types(file=root / "model.skops")) - set(estimator.TRUSTED_TYPES)
        if unknown:
            raise ModelError(f"{root / 'model.skops'} holds types that nobody trusts: {', '.join(sorted(unknown))}")
        return Model(skops.io.load(root / "model.skops", trusted=estimator.TRUSTED_TYPES), card)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"cannot read {root / 'model.skops'}: {error}") from error
