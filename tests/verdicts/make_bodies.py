"""Writes `bodies.json`: request bodies, and the one thing that every server must make of each: rows, or a problem's code.

Expectations stand here by hand. A model is a list of features; `fill` is what stands for a value that is missing.
"""

from __future__ import annotations

import json
from pathlib import Path

PLAIN = [{"name": "a", "type": "number"}, {"name": "b", "type": "number"}]
TYPED = [
    {"name": "age (y)", "alias": "age", "type": "integer", "fill": 40.0},
    {"name": "plan", "type": "category", "levels": ["basic", "pro", "1.5", "7", "true"]},
    {"name": "active", "type": "boolean", "fill": 0.0},
    {"name": "signed", "type": "datetime", "fill": 0.0},
]
WORDS = [
    {"name": "code", "type": "boolean", "true": ["2"], "false": ["1"]},
    {"name": "said", "type": "boolean", "true": ["ja"], "false": ["nein"]},
    {"name": "x", "type": "number", "fill": 5.0},
]
LEVELS = [{"name": "u", "type": "category", "levels": ["p", "q"]}, {"name": "v", "type": "category", "levels": ["r", "s"], "fill": "s"}]
SPACED = [{"name": " a ", "type": "number"}, {"name": "b", "type": "number"}]
ONE = [[1, 2]]
CASES: list[dict] = []


def add(name, body, model=PLAIN, *, rows=None, code=None, kind="application/json", answer=None, ignore=False):
    """A case; a body that is no text or bytes is written as JSON."""
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    data = {"body_hex": text.hex()} if isinstance(text, bytes) else {"body": text}
    expected = {"code": code} if code else {"rows": rows, "answer": answer or "result"}
    assert not any(case["name"] == name for case in CASES), name
    CASES.append({"name": name, "model": model, "ignore_unknown": ignore, "content_type": kind, **data, "expected": expected})


def tensor(name, data, shape=None, datatype="FP64", **more):
    return {"name": name, "shape": shape or [len(data)], "datatype": datatype, "data": data, **more}


