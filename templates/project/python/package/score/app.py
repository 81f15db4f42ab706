"""The server's routes."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pandas as pd
from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response

from .. import model_folder
from ..model_folder import Model
from .auth import Guard
from .log import ScoringLog, Sink, sink_for
from .problems import Problem, answer
from .request import parse
from .settings import Settings

logger = logging.getLogger("score")
USABLE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
TRACE = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def create(settings: Settings, sink: Sink | None = None) -> FastAPI:
    """The application; loads the model at once, so that a broken one is known before the server listens.

    Raises ModelError when there is no usable model.
    """
    model = model_folder.load(settings.model)
    label = str(model.card.get("training", {}).get("data_sha256", ""))[:12]
    guard = Guard(settings)
    sink = sink or (sink_for(settings.log_url) if settings.log_url else None)
    log = ScoringLog(settings, model.features, sink) if sink else None
    registry = CollectorRegistry()
    requests = Counter("score_requests_total", "Requests for predictions by status", ["status"], registry=registry)
    seconds = Histogram("score_request_duration_seconds", "Time to answer a prediction", registry=registry)
    dropped = Gauge("score_log_records_dropped_total", "Scoring records that were not stored", registry=registry)
    dropped.set_function(lambda: log.dropped if log else 0)
    _telemetry(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        logger.info("serving a model of %d features; %s", len(model.features), "open" if guard.open else "guarded")
        yield
        if log:
            await run_in_threadpool(log.close)

    app = FastAPI(title="Scoring", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def identify(request: Request, call_next) -> Response:
        given = request.headers.get("x-request-id", "")
        request.state.request_id = given if USABLE_ID.fullmatch(given) else uuid.uuid4().hex
        response = await call_next(request)
        response.headers["x-request-id"] = request.state.request_id
        return response

    async def score(request: Request) -> Response:
        started = time.perf_counter()
        try:
            guard.check(request.headers.get("authorization", ""))
            body = await _body(request, settings.max_body)
            rows = parse(body, request.headers.get("content-type", ""), model.features, settings.max_rows)
            result = await run_in_threadpool(_predict, model, rows)
            response: Response = JSONResponse({"result": result}, headers={"x-model-version": label})
        except Problem as problem:
            logger.warning("refused %s: %s %s", request.state.request_id, problem.code, problem.detail)
            response = answer(request, problem)
        else:
            if log:
                trace = TRACE.fullmatch(request.headers.get("traceparent", ""))
                log.add(request.state.request_id, trace[1] if trace else "", label, rows, result)
        requests.labels(response.status_code).inc()
        seconds.observe(time.perf_counter() - started)
        return response

    for route in dict.fromkeys(["/score", settings.route]):
        app.add_api_route(route, score, methods=["POST"], openapi_extra=_request_schema(model), response_model=None)
    _probes(app, registry)
    return app


def _predict(model: Model, rows) -> list[float]:
    return [float(value) for value in model.estimator.predict(pd.DataFrame(rows, columns=model.features))]


async def _body(request: Request, limit: int) -> bytes:
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Problem(415, "unsupported-encoding", "the body must not be compressed")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise Problem(413, "body-too-large", f"the body is larger than {limit} bytes")
    return bytes(body)


def _probes(app: FastAPI, registry: CollectorRegistry) -> None:
    for route, text in (("/", "Healthy"), ("/livez", "live"), ("/readyz", "ready")):
        app.add_api_route(route, lambda text=text: PlainTextResponse(text), include_in_schema=False)
    metrics = lambda: Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)  # noqa: E731
    document = lambda: get_openapi(title="Scoring", version="1", routes=app.routes)  # noqa: E731
    app.add_api_route("/metrics", metrics, include_in_schema=False)
    app.add_api_route("/openapi.json", document, include_in_schema=False)


def _request_schema(model: Model) -> dict:
    row = {
        "type": "array",
        "items": {"type": "number"},
        "minItems": len(model.features),
        "maxItems": len(model.features),
    }
    schema = {
        "type": "object",
        "required": ["data"],
        "properties": {
            "columns": {"type": "array", "items": {"type": "string", "enum": model.features}},
            "data": {"type": "array", "minItems": 1, "items": row},
        },
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _telemetry(settings: Settings) -> None:
    if settings.telemetry:
        from azure.monitor.opentelemetry import configure_azure_monitor

        configure_azure_monitor(connection_string=settings.telemetry)
