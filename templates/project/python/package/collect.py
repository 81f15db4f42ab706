"""Turns scoring logs and later known outcomes into training data; what was collected before is not read again."""

from __future__ import annotations

import argparse
import csv
import dataclasses
import io
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from . import console, contract, table
from .contract import Column, Contract

Row = dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    """Join new log files with the outcomes, append the rows to the output, and remember what was read."""
    args = _parser().parse_args(arguments)
    rules = contract.load(args.contract)
    state = _state(Path(args.state))
    outcomes = _outcomes(Path(args.outcomes), rules)
    rows, done = collect(log_files(args.source), outcomes, rules, state)
    output = Path(args.output)
    text = _text(rows, rules, header=not output.exists())
    if text:
        _replace(output, (output.read_bytes() if output.exists() else b"") + text.encode(_encoding(rules)))
    _replace(Path(args.state), (json.dumps(done, indent=1, sort_keys=True) + "\n").encode())
    print(f"{len(rows)} rows collected")
    return 0


def collect(
    files: Iterator[tuple[str, str]],
    outcomes: dict[tuple[str, int], Any],
    rules: Contract,
    state: dict[str, list[str]],
) -> tuple[list[Row], dict[str, list[str]]]:
    """The new rows, and the state that keeps them from being collected again: the keys taken, by log file."""
    taken = {key for keys in state.values() for key in keys}
    after = {name: list(keys) for name, keys in state.items()}
    rows: list[Row] = []
    for name, text in files:
        # Other characters that end a line to Python may stand in a text.
        for number, line in enumerate(text.removesuffix("\n").split("\n") if text else [], start=1):
            for key, values in _rows(name, number, line, rules):
                outcome = outcomes.get(key)
                label = f"{key[0]}#{key[1]}"
                if outcome is None or label in taken:
                    continue
                taken.add(label)
                after.setdefault(name, []).append(label)
                rows.append({**values, rules.target: outcome})
    return rows, after


def _rows(name: str, number: int, line: str, rules: Contract) -> Iterator[tuple[tuple[str, int], Row]]:
    features = [column.name for column in rules.features]
    try:
        record = json.loads(line)
        columns, first = record["columns"], int(record["first_row"])
        missing = [feature for feature in features if feature not in columns]
        if missing:
            raise table.DataError(f"{name}: line {number}: the log leaves out {missing[0]!r}, which training needs")
        for index, values in enumerate(record["data"]):
            named = dict(zip(columns, values, strict=True))
            yield (record["request_id"], first + index), {feature: named[feature] for feature in features}
    except (ValueError, KeyError, TypeError) as error:
        raise table.DataError(f"{name}: line {number}: not a scoring record: {error!r}") from error


def _text(rows: list[Row], rules: Contract, header: bool) -> str:
    """The rows as CSV in the contract's own dialect."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=rules.csv.delimiter, lineterminator="\n")
    if header:
        writer.writerow([column.name for column in rules.columns])
    writer.writerows([_cell(row[column.name], column, rules) for column in rules.columns] for row in rows)
    return text.getvalue()


def _cell(value: Any, column: Column, rules: Contract) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value
    if column.type == "boolean":
        return (column.true if value else column.false)[0]
    if column.type == "datetime":
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value)).isoformat()
    return repr(value).replace(".", rules.csv.decimal)


def _encoding(rules: Contract) -> str:
    return {"windows-1252": "cp1252"}.get(rules.csv.encoding, rules.csv.encoding)


def log_files(source: str, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Names and texts of the scoring logs in a Blob container or a folder, below the folder `prefix`."""
    if source.startswith("https://"):
        from azure.identity import DefaultAzureCredential
        from azure.storage.blob import ContainerClient

        container = ContainerClient.from_container_url(
            source, credential=None if "?" in source else DefaultAzureCredential()
        )
        for name in sorted(container.list_blob_names(name_starts_with=prefix or None)):
            if name.endswith(".jsonl"):
                yield name, container.download_blob(name, encoding="utf-8").readall()
        return
    root = Path(source)
    for file in sorted((root / prefix).rglob("*.jsonl")):
        yield file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")


def _outcomes(path: Path, rules: Contract) -> dict[tuple[str, int], Any]:
    known = (
        contract.column({"name": "request_id", "type": "category"}),
        contract.column({"name": "row", "type": "integer"}),
        rules.target_column,
    )
    found = table.read(path, dataclasses.replace(rules, columns=known), optional=("row",))
    ids, values = found.columns["request_id"], found.columns[rules.target]
    rows = found.columns.get("row", [0] * found.rows)
    return {(ids[i], int(rows[i])): values[i].item() if values.dtype == float else values[i] for i in range(found.rows)}


def _state(path: Path) -> dict[str, list[str]]:
    if not path.exists():
        return {}
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise table.DataError(f"{path} is not a state file: {error}") from error


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(content)
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
