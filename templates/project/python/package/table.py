"""Reads the data strictly: CSV, TSV or Parquet, a file or a folder of them. Nothing is guessed, shifted or skipped."""

from __future__ import annotations

import codecs
import csv
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import numpy as np

from . import cells
from .cells import CellError
from .console import Refusal
from .contract import Contract

SUFFIXES = (".csv", ".tsv", ".parquet")
CHUNK = 20_000

# The most characters of a field; without a limit, one mark that never closes would take all memory.
csv.field_size_limit(16 * 1024 * 1024)


class DataError(Refusal):
    """The data cannot be used; the message names file, row, line and column where they are known.

    `kind` is one word for what is wrong, the same in every runtime; `row` counts from 1 in its file, the header not.
    """

    def __init__(self, message: str, kind: str = "unusable", row: int | None = None, column: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.row = row
        self.column = column


@dataclass
class Findings:
    """What is wrong with cells: how many of a column fail a check, and the first of them."""

    strict: bool = True
    found: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)

    def add(self, column: str, check: str, count: int, first: str) -> None:
        """Note cells that fail a check of a column."""
        before, known = self.found.get((column, check), (0, first))
        self.found[(column, check)] = (before + count, known)


@dataclass(frozen=True)
class Origin:
    """Where some rows come from."""

    file: Path
    first_row: int
    lines: list[int] | None

    def place(self, row: int) -> str:
        """`FILE: row R (line L)`, counted from 1 without the header."""
        line = f" (line {self.lines[row]})" if self.lines else ""
        return f"{self.file}: row {self.first_row + row + 1}{line}"


@dataclass
class Table:
    """Columns of equal length by name: floats with NaN for missing, or texts with None.

    A table that was read knows where its rows come from: `origins` with the place of the first row of each, and `index`
    with the places of the rows among all that were read.
    """

    columns: dict[str, np.ndarray]
    rows: int
    origins: list[tuple[int, Origin]] = field(default_factory=list)
    index: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> Table:
        """The rows with these places, or where the mask is true."""
        kept = {name: cells[rows] for name, cells in self.columns.items()}
        index = None if self.index is None else self.index[rows]
        return Table(kept, int(rows.sum()) if rows.dtype == bool else len(rows), self.origins, index)

    def refuse(self, row: int, column: str, kind: str, why: str) -> DataError:
        """The error of a cell that something else than the reading refuses."""
        if self.index is None:
            return DataError(f"column {column!r}: {why}", kind, column=column)
        place = int(self.index[row])
        first, origin = max((item for item in self.origins if item[0] <= place), key=lambda item: item[0])
        message = f"{origin.place(place - first)}, column {column!r}: {why}"
        return DataError(message, kind, origin.first_row + place - first + 1, column)

    def missing(self, name: str) -> np.ndarray:
        """Where a column has no value."""
        return cells.gaps(self.columns[name])


# Values of a column, and the cells that cannot be used: place, and why.
Parsed = tuple[np.ndarray, list[tuple[int, CellError]]]


@dataclass(frozen=True)
class Part:
    """Some rows of a file, as its reader found them: texts of a CSV file, values of a Parquet file."""

    origin: Origin
    columns: dict[str, list[str] | Parsed]


def read(path: str | Path, rules: Contract, findings: Findings | None = None, optional: tuple[str, ...] = ()) -> Table:
    """Every row of the contract's columns; a cell that is missing stays so, whatever the contract's rule for it.

    With `findings` that are not strict, cells that cannot be used are noted there and count as missing. Columns in
    `optional` need not be there. Raises DataError.
    """
    findings = findings or Findings()
    gathered: dict[str, list[np.ndarray]] = {column.name: [] for column in rules.columns}
    rows = 0
    origins: list[tuple[int, Origin]] = []
    for file in files_of(Path(path)):
        for part in _parts(file, rules, optional):
            values, count = _values(part, rules, findings)
            origins.append((rows, part.origin))
            rows += count
            for name in list(gathered):
                if name in values:
                    gathered[name].append(values[name])
                elif name in optional:
                    del gathered[name]
    classes = rules.target if rules.task.classifies else None
    empty = {c.name: np.empty(0, float if c.numeric and c.name != classes else object) for c in rules.columns}
    columns = {name: np.concatenate(parts) if parts else empty[name] for name, parts in gathered.items()}
    return Table(columns, rows, origins, np.arange(rows))


