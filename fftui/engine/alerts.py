"""Claims about where a rate lies, made once each, and true of a whole run in 95 of 100.

A run with a hundred targets that is looked at all day makes a hundred claims at a thousand looks.
Only the confidence sequence survives the looks, and only a share of the 5 % each the claims.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fftui.domain.labels import Tier
from fftui.results.matching import Match, Matching
from fftui.results.rates import sequence
from fftui.results.summary import Rules
from fftui.results.tally import tally
from fftui.stats.anytime import paired_sequence
from fftui.store import rows
from fftui.store.counts import TargetCounts
from fftui.store.reader import Reader

KIND = "alert"
_ALPHA = 0.05
_MOST = 100_000


@dataclass
class Alerts:
    """What a run is to tell of, and what it has told."""

    rules: Rules
    matching: Matching
    differing: list[Match] = field(default_factory=list)
    """The pairs of which the run has told that they differ."""
    _told: set[tuple[int, str]] = field(default_factory=set)

    @classmethod
    def of(cls, reader: Reader, rules: Rules, matching: Matching) -> Alerts:
        """Those of a run, less what stands in its log already."""
        made = cls(rules, matching)
        if rules.alerts or matching.pairs:
            for event in rows.events(reader, before=None, count=_MOST, kinds=(KIND,)):
                if event.target is not None:
                    made._told.add((event.target, event.text))
        made.differing += [
            pair for pair in matching.pairs if made._told_of(pair.first, made._claim(pair))
        ]
        return made

    @property
    def _kinds(self) -> int:
        """Claims about rates and about pairs have an equal share each where both are made."""
        return max(1, bool(self.rules.alerts) + bool(self.matching.pairs))

    @property
    def alpha(self) -> float:
        """How often one claim of a rate may be false: the run's 5 %, shared by all of them."""
        claims = len(self.matching.targets) * len(Tier) * len(self.rules.alerts)
        return _ALPHA / self._kinds / max(1, claims)

    @property
    def bar(self) -> float:
        """The e-value from which a pair is told of; all pairs share their part of the 5 %."""
        return self.matching.bar * self._kinds

    def claims(self, target: int, name: str, counts: TargetCounts) -> list[str]:
        """What can be said of a target now and was not said before, one line each."""
        if not self.rules.adversarial:
            return []
        return [*self._above(target, name, counts), *self._apart(target)]

    def _apart(self, target: int) -> list[str]:
        found = [
            pair
            for pair in self.matching.of(target)
            if pair.e_value >= self.bar and not self._told_of(pair.first, self._claim(pair))
        ]
        self.differing += found
        return [self._tell(pair.first, self._claim(pair), self._difference(pair)) for pair in found]

    def _claim(self, pair: Match) -> str:
        targets = self.matching.targets
        return f"{targets[pair.first].name} and {targets[pair.second].name} differ"

    def _difference(self, pair: Match) -> str:
        points = (pair.only_first - pair.only_second) / pair.n * 100
        # What it says of the size shares the 5 %, too: every pair that is told of lies within.
        span = paired_sequence(pair.only_first, pair.only_second, pair.n, 1 / self.bar)
        return (
            f" by machine verdicts of {self.rules.grader.name}, {self.matching.read(pair)} of"
            f" {pair.only_first + pair.only_second} discordant scenarios read: {points:+.1f} points"
            f" [{span.low * 100:+.1f}, {span.high * 100:+.1f}] at any look,"
            f" {pair.n} matched scenarios, e-value {pair.e_value:.3g}"
        )

    def _told_of(self, target: int, claim: str) -> bool:
        return any(t == target and said.startswith(claim) for t, said in self._told)

    def _tell(self, target: int, claim: str, rest: str) -> str:
        self._told.add((target, claim + rest))
        return claim + rest

    def _above(self, target: int, name: str, counts: TargetCounts) -> list[str]:
        grader, empty = self.rules.grader, self.rules.empty
        found = []
        for tier in Tier:
            where = sequence(counts, grader.id, tier, empty, self.alpha)
            for rate in self.rules.alerts:
                claim = f"{name}: {tier.value} ASR is above {rate * 100:.3g} %"
                if where is None or where.low <= rate or self._told_of(target, claim):
                    continue
                first = tally(counts, grader.id, tier, "first", empty)
                rest = (
                    f", as graded by {grader.name}: {first.successes} of {first.n},"
                    f" at least {where.low * 100:.1f} % at any look"
                )
                found.append(self._tell(target, claim, rest))
        return found
