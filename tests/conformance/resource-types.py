#!/usr/bin/env python3
"""What the Bicep compiler knows of resource bodies, smaller: resource-types.py SCHEMAS FOLDER [--write].

SCHEMAS is a folder of `bicep-types-az` (MIT, Microsoft): PROVIDER/VERSION.GROUP.json. FOLDER gets one file for each provider;
types that several versions share are written once. Without --write, files that differ are named, and the exit code is 1.

Each line of `types` is one type; a number in one means the line with that index, from 0:
  "any", "bool"; ["s", LIMITS] and ["i", LIMITS] for texts and numbers; ["=", TEXT] for one text;
  ["|", [TEXT or LINE, ...]] for one of them; ["[]", LINE, LIMITS] for lists;
  ["{}", NAME, {PROPERTY: LINE or [LINE, FLAGS]}, LINE of others or null] for objects;
  ["?", NAME, PROPERTY, {PROPERTY: ...}, {TEXT: LINE}] for objects whose kind a property tells.
FLAGS: 1 required, 2 read-only, 4 write-only, 8 known when a deployment starts, 16 identifier.
"""

import json
import pathlib
import sys

LIMITS = {"minLength": "min", "maxLength": "max", "minValue": "min", "maxValue": "max", "pattern": "pattern"}


class Provider:
    """Types of one provider, each once."""

    def __init__(self):
        self.lines = []
        self.known = {}
        self.resources = {}

    def line(self, value):
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
        if text not in self.known:
            self.known[text] = len(self.lines)
            self.lines.append(text)
        return self.known[text]

    def read(self, path):
        types = json.loads(path.read_text())
        cache = {}
        busy = {}

        def at(reference):
            index = int(reference["$ref"].removeprefix("#/"))
            if index in cache:
                return cache[index]
            if index in busy:  # a type that holds itself: what is deeper is not looked at
                return self.line("any")
            busy[index] = True
            cache[index] = self.line(shape(types[index]))
            del busy[index]
            return cache[index]

        def limits(kind):
            return {LIMITS[name]: kind[name] for name in LIMITS if name in kind}

        def with_limits(*parts):
            *parts, last = parts
            return [*parts, last] if last else parts

        def properties(of):
            return {
                name: at(of[name]["type"]) if of[name]["flags"] == 0 else [at(of[name]["type"]), of[name]["flags"]]
                for name in sorted(of)
            }

        def shape(kind):
            match kind["$type"]:
                case "AnyType":
                    return "any"
                case "BooleanType":
                    return "bool"
                case "StringType":
                    return with_limits("s", limits(kind))
                case "IntegerType":
                    return with_limits("i", limits(kind))
                case "StringLiteralType":
                    return ["=", kind["value"]]
                case "ArrayType":
                    return with_limits("[]", at(kind["itemType"]), limits(kind))
                case "UnionType":
                    members = [types[int(member["$ref"].removeprefix("#/"))] for member in kind["elements"]]
                    pairs = zip(members, kind["elements"], strict=True)
                    return ["|", [m["value"] if m["$type"] == "StringLiteralType" else at(r) for m, r in pairs]]
                case "ObjectType":
                    others = kind.get("additionalProperties")
                    return ["{}", kind["name"], properties(kind["properties"]), at(others) if others else None]
                case "DiscriminatedObjectType":
                    elements = {name: at(kind["elements"][name]) for name in sorted(kind["elements"])}
                    return ["?", kind["name"], kind["discriminator"], properties(kind["baseProperties"]), elements]
            raise SystemExit(f"{path}: a type of the kind {kind['$type']} is new")

        for kind in types:
            if kind["$type"] == "ResourceType":
                self.resources[kind["name"]] = at(kind["body"])

    def text(self):
        resources = json.dumps(dict(sorted(self.resources.items())), indent=0)
        return '{"resources":' + resources + ',\n"types":[\n' + ",\n".join(self.lines) + "\n]}\n"


def main():
    schemas, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    wanted = {}
    for provider in sorted(path for path in schemas.iterdir() if path.is_dir()):
        read = Provider()
        for path in sorted(provider.glob("*.json")):
            read.read(path)
        wanted[f"{provider.name.removeprefix('microsoft.')}.json"] = read.text()
    if sys.argv[3:] == ["--write"]:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in wanted.items():
            (folder / name).write_text(text)
        return 0
    found = {path.name: path.read_text() for path in folder.glob("*.json")}
    wrong = sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))
    for name in wrong:
        print(f"{folder / name} is not what the schemas say: run this with --write", file=sys.stderr)
    print(f"{len(wanted)} providers, {sum(text.count('@') for text in wanted.values())} resource types and versions")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
