"""Reports as one page of HTML without scripts: everything that comes from data is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import numpy as np

from .console import harmless

STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #ddd}
.bad{color:#a40000;font-weight:600}.good{color:#1b6e2e}svg{vertical-align:middle}rect{fill:#4472c4}"""


def page(title: str, parts: Iterable[str]) -> str:
    """A whole document; the parts are HTML already."""
    head = f'<meta charset="utf-8"><title>{shown(title)}</title><style>{STYLE}</style>'
    body = f"<h1>{shown(title)}</h1>\n{''.join(parts)}"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{body}</body></html>\n'


def shown(text: object) -> str:
    """Text as HTML."""
    return escape(harmless(text))


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; the header is text, cells are HTML already."""
    top = "".join(f"<th>{shown(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    return f"<table><tr>{top}</tr>\n{body}</table>\n"


def verdict(failure: str | None) -> str:
    """What a check found."""
    return '<span class="good">passed</span>' if failure is None else f'<span class="bad">{shown(failure)}</span>'


def bars(counts: Iterable[float]) -> str:
    """A small histogram."""
    counts = np.asarray(list(counts), dtype=float)
    most = counts.max() if len(counts) else 0
    if not most:
        return ""
    heights = np.ceil(counts / most * 30).astype(int)
    drawn = "".join(
        f'<rect x="{8 * place}" y="{30 - height}" width="7" height="{height}"/>' for place, height in enumerate(heights)
    )
    return f'<svg width="{8 * len(counts)}" height="30" role="img">{drawn}</svg>'
