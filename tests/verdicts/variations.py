"""More files of each kind: what other people's programs write, and what somebody would try next. Expectations by hand, as in make.py."""
import datetime
import decimal

import pyarrow as pa

D = decimal.Decimal
Y = pa.array([1.0, 2.0])
NUMBERS = {"a": "number", "y": "number"}


def optional(kind="number", **members):
    return {"a": {"type": kind, "required": False, **members}, "y": "number"}


def write(add, contract):
    """Adds the cases."""
    numbers = contract(NUMBERS)
    records(add, contract, numbers)
    encodings(add, contract)
    numbers_and_moments(add, contract, numbers)
    missing_and_levels(add, contract)
    folders(add, contract, numbers)
    contracts(add, contract)
    parquet(add, contract, numbers)
    parquet_writers(add, contract, numbers)


def records(add, contract, numbers):
    add("mark-and-quoted-header", '\ufeff"a","y"\n1,2\n', numbers, rows=[[1, 2]])
    add("two-byte-order-marks", "\ufeff\ufeffa,y\n1,2\n", numbers, refused="missing-column", column="a")
    add("mark-before-first-cell", 'n,a,y\n\ufeffx,"1",2\n', numbers, rows=[[1, 2]])
    add("mark-before-first-number", 'a,y\n\ufeff1,"2"\n', numbers, refused="not-a-number", row=1, column="a")
    add("mark-of-a-second-file", 'a,y\n1,2\n\ufeffa,y\n3,4\n', numbers, refused="not-a-number", row=2, column="a")
    add("excel-sep-line", "sep=;\na;y\n1;2\n", contract(NUMBERS, csv={"delimiter": ";"}), refused="missing-column", column="a")
    add("comment-line", "# exported 2026-11-30\na,y\n1,2\n", numbers, refused="missing-column", column="a")
    add("line-ends-mixed", "a,y\r\n1,2\r3,4\n5,6", numbers, rows=[[1, 2], [3, 4], [5, 6]])
    add("windows-blank-lines", "a,y\r\n\r\n1,2\r\n\r\n\r\n3,4\r\n", numbers, rows=[[1, 2], [3, 4]])
    add("text-behind-mark", 'a,y\n"1"0,2\n', numbers, rows=[[10, 2]])
    add("space-behind-mark", 'a,y\n"1" ,2\n', numbers, rows=[[1, 2]])
    add("space-before-mark", 'a,y\n1, "2"\n', numbers, refused="not-a-number", row=1, column="y")
    add("single-marks", "a,y\n'1',2\n", numbers, refused="not-a-number", row=1, column="a")
    add("backslash-before-mark", 'n,a,y\n"x \\" y",1,2\n', numbers, rows=[[1, 2]])
    add("line-of-spaces", "a,y\n1,2\n   \n3,4\n", numbers, refused="wrong-width", row=2)
    add("line-of-delimiters", "a,y\n1,2\n,\n", numbers, refused="missing-value", row=2, column="a")
    add("total-line", "a,y\n1,2\n3,4\nTotal,6\n", numbers, refused="not-a-number", row=3, column="a")
    add("header-again", "a,y\n1,2\na,y\n3,4\n", numbers, refused="not-a-number", row=2, column="a")
    add("other-line-ends-in-field", "n,a,y\n\u2028x\x0b\x0c\x85,1,2\n", numbers, rows=[[1, 2]])
    add("line-ends-in-quoted-header", '"long\nname",a,y\n1,2,3\n', numbers, rows=[[2, 3]])
    add("windows-line-end-in-quotes", 'n,a,y\r\n"x\r\ny",1,2\r\n', numbers, rows=[[1, 2]])
    add("level-with-line-end", 'a,y\n"x\r\ny",1\n', contract({"a": "category", "y": "number"}), rows=[["x\r\ny", 1]])
    add("quoted-nothing-at-end", 'a,y\n1,""\n', numbers, refused="missing-value", row=1, column="y")
    add("wide-field", f"note,a,y\n{'x' * 140_000},1,2\n", numbers, rows=[[1, 2]])
    wide = [f"c{n}" for n in range(3_000)]
    add("wide-table", f"{','.join(wide)},a,y\n{'7,' * 3_000}1,2\n", numbers, rows=[[1, 2]])
    add("wide-table-twice", f"{','.join(wide)},c17,a,y\n{'7,' * 3_001}1,2\n", numbers, refused="duplicate-column", column="c17")
    add("names-differ-in-space", "a,a ,y\n1,2,3\n", numbers, rows=[[1, 3]])
    add("names-differ-in-case", "a,A,y\n1,2,3\n", numbers, rows=[[1, 3]])
    add("pandas-index-column", ",a,y\n0,1,2\n1,3,4\n", numbers, rows=[[1, 2], [3, 4]])
    add("two-columns-without-name", ",a,y,\n0,1,2,\n", numbers, refused="duplicate-column", column="")
    accents = contract({"caf\u00e9": "number", "y": "number"})
    add("name-in-other-normal-form", "cafe\u0301,y\n1,2\n", accents, refused="missing-column", column="caf\u00e9")
    # The first mistake of a file is named, whatever comes behind it.
    add("cell-before-width", "a,y\nx,2\n1,2,3\n", numbers, refused="not-a-number", row=1, column="a")
    add("cell-before-open-quote", 'a,y\nx,2\n1,2\n"3,4\n', numbers, refused="not-a-number", row=1, column="a")
    add("width-before-cell", "a,y\n1,2,3\nx,2\n", numbers, refused="wrong-width", row=1)
    add("width-before-open-quote", 'a,y\n1\n"3,4\n', numbers, refused="wrong-width", row=1)
    add("cell-long-before-width", f"a,y\n1,2\nx,2\n{'7,1' + chr(10)}" * 1 + "7,1\n" * 21_000 + "1,2,3\n", numbers, refused="not-a-number", row=2, column="a")
    add("missing-before-bad", "a,y\n1,\nx,2\n", numbers, refused="missing-value", row=1, column="y")
    add("two-bad-cells-of-a-row", "y,a\nx,z\n", numbers, refused="not-a-number", row=1, column="a")
    add("two-bad-kinds-of-a-row", "b,a,y\nx,1.5,1\n", contract({"a": "integer", "b": "number", "y": "number"}), refused="not-an-integer", row=1, column="a")


