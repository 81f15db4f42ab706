"""Cases of `drift.json` in which outcomes are known: what the metric of the scored rows is, and whether it is good."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

EARLY, TIME, LATE = "2026-11-01T08:00:00Z", "2026-11-30T08:00:00Z", "2026-11-30T09:00:00Z"
FEATURES = [
    {"name": "a", "type": "number"},
    {"name": "city", "type": "category", "required": False, "when_missing": "most-frequent", "unknown": "ignore"},
    {"name": "flag", "type": "boolean", "required": False, "when_missing": "most-frequent"},
    {"name": "at", "type": "datetime", "required": False, "when_missing": "mean"},
]
NUMBER = {"version": 2, "target": "y", "columns": [*FEATURES, {"name": "y", "type": "number"}]}
CLASS = {
    "version": 2,
    "target": "y",
    "task": {"kind": "classification"},
    "columns": [*FEATURES, {"name": "y", "type": "category"}],
}
YES = {**CLASS, "columns": [*FEATURES, {"name": "y", "type": "boolean"}]}
GERMAN = {**NUMBER, "csv": {"delimiter": ";", "decimal": ","}}
REGRESSION = {"kind": "regression"}
TWO = {"kind": "classification", "classes": ["no", "yes"], "threshold": 0.3}
BOOLEANS = {"kind": "classification", "classes": ["false", "true"]}
THREE = {"kind": "classification", "classes": ["a", "b", "c"]}
# Four predictions of one request, and errors of 1, -2, 0 and 3.
RESULT = [11.0, 18.0, 30.0, 43.0]
BY_ROW = "request_id,row,y\nr-1,0,10\nr-1,1,20\nr-1,2,30\nr-1,3,40\n"
MSE, MAE = (1 + 4 + 0 + 9) / 4, 6 / 4


def told(
    metric: str, value: float | None, *failures: str, rows: int, waiting: int = 0, strangers: int = 0, before: Any = None
) -> dict:
    return {
        "metric": metric,
        "rows": rows,
        "waiting": waiting,
        "strangers": strangers,
        "judged": value is not None,
        "value": value,
        "before": before,
        "failures": list(failures),
    }


def given(
    files: dict[str, str], metric: str, contract: dict = NUMBER, by: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    before, since = more.pop("before", None), more.pop("since", None)
    limits = {"metric": metric, "rows": 1, **more}
    return {"files": files, "contract": contract, "by": list(by), "limits": limits, "before": before, "since": since}


def cases(case: Any, line: Any) -> Iterator[dict]:
    """All of them; `case` and `line` are those of `make_drift.py`."""
    columns = ["a", "city", "flag", "at"]
    rows = [[1, "Ulm", True, 1e9], [2, "Bonn", False, 1e9], [3, "Ulm", False, 2e9], [4, "Rom", None, 2e9]]
    answered = line(columns, rows, RESULT)

    def one(name: str, lines: list[str], asked: dict, expected: dict, task: dict = REGRESSION, **more: Any) -> dict:
        known = {"columns": [], "rows": 4, "drift": bool(expected["failures"]), **more}
        return case(name, known, lines, asked, expected, task)

    yield one("by-request", [answered], given({"o.csv": BY_ROW}, "mse"), told("mse", MSE, rows=4))
    yield one("other-metrics", [answered], given({"o.csv": BY_ROW}, "mae"), told("mae", MAE, rows=4))
    yield one("root", [answered], given({"o.csv": BY_ROW}, "rmse"), told("rmse", math.sqrt(MSE), rows=4))
    yield one("r2", [answered], given({"o.csv": BY_ROW}, "r2"), told("r2", 1 - 14 / 500, rows=4))
    relative = (1 / 10 + 2 / 20 + 0 + 3 / 40) / 4
    yield one("relative", [answered], given({"o.csv": BY_ROW}, "mape"), told("mape", relative, rows=4))
    yield one(
        "above-its-maximum",
        [answered],
        given({"o.csv": BY_ROW}, "mse", maximum=3.4),
        told("mse", MSE, "limit", rows=4),
    )
    yield one("at-its-maximum", [answered], given({"o.csv": BY_ROW}, "mse", maximum=MSE), told("mse", MSE, rows=4))
    yield one(
        "below-its-minimum",
        [answered],
        given({"o.csv": BY_ROW}, "r2", minimum=0.99),
        told("r2", 1 - 14 / 500, "limit", rows=4),
    )
    yield one(
        "worse-than-in-training",
        [answered],
        given({"o.csv": BY_ROW}, "mse", worse=1.0, before=2.0),
        told("mse", MSE, "worse", rows=4, before=2.0),
    )
    yield one(
        "greater-is-better",
        [answered],
        given({"o.csv": BY_ROW}, "r2", worse=0.01, before=0.999),
        told("r2", 1 - 14 / 500, "worse", rows=4, before=0.999),
    )
    yield one(
        "better-than-in-training",
        [answered],
        given({"o.csv": BY_ROW}, "mse", worse=0.0, before=5.0),
        told("mse", MSE, rows=4, before=5.0),
    )
    yield one(
        "nothing-was-held-out", [answered], given({"o.csv": BY_ROW}, "mse", worse=0.0), told("mse", MSE, rows=4)
    )
    yield one(
        "both-limits",
        [answered],
        given({"o.csv": BY_ROW}, "mse", maximum=1.0, worse=0.5, before=1.0),
        told("mse", MSE, "limit", "worse", rows=4, before=1.0),
    )
    yield one(
        "few-rows",
        [answered],
        given({"o.csv": BY_ROW}, "mse", maximum=1.0, rows=5),
        told("mse", None, rows=4),
    )
    yield one("no-file-yet", [answered], given({}, "mse", maximum=1.0), told("mse", None, rows=0, waiting=4))
    yield one(
        "some-wait",
        [answered],
        given({"o.csv": "request_id,row,y\nr-1,1,20\nr-9,0,5\n"}, "mse"),
        told("mse", 4.0, rows=1, waiting=3),
    )
    yield one(
        "not-known-yet",
        [answered],
        given({"o.csv": "request_id,row,y\nr-1,0,\nr-1,1,20\n"}, "mse"),
        told("mse", 4.0, rows=1, waiting=3),
    )
    yield one(
        "without-row",
        [answered],
        given({"o.csv": "y,request_id\n10,r-1\n"}, "mse"),
        told("mse", 1.0, rows=1, waiting=3),
    )
    yield one(
        "corrected-later",
        [answered],
        given({"a.csv": BY_ROW, "b.csv": "request_id,row,y\nr-1,3,43\nr-1,3,42\n"}, "mse"),
        told("mse", 6 / 4, rows=4),
    )
    yield one(
        "hidden-files-are-left-out",
        [answered],
        given({"a.csv": BY_ROW, ".b.csv": "nothing", "_c.csv": "nothing"}, "mse"),
        told("mse", MSE, rows=4),
    )
    yield one(
        "logged-twice",
        [answered, line(columns, rows[:1], [99.0])],
        given({"o.csv": BY_ROW}, "mse"),
        told("mse", MSE, rows=4),
        rows=5,
    )
    yield one(
        "in-two-lines",
        [line(columns, rows[:2], RESULT[:2]), line(columns, rows[2:], RESULT[2:], first_row=2)],
        given({"o.csv": BY_ROW}, "mse"),
        told("mse", MSE, rows=4),
    )
    yield one(
        "another-dialect",
        [answered],
        given({"o.csv": "request_id;row;y\nr-1;0;10,5\n"}, "mse", GERMAN),
        told("mse", 0.25, rows=1, waiting=3),
    )
    yield one(
        "by-a-column",
        [answered],
        given({"o.csv": "a,y\n1,10\n2,20\n3,30\n4,40\n"}, "mse", by=("a",)),
        told("mse", MSE, rows=4),
    )
    yield one(
        "by-several-columns",
        [answered],
        given({"o.csv": "city,flag,y\nUlm,yes,10\nUlm,no,31\nBonn,false,20\n"}, "mse", by=("city", "flag")),
        told("mse", (1 + 1 + 4) / 3, rows=3, waiting=1),
    )
    yield one(
        "by-a-moment",
        [answered],
        given({"o.csv": "at,y\n2001-09-09T01:46:40Z,15\n"}, "mse", by=("at",)),
        told("mse", (16 + 9) / 2, rows=2, waiting=2),
    )
    yield one(
        "a-key-that-is-not-logged",
        [line(["a"], [[1], [2], [3], [4]], RESULT)],
        given({"o.csv": "city,y\nUlm,10\n"}, "mse", by=("city",)),
        told("mse", None, rows=0, waiting=4),
    )
    yield one(
        "zero-with-a-sign",
        [line(["a"], [[-0.0]], [1.0])],
        given({"o.csv": "a,y\n0,3\n"}, "mse", by=("a",)),
        told("mse", 4.0, rows=1),
        rows=1,
    )
    yield one(
        "a-constant-has-no-r2",
        [answered],
        given({"o.csv": "request_id,row,y\nr-1,0,7\nr-1,1,7\n"}, "r2", minimum=0.5),
        told("r2", None, rows=2, waiting=2),
    )
    yield one(
        "great-numbers",
        [line(["a"], [[1], [2]], [1e200, -1e200])],
        given({"o.csv": "request_id,row,y\nr-1,0,-1e200\nr-1,1,1e200\n"}, "mae", maximum=1.0),
        told("mae", 2e200, "limit", rows=2),
        rows=2,
    )
    yield one(
        "a-square-that-is-no-number",
        [line(["a"], [[1], [2]], [1e200, -1e200])],
        given({"o.csv": "request_id,row,y\nr-1,0,-1e200\nr-1,1,1e200\n"}, "mse", maximum=1.0),
        told("mse", None, rows=2),
        rows=2,
    )
    late = line(columns, rows[:1], RESULT[:1], time=LATE)
    early = line(columns, rows[1:2], RESULT[1:2], time=EARLY, first_row=1)
    yield one(
        "outcomes-look-back-further",
        [early, late],
        {**given({"o.csv": BY_ROW}, "mse", since="2026-11-01T00:00:00Z"), "log_since": TIME},
        told("mse", (1 + 4) / 2, rows=2),
        rows=1,
    )
    yield one(
        "outcomes-look-back-less",
        [early, late],
        {**given({"o.csv": BY_ROW}, "mse", since=TIME), "log_since": None},
        told("mse", 1.0, rows=1),
        rows=2,
    )
    names = "request_id,row,y\nr-1,0,no\nr-1,1,yes\nr-1,2,yes\nr-1,3,no\n"
    yield one(
        "classes-by-name",
        [line(columns, rows, ["no", "yes", "no", "no"])],
        given({"o.csv": names}, "accuracy", CLASS, minimum=0.8),
        told("accuracy", 0.75, "limit", rows=4),
        TWO,
    )
    chances = [0.9, 0.1, 0.2, 0.8, 0.65, 0.35, 0.75, 0.25]
    loss = -(math.log(0.9) + math.log(0.8) + math.log(0.35) + math.log(0.75)) / 4
    yield one(
        "probabilities",
        [line(columns, rows, chances)],
        given({"o.csv": names}, "log-loss", CLASS, maximum=0.4),
        told("log-loss", loss, "limit", rows=4),
        TWO,
    )
    yield one(
        "the-threshold-decides",
        [line(columns, rows, chances)],
        given({"o.csv": names}, "f1", CLASS),
        told("f1", 1.0, rows=4),
        TWO,
    )
    brier = (0.01 + 0.04 + 0.65**2 + 0.0625) / 4
    yield one(
        "squared-distance",
        [line(columns, rows, chances)],
        given({"o.csv": names}, "brier", CLASS),
        told("brier", brier, rows=4),
        TWO,
    )
    yield one(
        "names-have-no-probabilities",
        [line(columns, rows, ["no", "yes", "no", "no"])],
        given({"o.csv": names}, "auc", CLASS, minimum=0.9),
        told("auc", None, rows=4),
        TWO,
    )
    yield one(
        "names-among-probabilities",
        [line(columns, rows[:2], chances[:4]), line(columns, rows[2:], ["no", "no"], first_row=2)],
        given({"o.csv": names}, "accuracy", CLASS),
        told("accuracy", 0.75, rows=4),
        TWO,
    )
    yield one(
        "order-of-probabilities",
        [line(columns, rows, chances)],
        given({"o.csv": names}, "auc", CLASS, minimum=0.9),
        told("auc", 1.0, rows=4),
        TWO,
    )
    yield one(
        "one-class-has-no-auc",
        [line(columns, rows, chances)],
        given({"o.csv": "request_id,row,y\nr-1,0,no\nr-1,3,no\n"}, "auc", CLASS, minimum=0.9),
        told("auc", None, rows=2, waiting=2),
        TWO,
    )
    yield one(
        "a-new-class",
        [line(columns, rows, ["no", "yes", "no", "no"])],
        given({"o.csv": names.replace("r-1,2,yes", "r-1,2,maybe")}, "accuracy", CLASS, minimum=1.0),
        told("accuracy", 1.0, rows=3, strangers=1),
        TWO,
    )
    yield one(
        "booleans",
        [line(columns, rows, ["false", "true", "false", "false"])],
        given({"o.csv": names}, "balanced-accuracy", YES),
        told("balanced-accuracy", 0.75, rows=4),
        BOOLEANS,
    )
    three = [0.7, 0.2, 0.1, 0.3, 0.4, 0.3, 0.2, 0.5, 0.3, 0.1, 0.1, 0.8]
    of_three = "request_id,row,y\nr-1,0,a\nr-1,1,b\nr-1,2,c\nr-1,3,c\n"
    yield one(
        "three-classes",
        [line(columns, rows, three)],
        given({"o.csv": of_three}, "balanced-accuracy", CLASS, minimum=0.9),
        told("balanced-accuracy", 2.5 / 3, "limit", rows=4),
        THREE,
    )
