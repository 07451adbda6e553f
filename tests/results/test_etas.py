"""When a run's targets will be done, as its summary says it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fftui.domain.states import RunState, TargetState
from fftui.results.feed import Feed
from fftui.store.folder import lock_file
from fftui.store.lock import EngineLock
from fftui.store.now import AccountNow, Heartbeat, TargetNow, WindowNow
from fftui.store.records import Record
from tests.results.test_feed import Run
from tests.store.support import call, close, made, moment

NOW = moment(1)
MIDNIGHT = (NOW // 86_400 + 1) * 86_400


def day(left: float, limit: float = 5.0) -> WindowNow:
    return WindowNow("requests/day", limit, left, MIDNIGHT, "plan")


def beat(
    *windows: WindowNow,
    state: RunState = RunState.RUNNING,
    paused: str = "",
    **targets: TargetState,
) -> Record[object]:
    account = AccountNow("sim", "sim", windows, 0, 8, (), None, "", paused)
    now = tuple(TargetNow(int(name[1:]), s, "", 0) for name, s in targets.items())
    return Heartbeat(NOW, 1, state, "", NOW, 1.0, targets=now, accounts=(account,))


@contextmanager
def at_work(run: Run) -> Iterator[None]:
    lock = EngineLock(lock_file(run.folder))
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def run_of(folder: Path, *records: Record[object]) -> Run:
    run = Run(made(folder, scenarios=11))
    # One attempt of each target, in one minute: two a minute in all.
    run.write(close(1), call(1), close(1, target=2), call(1, target=2), *records)
    run.feed.close()
    run.feed = Feed.open(run.folder, clock=lambda: NOW)
    return run


def test_each_target_waits_for_the_days_that_its_account_needs(tmp_path: Path) -> None:
    run = run_of(tmp_path, beat(day(2.0)))
    with at_work(run):
        seen = run.see()
    # 20 to go: 2 today, 5 on each of four days; the last day's go out at its midnight.
    assert [t.eta_s for t in seen.targets] == [MIDNIGHT + 3 * 86_400 - NOW] * 2
    assert seen.eta_s == MIDNIGHT + 3 * 86_400 - NOW


def test_without_a_window_the_pace_tells(tmp_path: Path) -> None:
    run = run_of(tmp_path, beat())
    with at_work(run):
        seen = run.see()
    assert seen.per_minute > 0
    assert seen.eta_s == pytest.approx(20 / seen.per_minute * 60)


def test_a_run_that_waits_for_midnight_says_when_it_will_be_done(tmp_path: Path) -> None:
    run = run_of(tmp_path, beat(day(0.0, limit=50.0), state=RunState.WAITING))
    with at_work(run):
        assert run.see().eta_s == MIDNIGHT - NOW


@pytest.mark.parametrize(
    "stands", [beat(day(2.0), paused="http 401"), beat(day(2.0), t2=TargetState.PAUSED)]
)
def test_what_waits_for_a_person_has_no_end(tmp_path: Path, stands: Record[object]) -> None:
    run = run_of(tmp_path, stands)
    with at_work(run):
        seen = run.see()
    assert seen.targets[1].eta_s is None
    assert seen.eta_s is None


def test_a_paused_or_dead_run_has_no_end(tmp_path: Path) -> None:
    run = run_of(tmp_path, beat(day(2.0), state=RunState.PAUSED))
    assert run.see().eta_s is None
    with at_work(run):
        assert run.see().eta_s is None
