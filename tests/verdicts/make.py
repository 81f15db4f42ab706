#!/usr/bin/env python3
"""Writes the corpus of verdicts: cases.json and files/. Needs pyarrow. What is expected stands here, written by hand from the
data contract's rules; nothing is taken from a runtime. See README.md."""
import datetime
import decimal
import json
import pathlib
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import variations

HERE = pathlib.Path(__file__).parent
FILES = HERE / "files"
FILES.mkdir(exist_ok=True)
CASES = []


def contract(columns, target="y", **members):
    """A contract of columns given as {name: type or members}."""
    listed = [{"name": name, **({"type": kind} if isinstance(kind, str) else kind)} for name, kind in columns.items()]
    return {"version": 2, "target": target, **members, "columns": listed}


def add(name, data, of, *, rows=None, encoded=None, refused=None, row=None, column=None, suffix="csv", write=None):
    """A case. `data` is text, bytes, a pyarrow table (`write`: how it is written), or a dictionary of files in a folder."""
    assert not any(case["name"] == name for case in CASES), name
    path = FILES / (name if isinstance(data, dict) else f"{name}.{suffix}")
    if isinstance(data, dict):
        for file, content in data.items():
            (path / file).parent.mkdir(parents=True, exist_ok=True)
            (path / file).write_bytes(content.encode() if isinstance(content, str) else content)
    elif isinstance(data, pa.Table):
        path = path.with_suffix(".parquet") if suffix == "csv" else path
        pq.write_table(data, path, **{"compression": "NONE", "version": "2.6", **(write or {})})
    else:
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    expected = {"refused": refused, "row": row, "column": column} if refused else {"rows": rows, "encoded": encoded}
    expected = {key: value for key, value in expected.items() if value is not None}
    CASES.append({"name": name, "data": f"files/{path.name}", "contract": of, "expected": expected})


NUMBERS = contract({"a": "number", "y": "number"})
OPTIONAL = contract({"a": {"type": "number", "required": False}, "y": "number"})


def a(kind, **members):
    """A contract whose column `a` is of this type."""
    return contract({"a": kind, "y": "number"}, **members)


# ---- CSV: records, fields and quotation marks -----------------------------------------------------------------------
add("plain", "a,y\n1,2\n3,4\n", NUMBERS, rows=[[1, 2], [3, 4]])
add("no-line-end", "a,y\n1,2\n3,4", NUMBERS, rows=[[1, 2], [3, 4]])
add("windows-line-ends", "a,y\r\n1,2\r\n3,4\r\n", NUMBERS, rows=[[1, 2], [3, 4]])
add("old-mac-line-ends", "a,y\r1,2\r3,4\r", NUMBERS, rows=[[1, 2], [3, 4]])
add("byte-order-mark", "\ufeffa,y\n1,2\n", NUMBERS, rows=[[1, 2]])
add("blank-lines", "a,y\n\n1,2\n\n\n3,4\n\n", NUMBERS, rows=[[1, 2], [3, 4]])
add("other-columns-ignored", "id,a,note,y\n7,1,x,2\n", NUMBERS, rows=[[1, 2]])
add("another-order", "y,a\n2,1\n", NUMBERS, rows=[[1, 2]])
add("quoted-numbers", 'a,y\n"1","2"\n', NUMBERS, rows=[[1, 2]])
add("quoted-header", '"a","y"\n1,2\n', NUMBERS, rows=[[1, 2]])
add("quoted-line-end-before", 'n,a,y\n"x\ny",1,2\nz,3,4\n', NUMBERS, rows=[[1, 2], [3, 4]])
add("quoted-delimiter", 'n,a,y\n"x,y",1,2\n', NUMBERS, rows=[[1, 2]])
add("doubled-marks", 'n,a,y\n"x ""y"" z",1,2\n', NUMBERS, rows=[[1, 2]])
add("mark-within-field", 'n,a,y\n5" pipe,1,2\n', NUMBERS, rows=[[1, 2]])
add("only-header", "a,y\n", NUMBERS, rows=[])
add("too-wide", "a,y\n1,2\n1,2,3\n", NUMBERS, refused="wrong-width", row=2)
add("too-narrow", "a,y\n1\n", NUMBERS, refused="wrong-width", row=1)
add("trailing-delimiter", "a,y\n1,2,\n3,4,\n", NUMBERS, refused="wrong-width", row=1)
add("trailing-delimiter-in-header-too", "a,y,\n1,2,\n", NUMBERS, rows=[[1, 2]])
add("wide-after-blank-lines", "a,y\n\n1,2\n\n1,2,3\n", NUMBERS, refused="wrong-width", row=2)
add("width-in-quotes", 'n,a,y\n"x\ny",1\n', NUMBERS, refused="wrong-width", row=1)
add("open-quote", 'a,y\n1,2\n"3,4\n5,6\n', NUMBERS, refused="open-quote", row=2)
add("open-quote-in-last-field", 'a,y\n1,"2\n', NUMBERS, refused="open-quote", row=1)
add("open-quote-in-header", '"a,y\n1,2\n', NUMBERS, refused="open-quote")
add("empty-file", "", NUMBERS, refused="no-header")
add("only-blank-lines", "\n\n", NUMBERS, refused="no-header")

