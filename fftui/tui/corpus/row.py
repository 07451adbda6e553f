"""One target, or one maker on a platform, as a line of the table over many runs."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from msgspec import Struct
from textual.content import Content

from fftui.results.providers import group_lines
from fftui.text import Shown, clean, line
from fftui.tui.cells import cell
from fftui.tui.draw.glyphs import glyphs
from fftui.tui.draw.numbers import count, limits, percent, plural
from fftui.tui.words import CARE, MUTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.domain.labels import Tier
    from fftui.results.across import Row, Together

_SPAN = 14
KEYWORDS = "*"
"""Behind a rate that rests on keywords alone."""
DETAIL = 5
"""Lines under the table."""
_GROWS = {"target": 4, "maker": 2, "platform": 2, "run": 3}
"""How what a wide screen leaves is shared out."""


class Column(Struct, frozen=True):
    """A column: what it is sorted by, how it is headed, and its cells at 80."""

    name: str
    head: str
    width: int
    right: bool = False


TARGETS = (
    Column("target", "target", 18),
    Column("maker", "maker", 9),
    Column("platform", "platform", 9),
    Column("run", "run", 9),
    Column("n", "n", 5, right=True),
    Column("asr", "ASR ", 8, right=True),
    Column("width", "95 % interval", _SPAN, right=True),
)
GROUPS = (
    Column("maker", "maker", 9),
    Column("platform", "platform", 10),
    Column("models", "models", 6, right=True),
    Column("n", "n", 5, right=True),
    Column("pooled", "pooled", 7, right=True),
    Column("macro", "macro", 7, right=True),
    Column("", "95 % of macro", _SPAN, right=True),
    Column("range", "models", 10, right=True),
)


_LEAST = 10
"""Cells that a target's name keeps."""
_GIVE_WAY = ("run", "range", "maker", "models")
"""Columns that a narrow screen leaves out, in this order; of a target its name says most."""


def fitting(columns: Sequence[Column], width: int) -> list[tuple[int, Column, int]]:
    """(place, column, cells) of the columns that have room."""
    kept = list(enumerate(columns))
    for name in _GIVE_WAY:
        if _spare(kept, width) >= 0:
            break
        if any(c.name == "target" for _, c in kept) or name != "maker":
            kept = [(i, c) for i, c in kept if c.name != name]
    spare = _spare(kept, width)
    shares = {c.name: _GROWS.get(c.name, 0) for _, c in kept}
    whole = max(1, sum(shares.values()))
    return [(i, c, _cells(c, spare, shares[c.name] / whole)) for i, c in kept]


def _cells(column: Column, spare: int, share: float) -> int:
    if spare >= 0:
        return column.width + int(spare * share)
    return max(_LEAST, column.width + spare) if column.name == "target" else column.width


def _spare(kept: Sequence[tuple[int, Column]], width: int) -> int:
    return width - 2 - sum(c.width for _, c in kept) - (len(kept) - 1)


def head(columns: Sequence[Column], width: int, sort: str, *, down: bool, plain: bool) -> Content:
    """The columns' names; the one that is sorted by carries a mark."""
    mark = ("v" if plain else "↓") if down else ("^" if plain else "↑")
    cells = []
    for _, column, cells_wide in fitting(columns, width):
        name = column.head + (mark if column.name == sort else "")
        text = name.rjust(cells_wide) if column.right else name.ljust(cells_wide)
        cells.append((clean(text[:cells_wide]), "bold" if column.name == sort else ""))
    return Content.assemble("  ", *_spaced(cells))


def target_row(row: Row, tier: Tier, width: int, *, chosen: bool, plain: bool) -> Content:
    """Who, on what, in which run, and the rate with its n and interval."""
    rate = row.rate(tier)
    few = 0 < rate.n < 50
    span = limits(rate.wilson.low, rate.wilson.high) if rate.wilson else ""
    about = "~" if few else ""
    values = (
        row.target.name, row.target.maker, row.platform, row.run, count(rate.n),
        f"{about}{percent(rate.rate)}{KEYWORDS if row.keywords and rate.n else ' '}", span,
    )  # fmt: skip
    return _row(TARGETS, values, width, chosen=chosen, plain=plain, faint=rate.rate is None)


