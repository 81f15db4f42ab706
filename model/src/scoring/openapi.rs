//! Descriptions of the API for tools: OpenAPI 3.1 and Swagger 2.0, with the loaded model's feature names.

use serde_json::{Map, Value, json};

use super::decode::Limits;
use super::predictor::{Predictor, Seen};
use super::problem::ProblemCode;
use crate::contract::ColumnType;
use crate::encoding::Input;

/// What the descriptions are made of.
#[derive(Debug, Clone, Copy)]
pub struct Description<'a> {
    /// The model in use.
    pub model: &'a Predictor,
    /// Its version.
    pub version: &'a str,
    /// The custom prediction route, or `/score`.
    pub route: &'a str,
    /// Limits of a request.
    pub limits: Limits,
}

/// Statuses of the prediction route apart from 200.
const REFUSALS: [(u16, &str); 10] = [
    (400, "The body is not JSON or not CSV, or the head is not HTTP/1.1."),
    (401, "A valid key or token is needed."),
    (403, "The token lacks the required role."),
    (408, "The body took too long to arrive."),
    (413, "Body or number of rows above the limit."),
    (415, "Neither JSON nor CSV, or not in UTF-8, or with a content coding."),
    (422, "The rows are not what the model takes."),
    (500, "The server failed."),
    (501, "The body has a transfer coding other than chunked."),
    (503, "The server is busy or cannot judge the token."),
];

