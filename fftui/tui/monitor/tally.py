"""One rate as a row of a table: S of n, the estimate, its interval on an axis and in figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from fftui.tui.draw.axis import Axis, picture, top_for
from fftui.tui.draw.line import Line, Piece, Tone, left, line, right
from fftui.tui.draw.numbers import RATIO, limits, percent, ratio
from fftui.tui.monitor.scene import FEW, SOME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.results.numbers import Rate, Variant
    from fftui.stats.interval import Interval
    from fftui.tui.draw.glyphs import Glyphs

_NAME, _COUNT, _RATE, _LIMITS = 30, RATIO, 9, 15
_MOST_AXIS = 70


class Tally(Struct, frozen=True):
    """What a row tells. `name` is untrusted."""

    name: str
    successes: int
    n: int
    interval: Interval | None
    anytime: Interval | None = None
    strong: bool = False
    """It is the rate that all screens show."""

    @classmethod
    def of(cls, name: str, rate: Rate, *, strong: bool = False) -> Tally:
        """A rate under a name."""
        return cls(name, rate.successes, rate.n, rate.wilson, rate.anytime, strong)

    @classmethod
    def other(cls, variant: Variant) -> Tally:
        """The rate as another way to count has it."""
        return cls(variant.name, variant.successes, variant.n, variant.interval)


class Table(Struct, frozen=True):
    """Rows on one common axis."""

    width: int
    name: int
    axis: Axis

    @classmethod
    def over(cls, rows: Sequence[Tally], width: int) -> Table:
        """The table that holds these rows."""
        name = min(_NAME, max(14, width * 3 // 8))
        room = width - 2 - name - _COUNT - _RATE - _LIMITS - 2
        top = top_for(row.interval.high for row in rows if row.interval)
        return cls(width, name, Axis(top, max(8, min(_MOST_AXIS, room))))

    def head(self, title: str) -> Line:
        """Names of the columns, with the axis."""
        return line(
            Piece("  "), left(title, self.name, Tone.TITLE), right("S/n", _COUNT, Tone.MUTED),
            right("rate", _RATE, Tone.MUTED), Piece("  "), Piece(self.axis.header(), Tone.MUTED),
            right("95 %", _LIMITS, Tone.MUTED),
        )  # fmt: skip

    def row(self, row: Tally, glyphs: Glyphs) -> Line:
        """One row."""
        tone = Tone.STRONG if row.strong else Tone.PLAIN
        start = [Piece("  "), left(row.name, self.name, tone)]
        if not row.n or row.interval is None:
            return line(*start, right("0/0", _COUNT, Tone.MUTED), right("no data", _RATE))
        share, weak = row.successes / row.n, row.n < FEW
        mark = "~" if row.n < SOME else ""
        drawn = Tone.MUTED if weak else Tone.ACCENT if row.strong else Tone.TITLE
        return line(
            *start,
            right(ratio(row.successes, row.n), _COUNT, tone),
            right(f"{mark}{percent(share)}", _RATE, Tone.FAINT if weak else tone),
            Piece("  "),
            *picture(self.axis, share, row.interval, row.anytime, glyphs, weak=weak, tone=drawn),
            right(limits(row.interval.low, row.interval.high), _LIMITS, tone),
        )
