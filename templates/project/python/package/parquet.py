"""Reads Parquet by the types that a file declares: a time is no number, a decimal is one, a dictionary its values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from . import cells, table
from .contract import Column, Contract

ROWS = 65_536


def parts(file: Path, rules: Contract, optional: tuple[str, ...]) -> Iterator[table.Part]:
    """The rows of a file, some at a time.

    Raises DataError when it is no Parquet file, or a column has a type that its contract does not take.
    """
    try:
        # What was written as 96 bits may be beyond what nanoseconds reach: 9999-12-31 is common.
        with pq.ParquetFile(file, coerce_int96_timestamp_unit="us") as source:
            names = list(source.schema_arrow.names)
            places = table.columns_of(file, names, rules, optional)
            columns = [column for column in rules.columns if column.name in places]
            for column in columns:
                _declared(file, column, source.schema_arrow.field(places[column.name]).type, rules)
            first = 0
            for batch in source.iter_batches(ROWS):
                found: dict[str, list[str] | table.Parsed] = {
                    column.name: _column(batch.column(places[column.name]), column, rules) for column in columns
                }
                yield table.Part(table.Origin(file, first, None), found)
                first += batch.num_rows
            if first == 0:
                empty: dict[str, list[str] | table.Parsed] = {
                    column.name: _column(pa.array([]), column, rules) for column in columns
                }
                yield table.Part(table.Origin(file, 0, None), empty)
    except pa.ArrowException as error:
        raise table.DataError(f"{file}: not a Parquet file that can be read: {error}", "not-parquet") from error


def _declared(file: Path, column: Column, kind: pa.DataType, rules: Contract) -> None:
    """Refuse a declared type that the column's type does not take."""
    value = kind.value_type if types.is_dictionary(kind) else kind
    number = types.is_integer(value) or types.is_floating(value) or types.is_decimal(value)
    text = types.is_string(value) or types.is_large_string(value) or types.is_string_view(value)
    takes = {
        "number": number or types.is_boolean(value),
        "integer": number or types.is_boolean(value),
        "boolean": types.is_boolean(value) or types.is_integer(value) or text,
        "category": text or types.is_integer(value) or types.is_boolean(value),
        "text": text,
        "datetime": types.is_timestamp(value) or types.is_date(value) or text,
    }[column.type]
    if not takes and not types.is_null(value):
        message = f"{file}: column {column.name!r}: it holds {kind}, expected {_expected(column)}"
        raise table.DataError(message, "column-type", column=column.name)


def _expected(column: Column) -> str:
    return {
        "number": "numbers; a time has the type datetime in the contract",
        "integer": "numbers; a time has the type datetime in the contract",
        "boolean": "booleans, 0 and 1, or the words for them",
        "category": "texts, whole numbers or booleans",
        "text": "texts",
        "datetime": "timestamps, dates, or texts of them",
    }[column.type]


def _column(values: pa.Array, column: Column, rules: Contract) -> table.Parsed:
    found, bad = _values(values.dictionary_decode() if types.is_dictionary(values.type) else values, column, rules)
    if column.name == rules.target and rules.task.classifies and column.numeric:
        return cells.array([_label(value, column) for value in found.tolist()], column, True), bad
    return found, bad


def _values(values: pa.Array, column: Column, rules: Contract) -> table.Parsed:
    kind = values.type
    if types.is_null(kind):
        return cells.array([None] * len(values), column), []
    texts = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    if texts or column.type == "category" or (column.type == "boolean" and types.is_integer(kind)):
        # What is compared with words is what a text file would have.
        return cells.parse([_text(value) for value in values.to_pylist()], column, rules)
    if column.type == "datetime":
        return _seconds(values), []
    if types.is_decimal(kind):
        found = np.array([math.nan if value is None else float(value) for value in values.to_pylist()], dtype=float)
    else:
        found = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(float)
    return found, _bad_numbers(found, column)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _label(value: float, column: Column) -> str | None:
    if math.isnan(value):
        return None
    return cells.shortest(value) if column.type != "boolean" else "true" if value else "false"


def _seconds(values: pa.Array) -> np.ndarray:
    """Seconds since 1970 of timestamps and dates, the fraction added last."""
    gaps = values.is_null().to_numpy(zero_copy_only=False)
    if types.is_date(values.type):
        days = values.cast(pa.date32()).cast(pa.int32()).fill_null(0).to_numpy(zero_copy_only=False)
        return np.where(gaps, math.nan, days.astype(float) * 86_400.0)
    unit = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[values.type.unit]
    moments = values.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    return np.where(gaps, math.nan, (moments // unit).astype(float) + (moments % unit).astype(float) / unit)


def _bad_numbers(found: np.ndarray, column: Column) -> list[tuple[int, cells.CellError]]:
    checks = [(np.isinf(found), "a finite number", "not-finite")]
    if column.type == "integer":
        checks.append((np.isfinite(found) & (found % 1 != 0), "a whole number", "not-an-integer"))
    bad: list[tuple[int, cells.CellError]] = []
    for wrong, expected, kind in checks:
        for place in map(int, np.flatnonzero(wrong)):
            bad.append((place, cells.CellError(f"{float(found[place])!r} is not {expected}", kind)))
        found[wrong] = math.nan
    return sorted(bad, key=lambda item: item[0])
