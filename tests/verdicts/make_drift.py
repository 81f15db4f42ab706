"""Writes `drift.json`: lines of scoring logs, what they are held against, and what must be found.

The expected stability indices are worked out here from counts that stand here by hand, by the formula's definition.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import drift_outcomes

TIME = "2026-11-30T08:00:00Z"
REGRESSION = {"kind": "regression"}
CLASSES = {"kind": "classification", "classes": ["no", "yes"], "threshold": 0.3}


def psi(pairs: list[tuple[int, int]]) -> float:
    before, now = (sum(pair[side] + 0.5 for pair in pairs) for side in (0, 1))
    shares = [((p + 0.5) / before, (q + 0.5) / now) for p, q in pairs]
    return math.fsum((p - q) * math.log(p / q) for p, q in shares)


def numbers(edges: list[float], counts: list[int]) -> dict:
    return {"edges": edges, "counts": counts}


def levels(counts: dict[str, int], others: int = 0) -> dict:
    return {"levels": counts, "others": others}


def column(name: str, kind: str, shape: dict | None, missing: int = 0, known: list[str] | None = None) -> dict:
    counts = [] if shape is None else [*(shape.get("counts") or shape["levels"].values()), shape.get("others", 0)]
    return {"name": name, "type": kind, "levels": known or [], "count": sum(counts), "missing": missing, "shape": shape}


def line(columns: list[str], data: list, result: list, **other: object) -> str:
    head = {"schema": 1, "time": TIME, "request_id": "r-1", "trace_id": "", "model": "m-1", "first_row": 0}
    return json.dumps({**head, "columns": columns, "data": data, "result": result, **other}, ensure_ascii=False)


def found(
    name: str, index: float | None, missing: float = 0.0, before: float = 0.0, unseen: float = 0.0, *failures: str
) -> dict:
    return {
        "column": name,
        "psi": index,
        "missing": missing,
        "missing_before": before,
        "unseen": unseen,
        "failures": list(failures),
    }


def case(
    name: str,
    columns: list,
    lines: list[str],
    expected: list | None,
    *,
    rows: int,
    task: dict = REGRESSION,
    **more: object,
) -> dict:
    drift = any(item["failures"] for item in expected or [])
    counted = {"malformed_lines": 0, "other_models": 0, "not_logged": [], **more.pop("counted", {})}
    reference = {
        "models": more.pop("models", []),
        "task": task,
        "columns": columns,
        "predictions": more.pop("predictions", None),
    }
    return {
        "name": name,
        "reference": reference,
        "since": more.pop("since", None),
        "limits": {"psi": 0.2, "missing": 0.05, "unseen": 0.01, "rows": 1, **more.pop("limits", {})},
        "lines": lines,
        "expected": {
            "rows": rows,
            "judged": expected is not None,
            "drift": drift,
            "columns": expected or [],
            "outcomes": None,
            **counted,
        },
    }


A = column("a", "number", numbers([0, 1, 2, 3, 4], [10, 20, 30, 40]), missing=25)
CITY = column("city", "category", levels({"Bonn": 60, "Ulm": 40}), known=["Bonn", "Ulm"])
FLAG = column("flag", "boolean", numbers([0, 0.5, 1], [75, 25]))
HUGE = column("huge", "number", numbers([-1e200, -1, 1, 1e200], [5, 90, 5]))
STILL = column("still", "number", numbers([7, 7, 8, 8], [0, 50, 0]))
IDS = column("id", "integer", numbers([9007199254740992, 9007199254740996, 9007199254741000], [50, 50]))
ONE = [[0.5]]


def all_cases() -> list[dict]:
    spread = [[x] for x in [0.5] * 1 + [1.5] * 2 + [2.5] * 3 + [3.5] * 4]
    moved = [[3.9]] * 10
    yield case(
        "like-training",
        [A],
        [line(["a"], spread, [0] * 10)],
        [found("a", psi([(10, 1), (20, 2), (30, 3), (40, 4)]), 0.0, 0.2)],
        rows=10,
    )
    yield case(
        "moved",
        [A],
        [line(["a"], moved, [0] * 10)],
        [found("a", psi([(10, 0), (20, 0), (30, 0), (40, 10)]), 0.0, 0.2, 0.0, "psi")],
        rows=10,
    )
    yield case(
        "in-two-lines",
        [A],
        [line(["a"], spread[:5], [0] * 5), line(["a"], spread[5:], [0] * 5, first_row=5)],
        [found("a", psi([(10, 1), (20, 2), (30, 3), (40, 4)]), 0.0, 0.2)],
        rows=10,
    )
    yield case(
        "on-edges-and-beyond",
        [A],
        [line(["a"], [[-5], [0], [1], [2], [3], [4], [99]], [0] * 7)],
        [found("a", psi([(10, 2), (20, 1), (30, 1), (40, 3)]), 0.0, 0.2)],
        rows=7,
        limits={"psi": 9},
    )
    yield case(
        "gaps",
        [A],
        [line(["a"], [*spread, [None], [None], [None], [None]], [0] * 14)],
        [found("a", psi([(10, 1), (20, 2), (30, 3), (40, 4)]), 4 / 14, 0.2, 0.0, "missing")],
        rows=14,
    )
    yield case(
        "all-gaps", [A], [line(["a"], [[None], [None]], [0, 0])], [found("a", None, 1.0, 0.2, 0.0, "missing")], rows=2
    )
    yield case(
        "unseen-level",
        [CITY],
        [line(["city"], [["Bonn"]] * 6 + [["Ulm"]] * 3 + [["Wien"]], [0] * 10)],
        [found("city", psi([(60, 6), (40, 3), (0, 1)]), 0.0, 0.0, 0.1, "unseen")],
        rows=10,
        limits={"psi": 0.5},
    )
    yield case(
        "empty-text-is-a-level",
        [CITY],
        [line(["city"], [["Bonn"], ["Ulm"], [""]], [0] * 3)],
        [found("city", psi([(60, 1), (40, 1), (0, 1)]), 0.0, 0.0, 1 / 3, "psi", "unseen")],
        rows=3,
    )
    yield case(
        "hostile-level",
        [CITY],
        [line(["city"], [["Bonn"]] * 5 + [["##vso[task.complete]\u001b[31m"]], [0] * 6)],
        [found("city", psi([(60, 5), (40, 0), (0, 1)]), 0.0, 0.0, 1 / 6, "psi", "unseen")],
        rows=6,
    )
    rest = column("city", "category", levels({"Bonn": 60, "Ulm": 30}, 10), known=["Bonn", "Ulm", "Wien"])
    yield case(
        "rare-levels-together",
        [rest],
        [line(["city"], [["Bonn"]] * 6 + [["Ulm"]] * 3 + [["Wien"]], [0] * 10)],
        [found("city", psi([(60, 6), (30, 3), (10, 1)]))],
        rows=10,
    )
    yield case(
        "booleans",
        [FLAG],
        [line(["flag"], [[True], [False], [1], [0]], [0] * 4)],
        [found("flag", psi([(75, 2), (25, 2)]))],
        rows=4,
        limits={"psi": 0.3},
    )
    yield case(
        "great-numbers",
        [HUGE],
        [line(["huge"], [[1e200], [-1e200], [0], [2e200]], [0] * 4)],
        [found("huge", psi([(5, 1), (90, 1), (5, 2)]), 0.0, 0.0, 0.0, "psi")],
        rows=4,
    )
    yield case(
        "a-constant-that-stays",
        [STILL],
        [line(["still"], [[7]] * 50, [0] * 50)],
        [found("still", psi([(0, 0), (50, 50), (0, 0)]))],
        rows=50,
    )
    yield case(
        "a-constant-that-moves",
        [STILL],
        [line(["still"], [[8]] * 5, [0] * 5)],
        [found("still", psi([(0, 0), (50, 0), (0, 5)]), 0.0, 0.0, 0.0, "psi")],
        rows=5,
    )
    yield case(
        "long-ids",
        [IDS],
        [line(["id"], [[9007199254740993], [9007199254740997]], [0, 0])],
        [found("id", psi([(50, 1), (50, 1)]))],
        rows=2,
    )
    yield case(
        "not-comparable",
        [column("a", "text", None)],
        [line(["a"], [["x"], [None]], [0, 0])],
        [found("a", None, 0.5, 0.0, 0.0, "missing")],
        rows=2,
    )
    yield case(
        "other-columns",
        [A, FLAG],
        [line(["b", "flag"], [["?", True]] * 3 + [[None, False]] * 9, [0] * 12)],
        [found("flag", psi([(75, 9), (25, 3)]))],
        rows=12,
        counted={"not_logged": ["a"]},
    )
    yield case("too-few-rows", [A], [line(["a"], moved, [0] * 10)], None, rows=10, limits={"rows": 11})
    yield case("no-rows", [A], [], None, rows=0)
    yield case("no-rows-of-a-request", [A], [line(["a"], [], [])], None, rows=0)
    shape = numbers([0, 10, 20], [50, 50])
    yield case(
        "predictions",
        [FLAG],
        [line(["flag"], [[True], [False], [False], [False]], [1, 2, 3, 15.5])],
        [found("flag", psi([(75, 3), (25, 1)])), found("(prediction)", psi([(50, 3), (50, 1)]), 0.0, 0.0, 0.0, "psi")],
        rows=4,
        predictions=shape,
        limits={"psi": 0.15},
    )
    answers = levels({"no": 80, "yes": 20})
    lines = [
        line(["flag"], [[True], [False]], ["no", "yes"]),
        line(["flag"], [[False], [False]], [0.9, 0.1, 0.65, 0.35]),
    ]
    yield case(
        "classes-by-name-and-by-probability",
        [FLAG],
        lines,
        [found("flag", psi([(75, 3), (25, 1)])), found("(prediction)", psi([(80, 2), (20, 2)]), 0.0, 0.0, 0.0, "psi")],
        rows=4,
        task=CLASSES,
        predictions=answers,
    )
    three = {"kind": "classification", "classes": ["x", "y", "z"], "threshold": None}
    yield case(
        "three-classes",
        [FLAG],
        [line(["flag"], [[True], [False]], [0.2, 0.5, 0.3, 0.4, 0.4, 0.2])],
        [found("flag", psi([(75, 1), (25, 1)])), found("(prediction)", psi([(10, 1), (10, 1), (10, 0)]))],
        rows=2,
        task=three,
        predictions=levels({"x": 10, "y": 10, "z": 10}),
        limits={"psi": 2},
    )
    good = line(["a"], spread, [0] * 10)
    like = [found("a", psi([(10, 1), (20, 2), (30, 3), (40, 4)]), 0.0, 0.2)]
    wrong = {
        "no-json": "no json",
        "cut-off": good[:40],
        "not-an-object": "[1]",
        "other-schema": line(["a"], ONE, [0], schema=2),
        "no-schema": '{"time": "2026-11-30T08:00:00Z"}',
        "no-time": line(["a"], ONE, [0], time="now"),
        "no-model": line(["a"], ONE, [0], model=None),
        "wide-row": line(["a"], [[1, 2]], [0]),
        "narrow-row": line(["a"], [[]], [0]),
        "row-that-is-none": line(["a"], [5], [0]),
        "text-for-a-number": line(["a"], [["0.5"]], [0]),
        "list-for-a-number": line(["a"], [[[0.5]]], [0]),
        "not-a-number": line(["a"], [[math.nan]], [0]),
        "infinite": line(["a"], [[math.inf]], [0]),
        "too-great": good.replace("[0.5]", "[1e999]"),
        "no-result": line(["a"], ONE, []),
        "result-that-is-none": line(["a"], ONE, [None]),
        "class-for-a-number": line(["a"], ONE, ["yes"]),
        "flag-for-a-number": line(["a"], ONE, [True]),
    }
    for name, text in wrong.items():
        yield case(f"malformed-{name}", [A], [text, good], like, rows=10, counted={"malformed_lines": 1})
    for name, cell in {"number-for-a-level": 5, "flag-for-a-level": True}.items():
        usual = line(["city"], [["Bonn"]] * 3 + [["Ulm"]] * 2, [0] * 5)
        yield case(
            f"malformed-{name}",
            [CITY],
            [line(["city"], [[cell]], [0]), usual],
            [found("city", psi([(60, 3), (40, 2)]))],
            rows=5,
            counted={"malformed_lines": 1},
        )
    for name, result in {"odd": [0.1, 0.2, 0.3], "mixed": ["no", 0.5]}.items():
        usual = line(["flag"], [[False]] * 3 + [[True]], ["no"] * 4)
        yield case(
            f"malformed-{name}-classes",
            [FLAG],
            [line(["flag"], [[True], [False]], result), usual],
            [found("flag", psi([(75, 3), (25, 1)]))],
            rows=4,
            task=CLASSES,
            counted={"malformed_lines": 1},
        )
    yield case(
        "other-model",
        [A],
        [line(["a"], moved, [0] * 10, model="m-2"), good],
        like,
        rows=10,
        models=["m-1"],
        counted={"other_models": 1},
    )
    yield case(
        "other-model-with-other-columns",
        [A],
        [line(["a"], [["text"]], ["x"], model="m-2"), good],
        like,
        rows=10,
        models=["m-1"],
        counted={"other_models": 1},
    )
    early = [line(["a"], moved, [0] * 10, time=time) for time in ("2026-11-30T07:59:59.999Z", "2026-11-29T23:00:00Z")]
    late = [line(["a"], spread[:5], [0] * 5, time="2026-11-30T08:00:00.000001Z"), line(["a"], spread[5:], [0] * 5)]
    yield case("earlier-lines", [A], [*early, *late], like, rows=10, since=TIME)


def compared(name: str, known: dict, lines: list[str], asked: dict, expected: dict, task: dict) -> dict:
    """A case in which outcomes are known; the columns are not what it is about."""
    columns = [column("a", "number", None)]
    found_columns = [found("a", None)]
    made = case(f"outcomes-{name}", columns, lines, found_columns, rows=known["rows"], task=task)
    made["since"] = asked.pop("log_since", None)
    made["outcomes"] = asked
    made["expected"] |= {"drift": known["drift"], "outcomes": expected}
    return made


def main() -> None:
    cases = [*all_cases(), *drift_outcomes.cases(compared, line)]
    names = [one["name"] for one in cases]
    assert len(set(names)) == len(names)
    text = json.dumps(cases, indent=1, ensure_ascii=True)
    Path(__file__).with_name("drift.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
