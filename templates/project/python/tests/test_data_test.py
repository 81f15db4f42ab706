from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest

from {= package =} import data_test


def verdict(tmp_path: Path, contract_file: Path, frame: pd.DataFrame, *more: str) -> tuple[int, set[str]]:
    """Exit code, and the checks that failed, from the JUnit file."""
    data, junit = tmp_path / "checked.csv", tmp_path / "junit.xml"
    frame.to_csv(data, index=False)
    common = ["--data", str(data), "--contract", str(contract_file), "--junit", str(junit)]
    code = data_test.main([*common, "--report", str(tmp_path / "report.txt"), *more])
    cases = ET.parse(junit).getroot().iter("testcase")
    return code, {f"{case.get('classname')}.{case.get('name')}" for case in cases if case.find("failure") is not None}


def test_good_data_passes(tmp_path: Path, contract_file: Path, model_folder: Path, rows) -> None:
    assert verdict(tmp_path, contract_file, rows(seed=2), "--baseline", str(model_folder)) == (0, set())
    assert "0 failed" in (tmp_path / "report.txt").read_text()


@pytest.mark.parametrize(
    ("column", "value", "check"),
    [("a", "text", "data.a.type"), ("a", "", "data.a.missing"), ("a", 11, "data.a.range"), ("y", "", "data.y.missing")],
)
def test_a_bad_cell_fails_its_check(
    tmp_path: Path, contract_file: Path, column: str, value: object, check: str, rows
) -> None:
    bad = rows().astype(object)
    bad.loc[5, column] = value
    code, failed = verdict(tmp_path, contract_file, bad)
    assert code == 1
    assert check in failed


def test_a_missing_column_fails(tmp_path: Path, contract_file: Path, rows) -> None:
    code, failed = verdict(tmp_path, contract_file, rows().drop(columns="b"))
    assert (code, failed) == (1, {"data.b.present"})


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda a: a + 1, "data.a.mean"),
        (lambda a: a * 3, "data.a.standard deviation"),
        (lambda a: abs(a), "data.a.stability"),
        (lambda a: a + 0.9, "data.a.kolmogorov-smirnov"),
    ],
)
def test_drift_from_the_training_rows_fails(
    tmp_path: Path, contract_file: Path, model_folder: Path, change, check: str, rows
) -> None:
    drifted = rows(seed=2)
    drifted["a"] = change(drifted["a"])
    code, failed = verdict(tmp_path, contract_file, drifted, "--baseline", str(model_folder))
    assert code == 1
    assert check in failed


def test_an_empty_table_fails(tmp_path: Path, contract_file: Path, rows) -> None:
    code, failed = verdict(tmp_path, contract_file, rows().iloc[:0])
    assert (code, failed) == (1, {"data.table.rows"})


def test_a_row_that_is_too_wide_fails_with_its_place(tmp_path: Path, contract_file: Path) -> None:
    data = tmp_path / "wide.csv"
    data.write_text("a,b,y\n1,2,3\n1,2,3,\n")
    assert data_test.main(["--data", str(data), "--contract", str(contract_file)]) == 1


def test_what_comes_from_data_is_no_command(tmp_path: Path, contract_file: Path, capsys) -> None:
    data = tmp_path / "bad.csv"
    data.write_text("a,b,y\n##vso[task.setvariable variable=x]evil,2,3\n\x1b[31m,2,3\n")
    assert data_test.main(["--data", str(data), "--contract", str(contract_file)]) == 1
    shown = capsys.readouterr().out
    assert "##vso[" not in shown
    assert "\x1b" not in shown


def test_the_report_is_a_page_where_its_name_says_so(tmp_path: Path, contract_file: Path, rows) -> None:
    data, report = tmp_path / "some.csv", tmp_path / "report.html"
    frame = rows().astype(object)
    frame.loc[3, "a"] = "<script>##vso[x]"
    frame.to_csv(data, index=False)
    common = ["--data", str(data), "--contract", str(contract_file)]
    assert data_test.main([*common, "--report", str(report)]) == 1
    page = report.read_text()
    assert page.startswith("<!doctype html>")
    assert "<script" not in page
    assert "##vso[" not in page
    assert "<svg" in page
