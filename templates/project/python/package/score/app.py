"""The server: a plain ASGI application, without a framework, because a prediction takes less time than one would."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import os
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from .. import features, model_folder
from ..model_folder import Model, Prediction
from . import media
from .auth import Guard
from .log import ScoringLog, Sink, sink_for
from .openapi import document
from .problems import Problem
from .request import Body, Decoder, Row
from .settings import Settings

logger = logging.getLogger("score")
USABLE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
TRACE = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
INFER = re.compile(r"/v2/models/[^/]+(/versions/[^/]+)?/infer")
TEXTS = {
    "/": b"Healthy",
    "/livez": b"live",
    "/readyz": b"ready",
    "/v2/health/live": b"live",
    "/v2/health/ready": b"ready",
}
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class App:
    """The application; loads the model at once, so that a broken one is known before the server listens.

    Raises ModelError when there is no usable model.
    """

    def __init__(self, settings: Settings, sink: Sink | None = None) -> None:
        self._settings = settings
        self._model = model_folder.load(settings.model)
        self._label = str(self._model.card.get("training", {}).get("data_sha256", ""))[:12]
        self._guard = Guard(settings)
        ignore = self._model.card.get("unknown_columns") == "ignore"
        self._decoder = Decoder(self._model.features, ignore, settings.max_rows)
        self._encoder = features.Rows(self._model.features)
        self._sink = sink or (sink_for(settings.log_url) if settings.log_url else None)
        self._log: ScoringLog | None = None
        self._document = json.dumps(document(self._model, settings.route)).encode()
        self._routes = {"/score", settings.route}
        self._registry = _registry()
        name, text = "score_requests_total", "Requests for predictions by status"
        self._requests = Counter(name, text, ["status"], registry=self._registry)
        name, text = "score_request_duration_seconds", "Time to answer a prediction"
        self._seconds = Histogram(name, text, registry=self._registry)
        name, text = "score_log_records_dropped_total", "Scoring records that were not stored"
        self._dropped = Gauge(name, text, registry=self._registry, multiprocess_mode="sum")
        self._lost = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or follow the server's start and stop."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        if self._sink:
            # The setting may name columns by their aliases.
            omit = self._settings.log_omit
            columns = [feature.column for feature in self._model.features]
            names = frozenset(column.name for column in columns if {column.name, column.alias} & omit)
            settings = dataclasses.replace(self._settings, log_omit=names)
            self._log = ScoringLog(settings, self._model.feature_names, self._sink)
        opened = "open" if self._guard.open else "guarded"
        logger.info("serving a model of %d features; %s", len(self._model.features), opened)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self._log:
            await asyncio.to_thread(self._log.close)
            self._lost += self._log.dropped
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        hosts = sum(name == b"host" for name, _ in scope["headers"])
        given = headers.get(b"x-request-id", "")
        request_id = given if USABLE_ID.fullmatch(given) else uuid.uuid4().hex
        path, method = scope["path"], scope["method"]
        extra = [(b"x-request-id", request_id.encode()), *self._cors(headers)]
        scoring = path in self._routes or INFER.fullmatch(path) is not None
        started = time.perf_counter()
        try:
            _check_head(headers, hosts, scope.get("http_version", "1.1"))
            if scoring and method == "POST":
                status, kind, body = await self._score(headers, receive, request_id)
                extra.append((b"x-model-version", self._label.encode()))
            elif method == "OPTIONS" and self._settings.cors:
                extra += [(b"access-control-allow-methods", b"GET, POST"), (b"access-control-max-age", b"600")]
                extra.append((b"access-control-allow-headers", b"authorization, content-type, x-request-id"))
                status, kind, body = 204, b"text/plain", b""
            else:
                status, kind, body = self._page(path, method, scoring)
        except Problem as problem:
            logger.warning("refused %s: %s %s", request_id, problem.code, ascii(problem.detail))
            status, kind, body = problem.status, b"application/problem+json", problem.document(request_id)
            if status == 401:
                extra.append((b"www-authenticate", b"Bearer"))
        except Exception:
            logger.exception("request %s failed", request_id)
            fault = Problem(500, "internal", "the server could not answer; its log says why")
            status, kind, body = 500, b"application/problem+json", fault.document(request_id)
        if scoring and method == "POST":
            seconds = time.perf_counter() - started
            self._requests.labels(status).inc()
            self._seconds.observe(seconds)
            # What the request cost here: whoever measures it from outside measures a network.
            extra.append((b"server-timing", f"score;dur={seconds * 1000:.3f}".encode()))
        start = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *extra]
        await send({"type": "http.response.start", "status": status, "headers": start})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})

    async def _score(self, headers: dict[bytes, str], receive: Receive, request_id: str) -> tuple[int, bytes, bytes]:
        if self._guard.remote:
            # Signing keys may have to be fetched.
            await asyncio.to_thread(self._guard.check, headers.get(b"authorization", ""))
        else:
            self._guard.check(headers.get(b"authorization", ""))
        body = await _body(headers, receive, self._settings.max_body)
        rows = self._decoder.decode(body, headers.get(b"content-type"))
        predicted = self._predict(rows.rows)
        result = _result(self._model, predicted)
        if self._log:
            trace = TRACE.fullmatch(headers.get(b"traceparent", ""))
            self._log.add(request_id, trace[1] if trace else "", self._label, rows.rows, result)
        return 200, *_answer(self._model, rows, result, predicted, headers.get(b"accept", ""))

    def _predict(self, rows: list[Row]) -> Prediction:
        if self._model.takes_frame:
            known = self._model.features
            X = features.frame(known, features.one_row_tables(known, rows))
        elif self._encoder.plain and not any(None in row for row in rows):
            X = np.array(rows, dtype=float)
        else:
            X = np.array([self._encoder.encode(row) for row in rows], dtype=float)
        predicted = self._model.predict_encoded(X)
        if not np.isfinite(predicted.values).all():
            raise Problem(422, "prediction-overflow", "a prediction is not a finite number")
        return predicted

    def _page(self, path: str, method: str, scoring: bool) -> tuple[int, bytes, bytes]:
        known = scoring or path in TEXTS or path in ("/metrics", "/openapi.json")
        if not known:
            raise Problem(404, "not-found", "there is no such route")
        if scoring or method not in ("GET", "HEAD"):
            raise Problem(405, "method-not-allowed", f"expected {'POST' if scoring else 'GET'}")
        if path in TEXTS:
            return 200, b"text/plain; charset=utf-8", TEXTS[path]
        if path == "/openapi.json":
            return 200, b"application/json", self._document
        self._dropped.set(self._lost + (self._log.dropped if self._log else 0))
        return 200, CONTENT_TYPE_LATEST.encode(), generate_latest(self._registry)

    def _cors(self, headers: dict[bytes, str]) -> list[tuple[bytes, bytes]]:
        origin, allowed = headers.get(b"origin"), self._settings.cors
        if not origin or not ("*" in allowed or origin in allowed):
            return []
        return [
            (b"access-control-allow-origin", b"*" if "*" in allowed else origin.encode("latin-1")),
            (b"access-control-expose-headers", b"x-request-id, x-model-version"),
            (b"vary", b"origin"),
        ]


def create(settings: Settings, sink: Sink | None = None) -> Any:
    """The application, with telemetry around it where that is asked for.

    Raises ModelError when there is no usable model.
    """
    app = App(settings, sink)
    if not settings.telemetry:
        return app
    from azure.monitor.opentelemetry import configure_azure_monitor
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    configure_azure_monitor(connection_string=settings.telemetry)
    return OpenTelemetryMiddleware(app, excluded_urls="livez,readyz,metrics")


def from_environment() -> Any:
    """The application of one worker process."""
    return create(Settings.from_environment())


def _registry() -> CollectorRegistry:
    """Where this process counts; with several workers they count into files, and any of them tells the sum."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return CollectorRegistry()
    from prometheus_client import multiprocess

    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return registry


