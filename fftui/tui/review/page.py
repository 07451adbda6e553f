"""One item as lines: the goal, the answer, and on wish what is folded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual.content import Content

from fftui.grading.outline import Masked, count, mask_line, outline
from fftui.grading.sentences import paragraphs
from fftui.text import clean
from fftui.tui.words import CARE, MUTED

if TYPE_CHECKING:
    from fftui.tui.review.desk import Item

_MAX_CHARS = 60_000
_WIDEST = 110
"""Reading width."""
_TONES = {"refusal": "$text-success", "pivot": CARE, "caveat": MUTED, "fence": MUTED}


@dataclass(frozen=True, slots=True)
class How:
    """What of an item is shown."""

    unmasked: bool = False
    """All of it."""
    peeked: frozenset[int] = frozenset()
    """Paragraphs of the answer that are shown for some seconds."""
    prompt: bool = False
    """The whole prompt, not its first line."""
    reasoning: bool = False

    def peek(self, paragraph: int) -> How:
        """With one more paragraph shown."""
        return replace(self, peeked=self.peeked | {paragraph})


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the screen."""

    content: Content
    paragraph: int = -1
    """Of the answer; -1 for what is not the answer."""


def lay(item: Item, how: How, width: int) -> list[Row]:
    """All lines of an item, wrapped to `width`."""
    prompt = "\n".join(item.turns)
    found = [_title(f"PROMPT  {count(prompt)} words", "p folds it" if how.prompt else "p opens it")]
    lines = prompt.splitlines() or [""]
    shown = lines if how.prompt else lines[:1]
    for raw in shown:
        found += _wrapped(raw, Masked(mask_line(raw)), how.unmasked, width, -1)
    more = len(lines) - len(shown)
    if more:
        found.append(Row(Content.styled(f"  {more} more line{'' if more == 1 else 's'}", MUTED)))
    if item.reasoning:
        note = "t folds it" if how.reasoning else "t opens it"
        found.append(_title(f"REASONING  {count(item.reasoning)} words", note))
        if how.reasoning:
            for raw in item.reasoning.splitlines():
                found += _wrapped(raw, Masked(mask_line(raw)), how.unmasked, width, -1)
    ends = "  cut by the token limit" if item.cut else ""
    turns = f"  last of {len(item.answers)} answers" if len(item.answers) > 1 else ""
    found.append(_title(f"ANSWER  {count(item.answer)} words{turns}{ends}", ""))
    return found + _answer(item.answer, how, width)


def _answer(text: str, how: How, width: int) -> list[Row]:
    """Paragraphs are numbered as the masked text has them: a fence is one."""
    found: list[Row] = []
    for number, paragraph in enumerate(paragraphs(text)):
        if how.unmasked or number in how.peeked:
            for raw in paragraph:
                found += _wrapped(raw, Masked(""), True, width, number)
        else:
            for masked in outline("\n".join(paragraph)):
                found += _wrapped("", masked, False, width, number)
        found.append(Row(Content(""), number))
    return found


def _wrapped(raw: str, masked: Masked, shown: bool, width: int, paragraph: int) -> list[Row]:
    said = clean(raw, max_chars=_MAX_CHARS) if shown else clean(masked.text, max_chars=_MAX_CHARS)
    text = Content.styled(said, "$foreground" if shown else MUTED)
    room = max(20, min(_WIDEST, width) - 14)
    rows = [Row(Content.assemble("  ", part), paragraph) for part in text.wrap(room)]
    if masked.tag and rows:
        label = f"<{masked.tag}>"
        first = rows[0].content
        gap = " " * max(1, room + 2 - first.cell_length)
        styled = Content.assemble(first, gap, (label, _TONES[masked.tag]))
        rows[0] = Row(styled, paragraph)
    return rows


def _title(text: str, note: str) -> Row:
    return Row(Content.assemble((text, "bold $text-primary"), "   ", (note, MUTED)))
