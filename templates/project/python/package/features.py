"""What the model makes of the columns: fitted on the training rows, kept in `model.json`, the same in scoring.

An estimator gets a matrix of floats (one column a number, boolean or time; one a level of a category; one 0/1 after a
column whose rule is `indicator`), or, where `estimator.INPUT` is "frame", a DataFrame with the aliases as names.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import baseline, cells, contract, table
from .contract import Column, Contract
from .table import DataError, Table


@dataclass(frozen=True)
class Feature:
    """A column as the model takes it: what stands for a missing cell, and which levels there are."""

    column: Column
    fill: float | str | None = None
    levels: tuple[str, ...] = ()
    common: str | None = None

    @property
    def indicator(self) -> bool:
        """Whether a 0/1 says that the cell was missing."""
        return self.column.when_missing == "indicator"

    @property
    def width(self) -> int:
        """Columns of the matrix."""
        return (len(self.levels) if self.column.type == "category" else 1) + self.indicator

    @property
    def takes_missing(self) -> bool:
        """Whether a missing cell has a value."""
        return self.fill is not None or (self.column.type == "category" and self.indicator)

    def names(self) -> list[str]:
        """Names of the matrix's columns."""
        alias = self.column.alias
        own = [f"{alias}={level}" for level in self.levels] if self.column.type == "category" else [alias]
        return own + ([f"{alias}_missing"] if self.indicator else [])


def fit(rows: Table, rules: Contract) -> list[Feature]:
    """Learn the features from training rows.

    Raises DataError where a column has no value to learn from, or a level that the contract does not know.
    """
    return [_fit(column, rows) for column in rules.features]


def _fit(column: Column, rows: Table) -> Feature:
    values, missing = rows.columns[column.name], rows.missing(column.name)
    known = values[~missing]
    where = f"column {column.name!r}"
    needs = column.when_missing != "drop-row" or (column.type == "category" and column.levels is None)
    if not len(known) and column.when_missing != "constant" and needs:
        why = "no training row has a value, so there is nothing to learn from: leave the column out, or give a constant"
        raise DataError(f"{where}: {why}", "no-values", column=column.name)
    if column.type != "category":
        return Feature(column, _fill(column, known))
    made_up = {str(column.constant)} if column.when_missing == "constant" else set()
    levels = column.levels or tuple(sorted({*known, *made_up}))
    if column.unknown == "refuse":
        listed = set(levels)
        stranger = next((row for row in np.flatnonzero(~missing) if values[row] not in listed), None)
        if stranger is not None:
            why = f"{values[stranger]!r} is not one of {', '.join(map(repr, levels))}"
            raise rows.refuse(int(stranger), column.name, "unknown-level", why)
    common = _most_frequent(known[np.isin(known.astype(str), levels)] if column.levels else known)
    fill = {"constant": column.constant, "most-frequent": common}.get(column.when_missing)
    if common is None and "most-frequent" in (column.when_missing, column.unknown):
        raise DataError(f"{where}: no training row has one of its levels", "no-values", column=column.name)
    return Feature(column, fill, tuple(levels), common)


