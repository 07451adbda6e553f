"""What the planned pairs of a run ask of its targets: stay open, go together, end when apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fftui.domain.targets import Target
from fftui.engine.schedule import TargetQueue
from fftui.results.matching import Matching
from fftui.results.summary import DIFFERS, Rules
from fftui.store.reader import Reader


@dataclass(frozen=True)
class Pairs:
    """The pairs with the queues of their sides."""

    matching: Matching
    queues: Mapping[int, TargetQueue]
    rules: Rules

    @classmethod
    def of(cls, reader: Reader, rules: Rules, targets: Mapping[int, Target],
           queues: Mapping[int, TargetQueue]) -> Pairs:  # fmt: skip
        """The pairs of a run with what has settled by now."""
        matching = Matching(
            reader, rules.grader.id, rules.tier, targets, rules.differs_from, rules.empty
        )
        for target in queues:
            if matching.of(target):
                matching.take_up(target, reader.counts(target).settled)
        return cls(matching, queues, rules)

    def __post_init__(self) -> None:
        for queue in self.queues.values():
            ids = self.matching.group(queue.target)
            queue.group = tuple(self.queues[i] for i in sorted(ids) if i in self.queues)

    def partners(self, queue: TargetQueue) -> tuple[TargetQueue, ...]:
        """Whom the target is compared with."""
        ids = (pair.other(queue.target) for pair in self.matching.of(queue.target))
        return tuple(self.queues[i] for i in ids if i in self.queues)

    def wide(self, queue: TargetQueue) -> tuple[TargetQueue, ...]:
        """Partners with whom the pair's interval is too wide and may still become narrow."""
        width = self.rules.width
        if width is None:
            return ()
        found = []
        for pair in self.matching.of(queue.target):
            other = self.queues.get(pair.other(queue.target))
            if other is None or pair.span.width <= width:
                continue
            if not other.state.over or other.reach > queue.reach:
                found.append(other)
        return tuple(found)

    def apart(self, queue: TargetQueue) -> str:
        """How the target is shown to differ from the one the plan names; empty where it is not."""
        name = self.rules.differs_from
        for pair in self.matching.of(queue.target) if name else ():
            other = self.matching.targets[pair.other(queue.target)].name
            if other == name and pair.e_value >= self.matching.bar:
                return (
                    f"{DIFFERS}{name}: {pair.only_first + pair.only_second} of {pair.n} matched"
                    f" scenarios discordant, e-value {pair.e_value:.3g}"
                )
        return ""
