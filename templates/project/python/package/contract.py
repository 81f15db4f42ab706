"""The data contract: what the files look like, which columns they have, what is predicted, which rows are held out.

`data/data-contract.json` is made from `data` and `model` of mlops.yaml. Version 1 is read too: what it lacks has the
default of version 2.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import shapes
from .console import Refusal

VERSIONS = (1, 2)
TYPES = ("number", "integer", "boolean", "category", "text", "datetime")
ENCODINGS = ("utf-8", "windows-1252", "utf-16")
RULES = ("drop-row", "mean", "median", "most-frequent", "indicator")
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class ContractError(Refusal):
    """The contract file is not one; the message names the file and the place in it."""


@dataclass(frozen=True)
class Expected:
    """Mean and standard deviation that history leads us to expect."""

    mean: float
    standard_deviation: float


@dataclass(frozen=True)
class Column:
    """One column of the data; `constant` stands for a missing cell where the rule is "constant"."""

    name: str
    alias: str
    type: str = "number"
    required: bool = True
    when_missing: str = "drop-row"
    constant: float | str | None = None
    min: float | None = None
    max: float | None = None
    allowed: tuple[float, ...] = ()
    expected: Expected | None = None
    levels: tuple[str, ...] | None = None
    unknown: str = "refuse"
    true: tuple[str, ...] = ("true", "True", "TRUE", "yes", "1")
    false: tuple[str, ...] = ("false", "False", "FALSE", "no", "0")

    @property
    def numeric(self) -> bool:
        """Whether a cell becomes a number."""
        return self.type not in ("category", "text")


@dataclass(frozen=True)
class Task:
    """What is predicted: a number, or one of the classes; no classes means those of the training rows."""

    kind: str = "regression"
    classes: tuple[str, ...] | None = None
    threshold: float = 0.5

    @property
    def classifies(self) -> bool:
        """Whether classes are predicted."""
        return self.kind == "classification"


@dataclass(frozen=True)
class Csv:
    """How CSV files are written."""

    delimiter: str = ","
    decimal: str = "."
    encoding: str = "utf-8"


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
    task: Task = field(default_factory=Task)
    csv: Csv = field(default_factory=Csv)
    missing: frozenset[str] = frozenset({""})
    holdout: Holdout = field(default_factory=Holdout)
    distribution: Distribution = field(default_factory=Distribution)
    unknown_columns: str = "refuse"

    @property
    def features(self) -> list[Column]:
        """The columns that the model sees, in order."""
        return [column for column in self.columns if column.name != self.target]

    @property
    def target_column(self) -> Column:
        """The column that is predicted."""
        return next(column for column in self.columns if column.name == self.target)

    def with_columns(self, more: list[Column]) -> Contract:
        """The same contract with further columns, for a model that was trained on another one."""
        return dataclasses.replace(self, columns=(*self.columns, *more))


def load(path: str | Path) -> Contract:
    """Read a contract file.

    Raises ContractError when the file cannot be read or is not a contract.
    """
    try:
        return parse(json.loads(Path(path).read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise ContractError(f"{path}: cannot read the data contract: {error.strerror}") from error
    except KeyError as error:
        raise ContractError(f"{path}: not a data contract: {error.args[0]!r} is missing") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ContractError(f"{path}: not a data contract: {error}") from error


def parse(data: dict[str, Any]) -> Contract:
    """The contract of a document.

    Raises ValueError, TypeError or KeyError for what is wrong in it.
    """
    if type(data["version"]) is not int or data["version"] not in VERSIONS:
        raise ValueError(f"version {data['version']} is not known, expected one of {VERSIONS}")
    shapes.check(data, shapes.CONTRACT, "the contract")
    for member, kinds in shapes.PARTS.items():
        shapes.check(data.get(member, {}), kinds, member)
    contract = Contract(
        target=data["target"],
        columns=tuple(column(_target_rule(item, data["target"])) for item in data["columns"]),
        task=_task(data.get("task", {"kind": "regression"})),
        csv=_csv(data.get("csv", {})),
        missing=frozenset({"", *(marker.strip() for marker in data.get("missing", ()))}),
        holdout=_holdout(data.get("holdout")),
        distribution=Distribution(**data.get("distribution", {})),
        unknown_columns=_one_of(data.get("unknown_columns", "refuse"), ("refuse", "ignore"), "unknown_columns"),
    )
    _names(contract.columns)
    if contract.target not in [column.name for column in contract.columns] or len(contract.columns) < 2:
        raise ValueError(f"the target {contract.target!r} must be one of at least two columns")
    _target(contract.target_column, contract.task)
    if not 0 <= contract.holdout.fraction < 1:
        raise ValueError("holdout.fraction must be 0 or more and less than 1")
    _limits(contract.distribution)
    return contract


def _target_rule(item: dict[str, Any], target: str) -> dict[str, Any]:
    """A target that may be missing says nothing by itself: its rows are dropped."""
    alone = item["name"] == target and item.get("required") is False and item.get("when_missing") is None
    return {**item, "when_missing": "drop-row"} if alone else item


def _holdout(data: dict[str, Any] | None) -> Holdout:
    return Holdout() if data is None else Holdout(data["fraction"], data["seed"])


def _names(columns: tuple[Column, ...]) -> None:
    """Names and aliases are one set: a request may use either."""
    taken = {column.name for column in columns}
    if len(taken) != len(columns) or "" in taken:
        names = [column.name for column in columns]
        raise ValueError(f"every column has a name of its own, expected no second {max(names, key=names.count)!r}")
    for column in columns:
        if column.alias != column.name:
            if column.alias in taken:
                raise ValueError(f"{column.alias!r} is the name or alias of another column too")
            taken.add(column.alias)


def _target(target: Column, task: Task) -> None:
    where = f"the target {target.name!r}"
    if target.when_missing != "drop-row":
        raise ValueError(f"{where} is never made up: its rows can only be dropped")
    if not task.classifies and not target.numeric:
        raise ValueError(f"{where} is a {target.type}: that is a classification")
    if task.classifies and target.type in ("text", "datetime"):
        raise ValueError(f"{where} is a {target.type}, expected a category, boolean, integer or number")


def _limits(limits: Distribution) -> None:
    for name, value, low, high in (
        ("psi", limits.psi, 0, None),
        ("mean_sigmas", limits.mean_sigmas, 0, None),
        ("ks_p_value", limits.ks_p_value, None, 1),
    ):
        if value is not None and ((low is not None and value <= low) or (high is not None and not 0 <= value < high)):
            raise ValueError(f"distribution.{name} is {value}, expected a number that can be a limit")
    ratio = limits.standard_deviation_ratio
    if ratio is not None and ratio < 1:
        raise ValueError(f"distribution.standard_deviation_ratio is {ratio}, expected 1 or more")


def column(data: dict[str, Any]) -> Column:
    """One column of a contract.

    Raises ValueError, TypeError or KeyError for what is wrong in it.
    """
    where = f"column {data['name']!r}"
    shapes.check(data, shapes.COLUMN, where)
    data = {"alias": data["name"], **{key: value for key, value in data.items() if value is not None}}
    kind = _one_of(data["type"], TYPES, f"type of {where}")
    required, numeric = data.get("required", True), kind in ("number", "integer", "datetime")
    rule = data.pop("when_missing", "drop-row" if required else "mean" if numeric else "most-frequent")
    if isinstance(rule, dict):
        shapes.check(rule, {"constant": shapes.ANY}, f"when_missing of {where}")
        data["constant"], rule = rule["constant"], "constant"
    else:
        _one_of(rule, RULES, f"when_missing of {where}")
    if "expected" in data:
        shapes.check(data["expected"], shapes.EXPECTED, f"expected of {where}")
        data["expected"] = Expected(**data["expected"])
    if kind != "category" and (data.get("levels") is not None or data.get("unknown", "refuse") != "refuse"):
        raise ValueError(f"{where} is a {kind}, and only a category has levels and unknown")
    if ("true" in data) != ("false" in data) or ("true" in data and kind != "boolean"):
        raise ValueError(f"true and false of {where} go together, in a boolean column")
    for name in ("allowed", "levels", "true", "false"):
        if data.get(name) is not None:
            data[name] = tuple(data[name])
    made = Column(**data, when_missing=rule)
    if made.alias != made.name and not IDENTIFIER.fullmatch(made.alias):
        raise ValueError(f"alias {made.alias!r} of {where} is not letters, digits and underscores")
    if rule in ("mean", "median") and not made.numeric:
        raise ValueError(f"{where} is a {made.type}, which has no {rule}: choose most-frequent or a constant")
    if rule != "drop-row" and made.required:
        raise ValueError(f"{where} has a rule for missing cells and is required: say required: false")
    _one_of(made.unknown, ("refuse", "ignore", "most-frequent"), f"unknown of {where}")
    _values(made, where)
    return made


def _values(made: Column, where: str) -> None:
    """What a column lists must be values of it."""
    if made.levels is not None:
        _different(made.levels, 1, f"levels of {where}")
    if made.type == "boolean":
        _different((*made.true, *made.false), 2, f"true and false of {where}")
    bounded = (made.min, made.max, made.expected) != (None, None, None) or bool(made.allowed)
    if bounded and not made.numeric:
        raise ValueError(f"{where} is a {made.type}, which has no min, max, allowed and expected")
    if made.min is not None and made.max is not None and made.min > made.max:
        raise ValueError(f"min of {where} is greater than its max")
    if made.type == "integer" and any(value % 1 != 0 for value in made.allowed):
        raise ValueError(f"allowed of {where} holds a number with a fraction, and the column is an integer")
    if made.expected and made.expected.standard_deviation < 0:
        raise ValueError(f"expected.standard_deviation of {where} is negative")
    if made.when_missing == "constant" and not _is_value(made.constant, made):
        raise ValueError(f"the constant of {where} is {made.constant!r}, which is no {made.type} of this column")


def _is_value(constant: Any, column: Column) -> bool:
    from . import cells

    number = isinstance(constant, int | float) and not isinstance(constant, bool) and math.isfinite(constant)
    match column.type:
        case "number":
            return number
        case "integer":
            return number and constant % 1 == 0
        case "boolean":
            return isinstance(constant, bool)
        case "category":
            return isinstance(constant, str) and (column.levels is None or constant in column.levels)
        case "text":
            return isinstance(constant, str)
    try:
        return isinstance(constant, str) and cells.time(constant) is not None
    except cells.CellError:
        return False


def _different(texts: tuple[str, ...], least: int, where: str) -> None:
    if len(texts) < least or len(set(texts)) != len(texts) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{where} are at least {least} different texts")


def _task(data: dict[str, Any]) -> Task:
    kind = _one_of(data["kind"], ("regression", "classification"), "task.kind")
    data = {key: value for key, value in data.items() if key != "kind"}
    if kind == "regression" and data:
        raise ValueError("task.classes and task.threshold are of a classification")
    if data.get("classes") is not None:
        data["classes"] = tuple(data["classes"])
        _different(data["classes"], 2, "task.classes")
    if data.get("threshold") is None:
        return Task(kind, data.get("classes"))
    task = Task(kind, data.get("classes"), data["threshold"])
    if not 0 <= task.threshold <= 1:
        raise ValueError(f"task.threshold is {task.threshold}, expected a number between 0 and 1")
    if task.classes is not None and len(task.classes) != 2:
        raise ValueError("task.threshold is given, and only two classes have a threshold")
    return task


def _csv(data: dict[str, Any]) -> Csv:
    csv = Csv(**data)
    _one_of(csv.delimiter, (",", ";", "\t", "|"), "csv.delimiter")
    _one_of(csv.decimal, (".", ","), "csv.decimal")
    _one_of(csv.encoding, ENCODINGS, "csv.encoding")
    if csv.delimiter == csv.decimal:
        raise ValueError(f"csv.delimiter and csv.decimal are both {csv.decimal!r}")
    return csv


def _one_of(value: Any, choices: tuple[str, ...], where: str) -> Any:
    if value not in choices:
        raise ValueError(f"{where} is {value!r}, expected one of {', '.join(map(repr, choices))}")
    return value