def encodings(add, contract):
    category = {"a": "category", "y": "number"}
    windows, wide = {"csv": {"encoding": "windows-1252"}}, {"csv": {"encoding": "utf-16"}}
    add("utf-16-read-as-cp1252", "\ufeffa,y\n1,2\n".encode("utf-16-le"), contract(NUMBERS, **windows), refused="bad-encoding")
    add("utf-8-mark-read-as-cp1252", "\ufeffa,y\n1,2\n".encode(), contract(NUMBERS, **windows), refused="missing-column", column="a")
    add("utf-8-read-as-utf-16", "a,y\n1,2\n3,4\n".encode(), contract(NUMBERS, **wide), refused="missing-column", column="a")
    add("utf-16-big-without-mark", "a,y\n1,2\n".encode("utf-16-be"), contract(NUMBERS, **wide), refused="missing-column", column="a")
    add("utf-16-pairs", "\ufeffa,y\r\n\U0001f600,2\r\n".encode("utf-16-le"), contract(category, **wide), rows=[["\U0001f600", 2]])
    add("utf-16-half-a-pair", b"\xff\xfe" + "a,y\n".encode("utf-16-le") + b"\x3d\xd8" + ",2\n".encode("utf-16-le"), contract(category, **wide), refused="bad-encoding")
    add("utf-16-quotes", '\ufeffn,a,y\n"x,\ny",1,2\n'.encode("utf-16-be"), contract(NUMBERS, **wide), rows=[[1, 2]])
    add("utf-16-two-marks", "\ufeff\ufeffa,y\n1,2\n".encode("utf-16-le"), contract(NUMBERS, **wide), refused="missing-column", column="a")
    add("utf-16-semicolon-comma", "\ufeffa;y\n1,5;2\n".encode("utf-16-le"), contract(NUMBERS, csv={"encoding": "utf-16", "delimiter": ";", "decimal": ","}), rows=[[1.5, 2]])
    add("utf-8-broken-in-column-of-no-interest", b"n,a,y\nx\xff,1,2\n", contract(NUMBERS), rows=[[1, 2]])
    add("utf-8-broken-in-header", b"n\xff,a,y\nx,1,2\n", contract(NUMBERS), refused="bad-encoding")
    add("utf-8-broken-number", b"a,y\n1\xff,2\n", contract(NUMBERS), refused="not-a-number", row=1, column="a")
    add("utf-8-too-long-form", b"a,y\n\xc0\xaf,2\n", contract(category), refused="bad-encoding", row=1, column="a")
    add("utf-8-surrogate", b"a,y\n\xed\xa0\x80,2\n", contract(category), refused="bad-encoding", row=1, column="a")
    add("latin-1-read-as-cp1252", "Stra\u00dfe,y\n1,2\n".encode("latin-1"), contract({"Stra\u00dfe": "number", "y": "number"}, **windows), rows=[[1, 2]])
    add("cp1252-quotes", "a,y\n\u201cx\u201d,2\n".encode("cp1252"), contract(category, **windows), rows=[["\u201cx\u201d", 2]])


