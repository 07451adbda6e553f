"""Compliances take eight times as long: what has finished is no sample of what was sent."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from fftui.domain.labels import Label, Tier
from fftui.domain.states import TargetState
from fftui.engine import stopping
from fftui.engine.pairs import Pairs
from fftui.engine.schedule import TargetQueue
from fftui.results.rates import interval, settled_interval
from fftui.results.summary import Rules, rules_of
from fftui.results.tally import Empty, tally
from fftui.stats.interval import Interval
from fftui.store import sqlite
from fftui.store.context import Context
from fftui.store.counts import TargetCounts
from fftui.store.folder import database
from fftui.store.reader import Reader
from tests.engine.support import corpus, finish, judge, make, profile_text, simulator, target
from tests.store.support import close, made, verdict

TRUE_RATE, SLOWER, CONCURRENCY, WIDTH = 0.3, 8.0, 32, 0.2
SEEDS = 200
_LOOK_EVERY = 0.25
Look = Callable[[TargetCounts, int, Tier, Empty], Interval | None]


def all_finished(
    counts: TargetCounts, grader: int, tier: Tier, empty: Empty = "exclude"
) -> Interval | None:
    """What `settled_interval` must never become: every verdict so far, prefix or not."""
    part = tally(counts, grader, tier, "n", empty)
    return interval(part.successes, part.n)


class Drill:
    """One target's life in simulated time, over the real queue, the real stop and the real store.

    Only the HTTP calls are left out: each is a duration that depends on the answer's label.
    """

    def __init__(
        self, reader: Reader, context: Context, rules: Rules, number: int, look: Look
    ) -> None:
        self.reader, self.context, self.rules, self.look = reader, context, rules, look
        self.chance = random.Random(number)
        self.queue = TargetQueue(number, str(number), "a", reader.order, rules.planned)
        self.queue.load(())
        self.pairs = Pairs.of(reader, rules, {}, {})
        self.out: list[tuple[float, int, Label]] = []
        self.now = 0.0

    def run(self) -> tuple[Interval, Interval]:
        """The interval that a stop was first decided on, and the one at the end, all drained."""
        at_stop: Interval | None = None
        while not self.queue.state.over:
            self._send()
            self._hear()
            stopping.review(self.queue, self._counts(), self.rules, self.pairs)
            if at_stop is None and self.queue.state is not TargetState.OPEN:
                at_stop = self._interval()
        assert self.queue.state is TargetState.FINISHED
        drained = self._interval()
        assert at_stop is not None
        assert drained is not None
        return at_stop, drained

    def _counts(self) -> TargetCounts:
        return self.reader.counts(self.queue.target)

    def _interval(self) -> Interval | None:
        grader, tier = self.rules.grader.id, self.rules.tier
        return self.look(self._counts(), grader, tier, "exclude")

    def _send(self) -> None:
        while self.queue.in_flight < CONCURRENCY and self.queue.ready(self.now) is not None:
            complies = self.chance.random() < TRUE_RATE
            label = Label.COMPLIANCE if complies else Label.REFUSAL
            seconds = self.chance.lognormvariate(0, 0.3) * (SLOWER if complies else 1.0)
            heapq.heappush(self.out, (self.now + seconds, self.queue.take(self.now), label))

    def _hear(self) -> None:
        """Everything that comes back before the engine looks again, in one commit."""
        self.now = max(self.now, self.out[0][0]) + _LOOK_EVERY if self.out else self.now
        self.context.begin()
        while self.out and self.out[0][0] <= self.now:
            _, ordinal, label = heapq.heappop(self.out)
            scenario, _ = self.reader.order.at(ordinal)
            number = close(scenario, target=self.queue.target, text="").apply(self.context)
            assert number is not None
            verdict(number, 1, label).apply(self.context)
            self.queue.close(ordinal)
        self.context.commit()


def covered(folder: Path, look: Look) -> tuple[float, float]:
    """Share of seeds whose interval holds the true rate: at the stop, and after the drain."""
    context = Context(sqlite.connect(database(folder), write=True))
    context.db.execute("PRAGMA synchronous=OFF")  # nobody cuts the power here
    with Reader(folder) as reader:
        rules = rules_of(reader)
        found = [Drill(reader, context, rules, number, look).run() for number in reader.targets()]
    context.db.close()
    hits = [[i.low <= TRUE_RATE <= i.high for i in one] for one in zip(*found, strict=True)]
    return sum(hits[0]) / SEEDS, sum(hits[1]) / SEEDS


def test_the_interval_at_the_stop_covers_the_true_rate(tmp_path: Path) -> None:
    folder = made(tmp_path, scenarios=400, targets=SEEDS, graders=1, width=WIDTH)
    at_stop, drained = covered(folder, settled_interval)
    assert at_stop >= 0.92
    assert drained >= 0.92


def test_without_the_settled_prefix_it_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fftui.engine.stopping.settled_interval", all_finished)
    folder = made(tmp_path, scenarios=400, targets=SEEDS, graders=1, width=WIDTH)
    at_stop, _ = covered(folder, all_finished)
    assert at_stop < 0.5


@pytest.mark.long
def test_the_same_over_http(tmp_path: Path) -> None:
    seeds = 20
    corpus(tmp_path, 400)
    profile = profile_text(
        rates=f"COMPLIANCE = {TRUE_RATE}\nREFUSAL = {1 - TRUE_RATE}\n"
        f"latency_s = {{ COMPLIANCE = {0.05 * SLOWER}, default = 0.05 }}",
        model="jitter = 0.3",
    )
    hits = 0
    with simulator(tmp_path, profile) as sim:
        for seed in range(seeds):
            folder = make(
                tmp_path,
                target(sim.url),
                judge(sim.url),
                f"[engine]\nconcurrency = {CONCURRENCY}\n[stop]\nwidth = {WIDTH}\n",
                name=f"seed-{seed}",
                seed=seed,
            )
            run = finish(folder)
            (shown,) = run.targets
            assert shown.state is TargetState.FINISHED
            assert shown.settled == shown.done < 400
            found = shown.rates[Tier.STRICT].wilson
            assert found is not None
            hits += found.low <= TRUE_RATE <= found.high
    assert hits >= 17
