"""HTML pages that hold everything themselves: style and pictures are inside, nothing is fetched."""

from __future__ import annotations

import base64
from html import escape

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#111}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .7rem;border-bottom:1px solid #ccc}
td.n{text-align:right;font-variant-numeric:tabular-nums}img,svg{max-width:100%;height:auto}
code,pre{background:#f3f3f3}code{padding:.1rem .3rem}li b{border-bottom:2px solid #555}
pre{padding:.6rem;overflow:auto;max-height:32rem;font-size:13px}
@media print{section{break-inside:avoid}pre{max-height:none;white-space:pre-wrap}}
"""


def page(title: str, body: str) -> str:
    """A whole page with a heading; `body` is HTML."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<link rel="icon" href="data:,"><title>{escape(title)}</title><style>{STYLE}</style>'
        f"</head><body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )


def picture(svg: bytes, words: str) -> str:
    """An SVG file as an image inside the page; `words` say what it shows."""
    content = base64.b64encode(svg).decode()
    return f'<img alt="{escape(words)}" src="data:image/svg+xml;base64,{content}">'


def table(head: list[str], lines: list[list[str]]) -> str:
    """A table of words."""
    rows = ["<tr>" + "".join(f"<th>{escape(word)}</th>" for word in head) + "</tr>"]
    for line in lines:
        rows.append(
            "<tr>" + "".join(f'<td class="n">{escape(word)}</td>' for word in line) + "</tr>"
        )
    return f"<table>{''.join(rows)}</table>"
