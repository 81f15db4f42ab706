"""Tests the data: schema, ranges, missing values, distribution. Exit code 0 good data, 1 bad data, 2 error."""

from __future__ import annotations

import argparse
import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from . import baseline, console, contract, model_folder, table
from .contract import Column, Contract


@dataclass(frozen=True)
class Finding:
    """The outcome of one check of one column; no failure means that it passed."""

    check: str
    column: str
    failure: str | None = None


def main(arguments: list[str] | None = None) -> int:
    """Check the data, write the reports, and say whether it is good."""
    args = _parser().parse_args(arguments)
    rules = contract.load(args.contract)
    frame = table.read(args.data)
    known = {}
    if args.baseline and model_folder.exists(args.baseline):
        card = model_folder.load(args.baseline).card
        known = {item["name"]: item["baseline"] for item in [*card["features"], card["target"]]}
    findings = check(frame, rules, known)
    text = report(frame, rules, findings)
    print(text)
    if args.report:
        _write(Path(args.report), text)
    if args.junit:
        _write(Path(args.junit), junit(findings))
    return 1 if any(finding.failure for finding in findings) else 0


def check(frame: pd.DataFrame, rules: Contract, known: dict[str, dict]) -> list[Finding]:
    """Every check of every column."""
    findings = [Finding("rows", "", None if len(frame) else "the data has no rows")]
    for column in rules.columns:
        if column.name not in frame.columns:
            findings.append(Finding("present", column.name, "the column is missing"))
            continue
        findings.append(Finding("present", column.name))
        findings += _cells(frame[column.name], column)
        values = pd.to_numeric(frame[column.name], errors="coerce")
        finite = values[np.isfinite(values)].to_numpy(dtype=float)
        if len(finite):
            findings += _distribution(finite, column, rules, known.get(column.name))
    return findings


def _cells(cells: pd.Series, column: Column) -> list[Finding]:
    empty = cells.isna() | (cells.astype(str).str.strip() == "")
    values = pd.to_numeric(cells.where(~empty), errors="coerce")
    bad = {"type": (values.isna() | np.isinf(values)) & ~empty}
    if column.type == "integer":
        bad["type"] |= ~empty & (values % 1 != 0)
    if column.required:
        bad["missing"] = empty
    if column.min is not None or column.max is not None:
        low = -math.inf if column.min is None else column.min
        high = math.inf if column.max is None else column.max
        bad["range"] = (values < low) | (values > high)
    if column.allowed:
        bad["allowed"] = ~values.isin(column.allowed) & ~empty
    return [Finding(name, column.name, _first(cells, rows, column)) for name, rows in bad.items()]


def _first(cells: pd.Series, bad: pd.Series, column: Column) -> str | None:
    if not bad.any():
        return None
    row = int(np.flatnonzero(bad.to_numpy())[0])
    rule = f"{column.type}, range {column.min} to {column.max}, allowed {list(column.allowed) or 'any'}"
    return f"{int(bad.sum())} of {len(bad)} rows, first row {row + 1}: {cells.iloc[row]!r} ({rule})"


def _distribution(cells: np.ndarray, column: Column, rules: Contract, known: dict | None) -> list[Finding]:
    limits = rules.distribution
    mean, deviation = _history(column, known)
    results: list[tuple[str, str | None]] = []
    if mean is not None and limits.mean_sigmas is not None and deviation:
        sigmas = abs(cells.mean() - mean) / (deviation / math.sqrt(len(cells)))
        results.append(("mean", _beyond(sigmas, limits.mean_sigmas, f"mean {cells.mean():.6g}, expected {mean:.6g}")))
    if deviation and limits.standard_deviation_ratio is not None and len(cells) > 1:
        found = cells.std(ddof=1)
        ratio = max(found / deviation, deviation / found) if found > 0 else math.inf
        note = f"standard deviation {found:.6g}, expected {deviation:.6g}"
        results.append(("standard deviation", _beyond(ratio, limits.standard_deviation_ratio, note)))
    if known and limits.psi is not None:
        results.append(("stability", _beyond(baseline.psi(known, cells), limits.psi, "population stability index")))
    if known and limits.ks_p_value is not None:
        p = float(stats.ks_2samp(cells, np.asarray(known["quantiles"])).pvalue)
        failure = None if p >= limits.ks_p_value else f"Kolmogorov-Smirnov p-value {p:.3g} below {limits.ks_p_value}"
        results.append(("kolmogorov-smirnov", failure))
    return [Finding(name, column.name, failure) for name, failure in results]


def _history(column: Column, known: dict | None) -> tuple[float | None, float | None]:
    if known:
        return known["mean"], known["standard_deviation"]
    if column.expected:
        return column.expected.mean, column.expected.standard_deviation
    return None, None


def _beyond(value: float, limit: float, note: str) -> str | None:
    return None if value <= limit else f"{note}: {value:.3g} is beyond the limit {limit}"


def report(frame: pd.DataFrame, rules: Contract, findings: list[Finding]) -> str:
    """A text for people: what failed, and a small histogram of every column."""
    failed = [finding for finding in findings if finding.failure]
    lines = [f"{len(frame)} rows, {len(findings)} checks, {len(failed)} failed"]
    lines += [f"  FAILED {finding.column or 'data'}: {finding.check}: {finding.failure}" for finding in failed]
    for column in rules.columns:
        if column.name in frame.columns:
            lines.append(f"  {column.name:<16} {_bars(pd.to_numeric(frame[column.name], errors='coerce'))}")
    return "\n".join(lines)


def _bars(values: pd.Series) -> str:
    cells = values[np.isfinite(values)].to_numpy(dtype=float)
    if not len(cells):
        return "no numbers"
    counts, _ = np.histogram(cells, bins=20)
    bars = "".join(" ▁▂▃▄▅▆▇█"[math.ceil(8 * count / counts.max())] for count in counts)
    return f"{bars}  {cells.min():.4g} to {cells.max():.4g}, mean {cells.mean():.4g}"


def junit(findings: list[Finding]) -> str:
    """The findings as JUnit XML, for PublishTestResults."""
    failed = sum(finding.failure is not None for finding in findings)
    suite = ET.Element("testsuite", name="data", tests=str(len(findings)), failures=str(failed), errors="0")
    for finding in findings:
        case = ET.SubElement(suite, "testcase", classname=f"data.{finding.column or 'table'}", name=finding.check)
        if finding.failure:
            ET.SubElement(case, "failure", message=finding.failure)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Test the data against its contract.")
    parser.add_argument("--data", required=True, help="CSV or Parquet file, or a folder of them")
    parser.add_argument("--contract", required=True, help="the data contract")
    parser.add_argument("--baseline", help="model folder whose training rows the data should resemble")
    parser.add_argument("--junit", help="file for JUnit XML")
    parser.add_argument("--report", help="file for the text report")
    return parser


if __name__ == "__main__":
    console.run(main)
