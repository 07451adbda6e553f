"""Answers that wait for a judge, and what has to be kept of each budget so that they get one."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from fftui.domain.outcomes import Outcome, OutcomeClass
from fftui.engine.ask import Line
from fftui.engine.budget import Gate
from fftui.engine.grade import Answered, Grading
from fftui.engine.needs import Need
from fftui.store.reader import GraderRow

_BACKLOG = 4
"""Answers waiting for a judge, per place at its gate, above which no new ones are asked for."""
_BACKOFF_S = (0.5, 30.0)


class Waiting(Struct, frozen=True, order=True):
    """One answer that one judge has to be asked of."""

    ready_at: float
    number: int
    answered: Answered
    grader: GraderRow
    need: Need


@dataclass
class JudgeQueue:
    """The answers that wait for each judge, by the time from which they may be asked about."""

    grading: Grading
    trouble: dict[str, str] = field(default_factory=dict)
    """Judges that cannot be asked right now, by name, and why."""
    _heaps: dict[int, list[Waiting]] = field(default_factory=dict)
    """By grader id: a judge that has to wait holds no other one up."""
    _tries: Counter[tuple[int, int]] = field(default_factory=Counter)
    _failing_since: dict[tuple[int, int], float] = field(default_factory=dict)
    _late: Counter[tuple[int, int]] = field(default_factory=Counter)
    _heard_at: dict[int, float] = field(default_factory=dict)
    """When each judge spoke last, by grader id."""
    _count: itertools.count[int] = field(default_factory=itertools.count)
    _usual: dict[int, Need] = field(default_factory=dict)
    """What the last question to each judge took, by grader id."""

    def __len__(self) -> int:
        return sum(map(len, self._heaps.values()))

    def waiting(self, *, planned: bool) -> int:
        """Answers that wait for planned judges, or for those of later layers."""
        return sum(len(heap) for heap in self._heaps.values() if heap and
                   heap[0].grader.planned is planned)  # fmt: skip

    def add(self, answered: Answered, grader: GraderRow, ready_at: float) -> None:
        """Queue an answer for a judge."""
        need = self.grading.judge_need(answered, grader)
        self._usual[grader.id] = need
        waiting = Waiting(ready_at, next(self._count), answered, grader, need)
        heapq.heappush(self._heaps.setdefault(grader.id, []), waiting)

    def earlier(self, by: float) -> None:
        """Whatever waits is ready so many seconds before its time."""
        for heap in self._heaps.values():
            heap[:] = [replace(waiting, ready_at=waiting.ready_at - by) for waiting in heap]

    def take(self, now: float, *, planned: bool) -> Waiting | None:
        """The next question that may be sent, with its place at the gate taken."""
        for heap in self._heaps.values():
            if not heap or heap[0].grader.planned is not planned or heap[0].ready_at > now:
                continue
            gate = self.gate(heap[0].grader)
            if gate.is_open(now, heap[0].need):
                gate.take(heap[0].need)
                return heapq.heappop(heap)
        return None

    def gate(self, grader: GraderRow) -> Gate:
        """The gate of a judge's account."""
        return self.grading.lines[grader.id].gate

    def opens_at(self, now: float) -> float | None:
        """When to look again; `None` when nothing waits."""
        firsts = [heap[0] for heap in self._heaps.values() if heap]
        opens = [max(w.ready_at, self.gate(w.grader).opens_at(now, w.need)) for w in firsts]
        return min(opens, default=None)

    def failed(self, waiting: Waiting, why: str, wait: float | None, now: float) -> int:
        """The judge could not be asked: later again. Returns how often this was so."""
        key = (waiting.answered.outcome_id, waiting.grader.id)
        self._tries[key] += 1
        low, high = _BACKOFF_S
        pause = min(high, low * 2.0 ** min(self._tries[key], 8)) if wait is None else wait
        self.trouble[waiting.grader.name] = why
        self.add(waiting.answered, waiting.grader, now + pause)
        return self._tries[key]

    def given_up(self, waiting: Waiting, outcome: Outcome, tries: int, now: float) -> str:
        """Why a judge that failed again gives this answer no verdict; empty: it is asked again.

        A judge that says nothing, or nothing within the deadline, has had its say after so many
        `tries`. Any other failure may be an outage, unless others were judged since this one began
        to fail.
        """
        silent = outcome.kind is OutcomeClass.EMPTY
        if outcome.kind is not OutcomeClass.INFRA and not silent:
            return ""
        key = (waiting.answered.outcome_id, waiting.grader.id)
        since = self._failing_since.setdefault(key, now)
        self._late[key] += int(silent or outcome.signal.startswith("deadline"))
        alone = self._heard_at.get(waiting.grader.id, 0.0) > since
        why = ""
        if self._late[key] >= tries:
            why = f"no reply in {tries} tries: {outcome.signal}"
        elif alone and self._tries[key] + 1 >= tries:
            why = f"failed {tries} times while others were judged: {outcome.signal}"
        if why:
            self._forget(key)
        return why

    def heard(self, waiting: Waiting, now: float) -> None:
        """The judge has spoken."""
        self._forget((waiting.answered.outcome_id, waiting.grader.id))
        self.trouble.pop(waiting.grader.name, None)
        self._heard_at[waiting.grader.id] = now

    def _forget(self, key: tuple[int, int]) -> None:
        self._tries.pop(key, None)
        self._late.pop(key, None)
        self._failing_since.pop(key, None)

    def backlog(self) -> bool:
        """So many answers wait that asking for more would only fill memory."""
        places = sum(line.gate.concurrency for line in self._planned().values())
        return self.waiting(planned=True) > _BACKLOG * max(1, places)

    def keep(self, gate: Gate, open_answers: int) -> Need:
        """What attempts must leave of an account, so that each open answer can be judged."""
        kept: Need = {}
        for number, line in self._planned().items():
            if line.gate is gate:
                usual = self._usual.get(number, {"requests": 1.0, "free": 1.0})
                for unit, n in usual.items():
                    kept[unit] = kept.get(unit, 0.0) + n * open_answers
        return kept

    def _planned(self) -> dict[int, Line]:
        wanted = {g.id for g in self.grading.graders if g.planned}
        return {i: line for i, line in self.grading.lines.items() if i in wanted}
