"""Helps policy.sh: puts each distinct file of many trees into one folder, and compares findings with what is explained.

usage: policy.py once TREES FOLDER
       policy.py compare VERDICT README
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

ROW = re.compile(r"^\| (CKV\w+) \(.+?\) \| (.+?) \| (.+?) \|$")


def judged(path: str) -> bool:
    """Whether a file is one that policies are about."""
    name = path.rsplit("/", 1)[-1]
    if path.startswith("infra/"):
        return name.endswith(".bicep") or (name.endswith(".json") and not name.endswith(".parameters.json"))
    return path.startswith(("kubernetes/", "pipelines/", "docker/"))


def once(trees: Path, folder: Path) -> None:
    """Copies each file of the trees that policies are about, once for each path and content."""
    seen = set()
    for path in sorted(trees.rglob("*")):
        relative = path.relative_to(trees)
        within = "/".join(relative.parts[1:])
        if not path.is_file() or not judged(within):
            continue
        key = (within, hashlib.sha256(path.read_bytes()).hexdigest())
        if key not in seen:
            seen.add(key)
            (folder / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / relative)
    print(f"{len(seen)} distinct files of {len(list(trees.iterdir()))} trees")


def compare(verdict: Path, readme: Path) -> int:
    """Says what is found and not explained, and what is explained and not found."""
    policy = json.loads(verdict.read_text(encoding="utf-8"))["policy"]
    found = {(one["id"], one["path"].split("/", 1)[1]) for part in policy.values() for one in part["failed"]}
    explained = set()
    for line in readme.read_text(encoding="utf-8").splitlines():
        if row := ROW.match(line):
            explained |= {(row[1], pattern) for pattern in re.findall(r"`([^`]+)`", row[2])}
    passed = sum(part["passed"] for part in policy.values())
    if passed < 1000 or not explained:
        print(f"{passed} policies passed and {len(explained)} are explained: something was not read")
        return 1
    fits = lambda finding, row: finding[0] == row[0] and fnmatch.fnmatch(finding[1], row[1])
    open_ones = sorted(one for one in found if not any(fits(one, row) for row in explained))
    stale = sorted(row for row in explained if not any(fits(one, row) for one in found))
    for name, path in open_ones:
        print(f"{name} in {path} is not explained in {readme}")
    for name, pattern in stale:
        print(f"{readme} explains {name} in {pattern}, which is not found there")
    print(f"policies: {passed} passed, {len(found)} findings of {len({one[0] for one in found})} kinds, "
          f"{len(open_ones)} unexplained, {len(stale)} explanations of nothing")
    return 1 if open_ones or stale else 0


if __name__ == "__main__":
    if sys.argv[1] == "once":
        once(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(compare(Path(sys.argv[2]), Path(sys.argv[3])))
