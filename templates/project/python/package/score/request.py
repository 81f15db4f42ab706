"""From a request's body to a table of finite numbers in the model's order, or a Problem."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from .problems import Problem


def parse(body: bytes, content_type: str, features: list[str], max_rows: int) -> np.ndarray:
    """The rows of a body `{"data": [[…], …]}`, `{"columns": […], "data": [[…], …]}` or `{"data": [{…}, …]}`."""
    media, _, parameters = content_type.lower().partition(";")
    if media.strip() not in ("", "application/json"):
        raise Problem(415, "unsupported-media-type", f"{media.strip()} is not application/json")
    if "charset" in parameters and "utf-8" not in parameters:
        raise Problem(415, "unsupported-charset", "the body must be UTF-8")
    document = _json(body)
    if not isinstance(document, dict) or "data" not in document:
        raise Problem(422, "wrong-shape", 'expected an object with a member "data"')
    unknown = sorted(set(document) - {"data", "columns"})
    if unknown:
        raise Problem(422, "unknown-member", f"unknown members: {', '.join(unknown)}")
    rows = document["data"]
    if not isinstance(rows, list):
        raise Problem(422, "wrong-shape", '"data" must be a list of rows')
    if not rows:
        raise Problem(422, "empty-input", '"data" has no rows')
    if len(rows) > max_rows:
        raise Problem(413, "too-many-rows", f"{len(rows)} rows, at most {max_rows} are answered at once")
    order = _order(document.get("columns"), features)
    return np.array([_row(index, row, features, order) for index, row in enumerate(rows)], dtype=float)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except UnicodeDecodeError as error:
        raise Problem(400, "malformed-json", f"byte {error.start} is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise Problem(400, "malformed-json", str(error)) from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise Problem(422, "duplicate-column", "a name occurs twice in one object")
    return document


def _order(columns: Any, features: list[str]) -> list[int] | None:
    if columns is None:
        return None
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise Problem(422, "wrong-shape", '"columns" must be a list of names')
    _same_names(columns, features)
    return [columns.index(name) for name in features]


def _row(index: int, row: Any, features: list[str], order: list[int] | None) -> list[float]:
    if isinstance(row, dict) and order is None:
        _same_names(list(row), features, row=index)
        row = [row[name] for name in features]
    if not isinstance(row, list):
        raise Problem(422, "wrong-shape", f"row {index} is not a list of numbers", row=index)
    if len(row) != len(features):
        detail = f"row {index} has {len(row)} values, the model has {len(features)} features"
        raise Problem(422, "wrong-width", detail, row=index)
    if order is not None:
        row = [row[place] for place in order]
    return [_number(index, name, cell) for name, cell in zip(features, row, strict=True)]


def _number(index: int, name: str, cell: Any) -> float:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        raise Problem(422, "wrong-type", f"row {index}, {name}: not a number", row=index, column=name)
    try:
        value = float(cell)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise Problem(422, "not-finite", f"row {index}, {name}: not a finite number", row=index, column=name)
    return value


def _same_names(given: list[str], features: list[str], **members: object) -> None:
    if len(set(given)) != len(given):
        raise Problem(422, "duplicate-column", "a column is named twice", **members)
    unknown = [name for name in given if name not in features]
    if unknown:
        raise Problem(422, "unknown-column", f"the model has no column {unknown[0]}", column=unknown[0], **members)
    missing = [name for name in features if name not in given]
    if missing:
        raise Problem(422, "missing-column", f"the column {missing[0]} is missing", column=missing[0], **members)