# ---- what clients send ----------------------------------------------------------------------------------------------
add("rows", {"data": [[1, 2.5], [-3, 4e2]]}, rows=[[1, 2.5], [-3, 400]])
add("rows-with-columns", {"columns": ["b", "a"], "data": [[2, 1]]}, rows=ONE)
add("columns-after-data", '{"data":[[2,1]],"columns":["b","a"]}', rows=ONE)
add("records", {"data": [{"b": 2, "a": 1}]}, rows=ONE)
add("azure-ml", {"input_data": {"columns": ["a", "b"], "index": [0], "data": [[1, 2]]}}, rows=ONE)
add("azure-ml-rows", {"input_data": [[1, 2]]}, rows=ONE)
add("azure-ml-records", {"input_data": [{"a": 1, "b": 2}]}, rows=ONE)
add("azure-ml-params", {"input_data": {"columns": ["a", "b"], "data": [[1, 2]]}, "params": {}}, rows=ONE)
add("split", {"dataframe_split": {"columns": ["b", "a"], "index": ["x"], "data": [[2, 1]]}}, rows=ONE, answer="predictions")
add("split-without-columns", {"dataframe_split": {"data": [[1, 2]]}}, rows=ONE, answer="predictions")
add("split-params-null", {"dataframe_split": {"data": [[1, 2]]}, "params": None}, rows=ONE, answer="predictions")
add("split-params", {"dataframe_split": {"data": [[1, 2]]}, "params": {"k": 1}}, code="unknown-member")
add("dataframe-records", {"dataframe_records": [{"a": 1, "b": 2}]}, rows=ONE, answer="predictions")
add("instances", {"instances": [[1, 2]]}, rows=ONE, answer="predictions")
add("instances-records", {"instances": [{"a": 1, "b": 2}]}, rows=ONE, answer="predictions")
add("inputs-rows", {"inputs": [[1, 2]]}, rows=ONE, answer="predictions")
add("inputs-columns", {"inputs": {"b": [2, 4], "a": [1, 3]}}, rows=[[1, 2], [3, 4]], answer="predictions")
add("tensor", {"inputs": [tensor("input-0", [1, 2, 3, 4], [2, 2])]}, rows=[[1, 2], [3, 4]], answer="tensors")
add("tensor-nested", {"inputs": [tensor("x", [[1, 2], [3, 4]], [2, 2])]}, rows=[[1, 2], [3, 4]], answer="tensors")
add("tensors", {"id": "7", "inputs": [tensor("b", [2]), tensor("a", [1], [1, 1])], "outputs": []}, rows=ONE, answer="tensors")
add("tensor-parameters", {"inputs": [tensor("x", [1, 2], [1, 2], parameters={"content_type": "np"})], "parameters": {}}, rows=ONE, answer="tensors")
add("csv", "a,b\n1,2\n", rows=ONE, kind="text/csv")
add("csv-without-header", "1,2\r\n3,4\r\n", rows=[[1, 2], [3, 4]], kind="text/csv")
add("csv-mark", "\ufeffb,a\n2,1\n", rows=ONE, kind="text/csv")
add("csv-quoted", '"a","b"\n"1","2"\n', rows=ONE, kind="text/csv; charset=utf-8")
add("csv-header-said", "b,a\n2,1\n", rows=ONE, kind="text/csv;header=present")
add("csv-blank-lines", "\n1,2\n\n\n3,4\n", rows=[[1, 2], [3, 4]], kind="text/csv")
add("csv-spaces", "a, b\n 1 ,\t2\n", rows=ONE, kind="text/csv")
add("no-content-type", {"data": [[1, 2]]}, rows=ONE, kind=None)
add("json-charset", {"data": [[1, 2]]}, rows=ONE, kind='Application/JSON; charset="UTF-8"')
add("json-ascii", {"data": [[1, 2]]}, rows=ONE, kind="application/json; charset=us-ascii")
add("json-text", {"data": [[1, 2]]}, rows=ONE, kind="text/json")
add("json-suffix", {"data": [[1, 2]]}, rows=ONE, kind="application/vnd.contoso+json")
add("spaces", '\n{ "data" :\t[ [ 1 , 2 ] ] }\r\n', rows=ONE)
add("escaped-member", '{"d\\u0061ta":[[1,2]]}', rows=ONE)
add("numbers", '{"data":[[1E+2,-0.0],[5e-324,1.7976931348623157e308],[9007199254740993,0.1]]}',
    rows=[[100, -0.0], [5e-324, 1.7976931348623157e308], [9007199254740992, 0.1]])
TYPED_ROW = [33, "pro", True, "1970-01-02"]
GOT = [[33, "pro", 1, 86400]]
add("typed", {"data": [TYPED_ROW]}, TYPED, rows=GOT)
add("typed-records-by-alias", {"data": [{"age": 33, "plan": "pro", "active": True, "signed": "1970-01-02T00:00:00Z"}]}, TYPED, rows=GOT)
add("typed-records-left-out", {"data": [{"plan": "pro"}]}, TYPED, rows=[[None, "pro", None, None]])
add("typed-null", {"data": [[None, "pro", None, None]]}, TYPED, rows=[[None, "pro", None, None]])
add("typed-words", {"data": [[33, "pro", "yes", " 1970-01-02 "]]}, TYPED, rows=GOT)
add("typed-word-with-spaces", {"data": [[33, "pro", " yes ", 86400]]}, TYPED, rows=GOT)
add("typed-number-as-level", {"data": [[33, 7, 1, 86400], [33, 7.0, 1, 86400]]}, TYPED, rows=[[33, "7", 1, 86400]] * 2)
add("typed-fraction-as-level", {"data": [[33, 1.5, 1, 86400]]}, TYPED, rows=[[33, "1.5", 1, 86400]])
add("typed-boolean-as-level", {"data": [[33, True, 1, 86400]]}, TYPED, rows=[[33, "true", 1, 86400]])
add("typed-whole-number", {"data": [[33.0, "pro", 1.0, 86400.5]]}, TYPED, rows=[[33, "pro", 1, 86400.5]])
add("typed-csv", "signed,plan,age (y),active\n1970-01-02,pro,33,yes\n,basic,,\n", TYPED, rows=[*GOT, [None, "basic", None, None]], kind="text/csv")
add("typed-csv-blank-cell", "  ,pro, ,\t\n", TYPED, rows=[[None, "pro", None, None]], kind="text/csv")
add("typed-tensors", {"inputs": [tensor("age", [33]), tensor("plan", ["pro"], datatype="BYTES"), tensor("active", [True], datatype="BOOL"), tensor("signed", ["1970-01-02"], datatype="BYTES")]},
    TYPED, rows=GOT, answer="tensors")
