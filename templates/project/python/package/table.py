"""Reads the data: CSV or Parquet, one file or a folder of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from .contract import Contract


class DataError(Exception):
    """The data cannot be used; the message names file, row and column where they are known."""


def read(path: str | Path) -> pd.DataFrame:
    """Read every cell as it stands; a folder is read file by file, in order of name."""
    files = files_of(Path(path))
    return pd.concat([_read_file(file) for file in files], ignore_index=True)


def files_of(path: Path) -> list[Path]:
    """The data files at `path`: itself, or the CSV and Parquet files of the folder, in order."""
    files = [path]
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() in (".csv", ".parquet"))
    if not files or not all(file.is_file() for file in files):
        raise DataError(f"{path} is neither a CSV or Parquet file nor a folder of them")
    return files


def sha256(path: str | Path) -> str:
    """Hash of the data: of the file, or of the names and hashes of a folder's files."""
    root = Path(path)
    if root.is_file():
        return hashlib.sha256(root.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for file in files_of(root):
        digest.update(f"{file.relative_to(root).as_posix()} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def numbers(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """The contract's columns as finite numbers; rows that lack an optional value are dropped.

    Raises DataError with row and column at the first cell that cannot be used. Rows count from 1, without the header.
    """
    missing = [column.name for column in contract.columns if column.name not in frame.columns]
    if missing:
        raise DataError(f"the data lacks the columns {', '.join(missing)}; it has {', '.join(map(str, frame.columns))}")
    table = pd.DataFrame(index=frame.index)
    optional_gap = pd.Series(False, index=frame.index)
    for column in contract.columns:
        cells = frame[column.name]
        empty = cells.isna() | (cells.astype(str).str.strip() == "")
        values = pd.to_numeric(cells.where(~empty), errors="coerce")
        _refuse(column.name, cells, values.isna() & ~empty, "not a number")
        _refuse(column.name, cells, np.isinf(values), "not finite")
        if column.required:
            _refuse(column.name, cells, empty, "empty, but the column is required")
        optional_gap |= empty
        table[column.name] = values.astype(float)
    return table[~optional_gap].reset_index(drop=True)


def split(table: pd.DataFrame, contract: Contract) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training rows and held-out rows; the same data and seed give the same rows each time."""
    if contract.holdout.fraction == 0:
        return table, table.iloc[:0]
    try:
        train, held = train_test_split(table, test_size=contract.holdout.fraction, random_state=contract.holdout.seed)
    except ValueError as error:
        raise DataError(f"{len(table)} rows are too few to hold some out: {error}") from error
    return train, held


def _read_file(file: Path) -> pd.DataFrame:
    try:
        if file.suffix.lower() == ".parquet":
            return pd.read_parquet(file)
        return pd.read_csv(file, dtype=str, keep_default_na=False)
    except (ValueError, OSError, pd.errors.ParserError) as error:
        raise DataError(f"cannot read {file}: {error}") from error


def _refuse(name: str, cells: pd.Series, bad: pd.Series, why: str) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad.to_numpy())[0])
        raise DataError(f"row {row + 1}, column {name}: {cells.iloc[row]!r} is {why}")
