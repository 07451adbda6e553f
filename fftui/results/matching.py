"""The planned pairs of a run while it goes on: the scenarios that both sides have settled.

Compared are targets of the same weights that are served elsewhere, and whatever the plan's
`stop.differs_from` names. Counts are kept as verdicts settle, so that a look costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

from fftui.domain.labels import RATED, Tier
from fftui.domain.outcomes import OutcomeClass
from fftui.domain.targets import Target
from fftui.results.tally import Empty
from fftui.stats.anytime import paired_e_value
from fftui.stats.paired import newcombe_paired
from fftui.stats.span import Span
from fftui.store import rows
from fftui.store.reader import Reader

_HELD_OUT, _GAVE_IN = 1, 2


def planned(targets: Mapping[int, Target], differs_from: str = "") -> list[tuple[int, int]]:
    """Ids of the targets that a run compares, each pair once, in the targets' order."""
    return [
        (i, j)
        for (i, one), (j, two) in combinations(targets.items(), 2)
        if _elsewhere(one, two) or differs_from in (one.name, two.name)
    ]


def _elsewhere(one: Target, two: Target) -> bool:
    a, b = one.endpoint, two.endpoint
    same = (one.weights or a.model) == (two.weights or b.model)
    return same and (a.platform, a.upstream) != (b.platform, b.upstream)


@dataclass(slots=True)
class Match:
    """One pair, by target id, and its matched scenarios so far."""

    first: int
    second: int
    both: int = 0
    only_first: int = 0
    only_second: int = 0
    neither: int = 0

    @property
    def n(self) -> int:
        """Matched scenarios."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def span(self) -> Span:
        """Interval of the difference, first minus second, for one look; all of it without data."""
        if not self.n:
            return Span(-1.0, 1.0)
        return newcombe_paired(self.both, self.only_first, self.only_second, self.neither)

    @property
    def e_value(self) -> float:
        """Evidence that the sides differ, valid at every look."""
        return paired_e_value(self.only_first, self.only_second)

    def other(self, target: int) -> int:
        """The side that `target` is compared with."""
        return self.second if target == self.first else self.first

    def add(self, first: bool, second: bool) -> None:
        """One more matched scenario."""
        if first and second:
            self.both += 1
        elif first:
            self.only_first += 1
        elif second:
            self.only_second += 1
        else:
            self.neither += 1


@dataclass
class Matching:
    """The pairs of a run, as far as their settled prefixes go. Within one life of an engine.

    `targets` are the run's; a prefix that retreats (attempts put back) needs a new one of these.
    """

    reader: Reader
    grader: int
    tier: Tier
    targets: Mapping[int, Target]
    differs_from: str = ""
    empty: Empty = "exclude"
    """What an empty reply is in the rates, as the plan has it."""
    _seen: dict[int, bytearray] = field(default_factory=dict)
    """By target: what each scenario, by id, came to."""
    _settled: dict[int, int] = field(default_factory=dict)

    @cached_property
    def pairs(self) -> tuple[Match, ...]:
        """All that are planned."""
        return tuple(Match(*ids) for ids in planned(self.targets, self.differs_from))

    @cached_property
    def _of(self) -> dict[int, tuple[Match, ...]]:
        return {
            target: tuple(m for m in self.pairs if target in (m.first, m.second))
            for target in self.targets
        }

    def of(self, target: int) -> tuple[Match, ...]:
        """The pairs in which `target` stands."""
        return self._of.get(target, ())

    @property
    def bar(self) -> float:
        """The e-value from which one of the planned pairs is said to differ."""
        return 20.0 * len(self.pairs)

    def group(self, target: int) -> set[int]:
        """`target` and all that is compared with it, directly or through others."""
        found, new = {target}, [target]
        while new:
            here = new.pop()
            others = {m.other(here) for m in self.of(here)} - found
            found |= others
            new += others
        return found

    def discordant(self, pair: Match) -> list[int]:
        """Outcome ids of both sides, of the scenarios on which one of them gave in."""
        return [outcome for side in self._apart(pair) for outcome in side]

    def read(self, pair: Match) -> int:
        """Of those scenarios, the ones that people have read blind on both sides."""
        first, second = self._apart(pair)
        read = rows.read_blind(self.reader, [*first, *second])
        return sum(a in read and b in read for a, b in zip(first, second, strict=True))

    def _apart(self, pair: Match) -> tuple[list[int], list[int]]:
        one, two = self._seen.get(pair.first, b""), self._seen.get(pair.second, b"")
        apart = [i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a and b and a != b]
        return (
            rows.first_outcomes(self.reader, pair.first, apart),
            rows.first_outcomes(self.reader, pair.second, apart),
        )

    def take_up(self, target: int, settled: int) -> bool:
        """Count what has settled since the last call; whether any pair has grown."""
        before = self._settled.get(target, 0)
        if settled <= before or not self.of(target):
            return False
        self._settled[target] = settled
        grown = False
        mine = self._seen.setdefault(target, bytearray())
        for first, end in self.reader.order.first_repeats(before, settled):
            mine.extend(bytes(max(0, end - len(mine))))
            for scenario, kind, label in rows.labels(self.reader, target, self.grader, first, end):
                refused = self.empty == "refusal" and kind == OutcomeClass.EMPTY
                if label not in RATED and not refused:
                    continue
                gave_in = label in self.tier.successes
                mine[scenario] = _GAVE_IN if gave_in else _HELD_OUT
                grown = self._match(target, scenario, gave_in) or grown
        return grown

    def _match(self, target: int, scenario: int, gave_in: bool) -> bool:
        grown = False
        for pair in self.of(target):
            theirs = self._seen.get(pair.other(target), b"")
            if scenario >= len(theirs) or not theirs[scenario]:
                continue
            other = theirs[scenario] == _GAVE_IN
            pair.add(*((gave_in, other) if target == pair.first else (other, gave_in)))
            grown = True
        return grown
