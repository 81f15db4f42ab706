"""Tests the data: schema, ranges, missing values, distribution. Exit code 0 good data, 1 bad data, 2 error."""

from __future__ import annotations

import argparse
import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import baseline, console, contract, model_folder, page, table
from .console import harmless
from .contract import Column, Contract
from .table import DataError, Findings, Table


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
    known = {}
    if args.baseline and model_folder.exists(args.baseline):
        card = model_folder.load(args.baseline).card
        known = {item["name"]: item["baseline"] for item in [*card["features"], card["target"]]}
    try:
        rows, findings = check(args.data, rules, known)
    except DataError as error:
        rows, findings = Table({}, 0), [Finding("readable", "", str(error))]
    text = report(rows, rules, findings)
    print(text)
    for path in map(Path, args.report):
        is_page = path.suffix.lower() in (".html", ".htm")
        _write(path, html(rows, rules, findings) if is_page else text)
    if args.junit:
        _write(Path(args.junit), junit(findings))
    return 1 if any(finding.failure for finding in findings) else 0


def check(data: str | Path, rules: Contract, known: dict[str, dict]) -> tuple[Table, list[Finding]]:
    """The rows, and every check of every column.

    Raises DataError when the files cannot be read as a table at all.
    """
    noted = Findings(strict=False)
    names = tuple(column.name for column in rules.columns)
    rows = table.read(data, rules, noted, optional=names)
    findings = [Finding("rows", "", None if rows.rows else "the data has no rows")]
    for column in rules.columns:
        name = column.name
        if name not in rows.columns:
            findings.append(Finding("present", name, "the column is missing"))
            continue
        findings.append(Finding("present", name))
        for what in ("type", "missing") if column.required else ("type",):
            count, first = noted.found.get((name, what), (0, ""))
            findings.append(Finding(what, name, f"{count} of {rows.rows} rows, the first: {first}" if count else None))
        findings += _allowed(rows, column)
        cells = rows.columns[name][~rows.missing(name)]
        if len(cells):
            findings += _distribution(cells, column, rules, known.get(name))
    return rows, findings


def _allowed(rows: Table, column: Column) -> list[Finding]:
    cells, present = rows.columns[column.name], ~rows.missing(column.name)
    bad: dict[str, tuple[np.ndarray, str]] = {}
    if cells.dtype == float:
        low = -math.inf if column.min is None else column.min
        high = math.inf if column.max is None else column.max
        if (low, high) != (-math.inf, math.inf):
            bad["range"] = (cells < low) | (cells > high), f"expected {low:g} to {high:g}"
        if column.allowed:
            bad["allowed"] = ~np.isin(cells, column.allowed), f"expected one of {', '.join(map(str, column.allowed))}"
    elif column.levels:
        levels = set(column.levels)
        strange = np.array([cell not in levels for cell in cells], dtype=bool)
        bad["levels"] = strange, f"expected one of {', '.join(map(repr, column.levels))}"
    return [_finding(check, column.name, wrong & present, cells, rule) for check, (wrong, rule) in bad.items()]


def _finding(check: str, name: str, wrong: np.ndarray, cells: np.ndarray, rule: str) -> Finding:
    places = np.flatnonzero(wrong)
    if not len(places):
        return Finding(check, name)
    cell = cells[places[0]]
    shown = f"{float(cell):g}" if isinstance(cell, float) else repr(cell)
    return Finding(check, name, f"{len(places)} of {len(cells)} rows, the first: row {places[0] + 1}: {shown}, {rule}")


def _distribution(cells: np.ndarray, column: Column, rules: Contract, known: dict | None) -> list[Finding]:
    limits, number = rules.distribution, cells.dtype == float
    before = known if known and known["count"] > 0 and ("levels" in known) is not number else None
    results: list[tuple[str, str | None]] = []
    if number:
        results += _moments(cells, column, rules, before)
    if before and limits.psi is not None and (number or column.type == "category"):
        results.append(("stability", _beyond(baseline.psi(before, cells), limits.psi, "population stability index")))
    if before and number and limits.ks_p_value is not None:
        from scipy import stats

        p = float(stats.ks_2samp(cells, np.asarray(before["quantiles"])).pvalue)
        failure = None if p >= limits.ks_p_value else f"Kolmogorov-Smirnov p-value {p:.3g} below {limits.ks_p_value}"
        results.append(("kolmogorov-smirnov", failure))
    return [Finding(name, column.name, failure) for name, failure in results]