# ---- names of columns -----------------------------------------------------------------------------------------------
add("missing-column", "b,y\n1,2\n", NUMBERS, refused="missing-column", column="a")
add("name-in-another-case", "A,y\n1,2\n", NUMBERS, refused="missing-column", column="a")
add("name-with-a-space", "a ,y\n1,2\n", NUMBERS, refused="missing-column", column="a")
add("repeated-name", "a,y,a\n1,2,3\n", NUMBERS, refused="duplicate-column", column="a")
add("repeated-name-of-no-interest", "a,b,y,b\n1,2,3,4\n", NUMBERS, refused="duplicate-column", column="b")
add("no-header-line", "1,2\n3,4\n", NUMBERS, refused="missing-column", column="a")
ODD = ["living area (m2)", "1stFloor", "lot.size", "Größe", "price-per-m2", "a b", " padded ", "%", "住所", "x,y", 'say "hi"', "a\nb", "class", "Churn?"]
for number, odd in enumerate(ODD):
    header = '"' + odd.replace('"', '""') + '"'
    add(f"odd-name-{number}", f"{header},y\n1,2\n", contract({odd: "number", "y": "number"}), rows=[[1, 2]])
add("odd-target", "a,Sale Price\n1,2\n", contract({"a": "number", "Sale Price": "number"}, "Sale Price"), rows=[[1, 2]])