def numbers_and_moments(add, contract, numbers):
    good = {"+.5": 0.5, "-.5e+2": -50, "1e+05": 100000, "00": 0, "+0": 0, "-0.0": -0.0, "1E308": 1e308, "2.2250738585072014e-308": 2.2250738585072014e-308,
            "179769313486231570000e288": 1.7976931348623157e308, "0.1000000000000000055511151231257827": 0.1, "9007199254740992.5": 9007199254740992,
            "9007199254740993.00001": 9007199254740994, "1" + "0" * 300: 1e300, "0." + "0" * 320 + "1": 1e-321, "\f1\f": 1}
    for number, (text, value) in enumerate(good.items()):
        add(f"number-again-{number}", f"a,y\n{text},2\n", numbers, rows=[[value, 2]])
    bad = ["1e+", "+", "-", "+-1", "1-", "1..2", "0b1", "0o7", "1f", "1d", "1L", "\u00bd", "\uff11", "1\u202f000", "1 000", "1'000", "\u20ac5", "10:30", "1/2", "1e1e1",
           "1.e", "nan0", "infinit", "NULL", "#DIV/0!", "1\u00a0", "\x0b1", "1\x00", "TRUE", "2024-01-01", "1e 5", "0x1p3", "1.5 kg"]
    for number, text in enumerate(bad):
        add(f"no-number-again-{number}", f"a,y\n{text},2\n", numbers, refused="not-a-number", row=1, column="a")
    for number, text in enumerate(["-nan", "+inf", "INFINITY", "-Inf", "NAN", "1" + "0" * 400, "1e309", "1.8e308"]):
        add(f"not-finite-again-{number}", f"a,y\n{text},2\n", numbers, refused="not-finite", row=1, column="a")
    comma = {"csv": {"delimiter": ";", "decimal": ","}}
    add("comma-long", f"a;y\n0,{'3' * 600};2\n", contract(NUMBERS, **comma), rows=[[1 / 3, 2]])
    add("comma-exponent", "a;y\n-1,5E-2;+,5\n", contract(NUMBERS, **comma), rows=[[-0.015, 0.5]])
    add("comma-infinity", "a;y\ninf;2\n", contract(NUMBERS, **comma), refused="not-finite", row=1, column="a")
    add("comma-integers", "a;y\n3,0;2\n-4;2\n", contract({"a": "integer", "y": "number"}, **comma), rows=[[3, 2], [-4, 2]])
    add("comma-integer-with-fraction", "a;y\n3,5;2\n", contract({"a": "integer", "y": "number"}, **comma), refused="not-an-integer", row=1, column="a")
    add("point-thousands", "a;y\n1.234;2\n", contract(NUMBERS, **comma), refused="not-a-number", row=1, column="a")
    integer = contract({"a": "integer", "y": "number"})
    add("integer-beyond-53-bits", "a,y\n9007199254740993,2\n-9223372036854775808,2\n18446744073709551615,3\n", integer,
        rows=[[9007199254740992, 2], [-9223372036854775808, 2], [18446744073709551616, 3]])
    add("integer-as-fraction-of-nothing", "a,y\n5.000,2\n12e-1,3\n", integer, refused="not-an-integer", row=2, column="a")
    moments = {"2024-02-29T12:30:15.123456789Z": 1709209815.1234567, "2024-02-29 12:30Z": 1709209800, "1900-01-01": -2208988800,
               "2024-02-29T00:00:00-00:00": 1709164800, "2024-02-29T12:30:00+14:00": 1709159400, "2024-02-29T12:30:00-23:59": 1709296140, "2000-02-29": 951782400}
    for number, (text, value) in enumerate(moments.items()):
        add(f"moment-again-{number}", f"a,y\n{text},1\n", contract({"a": "datetime", "y": "number"}), rows=[[value, 1]])
    for number, text in enumerate(["1900-02-29", "2024-02-30", "2024-00-10", "2024-01-00", "20240229", "2024/02/29", "2024-02-29T", "2024-02-29T1:30", "2024-02-29T12:60",
                                   "2024-02-29T12:30:15.1234567890Z", "2024-02-29T12:30+24:00", "2024-02-29T12:30+01", "2024-02-29 12:30:15 UTC", "2024-02-29  12:30", "12:30",
                                   "29-02-2024", "Feb 29 2024", "2024-W09-4", "2024-060", "+2024-02-29", "\u0662024-02-29", "0000-01-01", "10000-01-01", "1709209800.5", "NaT"]):
        add(f"no-moment-again-{number}", f"a,y\n{text},1\n", contract({"a": "datetime", "y": "number"}), refused="not-a-datetime", row=1, column="a")