def training_rows(table: Table, rules: Contract) -> Table:
    """The rows that can teach: those with a target, and without a gap that the contract answers by dropping the row.

    Raises DataError when there is none.
    """
    keep = np.ones(table.rows, dtype=bool)
    for column in rules.columns:
        if column.name in table.columns and (column.name == rules.target or column.when_missing == "drop-row"):
            keep &= ~table.missing(column.name)
    if not keep.any():
        raise DataError(f"no row of {table.rows} has a value in every column that needs one")
    return table.take(keep)


def split(table: Table, rules: Contract) -> tuple[Table, Table]:
    """Training rows and held-out rows; the same data and seed give the same rows, and the classes their shares.

    Raises DataError when there are too few rows.
    """
    if rules.holdout.fraction == 0:
        return table, table.take(np.arange(0))
    from sklearn.model_selection import train_test_split

    labels = table.columns[rules.target] if rules.task.classifies else None
    try:
        train, held = train_test_split(
            np.arange(table.rows), test_size=rules.holdout.fraction, random_state=rules.holdout.seed, stratify=labels
        )
    except ValueError as error:
        raise DataError(f"{table.rows} rows are too few to hold some out: {error}") from error
    return table.take(train), table.take(held)


def files_of(path: Path) -> list[Path]:
    """The data files at `path`: itself, or those of the folder at any depth, in the order of their names.

    Names that start with . or _ are hidden, of files and folders; a folder may be called as a file is.
    """
    files = [path]
    if path.is_dir():
        files = []
        for folder, folders, names in os.walk(path, followlinks=True):
            folders[:] = [name for name in folders if not name.startswith((".", "_"))]
            shown = [name for name in names if not name.startswith((".", "_"))]
            files += [file for name in shown if (file := Path(folder, name)).suffix.lower() in SUFFIXES]
        files.sort(key=lambda file: file.relative_to(path).as_posix())
    if not files:
        raise DataError(f"{path}: the folder has no {', '.join(SUFFIXES)} file", "no-files")
    gone = next((file for file in files if not file.is_file()), None)
    if gone is not None:
        raise DataError(f"{gone}: there is no such file", "unreadable")
    wrong = [file for file in files if file.suffix.lower() not in SUFFIXES]
    if wrong:
        raise DataError(f"{wrong[0]}: expected the name of a {', '.join(SUFFIXES)} file", "no-files")
    return files


def sha256(path: str | Path) -> str:
    """Hash of the data: of the file, or of the names and hashes of a folder's files."""
    root = Path(path)
    if root.is_file():
        return _digest(root)
    digest = hashlib.sha256()
    for file in files_of(root):
        digest.update(f"{file.relative_to(root).as_posix()} {_digest(file)}\n".encode())
    return digest.hexdigest()


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _parts(file: Path, rules: Contract, optional: tuple[str, ...]) -> Iterator[Part]:
    try:
        if file.suffix.lower() == ".parquet":
            from . import parquet

            yield from parquet.parts(file, rules, optional)
        else:
            yield from _csv_parts(file, rules, optional)
    except OSError as error:
        raise DataError(f"{file}: cannot read it: {error.strerror or error}", "unreadable") from error


def _csv_parts(file: Path, rules: Contract, optional: tuple[str, ...]) -> Iterator[Part]:
    delimiter = "\t" if file.suffix.lower() == ".tsv" else rules.csv.delimiter
    ended = False
    with _open(file, rules.csv.encoding) as stream:

        def lines() -> Iterator[str]:
            nonlocal ended
            yield from stream
            ended = True

        reader = csv.reader(lines(), delimiter=delimiter)
        try:
            header = next((fields for fields in reader if fields), None)
            if header is None:
                raise DataError(f"{file}: empty, expected a header with the names of the columns", "no-header")
            if ended:
                raise DataError(f"{file}: a quotation mark of the header never closes", "open-quote")
            if any(map(cells.is_broken, header)):
                raise DataError(f"{file}: the header is not {rules.csv.encoding} (data.csv.encoding)", "bad-encoding")
            places = columns_of(file, header, rules, optional, delimiter)
            rows: list[list[str]] = []
            numbers: list[int] = []
            first, before = 0, reader.line_num
            for fields in reader:
                start, before = before + 1, reader.line_num
                if not fields and not ended:
                    continue
                row = first + len(rows) + 1
                broken = None
                if ended:
                    broken = "a quotation mark never closes", "open-quote"
                elif len(fields) != len(header):
                    broken = f"{len(fields)} fields, expected {len(header)} as in the header", "wrong-width"
                if broken:
                    # What is wrong in the rows before it comes first.
                    yield _part(file, first, numbers, rows, places)
                    raise DataError(f"{file}: row {row} (line {start}): {broken[0]}", broken[1], row)
                rows.append(fields)
                numbers.append(start)
                if len(rows) == CHUNK:
                    yield _part(file, first, numbers, rows, places)
                    first, rows, numbers = first + len(rows), [], []
            yield _part(file, first, numbers, rows, places)
        except UnicodeError as error:
            why = f"line {reader.line_num + 1}: not {rules.csv.encoding} ({getattr(error, 'reason', error)})"
            raise DataError(f"{file}: {why}; name the file's encoding in data.csv.encoding", "bad-encoding") from error
        except csv.Error as error:
            raise DataError(f"{file}: line {reader.line_num}: {error}", "record-too-long") from error