# ---- dialects and encodings -----------------------------------------------------------------------------------------
SEMICOLON = {"csv": {"delimiter": ";", "decimal": ","}}
add("semicolon-comma", "a;y\n37,44;5\n-1,5e2;,5\n", a("number", **SEMICOLON), rows=[[37.44, 5], [-150, 0.5]])
add("semicolon-point", "a;y\n37.44;5\n", a("number", csv={"delimiter": ";"}), rows=[[37.44, 5]])
add("point-where-comma-is-said", "a;y\n1;2\n37.44;5\n", a("number", **SEMICOLON), refused="not-a-number", row=2, column="a")
add("thousands-and-comma", "a;y\n1.234,5;5\n", a("number", **SEMICOLON), refused="not-a-number", row=1, column="a")
add("two-commas", "a;y\n1,2,3;5\n", a("number", **SEMICOLON), refused="not-a-number", row=1, column="a")
add("comma-where-semicolon-is-said", "a,y\n1,2\n", a("number", **SEMICOLON), refused="missing-column", column="a")
add("semicolon-where-comma-is-said", "a;y\n1;2\n", NUMBERS, refused="missing-column", column="a")
add("tabs", "a\ty\n1\t2\n", a("number", csv={"delimiter": "\t"}), rows=[[1, 2]])
add("tsv-by-name", "a\ty\n1\t2\n", NUMBERS, rows=[[1, 2]], suffix="tsv")
add("tsv-with-commas", "a,y\n1,2\n", NUMBERS, refused="missing-column", column="a", suffix="tsv")
add("tab-and-comma", "a\ty\n1,5\t2\n", a("number", csv={"delimiter": "\t", "decimal": ","}), rows=[[1.5, 2]])
add("pipes", "a|y\n1|2\n", a("number", csv={"delimiter": "|"}), rows=[[1, 2]])
add("quoted-semicolon", 'n;a;y\n"x;y";1,5;2\n', a("number", **SEMICOLON), rows=[[1.5, 2]])
CP1252 = {"csv": {"encoding": "windows-1252"}}
add("cp1252", "Größe,y\n1,2\n".encode("cp1252"), contract({"Größe": "number", "y": "number"}, **CP1252), rows=[[1, 2]])
add("cp1252-levels", "a,y\n€uro,2\nÄ,1\n".encode("cp1252"), a("category", **CP1252), rows=[["€uro", 2], ["Ä", 1]])
add("cp1252-undefined", b"a,y\nx\x81,2\n", a("category", **CP1252), refused="bad-encoding")
add("cp1252-read-as-utf-8", "Größe,y\n1,2\n".encode("cp1252"), contract({"Größe": "number", "y": "number"}), refused="bad-encoding")
add("utf-8-level-broken", b"a,y\nok,1\nx\xff,2\n", a("category"), refused="bad-encoding", row=2, column="a")
UTF16 = {"csv": {"encoding": "utf-16"}}
add("utf-16-little", "\ufeffa,y\nä,2\n".encode("utf-16-le"), a("category", **UTF16), rows=[["ä", 2]])
add("utf-16-big", "\ufeffa,y\n1,2\n".encode("utf-16-be"), a("number", **UTF16), rows=[[1, 2]])
add("utf-16-without-mark", "a,y\n1,2\n".encode("utf-16-le"), a("number", **UTF16), rows=[[1, 2]])
add("utf-16-odd", "\ufeffa,y\n1,2\n".encode("utf-16-le")[:-1], a("number", **UTF16), refused="bad-encoding")
add("utf-16-read-as-utf-8", "\ufeffa,y\n1,2\n".encode("utf-16-le"), NUMBERS, refused="bad-encoding")

# ---- numbers --------------------------------------------------------------------------------------------------------
GOOD = {"1": 1, "+1": 1, "-1": -1, "1.5": 1.5, ".5": 0.5, "1.": 1, "1e3": 1000, "1E-3": 0.001, "-0": -0.0, " 1 ": 1, "\t2": 2,
        "007": 7, "1e308": 1e308, "-1e-308": -1e-308, "5e-324": 5e-324, "1e-400": 0, "9007199254740993": 9007199254740992,
        "0.1": 0.1, "123456789012345678901234567890": 1.2345678901234568e29, "1.7976931348623157e308": 1.7976931348623157e308}
for number, (text, value) in enumerate(GOOD.items()):
    add(f"number-{number}", f"a,y\n{text},2\n", NUMBERS, rows=[[value, 2]])
BAD = ["x", "1_000", "0x1F", "1e", "1.2.3", "--1", "1 2", "1e3.5", "1,5", "$5", "5%", "(5)", "١", "1k", "true", "−1", "1\u00a0", "e5", "."]
for number, text in enumerate(BAD):
    cell = f'"{text}"' if "," in text else text
    add(f"no-number-{number}", f"a,y\n1,2\n{cell},2\n", NUMBERS, refused="not-a-number", row=2, column="a")
for number, text in enumerate(["nan", "NaN", "inf", "-inf", "Infinity", "1e400", "-1e999"]):
    add(f"not-finite-{number}", f"a,y\n{text},2\n", NUMBERS, refused="not-finite", row=1, column="a")
add("integer", "a,y\n1,2\n-3,4\n1e3,5\n2.0,6\n", a("integer"), rows=[[1, 2], [-3, 4], [1000, 5], [2, 6]])
add("integer-with-fraction", "a,y\n1,2\n1.5,2\n", a("integer"), refused="not-an-integer", row=2, column="a")
add("integer-64-bit", "a,y\n9223372036854775807,2\n", a("integer"), rows=[[9223372036854775808, 2]])

