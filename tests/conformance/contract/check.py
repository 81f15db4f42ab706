"""Checks recorded calls against the official OpenAPI documents of Azure DevOps.

usage: check.py DOCUMENTS RECORD KNOWN OPERATIONS

DOCUMENTS is the folder of the Swagger 2.0 documents; RECORD has one JSON object per line: method, url (with query),
request (JSON or null), status, contentType, response (JSON, text or null). KNOWN lists the errors of the documents that
are tolerated, each with its reason; OPERATIONS lists the operations that must have been called.

Strict where the documents allow it: a path, query parameter, body property, type, format or enum value that the
documents do not have is a violation, in requests and in responses alike. Exits 1 when a violation is not known, when a
known error was never met, or when an operation was never called.
"""

import fnmatch
import json
import pathlib
import re
import sys
from urllib.parse import parse_qsl, unquote, urlsplit

FORMATS = {
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"),
}
RANGES = {"int32": 31, "int64": 63, "byte": 8}


class Document:
    def __init__(self, path):
        self.name = path.stem
        self.json = json.loads(path.read_text(encoding="utf-8-sig"))
        self.operations = []
        for paths in ("paths", "x-ms-paths"):
            for template, methods in self.json.get(paths, {}).items():
                bare = template.split("?")[0].rstrip("/")
                for method, operation in methods.items():
                    if method != "parameters":
                        self.operations.append(Operation(self, method.upper(), bare, operation))

    def resolve(self, thing):
        while "$ref" in thing:
            target = self.json
            for part in thing["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            thing = target
        return thing


class Operation:
    def __init__(self, document, method, template, json_):
        self.document, self.method, self.template = document, method, template
        self.id = f"{document.name}:{json_['operationId']}"
        self.parts = [part.lower() for part in template.strip("/").split("/")]
        self.parameters = [document.resolve(p) for p in json_.get("parameters", [])]
        self.responses = json_["responses"]

    def path_values(self, parts):
        """The values of the path parameters, or None when the path is another one."""
        if len(parts) != len(self.parts):
            return None
        values = {}
        for wanted, got in zip(self.parts, parts):
            if wanted.startswith("{"):
                values[wanted[1:-1]] = got
            elif wanted != got.lower():
                return None
        return values

    def literals(self):
        return sum(not part.startswith("{") for part in self.parts)


class Checker:
    """Collects violations as `document:place:what` keys, so that each error of a document shows once."""

    def __init__(self, document, side):
        self.document, self.side, self.found = document, side, []

    def report(self, place, what):
        self.found.append(f"{self.document.name}:{self.side}:{place}:{what}")

    def flat(self, schema):
        """A schema with the properties of its bases, and its name."""
        name = schema.get("$ref", "").split("/")[-1]
        schema = self.document.resolve(schema)
        merged = dict(schema)
        properties = {}
        for base in schema.get("allOf", []):
            flat, _ = self.flat(base)
            properties.update(flat.get("properties", {}))
            merged.setdefault("type", flat.get("type", "object"))
        properties.update(schema.get("properties", {}))
        if properties:
            merged["properties"] = properties
        return merged, name

    def value(self, schema, value, place):
        schema, name = self.flat(schema)
        if name:
            place = name
        if value is None:
            self.report(place, "null")
            return
        kind = schema.get("type")
        if kind is None and "enum" in schema:
            kind = "string"
        if kind == "object" or (kind is None and "properties" in schema):
            self.object(schema, value, place)
        elif kind == "array":
            self.array(schema, value, place)
        elif kind == "string":
            self.string(schema, value, place)
        elif kind in ("integer", "number"):
            good = isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
            if not good:
                self.report(place, f"not {kind}")
            elif schema.get("format") in RANGES and abs(value) >= 2 ** RANGES[schema["format"]]:
                self.report(place, f"not {schema['format']}")
        elif kind == "boolean" and not isinstance(value, bool):
            self.report(place, "not boolean")

    def object(self, schema, value, place):
        if not isinstance(value, dict):
            self.report(place, "not object")
            return
        properties = schema.get("properties", {})
        more = schema.get("additionalProperties")
        open_ = more is not None or not properties
        known = {key.lower(): key for key in properties}
        for required in schema.get("required", []):
            if required not in value:
                self.report(f"{place}.{required}", "missing")
        for key, item in value.items():
            if key in properties:
                self.value(properties[key], item, f"{place}.{key}")
            elif key.lower() in known:
                self.report(f"{place}.{known[key.lower()]}", f"spelt {key}")
            elif isinstance(more, dict):
                self.value(more, item, f"{place}.*")
            elif not open_:
                self.report(f"{place}.{key}", "unknown property")

    def array(self, schema, value, place):
        if isinstance(value, dict) and set(value) <= {"count", "value"} and isinstance(value.get("value"), list):
            self.report("list", "wrapped in count and value")
            value = value["value"]
        if not isinstance(value, list):
            self.report(place, "not array")
            return
        for item in value:
            self.value(schema.get("items", {}), item, f"{place}[]")

    def string(self, schema, value, place):
        if not isinstance(value, str):
            self.report(place, f"not string but {type(value).__name__}")
            return
        pattern = FORMATS.get(schema.get("format"))
        if pattern and not pattern.fullmatch(value):
            self.report(place, f"not {schema['format']}")
        if "enum" in schema and value not in schema["enum"]:
            self.report(place, f"not in enum: {value}")


def text_value(parameter, text, place, checker):
    """A value that came as text in the path or the query."""
    kind = parameter.get("type")
    if kind == "array" or parameter.get("collectionFormat"):
        return
    if kind == "integer" and re.fullmatch(r"-?\d+", text):
        text = int(text)
    elif kind == "boolean" and text in ("true", "false"):
        text = text == "true"
    checker.value({k: v for k, v in parameter.items() if k in ("type", "format", "enum")}, text, place)


def check(operation, call, values, query):
    request = Checker(operation.document, "request")
    declared = {}
    for parameter in operation.parameters:
        name, where = parameter["name"], parameter["in"]
        if where == "path":
            text_value(parameter, values[name.lower()], f"{operation.id}.{name}", request)
        elif where == "query":
            declared[name.lower()] = parameter
            if parameter.get("required") and name.lower() not in query:
                request.report(f"{operation.id}.{name}", "missing query parameter")
        elif where == "body":
            body = call["request"]
            if body is None:
                request.report(operation.id, "missing body")
            else:
                request.value(parameter["schema"], body, f"{operation.id}.body")
    for name, text in query.items():
        if name not in declared:
            request.report(f"{operation.id}.{name}", "unknown query parameter")
        elif text != "" and name != "api-version":
            text_value(declared[name], text, f"{operation.id}.{name}", request)
    if call["request"] is not None and not any(p["in"] == "body" for p in operation.parameters):
        request.report(operation.id, "unexpected body")
    response = Checker(operation.document, "response")
    status = str(call["status"])
    if call["status"] < 300:
        stated = operation.responses.get(status)
        if stated is None:
            response.report(operation.id, f"status {status}")
            stated = next((r for code, r in operation.responses.items() if code.startswith("2")), {})
        schema = stated.get("schema")
        if schema and call["status"] != 204:
            response.value(schema, call["response"], f"{operation.id}.response")
    return request.found + response.found


def main(folder, record, known_file, operations_file):
    documents = [Document(path) for path in sorted(pathlib.Path(folder).glob("*.json"))]
    operations = [operation for document in documents for operation in document.operations]
    known = json.loads(pathlib.Path(known_file).read_text())
    used = [0] * len(known)
    called, unexplained, calls = {}, {}, 0
    for line in pathlib.Path(record).read_text().splitlines():
        call = json.loads(line)
        calls += 1
        url = urlsplit(call["url"])
        parts = [unquote(part) for part in url.path.strip("/").split("/")]
        query = {key.lower(): value for key, value in parse_qsl(url.query, keep_blank_values=True)}
        best = None
        for operation in operations:
            if operation.method != call["method"]:
                continue
            values = operation.path_values(parts)
            if values is None:
                continue
            found = check(operation, call, values, query)
            rank = (-operation.literals(), len(found))
            if best is None or rank < best[0]:
                best = (rank, operation, found)
        if best is None:
            shape = "/".join(parts[1:])
            found = [f"none:request:{call['method']} {shape}:no such operation"]
        else:
            _, operation, found = best
            # Refused calls are checked too, but do not count as an operation that works.
            if call["status"] < 300:
                called[operation.id] = called.get(operation.id, 0) + 1
        for key in found:
            for index, entry in enumerate(known):
                if fnmatch.fnmatchcase(key, entry["violation"]):
                    used[index] += 1
                    break
            else:
                unexplained.setdefault(key, f"{call['method']} {call['url']}")
    wanted = [line for line in pathlib.Path(operations_file).read_text().splitlines() if line and line[0] != "#"]
    missing = [name for name in wanted if name not in called]
    stale = [entry["violation"] for entry, count in zip(known, used) if not count]
    for key, example in sorted(unexplained.items()):
        print(f"violation: {key}\n    {example}")
    for name in missing:
        print(f"never called with success: {name}")
    for key in stale:
        print(f"known error that was never met: {key}")
    print(
        f"{calls} calls, {len(called)} operations of the documents, {len(wanted) - len(missing)} of {len(wanted)} wanted; "
        f"{len(unexplained)} unexplained violations, {sum(used)} explained by {len(known) - len(stale)} known errors"
    )
    return 1 if unexplained or missing or stale else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