add("words-codes", {"data": [[2, 1, 0], [1, 0, 0], ["2", "ja", 0], [True, False, 0]]}, WORDS, rows=[[1, 1, 0], [0, 0, 0], [1, 1, 0], [1, 0, 0]])
add("levels-csv-without-header", "p,r\nq,\n", LEVELS, rows=[["p", "r"], ["q", None]], kind="text/csv")
add("levels-csv-header", "v,u\nr,p\n", LEVELS, rows=[["p", "r"]], kind="text/csv")
add("levels-empty-text", {"data": [["p", ""]]}, LEVELS, rows=[["p", None]])
add("ignored-column", {"data": [{"a": 1, "id": "x", "b": 2, "more": [1]}]}, rows=ONE, ignore=True)
add("ignored-column-by-name", {"columns": ["id", "b", "a"], "data": [["x", 2, 1]]}, rows=ONE, ignore=True)
add("ignored-csv", "id,a,b\nx,1,2\n", rows=ONE, kind="text/csv", ignore=True)
add("csv-name-with-spaces", " a ,b\n1,2\n", SPACED, rows=ONE, kind="text/csv")

# ---- what is wrong --------------------------------------------------------------------------------------------------
for number, text in enumerate(["", " ", "{", '{"data":[[1,2]]', '{"data":[[1,2]]}}', '{"data":[[1,2],]}', "{'data':[[1,2]]}", '{"data":[[1,NaN]]}', '{"data":[[1,Infinity]]}', '{"data":[[1,-Infinity]]}',
                               '{"data":[[01,2]]}', '{"data":[[+1,2]]}', '{"data":[[.5,2]]}', '{"data":[[1.,2]]}', '{"data":[[1e400,2]]}', '{"data":[[1,-1e999]]}', '{"data":[[1' + "0" * 400 + ',2]]}',
                               '{"data":[[0x1,2]]}', '{"data":[[1,2]]}x', '\ufeff{"data":[[1,2]]}', '{data:[[1,2]]}', '{"data":[[1 2]]}', '{"data":[["\n",2]]}', '{"data":[["\\x",2]]}', "[" * 5_000,
                               '{"data":[[True,2]]}', '// x\n{"data":[[1,2]]}', '{"data":[["\\ud800",2]]}']):
    add(f"no-json-{number}", text, code="malformed-json")
add("no-utf-8", b'{"data":[["\xff",1]]}', code="malformed-json")
add("utf-16", '{"data":[[1,2]]}'.encode("utf-16"), code="malformed-json")
add("gzip", b"\x1f\x8b\x08\x00\x00", code="malformed-json")
for number, document in enumerate([None, 1, '"x"', True, [], [[1, 2]], {}, {"data": None}, {"data": 1}, {"data": "x"}, {"data": {}}, {"data": {"a": [1], "b": [2]}}, {"data": [1, 2]}, {"data": ["x"]}, {"data": [None]},
                                   {"columns": ["a", "b"]}, {"columns": "a", "data": [[1, 2]]}, {"columns": [1, 2], "data": [[1, 2]]}, {"columns": None, "data": [[1, 2]]},
                                   {"data": [[1, 2], {"a": 1, "b": 2}]}, {"data": [{"a": 1, "b": 2}, [1, 2]]}, {"columns": ["a", "b"], "data": [{"a": 1, "b": 2}]}, {"input_data": None}, {"input_data": {"columns": ["a", "b"]}},
                                   {"input_data": {"columns": "a", "data": [[1, 2]]}}, {"dataframe_split": 1}, {"dataframe_split": {}}, {"dataframe_records": {"a": 1}}, {"instances": {"a": [1], "b": [2]}}, {"inputs": 1},
                                   {"inputs": {"a": 1, "b": 2}}, {"inputs": {"a": [1, 2], "b": [1]}}, {"params": {}}]):
    add(f"no-rows-{number}", document, code="wrong-shape")
