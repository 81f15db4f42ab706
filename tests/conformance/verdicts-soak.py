"""Random files and bodies in both runtimes: verdicts-soak.py PACKAGE PROGRAMS BODIES WORK SEED SEEDS. See verdicts-soak.sh."""
import http.client
import importlib
import json
import pathlib
import random
import re
import subprocess
import sys

package, programs, bodies, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[4])
seed, seeds = int(sys.argv[5]), int(sys.argv[6])
contract, features, table = (importlib.import_module(f"{package}.{name}") for name in ("contract", "features", "table"))
Decoder = importlib.import_module(f"{package}.score.request").Decoder
Problem = importlib.import_module(f"{package}.score.problems").Problem
FILES, BODIES = 1_000, 4_000
CELLS = ["1", "2.5", "-3", "1e3", "", "  ", "NA", "x", "nan", "inf", "1,5", "1.5", " 7 ", "\t8", "007", "1e400", '"4"', '"a,b"', '"q""q"', '"multi\nline"', '"6"x', '5"',
         "true", "yes", "no", "2024-01-01", "2024-13-01", "\ufeff1", "ä", "'9'", "-", "+", "1_0", "1 2", "\x00", "#", "9007199254740993", "5e-324", "2024-02-29T12:30:15.5Z"]
GOOD = {"number": ["1", "2.5", "-3e2", " 4 ", "+5"], "integer": ["1", "2", "3.0"], "boolean": ["yes", "no", "1", "true"], "category": ["u", "v", '"w,x"', "ä"],
        "datetime": ["2024-01-01", "2024-01-01T10:00:00Z"]}


def file(chance):
    """Bytes of a CSV file, and a contract that it may keep to."""
    mark, end = chance.choice([",", ";", "\t", "|"]), chance.choice(["\n", "\r\n", "\r", "\n\n"])
    names = [*["a", "b", "c"][: chance.randint(1, 3)], "y"]
    kinds = {name: chance.choice(list(GOOD)) for name in names[:-1]}
    header = chance.sample(names, len(names)) if chance.random() < 0.3 else list(names)
    if chance.random() < 0.2:
        header.insert(chance.randrange(len(header) + 1), "extra")
    odd = chance.choice([0, 0, 0.02, 0.1])
    lines = [mark.join(header)]
    for _ in range(chance.randint(0, 40)):
        row = [chance.choice(CELLS if chance.random() < odd else GOOD[kinds.get(name, "number")]) for name in header]
        if chance.random() < odd / 5:
            row = row[:-1] if chance.random() < 0.5 else [*row, "9"]
        if chance.random() < odd / 8:
            row[0] = '"' + row[0].strip('"')
        lines.append(mark.join(row))
    text = end.join(lines) + (end if chance.random() < 0.8 else "")
    encoding = chance.choice(["utf-8", "utf-8", "utf-8", "windows-1252", "utf-16"])
    raw = text.encode({"windows-1252": "cp1252"}.get(encoding, encoding), "replace")
    if chance.random() < 0.1:
        raw = b"\xef\xbb\xbf" + raw
    if chance.random() < 0.05 and raw:
        at = chance.randrange(len(raw))
        raw = raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]
    decimal = "." if mark == "," or chance.random() < 0.7 else ","
    columns = [{"name": name, "type": kinds.get(name, "number"), "required": chance.random() < 0.5} for name in names]
    document = {"version": 2, "target": "y", "csv": {"delimiter": mark, "decimal": decimal, "encoding": encoding}, "missing": chance.choice([[], ["NA", "-"]]),
                "columns": columns, "holdout": {"fraction": 0.0, "seed": 0}}
    return raw, document


def files(number):
    """How many of random files the runtimes judge differently."""
    chance, differ = random.Random(number), 0
    for _ in range(FILES):
        raw, document = file(chance)
        data, rules = work / "data.csv", work / "contract.json"
        data.write_bytes(raw)
        rules.write_text(json.dumps(document))
        try:
            table.read(data, contract.parse(document))
            here = None
        except table.DataError as error:
            here = (error.kind, error.row, error.column)
        call = [programs / "train", "--data", data, "--contract", rules, "--alpha", "1", "--output", work / "model"]
        told = subprocess.run(call, capture_output=True, text=True).stderr
        # What is said of the file is said with its name; all else is the fit's.
        there = (re.search(r"row (\d+)", told), re.search(r"columns? (?:named )?'([^']*)'", told)) if str(data) in told else None
        same = (here is None) == (there is None)
        if same and here:
            row, column = here[1], here[2]
            same = row in (None, int(there[0][1]) if there[0] else None) and column in (None, there[1][1] if there[1] else None)
        if not same:
            differ += 1
            print(f"seed {number}: Python {here}, Rust {told.strip()[-300:]}\n  {raw[:400]!r}\n  {json.dumps(document)}")
    return differ


TYPED = [{"name": "age (y)", "alias": "age", "type": "integer", "required": False, "when_missing": "mean"}, {"name": "plan", "type": "category", "levels": ["basic", "pro", "1.5", "7", "true"]},
         {"name": "active", "type": "boolean", "required": False}, {"name": "signed", "type": "datetime", "required": False}]