def _open(file: Path, encoding: str) -> TextIO:
    with file.open("rb") as stream:
        start = stream.read(2)
    marked = start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if encoding != "utf-16" and marked:
        raise DataError(f"{file}: it is UTF-16, expected {encoding} (data.csv.encoding)", "bad-encoding")
    utf_16 = "utf-16" if marked else "utf-16-le"
    python = {"utf-8": "utf-8-sig", "windows-1252": "cp1252", "utf-16": utf_16}[encoding]
    # Bytes that are no UTF-8 are found in the cells that are read, so that row and column can be named.
    return file.open(encoding=python, newline="", errors="surrogateescape" if encoding == "utf-8" else "strict")


def _part(file: Path, first: int, lines: list[int], rows: list[list[str]], places: dict[str, int]) -> Part:
    columns: dict[str, list[str] | Parsed] = {name: [row[place] for row in rows] for name, place in places.items()}
    return Part(Origin(file, first, lines), columns)


def columns_of(
    file: Path, header: list[str], rules: Contract, optional: tuple[str, ...], delimiter: str | None = None
) -> dict[str, int]:
    """Where each column of the contract stands in a file's header.

    Raises DataError for a column that is missing or there twice.
    """
    found_at = {name: place for place, name in reversed(list(enumerate(header)))}
    twice = next((name for place, name in enumerate(header) if found_at[name] != place), None)
    if twice is not None:
        raise DataError(f"{file}: column {twice!r}: it is in the header twice", "duplicate-column", column=twice)
    wanted = [column.name for column in rules.columns]
    gone = [name for name in wanted if name not in found_at]
    # A header with none of the names is another file, or another delimiter.
    missing = gone if len(gone) == len(wanted) else [name for name in gone if name not in optional]
    if missing:
        other = next((mark for mark in ",;\t|" if len(header) == 1 and mark in header[0] and mark != delimiter), None)
        hint = f"; is the delimiter {other!r}? (data.csv.delimiter)" if other else ""
        found = ", ".join(header[:20]) + (", …" if len(header) > 20 else "")
        message = f"{file}: column {missing[0]!r}: it is not in the header, which has {found}{hint}"
        raise DataError(message, "missing-column", column=missing[0])
    return {name: found_at[name] for name in wanted if name in found_at}


def _values(part: Part, rules: Contract, findings: Findings) -> tuple[dict[str, np.ndarray], int]:
    values: dict[str, np.ndarray] = {}
    worst: list[tuple[int, int, DataError]] = []
    for order, column in enumerate(rules.columns):
        if column.name not in part.columns:
            continue
        given = part.columns[column.name]
        labels = column.name == rules.target and rules.task.classifies
        found, bad = given if isinstance(given, tuple) else cells.parse(given, column, rules, labels)
        values[column.name] = found
        checks = [("type", bad)] if bad else []
        if column.required:
            unusable = {place for place, _ in bad}
            gaps = [int(place) for place in np.flatnonzero(cells.gaps(found)) if int(place) not in unusable]
            if gaps:
                empty = CellError("empty, expected a value: the column is required", "missing-value")
                checks.append(("missing", [(gaps[0], empty)] * len(gaps)))
        for check, failed in checks:
            row, why = failed[0]
            message = f"{part.origin.place(row)}, column {column.name!r}: {why}"
            findings.add(column.name, check, len(failed), message)
            error = DataError(message, why.kind, part.origin.first_row + row + 1, column.name)
            worst.append((row, order, error))
    if worst and findings.strict:
        raise min(worst, key=lambda item: item[:2])[2]
    return values, max((len(found) for found in values.values()), default=0)