def _fill(column: Column, known: np.ndarray) -> float | str | None:
    match column.when_missing:
        case "drop-row":
            return None
        case "constant":
            if column.type == "datetime":
                return cells.time(str(column.constant))
            return float(column.constant) if column.numeric and column.constant is not None else column.constant
        case "most-frequent":
            return _most_frequent(known)
        case _ if not column.numeric:
            return ""
        case "median":
            low, high = np.sort(known)[[(len(known) - 1) // 2, len(known) // 2]]
            return float(low / 2 + high / 2 if abs(low) > 1e300 else (low + high) / 2)
        case _:
            return baseline.mean(known)


def _most_frequent(known: np.ndarray) -> Any:
    counts = Counter(known.tolist())
    if not counts:
        return None
    most = min(counts, key=lambda value: (-counts[value], value))
    # Zero may come with a sign.
    return most + 0.0 if isinstance(most, float) else most


def refused(features: list[Feature], rows: Table) -> np.ndarray:
    """The rows that the model refuses: a gap without a rule, or a level that it does not know."""
    bad = np.zeros(rows.rows, dtype=bool)
    for feature in features:
        name, column = feature.column.name, feature.column
        missing = rows.missing(name)
        if not feature.takes_missing:
            bad |= missing
        if column.type == "category" and column.unknown == "refuse":
            levels = set(feature.levels)
            bad |= ~missing & np.array([level not in levels for level in rows.columns[name]], dtype=bool)
    return bad


def matrix(features: list[Feature], rows: Table) -> np.ndarray:
    """The matrix of rows that the model does not refuse.

    Raises DataError for a column of text, which has no place in a matrix.
    """
    parts: list[np.ndarray] = []
    for feature in features:
        values, missing = rows.columns[feature.column.name], rows.missing(feature.column.name)
        if feature.column.type == "text":
            name = feature.column.name
            raise DataError(f'column {name!r}: text has no place in a matrix: set INPUT = "frame" in estimator.py')
        if feature.column.type == "category":
            parts += _one_hot(feature, values, missing)
        else:
            fill: Any = feature.fill
            parts.append(np.where(missing, fill, values).astype(float) if missing.any() else values)
        if feature.indicator:
            parts.append(missing.astype(float))
    return np.column_stack(parts)


def _one_hot(feature: Feature, values: np.ndarray, missing: np.ndarray) -> list[np.ndarray]:
    codes = np.array([code(feature, None if gap else v) for v, gap in zip(values, missing, strict=True)], dtype=int)
    return [(codes == place).astype(float) for place in range(len(feature.levels))]


def code(feature: Feature, level: float | str | None) -> int:
    """The place of a level, or of what stands for it; -1 for none.

    Raises LookupError for a level that the model refuses.
    """
    if level is None:
        level = feature.fill
        if level is None:
            return -1
    try:
        return feature.levels.index(level)
    except ValueError:
        if feature.column.unknown == "refuse":
            raise LookupError(level) from None
    return feature.levels.index(feature.common) if feature.column.unknown == "most-frequent" else -1


def frame(features: list[Feature], rows: Table):
    """The DataFrame of rows that the model does not refuse."""
    import pandas as pd

    made: dict[str, Any] = {}
    for feature in features:
        column, missing = feature.column, rows.missing(feature.column.name)
        values = rows.columns[column.name]
        if missing.any():
            values = np.where(missing, "" if feature.fill is None else feature.fill, values)
        if column.type == "category":
            places = [code(feature, None if gap else v) for v, gap in zip(values, missing, strict=True)]
            values = np.array([feature.levels[place] if place >= 0 else "" for place in places], dtype=object)
        made[column.alias] = values.astype(float) if column.numeric else values
        if feature.indicator:
            made[f"{column.alias}_missing"] = missing.astype(float)
    return pd.DataFrame(made)


def to_json(feature: Feature) -> dict[str, Any]:
    """The feature as it is kept in `model.json`."""
    column = {k: v for k, v in dataclasses.asdict(feature.column).items() if v is not None}
    for rule in ("required", "min", "max", "allowed", "expected"):
        column.pop(rule, None)
    rule = column.pop("when_missing")
    if not feature.column.required:
        column["required"] = False
        column["when_missing"] = {"constant": column.pop("constant")} if rule == "constant" else rule
    if feature.column.type != "boolean":
        column.pop("true"), column.pop("false")
    return {**column, "levels": list(feature.levels) or None, "fill": feature.fill, "common": feature.common}


def from_json(data: dict[str, Any]) -> Feature:
    """The feature of an entry of `model.json`.

    Raises ValueError, TypeError or KeyError.
    """
    own = {key: value for key, value in data.items() if key not in ("fill", "common", "baseline")}
    column = contract.column({key: value for key, value in own.items() if value is not None})
    return Feature(column, data.get("fill"), tuple(data.get("levels") or ()), data.get("common"))


class Rows:
    """Encodes rows one by one, for requests: values in the order of the features become a row of the matrix."""

    def __init__(self, features: list[Feature]) -> None:
        self.features = features
        self.plain = all(f.column.type in ("number", "integer") and f.width == 1 for f in features)
        self._codes: list[dict[Any, int]] = [
            {level: place for place, level in enumerate(feature.levels)} for feature in features
        ]

    def encode(self, values: list[float | str | None]) -> list[float]:
        """One row of the matrix.

        Raises LookupError with the feature's name for a level that is not known.
        """
        row: list[Any] = []
        for feature, codes, value in zip(self.features, self._codes, values, strict=True):
            if feature.column.type == "category":
                place = codes.get(value)
                if place is None:
                    place = code(feature, value)
                row += [1.0 if index == place else 0.0 for index in range(len(feature.levels))]
            else:
                row.append(feature.fill if value is None else value)
            if feature.indicator:
                row.append(1.0 if value is None else 0.0)
        return row


def one_row_tables(features: list[Feature], rows: list[list[float | str | None]]) -> Table:
    """The rows of a request as a table."""
    columns = {f.column.name: cells.array([row[i] for row in rows], f.column) for i, f in enumerate(features)}
    return table.Table(columns, len(rows))


def is_finite(values: np.ndarray) -> bool:
    """Whether every number is finite."""
    return bool(math.isfinite(values.sum())) or bool(np.isfinite(values).all())
