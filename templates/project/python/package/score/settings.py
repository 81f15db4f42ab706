"""The server's settings, from the environment. Keys are read from a file or a variable and never shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..console import Refusal


class SettingsError(Refusal):
    """A setting cannot be used; the message names the variable."""


@dataclass(frozen=True)
class Settings:
    """What the environment says.

    | Variable | Default | What it is |
    |---|---|---|
    | SCORE_MODEL | required | the model folder |
    | SCORE_LISTEN | 0.0.0.0:8080 | address and port |
    | SCORE_ROUTE | /score | a further route for predictions, beside /score |
    | SCORE_KEY, SCORE_KEY_FILE | none | accepted key, or a file with one key per line |
    | SCORE_ENTRA_ISSUER, SCORE_ENTRA_AUDIENCE | none | accept Entra tokens of this issuer for these audiences |
    | SCORE_MAX_BODY | 4194304 | largest request body in bytes |
    | SCORE_MAX_ROWS | 10000 | most rows in a request |
    | SCORE_LOG_CONTAINER_URL | none | Blob container, or file:///folder, for inputs and predictions |
    | SCORE_LOG_PREFIX | scoring | first folder of the logs' names |
    | SCORE_LOG_SAMPLE | 1 | share of the requests that is logged |
    | SCORE_LOG_OMIT | none | columns left out of the logs, with commas |
    | SCORE_WORKERS | 1 | processes that answer |
    | SCORE_ACCESS_LOG | all | `off`: no line for a request |
    | SCORE_CORS_ORIGINS | none | origins whose pages may call, with commas, or `*` |
    | SCORE_TLS_CERT_FILE, SCORE_TLS_KEY_FILE | none | certificates and key (PEM): the server speaks TLS |
    | APPLICATIONINSIGHTS_CONNECTION_STRING | none | where telemetry goes |
    """

    model: str
    host: str = "0.0.0.0"  # a container listens on all of its addresses
    port: int = 8080
    route: str = "/score"
    keys: tuple[str, ...] = field(default=(), repr=False)
    entra_issuer: str | None = None
    entra_audiences: tuple[str, ...] = ()
    max_body: int = 4 << 20
    max_rows: int = 10_000
    log_url: str | None = None
    log_prefix: str = "scoring"
    log_sample: float = 1.0
    log_omit: frozenset[str] = frozenset()
    workers: int = 1
    access_log: bool = True
    cors: frozenset[str] = frozenset()
    tls_cert: str | None = None
    tls_key: str | None = None
    telemetry: str | None = field(default=None, repr=False)

    @staticmethod
    def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
        """Read the variables; an empty one counts as not set.

        Raises SettingsError for the first one that cannot be used.
        """
        env = {name: value for name, value in (environment or os.environ).items() if value}
        if "SCORE_MODEL" not in env:
            raise SettingsError("SCORE_MODEL is not set: it names the folder with model.json")
        host, _, port = env.get("SCORE_LISTEN", "0.0.0.0:8080").rpartition(":")
        issuer = env.get("SCORE_ENTRA_ISSUER")
        audiences = _names(env.get("SCORE_ENTRA_AUDIENCE"))
        if issuer and not audiences:
            raise SettingsError("SCORE_ENTRA_ISSUER needs SCORE_ENTRA_AUDIENCE: without it any token would do")
        if ("SCORE_TLS_CERT_FILE" in env) != ("SCORE_TLS_KEY_FILE" in env):
            raise SettingsError("SCORE_TLS_CERT_FILE and SCORE_TLS_KEY_FILE go together: both, or none")
        return Settings(
            model=env["SCORE_MODEL"],
            host=host,
            port=int(_number("SCORE_LISTEN", port, 0, 65535)),
            route=env.get("SCORE_ROUTE", "/score"),
            keys=_keys(env),
            entra_issuer=issuer,
            entra_audiences=tuple(audiences),
            max_body=int(_number("SCORE_MAX_BODY", env.get("SCORE_MAX_BODY", "4194304"), 1, 1 << 30)),
            max_rows=int(_number("SCORE_MAX_ROWS", env.get("SCORE_MAX_ROWS", "10000"), 1, 1 << 24)),
            log_url=env.get("SCORE_LOG_CONTAINER_URL"),
            log_prefix=env.get("SCORE_LOG_PREFIX", "scoring"),
            log_sample=_number("SCORE_LOG_SAMPLE", env.get("SCORE_LOG_SAMPLE", "1"), 0, 1),
            log_omit=frozenset(_names(env.get("SCORE_LOG_OMIT"))),
            workers=int(_number("SCORE_WORKERS", env.get("SCORE_WORKERS", "1"), 1, 256)),
            access_log=env.get("SCORE_ACCESS_LOG", "all") == "all",
            cors=frozenset(_names(env.get("SCORE_CORS_ORIGINS"))),
            tls_cert=env.get("SCORE_TLS_CERT_FILE"),
            tls_key=env.get("SCORE_TLS_KEY_FILE"),
            telemetry=env.get("APPLICATIONINSIGHTS_CONNECTION_STRING"),
        )


def _keys(env: Mapping[str, str]) -> tuple[str, ...]:
    keys = [env["SCORE_KEY"]] if "SCORE_KEY" in env else []
    if "SCORE_KEY_FILE" in env:
        try:
            keys += Path(env["SCORE_KEY_FILE"]).read_text(encoding="utf-8").split()
        except OSError as error:
            raise SettingsError(f"SCORE_KEY_FILE: cannot read {env['SCORE_KEY_FILE']}: {error.strerror}") from error
        if not keys:
            raise SettingsError("SCORE_KEY_FILE holds no key")
    if any(len(key) < 16 for key in keys):
        raise SettingsError("a scoring key has at least 16 characters")
    return tuple(keys)


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _number(variable: str, text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise SettingsError(f"{variable} is {text!r}, expected a number from {low:g} to {high:g}")
    return value