impl Description<'_> {
    /// The OpenAPI 3.1 document as JSON.
    pub fn openapi(&self) -> String {
        let mut paths = Map::new();
        for (route, id) in self.prediction_routes() {
            let mut responses = Map::new();
            responses.insert(
                "200".into(),
                json!({
                    "description": "One prediction per row, in the order of the rows.",
                    "headers": {
                        "x-request-id": {"schema": {"type": "string"}},
                        "x-model-version": {"schema": {"type": "string"}}
                    },
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Predictions"}},
                        "text/csv": {"schema": {"type": "string"}}
                    }
                }),
            );
            for (status, description) in REFUSALS {
                let content = json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
                let response = json!({"description": description, "content": content});
                responses.insert(status.to_string(), response);
            }
            paths.insert(
                route,
                json!({"post": {
                    "operationId": id,
                    "summary": format!("Predict {}", self.model.target()),
                    "parameters": [
                        {"name": "x-request-id", "in": "header", "required": false, "schema": {"type": "string", "maxLength": 128}},
                        {"name": "traceparent", "in": "header", "required": false, "schema": {"type": "string"}}
                    ],
                    "requestBody": {"required": true, "content": {
                        "application/json": {
                            "schema": {"$ref": "#/components/schemas/Rows"},
                            "example": self.example()
                        },
                        "text/csv": {"schema": {"type": "string"}, "example": self.csv_example()}
                    }},
                    "responses": responses
                }}),
            );
        }
        for (route, summary, media) in plain_routes() {
            let media = Map::from_iter([(media.to_owned(), json!({}))]);
            let operation = json!({"get": {
                "operationId": operation_id(route),
                "summary": summary,
                "security": [],
                "responses": {"200": {"description": summary, "content": media}}
            }});
            paths.insert(route.to_owned(), operation);
        }
        json!({
            "openapi": "3.1.0",
            "info": self.info(),
            "servers": [{"url": "/"}],
            "paths": paths,
            "components": {
                "schemas": {
                    "Rows": {"oneOf": [self.rows(), self.named_rows(), self.records()]},
                    "Predictions": predictions(),
                    "Problem": problem(true)
                },
                "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}
            },
            "security": [{"bearer": []}, {}]
        })
        .to_string()
    }

    /// The Swagger 2.0 document as JSON, for the tools of Azure ML that read `/swagger.json`.
    pub fn swagger(&self) -> String {
        let mut paths = Map::new();
        for (route, id) in self.prediction_routes() {
            let mut responses = Map::new();
            let answer = json!({
                "description": "One prediction per row, in the order of the rows.",
                "schema": {"$ref": "#/definitions/Predictions"}
            });
            responses.insert("200".into(), answer);
            for (status, description) in REFUSALS {
                let response = json!({"description": description, "schema": {"$ref": "#/definitions/Problem"}});
                responses.insert(status.to_string(), response);
            }
            paths.insert(
                route,
                json!({"post": {
                    "operationId": id,
                    "summary": format!("Predict {}", self.model.target()),
                    "consumes": ["application/json", "text/csv"],
                    "produces": ["application/json", "text/csv", "application/problem+json"],
                    "parameters": [
                        {"name": "rows", "in": "body", "required": true, "schema": {"$ref": "#/definitions/Rows"}},
                        {"name": "x-request-id", "in": "header", "required": false, "type": "string", "maxLength": 128},
                        {"name": "traceparent", "in": "header", "required": false, "type": "string"}
                    ],
                    "responses": responses
                }}),
            );
        }
        for (route, summary, media) in plain_routes() {
            let operation = json!({"get": {
                "operationId": operation_id(route),
                "summary": summary,
                "produces": [media],
                "security": [],
                "responses": {"200": {"description": summary}}
            }});
            paths.insert(route.to_owned(), operation);
        }
        let mut rows = self.rows();
        rows["example"] = self.example();
        json!({
            "swagger": "2.0",
            "info": self.info(),
            "basePath": "/",
            "schemes": ["http", "https"],
            "paths": paths,
            "definitions": {"Rows": rows, "Predictions": predictions(), "Problem": problem(false)},
            "securityDefinitions": {
                "bearer": {"type": "apiKey", "name": "Authorization", "in": "header", "description": "Bearer <key or token>"}
            },
            "security": [{"bearer": []}, {}]
        })
        .to_string()
    }

    fn info(&self) -> Value {
        json!({
            "title": format!("Prediction of {}", self.model.target()),
            "version": self.version,
            "description": format!(
                "{} At most {} rows and {} bytes a request.",
                self.model.description(), self.limits.rows, self.limits.body
            )
        })
    }

    fn prediction_routes(&self) -> Vec<(String, &'static str)> {
        let mut routes = vec![("/score".to_owned(), "score")];
        if self.route != "/score" {
            routes.push((self.route.to_owned(), "scoreCustomRoute"));
        }
        routes
    }

    fn names(&self) -> Vec<&str> {
        self.model.inputs().into_iter().map(|seen| seen.input.name.as_str()).collect()
    }

    fn rows(&self) -> Value {
        json!({
            "type": "object",
            "description": format!("Rows in feature order: {}.", self.names().join(", ")),
            "required": ["data"],
            "additionalProperties": false,
            "properties": {"data": self.table(json!({
                "type": "array",
                "items": self.any_cell(),
                "minItems": self.model.inputs().len(),
                "maxItems": self.model.inputs().len()
            }))}
        })
    }

    fn named_rows(&self) -> Value {
        let mut rows = self.rows();
        rows["description"] = "Rows in the order of columns.".into();
        rows["required"] = json!(["columns", "data"]);
        rows["properties"]["columns"] = json!({
            "type": "array",
            "items": {"type": "string", "enum": self.names()},
            "uniqueItems": true,
            "minItems": self.model.inputs().len(),
            "maxItems": self.model.inputs().len()
        });
        rows
    }

    fn records(&self) -> Value {
        let properties: Map<String, Value> =
            self.model.inputs().iter().map(|seen| (seen.input.name.clone(), cell(seen.input))).collect();
        json!({
            "type": "object",
            "description": "Records.",
            "required": ["data"],
            "additionalProperties": false,
            "properties": {"data": self.table(json!({
                "type": "object",
                "required": self.required(),
                "additionalProperties": false,
                "properties": properties
            }))}
        })
    }

    fn table(&self, row: Value) -> Value {
        json!({"type": "array", "items": row, "minItems": 1, "maxItems": self.limits.rows})
    }

    /// A row in the middle of the training data: each feature's mean.
    fn middle(&self) -> Vec<Value> {
        let cell = |seen: &Seen<'_>| match seen.input.kind {
            ColumnType::Number => seen.mean.into(),
            ColumnType::Integer => seen.mean.round().into(),
            ColumnType::Boolean => (seen.mean >= 0.5).into(),
            ColumnType::Datetime => moment(seen.mean).into(),
            ColumnType::Category | ColumnType::Text => seen.input.levels.first().cloned().unwrap_or_default().into(),
        };
        self.model.inputs().iter().map(cell).collect()
    }

    /// The features that a request must have.
    fn required(&self) -> Vec<&str> {
        let required = self.model.inputs().into_iter().filter(|seen| !seen.input.is_optional());
        required.map(|seen| seen.input.name.as_str()).collect()
    }

    /// What any cell of a row may be.
    fn any_cell(&self) -> Value {
        let mut kinds: Vec<Value> = self.model.inputs().iter().map(|seen| cell(seen.input)).collect();
        kinds.iter_mut().for_each(|kind| {
            if kind["type"] == "integer" {
                *kind = json!({"type": "number"});
            }
        });
        let mut different: Vec<Value> = vec![];
        kinds.into_iter().for_each(|kind| {
            if !different.contains(&kind) {
                different.push(kind)
            }
        });
        if different.len() == 1 { different.remove(0) } else { json!({"anyOf": different}) }
    }

    fn example(&self) -> Value {
        json!({"data": [self.middle()]})
    }

    fn csv_example(&self) -> String {
        let text = |cell: &Value| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
        let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(vec![]);
        let written = csv.write_record(self.names()).and_then(|()| csv.write_record(self.middle().iter().map(text)));
        // Writing to memory has nothing to fail on.
        let bytes = written.ok().and_then(|()| csv.into_inner().ok()).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }
}

