"""A curve of an estimate between its limits, in dots of a quarter of a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fftui.tui.draw.line import Line, Piece, Tone, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.tui.draw.glyphs import Glyphs

# Bits of a braille cell by column and row, highest row first.
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BRAILLE = 0x2800


def curve(
    points: Sequence[tuple[float, float, float, float]],
    top: float,
    width: int,
    height: int,
    glyphs: Glyphs,
) -> list[Line]:
    """Rows of `width` cells, highest first: the estimate bright, its limits faint.

    Each point is (place from 0 to 1, low, estimate, high); values run from 0 to `top`, and what is
    above it is not drawn. Between two points the earlier one stands, before the first one nothing.
    """
    across, down = (1, 1) if glyphs.plain else (2, 4)
    estimates: dict[tuple[int, int], int] = {}
    limits: dict[tuple[int, int], int] = {}
    for column in range(width * across):
        place = (column + 1) / (width * across)
        known = [p for p in points if p[0] <= place + 1e-9]
        if not known or (known[-1] is points[-1] and place - points[-1][0] > 1 / (width * across)):
            continue
        _, low, estimate, high = known[-1]
        for value, into in ((low, limits), (high, limits), (estimate, estimates)):
            if value > top:
                continue
            row = min(height * down - 1, int((1 - value / top) * height * down))
            cell = (row // down, column // across)
            bit = 1 if glyphs.plain else _BITS[column % across][row % down]
            into[cell] = into.get(cell, 0) | bit
    return [_row(row, width, estimates, limits, glyphs) for row in range(height)]


def _row(
    row: int,
    width: int,
    estimates: dict[tuple[int, int], int],
    limits: dict[tuple[int, int], int],
    glyphs: Glyphs,
) -> Line:
    pieces: list[Piece] = []
    for column in range(width):
        bright, faint = estimates.get((row, column), 0), limits.get((row, column), 0)
        tone = Tone.TITLE if bright else Tone.FAINT
        if glyphs.plain:
            text = glyphs.point if bright else glyphs.track if faint else " "
        else:
            text = chr(_BRAILLE + (bright | faint)) if bright | faint else " "
        if pieces and pieces[-1].tone is tone:
            pieces[-1] = Piece(pieces[-1].text + text, tone)
        else:
            pieces.append(Piece(text, tone))
    return line(*pieces)
