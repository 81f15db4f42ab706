"""From a request's body to rows of values in the model's order, or a Problem.

Bodies: `data` or `input_data` (Azure ML), `dataframe_split`, `dataframe_records`, `inputs`, `instances` (MLflow and
TensorFlow Serving), Open Inference Protocol v2, and CSV. Rows are lists in the model's order, lists with names given
apart, or objects; names are those of the contract or their aliases.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import cells
from ..cells import CellError
from ..contract import Column, Contract
from ..features import Feature
from .problems import Problem

Row = list[float | str | None]
MEMBERS = ("data", "input_data", "dataframe_split", "dataframe_records", "inputs", "instances")
PLAIN = Contract("", ())


@dataclass(frozen=True)
class Body:
    """The rows, whether they came as tensors, so that the answer is one as well, and the answer's member for them."""

    rows: list[Row]
    tensors: bool = False
    answer: str = "result"


class Decoder:
    """Decodes bodies for one model."""

    def __init__(self, features: list[Feature], ignore_unknown: bool, max_rows: int) -> None:
        self._features = features
        self._names = [feature.column.name for feature in features]
        places = {feature.column.alias: place for place, feature in enumerate(features)}
        self._places = {**places, **{name: place for place, name in enumerate(self._names)}}
        self._cells: list[Callable[[Any, int], float | str | None]] = [_reader(feature) for feature in features]
        self._numbers = all(feature.column.type == "number" for feature in features)
        self._ignore_unknown = ignore_unknown
        self._max_rows = max_rows

    def decode(self, body: bytes, content_type: str) -> Body:
        """The rows of a body.

        Raises Problem.
        """
        media, _, parameters = content_type.lower().partition(";")
        media = media.strip()
        if media not in ("", "application/json", "text/csv"):
            raise Problem(415, "unsupported-media-type", f"{media} is neither application/json nor text/csv")
        if "charset" in parameters and "utf-8" not in parameters:
            raise Problem(415, "unsupported-charset", "the body must be UTF-8")
        if media == "text/csv":
            return Body(self._csv(body, parameters))
        document = _json(body)
        if not isinstance(document, dict):
            raise Problem(422, "wrong-shape", f"expected an object with one of the members {', '.join(MEMBERS)}")
        return self._document(document)

    def _document(self, document: dict[str, Any]) -> Body:
        given = [name for name in MEMBERS if name in document]
        if not given:
            raise Problem(422, "wrong-shape", f"expected an object with one of the members {', '.join(MEMBERS)}")
        member = given[0]
        content = document[member]
        tensors = member == "inputs" and _is_tensors(content)
        allowed = {member, "columns"} if member == "data" else {member}
        allowed |= {"id", "parameters", "outputs"} if tensors else set()
        unknown = sorted(
            name for name in document if name not in allowed and not (name == "params" and not document[name])
        )
        if unknown:
            raise Problem(422, "unknown-member", f"unknown members: {', '.join(unknown)}")
        if tensors:
            return Body(self._tensors(content), True)
        columns = document.get("columns") if member == "data" else None
        # As the servers answer whose bodies these are.
        answer = "result" if member in ("data", "input_data") else "predictions"
        if member in ("input_data", "dataframe_split") and isinstance(content, dict):
            return Body(self._split(content, member), answer=answer)
        if member == "inputs" and isinstance(content, dict):
            return Body(self._by_column(content), answer=answer)
        return Body(self._rows(content, columns, member), answer=answer)

    def _split(self, content: dict[str, Any], member: str) -> list[Row]:
        unknown = sorted(set(content) - {"columns", "index", "data"})
        if unknown:
            raise Problem(422, "unknown-member", f"unknown members of {member}: {', '.join(unknown)}")
        if "data" not in content:
            raise Problem(422, "wrong-shape", f'"{member}" must have a member "data"')
        return self._rows(content["data"], content.get("columns"), f"{member}.data")

    def _by_column(self, content: dict[str, Any]) -> list[Row]:
        values = [value if isinstance(value, list) else [value] for value in content.values()]
        if len({len(column) for column in values}) > 1:
            raise Problem(422, "wrong-shape", "the columns have different lengths")
        return self._rows([list(row) for row in zip(*values, strict=True)], list(content), "inputs")

    def _tensors(self, content: list[dict[str, Any]]) -> list[Row]:
        named: dict[str, list[Any]] = {}
        for tensor in content:
            shape, data = tensor.get("shape"), tensor.get("data")
            if not isinstance(data, list) or not isinstance(shape, list) or not all(type(n) is int for n in shape):
                raise Problem(422, "wrong-shape", "a tensor has a name, a shape, a datatype and data")
            flat = [cell for part in data for cell in part] if data and isinstance(data[0], list) else data
            if not shape or _product(shape) != len(flat):
                raise Problem(422, "wrong-shape", f"a tensor of shape {shape} has {len(flat)} values")
            if len(content) == 1 and len(shape) == 2 and tensor["name"] not in self._places:
                width = shape[1] or 1
                return self._rows([flat[i : i + width] for i in range(0, len(flat), width)], None, "inputs")
            if tensor["name"] in named:
                raise Problem(422, "duplicate-column", f"the tensor {tensor['name']} is there twice")
            named[tensor["name"]] = flat
        return self._by_column(named)

    def _rows(self, rows: Any, columns: Any, member: str) -> list[Row]:
        if not isinstance(rows, list):
            raise Problem(422, "wrong-shape", f'"{member}" must be a list of rows')
        if not rows:
            raise Problem(422, "empty-input", f'"{member}" has no rows')
        if len(rows) > self._max_rows:
            raise Problem(413, "too-many-rows", f"{len(rows)} rows, at most {self._max_rows} are answered at once")
        if columns is None:
            if self._numbers and _are_numbers(rows, len(self._cells)):
                return rows
            return [self._row(index, row) for index, row in enumerate(rows)]
        if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
            raise Problem(422, "wrong-shape", '"columns" must be a list of names')
        order = self._order(columns)
        return [self._ordered(index, row, order, len(columns)) for index, row in enumerate(rows)]

    def _row(self, index: int, row: Any) -> Row:
        if isinstance(row, dict):
            order = self._order(list(row), row=index)
            values = list(row.values())
            return self._ordered(index, values, order, len(values))
        if not isinstance(row, list):
            raise Problem(422, "wrong-shape", f"row {index} is neither a list of values nor an object", row=index)
        if len(row) != len(self._cells):
            detail = f"row {index} has {len(row)} values, the model has {len(self._cells)} features"
            raise Problem(422, "wrong-width", detail, row=index)
        return [read(cell, index) for read, cell in zip(self._cells, row, strict=True)]

    def _ordered(self, index: int, row: Any, order: list[int | None], width: int) -> Row:
        if not isinstance(row, list):
            raise Problem(422, "wrong-shape", f"row {index} is not a list of values", row=index)
        if len(row) != width:
            raise Problem(422, "wrong-width", f"row {index} has {len(row)} values for {width} columns", row=index)
        return [
            read(None if place is None else row[place], index) for read, place in zip(self._cells, order, strict=True)
        ]

    def _order(self, given: list[str], **members: object) -> list[int | None]:
        """Where each feature stands among the given names; None for one that may be left out."""
        order: list[int | None] = [None] * len(self._features)
        for place, name in enumerate(given):
            at = self._places.get(name)
            if at is None:
                if self._ignore_unknown:
                    continue
                detail = f"the model has no column {name}"
                raise Problem(422, "unknown-column", detail, column=name, **members)
            if order[at] is not None:
                raise Problem(422, "duplicate-column", f"the column {name} is named twice", column=name, **members)
            order[at] = place
        for feature, found in zip(self._features, order, strict=True):
            if found is None and not feature.takes_missing:
                name = feature.column.name
                raise Problem(422, "missing-column", f"the column {name} is missing", column=name, **members)
        return order

    def _csv(self, body: bytes, parameters: str) -> list[Row]:
        try:
            lines = [fields for fields in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")) if fields]
        except (UnicodeDecodeError, csv.Error) as error:
            raise Problem(400, "malformed-csv", str(error)) from error
        if not lines:
            raise Problem(422, "empty-input", "the body has no rows")
        header = "header=present" in parameters or (
            "header=absent" not in parameters
            and (any(field in self._places for field in lines[0]) or not any(map(_is_number, lines[0])))
        )
        rows: list[list[Any]] = [
            [None if field == "" else _Text(field) for field in fields] for fields in lines[header:]
        ]
        return self._rows(rows, lines[0] if header else None, "body")


class _Text(str):
    """The text of a CSV field, which may stand for a number."""


def _reader(feature: Feature) -> Callable[[Any, int], float | str | None]:
    column = feature.column
    name = column.name
    levels = set(feature.levels) if column.type == "category" and column.unknown == "refuse" else None

    def read(cell: Any, row: int) -> float | str | None:
        kind = type(cell)
        if kind is float or kind is int:
            if column.type == "number" and -1.7e308 < cell < 1.7e308:
                return float(cell)
        elif cell is None:
            if feature.takes_missing:
                return None
            raise Problem(422, "missing-value", f"row {row}, {name}: no value", row=row, column=name)
        try:
            value = _value(cell, column)
        except CellError as error:
            code = error.kind if error.kind in ("not-finite", "missing-value") else "wrong-type"
            raise Problem(422, code, f"row {row}, {name}: {error}", row=row, column=name) from error
        if levels is not None and value not in levels:
            detail = f"row {row}, {name}: {value!r} is not a level that the model knows"
            raise Problem(422, "unknown-level", detail, row=row, column=name)
        return value

    return read


def _value(cell: Any, column: Column) -> float | str:
    if isinstance(cell, _Text):
        read = cells.value(str(cell), column, PLAIN)
        if read is None:
            raise CellError("no value", "missing-value")
        return read
    number = isinstance(cell, int | float) and not isinstance(cell, bool)
    match column.type:
        case "number" | "integer" if number:
            try:
                return cells.finite(float(cell), cell, column)
            except OverflowError:
                raise CellError("the number is not finite", "not-finite") from None
        case "datetime" if number:
            return cells.finite(float(cell), cell, column)
        case "datetime" if isinstance(cell, str):
            return cells.time(cell)
        case "boolean" if isinstance(cell, bool) or cell in (0, 1):
            return float(cell)
        case "boolean" if isinstance(cell, str):
            return cells.boolean(cell, column)
        case "category" | "text" if isinstance(cell, str):
            return cell
        case "category" if isinstance(cell, bool):
            return str(cell).lower()
        case "category" if number:
            return cells.shortest(cells.finite(float(cell), cell, column))
    raise CellError(f"not a value of the type {column.type}", "wrong-type")


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


def _is_tensors(content: Any) -> bool:
    return (
        isinstance(content, list)
        and bool(content)
        and all(isinstance(tensor, dict) and "datatype" in tensor and "name" in tensor for tensor in content)
    )


def _are_numbers(rows: list[Any], width: int) -> bool:
    """Whether every row is a list of `width` finite floats, found without a look at each in Python."""
    if set(map(type, rows)) != {list} or set(map(len, rows)) != {width}:
        return False
    cells = list(itertools.chain.from_iterable(rows))
    # The sum of finite numbers may not be finite: then each is looked at.
    return set(map(type, cells)) == {float} and math.isfinite(sum(cells))


def _is_number(text: str) -> bool:
    return cells.NUMBER.fullmatch(text.strip(cells.SPACES)) is not None


def _product(shape: list[int]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size