# ---- missing values -------------------------------------------------------------------------------------------------
add("missing-in-required", "a,y\n1,2\n,4\n", NUMBERS, refused="missing-value", row=2, column="a")
add("missing-target", "a,y\n1,2\n3,\n", OPTIONAL, refused="missing-value", row=2, column="y")
add("missing-in-optional", "a,y\n1,2\n,4\n  ,5\n", OPTIONAL, rows=[[1, 2], [None, 4], [None, 5]])
add("quoted-nothing", 'a,y\n"",4\n1,5\n', OPTIONAL, rows=[[None, 4], [1, 5]])
add("marker-not-given", "a,y\nNA,4\n", OPTIONAL, refused="not-a-number", row=1, column="a")
MARKED = contract({"a": {"type": "number", "required": False}, "y": "number"}, missing=["NA", "?", "NaN", "-999", "null"])
add("markers", "a,y\nNA,1\n?,2\nNaN,3\n-999,4\nnull,5\n NA ,6\n,7\n8,8\n", MARKED,
    rows=[[None, 1], [None, 2], [None, 3], [None, 4], [None, 5], [None, 6], [None, 7], [8, 8]])
add("marker-in-another-case", "a,y\nna,1\n", MARKED, refused="not-a-number", row=1, column="a")
add("marker-as-another-number", "a,y\n-999.0,1\n", MARKED, rows=[[-999, 1]])
add("marker-that-is-a-number", "a,y\n-999,1\n8,2\n-999.5,3\n", MARKED, rows=[[None, 1], [8, 2], [-999.5, 3]])
add("marker-in-required", "a,y\n1,NA\n", MARKED, refused="missing-value", row=1, column="y")
add("marker-in-category", "a,y\nNA,1\nx,2\n", contract({"a": {"type": "category", "required": False}, "y": "number"}, missing=["NA"]),
    rows=[[None, 1], ["x", 2]])


def filled(rule, kind="number", **members):
    return contract({"a": {"type": kind, "required": False, "when_missing": rule, **members}, "y": "number"})


SOME = "a,y\n1,1\n,2\n4,3\n,4\n4,5\n7,6\n"
add("fill-mean", SOME, filled("mean"), encoded=[[1], [4], [4], [4], [4], [7]])
add("fill-median", "a,y\n1,1\n,2\n2,3\n10,4\n20,5\n", filled("median"), encoded=[[1], [6], [2], [10], [20]])
add("fill-mean-of-great-numbers", "a,y\n1.5e308,1\n,2\n1.5e308,3\n", filled("mean"), encoded=[[1.5e308], [1.5e308], [1.5e308]])
add("fill-median-of-great-numbers", "a,y\n1.5e308,1\n,2\n1.5e308,3\n", filled("median"), encoded=[[1.5e308], [1.5e308], [1.5e308]])
add("fill-mean-rounded-once", "a,y\n1e16,1\n1,2\n-1e16,3\n,4\n", filled("mean"), encoded=[[1e16], [1], [-1e16], [1 / 3]])
add("fill-most-frequent-zero", "a,y\n-0,1\n0,2\n,3\n", filled("most-frequent"), encoded=[[-0.0], [0], [0]])
add("fill-most-frequent", SOME, filled("most-frequent"), encoded=[[1], [4], [4], [4], [4], [7]])
add("fill-most-frequent-of-equals", "a,y\n3,1\n,2\n2,3\n", filled("most-frequent"), encoded=[[3], [2], [2]])
add("fill-constant", SOME, filled({"constant": -1}), encoded=[[1], [-1], [4], [-1], [4], [7]])
add("fill-indicator", SOME, filled("indicator"), encoded=[[1, 0], [4, 1], [4, 0], [4, 1], [4, 0], [7, 0]])
add("fill-boolean-mean", "a,y\nyes,1\n,2\nno,3\n", filled("mean", "boolean"), encoded=[[1], [0.5], [0]])
add("fill-boolean-constant", "a,y\nyes,1\n,2\n", filled({"constant": False}, "boolean"), encoded=[[1], [0]])
add("fill-category-most-frequent", "a,y\nv,1\n,2\nu,3\nu,4\n", filled("most-frequent", "category"),
    encoded=[[0, 1], [1, 0], [1, 0], [1, 0]])
