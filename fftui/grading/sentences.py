"""An answer in paragraphs and sentences, numbered alike for everybody who reads it.

Readers point at sentences by number, so the numbers follow from the text alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from fftui.grading.outline import FENCE

_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|(?<=[。！？])")
_MARK_ONLY = re.compile(r"^\s*(?:\d{1,3}[.)]|[-*•]|#{1,6})$")


class Sentence(Struct, frozen=True):
    """One sentence, or a whole fenced block."""

    text: str
    paragraph: int
    """From 0."""


def paragraphs(text: str) -> list[list[str]]:
    """Runs of lines between empty ones; a fenced block is never taken apart."""
    found: list[list[str]] = [[]]
    fenced = False
    for raw in text.splitlines():
        if FENCE.match(raw):
            fenced = not fenced
        if raw.strip() or fenced:
            found[-1].append(raw)
        elif found[-1]:
            found.append([])
    return [paragraph for paragraph in found if paragraph]


def units(paragraph: list[str]) -> Iterator[str]:
    """The lines of a paragraph, a fenced block as one of them."""
    block: list[str] = []
    for raw in paragraph:
        fence = bool(FENCE.match(raw))
        if block or fence:
            block.append(raw)
            if fence and len(block) > 1:
                yield "\n".join(block)
                block = []
        else:
            yield raw
    if block:
        yield "\n".join(block)


def sentences(text: str) -> list[Sentence]:
    """All of them, in order."""
    return [
        Sentence(one, number)
        for number, paragraph in enumerate(paragraphs(text))
        for unit in units(paragraph)
        for one in _split(unit)
    ]


def _split(unit: str) -> list[str]:
    if FENCE.match(unit):
        return [unit]
    found: list[str] = []
    start = 0
    for end in _END.finditer(unit):
        piece = unit[start : end.end()]
        # The dot behind a number of a list ends no sentence.
        if piece.strip() and not _MARK_ONLY.match(piece.rstrip()):
            found.append(piece.rstrip())
            start = end.end()
    rest = unit[start:]
    return [*found, rest.rstrip()] if rest.strip() else found
