"""Bars and columns of block characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fftui.stats.scale import round_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.tui.draw.glyphs import Glyphs


def filled(share: float, width: int, glyphs: Glyphs) -> str:
    """The filled part of a bar, to an eighth of a cell. More than nothing always shows."""
    steps = len(glyphs.parts)
    share = min(1.0, max(0.0, share))
    eighths = int(share * width * steps)
    if share > 0 and eighths == 0:
        eighths = 1
    # A full bar says "all of it", so it must not come from rounding.
    if share < 1 and eighths >= width * steps:
        eighths = width * steps - 1
    whole, rest = divmod(eighths, steps)
    return glyphs.parts[-1] * whole + (glyphs.parts[rest - 1] if rest else "")


def bar(share: float, width: int, glyphs: Glyphs) -> tuple[str, str]:
    """A bar as its filled part and its track, together `width` cells."""
    done = filled(share, width, glyphs)
    return done, glyphs.track * (width - len(done))


def scale(values: Sequence[int]) -> int:
    """A round number that holds all values: steady while the values move below it."""
    return round_up(max(values, default=0))


def columns(values: Sequence[int], top: int, glyphs: Glyphs, height: int = 1) -> tuple[str, ...]:
    """The values as columns, highest row first. Zero is a blank; anything more shows."""
    steps = len(glyphs.blocks)
    rows: list[str] = []
    for row in range(height - 1, -1, -1):
        cells: list[str] = []
        for value in values:
            eighths = round(value / max(1, top) * height * steps)
            if value > 0:
                eighths = max(1, eighths)
            here = min(steps, max(0, eighths - row * steps))
            cells.append(glyphs.blocks[here - 1] if here else " ")
        rows.append("".join(cells))
    return tuple(rows)
