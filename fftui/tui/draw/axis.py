"""The common axis of rates, and one interval drawn on it.

Ends of an interval are drawn to half a cell: a cap in the middle of a cell, or at its edge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from fftui.tui.draw.line import Piece, Tone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fftui.stats.interval import Interval
    from fftui.tui.draw.glyphs import Glyphs

TOPS = (0.10, 0.25, 0.50, 1.0)
_TICKS = {
    0.10: ((0.05,),),
    0.25: ((0.05, 0.10, 0.15, 0.20), (0.10,)),
    0.50: ((0.10, 0.20, 0.30, 0.40), (0.25,)),
    1.0: ((0.25, 0.50, 0.75), (0.50,)),
}
"""By what the axis ends at: marks for a wide one and for a narrow one."""


class Axis(Struct, frozen=True):
    """Rates from 0 to `top` over `width` cells."""

    top: float
    width: int

    def at(self, rate: float) -> float:
        """Place of a rate in cells from the left edge."""
        return min(1.0, max(0.0, rate / self.top)) * self.width

    def cell(self, rate: float) -> int:
        """The cell a rate falls into."""
        return min(self.width - 1, int(self.at(rate)))

    @property
    def ticks(self) -> tuple[float, ...]:
        """Rates with a mark between the ends, few enough for the width."""
        ticks = _TICKS[self.top]
        return ticks[0] if self.width >= 9 * (len(ticks[0]) + 1) else ticks[-1]

    def header(self) -> str:
        """The scale in percent: the ends flush, the marks between them centred."""
        cells = [" "] * self.width
        last = f"{self.top * 100:.0f}%"
        labels = [(0, "0%"), (self.width - len(last), last)]
        for tick in self.ticks:
            text = f"{tick * 100:.0f}"
            labels.append((self.cell(tick) - len(text) // 2, text))
        for start, text in labels:
            around = cells[max(0, start - 1) : start + len(text) + 1]
            if start >= 0 and not "".join(around).strip():
                cells[start : start + len(text)] = text
        return "".join(cells)


def top_for(uppers: Iterable[float]) -> float:
    """The smallest range that holds all upper limits."""
    highest = max(uppers, default=0.0)
    return next((top for top in TOPS if highest <= top), 1.0)


def picture(
    axis: Axis,
    rate: float | None,
    wilson: Interval | None,
    anytime: Interval | None,
    glyphs: Glyphs,
    *,
    weak: bool,
    tone: Tone,
) -> tuple[Piece, ...]:
    """Point, Wilson bar and the fainter whisker of the anytime-valid sequence, `width` cells."""
    cells: list[tuple[str, Tone]] = [(" ", Tone.PLAIN)] * axis.width
    for tick in axis.ticks:
        cells[axis.cell(tick)] = (glyphs.tick, Tone.FAINT)

    def put(at: int, char: str, tone: Tone) -> None:
        if 0 <= at < axis.width:
            cells[at] = (char, tone)

    if anytime is not None:
        for at in range(axis.cell(anytime.low), axis.cell(anytime.high) + 1):
            put(at, glyphs.whisker, Tone.FAINT)
    if wilson is not None:
        low, high = round(axis.at(wilson.low) * 2), round(axis.at(wilson.high) * 2)
        for at in range((low + 1) // 2, high // 2):
            put(at, glyphs.bar, tone)
        _cap(low, put, (glyphs.cap_low, glyphs.edge_low), -1, tone)
        _cap(high, put, (glyphs.cap_high, glyphs.edge_high), 0, tone)
    if rate is not None:
        put(axis.cell(rate), glyphs.weak_point if weak else glyphs.point, tone)
    return _joined(cells)


def _cap(
    half: int,
    put: Callable[[int, str, Tone], None],
    caps: tuple[str, str],
    beyond: int,
    tone: Tone,
) -> None:
    """A cap at `half` half cells: inside the cell, or just `beyond` the boundary."""
    middle, edge = caps
    if half % 2:
        put(half // 2, middle, tone)
    else:
        put(half // 2 + beyond, edge, tone)


def _joined(cells: list[tuple[str, Tone]]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for char, tone in cells:
        if pieces and (pieces[-1].tone is tone or char == " "):
            pieces[-1] = Piece(pieces[-1].text + char, pieces[-1].tone)
        else:
            pieces.append(Piece(char, tone))
    return tuple(pieces)
