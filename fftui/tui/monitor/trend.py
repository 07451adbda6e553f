"""The trend of the chosen target: its estimate and interval over the verdicts that have settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fftui.tui.draw.axis import top_for
from fftui.tui.draw.curve import curve
from fftui.tui.draw.line import Line, Piece, Tone, left, line, right
from fftui.tui.draw.numbers import count

if TYPE_CHECKING:
    from fftui.results.view import TargetSummary
    from fftui.tui.monitor.scene import Scene

_ROWS = 5
_SCALE = 6
"""Cells of the scale at the left."""
_FEWEST = 2


def trend(scene: Scene, target: TargetSummary, width: int) -> list[Line]:
    """A title, the curve with its scale, and the number of verdicts below it."""
    found, rate = scene.trend, target.rates.get(scene.tier)
    if found is None or rate is None or (found.target, found.tier) != (target.id, scene.tier):
        return []
    if len(found.points) < _FEWEST:
        return []
    sequence = rate.bar == "sequence"
    points = [
        (p.n / found.reach, band.low, p.rate, band.high)
        for p in found.points
        if (band := p.anytime if sequence else p.wilson)
    ]
    # The first verdicts span the whole scale whatever comes later; the later half says how high.
    top = top_for(high for place, _, _, high in points if place >= points[-1][0] / 2)
    drawn = curve(points, top, width - _SCALE, _ROWS, scene.glyphs)
    note = f"95 % {rate.bar}"
    lines = [line(left("trend", width - len(note), Tone.TITLE), Piece(note, Tone.MUTED))]
    for number, row in enumerate(drawn):
        ends = {0: f"{top * 100:.0f} %", len(drawn) - 1: "0 %"}
        lines.append(line(right(ends.get(number, ""), _SCALE - 1, Tone.MUTED), Piece(" "),
                          *row.pieces))  # fmt: skip
    last = f"{count(found.reach)} verdicts"
    below = left(" " * _SCALE + "0", width - len(last), Tone.MUTED)
    return [*lines, line(below, Piece(last, Tone.MUTED))]
