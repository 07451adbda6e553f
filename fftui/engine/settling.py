"""Looks at what has settled of each target: what can be claimed now, and whether it is finished."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from fftui.engine import alerts, stopping
from fftui.engine.pairs import Pairs
from fftui.engine.run_log import RunLog
from fftui.engine.schedule import TargetQueue
from fftui.results.summary import Rules
from fftui.store.discordant import ReadFirst
from fftui.store.reader import Reader
from fftui.store.writer import Writer

_REVIEW_S = 0.1
"""Settled counts are read again at most this often per target."""


@dataclass
class Settling:
    """Which targets have moved since their settled counts were read."""

    reader: Reader
    writer: Writer
    rules: Rules
    queues: Mapping[int, TargetQueue]
    pairs: Pairs
    log: RunLog
    _moved: set[int] = field(default_factory=set)
    _reviewed: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._alerts = alerts.Alerts.of(self.reader, self.rules, self.pairs.matching)

    @property
    def up_to_date(self) -> bool:
        """Everything that moved was looked at."""
        return not self._moved

    def moved(self, target: int) -> None:
        """An attempt of the target came nearer to its end: look again."""
        self._moved.add(target)

    def begin(self) -> None:
        """Look at every target, whatever has happened to it."""
        self._moved.update(self.queues)

    def due(self) -> list[float]:
        """Epoch seconds from which each target that moved is looked at."""
        return [self._due(target) for target in self._moved]

    def _due(self, target: int) -> float:
        # One sum for both who waits and who acts: a difference of clocks rounds otherwise, and a
        # wake-up on exactly this moment would then find nothing to do, for ever.
        return self._reviewed.get(target, 0.0) + _REVIEW_S

    def earlier(self, by: float) -> None:
        """Whatever waits is due so many seconds before its time."""
        self._reviewed = {target: at - by for target, at in self._reviewed.items()}

    def review(self, now: float) -> None:
        """Read the settled counts of targets that moved, and close those whose rule is met."""
        for target in [t for t in self._moved if self._due(t) <= now]:
            queue = self.queues[target]
            before = queue.state
            counts = self.reader.counts(target)
            grown = self.pairs.matching.take_up(target, counts.settled)
            told = len(self._alerts.differing)
            for claim in self._alerts.claims(target, queue.name, counts):
                self.log(alerts.KIND, claim, "warning", target)
            if len(self._alerts.differing) > told:
                self.read_first()
            stopping.review(queue, counts, self.rules, self.pairs)
            if queue.state is not before and queue.state.over:
                self.log(queue.state.value, f"{queue.name} {queue.state.value}: {queue.reason}",
                         target=target)  # fmt: skip
            self._moved.discard(target)
            self._reviewed[target] = now
            if grown or queue.state is not before:
                # What the others wait for may have come, or may never come.
                self._moved.update(p.target for p in self.pairs.partners(queue)
                                   if not p.state.over)  # fmt: skip

    def read_first(self) -> None:
        """Give people before all else what the differences rest on that this run has told of.

        Not with each answer that is added: a rate is withheld while such an answer is unread.
        """
        found = [o for pair in self._alerts.differing for o in self.pairs.matching.discordant(pair)]
        if found:
            self.writer.post(ReadFirst(found, time.time()))
