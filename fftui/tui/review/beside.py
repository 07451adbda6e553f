"""What a wide terminal shows of the item and of the sitting, left of the answer."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap
from typing import TYPE_CHECKING

from textual.content import Content

from fftui.grading.outline import mask_line
from fftui.text import clean
from fftui.tui.words import MUTED

if TYPE_CHECKING:
    from fftui.tui.review.desk import Item
    from fftui.tui.review.page import KeyOf

_STRUCTURE_LINES = 6
_PROMPT_LINES = 9


def prompt(item: Item, *, unmasked: bool, width: int, key: KeyOf) -> list[Content]:
    """The beginning of what was asked, as masked as the answer."""
    lines = [raw for turn in item.turns for raw in turn.splitlines()]
    room = width * _PROMPT_LINES
    # No more than can stand there is looked at: a prompt may be a book.
    said = [clean(raw[:room] if unmasked else mask_line(raw[:room]))
            for raw in lines[:_PROMPT_LINES]]  # fmt: skip
    parts = [part for raw in said for part in wrap(raw, width - 1)]
    whole = len(parts) <= _PROMPT_LINES and len(lines) <= _PROMPT_LINES
    n = len(item.turns)
    more = "" if whole else f"… {key('reading.prompt')} opens all of it"
    return [
        _title(f"PROMPT  {n} turn{'' if n == 1 else 's'}"),
        *(Content.styled(clean(part), MUTED) for part in parts[:_PROMPT_LINES]),
        *([Content.styled(clean(more), MUTED)] if more else []),
        Content(""),
    ]


def structure(item: Item, width: int) -> list[Content]:
    """What the lines of the answer are by their wording."""
    parts = wrap(item.structure, width - 1)[:_STRUCTURE_LINES]
    said = [Content.styled(clean(part), MUTED) for part in parts]
    return [_title("STRUCTURE"), *said, Content("")]


def done(said: Iterable[str], width: int) -> list[Content]:
    """What was done last, in the order given; nothing where nothing was."""
    lines = [Content.styled(clean(one[: width - 1]), MUTED) for one in said]
    return [_title("LAST"), *lines] if lines else []


def _title(text: str) -> Content:
    return Content.styled(clean(text), "bold $text-primary")
