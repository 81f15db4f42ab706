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
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .. import cells
from ..cells import CellError
from ..contract import Column, Contract
from ..features import Feature
from .media import body_format
from .problems import Problem

Row = list[float | str | None]
MEMBERS = ("data", "input_data", "dataframe_split", "dataframe_records", "inputs", "instances")
PLAIN = Contract("", ())


@dataclass(frozen=True)
class Body:
    """The rows, whether they came as tensors, so that the answer is one as well, and the answer's member for them.

    `id` is the request's own, which goes back with tensors.
    """

    rows: list[Row]
    tensors: bool = False
    answer: str = "result"
    id: str | None = None


class Decoder:
    """Decodes bodies for one model."""

    def __init__(self, features: list[Feature], ignore_unknown: bool, max_rows: int) -> None:
        self._features = features
        self._names = [feature.column.name for feature in features]
        places = {feature.column.alias: place for place, feature in enumerate(features)}
        self._places = {**places, **{name: place for place, name in enumerate(self._names)}}
        self._cells: list[Callable[[Any, int], float | str | None]] = [_reader(feature) for feature in features]
        self._quick = all(feature.column.type == "number" for feature in features)
        self._numbers = all(feature.column.type in ("number", "integer") for feature in features)
        self._ignore_unknown = ignore_unknown
        self._max_rows = max_rows

    def decode(self, body: bytes, content_type: str | None) -> Body:
        """The rows of a body.

        Raises Problem.
        """
        format = body_format(content_type)
        if format.csv:
            found = Body(self._csv(body, format.header))
        else:
            document = _json(body)
            try:
                if not isinstance(document, dict):
                    raise Problem(422, "wrong-shape", f"expected an object with a member of {', '.join(MEMBERS)}")
                found = self._document(document)
            except Problem:
                # That the body is no JSON comes first, wherever in it.
                _in_range(body)
                raise
        if not found.rows:
            raise Problem(422, "empty-input", "send at least one row")
        return found

    def _document(self, document: dict[str, Any]) -> Body:
        _once(document)
        if _is_tensors(document.get("inputs")):
            return self._tensors(document)
        if "data" in document or "columns" in document:
            return Body(self._split(document, ("data", "columns")))
        given = [name for name in MEMBERS if name in document]
        none = ("params",) if document.get("params", 0) in (None, {}) else ()
        unknown = [name for name in document if name not in (*given[:1], *none)]
        if unknown:
            raise Problem(422, "unknown-member", f"unknown members: {', '.join(unknown)}")
        if not given:
            raise Problem(422, "wrong-shape", f"expected an object with one of the members {', '.join(MEMBERS)}")
        member = given[0]
        content = document[member]
        # As the servers answer whose bodies these are.
        answer = "result" if member == "input_data" else "predictions"
        if member in ("input_data", "dataframe_split") and isinstance(content, dict):
            return Body(self._split(content, ("columns", "index", "data")), answer=answer)
        if member == "inputs" and isinstance(content, dict):
            return Body(self._by_column(list(_pairs(content))), answer=answer)
        return Body(self._rows(content, None), answer=answer)

    def _split(self, content: dict[str, Any], known: tuple[str, ...]) -> list[Row]:
        _once(content)
        for name, value in content.items():
            if name not in known or (name == "index" and not isinstance(value, list)):
                raise Problem(422, "unknown-member", f"unknown member {name}; known are {', '.join(known)}")
            if name == "columns" and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
                raise Problem(422, "wrong-shape", '"columns" must be a list of names')
        columns = content.get("columns")
        if "data" not in content:
            raise Problem(422, "wrong-shape", 'the member "data" is missing')
        return self._rows(content["data"], columns)

    def _by_column(self, named: list[tuple[str, Any]]) -> list[Row]:
        order = self._order([name for name, _ in named])
        lists = [column for _, column in named if isinstance(column, list)]
        if len(lists) < len(named):
            raise Problem(422, "wrong-shape", "a column is no list of values")
        if len(set(map(len, lists))) > 1:
            raise Problem(422, "wrong-shape", "the columns have different lengths")
        self._few(lists[0] if lists else [])
        return [self._ordered(index, list(row), order) for index, row in enumerate(zip(*lists, strict=True))]

    def _tensors(self, document: dict[str, Any]) -> Body:
        kinds = {"id": str, "inputs": list, "parameters": dict, "outputs": list}
        for name, value in document.items():
            if name not in kinds or not isinstance(value, kinds[name]):
                raise Problem(422, "unknown-member", f"unknown member {name} of the Open Inference Protocol")
        tensors = [_tensor(tensor) for tensor in document["inputs"]]
        width = len(self._cells)
        if len(tensors) == 1 and len(tensors[0][1]) == 2 and tensors[0][1][1] == width > 1:
            flat = tensors[0][2]
            rows = self._rows([flat[at : at + width] for at in range(0, len(flat), width)], None)
        else:
            if not all(len(shape) == 1 or shape[1:] == [1] for _, shape, _ in tensors):
                detail = f"expected one tensor of the shape [rows, {width}] or one of [rows] a feature"
                raise Problem(422, "wrong-shape", detail)
            rows = self._by_column([(name, data) for name, _, data in tensors])
        return Body(rows, True, id=document.get("id"))

    def _few(self, rows: list[Any]) -> None:
        if len(rows) > self._max_rows:
            raise Problem(413, "too-many-rows", f"{len(rows)} rows, at most {self._max_rows} are answered at once")

    def _rows(self, rows: Any, columns: list[str] | None) -> list[Row]:
        if not isinstance(rows, list):
            raise Problem(422, "wrong-shape", "expected a list of rows or records")
        self._few(rows)
        if columns is None and self._quick and _are_numbers(rows, len(self._cells)):
            return rows
        order: list[int | None] = [*range(len(self._cells))] if columns is None else self._order(columns)
        records = bool(rows) and isinstance(rows[0], dict)
        return [self._row(index, row, order, records, columns is not None) for index, row in enumerate(rows)]

    def _row(self, index: int, row: Any, order: list[int | None], records: bool, named: bool) -> Row:
        if isinstance(row, list) and not records:
            return self._ordered(index, row, order)
        if not isinstance(row, dict) or not records or named:
            why = "is neither a list of values nor an object, or not what the rows before it are"
            raise Problem(422, "wrong-shape", f"row {index} {why}", row=index)
        return self._record(index, row)

    def _ordered(self, index: int, row: list[Any], order: list[int | None]) -> Row:
        if len(row) != len(order):
            detail = f"row {index} has {len(row)} values, expected {len(order)}"
            raise Problem(422, "wrong-width", detail, row=index)
        values: Row = [None] * len(self._cells)
        for cell, place in zip(row, order, strict=True):
            if place is not None:
                values[place] = self._cells[place](cell, index)
        return values

    def _record(self, index: int, row: dict[str, Any]) -> Row:
        values: Row = [None] * len(self._cells)
        seen = [False] * len(self._cells)
        for name, cell in _pairs(row):
            place = self._place(name, seen, row=index)
            if place is not None:
                values[place] = self._cells[place](cell, index)
        self._complete(seen, row=index)
        return values

    def _order(self, given: list[str]) -> list[int | None]:
        """Where each of the given names goes; None for one that is passed over."""
        seen = [False] * len(self._cells)
        order = [self._place(name, seen) for name in given]
        self._complete(seen)
        return order

    def _place(self, name: str, seen: list[bool], **members: object) -> int | None:
        at = self._places.get(name)
        if at is None:
            if self._ignore_unknown:
                return None
            raise Problem(422, "unknown-column", f"the model has no column {name}", column=name, **members)
        if seen[at]:
            raise Problem(422, "duplicate-column", f"the column {name} is named twice", column=name, **members)
        seen[at] = True
        return at

    def _complete(self, seen: list[bool], **members: object) -> None:
        for feature, found in zip(self._features, seen, strict=True):
            if not found and not feature.takes_missing:
                name = feature.column.name
                raise Problem(422, "missing-column", f"the column {name} is missing", column=name, **members)

    def _csv(self, body: bytes, header: bool | None) -> list[Row]:
        try:
            lines = [fields for fields in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")) if fields]
        except (UnicodeDecodeError, csv.Error) as error:
            raise Problem(400, "malformed-csv", str(error)) from error
        if not lines:
            return []
        names = [name if name in self._places else name.strip() for name in lines[0]]
        if header is None:
            named = self._numbers or any(name in self._places for name in names)
            header = named and not any(map(_is_number, lines[0]))
        rows: list[Any] = [[_Text(field) for field in fields] for fields in lines[header:]]
        found = self._rows(rows[: self._max_rows], names if header else None)
        self._few(rows)
        return found


class _Text(str):
    """The text of a CSV field, which may stand for a number."""


def _reader(feature: Feature) -> Callable[[Any, int], float | str | None]:
    column = feature.column
    name = column.name
    levels = set(feature.levels) if column.type == "category" and column.unknown == "refuse" else None
    gaps = column.type in ("category", "text")

    def read(cell: Any, row: int) -> float | str | None:
        kind = type(cell)
        if kind is float or kind is int:
            if column.type == "number" and -1.7e308 < cell < 1.7e308:
                return float(cell)
        elif cell is None or ((gaps or kind is _Text) and isinstance(cell, str) and not cell.strip(cells.SPACES)):
            if feature.takes_missing:
                return None
            raise Problem(422, "missing-value", f"row {row}, {name}: no value", row=row, column=name)
        try:
            value = _value(cell, column)
        except (CellError, OverflowError) as error:
            endless = isinstance(error, OverflowError) or error.kind == "not-finite"
            if endless and kind is not _Text:
                # JSON has no such number: it is out of range where it stands.
                raise Problem(400, "malformed-json", f"row {row}, {name}: a number is out of range") from error
            code = "not-finite" if endless else "wrong-type"
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
        case "number" | "integer" | "datetime" if number:
            return cells.finite(float(cell), cell, column)
        case "datetime" if isinstance(cell, str):
            return cells.time(cell.strip(cells.SPACES))
        case "boolean" if isinstance(cell, bool):
            return float(cell)
        case "boolean" if number:
            words = (*column.true, *column.false)
            # Numbers mean what the words say that they do, and without such words what they usually mean.
            if "0" not in words and "1" not in words and cell in (0, 1):
                return float(cell)
            return cells.boolean(cells.shortest(cells.finite(float(cell), cell, column)), column)
        case "boolean" if isinstance(cell, str):
            return cells.boolean(cell.strip(cells.SPACES), column)
        case "category" | "text" if isinstance(cell, str):
            return cell
        case "category" if isinstance(cell, bool):
            return str(cell).lower()
        case "category" if number:
            return cells.shortest(cells.finite(float(cell), cell, column))
    raise CellError(f"not a value of the type {column.type}", "wrong-type")


class _Twice(dict[str, Any]):
    """An object that names a member twice; `pairs` are all that it has."""

    pairs: list[tuple[str, Any]]


def _pairs(content: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    return content.pairs if isinstance(content, _Twice) else content.items()


def _once(content: dict[str, Any]) -> None:
    if isinstance(content, _Twice):
        raise Problem(422, "wrong-shape", "a member is there twice")


def _json(body: bytes) -> Any:
    try:
        text = body.decode("utf-8")
        document = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
        if "\\u" in text and "\\ud" in text.lower():
            # Half a surrogate pair is no text, and says so when it is written.
            json.dumps(document, ensure_ascii=False).encode()
        return document
    except UnicodeDecodeError as error:
        raise Problem(400, "malformed-json", f"byte {error.start} is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise Problem(400, "malformed-json", str(error)) from error


def _in_range(body: bytes) -> None:
    """Refuse a body with a number beyond the range of floats, which JSON's reader takes for infinite."""

    def number(text: str) -> float:
        if math.isinf(float(text)):
            raise Problem(400, "malformed-json", "a number is out of range")
        return 0.0

    json.loads(body.decode("utf-8"), parse_float=number, parse_int=number)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) == len(pairs):
        return document
    twice = _Twice(document)
    twice.pairs = pairs
    return twice


def _is_tensors(content: Any) -> bool:
    return isinstance(content, list) and bool(content) and isinstance(content[0], dict) and "datatype" in content[0]


def _tensor(tensor: Any) -> tuple[str, list[int], list[Any]]:
    """Name, shape and flat data of a tensor."""
    if not isinstance(tensor, dict):
        raise Problem(422, "wrong-shape", "an input is no object")
    unknown = [name for name in tensor if name not in ("name", "shape", "datatype", "parameters", "data")]
    name, shape, data = tensor.get("name"), tensor.get("shape"), tensor.get("data", [])
    sizes = isinstance(shape, list) and all(type(n) in (int, float) and n >= 0 and n % 1 == 0 for n in shape)
    if unknown or not isinstance(name, str) or not isinstance(shape, list) or not sizes or not isinstance(data, list):
        raise Problem(422, "wrong-shape", "a tensor has a name, a shape, a datatype and data, and nothing else")
    flat = list(_flat(data))
    if math.prod(shape) != len(flat):
        raise Problem(422, "wrong-shape", f"a tensor of shape {shape} has {len(flat)} values", column=name)
    return name, shape, flat


def _flat(data: list[Any]) -> Iterable[Any]:
    for item in data:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def _are_numbers(rows: list[Any], width: int) -> bool:
    """Whether every row is a list of `width` finite floats, found without a look at each in Python."""
    if set(map(type, rows)) != {list} or set(map(len, rows)) != {width}:
        return False
    cells = list(itertools.chain.from_iterable(rows))
    # The sum of finite numbers may not be finite: then each is looked at.
    return set(map(type, cells)) == {float} and math.isfinite(sum(cells))


def _is_number(text: str) -> bool:
    bare = text.strip()
    return (cells.NUMBER.fullmatch(bare) or cells.ENDLESS.fullmatch(bare)) is not None