def _check_head(headers: dict[bytes, str], hosts: int, version: str) -> None:
    """Refuse what HTTP/1.1 has refused (RFC 9112, sections 3.2 and 6.1)."""
    if hosts > 1 or (hosts == 0 and version == "1.1"):
        raise Problem(400, "malformed-head", f"expected one host header, found {hosts}")
    if headers.get(b"transfer-encoding", "chunked").strip().lower() != "chunked":
        detail = "the body may be chunked and nothing else: send it without compression"
        raise Problem(501, "unsupported-transfer-coding", detail)


async def _body(headers: dict[bytes, str], receive: Receive, limit: int) -> bytes:
    if headers.get(b"content-encoding", "").strip().lower() not in ("", "identity"):
        raise Problem(415, "unsupported-encoding", "the body must not be compressed")
    too_large = Problem(413, "body-too-large", f"the body is larger than {limit} bytes")
    length = headers.get(b"content-length", "0")
    if length.isdecimal() and int(length) > limit:
        raise too_large
    message = await receive()
    body = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > limit:
            raise too_large
    if message["type"] == "http.disconnect":
        raise Problem(400, "incomplete-body", "the connection ended before the body did")
    return body


def _result(model: Model, predicted: Prediction) -> list[float] | list[str]:
    if model.task.classifies:
        classes = model.task.classes or ()
        return [classes[place] for place in predicted.values]
    return predicted.values.tolist()


def _answer(model: Model, body: Body, result: list, predicted: Prediction, accept: str) -> tuple[bytes, bytes]:
    chances, classes = predicted.probabilities, list(model.task.classes or ())
    if body.tensors:
        kind = "BYTES" if model.task.classifies else "FP64"
        outputs = [{"name": "predict", "shape": [len(result)], "datatype": kind, "data": result}]
        if chances is not None:
            flat = chances.reshape(-1).tolist()
            outputs.append({"name": "probabilities", "shape": list(chances.shape), "datatype": "FP64", "data": flat})
        known = {} if body.id is None else {"id": body.id}
        return b"application/json", json.dumps({"model_name": "model", **known, "outputs": outputs}).encode()
    if media.wants_csv(accept):
        names = [f"probability_{name}" for name in classes] if chances is not None else []
        rows = chances.tolist() if chances is not None else [[]] * len(result)
        table = [["prediction", *names], *([value, *row] for value, row in zip(result, rows, strict=True))]
        return b"text/csv; charset=utf-8", _csv(table)
    answer: dict[str, Any] = {body.answer: result}
    if chances is not None:
        answer |= {"classes": classes, "probabilities": chances.tolist()}
    return b"application/json", json.dumps(answer, separators=(",", ":")).encode()


def _csv(rows: list[list]) -> bytes:
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