add("fill-category-constant", "a,y\nv,1\n,2\n", filled({"constant": "none"}, "category"), encoded=[[0, 1], [1, 0]])
add("fill-date-constant", "a,y\n1970-01-02,1\n,2\n", filled({"constant": "1970-01-01"}, "datetime"), encoded=[[86400], [0]])
add("nothing-to-fill-with", "a,y\n,1\n,2\n", filled("mean"), refused="no-values", column="a")

# ---- categories, booleans, moments ----------------------------------------------------------------------------------
add("category", "a,y\nred,1\nblue,2\nred,3\n", a("category"), rows=[["red", 1], ["blue", 2], ["red", 3]],
    encoded=[[0, 1], [1, 0], [0, 1]])
add("category-as-it-stands", "a,y\n x ,1\nx,2\n", a("category"), rows=[[" x ", 1], ["x", 2]], encoded=[[1, 0], [0, 1]])
add("category-of-digits", "a,y\n007,1\n7,2\n", a("category"), rows=[["007", 1], ["7", 2]])
add("category-sorted-by-code-point", "a,y\nä,1\nz,2\nZ,3\n10,4\n9,5\n", a("category"),
    encoded=[[0, 0, 0, 0, 1], [0, 0, 0, 1, 0], [0, 0, 1, 0, 0], [1, 0, 0, 0, 0], [0, 1, 0, 0, 0]])
add("category-with-delimiter", 'a,y\n"x, ""y""",1\n', a("category"), rows=[['x, "y"', 1]])
LEVELS = {"type": "category", "levels": ["b", "c", "a"]}
add("levels-given", "a,y\na,1\nb,2\n", a(LEVELS), encoded=[[0, 0, 1], [1, 0, 0]])
add("level-unknown", "a,y\na,1\nd,2\n", a(LEVELS), refused="unknown-level", row=2, column="a")
add("level-in-another-case", "a,y\nA,1\n", a(LEVELS), refused="unknown-level", row=1, column="a")
add("level-ignored", "a,y\na,1\nd,2\n", a({**LEVELS, "unknown": "ignore"}), encoded=[[0, 0, 1], [0, 0, 0]])
add("level-most-frequent-of-listed", "a,y\nd,1\nd,2\nc,3\n", a({**LEVELS, "unknown": "most-frequent"}),
    encoded=[[0, 1, 0], [0, 1, 0], [0, 1, 0]])
add("level-most-frequent", "a,y\nc,1\nd,2\nc,3\na,4\n", a({**LEVELS, "unknown": "most-frequent"}),
    encoded=[[0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]])
add("booleans", "a,y\ntrue,1\nTrue,2\nTRUE,3\nyes,4\n1,5\nfalse,6\nFalse,7\nFALSE,8\nno,9\n0,10\n", a("boolean"),
    rows=[[1, 1], [1, 2], [1, 3], [1, 4], [1, 5], [0, 6], [0, 7], [0, 8], [0, 9], [0, 10]])
for number, text in enumerate(["Yes", "y", "t", "2", "1.0", "on", "tRUE"]):
    add(f"no-boolean-{number}", f"a,y\n{text},1\n", a("boolean"), refused="not-a-boolean", row=1, column="a")
GERMAN = {"type": "boolean", "true": ["ja", "J"], "false": ["nein"]}
add("booleans-given", "a,y\nja,1\nJ,2\nnein,3\n", a(GERMAN), rows=[[1, 1], [1, 2], [0, 3]])
add("booleans-given-instead", "a,y\ntrue,1\n", a(GERMAN), refused="not-a-boolean", row=1, column="a")
MOMENTS = {"1970-01-01": 0, "2024-02-29": 1709164800, "2024-02-29 12:30": 1709209800, "2024-02-29T12:30:15": 1709209815,
           "2024-02-29T12:30:15.25Z": 1709209815.25, "2024-02-29T12:30:00+01:00": 1709206200, "2024-02-29t12:30:00z": 1709209800,
           "1969-12-31T23:59:59Z": -1, "0001-01-01": -62135596800, "9999-12-31": 253402214400, "2024-02-29 12:30-05:30": 1709229600}
for number, (text, value) in enumerate(MOMENTS.items()):
    add(f"moment-{number}", f"a,y\n{text},1\n", a("datetime"), rows=[[value, 1]])
