"""What a client would rather have: JSON or CSV."""

from __future__ import annotations


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
