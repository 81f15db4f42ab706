"""Starts the server, or asks a running one how it is (`--healthcheck`, for the image's HEALTHCHECK)."""

from __future__ import annotations

import os
import ssl
import sys
import tempfile
import urllib.error
import urllib.request

import uvicorn

from ..console import Refusal, harmless
from .settings import Settings


def main(arguments: list[str]) -> int:
    """Exit code 0 stopped on request or healthy, 1 not healthy, 2 cannot start."""
    try:
        settings = Settings.from_environment()
        if arguments == ["--healthcheck"]:
            return _healthcheck(settings)
        if settings.workers > 1:
            os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="score-metrics-"))
        from .app import create

        # A model that cannot be served is said here, once, and not by every worker.
        app = create(settings) if settings.workers == 1 else None
        if app is None:
            from .. import model_folder

            model_folder.load(settings.model)
    except Refusal as error:
        print(f"error: {harmless(error)}", file=sys.stderr)
        return 2
    uvicorn.run(
        app or f"{__package__}.app:from_environment",
        factory=app is None,
        workers=settings.workers,
        host=settings.host,
        port=settings.port,
        access_log=settings.access_log,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        timeout_graceful_shutdown=20,
        server_header=False,
    )
    return 0


def _healthcheck(settings: Settings) -> int:
    scheme = "https" if settings.tls_cert else "http"
    # The certificate names the service, and this asks the container itself.
    context = ssl._create_unverified_context() if settings.tls_cert else None  # noqa: S323
    try:
        url = f"{scheme}://127.0.0.1:{settings.port}/readyz"
        with urllib.request.urlopen(url, timeout=3, context=context) as answer:
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, TimeoutError):
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
