"""The data contract: which columns the data has, what they may hold, and which rows are held out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VERSION = 1


class ContractError(Exception):
    """The contract file is not one; the message names the file and the place in it."""


@dataclass(frozen=True)
class Expected:
    """Mean and standard deviation that history leads us to expect."""

    mean: float
    standard_deviation: float


@dataclass(frozen=True)
class Column:
    """One column of the data."""

    name: str
    type: str
    required: bool = True
    min: float | None = None
    max: float | None = None
    allowed: tuple[float, ...] = ()
    expected: Expected | None = None


@dataclass(frozen=True)
class Holdout:
    """The rows that judge champion and challenger."""

    fraction: float = 0.2
    seed: int = 0


@dataclass(frozen=True)
class Distribution:
    """Limits of drift against the training baseline; None switches a check off."""

    psi: float | None = None
    ks_p_value: float | None = None
    mean_sigmas: float | None = None
    standard_deviation_ratio: float | None = None


@dataclass(frozen=True)
class Contract:
    """The whole contract."""

    target: str
    columns: tuple[Column, ...]
    holdout: Holdout = field(default_factory=Holdout)
    distribution: Distribution = field(default_factory=Distribution)

    @property
    def features(self) -> list[str]:
        """Names of the columns that the model sees, in order."""
        return [column.name for column in self.columns if column.name != self.target]


def load(path: str | Path) -> Contract:
    """Read a contract file.

    Raises ContractError when the file cannot be read or is not a contract.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        return _parse(data)
    except OSError as error:
        raise ContractError(f"cannot read the data contract {path}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise ContractError(f"{path} is not a data contract: {error!r}") from error


def _parse(data: dict[str, Any]) -> Contract:
    if data["version"] != VERSION:
        raise ValueError(f"version {data['version']} is not known, expected {VERSION}")
    contract = Contract(
        target=data["target"],
        columns=tuple(_column(column) for column in data["columns"]),
        holdout=Holdout(**data.get("holdout", {})),
        distribution=Distribution(**data.get("distribution", {})),
    )
    names = [column.name for column in contract.columns]
    if len(set(names)) != len(names):
        raise ValueError("a column is named twice")
    if contract.target not in names or len(names) < 2:
        raise ValueError("the target must be one of at least two columns")
    if not 0 <= contract.holdout.fraction < 1:
        raise ValueError("holdout.fraction must be 0 or more and less than 1")
    return contract


def _column(data: dict[str, Any]) -> Column:
    if data["type"] not in ("number", "integer"):
        raise ValueError(f"type {data['type']!r} of column {data['name']!r} is neither number nor integer")
    expected = Expected(**data["expected"]) if "expected" in data else None
    return Column(**{**data, "allowed": tuple(data.get("allowed", ())), "expected": expected})
