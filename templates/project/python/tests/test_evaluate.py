from __future__ import annotations

import json
from pathlib import Path

import pytest

from {= package =} import evaluate, table, train

from .conftest import CONTRACT, METRIC, make_rows


def judge(tmp_path: Path, data: Path, contract_file: Path, challenger: Path, *more: str) -> dict:
    output = tmp_path / "evaluation.json"
    common = ["--data", str(data), "--contract", str(contract_file), "--challenger", str(challenger)]
    assert evaluate.main([*common, "--metric", METRIC, "--output", str(output), *more]) == 0
    return json.loads(output.read_text())


@pytest.fixture
def worse(tmp_path: Path, data_file: Path, contract_file: Path) -> Path:
    folder = tmp_path / "worse"
    shuffled = make_rows()
    shuffled["y"] = shuffled["y"].sample(frac=1, random_state=3).to_numpy()
    data = tmp_path / "shuffled.csv"
    shuffled.to_csv(data, index=False)
    train.main(["--data", str(data), "--contract", str(contract_file), "--output", str(folder)])
    return folder


def test_the_first_model_is_promoted(tmp_path: Path, data_file: Path, contract_file: Path, model_folder: Path) -> None:
    result = judge(tmp_path, data_file, contract_file, model_folder, "--champion", str(tmp_path / "nothing"))
    assert result["promote"] is True
    assert result["champion"] is None


def test_a_better_model_is_promoted(
    tmp_path: Path, data_file: Path, contract_file: Path, model_folder: Path, worse: Path
) -> None:
    result = judge(tmp_path, data_file, contract_file, model_folder, "--champion", str(worse))
    assert result["promote"] is True
    assert result["challenger"] != result["champion"]


def test_a_worse_model_is_not_promoted_and_that_is_no_failure(
    tmp_path: Path, data_file: Path, contract_file: Path, model_folder: Path, worse: Path
) -> None:
    assert judge(tmp_path, data_file, contract_file, worse, "--champion", str(model_folder))["promote"] is False


def test_the_report_is_a_page_in_which_data_is_text(
    tmp_path: Path, data_file: Path, contract_file: Path, model_folder: Path, worse: Path
) -> None:
    report = tmp_path / "report.html"
    result = judge(tmp_path, data_file, contract_file, model_folder, "--champion", str(worse), "--report", str(report))
    page = report.read_text()
    assert METRIC in result["challenger_metrics"] and METRIC in result["champion_metrics"]
    assert page.startswith("<!doctype html>") and "<script" not in page and "http" not in page
    for heading in ("Metrics", "Drift of the held-out rows", "Permutation importance"):
        assert f"<h2>{heading}" in page
    assert "promoted" in page and METRIC in page


def test_the_margin_must_be_won(
    tmp_path: Path, data_file: Path, contract_file: Path, model_folder: Path, worse: Path
) -> None:
    result = judge(tmp_path, data_file, contract_file, model_folder, "--champion", str(worse), "--margin", "1e6")
    assert result["promote"] is False


def test_azure_pipelines_gets_an_output_variable(
    tmp_path: Path, data_file: Path, contract_file: Path, model_folder: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("TF_BUILD", "True")
    judge(tmp_path, data_file, contract_file, model_folder)
    assert "##vso[task.setvariable variable=promote;isOutput=true]true" in capsys.readouterr().out


def test_the_floor_holds_for_the_first_model_too(
    tmp_path: Path, data_file: Path, contract_file: Path, model_folder: Path
) -> None:
    unreachable = ["--maximum", "-1"] if METRIC == "mse" else ["--minimum", "2"]
    result = judge(tmp_path, data_file, contract_file, model_folder, *unreachable)
    assert result["promote"] is False
    assert "not good enough" in result["reason"]


def _without_b(tmp_path: Path, data_file: Path) -> tuple[Path, Path]:
    """A contract that no longer has the column b, and the model of it."""
    after, folder = tmp_path / "after.json", tmp_path / "after"
    after.write_text(json.dumps({**CONTRACT, "columns": [CONTRACT["columns"][0], CONTRACT["columns"][2]]}))
    train.main(["--data", str(data_file), "--contract", str(after), "--output", str(folder)])
    return after, folder


def test_a_champion_is_measured_with_its_own_features(tmp_path: Path, data_file: Path, model_folder: Path) -> None:
    after, folder = _without_b(tmp_path, data_file)
    result = judge(tmp_path, data_file, after, folder, "--champion", str(model_folder))
    assert result["promote"] is False
    assert result["champion"] is not None


@pytest.mark.parametrize(("rule", "promote"), [("promote", True), ("keep", False)])
def test_a_champion_whose_feature_is_gone_is_a_decision(
    tmp_path: Path, data_file: Path, model_folder: Path, rule: str, promote: bool
) -> None:
    after, folder = _without_b(tmp_path, data_file)
    data = tmp_path / "narrow.csv"
    make_rows().drop(columns="b").to_csv(data, index=False)
    result = judge(tmp_path, data, after, folder, "--champion", str(model_folder), "--incomparable", rule)
    assert (result["promote"], result["champion"]) == (promote, None)
    assert "no comparable champion" in result["reason"]


def test_data_that_lacks_a_feature_is_an_error(tmp_path: Path, contract_file: Path, model_folder: Path) -> None:
    data = tmp_path / "narrow.csv"
    data.write_text("a,y\n1,2\n")
    with pytest.raises(table.DataError, match="column 'b': it is not in the header"):
        judge(tmp_path, data, contract_file, model_folder)
