"""From the text of a cell to its value, by the type of its column. The same rules hold for files and requests.

Numbers are an optional sign, digits, one decimal mark, an exponent: no thousands marks, no hexadecimal, no "inf".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np

from .contract import Column, Contract

SPACES = " \t\n\r\f"
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)?)?", re.ASCII
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What stands in an array of texts where one is missing.
NOTHING: Any = None


# What a number with a fraction, or one that no float can hold, is called as well.
ENDLESS = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


# What people and programs write where there is no value.
MARKERS = {"na", "n/a", "#n/a", "nan", "null", "none", "nil", "?", "-", "--", ".", "missing", "unknown"}


class CellError(ValueError):
    """A cell that its column does not take; the message says what it is and what was expected, `kind` in one word."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


def value(text: str, column: Column, rules: Contract) -> float | str | None:
    """The value of one cell; None when it is missing.

    Raises CellError.
    """
    bare = text.strip(SPACES)
    if bare in rules.missing:
        return None
    match column.type:
        case "category" | "text":
            if is_broken(text):
                raise CellError(f"{text!r} is not text in the file's encoding (data.csv.encoding)", "bad-encoding")
            return text
        case "boolean":
            return boolean(bare, column)
        case "datetime":
            return time(bare)
        case _:
            return number(bare, column, rules.csv.decimal)


def number(text: str, column: Column, decimal: str = ".") -> float:
    """A finite number; a whole one in a column of integers.

    Raises CellError.
    """
    plain = text if decimal == "." else text.replace(".", "?").replace(decimal, ".")
    if not NUMBER.fullmatch(plain):
        if ENDLESS.fullmatch(text):
            raise CellError(f"{text!r} is not a finite number{_marker(text)}", "not-finite")
        raise CellError(f"{text!r} is not a number{_hint(text, decimal)}", "not-a-number")
    return finite(float(plain), text, column)


def finite(number: float, shown: object, column: Column) -> float:
    """The number, if it is finite, and whole in a column of integers.

    Raises CellError.
    """
    if not math.isfinite(number):
        raise CellError(f"{shown!r} is not finite, expected a number of at most 1.8e308", "not-finite")
    if column.type == "integer" and number % 1 != 0:
        raise CellError(f"{shown!r} is not a whole number", "not-an-integer")
    return number


def boolean(text: str, column: Column) -> float:
    """1 or 0.

    Raises CellError.
    """
    if text in column.true:
        return 1.0
    if text in column.false:
        return 0.0
    raise CellError(f"{text!r} is not one of {', '.join((*column.true, *column.false))}", "not-a-boolean")


def time(text: str) -> float:
    """Seconds since 1970 of a date or time; UTC where it names no offset.

    Raises CellError.
    """
    found = TIME.fullmatch(text)
    if not found:
        raise CellError(f"{text!r} is not a time such as 2026-11-30 or 2026-11-30T08:15:00Z", "not-a-datetime")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(found[8]))
    except ValueError as error:
        raise CellError(f"{text!r} is not a time: {error}", "not-a-datetime") from error
    return (moment - EPOCH) // timedelta(seconds=1) + float(found[7] or 0)


def label(text: str, column: Column, rules: Contract) -> str | None:
    """The class that a cell of a classification's target names; numbers in their shortest form."""
    bare = text.strip(SPACES)
    if bare in rules.missing:
        return None
    if column.type in ("number", "integer"):
        return shortest(number(bare, column, rules.csv.decimal))
    if column.type == "boolean":
        return "true" if boolean(bare, column) else "false"
    return str(value(text, column, rules))


def shortest(number: float) -> str:
    """A number in the fewest characters that read back as the same: `1`, `0.5`."""
    if number % 1 == 0 and abs(number) < 1e16:
        return str(int(number))
    return format(Decimal(repr(float(number))), "f")


def is_broken(text: str) -> bool:
    """Whether the text was bytes that are no UTF-8 (PEP 383)."""
    return not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text)


def parse(
    texts: list[str], column: Column, rules: Contract, labels: bool = False
) -> tuple[np.ndarray, list[tuple[int, CellError]]]:
    """The values of many cells, and a list of those that cannot be used: place and reason.

    Numbers are an array of floats with NaN for missing, everything else an array of texts with None.
    """
    if column.type in ("number", "integer") and not labels:
        # A marker of missing cells may look like a number: -999.
        marked = any(NUMBER.fullmatch(marker.replace(rules.csv.decimal, ".")) for marker in rules.missing)
        fast = None if marked else _plain_numbers(texts, column, rules.csv.decimal)
        if fast is not None:
            return fast, []
    bad: list[tuple[int, CellError]] = []
    values: list[float | str | None] = []
    one = label if labels else value
    for place, text in enumerate(texts):
        try:
            values.append(one(text, column, rules))
        except CellError as error:
            values.append(None)
            bad.append((place, error))
    return array(values, column, labels), bad


def gaps(values: np.ndarray) -> np.ndarray:
    """Where an array of cells has no value."""
    return np.isnan(values) if values.dtype == float else np.equal(values, NOTHING)


def array(values: Iterable[float | str | None], column: Column, labels: bool = False) -> np.ndarray:
    """Floats with NaN for None, or objects."""
    values = list(values)
    if column.numeric and not labels:
        return np.array([math.nan if v is None else v for v in values], dtype=float)
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    return cells


def _plain_numbers(texts: list[str], column: Column, decimal: str) -> np.ndarray | None:
    joined = "\n".join(texts)
    if not re.fullmatch(r"[0-9+\-eE \t\n" + re.escape(decimal) + "]*", joined):
        return None
    try:
        values = np.array(list(map(float, joined.replace(decimal, ".").split("\n") if texts else [])), dtype=float)
    except ValueError:
        return None
    if len(values) != len(texts) or not np.isfinite(values).all():
        return None
    return values if column.type != "integer" or not (values % 1).any() else None


def _hint(text: str, decimal: str) -> str:
    other = "," if decimal == "." else "."
    swapped = text.replace(decimal, "?").replace(other, ".")
    return f"; the decimal mark is {decimal!r} (data.csv.decimal)" if NUMBER.fullmatch(swapped) else _marker(text)


def _marker(text: str) -> str:
    return "; if it means a missing value, list it in data.missing" if text.lower() in MARKERS else ""


def _zone(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        raise ValueError(f"the offset {text} is not one of a day")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
