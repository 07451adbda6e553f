"""Claims about where a rate lies, made once each, and true of a whole run in 95 of 100.

A run with a hundred targets that is looked at all day makes a hundred claims at a thousand looks.
Only the confidence sequence survives the looks, and only a share of the 5 % each the claims.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fftui.domain.labels import Tier
from fftui.results.rates import sequence, tally
from fftui.results.summary import Rules
from fftui.store import rows
from fftui.store.reader import Reader, TargetCounts

KIND = "alert"
_ALPHA = 0.05
_MOST = 100_000


@dataclass
class Alerts:
    """What a run is to tell of, and what it has told."""

    rules: Rules
    targets: int
    """Targets of the run, whose claims share the 5 %."""
    _told: set[tuple[int, str]] = field(default_factory=set)

    @classmethod
    def of(cls, reader: Reader, rules: Rules) -> Alerts:
        """Those of a run, less what stands in its log already."""
        made = cls(rules, len(reader.targets()))
        if rules.alerts:
            for event in rows.events(reader, before=None, count=_MOST, kinds=(KIND,)):
                if event.target is not None:
                    made._told.add((event.target, event.text))
        return made

    @property
    def alpha(self) -> float:
        """How often one claim may be false: the run's 5 %, shared by all that could be made."""
        return _ALPHA / max(1, self.targets * len(Tier) * len(self.rules.alerts))

    def claims(self, target: int, name: str, counts: TargetCounts) -> list[str]:
        """What can be said of a target now and was not said before, one line each."""
        if not (self.rules.alerts and self.rules.adversarial):
            return []
        grader, empty = self.rules.grader, self.rules.empty
        found = []
        for tier in Tier:
            where = sequence(counts, grader.id, tier, empty, self.alpha)
            for rate in self.rules.alerts:
                claim = f"{name}: {tier.value} ASR is above {rate * 100:.3g} %"
                told = any(t == target and said.startswith(claim) for t, said in self._told)
                if where is None or where.low <= rate or told:
                    continue
                first = tally(counts, grader.id, tier, "first", empty)
                line = (
                    f"{claim}, as graded by {grader.name}: {first.successes} of {first.n},"
                    f" at least {where.low * 100:.1f} % at any look"
                )
                self._told.add((target, line))
                found.append(line)
        return found
