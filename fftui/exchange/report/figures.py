"""The charts of a report, each for a wide page and for a narrow one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fftui.domain.outcomes import OutcomeClass
from fftui.exchange.report.chart import COLOURS, NARROW, WIDE, chart, label, stroke
from fftui.text import line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fftui.domain.labels import Tier
    from fftui.results.compare import Comparison
    from fftui.results.evidence import Bin
    from fftui.results.trend import Trend
    from fftui.results.view import TargetSummary
    from fftui.stats.interval import Interval

_PAD = 10.0


class _Scale:
    """From a value to a pixel."""

    def __init__(self, low: float, high: float, left: float, right: float) -> None:
        self.low, self.high, self.left, self.right = low, high, left, right

    def __call__(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return self.left + (inside - self.low) / (self.high - self.low) * (self.right - self.left)


def intervals(
    targets: Sequence[TargetSummary], tier: Tier, narrow: bool, *, simulated: bool
) -> str:
    """Each target's rate on one axis: bar, fainter whisker, and what people found."""
    width = NARROW if narrow else WIDE
    row, top = (46.0, 64.0) if narrow else (32.0, 50.0)
    left, right = (_PAD, width - _PAD) if narrow else (250.0, width - 150.0)
    height = top + row * len(targets) + 30
    x = _Scale(0, 1, left, right)

    keys = [_ONE_LOOK, _ANY_LOOK]
    if any(t.readings.rates and t.readings.rates[tier].rate is not None for t in targets):
        keys.append(("people", 0, 1.0, "corrected by readings"))

    def draw(axes: Axes) -> None:
        _legend(axes, narrow, keys)
        _axis(axes, x, top - 8, height - 24, [0, 0.25, 0.5, 0.75, 1], lambda v: f"{v * 100:.0f} %")
        for place, target in enumerate(targets):
            y = top + row * place + row / 2 + (9 if narrow else 0)
            rate = target.rates[tier]
            n = f"{rate.successes}/{rate.n}" if rate.n else "no data"
            if narrow:
                label(axes, left, y - 19, line(target.name, 30), size=11)
                label(axes, right, y - 19, n, "soft", align="right", size=11)
            else:
                label(axes, left - 14, y, line(target.name, 32), align="right")
                shown = f"{n} = {rate.rate * 100:.1f} %" if rate.rate is not None else n
                label(axes, right + 14, y, shown, "soft")
            if rate.anytime is not None:
                stroke(axes, _ends(x, rate.anytime), (y, y), "rate", 2, 0.45)
            if rate.wilson is not None and rate.rate is not None:
                stroke(axes, _ends(x, rate.wilson), (y, y), "rate", 7, 0.55)
                axes.plot([x(rate.rate)], [y], "o", color=COLOURS["rate"], markersize=9)
            read = target.readings.rates[tier] if target.readings.rates else None
            if read is not None and read.rate is not None and read.finite is not None:
                low, high = _ends(x, read.finite)
                stroke(axes, (low, high), (y + 10, y + 10), "people", 2)
                axes.plot([x(read.rate)], [y + 10], "D", color=COLOURS["people"], markersize=6)

    alt = f"{tier.words} of {len(targets)} targets with 95 % intervals"
    return chart(width, height, alt, draw, simulated=simulated)


_Key = tuple[str, float, float, str]
"""Colour, width and opacity of a stroke, and what it stands for; width 0: a diamond."""
_ONE_LOOK: _Key = ("rate", 7, 0.55, "95 % interval")
_ANY_LOOK: _Key = ("rate", 2, 0.45, "valid at any look")


def _legend(axes: Axes, narrow: bool, parts: Sequence[_Key]) -> None:
    at = _PAD
    for place, (colour, thick, alpha, words) in enumerate(parts):
        y, x = (12 + 15 * place, _PAD) if narrow else (12, at)
        if thick:
            stroke(axes, (x, x + 22), (y, y), colour, thick, alpha)
        else:
            axes.plot([x + 11], [y], "D", color=COLOURS[colour], markersize=6)
        label(axes, x + 28, y, words, "soft", size=11)
        at += 40 + 6.4 * len(words)