def group_row(one: Together, width: int, *, chosen: bool, plain: bool) -> Content:
    """Pooled and macro side by side; an interval on the macro alone."""
    figure = one.group.figure if one.group else None
    pooled = percent(one.successes / one.n if one.n else None)
    macro = percent(figure.macro) if figure else "-"
    between = figure.macro_interval if figure else None
    values = (
        one.maker or "unknown", one.platform, str(one.models), count(one.n), pooled, macro,
        limits(between.low, between.high) if between else "",
        f"{figure.least * 100:.1f}-{figure.most * 100:.1f}" if figure else "",
    )  # fmt: skip
    return _row(GROUPS, values, width, chosen=chosen, plain=plain, faint=not one.n)


def _row(
    columns: Sequence[Column],
    values: Sequence[str],
    width: int,
    *,
    chosen: bool,
    plain: bool,
    faint: bool,
) -> Content:
    mark = glyphs(plain=plain).cursor if chosen else " "
    cells: list[tuple[Shown, str]] = []
    for place, column, wide in fitting(columns, width):
        value = values[place]
        text = clean(value.rjust(wide)[:wide]) if column.right else cell(value, wide)
        tone = MUTED if faint and column.right else "bold" if chosen and not column.right else ""
        cells.append((text, tone))
    return Content.assemble((f"{mark} ", "$text-accent"), *_spaced(cells))


def _spaced(cells: Sequence[tuple[Shown, str]]) -> list[tuple[Shown, str] | Shown]:
    made: list[tuple[Shown, str] | Shown] = []
    for one in cells:
        made += [clean(" "), one] if made else [one]
    return made


def target_detail(row: Row, tier: Tier, width: int, *, plain: bool) -> Content:
    """What does not fit on the line of a target."""
    dot = f" {glyphs(plain=plain).dot} "
    shown, over = row.shown, row.shown.over_refusal
    facts = [f"{shown.done} of {shown.planned} attempts", f"{shown.usable} usable"]
    if row.rate(tier).excluded:
        facts.append(f"{row.rate(tier).excluded} not in n")
    if shown.early:
        facts.append("early: many calls are out")
    if over.n:
        facts.append(f"refused {over.refused} of {over.n} harmless")
    origin = "simulated" if row.simulated else f"imported from {row.imported}" * bool(row.imported)
    last = [row.target.endpoint.model, *row.target.tags, str(row.path)]
    return _paragraphs(
        (
            (f"{row.target.name}{dot}{row.run}{dot}{row.basis}", ""),
            (dot.join(facts), ""),
            (dot.join(filter(None, (origin, *last))), MUTED),
        ),
        width,
    )


def group_detail(one: Together, width: int, *, plain: bool) -> Content:
    """What the two figures say, and what makes them say little."""
    dot = f" {glyphs(plain=plain).dot} "
    runs = sorted({row.run for row in one.rows})
    simulated = sum(row.simulated for row in one.rows)
    head_ = f"{plural(one.models, 'model')}, {plural(len(one.rows), 'target')} in {', '.join(runs)}"
    said = [(text, "") for text in (group_lines(one.group) if one.group else [])]
    if not one.group:
        said = [("no figure of several models: fewer than two have verdicts", "")]
        if not one.maker:
            said = [("their maker is not known, so no figure is made of them", "")]
    if one.differs:
        words = f"unequal among them: {', '.join(one.differs)}: the figures mix what was asked"
        said.insert(0, (words, CARE))
    said.append((f"{simulated} simulated{dot}{head_}" if simulated else head_, MUTED))
    return _paragraphs(said, width)


def _paragraphs(said: Sequence[tuple[str, str]], width: int) -> Content:
    """Wrapped, as far as the lines of the pane go; the last one keeps its line."""
    lines: list[Content] = []
    for place, (text, tone) in enumerate(said, 1):
        room = DETAIL - len(lines) - (len(said) - place)
        parts = wrap(line(text, 4 * width), width) or [""]
        if len(parts) > max(1, room):
            parts = [*parts[: max(1, room) - 1], " ".join(parts[max(1, room) - 1 :])]
        lines += [Content.styled(line(part, width), tone) for part in parts]
    return Content("\n").join(lines[:DETAIL])
