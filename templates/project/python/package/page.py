"""Reports as one page of HTML without scripts: everything that comes from data is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import numpy as np

from .console import harmless

STYLE = """:root{color-scheme:light dark;--bad:#a40000;--good:#1b6e2e;--bar:#4472c4;--line:#ccc}
@media (prefers-color-scheme:dark){:root{--bad:#ff9c9c;--good:#7ee2a0;--bar:#86a9e8;--line:#555}}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;background:Canvas;
color:CanvasText}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .8rem;border-bottom:1px solid var(--line)}
.bad{color:var(--bad);font-weight:600}.good{color:var(--good)}svg{vertical-align:middle;max-width:100%}
rect,circle{fill:var(--bar)}circle{opacity:.5}line{stroke:var(--line)}svg[viewBox]{height:auto}
h1,h2,p{overflow-wrap:anywhere}.wide{overflow-x:auto}"""


def page(title: str, parts: Iterable[str]) -> str:
    """A whole document; the parts are HTML already."""
    narrow = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    head = f'<meta charset="utf-8">{narrow}<title>{shown(title)}</title><style>{STYLE}</style>'
    body = f"<main><h1>{shown(title)}</h1>\n{''.join(parts)}</main>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{body}</body></html>\n'


def shown(text: object) -> str:
    """Text as HTML."""
    return escape(harmless(text))


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table, scrolled where it is wider than the window; the header is text, cells are HTML already."""
    header = list(header)
    place = f'<div class="wide" role="group" tabindex="0" aria-label="{shown(", ".join(header))}">'
    top = "".join(f'<th scope="col">{shown(name)}</th>' for name in header)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    return f"{place}<table><tr>{top}</tr>\n{body}</table></div>\n"


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
    return f'<svg width="{8 * len(counts)}" height="30" aria-hidden="true">{drawn}</svg>'


def meter(value: float, most: float) -> str:
    """A bar as long as the value is of the greatest one; the number itself stands beside it."""
    width = 160 * min(1.0, abs(value) / most) if most > 0 else 0.0
    return f'<svg width="160" height="12" aria-hidden="true"><rect y="1" width="{width:.1f}" height="10"/></svg>'


def scatter(across: Iterable[float], up: Iterable[float], said: str) -> str:
    """Points, both axes from the least to the greatest of all numbers, with the line on which both are the same."""
    x, y = np.asarray(list(across), dtype=float), np.asarray(list(up), dtype=float)
    if not len(x):
        return ""
    low, high = float(min(x.min(), y.min())), float(max(x.max(), y.max()))
    with np.errstate(all="ignore"):
        spread = (high - low) or 1.0
        points = zip(10 + 300 * (x - low) / spread, 310 - 300 * (y - low) / spread, strict=True)
    drawn = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.5"/>' for a, b in points if np.isfinite([a, b]).all())
    line = '<line x1="10" y1="310" x2="310" y2="10"/>'
    size = 'width="320" height="320" viewBox="0 0 320 320"'
    return f'<svg {size} role="img" aria-label="{shown(said)}">{line}{drawn}</svg>'
