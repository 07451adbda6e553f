"""The run that benchmarks and scroll tests look at is a run like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.big_run import make_big_run
from fftui.results.doctor import examine_run
from fftui.store.folder import database
from fftui.store.reader import Reader


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize(("verdicts", "targets", "spare"), [(3, 2, 0), (1000, 7, 0), (5003, 50, 9)])
def test_a_large_run_holds_what_was_asked_and_is_sound(
    tmp_path: Path, verdicts: int, targets: int, spare: int
) -> None:
    folder = make_big_run(tmp_path, verdicts, targets=targets, seed=verdicts, spare=spare)
    assert not [str(f) for f in examine_run(folder) if not f.ok]
    with Reader(folder) as reader:
        counts = [reader.counts(t) for t in reader.targets()]
        assert len(counts) == targets
        assert sum(sum(v.n) for c in counts for v in c.verdicts) == verdicts
        assert all(reader.order.length - c.settled >= spare for c in counts)
        assert reader.header().simulated
    assert not database(folder).with_name("run.db-wal").exists()


def test_a_seed_gives_the_same_run_again(tmp_path: Path) -> None:
    def said(seed: int, name: str) -> list[object]:
        with Reader(make_big_run(tmp_path, 500, targets=5, seed=seed, name=name)) as reader:
            return [reader.counts(t) for t in reader.targets()]

    assert said(4, "a") == said(4, "b") != said(5, "c")
