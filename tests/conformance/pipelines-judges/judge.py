"""What an outsider says of pipelines and expressions, beside what is right here.

judge.py roxid EXPRESSIONS.tsv SAID DIFFERENCES.tsv: lines of JSON for the rows, in their order.
judge.py service SCHEMA FOLDER WORK DIFFERENCES.tsv: the language service on the pipelines of a rendered project.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def differences(path, judge):
    """What is known to differ: case to reason."""
    rows = [line.split("\t") for line in Path(path).read_text(encoding="utf-8").splitlines()[1:]]
    return {case: why for who, case, why in rows if who == judge}


def end(judge, count, differing, known):
    """Counts, and what is new or no longer so."""
    new = {case: said for case, said in differing.items() if case not in known}
    stale = [case for case in known if case not in differing]
    print(f"{judge}: {count} cases, {count - len(differing)} agree, {len(differing) - len(new)} differ with a reason")
    for case, said in new.items():
        print(f"  differs without a reason: {case}: {said}")
    for case in stale:
        print(f"  differs no more, and stands in the list: {case}")
    sys.exit(1 if new or stale else 0)


def same(kind, text, said):
    """Whether two answers are one."""
    if kind == "error" or said["kind"] in ("error", "panic"):
        return kind == said["kind"]
    if kind != said["kind"]:
        return False
    if kind in ("list", "mapping"):
        return json.loads(text) == json.loads(said["text"])
    return text.lower() == said["text"].lower() if kind == "boolean" else text == said["text"].replace("\n", "\\n")


def roxid(table, said, known):
    """The documented expressions at compile time; of what only a run knows it has other names."""
    rows = [line.split("\t") for line in Path(table).read_text(encoding="utf-8").splitlines()[1:]]
    answers = [json.loads(line) for line in Path(said).read_text(encoding="utf-8").splitlines()]
    differing, count = {}, 0
    for (where, expression, kind, text, _), answer in zip(rows, answers, strict=True):
        if where != "template" or kind == "unknown":
            continue
        count += 1
        if not same(kind, text, answer):
            differing[expression] = f"{answer['kind']} {answer['text']!r}, not {kind} {text!r}"
    end("roxid", count, differing, differences(known, "roxid"))


def asked(schema, files):
    """What the language service finds wrong in each file."""
    said = subprocess.run(
        ["node", HERE / "language-service.cjs", schema, *files], check=True, capture_output=True, text=True
    ).stdout
    return {Path(one["file"]): one["problems"] for one in map(json.loads, said.splitlines())}


def expanded(file):
    """The final YAML; none if it is refused."""
    # the one parameter of rendered pipelines that has no default
    given = ["--parameter", "modelVersion=1"] if "name: modelVersion" in file.read_text(encoding="utf-8") else []
    made = subprocess.run([os.environ["MLOPS_GEN"], "expand", file, *given], capture_output=True, text=True)
    if made.returncode not in (0, 1):
        sys.exit(f"{file}: {made.stderr}")
    return made.stdout if made.returncode == 0 else None


def service(schema, folder, work, known):
    """What is rendered, what that expands to, and each key of it misspelt: what the service refuses is refused here."""
    root = Path(work)
    shutil.copytree(folder, root, ignore=lambda _, names: [name for name in names if name in ("target", "model")])
    pipelines = sorted((root / "pipelines").glob("*.yml"))
    accepted, misspelt = {}, {}
    for pipeline in pipelines:
        text = expanded(pipeline)
        if text is None:
            sys.exit(f"{pipeline} does not expand")
        target = pipeline.with_name(f"expanded-{pipeline.name}")
        target.write_text(text, encoding="utf-8")
        accepted[target] = f"expanded {pipeline.name}"
        accepted[pipeline] = pipeline.name
        lines = pipeline.read_text(encoding="utf-8").splitlines(keepends=True)
        # Nothing is a key within a block scalar; a branch need not be taken; `mlops-gen check` knows what tasks take.
        within = None
        for at, line in enumerate(lines):
            indent = len(line) - len(line.lstrip())
            if within is not None and (not line.strip() or indent > within):
                continue
            left = re.search(r"([|>][-+]?|^\s*inputs:)$", line.rstrip()) or "${{ if" in line or "${{ else" in line
            within = indent if left else None
            key = re.match(r"(\s*(?:- )?)([A-Za-z]+):(\s|$)", line)
            if not key:
                continue
            target = pipeline.with_name(f"misspelt-{pipeline.stem}-{at + 1}.yml")
            wrong = f"{key[1]}{key[2]}x:{line[key.end(2) + 1:]}"
            target.write_text("".join(lines[:at] + [wrong] + lines[at + 1:]), encoding="utf-8")
            misspelt[target] = f"{pipeline.name}: {key[2]}"
    said = asked(schema, [*accepted, *misspelt])
    differing = {
        case: "; ".join(problem["message"] for problem in said[file]) for file, case in accepted.items() if said[file]
    }
    refused = [(file, case) for file, case in misspelt.items() if said[file]]
    for file, case in refused:
        if expanded(file) is not None:
            differing[case] = f"accepted here; the service: {said[file][0]['message']} ({file.name})"
    print(f"language service: {len(misspelt)} keys misspelt, {len(refused)} of them are refused")
    if len(refused) < 20:
        sys.exit("hardly anything is refused: is the schema read?")
    end("language service", len(accepted) + len(refused), differing, differences(known, "language service"))


if __name__ == "__main__":
    {"roxid": roxid, "service": service}[sys.argv[1]](*sys.argv[2:])
