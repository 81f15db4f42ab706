"""Turns scoring logs and later known outcomes into training data; what was collected before is not read again."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from . import console, contract, table
from .contract import Contract


def main(arguments: list[str] | None = None) -> int:
    """Join new log files with the outcomes, append the rows to the output, and remember what was read."""
    args = _parser().parse_args(arguments)
    rules = contract.load(args.contract)
    state = _state(Path(args.state))
    outcomes = _outcomes(Path(args.outcomes), rules)
    rows, done = collect(_source(args.source), outcomes, rules, state)
    output = Path(args.output)
    before = table.read(output) if output.exists() else pd.DataFrame(columns=[c.name for c in rules.columns])
    merged = pd.concat([before, rows], ignore_index=True) if len(rows) else before
    _replace(output, merged.to_csv(index=False))
    _replace(Path(args.state), json.dumps(done, indent=1, sort_keys=True) + "\n")
    print(f"{len(rows)} rows collected, {len(merged)} in all")
    return 0


def collect(
    files: Iterator[tuple[str, str]],
    outcomes: dict[tuple[str, int], float],
    rules: Contract,
    state: dict[str, list[str]],
) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """The new rows, and the state that keeps them from being collected again: the keys taken, by log file."""
    taken = {key for keys in state.values() for key in keys}
    after = {name: list(keys) for name, keys in state.items()}
    rows = []
    for name, text in files:
        for number, line in enumerate(text.splitlines(), start=1):
            for key, values in _rows(name, number, line, rules):
                outcome = outcomes.get(key)
                label = f"{key[0]}#{key[1]}"
                if outcome is None or label in taken:
                    continue
                taken.add(label)
                after.setdefault(name, []).append(label)
                rows.append({**values, rules.target: outcome})
    frame = pd.DataFrame(rows, columns=[column.name for column in rules.columns])
    return (table.numbers(frame, rules) if len(frame) else frame), after


def _rows(name: str, number: int, line: str, rules: Contract) -> Iterator[tuple[tuple[str, int], dict[str, float]]]:
    try:
        record = json.loads(line)
        columns, first = record["columns"], int(record["first_row"])
        missing = [feature for feature in rules.features if feature not in columns]
        if missing:
            raise table.DataError(
                f"{name}, line {number}: the log leaves out {', '.join(missing)}, which training needs"
            )
        for index, values in enumerate(record["data"]):
            named = dict(zip(columns, values, strict=True))
            yield (record["request_id"], first + index), {feature: named[feature] for feature in rules.features}
    except (ValueError, KeyError, TypeError) as error:
        raise table.DataError(f"{name}, line {number}: not a scoring record: {error!r}") from error


def _source(source: str) -> Iterator[tuple[str, str]]:
    if source.startswith("https://"):
        from azure.identity import DefaultAzureCredential
        from azure.storage.blob import ContainerClient

        container = ContainerClient.from_container_url(
            source, credential=None if "?" in source else DefaultAzureCredential()
        )
        for name in sorted(container.list_blob_names()):
            if name.endswith(".jsonl"):
                yield name, container.download_blob(name, encoding="utf-8").readall()
        return
    root = Path(source)
    for file in sorted(root.rglob("*.jsonl")):
        yield file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")


def _outcomes(path: Path, rules: Contract) -> dict[tuple[str, int], float]:
    frame = table.read(path)
    for name in ("request_id", rules.target):
        if name not in frame.columns:
            raise table.DataError(f"{path} lacks the column {name}; outcomes have request_id, row and {rules.target}")
    rows = pd.to_numeric(frame["row"]).astype(int) if "row" in frame.columns else pd.Series(0, index=frame.index)
    values = pd.to_numeric(frame[rules.target])
    return dict(zip(zip(frame["request_id"].astype(str), rows, strict=True), values.astype(float), strict=True))


def _state(path: Path) -> dict[str, list[str]]:
    if not path.exists():
        return {}
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise table.DataError(f"{path} is not a state file: {error}") from error


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Turn scoring logs into training data.")
    parser.add_argument("--source", required=True, help="Blob container (https://…) or folder with the logs")
    parser.add_argument("--outcomes", required=True, help="file or folder with request_id, row and the target")
    parser.add_argument("--contract", required=True, help="the data contract")
    parser.add_argument("--state", required=True, help="file that remembers what was collected")
    parser.add_argument("--output", required=True, help="CSV file that rows are added to")
    return parser


if __name__ == "__main__":
    console.run(main)