add("data-twice", '{"data":[[1,2]],"data":[[1,2]]}', code="wrong-shape")
add("columns-twice", '{"columns":["a","b"],"columns":["a","b"],"data":[[1,2]]}', code="wrong-shape")
add("input-data-twice", '{"input_data":[[1,2]],"input_data":[[1,2]]}', code="wrong-shape")
for number, document in enumerate([{"rows": [[1, 2]]}, {"Data": [[1, 2]]}, {"data": [[1, 2]], "method": "predict"}, {"data": [[1, 2]], "params": {}}, {"data": [[1, 2]], "instances": [[1, 2]]}, {"instances": [[1, 2]], "inputs": [[1, 2]]},
                                   {"columns": ["a", "b"], "rows": [[1, 2]]}, {"input_data": {"columns": ["a", "b"], "data": [[1, 2]], "dtype": "x"}}, {"input_data": {"data": [[1, 2]], "index": 0}}, {"dataframe_split": {"data": [[1, 2]], "schema": {}}},
                                   {"instances": [[1, 2]], "signature_name": "serving_default"}, {"inputs": [tensor("x", [1, 2], [1, 2])], "model": "m"}, {"inputs": [tensor("x", [1, 2], [1, 2])], "id": 7}]):
    add(f"unknown-member-{number}", document, code="unknown-member")
for number, document in enumerate([{"data": []}, {"columns": ["a", "b"], "data": []}, {"input_data": []}, {"instances": []}, {"dataframe_records": []}, {"inputs": []}, {"inputs": {"a": [], "b": []}}, {"dataframe_split": {"columns": ["a", "b"], "data": []}}]):
    add(f"empty-{number}", document, code="empty-input")
for number, text in enumerate(["", "\n\n", "a,b\n", "\ufeff"]):
    add(f"empty-csv-{number}", text, code="empty-input", kind="text/csv")
for number, document in enumerate([{"data": [[1]]}, {"data": [[1, 2, 3]]}, {"data": [[]]}, {"data": [[1, 2], [1]]}, {"columns": ["a", "b"], "data": [[1]]}, {"data": [["x"]]}, {"instances": [[1, 2, 3]]}]):
    add(f"width-{number}", document, code="wrong-width")
add("width-csv", "1,2\n1,2,3\n", code="wrong-width", kind="text/csv")
add("width-csv-short", "a,b\n1\n", code="wrong-width", kind="text/csv")
for number, document in enumerate([{"data": [{"a": 1, "c": 2}]}, {"columns": ["a", "c"], "data": [[1, 2]]}, {"columns": ["a", "b", "c"], "data": [[1, 2, 3]]}, {"columns": ["a", "c"], "data": []}, {"data": [{"A": 1, "b": 2}]}, {"inputs": {"a": [1], "c": [1]}},
                                   {"inputs": [tensor("a", [1]), tensor("c", [1])]}, {"columns": ["a", "c"], "data": [["x", 1]]}]):
    add(f"unknown-column-{number}", document, code="unknown-column")
add("unknown-column-csv", "a,c\n1,2\n", code="unknown-column", kind="text/csv")
add("unknown-column-csv-said", "1,2\n", code="unknown-column", kind="text/csv; header=present")
for number, document in enumerate([{"data": [{"a": 1}]}, {"columns": ["a"], "data": [[1]]}, {"data": [{}]}, {"columns": [], "data": [[]]}, {"inputs": {"a": [1]}}, {"inputs": {}}, {"inputs": [tensor("a", [1])]}]):
    add(f"missing-column-{number}", document, code="missing-column")
for number, text in enumerate(['{"data":[{"a":1,"a":1,"b":2}]}', '{"columns":["a","a"],"data":[[1,2]]}', '{"inputs":{"a":[1],"a":[1],"b":[1]}}']):
    add(f"column-twice-{number}", text, code="duplicate-column")
add("column-and-alias", {"data": [{"age": 1, "age (y)": 1, "plan": "pro"}]}, TYPED, code="duplicate-column")
add("column-twice-csv", "a,a\n1,2\n", code="duplicate-column", kind="text/csv")
add("tensor-twice", {"inputs": [tensor("a", [1]), tensor("a", [1]), tensor("b", [1])]}, code="duplicate-column")
for number, cell in enumerate(["1", "x", "", True, False, [1], {}, {"v": 1}, []]):
    add(f"no-number-{number}", {"data": [[cell, 2]]}, code="wrong-type")
