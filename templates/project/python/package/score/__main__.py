"""Starts the server, or asks a running one how it is (`--healthcheck`, for the image's HEALTHCHECK)."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

import uvicorn

from ..model_folder import ModelError
from .app import create
from .settings import Settings, SettingsError


def main(arguments: list[str]) -> int:
    """Exit code 0 stopped on request or healthy, 1 not healthy, 2 cannot start."""
    try:
        settings = Settings.from_environment()
        if arguments == ["--healthcheck"]:
            return _healthcheck(f"http://127.0.0.1:{settings.port}/readyz")
        app = create(settings)
    except (SettingsError, ModelError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    uvicorn.run(app, host=settings.host, port=settings.port, timeout_graceful_shutdown=20, server_header=False)
    return 0


def _healthcheck(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:  # a fixed address of this very container
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, TimeoutError):
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
