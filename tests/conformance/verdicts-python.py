#!/usr/bin/env python3
"""The Python runtime against the corpus of verdicts (tests/verdicts/README.md), as tests/tests/verdicts.rs holds the Rust
runtime against it: verdicts-python.py PACKAGE CORPUS, where PACKAGE is the rendered package, installed here."""
import importlib
import json
import math
import pathlib
import struct
import sys

import numpy as np

package, corpus = sys.argv[1], pathlib.Path(sys.argv[2])
contract, features, table = (importlib.import_module(f"{package}.{name}") for name in ("contract", "features", "table"))


def verdict(case):
    """What the runtime makes of a case, in the corpus' words."""
    try:
        rules = contract.parse(case["contract"])
    except (ValueError, TypeError, KeyError):
        return {"refused": "invalid-contract"}
    try:
        rows = table.read(corpus / case["data"], rules)
        known = features.fit(rows, rules) if rows.rows else []
    except table.DataError as error:
        return {"refused": error.kind, "row": error.row, "column": error.column}
    cells = [[cell(rows.columns[column.name][row]) for column in rules.columns] for row in range(rows.rows)]
    found = {"rows": cells}
    if known and not features.refused(known, rows).any() and all(item.column.type != "text" for item in known):
        found["encoded"] = features.matrix(known, rows).tolist()
    return found


def cell(value):
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    return None if missing else value.item() if isinstance(value, np.generic) else value


def same(expected, found):
    """Equal, with every number by its bits."""
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(same, expected, found))
    if isinstance(expected, (int, float)) and isinstance(found, (int, float)):
        return struct.pack("d", expected) == struct.pack("d", found)
    return expected == found


cases = json.loads((corpus / "cases.json").read_text())
assert len(cases) >= 150, len(cases)
wrong = 0
for case in cases:
    found = verdict(case)
    if not all(same(value, found.get(member)) for member, value in case["expected"].items()):
        wrong += 1
        print(f"{case['name']}: expected {case['expected']}, found {found}")
print(f"{len(cases) - wrong} of {len(cases)} verdicts")
sys.exit(1 if wrong else 0)