for number, text in enumerate(["2023-02-29", "2024-13-01", "29.02.2024", "02/29/2024", "2024-2-9", "2024-02-29T24:00", "1709209800",
                               "2024-02-29T12", "2024-02-29T12:30:60", "yesterday", "2024-02-29T12:30+0100", "2024-02-29T12:30:15."]):
    add(f"no-moment-{number}", f"a,y\n{text},1\n", a("datetime"), refused="not-a-datetime", row=1, column="a")

# ---- folders --------------------------------------------------------------------------------------------------------
add("folder", {"b.csv": "a,y\n3,4\n", "a/part.csv": "a,y\n1,2\n"}, NUMBERS, rows=[[1, 2], [3, 4]])
add("folder-hidden", {"a.csv": "a,y\n1,2\n", "_old.csv": "a,y\n9,9\n", ".ipynb_checkpoints/a.csv": "a,y\n9,9\n", "_SUCCESS": ""},
    NUMBERS, rows=[[1, 2]])
add("folder-other-files", {"a.csv": "a,y\n1,2\n", "README.txt": "x"}, NUMBERS, rows=[[1, 2]])
add("folder-tsv-beside-csv", {"a.csv": "a,y\n1,2\n", "b.tsv": "a\ty\n3\t4\n"}, NUMBERS, rows=[[1, 2], [3, 4]])
add("folder-empty", {"notes.txt": "x"}, NUMBERS, refused="no-files")
add("folder-second-file-bad", {"a.csv": "a,y\n1,2\n", "b.csv": "a,y\n3,4\nx,5\n"}, NUMBERS, refused="not-a-number", row=2, column="a")
add("folder-other-order", {"a.csv": "a,y\n1,2\n", "b.csv": "y,a\n4,3\n"}, NUMBERS, rows=[[1, 2], [3, 4]])
add("no-data-file", "a,y\n1,2\n", NUMBERS, refused="no-files", suffix="txt")

# ---- hostile --------------------------------------------------------------------------------------------------------
add("logging-command-in-cell", "a,y\n1,2\n##vso[task.setvariable variable=x]evil,3\n", NUMBERS, refused="not-a-number", row=2, column="a")
add("logging-command-in-header", "a,##vso[task.setvariable variable=x]evil\n1,2\n", NUMBERS, refused="missing-column", column="y")
add("escape-in-cell", "a,y\n\x1b[31mred,3\n", NUMBERS, refused="not-a-number", row=1, column="a")
add("nul-in-cell", "a,y\n1\x002,3\n", NUMBERS, refused="not-a-number", row=1, column="a")
add("level-is-a-command", "a,y\n##[error]x,3\n", a("category"), rows=[["##[error]x", 3]])
add("formula", "a,y\n=1+1,3\n", NUMBERS, refused="not-a-number", row=1, column="a")
add("binary-as-csv", bytes(range(1, 128)) + b"\n", NUMBERS, refused="missing-column", column="a")

