from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.svm import SVC, SVR

from {= package =} import contract, export, model_folder, table, train
from {= package =}.export import reference
from {= package =}.export.graph import ExportError

from .conftest import TASK


def test_training_exports_what_the_model_predicts(model_folder: Path, data_file: Path, contract_file: Path) -> None:
    document = json.loads((model_folder / export.FILE).read_text(encoding="utf-8"))
    model = folder_of(model_folder)
    rows = table.training_rows(table.read(data_file, rules := contract.load(contract_file)), rules)
    predicted = model.predict(rows)
    expected = predicted.values if predicted.probabilities is None else predicted.probabilities
    found = reference.predict(document, rows)
    assert found == pytest.approx(expected.reshape(found.shape), rel=1e-9, abs=1e-9)
    told = model.card["native"]
    assert told["rows"] == rows.rows and told["difference"] < 1e-6


def test_a_file_that_predicts_something_else_is_refused(
    model_folder: Path, data_file: Path, contract_file: Path
) -> None:
    model, rules = folder_of(model_folder), contract.load(contract_file)
    document = export.made(model)
    rows = table.read(data_file, rules)
    export.check(model, document, rows, rules)
    for name in ("base", "intercepts"):
        if name in document["model"]:
            document["model"][name] = [value + 1e-3 for value in document["model"][name]]
    with pytest.raises(ExportError, match=r"worst of .* rows that differ: .*row"):
        export.check(model, document, rows, rules)


def test_an_estimator_that_is_not_known_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data_file: Path, contract_file: Path
) -> None:
    kind: Any = SVC if TASK == "classification" else SVR
    monkeypatch.setattr(train.estimator, "build", lambda *_: kind())
    monkeypatch.setattr(train.estimator, "INPUT", "matrix")
    arguments = ["--data", str(data_file), "--contract", str(contract_file), "--output", str(tmp_path / "model")]
    with pytest.raises(ExportError, match=f"`{kind.__name__}` cannot be exported; keep `serving: python`"):
        train.main(arguments)
    assert not (tmp_path / "model").exists()


def test_categories_of_a_tree_are_read_from_their_bits() -> None:
    from {= package =}.export.trees import _bits

    assert _bits(np.array([5, 1], dtype=np.uint32)) == {0, 2, 32}


def folder_of(folder: Path) -> model_folder.Model:
    return model_folder.load(folder)
