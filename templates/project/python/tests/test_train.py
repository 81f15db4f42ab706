from __future__ import annotations

import json
from pathlib import Path

import mlflow
import numpy as np
import pytest

from {= package =} import contract, defaults, features, search, table, train

from .conftest import METRIC, TASK, make_rows


def prepared(data: Path, rules: contract.Contract) -> tuple[table.Table, table.Table]:
    return table.split(table.training_rows(table.read(data, rules), rules), rules)


def test_the_known_relation_is_learned_and_reads_back(model_folder: Path) -> None:
    from {= package =} import model_folder as folder

    model = folder.load(model_folder)
    assert model.feature_names == ["a", "b"]
    measured = json.loads((model_folder / "metrics.json").read_text())["holdout"]
    assert measured["accuracy" if TASK == "classification" else "r2"] > 0.5


def test_a_trial_logs_how_good_it_is_in_stages(
    tmp_path: Path, data_file: Path, contract_file: Path, monkeypatch
) -> None:
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setattr(defaults, "METRIC", METRIC)
    mlflow.set_tracking_uri((tmp_path / "mlruns").as_uri())
    mlflow.set_experiment("trials")
    common = ["--data", str(data_file), "--contract", str(contract_file), "--output", str(tmp_path / "tried")]
    assert train.main([*common, "--folds", "3", "--trial", "2"]) == 0
    (run,) = mlflow.search_runs(output_format="list")
    history = mlflow.MlflowClient().get_metric_history(run.info.run_id, METRIC)
    assert [one.step for one in history] == [0, 1]
    assert (tmp_path / "tried" / "model.json").is_file()


@pytest.mark.parametrize("name", ["RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK"])
def test_of_processes_that_train_together_the_first_writes(
    name: str, tmp_path: Path, data_file: Path, contract_file: Path, monkeypatch
) -> None:
    monkeypatch.setenv(name, "1")
    common = ["--data", str(data_file), "--contract", str(contract_file), "--output", str(tmp_path / "second")]
    assert train.main(common) == 0
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize("kind", ["grid", "random", "halving"])
def test_a_search_finds_the_best(kind: str) -> None:
    tried: list[dict] = []

    def score(parameters: dict, learn: np.ndarray, judge: np.ndarray) -> float:
        assert not set(learn) & set(judge)
        tried.append(parameters)
        return -abs(parameters["x"] - 3) - parameters["y"]

    found = search.Search(kind, {"x": [1, 2, 3, 4], "y": [0, 1]}, folds=3, iterations=8)
    best, scores = search.run(found, {"z": 1}, None, 900, score)
    assert best == {"x": 3, "y": 0, "z": 1}
    assert len(scores) == 8


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b,y\n1,2,3\ntext,2,3\n", r"bad\.csv: row 2 \(line 3\), column 'a': 'text' is not a number"),
        ("a,b,y\n1e999,2,3\n", "is not finite"),
        ("a,b,y\n,2,3\n", r"row 1 \(line 2\), column 'a': empty"),
        ("a,b,y\ninf,2,3\n", "'inf' is not a finite number"),
        ("a,b,y\n1_0,2,3\n", "'1_0' is not a number"),
        ("a,b,y\nN/A,2,3\n", "'N/A' is not a number; if it means a missing value, list it in data.missing"),
        ('a,b,y\n"1,5",2,3\n', "the decimal mark is '.'"),
        ("a,b,y\n1,2,3,\n", r"row 1 \(line 2\): 4 fields, expected 3"),
        ("a,b,y\n1,2\n", r"row 1 \(line 2\): 2 fields, expected 3"),
        ('a,b,y\n1,2,3\n"1,2,3\n', r"row 2 \(line 3\): a quotation mark never closes"),
        ("a,a,y\n1,2,3\n", "'a': it is in the header twice"),
        ("a;b;y\n1;2;3\n", "is the delimiter ';'"),
        ("b,y\n1,2\n", "column 'a': it is not in the header"),
        ("", "empty, expected a header"),
    ],
)
def test_bad_data_is_refused_with_its_place(tmp_path: Path, contract_file: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(table.DataError, match=message):
        train.fit(path, contract.load(contract_file))


def read_one(tmp_path: Path, column: dict, cells: list[str], **rules: object) -> list:
    """The values of one column of a file that holds `cells`."""
    path = tmp_path / "one.csv"
    path.write_text("x,y\n" + "".join(f"{cell},1\n" for cell in cells), encoding="utf-8")
    columns = [{"name": "x", **column}, {"name": "y", "type": "number"}]
    known = contract.parse({"version": 2, "target": "y", "columns": columns, **rules})
    return table.read(path, known).columns["x"].tolist()


@pytest.mark.parametrize(
    ("kind", "cells", "values"),
    [
        ("number", ["1", " +2.5e1 ", ".5", "-0"], [1, 25, 0.5, 0]),
        ("integer", ["7", "8.0"], [7, 8]),
        ("boolean", ["yes", "False", "1"], [1, 0, 1]),
        ("category", ["a", " b", "1.0"], ["a", " b", "1.0"]),
        ("datetime", ["1970-01-02", "1970-01-01T01:00:00+01:00", "1970-01-01 00:00:00.5"], [86400, 0, 0.5]),
    ],
)
def test_cells_are_read_by_their_type(tmp_path: Path, kind: str, cells: list[str], values: list) -> None:
    assert read_one(tmp_path, {"type": kind}, cells) == values


def test_markers_of_missing_cells_are_filled_from_the_training_rows(tmp_path: Path) -> None:
    column = {"type": "number", "required": False, "when_missing": "indicator"}
    cells = ["1", "NA", "3", ""]
    assert np.isnan(read_one(tmp_path, column, cells, missing=["NA"])).tolist() == [False, True, False, True]
    rules = contract.parse(
        {
            "version": 2,
            "target": "y",
            "missing": ["NA"],
            "columns": [{"name": "x", **column}, {"name": "y", "type": "number"}],
        }
    )
    rows = table.read(tmp_path / "one.csv", rules)
    assert features.matrix(features.fit(rows, rules), rows).tolist() == [[1, 0], [2, 1], [3, 0], [2, 1]]


def test_unknown_levels_follow_their_rule() -> None:
    for rule, row in (("ignore", [0, 0]), ("most-frequent", [1, 0])):
        column = contract.column({"name": "x", "type": "category", "unknown": rule})
        feature = features.Feature(column, None, ("a", "b"), "a")
        assert features.Rows([feature]).encode(["new"]) == row
        values = {"x": np.array(["new", "b"], dtype=object)}
        assert features.matrix([feature], table.Table(values, 2)).tolist() == [row, [0, 1]]


def test_hidden_files_are_left_out(tmp_path: Path, contract_file: Path) -> None:
    for name in ("data/a.csv", "data/.ipynb_checkpoints/a-checkpoint.csv", "data/_temporary.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        make_rows(10).to_csv(tmp_path / name, index=False)
    assert table.read(tmp_path / "data", contract.load(contract_file)).rows == 10


def test_the_split_is_the_same_each_time(data_file: Path, contract_file: Path) -> None:
    rules = contract.load(contract_file)
    first, second = prepared(data_file, rules)[1], prepared(data_file, rules)[1]
    assert first.columns["a"].tolist() == second.columns["a"].tolist()
    assert first.rows == 50