# ---- contracts ------------------------------------------------------------------------------------------------------
ONE = "a,y\n1,2\n"
add("version-1", ONE, {**NUMBERS, "version": 1}, rows=[[1, 2]])
add("version-3", ONE, {**NUMBERS, "version": 3}, refused="invalid-contract")
add("unknown-member", ONE, {**NUMBERS, "colour": "red"}, refused="invalid-contract")
add("no-such-target", ONE, {**NUMBERS, "target": "z"}, refused="invalid-contract")
add("same-marks", ONE, a("number", csv={"decimal": ","}), refused="invalid-contract")
add("two-bytes-as-delimiter", ONE, a("number", csv={"delimiter": "§"}), refused="invalid-contract")
add("target-of-text", ONE, contract({"a": "number", "y": "category"}), refused="invalid-contract")
add("target-filled", ONE, contract({"a": "number", "y": {"type": "number", "required": False, "when_missing": "mean"}}), refused="invalid-contract")
add("category-with-mean", ONE, filled("mean", "category"), refused="invalid-contract")
add("required-with-rule", ONE, a({"type": "number", "when_missing": "mean"}), refused="invalid-contract")
add("levels-twice", ONE, a({"type": "category", "levels": ["x", "x"]}), refused="invalid-contract")
add("alias-twice", ONE, a({"type": "number", "alias": "y"}), refused="invalid-contract")
add("alias-of-another", ONE, contract({"a": {"type": "number", "alias": "b"}, "b": "number", "y": "number"}), refused="invalid-contract")
add("name-is-empty", ONE, contract({"a": "number", "": "number", "y": "number"}), refused="invalid-contract")
add("no-type", ONE, {**NUMBERS, "columns": [{"name": "a"}, {"name": "y", "type": "number"}]}, refused="invalid-contract")
add("levels-of-a-number", ONE, a({"type": "number", "levels": ["x"]}), refused="invalid-contract")
add("true-without-false", ONE, a({"type": "boolean", "true": ["x"]}), refused="invalid-contract")
add("true-is-false", ONE, a({"type": "boolean", "true": ["x"], "false": ["x"]}), refused="invalid-contract")
add("min-above-max", ONE, a({"type": "number", "min": 2, "max": 1}), refused="invalid-contract")
add("range-of-a-category", ONE, a({"type": "category", "min": 1}), refused="invalid-contract")
add("constant-is-no-level", ONE, filled({"constant": "z"}, "category", levels=["x", "y"]), refused="invalid-contract")
add("constant-is-no-moment", ONE, filled({"constant": "soon"}, "datetime"), refused="invalid-contract")
add("constant-has-a-fraction", ONE, filled({"constant": 1.5}, "integer"), refused="invalid-contract")
add("limit-below-zero", ONE, a("number", distribution={"psi": -1}), refused="invalid-contract")
add("holdout-of-everything", ONE, a("number", holdout={"fraction": 1, "seed": 0}), refused="invalid-contract")
add("alias-no-identifier", ONE, a({"type": "number", "alias": "1st"}), refused="invalid-contract")

# ---- Parquet --------------------------------------------------------------------------------------------------------
Y = pa.array([1.0, 2.0])


def table(values, kind=None):
    array = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values, kind)
    return pa.table({"a": array, "y": Y})


def parquet(name, values, kind, of, *, expected=None, **verdict):
    rows = None if expected is None else [[value, y] for value, y in zip(expected, [1, 2])]
    add(f"parquet-{name}", table(values, kind), of, rows=rows, **verdict)


D = decimal.Decimal
for width in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]:
    parquet(width, [1, 100], getattr(pa, width)(), NUMBERS, expected=[1, 100])
