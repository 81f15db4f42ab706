from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.testclient import TestClient

from {= package =}.score.app import create
from {= package =}.score.auth import Guard
from {= package =}.score.log import ScoringLog
from {= package =}.score.problems import Problem
from {= package =}.score.settings import Settings, SettingsError

KEY = "a-key-of-some-length"


@pytest.fixture
def client(model_folder: Path):
    with TestClient(create(Settings(model=str(model_folder), max_rows=3, max_body=500))) as client:
        yield client


def test_rows_are_answered_in_order(client: TestClient) -> None:
    answer = client.post("/score", json={"data": [[1, 0], [0, 1]]})
    assert answer.status_code == 200
    assert answer.json()["result"] == pytest.approx([5, 2], abs=0.05)


def test_named_columns_may_come_in_any_order(client: TestClient) -> None:
    plain = client.post("/score", json={"data": [[1, 2]]}).json()
    assert client.post("/score", json={"columns": ["b", "a"], "data": [[2, 1]]}).json() == plain
    assert client.post("/score", json={"data": [{"b": 2, "a": 1}]}).json() == plain


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"data": [[1, 2]', 400, "malformed-json"),
        ('{"data": [[1, NaN]]}', 400, "malformed-json"),
        ("[" * 100_000, 413, "body-too-large"),
        ('{"data": [[1]]}', 422, "wrong-width"),
        ('{"data": [[1, "2"]]}', 422, "wrong-type"),
        ('{"data": [[1, true]]}', 422, "wrong-type"),
        ('{"data": [[1, null]]}', 422, "wrong-type"),
        ('{"data": [[1, 1e400]]}', 422, "not-finite"),
        ('{"data": []}', 422, "empty-input"),
        ('{"data": 1}', 422, "wrong-shape"),
        ("[]", 422, "wrong-shape"),
        ('{"data": [[1, 2]], "method": "predict"}', 422, "unknown-member"),
        ('{"data": [{"a": 1, "c": 2}]}', 422, "unknown-column"),
        ('{"data": [{"a": 1}]}', 422, "missing-column"),
        ('{"data": [[1,2],[1,2],[1,2],[1,2]]}', 413, "too-many-rows"),
    ],
)
def test_bad_input_is_refused_with_a_reason(client: TestClient, body: str, status: int, code: str) -> None:
    answer = client.post("/score", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_another_content_type_is_refused(client: TestClient) -> None:
    answer = client.post("/score", content="<xml/>", headers={"content-type": "text/xml"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


@pytest.mark.parametrize("route", ["/", "/livez", "/readyz", "/metrics", "/openapi.json"])
def test_probes_and_documents_answer(client: TestClient, route: str) -> None:
    assert client.get(route).status_code == 200


def test_the_request_id_comes_back(client: TestClient) -> None:
    assert (
        client.post("/score", json={"data": [[1, 2]]}, headers={"x-request-id": "mine"}).headers["x-request-id"]
        == "mine"
    )


def test_the_key_is_asked_for(model_folder: Path) -> None:
    with TestClient(create(Settings(model=str(model_folder), keys=(KEY,)))) as client:
        body = {"data": [[1, 2]]}
        assert client.post("/score", json=body).status_code == 401
        assert client.post("/score", json=body, headers={"authorization": "Bearer wrong"}).status_code == 401
        assert client.post("/score", json=body, headers={"authorization": f"Bearer {KEY}"}).status_code == 200
        assert client.get("/livez").status_code == 200


def test_entra_tokens_are_checked() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    class Keys:
        def get_signing_key_from_jwt(self, _: str):
            return private.public_key()

    settings = Settings(model="", entra_issuer="https://issuer/v2.0", entra_audiences=("api://scoring",))
    guard = Guard(settings, Keys())
    claims = {"iss": "https://issuer/v2.0", "aud": "api://scoring", "exp": time.time() + 60}
    guard.check("Bearer " + jwt.encode(claims, private, "RS256"))
    for wrong in ({"aud": "api://other"}, {"iss": "https://other"}, {"exp": time.time() - 60}):
        with pytest.raises(Problem):
            guard.check("Bearer " + jwt.encode({**claims, **wrong}, private, "RS256"))


def test_inputs_and_predictions_are_kept(model_folder: Path) -> None:
    stored: dict[str, bytes] = {}
    settings = Settings(model=str(model_folder), log_omit=frozenset({"b"}))
    with TestClient(create(settings, stored.__setitem__)) as client:
        client.post("/score", json={"data": [[1, 2], [3, 4]]}, headers={"x-request-id": "one"})
    (lines,) = stored.values()
    record = json.loads(lines)
    assert (record["request_id"], record["columns"], record["data"]) == ("one", ["a"], [[1.0], [3.0]])
    assert len(record["result"]) == 2


def test_a_store_that_stays_down_costs_counted_records_only(model_folder: Path, monkeypatch) -> None:
    monkeypatch.setattr("{= package =}.score.log.time.sleep", lambda _: None)

    def down(name: str, lines: bytes) -> None:
        raise OSError("down")

    with TestClient(app := create(Settings(model=str(model_folder)), down)) as client:
        assert client.post("/score", json={"data": [[1, 2]]}).status_code == 200
    with TestClient(app) as client:
        assert "score_log_records_dropped_total 1.0" in client.get("/metrics").text


def test_the_queue_is_bounded(monkeypatch) -> None:
    import numpy as np

    monkeypatch.setattr("{= package =}.score.log.CAPACITY", 2)
    gate = threading.Event()
    log = ScoringLog(Settings(model=""), ["a"], lambda name, lines: gate.wait(5) and None)
    monkeypatch.setattr("{= package =}.score.log.PAUSE_SECONDS", 0.0)
    for index in range(20):
        log.add(str(index), "", "", np.zeros((1, 1)), [0.0])
    assert log.dropped >= 1
    gate.set()
    log.close()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "SCORE_MODEL"),
        ({"SCORE_MODEL": "m", "SCORE_LOG_SAMPLE": "2"}, "SCORE_LOG_SAMPLE"),
        ({"SCORE_MODEL": "m", "SCORE_KEY": "short"}, "16 characters"),
        ({"SCORE_MODEL": "m", "SCORE_ENTRA_ISSUER": "https://i"}, "SCORE_ENTRA_AUDIENCE"),
    ],
)
def test_a_bad_setting_is_named(variables: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings.from_environment({**variables, "NOISE": "1"})


def test_keys_are_not_shown() -> None:
    assert KEY not in repr(Settings(model="m", keys=(KEY,)))