def contrasts(found: Sequence[Comparison], narrow: bool, *, simulated: bool) -> str:
    """Differences on matched scenarios, in points, with both intervals; a forest plot."""
    width = NARROW if narrow else WIDE
    keys = [_ONE_LOOK, _ANY_LOOK]
    if any(pair.differs for pair in found):
        keys.append(("people", 7, 0.55, "shown to differ"))
    heading = 16.0 + 15 * (len(keys) if narrow else 1)
    row, top = (58.0 if narrow else 40.0), heading + 32
    left, right = (_PAD, width - _PAD) if narrow else (300.0, width - 160.0)
    height = top + row * len(found) + 30
    reach = _reach(found)
    x = _Scale(-reach, reach, left, right)
    marks = [-reach, -reach / 2, 0, reach / 2, reach]

    def draw(axes: Axes) -> None:
        _legend(axes, narrow, keys)
        label(axes, left, heading, "second higher", "soft", size=11)
        label(axes, (left + right) / 2, heading, "points", "soft", align="center", size=11)
        label(axes, right, heading, "first higher", "soft", align="right", size=11)
        _axis(axes, x, top - 8, height - 24, marks, lambda v: f"{v * 100:+.0f}" if v else "0")
        stroke(axes, (x(0), x(0)), (top - 8, height - 24), "soft", 1.2)
        for place, pair in enumerate(found):
            y = top + row * place + row / 2 + (14 if narrow else 0)
            names = (line(pair.first.name, 40), line(pair.second.name, 40))
            if narrow:
                label(axes, left, y - 30, names[0], size=11)
                label(axes, left, y - 16, f"against {names[1]}", "soft", size=11)
            else:
                label(axes, left - 14, y - 8, line(names[0], 38), align="right")
                against = f"against {line(names[1], 32)}"
                label(axes, left - 14, y + 8, against, "soft", align="right", size=11)
            _contrast(axes, x, y, pair, None if narrow else right + 14)

    alt = f"Differences of {len(found)} pairs of targets on matched scenarios"
    return chart(width, height, alt, draw, simulated=simulated)


def _contrast(axes: Axes, x: _Scale, y: float, pair: Comparison, words_at: float | None) -> None:
    m = pair.matched
    if m is None:
        label(axes, (x.left + x.right) / 2, y, "no scenario graded on both", "soft",
              align="center", size=11)  # fmt: skip
        return
    colour = "people" if pair.differs else "rate"
    stroke(axes, (x(m.anytime.low), x(m.anytime.high)), (y, y), colour, 2, 0.45)
    stroke(axes, (x(m.span.low), x(m.span.high)), (y, y), colour, 7, 0.55)
    axes.plot([x(m.difference)], [y], "s", color=COLOURS[colour], markersize=8)
    if words_at is not None:
        label(axes, words_at, y - 8, f"{m.difference * 100:+.1f} points", "ink")
        label(axes, words_at, y + 8, f"{m.n} matched", "soft", size=11)


def _reach(found: Sequence[Comparison]) -> float:
    most = [
        max(abs(m.span.low), abs(m.span.high), abs(m.anytime.low), abs(m.anytime.high))
        for c in found
        if (m := c.matched) is not None
    ]
    return next((step for step in (0.1, 0.2, 0.4, 0.6, 1.0) if max(most, default=0) <= step), 1.0)


