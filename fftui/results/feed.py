"""What changed in a run since the last tick.

The cost of a tick does not grow with the run: it reads the totals of those targets that have rows
behind the watermark, families of attack of those that somebody looks at, and nothing at all when no
other connection has committed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from fftui.domain.labels import Tier
from fftui.domain.outcomes import Identity
from fftui.domain.states import RunState, TargetState
from fftui.results import details
from fftui.results.etas import Etas
from fftui.results.flagged import Flagged
from fftui.results.looked import Families, Looked
from fftui.results.pace import pace
from fftui.results.readings import Readings, readings
from fftui.results.summary import basis, call_totals, rules_of, target_summary
from fftui.results.tally import refusals
from fftui.results.traces import AttemptRow, Trace
from fftui.results.view import (
    EngineView,
    EventView,
    ReviewCounts,
    RunSummary,
    SinceLeft,
    TargetSummary,
)
from fftui.store import presence, rows
from fftui.store.counts import FamilyCounts, TargetCounts
from fftui.store.folder import lock_file
from fftui.store.lock import Note, is_held, noted
from fftui.store.reader import EngineRow, Reader, Watermarks
from fftui.store.review_figures import PoolCount, judged, newest_event, pools_of, queue_counts

if TYPE_CHECKING:
    from fftui.results.compare_text import PairView
    from fftui.results.quality import Audit, Quality
    from fftui.results.trend import Trend, Trends

_MOST_ROWS = 5000
"""More new rows than this in one tick: reading all rollups is cheaper."""
_LOG_LINES = 60


class _Made(NamedTuple):
    """What a target's summary was made from; nothing is computed anew while it stays the same."""

    counts: TargetCounts
    """The very same object while no rows came."""
    families: FamilyCounts | None
    now: tuple[TargetState, str, int]
    basis: str
    shared: int
    readings: Readings


def _planned(marks: Watermarks) -> tuple[int, int]:
    """What the rules and the graders of a run follow from."""
    return marks.plan, marks.regrade


