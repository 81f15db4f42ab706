from __future__ import annotations

import json
from pathlib import Path

import pytest

from {= package =} import evaluate, table, train


def judge(tmp_path: Path, data: Path, contract_file: Path, challenger: Path, *more: str) -> dict:
    output = tmp_path / "evaluation.json"
    common = ["--data", str(data), "--contract", str(contract_file), "--challenger", str(challenger)]
    assert evaluate.main([*common, "--metric", "mse", "--output", str(output), *more]) == 0
    return json.loads(output.read_text())


@pytest.fixture
def worse(tmp_path: Path, data_file: Path, contract_file: Path) -> Path:
    folder = tmp_path / "worse"
    common = ["--data", str(data_file), "--contract", str(contract_file)]
    train.main([*common, "--alpha", "1000", "--output", str(folder)])
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
    assert result["challenger"] < result["champion"]


def test_a_worse_model_is_not_promoted_and_that_is_no_failure(
    tmp_path: Path, data_file: Path, contract_file: Path, model_folder: Path, worse: Path
) -> None:
    assert judge(tmp_path, data_file, contract_file, worse, "--champion", str(model_folder))["promote"] is False


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


def test_data_that_lacks_a_feature_is_an_error(tmp_path: Path, contract_file: Path, model_folder: Path) -> None:
    data = tmp_path / "narrow.csv"
    data.write_text("a,y\n1,2\n")
    with pytest.raises(table.DataError, match="lacks the columns b"):
        judge(tmp_path, data, contract_file, model_folder)