parquet("uint64-great", [1, 2**63], pa.uint64(), NUMBERS, expected=[1, 2**63])
parquet("int64-as-integer", [1, 2**53 + 1], pa.int64(), a("integer"), expected=[1, 2**53])
parquet("float", [1.5, 0.25], pa.float32(), NUMBERS, expected=[1.5, 0.25])
parquet("half", [1.5, -2.0], pa.float16(), NUMBERS, expected=[1.5, -2])
parquet("double-as-integer", [1.0, 2.5], pa.float64(), a("integer"), refused="not-an-integer", row=2, column="a")
parquet("decimal-small", [D("1.25"), D("-3.50")], pa.decimal128(7, 2), NUMBERS, expected=[1.25, -3.5])
parquet("decimal-18", [D("0.1"), D("1234567890.5")], pa.decimal128(18, 2), NUMBERS, expected=[0.1, 1234567890.5])
parquet("decimal-38", [D("12345678901234567890.123"), D("-1")], pa.decimal128(38, 3), NUMBERS, expected=[12345678901234567890.123, -1])
parquet("decimal-null", [D("1.25"), None], pa.decimal128(7, 2), OPTIONAL, expected=[1.25, None])
parquet("boolean", [True, False], pa.bool_(), a("boolean"), expected=[1, 0])
parquet("boolean-as-number", [True, False], pa.bool_(), NUMBERS, expected=[1, 0])
parquet("boolean-of-text", ["yes", "no"], pa.string(), a("boolean"), expected=[1, 0])
parquet("boolean-of-integers", [1, 0], pa.int64(), a("boolean"), expected=[1, 0])
parquet("boolean-of-two", [1, 2], pa.int64(), a("boolean"), refused="not-a-boolean", row=2, column="a")
parquet("null", [1.0, None], pa.float64(), OPTIONAL, expected=[1, None])
parquet("null-in-required", [1.0, None], pa.float64(), NUMBERS, refused="missing-value", row=2, column="a")
parquet("nan", [1.0, float("nan")], pa.float64(), OPTIONAL, expected=[1, None])
parquet("nan-in-required", [1.0, float("nan")], pa.float64(), NUMBERS, refused="missing-value", row=2, column="a")
parquet("infinity", [1.0, float("inf")], pa.float64(), NUMBERS, refused="not-finite", row=2, column="a")
parquet("text", ["x", "y"], pa.string(), a("category"), expected=["x", "y"])
parquet("large-text", ["x", "y"], pa.large_string(), a("category"), expected=["x", "y"])
parquet("dictionary", pa.array(["x", "y"]).dictionary_encode(), None, a("category"), expected=["x", "y"])
parquet("text-null", ["x", None], pa.string(), contract({"a": {"type": "category", "required": False}, "y": "number"}), expected=["x", None])
parquet("text-empty", ["x", ""], pa.string(), contract({"a": {"type": "category", "required": False}, "y": "number"}), expected=["x", None])
parquet("text-unknown", ["a", "z"], pa.string(), a(LEVELS), refused="unknown-level", row=2, column="a")
parquet("integers-as-category", [7, -3], pa.int64(), a("category"), expected=["7", "-3"])
parquet("booleans-as-category", [True, False], pa.bool_(), a("category"), expected=["true", "false"])
parquet("doubles-as-category", [1.0, 2.0], pa.float64(), a("category"), refused="column-type", column="a")
parquet("text-as-number", ["1", "2"], pa.string(), NUMBERS, refused="column-type", column="a")
NOON = datetime.datetime(2024, 2, 29, 12, 30, 0, 250000)
for unit in ["ms", "us", "ns"]:
    parquet(f"timestamp-{unit}", [NOON, datetime.datetime(1969, 12, 31, 23, 59, 59)], pa.timestamp(unit), a("datetime"),
            expected=[1709209800.25, -1])
parquet("timestamp-utc", [NOON, None], pa.timestamp("us", "UTC"), contract({"a": {"type": "datetime", "required": False}, "y": "number"}),
        expected=[1709209800.25, None])
parquet("date", [datetime.date(1970, 1, 2), datetime.date(1969, 12, 31)], pa.date32(), a("datetime"), expected=[86400, -86400])
parquet("moment-of-text", ["1970-01-02", "1970-01-01T00:00:01Z"], pa.string(), a("datetime"), expected=[86400, 1])
parquet("timestamp-as-number", [NOON, NOON], pa.timestamp("us"), NUMBERS, refused="column-type", column="a")
parquet("date-as-integer", [datetime.date(1970, 1, 2)] * 2, pa.date32(), a("integer"), refused="column-type", column="a")
parquet("time-as-number", [datetime.time(1), datetime.time(2)], pa.time64("us"), NUMBERS, refused="column-type", column="a")
parquet("integers-as-moments", [1, 2], pa.int64(), a("datetime"), refused="column-type", column="a")
parquet("list", [[1.0], [2.0]], pa.list_(pa.float64()), NUMBERS, refused="column-type", column="a")
parquet("struct", [{"x": 1.0}, {"x": 2.0}], pa.struct({"x": pa.float64()}), NUMBERS, refused="column-type", column="a")
parquet("bytes", [b"x", b"y"], pa.binary(), a("category"), refused="column-type", column="a")
add("parquet-missing-column", pa.table({"b": Y, "y": Y}), NUMBERS, refused="missing-column", column="a")
add("parquet-damaged", b"PAR1 this is no Parquet file PAR1", NUMBERS, refused="not-parquet", suffix="parquet")
add("parquet-empty", pa.table({"a": pa.array([], pa.float64()), "y": pa.array([], pa.float64())}),
    NUMBERS, rows=[])

variations.write(add, contract)

if __name__ == "__main__":
    text = ",\n".join(json.dumps(case, ensure_ascii=False) for case in CASES)
    (HERE / "cases.json").write_text(f"[\n{text}\n]\n")
    kept = {HERE / case["data"] for case in CASES}
    for path in FILES.iterdir():
        if path not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    print(f"{len(CASES)} cases")