class Feed:
    """The view of one run, kept up to date. Use it from one thread only."""

    def __init__(self, reader: Reader, clock: Callable[[], float] = time.time) -> None:
        self._reader = reader
        self._clock = clock
        self._take_up_plan(reader.watermarks())
        self._counts: dict[int, TargetCounts] = {}
        self._looked: Looked = None
        self._by_family = Families()
        self._made: dict[int, tuple[_Made, TargetSummary]] = {}
        self._who: dict[int, Identity] = {}
        self._shared: dict[int, int] = {}
        self._read_by: dict[int, Readings] = {}
        self._pools: dict[int, tuple[PoolCount, ...]] = {}
        self._qualities: tuple[Quality, ...] = ()
        self._audits: tuple[Audit, ...] = ()
        self._reviewed = 0
        self._marks: Watermarks | None = None
        self._events: tuple[EventView, ...] = ()
        self._version = -1
        self._alive = False
        self._note: Note | None = None

    @classmethod
    def open(cls, folder: Path, clock: Callable[[], float] = time.time) -> Feed:
        """Look at the run in `folder`. Raises StoreError in one line."""
        return cls(Reader(folder), clock)

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()

    def poll(self, looked: Looked = None) -> RunSummary | None:
        """The run as committed by now; `None` when nothing changed since the last call.

        Of targets that are not `looked` at the summary has no families.
        """
        version = self._reader.data_version()
        lock = lock_file(self._reader.folder)
        alive = is_held(lock)
        note = noted(lock) if alive else None
        now = (version, alive, note)
        same = now == (self._version, self._alive, self._note) and looked == self._looked
        if self._marks is not None and same:
            return None
        # What a look that fails has not read is still new to the next one.
        self._version, self._alive, self._note = -1, alive, note
        self._looked = looked
        with self._reader.snapshot():
            run = self._read(alive)
        self._version = version
        return run

    def _take_up_plan(self, marks: Watermarks) -> None:
        """What follows from the plan in force, which a run's people may extend while we look.

        `marks` are of now or of before: what is newer than they are is taken up once more.
        """
        reader = self._reader
        reader.reread()
        self._header = reader.header()
        self._targets = reader.targets()
        self._graders = {g.id: g for g in reader.graders()}
        self._families = reader.families()
        self._flagged = Flagged(self._targets, self._families, self._graders)
        self._rules = rules_of(reader)
        self._etas = Etas.of(reader)
        self._trends: Trends | None = None
        self._plan = _planned(marks)

    def _read(self, alive: bool) -> RunSummary:
        reader = self._reader
        marks = reader.watermarks()
        if _planned(marks) != self._plan:
            self._take_up_plan(marks)
            self._marks = None
        changed = None if self._marks is None else reader.changed_targets(self._marks, _MOST_ROWS)
        reviewed = newest_event(reader)
        self._counts |= reader.counts_of(self._targets if changed is None else changed)
        self._by_family.read(reader, self._looked, self._targets, self._counts)
        read = self._targets if changed is None or reviewed != self._reviewed else changed
        self._pools |= pools_of(reader, read)
        self._read_by |= {target: self._readings(target) for target in read}
        if self._marks is None or changed or reviewed != self._reviewed:
            self._judge_graders()
        self._reviewed = reviewed
        if changed is None:
            self._made.clear()
        if self._marks is None or marks.identity != self._marks.identity:
            self._who = {i.id: i.who for found in rows.identities(reader).values() for i in found}
        if self._marks is None or marks.event != self._marks.event:
            self._events = details.log(reader, self._targets, before=None, count=_LOG_LINES)
        self._flagged.read(reader, marks)
        if self._marks is not None and marks.put_back != self._marks.put_back:
            # A prefix that went back and came on again holds other answers than it did.
            self._trends = None
        # Another target's answer can make those of this one suspect.
        self._shared = reader.shared()
        self._marks = marks
        return self._summary(reader.engine(), alive)

    def _readings(self, target: int) -> Readings:
        rules = self._rules
        known = refusals(self._counts[target], rules.grader.id, rules.empty)
        return readings(self._pools[target], known)

    def _judge_graders(self) -> None:
        """How each grader stands beside people; with few rows it costs little to do anew."""
        found = judged(self._reader)
        if not found:
            self._qualities, self._audits = (), ()
            return
        # Loaded where somebody has read something: most looks at a run see no reading.
        from fftui.results.quality import audits, qualities
        from fftui.store.manifest import did

        names = {g.id: (g.name, g.basis) for g in self._graders.values()}
        self._qualities = qualities(found, self._pools, self._targets, names)
        self._audits = audits(
            found, self._pools, self._rules.grader.id, self._targets,
            promoted=did(self._reader).promoted > 0,
        )  # fmt: skip

    def _summary(self, engine: EngineRow, alive: bool) -> RunSummary:
        reader, header = self._reader, self._header
        state = engine.state
        if not alive and not state.over:
            state = RunState.DEAD
        by_rule, _ = reader.flag_counts()
        found = self._read_by.values()
        words = basis(self._rules.grader, sum(r.read for r in found), sum(r.of for r in found))
        queue = queue_counts(reader, self._clock())
        states = reader.target_states()
        targets = tuple(
            self._target(t, states.get(t, (TargetState.OPEN, "", 0)), self._marked(words, t), alive)
            for t in self._targets
        )
        now = self._clock()
        busy = state in (RunState.RUNNING, RunState.DRAINING, RunState.STARTING)
        anchor = now if busy else engine.heartbeat_at or now
        activity, per_minute = pace(reader, header.created_at, anchor, busy=busy)
        eta_s = None
        accounts = reader.accounts()
        if state.over and not alive:
            accounts = tuple(account.at_rest() for account in accounts)
        if busy or state is RunState.WAITING:
            targets, eta_s = self._etas.fill(targets, self._counts, accounts, per_minute, now)
        done = sum(t.done for t in targets)
        reason, seen_at, trouble = engine.reason, engine.heartbeat_at, ""
        if self._note is not None:
            # Its heartbeat cannot be stored either, so what the file says of it is old.
            state, seen_at, trouble = RunState.WAITING, self._note.at, self._note.text
            reason = f"nothing can be stored: {trouble}"
        if state is RunState.DEAD:
            reason = "the engine ended without a word; `fftui resume` goes on, nothing is lost"
        return RunSummary(
            name=header.name,
            path=reader.folder,
            simulated=header.simulated,
            note=header.note,
            taxonomy=header.taxonomy,
            state=state,
            reason=reason,
            engine=EngineView(engine.pid, alive, seen_at, trouble),
            tier=self._rules.tier,
            stop_width=self._rules.width,
            planned=sum(t.planned for t in targets),
            done=done,
            created_at=header.created_at,
            elapsed_s=engine.worked_s,
            eta_s=eta_s,
            per_minute=per_minute,
            calls=call_totals(self._counts.values(), targets),
            targets=targets,
            accounts=accounts,
            review=ReviewCounts(queue.queued, queue.leased, queue.read, queue.conflicts, by_rule),
            activity=activity,
            events=self._events,
            flags=self._flagged.lines,
            qualities=self._qualities,
            audits=self._audits,
        )

    def _target(
        self, target: int, now: tuple[TargetState, str, int], words: str, alive: bool
    ) -> TargetSummary:
        state, reason, in_flight = now
        now = (state, reason, in_flight if alive else 0)
        counts, shared = self._counts[target], self._shared.get(target, 0)
        by_family = self._by_family.of(target)
        of = _Made(counts, by_family, now, words, shared, self._read_by[target])
        before = self._made.get(target)
        if before is not None and before[0] == of:
            return before[1]
        made = target_summary(
            target, self._targets[target], counts, now, self._rules, self._families, self._who,
            shared, by_family,
        )  # fmt: skip
        whose = f"{words}; {made.basis}" if made.basis else words
        made = replace(made, basis=whose, readings=self._read_by[target])
        self._made[target] = of, made
        return made

    def _marked(self, words: str, target: int) -> str:
        """The basis of a target, led by a mark where people do not bear its grader out."""
        if not self._qualities:
            return words
        from fftui.results.quality import weak_words

        maker = self._targets[target].maker
        marks = [weak_words(q) for q in self._qualities if q.basis and q.maker == maker]
        return "".join(marks) + words

    def since_left(self, who: str) -> SinceLeft | None:
        """What happened since this person last looked; `None` at the first visit or if nothing."""
        return details.since_left(self._reader, self._targets, who)

    def seen(self, who: str, *, leaving: bool = False) -> None:
        """Note that this person has seen everything up to now, and whether they leave."""
        presence.mark_seen(self._reader.folder, who, leaving=leaving)

    def log(self, before: int | None, count: int) -> tuple[EventView, ...]:
        """Older lines of the run's log, oldest first."""
        return details.log(self._reader, self._targets, before=before, count=count)

    def attempt_count(self, target: int, only: str = "") -> int:
        """Lines that `attempts` has in all."""
        if not only:
            return self._rules.planned
        return details.attempt_count(self._reader, target, only)

    def attempts(
        self, target: int, start: int, count: int, only: str = ""
    ) -> tuple[AttemptRow, ...]:
        """A page of a target's attempts: all in plan order, or the closed ones that fit `only`."""
        count = min(count, self.attempt_count(target, only) - start)
        return details.attempts(
            self._reader, target, start, count, only, self._families, self._graders
        )

    def trend(self, target: int, tier: Tier) -> Trend:
        """The curve of a target's estimate, as far as the last look has read. After a `poll`."""
        if self._trends is None:
            from fftui.results.trend import Trends  # nobody waits for it before somebody looks

            self._trends = Trends(self._reader, self._rules)
        return self._trends.trend(target, tier, self._counts[target].settled)

    def comparisons(self, by: str, same: str, tier: Tier) -> tuple[PairView, ...]:
        """Pairs of the run's targets that differ in `by`; reads every verdict of the run."""
        # What it computes with is loaded when somebody asks: nobody waits for it at the start.
        from fftui.results.compare_text import view

        with self._reader.snapshot():
            return view(self._reader, by, same, tier)

    def trace(self, outcome_id: int) -> Trace:
        """One attempt in full. Raises KeyError for an unknown id."""
        return details.trace(self._reader, outcome_id, self._targets, self._families, self._graders)
