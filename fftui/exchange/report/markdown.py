"""A document as Markdown; its figures are the SVG files beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from fftui.exchange.report.document import (
    Block,
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
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&#$!])")
# What would begin a list, a heading or a rule, or become a link without being marked as one.
_FIRST = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))")
_LINK = re.compile(r"(?i)\b(https?|ftp|www|mailto)([:.])|(?<=\w)(@)(?=\w)")


def page(document: Document, beside: str) -> str:
    """The whole file; `beside` is the folder of the figures and tables, as this file sees it."""
    parts = [f"# {shown(document.title)}: evaluation report", shown(document.subtitle)]
    if document.simulated:
        parts.append("**simulated**")
    for section in document.sections:
        parts += _section(section, beside)
    return "\n\n".join(parts) + "\n"


def shown(text: str) -> str:
    """Text from anywhere as text of a page."""
    found = _SPECIAL.sub(r"\\\1", line(text, _WIDTH))
    found = _FIRST.sub(lambda m: f"{m[1]}\\{m[2]}" if not m[2].isdigit() else m[0], found)
    found = re.sub(r"^(\s*\d+)([.)])", r"\1\\\2", found)
    return _LINK.sub(lambda m: f"\\{m[3]}" if m[3] else f"{m[1]}\\{m[2]}", found)


def _section(section: Section, beside: str) -> Iterator[str]:
    yield f"{'#' * section.level} {shown(section.title)}"
    for block in section.blocks:
        yield _block(block, beside)


def _block(block: Block, beside: str) -> str:
    if isinstance(block, Text):
        return f"**{shown(block.text)}**" if block.lead else shown(block.text)
    if isinstance(block, Lines):
        return "\n".join(f"- {shown(text)}" for text in block.lines)
    if isinstance(block, Facts):
        return "\n".join(f"- {shown(name)}: {shown(text)}" for name, text in block.pairs)
    if isinstance(block, Quote):
        body = "\n".join(f"    {row}" for row in clean(block.text).split("\n"))
        return f"{shown(block.title)}\n\n{body}"
    if isinstance(block, Figure):
        return f"![{shown(block.caption)}]({quote(f'{beside}/{block.name}.svg')})"
    return _table(block, beside)


def _table(table: Table, beside: str) -> str:
    kept = [
        place
        for place, column in enumerate(table.columns)
        if column.title and any(row[place].text for row in table.rows)
    ]
    columns = [table.columns[place] for place in kept]
    rows = table.rows[: table.shown]
    link = f"[CSV]({quote(f'{beside}/{table.name}.csv')})"
    head = f"{shown(table.caption)} ({len(rows):,} of {len(table.rows):,} rows; {link})"
    if not rows:
        return head
    return "\n".join([
        head,
        "",
        f"| {' | '.join(shown(c.title) for c in columns)} |",
        f"|{'|'.join(' ---: ' if c.number else ' --- ' for c in columns)}|",
        *(f"| {' | '.join(shown(row[place].text) for place in kept)} |" for row in rows),
    ])  # fmt: skip
