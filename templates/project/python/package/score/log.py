"""Keeps inputs and predictions as JSON Lines, off the request path, in bounded memory; what is dropped is counted."""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
import uuid
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from .settings import Settings

CAPACITY = 10_000
BATCH = 1_000
PAUSE_SECONDS = 5.0
TRIES = 5
Sink = Callable[[str, bytes], None]

logger = logging.getLogger(__name__)


class ScoringLog:
    """A queue in front of one writer thread."""

    def __init__(self, settings: Settings, features: list[str], sink: Sink) -> None:
        self._keep = [index for index, name in enumerate(features) if name not in settings.log_omit]
        self._columns = [features[index] for index in self._keep]
        self._share = settings.log_sample
        self._prefix = settings.log_prefix
        self._sink = sink
        self._instance = uuid.uuid4().hex[:12]
        self._sequence = 0
        self._queue: queue.Queue[dict | None] = queue.Queue(CAPACITY)
        self.dropped = 0
        self._thread = threading.Thread(target=self._work, name="scoring-log", daemon=True)
        self._thread.start()

    def add(self, request_id: str, trace_id: str, model: str, rows: list[list], result: list) -> None:
        """Queue one request's record, if it is in the sample and there is room."""
        if zlib.crc32(request_id.encode()) / 2**32 >= self._share:
            return
        record = {
            "schema": 1,
            "time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "request_id": request_id,
            "trace_id": trace_id,
            "model": model,
            "first_row": 0,
            "columns": self._columns,
            "data": [[row[index] for index in self._keep] for row in rows],
            "result": result,
        }
        try:
            self._queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Write what is queued, then stop."""
        self._queue.put(None)
        self._thread.join(timeout=20)

    def _work(self) -> None:
        open_ = True
        while open_:
            batch = [self._queue.get()]
            until = time.monotonic() + PAUSE_SECONDS
            while batch[-1] is not None and len(batch) < BATCH:
                try:
                    batch.append(self._queue.get(timeout=max(0.0, until - time.monotonic())))
                except queue.Empty:
                    break
            open_ = batch[-1] is not None
            records = [record for record in batch if record is not None]
            if records:
                self._write(records)

    def _write(self, records: list[dict]) -> None:
        name = f"{self._prefix}/{datetime.now(UTC):%Y/%m/%d/%H}/{self._instance}-{self._sequence:06}.jsonl"
        self._sequence += 1
        lines = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records).encode()
        for attempt in range(TRIES):
            try:
                self._sink(name, lines)
                return
            except Exception as error:  # whatever a store says: the record is retried, then counted as dropped
                logger.warning("cannot store %s (try %d of %d): %s", name, attempt + 1, TRIES, type(error).__name__)
                time.sleep(min(0.2 * 2**attempt, 5))
        self.dropped += len(records)


def sink_for(url: str) -> Sink:
    """Where records go: a Blob container, or a folder (file:///…) for tests and for work on a laptop."""
    if url.startswith("file:"):
        folder = Path(url2pathname(urlsplit(url).path))
        return lambda name, lines: _to_file(folder / name, lines)
    from azure.identity import DefaultAzureCredential
    from azure.storage.blob import ContainerClient

    credential = None if "?" in url else DefaultAzureCredential()
    container = ContainerClient.from_container_url(url, credential=credential)
    return lambda name, lines: _to_blob(container, name, lines)


def _to_file(path: Path, lines: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lines)


def _to_blob(container, name: str, lines: bytes) -> None:
    container.upload_blob(name, lines, overwrite=True)
