from __future__ import annotations

import json
from pathlib import Path

import mlflow
import pytest

from {= package =} import register


@pytest.fixture(autouse=True)
def tracking(tmp_path: Path, monkeypatch) -> str:
    uri = (tmp_path / "mlruns").as_uri()
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # enough for a test, and needs no database
    mlflow.set_tracking_uri(uri)
    return uri


def run(tmp_path: Path, model_folder: Path, promote: bool, *more: str) -> dict:
    evaluation, output = tmp_path / "evaluation.json", tmp_path / "registration.json"
    verdict = {"promote": promote, "reason": "because", "metric": "quality", "challenger": 1.5}
    evaluation.write_text(json.dumps(verdict))
    common = ["--model", str(model_folder), "--name", "known", "--evaluation", str(evaluation), "--output", str(output)]
    assert register.main([*common, "--experiment", "tests", *more]) == 0
    return json.loads(output.read_text())


def test_a_promoted_model_becomes_a_version_with_lineage(tmp_path: Path, model_folder: Path) -> None:
    champion = tmp_path / "champion"
    result = run(tmp_path, model_folder, True, "--tag", "build_id=42", "--champion", str(champion))
    assert result == {"registered": True, "name": "known", "version": "1"}
    version = mlflow.MlflowClient().get_model_version("known", "1")
    assert version.tags["build_id"] == "42"
    assert (version.tags["metric"], version.tags["quality"]) == ("quality", "1.5")
    assert "champion_quality" not in version.tags
    assert (champion / "model.json").read_bytes() == (model_folder / "model.json").read_bytes()


def test_registering_again_makes_no_second_version(tmp_path: Path, model_folder: Path) -> None:
    run(tmp_path, model_folder, True)
    assert run(tmp_path, model_folder, True)["version"] == "1"
    assert len(mlflow.MlflowClient().search_model_versions("name = 'known'")) == 1


def test_a_model_that_is_not_promoted_is_not_registered(tmp_path: Path, model_folder: Path) -> None:
    assert run(tmp_path, model_folder, False) == {"registered": False, "reason": "because"}