PLAIN = [{"name": "a", "type": "number"}, {"name": "b", "type": "number"}]
TYPED_ROWS = [f"{20 + n},{['basic', 'pro', '1.5', '7', 'true'][n % 5]},{['yes', 'no'][n % 2]},1970-01-0{n % 9 + 1}" for n in range(30)]
PIECES = ['"a"', '"data"', '"columns"', "1", "2.5", "null", "true", "[", "]", "{", "}", ",", ":", '"plan"', '"pro"', '"inputs"', "-1", "1e3", '"1970-01-02"', '""', "[]", "{}", '"index"', "0", "\\", '"', " ", "é"]


def server(name, columns, rows):
    """A served model, a connection to it, and Python's reader for the same features."""
    document = {"version": 2, "target": "y", "columns": [*columns, {"name": "y", "type": "number"}], "holdout": {"fraction": 0.0, "seed": 0}}
    data, rules = work / f"{name}.csv", work / f"{name}.json"
    header = ",".join(column["name"] for column in columns)
    data.write_text(f"{header},y\n" + "".join(f"{row},{at * 1.5}\n" for at, row in enumerate(rows)))
    rules.write_text(json.dumps(document))
    subprocess.run([programs / "train", "--data", data, "--contract", rules, "--alpha", "1", "--output", work / name], check=True, capture_output=True)
    settings = {"SCORE_MODEL": str(work / name), "SCORE_LISTEN": "127.0.0.1:0", "SCORE_MAX_ROWS": "8"}
    log = (work / f"{name}.log").open("w+")
    process = subprocess.Popen([programs / "score"], env=settings, stdout=log, stderr=log)
    port = None
    while port is None and process.poll() is None:
        port = re.search(r"127\.0\.0\.1:(\d+)", (work / f"{name}.log").read_text())
    known = contract.parse(document)
    return process, http.client.HTTPConnection("127.0.0.1", int(port[1])), Decoder(features.fit(table.read(data, known), known), False, 8)


def changed(chance, text, as_json):
    """A body with a few changes, of its text or of what it says."""
    if as_json and chance.random() < 0.5:
        try:
            return json.dumps(altered(chance, json.loads(text)))
        except (ValueError, RecursionError):
            pass
    for _ in range(chance.randint(1, 2)):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + text[at + 1 :] if chance.random() < 0.4 else text[:at] + chance.choice(PIECES) + text[at:]
    return text


def altered(chance, value):
    if isinstance(value, list):
        value = [altered(chance, item) for item in value]
        if value and chance.random() < 0.15:
            value.pop(chance.randrange(len(value)))
        if chance.random() < 0.1:
            value.insert(chance.randrange(len(value) + 1), chance.choice([1, None, "x", True, [1], {}, 2.5, "pro"]))
    elif isinstance(value, dict):
        value = {name: altered(chance, item) for name, item in value.items() if chance.random() > 0.08}
        if chance.random() < 0.08:
            value[chance.choice(["a", "zz", "plan", "data", "index", "params", "id", "columns"])] = chance.choice([1, None, [], {}, ["a", "b"], [[1, 2]]])
    elif chance.random() < 0.08:
        value = chance.choice([1, None, "x", True, 2.5, [], {}, 1e300, -0.0])
    return value


def ask(connection, body, kind):
    """The code of the server's problem, or None."""
    for _ in range(3):
        try:
            connection.request("POST", "/score", body, {"content-type": kind})
            answer = connection.getresponse()
            said = answer.read()
            return None if answer.status == 200 else json.loads(said)["code"]
        except (http.client.HTTPException, OSError):
            # A connection ends where a body was refused before it was read.
            connection.close()
    raise RuntimeError("the server does not answer")


def many_bodies(number, servers):
    """How many of random bodies the servers judge differently."""
    chance, differ, known = random.Random(number), 0, json.loads(bodies.read_text())
    for _ in range(BODIES):
        case = chance.choice(known)
        text = bytes.fromhex(case["body_hex"]).decode("utf-8", "surrogateescape") if "body_hex" in case else case["body"]
        kind = case["content_type"] or "application/json"
        if len(text) > 3_000:
            continue
        body = changed(chance, text, kind.startswith("application/json")).encode("utf-8", "surrogateescape")
        for process, connection, decoder in servers:
            assert process.poll() is None, "the server has ended"
            there = ask(connection, body, kind)
            try:
                decoder.decode(body, kind)
                here = None
            except Problem as problem:
                here = problem.code
            if here != there and (here, there) != (None, "prediction-overflow"):
                differ += 1
                print(f"seed {number}: Python {here}, Rust {there}: {kind} {body[:300]!r}")
    return differ


wrong = 0
served = [server("plain", PLAIN, [f"{n},{n * n % 7}" for n in range(30)]), server("typed", TYPED, TYPED_ROWS)]
try:
    for one in range(seed, seed + seeds):
        found = files(one), many_bodies(one, served)
        wrong += sum(found)
        print(f"seed {one}: {FILES} files, {found[0]} differ; {BODIES} bodies for two models, {found[1]} differ", flush=True)
finally:
    for process, *_ in served:
        process.kill()
sys.exit(1 if wrong else 0)
