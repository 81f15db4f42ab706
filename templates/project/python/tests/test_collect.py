from __future__ import annotations

import json
from pathlib import Path

import pytest

from {= package =} import collect, table

from .conftest import TASK

ONE, TWO = ("no", "yes") if TASK == "classification" else (7, 8)


def record(request_id: str, data: list[list[float]], columns: list[str] | None = None) -> str:
    line = {"schema": 1, "request_id": request_id, "first_row": 0, "columns": columns or ["a", "b"], "data": data}
    return json.dumps({**line, "result": [0.0] * len(data)})


def run(tmp_path: Path, contract_file: Path, logs: dict[str, str], outcomes: str) -> str:
    for name, text in logs.items():
        path = tmp_path / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    (tmp_path / "outcomes.csv").write_text(outcomes)
    arguments = ["--source", tmp_path / "logs", "--outcomes", tmp_path / "outcomes.csv", "--contract", contract_file]
    arguments += ["--state", tmp_path / "state.json", "--output", tmp_path / "collected.csv"]
    assert collect.main([str(argument) for argument in arguments]) == 0
    return (tmp_path / "collected.csv").read_text()


def test_logged_rows_meet_their_outcomes(tmp_path: Path, contract_file: Path) -> None:
    logs = {"2026/one.jsonl": record("r1", [[1, 2], [3, 4]])}
    text = run(tmp_path, contract_file, logs, f"request_id,row,y\nr1,1,{ONE}\nother,0,{TWO}\n")
    assert text in (f"a,b,y\n3,4,{ONE}\n", f"a,b,y\n3,4,{ONE}.0\n")


def test_nothing_is_collected_twice_and_late_outcomes_still_count(tmp_path: Path, contract_file: Path) -> None:
    logs = {"one.jsonl": record("r1", [[1, 2]]) + "\n" + record("r2", [[3, 4]])}
    run(tmp_path, contract_file, logs, f"request_id,y\nr1,{ONE}\n")
    text = run(tmp_path, contract_file, {"two.jsonl": record("r1", [[1, 2]])}, f"request_id,y\nr1,{ONE}\nr2,{TWO}\n")
    assert [line.rpartition(",")[0] for line in text.splitlines()] == ["a,b", "1,2", "3,4"]


def test_a_damaged_line_is_named(tmp_path: Path, contract_file: Path) -> None:
    with pytest.raises(table.DataError, match=r"one\.jsonl: line 2"):
        run(tmp_path, contract_file, {"one.jsonl": record("r1", [[1, 2]]) + "\n{"}, f"request_id,y\nr1,{ONE}\n")


def test_a_log_without_a_feature_is_refused(tmp_path: Path, contract_file: Path) -> None:
    with pytest.raises(table.DataError, match="leaves out 'b'"):
        run(tmp_path, contract_file, {"one.jsonl": record("r1", [[1]], ["a"])}, f"request_id,y\nr1,{ONE}\n")
