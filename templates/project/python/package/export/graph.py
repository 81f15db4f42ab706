"""What the exported model does with a row before its estimator: slots, and the steps that fill them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..console import Refusal

Cells = list[float | None]


class ExportError(Refusal):
    """A model that the native server cannot serve; the message says what and why, and the way out."""

    def __init__(self, message: str, kind: bool = False) -> None:
        said = f"`{message}` cannot be exported" if kind else f"the model cannot be exported: {message}"
        super().__init__(f"{said}; keep `serving: python` under `scoring` in mlops.yaml")


@dataclass(frozen=True)
class Number:
    """A slot with a number, which may be NaN."""

    slot: int


@dataclass(frozen=True)
class Level:
    """A slot with the index of a level, and what the estimator sees for each index."""

    slot: int
    values: dict[int, Any]
    name: str


Column = Number | Level


@dataclass
class Graph:
    """Steps so far, and the number of slots before them: the inputs and their indicators."""

    first: int
    steps: list[dict[str, Any]] = field(default_factory=list)
    _slots: int = 0

    def add(self, width: int, step: dict[str, Any]) -> list[Number]:
        """Append a step; its slots."""
        first = self.first + self._slots
        self.steps.append(step)
        self._slots += width
        return [Number(first + place) for place in range(width)]

    def lookup(
        self,
        slot: int,
        keys: list[float],
        rows: list[list[float]],
        missing: list[float] | None = None,
        otherwise: list[float] | None = None,
    ) -> list[Number]:
        """A table by the value of a slot."""
        order = sorted(range(len(keys)), key=lambda place: keys[place])
        widths = [len(row) for row in (*rows, missing, otherwise) if row is not None]
        step = {
            "kind": "lookup",
            "column": slot,
            "width": widths[0],
            "keys": [keys[place] for place in order],
            "rows": [_cells(rows[place]) for place in order],
            "missing": None if missing is None else _cells(missing),
            "otherwise": None if otherwise is None else _cells(otherwise),
        }
        return self.add(widths[0], step)


def numbers(given: list[Column], who: Any) -> list[int]:
    """The slots of columns that are numbers.

    Raises ExportError for a column of texts.
    """
    text = next((column for column in given if isinstance(column, Level)), None)
    if text is not None:
        name = type(who).__name__
        raise ExportError(f"{name} gets the texts of column {text.name!r}: put an encoder before it")
    return [column.slot for column in given]


def plain(values: Any) -> list[float]:
    """Numbers for JSON; what has no end becomes the greatest number, at which every comparison comes out the same."""
    return np.clip(np.asarray(values, dtype=float), -1.7976931348623157e308, 1.7976931348623157e308).ravel().tolist()


def _cells(row: list[float]) -> Cells:
    return [None if math.isnan(cell) else cell for cell in row]
