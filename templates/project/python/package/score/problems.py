"""Problem details (RFC 9457): every refusal has a machine-readable code."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse


class Problem(Exception):
    """A request that is refused."""

    def __init__(self, status: int, code: str, detail: str, **members: object) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.members = members


def answer(request: Request, problem: Problem) -> JSONResponse:
    """The problem as a response."""
    body = {
        "type": f"/problems#{problem.code}",
        "title": problem.code.replace("-", " "),
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "request_id": request.state.request_id,
        **problem.members,
    }
    headers = {"www-authenticate": "Bearer"} if problem.status == 401 else None
    return JSONResponse(body, problem.status, headers, media_type="application/problem+json")
