from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.testclient import TestClient

from {= package =}.score.app import create
from {= package =}.score.auth import Guard
from {= package =}.score.log import ScoringLog
from {= package =}.score.problems import Problem
from {= package =}.score.settings import Settings, SettingsError

from .conftest import TASK

KEY = "a-key-of-some-length"


@pytest.fixture
def client(model_folder: Path):
    with TestClient(create(Settings(model=str(model_folder), max_rows=3, max_body=500))) as client:
        yield client


def test_rows_are_answered_in_order(client: TestClient) -> None:
    answer = client.post("/score", json={"data": [[1, 0], [0, 1]]})
    assert answer.status_code == 200
    assert answer.json() == {**answer.json(), "result": answer.json()["result"][:2]}
    if TASK == "classification":
        assert set(answer.json()["result"]) <= set(answer.json().get("classes", ["no", "yes"]))
    one_by_one = [client.post("/score", json={"data": [row]}).json()["result"][0] for row in ([1, 0], [0, 1])]
    assert answer.json()["result"] == (one_by_one if TASK == "classification" else pytest.approx(one_by_one, rel=1e-12))


def test_an_answer_says_how_long_it_took_here(client: TestClient) -> None:
    for body, status in (({"data": [[1, 0]]}, 200), ({"data": [["x", 0]]}, 422)):
        started = time.perf_counter()
        answer = client.post("/score", json=body)
        name, _, milliseconds = answer.headers["server-timing"].partition(";dur=")
        assert (answer.status_code, name) == (status, "score")
        assert 0 <= float(milliseconds) <= (time.perf_counter() - started) * 1000


def test_named_columns_may_come_in_any_order(client: TestClient) -> None:
    plain = client.post("/score", json={"data": [[1, 2]]}).json()
    assert client.post("/score", json={"columns": ["b", "a"], "data": [[2, 1]]}).json() == plain
    assert client.post("/score", json={"data": [{"b": 2, "a": 1}]}).json() == plain


@pytest.mark.parametrize(
    "body",
    [
        {"input_data": {"columns": ["a", "b"], "index": [0], "data": [[1, 2]]}},
        {"input_data": [[1, 2]]},
        {"input_data": [{"b": 2, "a": 1}], "params": {}},
        {"dataframe_split": {"columns": ["b", "a"], "data": [[2, 1]]}},
        {"dataframe_records": [{"a": 1, "b": 2}]},
        {"instances": [[1, 2]]},
        {"inputs": {"a": [1], "b": [2]}},
        {"inputs": [[1, 2]]},
    ],
)
def test_bodies_of_other_servers_are_answered_alike(client: TestClient, body: dict) -> None:
    plain = client.post("/score", json={"data": [[1, 2]]}).json()
    predicted = plain.pop("result")
    member = "result" if "input_data" in body else "predictions"
    assert client.post("/score", json=body).json() == {member: predicted, **plain}


def test_open_inference_is_answered_in_kind(client: TestClient) -> None:
    plain = client.post("/score", json={"data": [[1, 2], [3, 4]]}).json()["result"]
    named = [
        {"name": name, "shape": [2], "datatype": "FP64", "data": data} for name, data in (("a", [1, 3]), ("b", [2, 4]))
    ]
    whole = [{"name": "input-0", "shape": [2, 2], "datatype": "FP64", "data": [1, 2, 3, 4]}]
    for inputs in (named, whole):
        answer = client.post("/v2/models/any/infer", json={"inputs": inputs}).json()
        assert answer["outputs"][0]["data"] == plain


@pytest.mark.parametrize("body", ["a,b\n1,2\n", "b,a\n2,1\n", "1,2\n"])
def test_csv_is_answered(client: TestClient, body: str) -> None:
    plain = client.post("/score", json={"data": [[1, 2]]}).json()
    headers = {"content-type": "text/csv"}
    assert client.post("/score", content=body, headers=headers).json() == plain
    table = client.post("/score", content=body, headers={**headers, "accept": "text/csv"}).text.splitlines()
    assert table[0].startswith("prediction")
    assert len(table) == 2


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv, */*", "text/csv"),
        ("application/json, text/csv", "application/json"),
        ("application/json;q=0.4, text/csv;q=0.6", "text/csv"),
        ("text/csv;q=0", "application/json"),
        ("text/html", "application/json"),
    ],
)
def test_the_answer_is_what_the_client_likes_best(client: TestClient, accept: str, kind: str) -> None:
    answer = client.post("/score", json={"data": [[1, 2]]}, headers={"accept": accept})
    assert answer.headers["content-type"].startswith(kind)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ([("host", "a"), ("host", "b")], 400, "malformed-head"),
        ([("host", "a"), ("transfer-encoding", "gzip, chunked")], 501, "unsupported-transfer-coding"),
    ],
)
def test_heads_that_http_refuses_are_refused(client: TestClient, headers: list, status: int, code: str) -> None:
    answer = client.get("/livez", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_optional_column_may_be_missing(client: TestClient) -> None:
    answers = [client.post("/score", json={"data": data}) for data in ([[1, None]], [{"a": 1}], [{"a": 1, "b": None}])]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1


def test_other_origins_may_call_where_the_setting_says_so(model_folder: Path) -> None:
    with TestClient(create(Settings(model=str(model_folder), cors=frozenset({"https://page"})))) as client:
        allowed = "access-control-allow-origin"
        assert client.options("/score", headers={"origin": "https://page"}).headers[allowed] == "https://page"
        assert allowed not in client.options("/score", headers={"origin": "https://other"}).headers


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"data": [[1, 2]', 400, "malformed-json"),
        ('{"data": [[1, NaN]]}', 400, "malformed-json"),
        ("[" * 100_000, 413, "body-too-large"),
        ('{"data": [[1]]}', 422, "wrong-width"),
        ('{"data": [[1, "2"]]}', 422, "wrong-type"),
        ('{"data": [[1, true]]}', 422, "wrong-type"),
        ('{"data": [[null, 1]]}', 422, "missing-value"),
        ('{"data": [[1, 1e400]]}', 400, "malformed-json"),
        ('{"data": []}', 422, "empty-input"),
        ('{"data": 1}', 422, "wrong-shape"),
        ("[]", 422, "wrong-shape"),
        ('{"data": [[1, 2]], "method": "predict"}', 422, "unknown-member"),
        ('{"data": [{"a": 1, "c": 2}]}', 422, "unknown-column"),
        ('{"data": [{"b": 1}]}', 422, "missing-column"),
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
    monkeypatch.setattr("{= package =}.score.log.CAPACITY", 2)
    gate = threading.Event()
    log = ScoringLog(Settings(model=""), ["a"], lambda name, lines: gate.wait(5) and None)
    monkeypatch.setattr("{= package =}.score.log.PAUSE_SECONDS", 0.0)
    for index in range(20):
        log.add(str(index), "", "", [[0.0]], [0.0])
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
        ({"SCORE_MODEL": "m", "SCORE_TLS_KEY_FILE": "k"}, "SCORE_TLS_CERT_FILE"),
    ],
)
def test_a_bad_setting_is_named(variables: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings.from_environment({**variables, "NOISE": "1"})


def test_keys_are_not_shown() -> None:
    assert KEY not in repr(Settings(model="m", keys=(KEY,)))
