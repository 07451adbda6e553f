"""One item as lines: the goal, the answer, and on wish what is folded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace
from textual.content import Content

from fftui.grading.guideline import guideline
from fftui.grading.outline import Masked, count, mask_line, outline
from fftui.grading.sentences import paragraphs, sentences, units
from fftui.text import clean
from fftui.tui.words import CARE, MUTED

if TYPE_CHECKING:
    from fftui.tui.review.desk import Item
    from fftui.tui.review.shown import How

KeyOf = Callable[[str], str]
"""What a row of the table of keys is pressed with."""
_MAX_CHARS = 60_000
_WIDEST = 110
"""Reading width."""
_TAG = 14
"""Cells right of the text for what a line is by its wording."""
_TONES = {"refusal": "$text-success", "pivot": CARE, "caveat": MUTED, "fence": MUTED}


class Row(Struct, frozen=True):
    """A line of the screen."""

    content: Content
    paragraph: int = -1
    """Of the answer; -1 for what is not the answer."""
    sentence: int = -1
    start: int = 0
    """Where it begins in its line before wrapping, in characters; 0: a line of its own."""
    stop: bool = False
    """Something to jump to begins here."""


def lay(item: Item, how: How, width: int, key: KeyOf, *, stops: bool = True) -> list[Row]:
    """All lines of an item, wrapped to `width`; without `stops` only what was looked for is one."""
    prompt = "\n".join(item.turns)
    n = len(item.turns)
    turns = f"  {n} turns" if n > 1 else ""
    words = f"{'PROMPT' if how.prompt else 'GOAL'}  {count(prompt)} words{turns}"
    found = [_title(words, f"{key('reading.prompt')} {'folds' if how.prompt else 'opens'} it")]
    for turn in item.turns if how.prompt else (item.goal,):
        for raw in turn.splitlines():
            found += _line(raw, Masked(mask_line(raw)), how.unmasked, how, width)
    if item.reasoning:
        note = f"{key('reading.reasoning')} {'folds' if how.reasoning else 'opens'} it"
        found.append(_title(f"REASONING  {count(item.reasoning)} words", note))
        for raw in item.reasoning.splitlines() if how.reasoning else ():
            found += _line(raw, Masked(mask_line(raw)), how.unmasked, how, width)
    ends = "  cut by the token limit" if item.cut else ""
    last = f"  last of {len(item.answers)} answers" if len(item.answers) > 1 else ""
    found.append(_title(f"ANSWER  {count(item.answer)} words{last}{ends}", ""))
    rows = _flowing(item.answer, how, width) if how.marks is None else _apart(item, how, width)
    return found + [row if stops or how.found else replace(row, stop=False) for row in rows]


def facts(item: Item) -> list[str]:
    """What is known of an item and tells nothing of its label, nor of where it comes from."""
    book = guideline()
    # 78 cells is what a small terminal has, and what stands last is cut off first.
    return [
        f"answer {item.mark}", f"turns {len(item.turns)}", f"{count(item.answer)} words",
        f"reasoning {count(item.reasoning)}", "cut" if item.cut else "ended",
        f"guideline {book.version} {book.sha256[:8]}",
        *([f"skipped {item.skips}"] if item.skips else []),
    ]  # fmt: skip


def _flowing(text: str, how: How, width: int) -> list[Row]:
    """Line by line, as it was written."""
    found: list[Row] = []
    for number, paragraph in enumerate(paragraphs(text)):
        shown = how.unmasked or number in how.peeked
        for unit in units(paragraph):
            found += _unit(unit, shown, how, width, number)
        found.append(Row(Content(""), number))
    return found


def _apart(item: Item, how: How, width: int) -> list[Row]:
    """Each sentence on a line of its own, its number and marks in the margin."""
    marks = how.marks or {}
    room = max((len(mark) for mark in marks.values()), default=1)
    found: list[Row] = []
    for number, sentence in enumerate(sentences(item.answer)):
        shown = how.unmasked or sentence.paragraph in how.peeked
        rows = _unit(sentence.text, shown, how, width - room - 5, sentence.paragraph)
        here = number == how.at
        margin = f"{'>' if here else ' '}{marks.get(number, ''):<{room}}{number + 1:>3} "
        for line, row in enumerate(rows):
            left = (clean(margin), "bold $text-accent" if here or number in marks else MUTED)
            content = Content.assemble(left if line == 0 else " " * len(margin), row.content)
            found.append(replace(row, content=content, sentence=number))
    return found


def _unit(unit: str, shown: bool, how: How, width: int, paragraph: int) -> list[Row]:
    masked = outline(unit)[0] if unit.strip() else Masked("")
    if not shown:
        return _line(unit, masked, False, how, width, paragraph)
    lines = unit.splitlines()
    bare = masked if len(lines) == 1 else Masked("")
    return [row for raw in lines for row in _line(raw, bare, True, how, width, paragraph)]


def _line(
    raw: str, masked: Masked, shown: bool, how: How, width: int, paragraph: int = -1
) -> list[Row]:
    hit = bool(how.found) and how.found.casefold() in raw.casefold()
    said = clean(raw if shown else masked.text, max_chars=_MAX_CHARS)
    text = Content.styled(said, "$foreground" if shown else MUTED)
    room = max(20, min(_WIDEST, width) - _TAG)
    margin = ("> ", f"bold {CARE}") if hit else "  "
    rows: list[Row] = []
    at = 0
    for i, part in enumerate(text.wrap(room)):
        at = max(at, said.find(part.plain.strip(), at))
        content = Content.assemble(margin if i == 0 else "  ", part)
        rows.append(Row(content, paragraph, start=max(1, at) if i else 0))
        at += len(part.plain.strip())
    tag = masked.tag if paragraph >= 0 else ""
    if tag and rows:
        first = rows[0].content
        gap = " " * max(1, room + 2 - first.cell_length)
        styled = Content.assemble(first, gap, (clean(f"<{tag}>"), _TONES[tag]))
        rows[0] = replace(rows[0], content=styled)
    if rows and (hit or (tag and not how.found)):
        rows[0] = replace(rows[0], stop=True)
    return rows


def _title(text: str, note: str) -> Row:
    return Row(Content.assemble((clean(text), "bold $text-primary"), "   ", (clean(note), MUTED)))
