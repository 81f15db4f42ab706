"""The OpenAPI document of this model."""

from __future__ import annotations

from typing import Any

from ..features import Feature
from ..model_folder import Model

TYPES = {"number": "number", "integer": "integer", "boolean": "boolean", "category": "string", "text": "string"}


def document(model: Model, route: str) -> dict[str, Any]:
    """OpenAPI 3.1: the columns by name, and the two ways to send rows of them."""
    properties = {feature.column.name: _cell(feature) for feature in model.features}
    required = [feature.column.name for feature in model.features if feature.column.required]
    record = {"type": "object", "properties": properties, "required": required}
    cells = list(properties.values())
    row = {"type": "array", "prefixItems": cells, "minItems": len(cells), "maxItems": len(cells)}
    data = {"type": "array", "minItems": 1, "items": {"anyOf": [row, record]}}
    columns = {"type": "array", "items": {"type": "string"}}
    body = {"type": "object", "required": ["data"], "properties": {"columns": columns, "data": data}}
    kind = {"type": "string", "enum": list(model.task.classes or ())} if model.task.classifies else {"type": "number"}
    answer = {"type": "object", "required": ["result"], "properties": {"result": {"type": "array", "items": kind}}}
    operation = {
        "operationId": "score",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": {"description": "Predictions", "content": {"application/json": {"schema": answer}}},
            "default": {"description": "A problem (RFC 9457)", "content": {"application/problem+json": {}}},
        },
    }
    return {"openapi": "3.1.0", "info": {"title": "Scoring", "version": "1"}, "paths": {route: {"post": operation}}}


def _cell(feature: Feature) -> dict[str, Any]:
    column = feature.column
    schema: dict[str, Any] = {"type": TYPES[column.type]} if column.type in TYPES else {"type": ["string", "number"]}
    if column.type == "category" and column.unknown == "refuse":
        schema["enum"] = list(feature.levels)
    if not column.required:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema["type"] = [*kinds, "null"]
        if "enum" in schema:
            schema["enum"].append(None)
    return schema
