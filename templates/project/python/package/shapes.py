"""What kind of JSON each member of a data contract is: a text where a number belongs is no contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Kind = Callable[[Any], bool]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**32


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_text, value))


def _numbers(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_number, value))


def _list(value: Any) -> bool:
    return isinstance(value, list)


def _object(value: Any) -> bool:
    return isinstance(value, dict)


def _or_null(kind: Kind) -> Kind:
    return lambda value: value is None or kind(value)


def ANY(value: Any) -> bool:
    """Whatever there is: somebody else looks at it."""
    return True


CONTRACT: dict[str, Kind] = {
    "version": _whole,
    "target": _text,
    "columns": _list,
    "task": _object,
    "csv": _object,
    "missing": _texts,
    "holdout": _object,
    "distribution": _object,
    "unknown_columns": _text,
}
PARTS: dict[str, dict[str, Kind]] = {
    "task": {"kind": _text, "classes": _or_null(_texts), "threshold": _or_null(_number)},
    "csv": {"delimiter": _text, "decimal": _text, "encoding": _text},
    "holdout": {"fraction": _number, "seed": _whole},
    "distribution": {
        name: _or_null(_number) for name in ("psi", "ks_p_value", "mean_sigmas", "standard_deviation_ratio")
    },
}
COLUMN: dict[str, Kind] = {
    "name": _text,
    "alias": _or_null(_text),
    "type": _text,
    "required": _flag,
    "when_missing": ANY,
    "min": _or_null(_number),
    "max": _or_null(_number),
    "allowed": _numbers,
    "expected": _or_null(_object),
    "levels": _or_null(_texts),
    "unknown": _text,
    "true": _or_null(_texts),
    "false": _or_null(_texts),
}
EXPECTED: dict[str, Kind] = {"mean": _number, "standard_deviation": _number}


def check(data: Any, kinds: dict[str, Kind], where: str) -> None:
    """Refuse members that are not known, or that are of another kind.

    Raises ValueError.
    """
    if not isinstance(data, dict):
        raise ValueError(f"{where} is not an object")
    for name, value in data.items():
        if name not in kinds:
            raise ValueError(f"{where} has a member {name!r} that is not known")
        if not kinds[name](value):
            raise ValueError(f"{name} of {where} is {value!r}, which is of another kind than expected")