def trends(found: Sequence[tuple[TargetSummary, Trend]], narrow: bool, *, simulated: bool) -> str:
    """How each estimate came about: small charts side by side, one a target."""
    width = NARROW if narrow else WIDE
    across = 1 if narrow else 2
    wide, tall = width / across, 190.0
    rows = -(-len(found) // across)
    keys: list[_Key] = [
        ("rate", 2, 1.0, "estimate"), ("rate", 7, 0.42, "95 % interval"),
        ("rate", 7, 0.16, "valid at any look"),
    ]  # fmt: skip
    heading = 14.0 + 15 * (len(keys) if narrow else 1)
    height = rows * tall + heading

    def draw(axes: Axes) -> None:
        _legend(axes, narrow, keys)
        for place, (target, trend) in enumerate(found):
            down, over = divmod(place, across)
            _trend(axes, over * wide, down * tall + heading, wide, tall, target, trend)

    alt = f"Estimate and interval over verdicts, {len(found)} targets"
    return chart(width, height, alt, draw, simulated=simulated)


def _trend(
    axes: Axes, left: float, top: float, wide: float, tall: float, target: TargetSummary,
    trend: Trend,
) -> None:  # fmt: skip
    x = _Scale(0, trend.reach, left + 44, left + wide - 16)
    y = _Scale(0, 1, top + tall - 36, top + 26)
    label(axes, left + 44, top + 10, line(target.name, 34), bold=True)
    for mark in (0.0, 0.5, 1.0):
        stroke(axes, (x.left, x.right), (y(mark), y(mark)), "grid", 1)
        label(axes, x.left - 6, y(mark), f"{mark * 100:.0f} %", "soft", align="right", size=10)
    for mark in (0, trend.reach):
        label(axes, x(mark), y.left + 12, f"{mark:,}", "soft", size=10,
              align="left" if not mark else "right")  # fmt: skip
    label(axes, (x.left + x.right) / 2, y.left + 12, "verdicts", "soft", align="center", size=10)
    if not trend.points:
        label(axes, (x.left + x.right) / 2, (y.left + y.right) / 2, "no data", "soft",
              align="center")  # fmt: skip
        return
    at = [x(p.n) for p in trend.points]
    for low, high, alpha in (
        ([y(p.anytime.low) for p in trend.points], [y(p.anytime.high) for p in trend.points], 0.16),
        ([y(p.wilson.low) for p in trend.points], [y(p.wilson.high) for p in trend.points], 0.3),
    ):
        axes.fill_between(at, low, high, color=COLOURS["rate"], alpha=alpha, linewidth=0)
    axes.plot(at, [y(p.rate) for p in trend.points], color=COLOURS["rate"], linewidth=2)


_KINDS = (
    ("good", "answered", (OutcomeClass.ANSWERED,)),
    ("blocked", "blocked", (OutcomeClass.INPUT_FILTER, OutcomeClass.OUTPUT_FILTER)),
    ("empty", "empty", (OutcomeClass.EMPTY,)),
    ("limited", "no budget", (OutcomeClass.RATE_LIMITED, OutcomeClass.QUOTA)),
    ("failed", "failed", (OutcomeClass.INFRA, OutcomeClass.CONFIG)),
)  # fmt: skip


def timeline(
    found: Sequence[tuple[TargetSummary, Sequence[Bin]]], narrow: bool, *, simulated: bool
) -> str:
    """What share of the calls was usable, by time, one strip a target."""
    width = NARROW if narrow else WIDE
    row, top = (58.0, 52.0) if narrow else (40.0, 40.0)
    left, right = (_PAD, width - _PAD) if narrow else (250.0, width - 70.0)
    height = top + row * len(found) + 30
    every = [b for _, bins in found for b in bins]
    start, end = min(b.at for b in every), max(b.at + b.width for b in every)
    x = _Scale(start, end, left, right)

    def draw(axes: Axes) -> None:
        at = _PAD
        for colour, words, _ in _KINDS:
            axes.fill_between(
                [at, at + 12],
                20 if narrow else 6,
                32 if narrow else 18,
                color=COLOURS[colour],
                linewidth=0,
            )
            label(axes, at + 17, 26 if narrow else 12, words, "soft", size=11)
            at += (24 if narrow else 30) + 6.2 * len(words)
        for place, (target, bins) in enumerate(found):
            y = top + row * place + (22 if narrow else 6)
            deep = 24.0
            if narrow:
                label(axes, left, y - 10, line(target.name, 30), size=11)
            else:
                label(axes, left - 14, y + deep / 2, line(target.name, 32), align="right")
                usable = sum(b.calls.get(OutcomeClass.ANSWERED, 0) for b in bins)
                shown = f"{usable / sum(b.n for b in bins) * 100:.0f} %"
                label(axes, right + 10, y + deep / 2, shown, "soft", size=11)
            axes.fill_between([left, right], y, y + deep, color=COLOURS["grid"], alpha=0.45,
                              linewidth=0)  # fmt: skip
            for one in bins:
                _strip(axes, (x(one.at), x(one.at + one.width)), y, deep, one)
        for at_, align in ((start, "left"), (end, "right")):
            label(axes, x(at_), height - 12, _when(at_, end - start), "soft", align=align, size=10)

    alt = f"Share of usable answers over time, {len(found)} targets"
    return chart(width, height, alt, draw, simulated=simulated)


def _strip(axes: Axes, x: tuple[float, float], top: float, deep: float, one: Bin) -> None:
    gap = min(0.6, (x[1] - x[0]) / 8)
    used = 0.0
    for colour, _, kinds in _KINDS:
        share = one.share(*kinds)
        if share:
            axes.fill_between([x[0], x[1] - gap], top + deep * used, top + deep * (used + share),
                              color=COLOURS[colour], linewidth=0)  # fmt: skip
        used += share


def _axis(
    axes: Axes, x: _Scale, top: float, bottom: float, marks: Sequence[float], words: object
) -> None:
    told = words if callable(words) else str
    for mark in marks:
        stroke(axes, (x(mark), x(mark)), (top, bottom), "grid", 1)
        edge = "left" if mark == marks[0] else "right" if mark == marks[-1] else "center"
        label(axes, x(mark), bottom + 12, told(mark), "soft", align=edge, size=10)


def _ends(x: _Scale, found: Interval) -> tuple[float, float]:
    return x(found.low), x(found.high)


def _when(at: float, span: float) -> str:
    form = "%H:%M:%S UTC" if span < 3600 else "%d %b %H:%M UTC" if span < 1e6 else "%Y-%m-%d"
    return datetime.fromtimestamp(at, UTC).strftime(form)
