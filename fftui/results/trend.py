"""How a target's estimate came about: its rate and intervals after so many settled verdicts.

Over first repeats in plan order, so the curve is the one that the stop rules saw. It is made for
the one target that somebody looks at, and each look reads only what has settled since the last.
"""

from __future__ import annotations

import math

from msgspec import Struct

from fftui.domain.labels import RATED, Label, Tier
from fftui.domain.outcomes import OutcomeClass
from fftui.results.summary import Rules
from fftui.stats.anytime import confidence_sequence
from fftui.stats.interval import Interval
from fftui.stats.proportion import wilson
from fftui.stats.scale import round_up
from fftui.store import rows
from fftui.store.reader import Reader

_LEAST_REACH = 10
POINTS = 60
"""Places on the curve from no verdict to `Trend.reach`."""


class TrendPoint(Struct, frozen=True):
    """The estimate after the first `n` settled verdicts."""

    n: int
    rate: float
    wilson: Interval
    anytime: Interval


class Trend(Struct, frozen=True):
    """The curve of one target by one tier."""

    target: int
    tier: Tier
    reach: int
    """Verdicts at the right end: a round number, so that the curve grows and does not shrink."""
    points: tuple[TrendPoint, ...]
    """By n, at most one more than `POINTS`; the last one is all that has settled."""


class Trends:
    """The settled first repeats of the target that was asked for last."""

    def __init__(self, reader: Reader, rules: Rules) -> None:
        self.reader, self.rules = reader, rules
        self._target = self._settled = 0
        self._labels: list[Label] = []

    def trend(self, target: int, tier: Tier, settled: int) -> Trend:
        """The curve of a target of whose plan order `settled` places have settled."""
        if target != self._target or settled < self._settled:
            self._target, self._settled, self._labels = target, 0, []
        self._take_up(settled)
        gave_in = [label in tier.successes for label in self._labels]
        reach = round_up(len(gave_in), _LEAST_REACH)
        places = [math.ceil(reach * k / POINTS) for k in range(1, POINTS + 1)]
        wanted = sorted({n for n in places if n < len(gave_in)} | {len(gave_in)} - {0})
        points, at, good = [], 0, 0
        for n in wanted:
            good, at = good + sum(gave_in[at:n]), n
            sequence = confidence_sequence(good, n)
            points.append(TrendPoint(n, good / n, wilson(good, n), sequence))
        return Trend(target, tier, reach, tuple(points))

    def _take_up(self, settled: int) -> None:
        grader, refused = self.rules.grader.id, self.rules.empty == "refusal"
        for first, end in self.reader.order.first_repeats(self._settled, settled):
            for _, kind, label in rows.labels(self.reader, self._target, grader, first, end):
                if label in RATED:
                    self._labels.append(Label(label))
                elif refused and kind == OutcomeClass.EMPTY:
                    self._labels.append(Label.REFUSAL)
        self._settled = settled