def missing_and_levels(add, contract):
    marked = contract(optional(), missing=["n/a", "-", "#N/A", "-1e3", "N A"])
    add("markers-odd", "a,y\nn/a,1\n-,2\n#N/A,3\n-1e3,4\n-1000,5\nN A,6\n\tn/a ,7\n", marked,
        rows=[[None, 1], [None, 2], [None, 3], [None, 4], [-1000, 5], [None, 6], [None, 7]])
    add("marker-quoted", 'a,y\n"n/a",1\n5,2\n', marked, rows=[[None, 1], [5, 2]])
    add("marker-with-comma", "a;y\n-9,9;1\n-9;2\n", contract(optional(), missing=["-9,9"], csv={"delimiter": ";", "decimal": ","}), rows=[[None, 1], [-9, 2]])
    add("marker-in-moments", "a,y\nNaT,1\n1970-01-01,2\n", contract(optional("datetime"), missing=["NaT"]), rows=[[None, 1], [0, 2]])
    add("marker-beats-word", "a,y\nno,1\nyes,2\n", contract(optional("boolean"), missing=["no"]), rows=[[None, 1], [1, 2]])
    add("marker-with-spaces", "a,y\nNA,1\n5,2\n", contract(optional(), missing=["  NA  "]), rows=[[None, 1], [5, 2]])
    add("marker-nan", "a,y\nnan,1\nNaN,2\n", contract(optional(), missing=["nan"]), refused="not-finite", row=2, column="a")
    add("missing-everywhere-in-indicator", "a,y\n,1\n,2\n", contract(optional(when_missing="indicator")), refused="no-values", column="a")
    add("missing-category-indicator", "a,y\nv,1\n,2\n", contract(optional("category", when_missing="indicator")), encoded=[[1, 0], [0, 1]])
    add("missing-moments-median", "a,y\n1970-01-01,1\n,2\n1970-01-03,3\n", contract(optional("datetime", when_missing="median")), encoded=[[0], [86400], [172800]])
    add("missing-boolean-most-frequent", "a,y\nyes,1\n,2\nno,3\n", contract(optional("boolean", when_missing="most-frequent")), encoded=[[1], [0], [0]])
    add("missing-integer-mean", "a,y\n1,1\n,2\n2,3\n", contract(optional("integer", when_missing="mean")), encoded=[[1], [1.5], [2]])
    # What stands in a row that is left out is nobody's business.
    left = contract({"a": "category", "y": {"type": "number", "required": False}})
    add("level-of-a-row-without-target", "a,y\nu,1\nv,\nu,3\n", left, rows=[["u", 1], ["v", None], ["u", 3]])
    category = contract({"a": "category", "y": "number"})
    add("levels-almost-alike", "a,y\nx,1\nX,2\nx ,3\n\u00e9,4\ne\u0301,5\n", category, rows=[["x", 1], ["X", 2], ["x ", 3], ["\u00e9", 4], ["e\u0301", 5]])
    add("levels-beyond-16-bits", "a,y\n\U0001f600,1\n\uffee,2\n", category, encoded=[[0, 1], [1, 0]])
    add("levels-that-look-like-nothing", "a,y\nnull,1\nNone,2\nnan,3\nNA,4\n", category, rows=[["null", 1], ["None", 2], ["nan", 3], ["NA", 4]])
    add("levels-many", "a,y\n" + "".join(f"L{n:05},1\n" for n in range(300)), category, rows=[[f"L{n:05}", 1] for n in range(300)])
    words = {"type": "boolean", "true": ["2"], "false": ["1"]}
    add("booleans-as-codes", "a,y\n1,1\n2,2\n", contract({"a": words, "y": "number"}), rows=[[0, 1], [1, 2]])
    add("booleans-with-spaces", 'a,y\n" yes ",1\n\tno,2\n', contract({"a": "boolean", "y": "number"}), rows=[[1, 1], [0, 2]])
    for number, text in enumerate(["YES", "ja", "oui", "wahr", "T", "-1", "01", "true.", "0.0"]):
        add(f"no-boolean-again-{number}", f"a,y\n{text},1\n", contract({"a": "boolean", "y": "number"}), refused="not-a-boolean", row=1, column="a")
    for number, text in enumerate(["##[section]Starting: x", "##vso[build.addbuildtag]x", "\x1b]0;title\x07", "\x9b31m", "\u202eevil", "\r##vso[task.complete result=Failed]"]):
        quoted = '"' + text + '"'
        add(f"hostile-cell-{number}", f"a,y\n{quoted},1\n", contract(NUMBERS), refused="not-a-number", row=1, column="a")
        add(f"hostile-name-{number}", f"{quoted},y\n1,2\n", contract({text: "number", "y": "number"}), rows=[[1, 2]])