/// The schema of a cell.
fn cell(input: &Input) -> Value {
    let kind = match input.kind {
        ColumnType::Number => "number",
        ColumnType::Integer => "integer",
        ColumnType::Boolean => "boolean",
        ColumnType::Category | ColumnType::Datetime | ColumnType::Text => "string",
    };
    let mut schema = json!({"type": kind});
    if input.is_optional() {
        schema["type"] = json!([kind, "null"]);
    }
    schema
}

/// A number of seconds since 1970 as RFC 3339 has it, without fractions.
fn moment(seconds: f64) -> String {
    jiff::Timestamp::from_second(seconds as i64).map(|moment| moment.to_string()).unwrap_or_default()
}

fn plain_routes() -> [(&'static str, &'static str, &'static str); 7] {
    [
        ("/", "Liveness, as Azure ML's inference servers answer it", "text/plain"),
        ("/livez", "Liveness", "text/plain"),
        ("/readyz", "Readiness", "text/plain"),
        ("/metrics", "Metrics for Prometheus", "text/plain"),
        ("/openapi.json", "This API as OpenAPI 3.1", "application/json"),
        ("/swagger.json", "This API as Swagger 2.0", "application/json"),
        ("/problems", "The problem codes", "application/json"),
    ]
}

fn operation_id(route: &str) -> String {
    match route.trim_start_matches('/').replace(".json", "") {
        name if name.is_empty() => "root".to_owned(),
        name => name,
    }
}

fn predictions() -> Value {
    json!({
        "type": "object",
        "required": ["result"],
        "additionalProperties": false,
        "properties": {"result": {"type": "array", "items": {"type": "number"}}}
    })
}

/// RFC 9457, with this server's extension members.
fn problem(three: bool) -> Value {
    let codes: Vec<&str> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
    let reference = if three { "uri-reference" } else { "uri" };
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            "type": {"type": "string", "format": reference},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string", "enum": codes},
            "request_id": {"type": "string"},
            "row": {"type": "integer", "minimum": 0},
            "column": {"type": "string"}
        }
    })
}