def _moments(cells: np.ndarray, column: Column, rules: Contract, known: dict | None) -> list[tuple[str, str | None]]:
    limits = rules.distribution
    mean, deviation = None, None
    if known:
        mean, deviation = known["mean"], known["standard_deviation"]
    elif column.expected:
        mean, deviation = column.expected.mean, column.expected.standard_deviation
    results: list[tuple[str, str | None]] = []
    found_mean, found = baseline.moments(cells)
    if mean is not None and limits.mean_sigmas is not None and deviation:
        sigmas = abs(found_mean - mean) / (deviation / math.sqrt(len(cells)))
        results.append(("mean", _beyond(sigmas, limits.mean_sigmas, f"mean {found_mean:.6g}, expected {mean:.6g}")))
    if deviation and limits.standard_deviation_ratio is not None and len(cells) > 1:
        ratio = max(found / deviation, deviation / found) if found > 0 else math.inf
        note = f"standard deviation {found:.6g}, expected {deviation:.6g}"
        results.append(("standard deviation", _beyond(ratio, limits.standard_deviation_ratio, note)))
    return results


def _beyond(value: float, limit: float, note: str) -> str | None:
    return None if value <= limit else f"{note}: {value:.3g} is beyond the limit {limit}"


def report(rows: Table, rules: Contract, findings: list[Finding]) -> str:
    """A text for people: what failed, and a small histogram of every column."""
    failed = [finding for finding in findings if finding.failure]
    lines = [f"{rows.rows} rows, {len(findings)} checks, {len(failed)} failed"]
    lines += [f"  FAILED {harmless(f.column) or 'data'}: {f.check}: {harmless(f.failure)}" for f in failed]
    for column in rules.columns:
        if column.name in rows.columns:
            cells = rows.columns[column.name][~rows.missing(column.name)]
            lines.append(f"  {harmless(column.name):<16} {_bars(cells)}")
    return "\n".join(lines)


def html(rows: Table, rules: Contract, findings: list[Finding]) -> str:
    """The same as a page: every check of every column, and how the column is distributed."""
    failed = sum(finding.failure is not None for finding in findings)
    parts = [f"<p>{rows.rows} rows, {len(findings)} checks, {failed} failed.</p>"]
    parts += [f"<p>{page.shown(f.check)}: {page.verdict(f.failure)}</p>" for f in findings if not f.column]
    for column in rules.columns:
        own = [finding for finding in findings if finding.column == column.name]
        parts.append(f"<h2>{page.shown(column.name)}</h2>")
        if column.name in rows.columns:
            missing = rows.missing(column.name)
            cells = rows.columns[column.name][~missing]
            drawn = page.bars(_counts(cells)) if cells.dtype == float and len(cells) else ""
            known = page.shown(_bars(cells).partition("  ")[2] if drawn else _bars(cells))
            parts.append(f"<p>{drawn} {known}; {int(missing.sum())} missing</p>")
        parts.append(page.table(("Check", "Verdict"), [(page.shown(f.check), page.verdict(f.failure)) for f in own]))
    return page.page("Data test", parts)


def _bars(cells: np.ndarray) -> str:
    if not len(cells):
        return "no values"
    if cells.dtype != float:
        levels, counts = np.unique(cells.astype(str), return_counts=True)
        most = [f"{harmless(levels[i])} ({counts[i]})" for i in np.argsort(-counts, kind="stable")[:5]]
        return ", ".join(most) + (f", {len(levels) - 5} more" if len(levels) > 5 else "")
    low, high = float(cells.min()), float(cells.max())
    counts = _counts(cells)
    bars = "".join(" ▁▂▃▄▅▆▇█"[math.ceil(8 * count / counts.max())] for count in counts)
    return f"{bars}  {low:.4g} to {high:.4g}, mean {baseline.moments(cells)[0]:.4g}"


def _counts(cells: np.ndarray) -> np.ndarray:
    """How many numbers lie in each of twenty equal parts of their range."""
    low, high = float(cells.min()), float(cells.max())
    with np.errstate(all="ignore"):
        places = (
            np.clip((cells / 2 - low / 2) / (high / 2 - low / 2) * 20, 0, 19) if high > low else np.zeros(len(cells))
        )
    return np.bincount(np.nan_to_num(places).astype(int), minlength=20)


def junit(findings: list[Finding]) -> str:
    """The findings as JUnit XML, for PublishTestResults."""
    failed = sum(finding.failure is not None for finding in findings)
    suite = ET.Element("testsuite", name="data", tests=str(len(findings)), failures=str(failed), errors="0")
    for finding in findings:
        name = f"data.{harmless(finding.column) or 'table'}"
        case = ET.SubElement(suite, "testcase", classname=name, name=finding.check)
        if finding.failure:
            ET.SubElement(case, "failure", message=harmless(finding.failure))
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Test the data against its contract.")
    parser.add_argument("--data", required=True, help="CSV, TSV or Parquet file, or a folder of them")
    parser.add_argument("--contract", required=True, help="the data contract")
    parser.add_argument("--baseline", help="model folder whose training rows the data should resemble")
    parser.add_argument("--junit", help="file for JUnit XML")
    said = "file for the report: HTML where its name ends in .html, text else; may be given several times"
    parser.add_argument("--report", action="append", default=[], help=said)
    return parser


if __name__ == "__main__":
    console.run(main)