def folders(add, contract, numbers):
    one, two, three = "a,y\n1,2\n", "a,y\n3,4\n", "a,y\n5,6\n"
    add("folder-order-by-name", {"a/x.csv": one, "a-1.csv": two, "a.csv": three}, numbers, rows=[[3, 4], [5, 6], [1, 2]])
    add("folder-order-by-code-point", {"B.csv": one, "a.csv": two, "\u00e4.csv": three, "10.csv": one, "9.csv": two}, numbers,
        rows=[[1, 2], [3, 4], [1, 2], [3, 4], [5, 6]])
    add("folder-as-spark-writes", {"2024.csv/_SUCCESS": "", "2024.csv/.part-0.csv.crc": "x", "2024.csv/part-0.csv": one, "2025.csv/part-0.csv": two}, numbers, rows=[[1, 2], [3, 4]])
    add("folder-of-a-notebook", {"a.csv": one, ".ipynb_checkpoints/a-checkpoint.csv": one, "__MACOSX/._a.csv": "x", ".DS_Store": "x", "~$a.xlsx": "x"}, numbers, rows=[[1, 2]])
    add("folder-mixed", {"a.csv": one, "b.csv.gz": b"\x1f\x8b", "c.json": "{}", "d.CSV": two, "notes.md": "x"}, numbers, rows=[[1, 2], [3, 4]])
    add("folder-of-hidden-files", {"_a.csv": one, ".b.csv": two}, numbers, refused="no-files")
    add("folder-headers-differ", {"a.csv": one, "b.csv": "a,z\n3,4\n"}, numbers, refused="missing-column", column="y")
    add("folder-wider-file", {"a.csv": one, "b.csv": "id,y,a\n9,4,3\n"}, numbers, rows=[[1, 2], [3, 4]])
    add("folder-empty-file", {"a.csv": one, "b.csv": ""}, numbers, refused="no-header")
    add("folder-only-header", {"a.csv": one, "b.csv": "a,y\n"}, numbers, rows=[[1, 2]])
    add("folder-rows-count-by-file", {"a.csv": one, "b.csv": "a,y\n1,2\n1\n"}, numbers, refused="wrong-width", row=2)
    add("gz-file", b"\x1f\x8b\x08\x00", numbers, refused="no-files", suffix="csv.gz")
    add("json-file", '[{"a":1,"y":2}]', numbers, refused="no-files", suffix="json")
    add("zip-as-csv", b"PK\x03\x04\x14\x00,y\n1,2\n", numbers, refused="missing-column", column="a")


def contracts(add, contract):
    data = "a,y\n1,2\n"
    base = contract(NUMBERS)

    def column(**members):
        return {**base, "columns": [{"name": "a", "type": "number", **members}, {"name": "y", "type": "number"}]}

    wrong = {
        "version-as-text": {**base, "version": "2"}, "version-as-boolean": {**base, "version": True}, "version-with-fraction": {**base, "version": 2.0},
        "missing-as-text": {**base, "missing": "NA"}, "missing-of-numbers": {**base, "missing": [-999]}, "holdout-as-text": {**base, "holdout": {"fraction": "0.2", "seed": 0}},
        "holdout-without-seed": {**base, "holdout": {"fraction": 0.2}}, "seed-below-zero": {**base, "holdout": {"fraction": 0.2, "seed": -1}},
        "seed-with-fraction": {**base, "holdout": {"fraction": 0.2, "seed": 1.5}}, "seed-as-text": {**base, "holdout": {"fraction": 0.2, "seed": "7"}},
        "limit-as-text": {**base, "distribution": {"psi": "0.2"}}, "limit-unknown": {**base, "distribution": {"kl": 0.2}}, "columns-as-object": {**base, "columns": {"a": "number"}},
        "task-without-kind": {**base, "task": {}}, "threshold-of-a-regression": {**base, "task": {"kind": "regression", "threshold": 0.4}},
        "classes-of-a-regression": {**base, "task": {"kind": "regression", "classes": ["x", "z"]}}, "unknown-columns-as-boolean": {**base, "unknown_columns": True},
        "unknown-columns-else": {**base, "unknown_columns": "drop"}, "delimiter-of-two": {**base, "csv": {"delimiter": ";;"}}, "delimiter-empty": {**base, "csv": {"delimiter": ""}},
        "encoding-else": {**base, "csv": {"encoding": "latin-1"}}, "csv-unknown": {**base, "csv": {"quote": "'"}}, "required-as-text": column(required="yes"),
        "min-as-text": column(min="5"), "min-as-boolean": column(min=True), "allowed-as-text": column(allowed=["1"]), "allowed-as-number": column(allowed=1),
        "expected-without-deviation": column(expected={"mean": 1}), "expected-unknown": column(expected={"mean": 1, "standard_deviation": 1, "median": 1}),
        "name-as-number": {**base, "columns": [{"name": 1, "type": "number"}, {"name": "y", "type": "number"}]}, "alias-as-number": column(alias=1),
        "type-in-capitals": column(type="Number"), "rule-unknown": column(required=False, when_missing="zero"), "rule-with-more": column(required=False, when_missing={"constant": 1, "flag": True}),
        "constant-as-text": column(required=False, when_missing={"constant": "1"}), "constant-as-boolean": column(required=False, when_missing={"constant": True}),
        "levels-as-text": column(type="category", levels="ab"), "levels-of-numbers": column(type="category", levels=[1, 2]), "levels-empty": column(type="category", levels=[]),
        "no-feature": {**base, "columns": [{"name": "y", "type": "number"}]}, "column-twice": {**base, "columns": [*base["columns"], {"name": "a", "type": "number"}]},
        "threshold-of-three": {**contract({"a": "number", "y": "category"}), "task": {"kind": "classification", "classes": ["a", "b", "c"], "threshold": 0.4}},
        "classes-twice": {**contract({"a": "number", "y": "category"}), "task": {"kind": "classification", "classes": ["a", "a"]}},
        "class-alone": {**contract({"a": "number", "y": "category"}), "task": {"kind": "classification", "classes": ["a"]}},
        "classes-of-text": {**contract({"a": "number", "y": "text"}), "task": {"kind": "classification"}},
    }
    for name, document in wrong.items():
        add(f"contract-{name}", data, document, refused="invalid-contract")
    left = [{"name": "a", "type": "number"}, {"name": "y", "type": "number", "required": False}]
    add("contract-target-that-may-be-missing", "a,y\n1,2\n3,\n", {**base, "columns": left}, rows=[[1, 2], [3, None]])
    add("contract-nulls", data, column(alias=None, min=None, max=None, expected=None, levels=None, when_missing=None), rows=[[1, 2]])
    add("contract-whole-numbers-as-fractions", data, column(min=0.0, max=5.0, allowed=[1.0]), rows=[[1, 2]])


