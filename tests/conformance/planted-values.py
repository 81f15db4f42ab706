"""What secrets.sh needs to know and to count: the planted values, the test binaries, and what is in an output.

usage: planted-values.py literals
       planted-values.py binaries BUILT.JSON PACKAGE
       planted-values.py output PACKAGE FILE
"""

import base64
import json
import mmap
import pathlib
import re
import sys
import urllib.parse

PLANTED = pathlib.Path("devops-client/tests/common/planted.rs")
CERTIFICATES = pathlib.Path("devops-client/tests/data").glob("*.pem")
# What the trace of a suite must hold, and how many lines at least: without it, nothing found would mean nothing.
EXPECTED = {
    "devops-client": (50_000, ["azure_devops{method=", "repeating a call", "the answer was lost", "paced",
                                "carried out", "SignIn", "hyper_util::client"]),
    "devops-emulator": (3_000, ["axum::serve", "hyper_util::client", "reqwest::connect"]),
}
# A literal in these places is a secret that nobody searches for.
SECRET = [
    re.compile(r"""(?:Credential::(?:pat|bearer|access_token)|Secret::new|Variable::secret|\.token|\.bearer_auth|Account::new)\(\s*"[^"]{2}"""),
    re.compile(r"""\btoken(?:: | = )"[^"]*"\.to_owned"""),
    re.compile(r""""(?:secret|basicAuthPassword|servicePrincipalKey)": "[^"]"""),
    re.compile(r'''"value": "[^"]*", "isSecret": true'''),
    re.compile(r"""\.secret\("[^"]*", "[^"]*", ""?[^)]"""),
    re.compile(r"""\.user\([^)]*"\s*,?\s*\)"""),
]
TESTED = ["devops-client/tests", "devops-client/src", "devops-client/emulator/tests", "devops-client/emulator/src"]


def planted():
    """The values that start with the mark, by the name of their constant."""
    text = PLANTED.read_text()
    found = dict(re.findall(r'pub const (\w+): &str = ("(?:[^"\\]|\\.)*");', text))
    values = {name: json.loads(literal) for name, literal in found.items() if name != "MARK"}
    mark = json.loads(found["MARK"])
    assert len(values) >= 6 and all(value.startswith(mark) for value in values.values()), found
    for file in CERTIFICATES:
        key = file.read_text().split("-----BEGIN PRIVATE KEY-----")[1].split("-----END")[0].split()
        values |= {f"{file.name}:{n}": line for n, line in enumerate(key) if len(line) == 64}
    return values


def encodings(value):
    """The forms of a value that can be searched for. Base64 comes in three, by where in a longer text the value
    stands (`:value`, `user:value`): in each, the part that depends on the value alone."""
    raw = value.encode()
    forms = {"plain": value}
    forms["JSON"] = json.dumps(value, ensure_ascii=False)[1:-1]
    forms["JSON in ASCII"] = json.dumps(value)[1:-1]
    forms["JSON in JSON"] = json.dumps(forms["JSON"], ensure_ascii=False)[1:-1]
    forms["percent"] = urllib.parse.quote(value, safe="")
    forms["percent as a path"] = urllib.parse.quote(value)
    forms["form"] = urllib.parse.quote_plus(value)
    forms["hexadecimal"] = raw.hex()
    for shift in range(3):
        before = -shift % 3
        kept = raw[before:]
        kept = kept[: len(kept) // 3 * 3]
        forms[f"base64 after {shift}"] = base64.b64encode(kept).decode()
        forms[f"base64 for addresses after {shift}"] = base64.urlsafe_b64encode(kept).decode()
    return forms


def found(path, values):
    """Which values are in a file, each with the name of its encoding and the line."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        for name, value in values.items():
            for encoding, form in encodings(value).items():
                at = text.find(form.encode())
                if at >= 0:
                    yield name, encoding, text[:at].count(b"\n") + 1


def literals():
    bad = []
    for folder in TESTED:
        for file in sorted(pathlib.Path(folder).rglob("*.rs")):
            text = file.read_text()
            start = 0 if "/tests/" in str(file) else text.find("#[cfg(test)]\nmod tests")
            if start < 0:
                continue
            for pattern in SECRET:
                for match in pattern.finditer(text, start):
                    bad.append(f"{file}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()!r}")
    if bad:
        sys.exit("secrets that are not of planted.rs, so that nobody would search for them:\n" + "\n".join(bad))


def binaries(built, package):
    rows = set()
    for line in open(built):
        message = json.loads(line)
        if message["reason"] == "compiler-artifact" and message["profile"]["test"] and message["executable"]:
            manifest = pathlib.Path(message["manifest_path"])
            if re.search(rf'^name = "{re.escape(package)}"$', manifest.read_text(), re.M):
                rows.add(f"{manifest.parent}\t{message['executable']}")
    if not rows:
        sys.exit(f"no test binary of {package} was built")
    print("\n".join(sorted(rows)))


def output(package, path):
    values = planted()
    with open(path, "rb") as file:
        text = file.read()
    lines = text.count(b"\n")
    least, expected = EXPECTED.get(package, (1_000, []))
    missing = [part for part in expected if part.encode() not in text]
    if lines < least or missing:
        sys.exit(f"{package}: the trace is not there: {lines} lines of at least {least}, without {missing}")
    # The search finds what is there: each value, in each encoding, in the middle of a copy, around other text.
    half = text.index(b"\n", len(text) // 2) + 1
    searches = 0
    copy = path + ".planted"
    for name, value in values.items():
        for encoding, form in encodings(value).items():
            with open(copy, "wb") as file:
                file.write(text[half - 2000 : half] + b"x=" + form.encode() + b",y\n" + text[half : half + 2000])
            if not any(hit[:2] == (name, encoding) for hit in found(copy, {name: value})):
                sys.exit(f"the search does not find {name} as {encoding}")
            searches += 1
    for user in ["", "u", "me", "user", "someone@example.com"]:
        pair = base64.b64encode(f"{user}:{values['PAT']}".encode())
        with open(copy, "wb") as file:
            file.write(b"Basic " + pair + b"\n")
        if not list(found(copy, {"PAT": values["PAT"]})):
            sys.exit(f"the search does not find the credential of {user!r}")
    tests = sum(map(int, re.findall(rb"(?m)^test result: ok\. (\d+) passed; 0 failed", text)))
    print(f"{package}: {tests} tests, {lines} lines, {len(text) / 1e6:.1f} MB; "
          f"{len(values)} values in {searches // len(values)} encodings", end="")
    hits = list(found(path, values))
    if hits:
        sys.exit(":\n" + "\n".join(f"{name} as {encoding} in line {line}" for name, encoding, line in hits))
    print(": none is there")


if __name__ == "__main__":
    {"literals": literals, "binaries": binaries, "output": output}[sys.argv[1]](*sys.argv[2:])