add("no-number-in-record", {"data": [{"a": "1", "b": 2}]}, code="wrong-type")
add("no-number-csv", "1,x\n", code="wrong-type", kind="text/csv")
for number, row in enumerate([["33", "pro", True, 0], [33.5, "pro", True, 0], [True, "pro", True, 0], [33, ["pro"], True, 0], [33, "pro", 2, 0], [33, "pro", "maybe", 0], [33, "pro", -1, 0], [33, "pro", True, "soon"], [33, "pro", True, True],
                              [33, "pro", True, "02.01.1970"], [33, "pro", "", 0], [33, "pro", True, ""]]):
    add(f"typed-wrong-{number}", {"data": [row]}, TYPED, code="wrong-type")
add("typed-wrong-csv", "33.5,pro,yes,1970-01-02\n", TYPED, code="wrong-type", kind="text/csv")
add("words-wrong", {"data": [[0, "ja", 1]]}, WORDS, code="wrong-type")
add("words-wrong-text", {"data": [["yes", "ja", 1]]}, WORDS, code="wrong-type")
for number, level in enumerate(["gold", "PRO", "pro ", 8, 2.5, False]):
    add(f"unknown-level-{number}", {"data": [[33, level, True, 0]]}, TYPED, code="unknown-level")
add("missing-value", {"data": [[None, 2]]}, code="missing-value")
add("missing-value-in-record", {"data": [{"a": None, "b": 2}]}, code="missing-value")
add("missing-value-csv", "1,\n", code="missing-value", kind="text/csv")
add("missing-level", {"data": [[33, None, True, 0]]}, TYPED, code="missing-value")
add("missing-level-as-text", {"data": [[33, "", True, 0]]}, TYPED, code="missing-value")
for number, text in enumerate(["1,nan\n", "1,Infinity\n", "1,1e400\n", "-inf,1\n"]):
    add(f"not-finite-{number}", text, code="not-finite", kind="text/csv")
add("too-many-rows", {"data": [[1, 2]] * 9}, code="too-many-rows")
add("too-many-rows-typed", {"data": [TYPED_ROW] * 9}, TYPED, code="too-many-rows")
add("too-many-rows-csv", "1,2\n" * 9, code="too-many-rows", kind="text/csv")
for number, kind in enumerate(["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/octet-stream", "json", "text/csvx"]):
    add(f"other-type-{number}", {"data": [[1, 2]]}, code="unsupported-media-type", kind=kind)
for number, kind in enumerate(["application/json; charset=utf-16", "text/csv; charset=latin1", "application/json;charset=ISO-8859-1"]):
    add(f"other-charset-{number}", {"data": [[1, 2]]}, code="unsupported-charset", kind=kind)
add("csv-no-utf-8", b"1,\xff\n", code="malformed-csv", kind="text/csv")
for number, given in enumerate([{"name": "x", "datatype": "FP64", "data": [1, 2]}, {"shape": [1, 2], "datatype": "FP64", "data": [1, 2]}, tensor("x", [1, 2], [1, 3]), tensor("x", [1, 2], [-1, 2]), tensor("x", [1, 2], ["1", 2]),
                                tensor("x", [1, 2], [2, 1, 1]), {**tensor("x", [1, 2], [1, 2]), "data": 1}, tensor("x", [1, 2], [1, 2], more=1), {"name": 1, "shape": [1, 2], "datatype": "FP64", "data": [1, 2]}]):
    add(f"tensor-wrong-{number}", {"inputs": [given]}, code="wrong-shape")
add("tensor-second-is-none", {"inputs": [tensor("a", [1]), 5]}, code="wrong-shape")
add("tensor-of-texts", {"inputs": [tensor("x", ["1", "2"], [1, 2], "BYTES")]}, code="wrong-type")


def main() -> None:
    text = ",\n".join(json.dumps(case, ensure_ascii=True) for case in CASES)
    Path(__file__).with_name("bodies.json").write_text(f"[\n{text}\n]\n", encoding="utf-8")
    print(f"{len(CASES)} bodies")


if __name__ == "__main__":
    main()