def parquet(add, contract, numbers):
    def one(name, values, kind, of, expected=None, **verdict):
        array = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values, kind)
        rows = None if expected is None else [[value, y] for value, y in zip(expected, [1, 2], strict=True)]
        add(f"parquet-{name}", pa.table({"a": array, "y": Y}), of, rows=rows, **verdict)

    when = contract({"a": "datetime", "y": "number"})
    category, boolean = contract({"a": "category", "y": "number"}), contract({"a": "boolean", "y": "number"})
    one("decimal-thirds", [D("0.3"), D("0.7")], pa.decimal128(3, 1), numbers, [0.3, 0.7])
    one("decimal-awkward", [D("1.005"), D("123456789012.345")], pa.decimal128(18, 3), numbers, [1.005, 123456789012.345])
    one("decimal-long-scale", [D("0.12345678901234567890123456789012345678"), D(0)], pa.decimal128(38, 38), numbers, [0.12345678901234568, 0])
    one("decimal-256", [D("1234567890123456789012345678901234567890.5"), D("-0.25")], pa.decimal256(50, 2), numbers, [1.2345678901234568e39, -0.25])
    one("decimal-256-great", [D("9" * 60), D("-" + "9" * 60)], pa.decimal256(60, 0), numbers, [1e60, -1e60])
    one("decimal-as-integer", [D("5.00"), D("7.00")], pa.decimal128(5, 2), contract({"a": "integer", "y": "number"}), [5, 7])
    one("decimal-with-fraction-as-integer", [D("5.00"), D("7.10")], pa.decimal128(5, 2), contract({"a": "integer", "y": "number"}), refused="not-an-integer", row=2, column="a")
    one("dictionary-of-integers", pa.array([5, 7]).dictionary_encode(), None, numbers, [5, 7])
    one("dictionary-of-doubles", pa.array([0.5, None]).dictionary_encode(), None, contract(optional()), [0.5, None])
    one("dictionary-with-null", pa.array(["x", None]).dictionary_encode(), None, contract(optional("category")), ["x", None])
    one("dictionary-as-moments", pa.array(["1970-01-02", "1970-01-01"]).dictionary_encode(), None, when, [86400, 0])
    one("dictionary-small-index", pa.DictionaryArray.from_arrays(pa.array([1, 0], pa.int8()), pa.array(["u", "v"])), None, category, ["v", "u"])
    one("nothing-but-nulls", pa.nulls(2), None, contract(optional(when_missing={"constant": 0})), [None, None])
    one("nothing-but-nulls-required", pa.nulls(2), None, numbers, refused="missing-value", row=1, column="a")
    one("nothing-but-nulls-category", pa.nulls(2), None, contract(optional("category", levels=["x"], when_missing={"constant": "x"})), [None, None])
    one("nulls-of-doubles", [None, None], pa.float64(), contract(optional(when_missing={"constant": 0})), [None, None])
    one("nullable-integers", [None, 7], pa.int64(), contract(optional("integer")), [None, 7])
    one("nullable-booleans", [None, True], pa.bool_(), contract(optional("boolean")), [None, 1])
    one("signed-nothing", [-0.0, 5e-324], pa.float64(), numbers, [-0.0, 5e-324])
    one("float-tenth", [0.1, 1e-45], pa.float32(), numbers, [0.10000000149011612, 1.401298464324817e-45])
    one("float-infinity", [1.0, float("-inf")], pa.float32(), numbers, refused="not-finite", row=2, column="a")
    one("half-nan", [1.0, float("nan")], pa.float16(), contract(optional()), [1, None])
    one("uint32-great", [1, 2**32 - 1], pa.uint32(), numbers, [1, 4294967295])
    one("uint8-as-category", [1, 255], pa.uint8(), category, ["1", "255"])
    one("uint64-as-category", [1, 2**64 - 1], pa.uint64(), category, ["1", "18446744073709551615"])
    one("int8-as-category", [-128, 0], pa.int8(), category, ["-128", "0"])
    one("integers-as-category-with-marker", [-999, 5], pa.int64(), contract(optional("category"), missing=["-999"]), [None, "5"])
    words = contract({"a": {"type": "boolean", "true": ["1"], "false": ["2"]}, "y": "number"})
    one("boolean-of-codes", [1, 2], pa.int32(), words, [1, 0])
    one("boolean-of-booleans-with-words", [True, False], pa.bool_(), words, [1, 0])
    one("boolean-of-words", ["ja", "nein"], pa.string(), contract({"a": {"type": "boolean", "true": ["ja"], "false": ["nein"]}, "y": "number"}), [1, 0])
    one("boolean-of-doubles", [1.0, 0.0], pa.float64(), boolean, refused="column-type", column="a")
    one("boolean-of-bad-word", ["yes", "maybe"], pa.string(), boolean, refused="not-a-boolean", row=2, column="a")
    one("text-with-marker", ["NA", "x"], pa.string(), contract(optional("category"), missing=["NA"]), [None, "x"])
    one("text-view", pa.array(["x", "y"], pa.string_view()), None, category, ["x", "y"])
    one("text-blank", ["  ", " x "], pa.string(), contract(optional("category")), [None, " x "])
    for unit, scale in {"s": 1, "ms": 10**3, "us": 10**6}.items():
        one(f"moments-of-far-years-{unit}", pa.array([253402300800 * scale, -62135596801 * scale], pa.int64()).cast(pa.timestamp(unit)), None, when, [253402300800, -62135596801])
    one("moments-ns-fine", pa.array([1709209815123456789, -1], pa.int64()).cast(pa.timestamp("ns")), None, when, [1709209815.1234567, -1 + 0.999999999])
    one("moments-of-a-zone", pa.array([1709209800000, -2840144400000], pa.int64()).cast(pa.timestamp("ms", "Europe/Brussels")), None, when, [1709209800, -2840144400])
    one("moments-of-an-offset", pa.array([0, 3600000000], pa.int64()).cast(pa.timestamp("us", "+05:30")), None, when, [0, 3600])
    one("moments-null", [None, datetime.datetime(1970, 1, 2)], pa.timestamp("ms"), contract(optional("datetime")), [None, 86400])
    one("date-64", [datetime.date(1970, 1, 2), datetime.date(1960, 1, 1)], pa.date64(), when, [86400, -315619200])
    one("date-far", pa.array([2932896, -719162], pa.int32()).cast(pa.date32()), None, when, [253402214400, -62135596800])
    one("date-null", [None, datetime.date(1970, 1, 2)], pa.date32(), contract(optional("datetime")), [None, 86400])
    one("moment-as-category", [datetime.date(1970, 1, 2)] * 2, pa.date32(), category, refused="column-type", column="a")
    one("moments-of-bad-text", ["1970-01-02", "02.01.1970"], pa.string(), when, refused="not-a-datetime", row=2, column="a")
    one("doubles-as-moments", [1.0, 2.0], pa.float64(), when, refused="column-type", column="a")
    for unit in ["s", "ms", "us", "ns"]:
        one(f"duration-{unit}", pa.array([1, 2], pa.duration(unit)), None, numbers, refused="column-type", column="a")
    one("time-32", [datetime.time(1), datetime.time(2)], pa.time32("ms"), contract({"a": "integer", "y": "number"}), refused="column-type", column="a")
    one("time-as-moment", [datetime.time(1), datetime.time(2)], pa.time64("ns"), when, refused="column-type", column="a")
    one("list-of-texts", [["x"], []], pa.list_(pa.string()), category, refused="column-type", column="a")
    one("list-of-fixed-size", [[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float64(), 2), numbers, refused="column-type", column="a")
    one("large-list", [[1.0], None], pa.large_list(pa.float64()), numbers, refused="column-type", column="a")
    one("map", [[("k", 1.0)], []], pa.map_(pa.string(), pa.float64()), numbers, refused="column-type", column="a")
    one("struct-with-own-name", [{"a": 1.0}, {"a": 2.0}], pa.struct({"a": pa.float64()}), numbers, refused="column-type", column="a")
    one("bytes-of-fixed-size", [b"xy", b"zw"], pa.binary(2), numbers, refused="column-type", column="a")
    one("bytes-as-boolean", [b"1", b"0"], pa.binary(), boolean, refused="column-type", column="a")
    nested = pa.array([{"a": 5.0}, {"a": 6.0}], pa.struct({"a": pa.float64()}))
    add("parquet-nested-beside", pa.table({"s": nested, "a": Y, "y": Y}), numbers, rows=[[1, 1], [2, 2]])
    add("parquet-nested-only", pa.table({"s": nested, "y": Y}), numbers, refused="missing-column", column="a")
    add("parquet-name-with-point", pa.table({"s.a": Y, "y": Y}), contract({"s.a": "number", "y": "number"}), rows=[[1, 1], [2, 2]])
    add("parquet-name-twice", pa.Table.from_arrays([Y, Y, Y], ["a", "y", "a"]), numbers, refused="duplicate-column", column="a")
    add("parquet-name-of-no-interest-twice", pa.Table.from_arrays([Y, Y, Y, Y], ["a", "b", "y", "b"]), numbers, refused="duplicate-column", column="b")
    add("parquet-odd-name", pa.table({"##vso[x]\n\u00e4": Y, "y": Y}), contract({"##vso[x]\n\u00e4": "number", "y": "number"}), rows=[[1, 1], [2, 2]])


def parquet_writers(add, contract, numbers):
    plain = pa.table({"a": pa.array([1.5, None, -2.0] * 70), "y": pa.array([1.0, 2.0, 3.0] * 70)})
    rows = [[1.5, 1], [None, 2], [-2, 3]] * 70
    for codec in ["SNAPPY", "GZIP", "ZSTD", "LZ4", "BROTLI"]:
        add(f"parquet-in-{codec.lower()}", plain, contract(optional()), rows=rows, write={"compression": codec})
    add("parquet-pages-2", plain, contract(optional()), rows=rows, write={"data_page_version": "2.0", "compression": "ZSTD"})
    add("parquet-small-groups", plain, contract(optional()), rows=rows, write={"row_group_size": 50, "data_page_size": 64})
    add("parquet-without-dictionary", plain, contract(optional()), rows=rows, write={"use_dictionary": False})
    add("parquet-split-bytes", plain, contract(optional()), rows=rows, write={"use_dictionary": False, "use_byte_stream_split": ["a"]})
    add("parquet-of-version-1", plain, contract(optional()), rows=rows, write={"version": "1.0"})
    add("parquet-without-arrow-schema", plain, contract(optional()), rows=rows, write={"store_schema": False})
    texts = pa.table({"a": pa.array(["alpha", "alphabet", "beta"]), "y": pa.array([1, 2, 3])})
    named = [["alpha", 1], ["alphabet", 2], ["beta", 3]]
    for encoding in ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY", "PLAIN"]:
        add(f"parquet-texts-{encoding.lower().replace('_', '-')}", texts, contract({"a": "category", "y": "number"}), rows=named,
            write={"use_dictionary": False, "column_encoding": {"a": encoding, "y": "DELTA_BINARY_PACKED"}})
    days = [datetime.datetime(2024, 2, 29, 12, 30, 0, 250000), None, datetime.datetime(1969, 12, 31, 23, 59, 59)]
    early = pa.table({"a": pa.array(days, pa.timestamp("us")), "y": pa.array([1.0, 2.0, 3.0])})
    when = contract(optional("datetime"))
    add("parquet-int96", early, when, rows=[[1709209800.25, 1], [None, 2], [-1, 3]], write={"use_deprecated_int96_timestamps": True})
    far = [datetime.datetime(9999, 12, 31), datetime.datetime(1500, 1, 1), datetime.datetime(1, 1, 1)]
    add("parquet-int96-far", pa.table({"a": pa.array(far, pa.timestamp("us")), "y": pa.array([1.0, 2.0, 3.0])}), when,
        rows=[[253402214400, 1], [-14831769600, 2], [-62135596800, 3]], write={"use_deprecated_int96_timestamps": True})
    add("parquet-int96-as-number", early, contract(optional()), refused="column-type", column="a", write={"use_deprecated_int96_timestamps": True})
    marked = pa.table({"a": pa.array([1, 2]), "y": Y}).replace_schema_metadata({"ARROW:schema": "no base64 !", "pandas": "{"})
    add("parquet-broken-arrow-schema", marked, numbers, rows=[[1, 1], [2, 2]], write={"store_schema": False})
    add("parquet-cut-short", b"PAR1" + b"\x00" * 40, numbers, refused="not-parquet", suffix="parquet")
    add("parquet-that-is-csv", "a,y\n1,2\n", numbers, refused="not-parquet", suffix="parquet")
    add("parquet-of-nothing", b"", numbers, refused="not-parquet", suffix="parquet")
