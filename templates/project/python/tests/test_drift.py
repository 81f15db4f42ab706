from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from {= package =} import drift
from {= package =} import model_folder as folders
from {= package =}.score.app import create
from {= package =}.score.settings import Settings

from .conftest import METRIC, TASK, make_rows


def served(folder: Path, model: Path, shift: float = 0.0, gaps: int = 0) -> Path:
    """The logs of a server that has answered 300 rows."""
    rows = make_rows(300, seed=5)
    cells = enumerate(zip(rows["a"], rows["b"], strict=True))
    data = [[a + shift, None if place < gaps else b] for place, (a, b) in cells]

    def keep(name: str, lines: bytes) -> None:
        path = folder / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(lines)

    with TestClient(create(Settings(model=str(model)), keep)) as client:
        assert client.post("/score", json={"data": data}).status_code == 200
    return folder / "logs"


def run(folder: Path, logs: Path, model: Path, *more: str) -> tuple[int, dict]:
    common = ["--source", str(logs), "--model", str(model), "--output", str(folder / "drift.json")]
    code = drift.main([*common, "--report", str(folder / "drift.html"), *more])
    return code, json.loads((folder / "drift.json").read_text())


def failures(found: dict) -> dict[str, list[str]]:
    return {column["column"]: column["failures"] for column in found["columns"] if column["failures"]}


def test_rows_like_those_of_training_are_no_drift(tmp_path: Path, model_folder: Path) -> None:
    code, found = run(tmp_path, served(tmp_path, model_folder), model_folder)
    assert (code, failures(found)) == (0, {})
    assert {"a", "b", drift.PREDICTION} == {column["column"] for column in found["columns"]}


def test_a_column_that_moves_is_drift_and_so_are_the_predictions(tmp_path: Path, model_folder: Path) -> None:
    code, found = run(tmp_path, served(tmp_path, model_folder, shift=3), model_folder)
    assert code == 1
    assert set(failures(found)) == {"a", drift.PREDICTION}
    assert "stability index" in (tmp_path / "drift.html").read_text()


def test_cells_that_go_missing_are_drift(tmp_path: Path, model_folder: Path) -> None:
    code, found = run(tmp_path, served(tmp_path, model_folder, gaps=60), model_folder)
    assert code == 1
    assert "missing" in failures(found)["b"]


def test_the_pipeline_is_told(tmp_path: Path, model_folder: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("TF_BUILD", "True")
    run(tmp_path, served(tmp_path, model_folder, shift=3), model_folder)
    assert "variable=drift;isOutput=true]true" in capsys.readouterr().out


def test_few_rows_say_nothing(tmp_path: Path, model_folder: Path) -> None:
    code, found = run(tmp_path, served(tmp_path, model_folder, shift=3), model_folder, "--rows", "1000")
    assert (code, found["drift"]) == (0, False)


def test_earlier_lines_are_left_out(tmp_path: Path, model_folder: Path) -> None:
    logs = served(tmp_path, model_folder, shift=3)
    code, found = run(tmp_path, logs, model_folder, "--since", "2999-01-01T00:00:00Z")
    assert (code, found["rows"], found["judged"]) == (0, 0, False)


def turned_out(folder: Path, logs: Path, wrong: bool) -> Path:
    """Outcomes of every second logged row: what was predicted, or something else."""
    files = folder / "outcomes"
    files.mkdir()
    lines = ["request_id,row,y"]
    for log in logs.rglob("*.jsonl"):
        for text in log.read_text().splitlines():
            record = json.loads(text)
            answers = record["result"]
            if TASK == "classification" and not isinstance(answers[0], str):
                answers = ["yes" if chance >= 0.5 else "no" for chance in answers[1::2]]
            for row, answer in enumerate(answers[::2]):
                other = {"yes": "no", "no": "yes"}[answer] if TASK == "classification" else answer + 10
                lines.append(f"{record['request_id']},{record['first_row'] + 2 * row},{other if wrong else answer}")
    (files / "known.csv").write_text("\n".join(lines) + "\n")
    return files


@pytest.mark.parametrize("wrong", [False, True])
def test_what_turned_out_is_held_against_a_limit(
    tmp_path: Path, model_folder: Path, contract_file: Path, wrong: bool
) -> None:
    logs = served(tmp_path, model_folder)
    files = turned_out(tmp_path, logs, wrong)
    limit = ["--minimum", "0.9"] if TASK == "classification" else ["--maximum", "1"]
    more = ["--outcomes", str(files), "--contract", str(contract_file), "--metric", METRIC, *limit]
    code, found = run(tmp_path, logs, model_folder, *more, "--outcome-days", "1")
    assert (code, found["drift"]) == (int(wrong), wrong)
    told = found["outcomes"]
    assert (told["rows"], told["waiting"], told["failures"]) == (150, 150, ["limit"] if wrong else [])
    assert METRIC in (tmp_path / "drift.html").read_text()


def test_outcomes_that_are_not_there_yet_say_nothing(tmp_path: Path, model_folder: Path, contract_file: Path) -> None:
    (tmp_path / "none").mkdir()
    more = ["--outcomes", str(tmp_path / "none"), "--contract", str(contract_file), "--metric", METRIC, "--worse", "0"]
    code, found = run(tmp_path, served(tmp_path, model_folder), model_folder, *more)
    assert (code, found["outcomes"]["judged"], found["outcomes"]["waiting"]) == (0, False, 300)


def test_lines_that_are_no_records_are_counted(tmp_path: Path, model_folder: Path) -> None:
    logs = served(tmp_path, model_folder)
    wrong = ['{"columns": ["a"], "data": [[1, 2]], "result": [1]}', "no json", '{"schema": 1, "time": NaN}']
    (logs / "wrong.jsonl").write_text("\n".join([*wrong, '{"still": "being writ']))
    code, found = run(tmp_path, logs, model_folder)
    assert (code, found["rows"], found["malformed_lines"]) == (0, 300, 3)


def test_the_column_that_matters_more_is_said_to_matter_more(model_folder: Path) -> None:
    told = folders.load(model_folder).explanation
    assert [item["column"] for item in told["importance"]] == ["a", "b"]
    assert told["importance"][0]["loss"] > 0
    assert sum(part["rows"] for part in told["calibration"]) == told["rows"] or not told["calibration"]


def test_the_model_card_tells_of_data_and_metrics(model_folder: Path) -> None:
    card = (model_folder / "MODEL_CARD.md").read_text()
    assert "## Measured" in card
    assert "| a | number |" in card
