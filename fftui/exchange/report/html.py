"""A document as one HTML file that needs nothing else: no script, no font, no request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from importlib import resources

from fftui.exchange.report.chart import COLOURS, inline
from fftui.exchange.report.document import (
    Block,
    Cell,
    Document,
    Facts,
    Figure,
    Lines,
    Quote,
    Section,
    Table,
    Text,
)
from fftui.text import clean, line

_WIDTH = 4000
_LONG = 40
"""Characters without a space that a cell breaks where it must, such as a hash."""
# A report shows what it was given and asks nobody for anything.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(document: Document) -> str:
    """The whole file."""
    style = resources.files("fftui.exchange.report").joinpath("page.css").read_text("utf-8")
    light = " ".join(f"--{name}: {colour};" for name, colour in COLOURS.items())
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        '<link rel="icon" href="data:,">',
        f"<title>{shown(document.title)}: evaluation report</title>",
        f"<style>\n:root {{ {light} }}\n{style}</style>\n</head>\n<body>",
        '<p class="banner">simulated</p>' if document.simulated else "",
        '<header><p class="kind">Evaluation report</p>',
        f"<h1>{shown(document.title)}</h1>",
        f'<p class="made">{shown(document.subtitle)}</p></header>',
        _contents(document),
        "<main>",
    ]
    for place, section in enumerate(document.sections):
        parts += _section(section, place)
    parts.append("</main>\n</body>\n</html>\n")
    return "\n".join(part for part in parts if part)


def shown(text: str) -> str:
    """Text from anywhere as text of a page."""
    return escape(line(text, _WIDTH))


def _contents(document: Document) -> str:
    items = "".join(
        f'<li><a href="#s{place}">{shown(s.title)}</a></li>'
        for place, s in enumerate(document.sections)
        if s.level == 2
    )
    return f'<nav aria-label="Contents"><ul>{items}</ul></nav>'


def _section(section: Section, place: int) -> Iterator[str]:
    yield f'<section id="s{place}"><h{section.level}>{shown(section.title)}</h{section.level}>'
    for block in section.blocks:
        yield from _block(block)
    yield "</section>"


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Text):
        yield f"<p{' class=lead' if block.lead else ''}>{shown(block.text)}</p>"
    elif isinstance(block, Lines):
        yield "<ul>" + "".join(f"<li>{shown(text)}</li>" for text in block.lines) + "</ul>"
    elif isinstance(block, Facts):
        yield (
            "<dl>"
            + "".join(
                f"<div><dt>{shown(name)}</dt><dd>{shown(text)}</dd></div>"
                for name, text in block.pairs
            )
            + "</dl>"
        )
    elif isinstance(block, Quote):
        yield (
            f"<details><summary>{shown(block.title)}</summary>"
            f"<pre>{escape(clean(block.text))}</pre></details>"
        )
    elif isinstance(block, Figure):
        yield from _figure(block)
    else:
        yield from _table(block)


def _figure(figure: Figure) -> Iterator[str]:
    name = re.sub(r"[^A-Za-z0-9]+", "-", figure.name)
    yield f"<figure><figcaption>{shown(figure.caption)}</figcaption>"
    yield f'<div class="wide">{inline(figure.draw(False), f"{name}-w")}</div>'
    yield f'<div class="narrow">{inline(figure.draw(True), f"{name}-n")}</div></figure>'


def _table(table: Table) -> Iterator[str]:
    # A column without a title has its text in the one before it; only the CSV file needs it.
    kept = [
        place
        for place, column in enumerate(table.columns)
        if column.title and any(row[place].text for row in table.rows)
    ]
    columns = [table.columns[place] for place in kept]
    rows = table.rows[: table.shown]
    yield f'<div class="table"><table><caption>{shown(table.caption)}</caption><thead><tr>'
    yield "".join(
        f"<th scope=col{' class=n' if c.number else ''}>{shown(c.title)}</th>" for c in columns
    )
    yield "</tr></thead><tbody>"
    for row in rows:
        cells = [row[place] for place in kept]
        yield (
            "<tr>"
            + "".join(
                _cell(cell, column.title, column.number, head=place == 0)
                for place, (cell, column) in enumerate(zip(cells, columns, strict=True))
            )
            + "</tr>"
        )
    yield "</tbody></table></div>"
    if not table.rows:
        yield '<p class="note">None.</p>'
    elif len(rows) < len(table.rows):
        yield (
            f'<p class="note">{len(rows):,} of {len(table.rows):,} rows; all are in'
            f" {shown(table.name)}.csv.</p>"
        )


def _cell(cell: Cell, title: str, number: bool, *, head: bool) -> str:
    name, scope = ("th", " scope=row") if head else ("td", "")
    long = len(cell.text) > _LONG and " " not in cell.text
    kind = " class=n" if number else " class=long" if long else ""
    # On a narrow page a row is a card, and each cell says what it is.
    told = "" if head else f' data-title="{shown(title)}"'
    empty = "" if cell.text else " data-empty"
    return f"<{name}{scope}{kind}{told}{empty}>{shown(cell.text)}</{name}>"
