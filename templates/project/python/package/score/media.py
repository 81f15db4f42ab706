"""How a body is written, and what a client would rather have: JSON or CSV."""

from __future__ import annotations

from dataclasses import dataclass

from .problems import Problem


@dataclass(frozen=True)
class Format:
    """How a body is written; `header` is what the content type says of CSV's first line, if it says something."""

    csv: bool = False
    header: bool | None = None


def body_format(content_type: str | None) -> Format:
    """The format that a content type names (RFC 9110, section 8.3); without one, JSON.

    Raises Problem.
    """
    if content_type is None or content_type == "application/json":
        return Format()
    media, *parameters = content_type.lower().split(";")
    media, header = media.strip(), None
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        name, value = name.strip(), value.strip().strip('"')
        if name == "charset" and value not in ("utf-8", "utf8", "us-ascii"):
            raise Problem(415, "unsupported-charset", f"send the body in UTF-8, not in {value}")
        if name == "header" and value in ("present", "absent"):
            header = value == "present"
    if media in ("application/json", "text/json") or (media.startswith("application/") and media.endswith("+json")):
        return Format()
    if media == "text/csv":
        return Format(True, header)
    raise Problem(415, "unsupported-media-type", f"send application/json or text/csv, not {media}")


def wants_csv(accept: str) -> bool:
    """By weight (RFC 9110, section 12.5.1), and of equal ones what is named before what is merely taken.

    A client that takes neither gets JSON.
    """
    if not accept:
        return False
    csv, csv_named = _weight(accept, "text", "csv")
    json, json_named = _weight(accept, "application", "json")
    return csv > 0 and (csv > json or (csv == json and csv_named > json_named))


def _weight(accept: str, kind: str, subtype: str) -> tuple[float, int]:
    """The weight of a media type, and how exactly it is named: 2 itself, 1 its kind, 0 by `*/*`."""
    ranks = {f"{kind}/{subtype}": 2, f"{kind}/*": 1, "*/*": 0}
    weight, rank = 0.0, -1
    for part in accept.lower().split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        named = ranks.get(media, -1)
        if named >= rank and named >= 0:
            given = next((text[2:] for text in parameters if text.startswith("q=")), "1")
            weight, rank = _number(given), named
    return weight, max(rank, 0)


def _number(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0
