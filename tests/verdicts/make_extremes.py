"""Writes `extremes.json`: tables with extreme numbers, and what testing, training, evaluation and scoring must make of them.

The target is 3 + z, or by chance of z a class; the extreme column has nothing to do with it. So what a good model says of a
row stands here by hand, up to the penalty and the noise that are said with it.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

ROWS = 240


def z(row: int) -> float:
    return (row * 104_729 % 199) / 99 - 1


def spread(row: int) -> float:
    return (row * 7919 % 200) / 100 - 1


COLUMNS = {
    "great": ("number", lambda row: repr(spread(row) * 1e200)),
    "great-with-gaps": ("number", lambda row: "" if row % 9 == 0 else repr(spread(row) * 1e200)),
    "nearly-constant": ("number", lambda row: repr(1e6 + row % 2 * 1e-7)),
    "constant": ("number", lambda row: "7.25"),
    "ids-beyond-53-bits": ("integer", lambda row: str(9007199254740993 + 2 * row * 10**12)),
    "ids-of-63-bits": ("integer", lambda row: str(9223372036854774784 - 1024 * row)),
    "negative-ids-of-64-bits": ("integer", lambda row: str(-9223372036854775808 + 2048 * row)),
}


def contract(kind: str, task: str, gaps: bool) -> dict:
    rule = {"required": False, "when_missing": "mean"} if gaps else {}
    target = "category" if task == "classification" else "number"
    columns = [{"name": "a", "type": kind, **rule}, {"name": "z", "type": "number"}, {"name": "y", "type": target}]
    return {
        "version": 2,
        "task": {"kind": task},
        "target": "y",
        "columns": columns,
        "holdout": {"fraction": 0.25, "seed": 7},
    }


def text(cell, target) -> str:
    rows = (f"{cell(row)},{z(row)!r},{target(row)}\n" for row in range(ROWS))
    return "a,z,y\n" + "".join(rows)


def chosen(row: int) -> str:
    """`yes` with the chance 1 / (1 + exp(-4 z)), by numbers that are as good as random."""
    return "yes" if (row * 7541 % 239) / 239 < 1 / (1 + math.exp(-4 * z(row))) else "no"


def cases() -> list[dict]:
    found = []
    scored = [5, 77, 130]
    for name, (kind, cell) in COLUMNS.items():
        for task in ("regression", "classification"):
            number = task == "regression"
            target = (lambda row: repr(3 + z(row))) if number else chosen
            refused = number and name.startswith("great")
            rows = [[cell(row), z(row)] for row in scored]
            cells = [[None if a == "" else int(a) if kind == "integer" else float(a), b] for a, b in rows]
            if refused:
                expected = {"train": {"refused": "out-of-range", "column": "a"}}
            elif number:
                # The penalty shrinks the slope by a hundredth at the most.
                expected = {"mae": [0, 0.02], "scores": [[3 + b, 0.02] for _, b in rows]}
            else:
                # The classes' own noise; the slope is found within the noise of 180 rows.
                expected = {"log-loss": [0.15, 0.6], "scores": [[1 / (1 + math.exp(-4 * b)), 0.2] for _, b in rows]}
            found.append(
                {
                    "name": f"{name}-{task}",
                    "contract": contract(kind, task, "gaps" in name),
                    "data": text(cell, target),
                    "rows": cells,
                    "expected": {"data_test": "passed", **expected},
                }
            )
    great = text(lambda row: repr(spread(row)), lambda row: repr((3 + z(row)) * 1e200))
    rows = [[spread(row), z(row)] for row in scored]
    found.append(
        {
            "name": "great-target",
            "contract": contract("number", "regression", False),
            "data": great,
            "rows": rows,
            "expected": {
                "data_test": "passed",
                "mae": [0, 2e198],
                "scores": [[(3 + b) * 1e200, 2e198] for _, b in rows],
            },
        }
    )
    found += undefined()
    return found


def undefined() -> list[dict]:
    """Columns as small as ±1e-300, and metrics that the held-out rows do not define: those are none, and never a number."""
    tiny = {"data_test": "passed"}
    told = [
        # Without a penalty the unit of a column does not matter, with one nothing is learned of so small a column.
        ("tiny", 0.0, lambda row: spread(row) * 1e-300, lambda row: 3 + 2 * spread(row), {"mae": [0, 1e-12], "r2": [1, 1e-12]}, 1e-12),
        ("tiny-with-penalty", 0.1, lambda row: spread(row) * 1e-300, lambda row: 3 + 2 * spread(row), {"r2": [0, 0.1]}, 2.2),
        ("constant-target", 0.1, spread, lambda row: 5.0, {"mae": [0, 1e-12], "mse": [0, 1e-24], "r2": None, "mape": [0, 1e-12]}, 1e-12),
        ("target-with-noughts", 0.1, spread, lambda row: float(row % 2), {"mape": None}, 1.0),
    ]
    rows = [5, 77, 130]
    return [
        {
            "name": name,
            "alpha": alpha,
            "contract": contract("number", "regression", False),
            "data": text(lambda row, cell=cell: repr(cell(row)), lambda row, target=target: repr(target(row))),
            "rows": [[cell(row), z(row)] for row in rows],
            "expected": {**tiny, **metrics, "scores": [[target(row), far] for row in rows]},
        }
        for name, alpha, cell, target, metrics, far in told
    ]


def main() -> None:
    out = json.dumps(cases(), indent=1, ensure_ascii=True)
    Path(__file__).with_name("extremes.json").write_text(out + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
