"""Problem details (RFC 9457): every refusal has a machine-readable code."""

from __future__ import annotations

import json


class Problem(Exception):
    """A request that is refused."""

    def __init__(self, status: int, code: str, detail: str, **members: object) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.members = members

    def document(self, request_id: str) -> bytes:
        """The problem as a response's body."""
        body = {
            "type": f"/problems#{self.code}",
            "title": self.code.replace("-", " "),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
            **self.members,
        }
        return json.dumps(body).encode()
