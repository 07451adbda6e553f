"""The power fails at any moment: whatever was acknowledged is there when it is back.

A kill does not show this, since the system keeps what a dead process had written.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, cast

import pytest

apsw = pytest.importorskip("apsw")

from fftui.domain.labels import Label  # noqa: E402
from fftui.results.doctor import examine_run  # noqa: E402
from fftui.store import sqlite, writer  # noqa: E402
from fftui.store.context import Context  # noqa: E402
from fftui.store.folder import database  # noqa: E402
from fftui.store.reader import Reader  # noqa: E402
from tests.store.power import Database, Disk, PowerFailedError  # noqa: E402
from tests.store.support import call, close, made, verdict  # noqa: E402

SCENARIOS, TARGETS = 120, 2
LONG = "[placeholder: steps] " * 150
"""About 3 KB: an answer that spans pages."""


def image(folder: Path) -> dict[str, bytes]:
    """The run's files by name."""
    base = database(folder)
    names = (base.name, f"{base.name}-wal")
    return {n: (folder / n).read_bytes() for n in names if (folder / n).exists()}


def put(folder: Path, files: dict[str, bytes]) -> None:
    """Make these the run's files."""
    base = database(folder)
    for end in ("", "-wal", "-shm"):
        (folder / f"{base.name}{end}").unlink(missing_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)


class Engine:
    """What an engine does to its file, one transaction after the other, until the power fails."""

    def __init__(self, disk: Disk, chance: random.Random) -> None:
        self.acknowledged: dict[int, int] = {}
        """Outcome id and verdicts told of it."""
        self._chance = chance
        self._db = Database(disk, "run.db")
        prepared = cast(Any, self._db)
        sqlite._prepare(prepared, write=True)
        self._context = Context(prepared)

    def work(self) -> None:
        """Close and grade what is open. Raises when the power fails."""
        done = set(self._db.execute("SELECT target, scenario FROM outcome").fetchall())
        open_ = [
            (target, scenario)
            for scenario in range(1, SCENARIOS + 1)
            for target in range(1, TARGETS + 1)
            if (target, scenario) not in done
        ]
        while open_:
            batch, open_ = open_[: (n := self._chance.randint(1, 6))], open_[n:]
            self._context.begin()
            new = {}
            for target, scenario in batch:
                call(scenario, target=target).apply(self._context)
                number = close(scenario, target=target, text=LONG).apply(self._context)
                assert number is not None
                new[number] = 0
            self._context.commit()
            self.acknowledged.update(new)
            self._context.begin()
            for number in new:
                assert verdict(number, 1, Label.REFUSAL).apply(self._context)
            self._context.commit()
            self.acknowledged.update(dict.fromkeys(new, 1))
            # Checkpoints and restarts of the WAL shall be hit often.
            if self._chance.random() < 0.5:
                sqlite.tidy(cast(Any, self._db))


def lost(folder: Path, acknowledged: dict[int, int]) -> list[int]:
    """Acknowledged rows that are not there."""
    with Reader(folder) as reader:
        answers = {r[0] for r in reader.db.execute("SELECT outcome FROM answer").fetchall()}
        graded = {r[0] for r in reader.db.execute("SELECT outcome FROM verdict").fetchall()}
    return [n for n, told in acknowledged.items() if n not in answers or (told and n not in graded)]


@pytest.mark.parametrize("cuts", [60, pytest.param(600, marks=pytest.mark.long)])
def test_the_power_fails(tmp_path: Path, cuts: int) -> None:
    chance = random.Random(cuts)
    fresh = image(made(tmp_path, scenarios=SCENARIOS, targets=TARGETS, graders=1))
    folder = tmp_path / "r"
    put(folder, fresh)
    told = struck = 0
    acknowledged: dict[int, int] = {}
    while struck < cuts:
        disk = Disk(image(folder), operations=chance.randint(1, 500))
        engine = None
        try:
            engine = Engine(disk, chance)
            engine.work()
        except (PowerFailedError, apsw.Error):
            if disk.operations > 0:
                raise
        if disk.operations > 0:
            put(folder, fresh)
            acknowledged = {}
            continue
        struck += 1
        if engine is not None:
            told += len(engine.acknowledged)
            acknowledged |= engine.acknowledged
        put(folder, disk.after_cut(chance))
        assert lost(folder, acknowledged) == []
        assert [str(f) for f in examine_run(folder) if not f.ok] == []
    assert told > cuts
    print(f"{struck} power cuts, {told} answers acknowledged, 0 lost, 0 duplicated")


@pytest.mark.parametrize("rounds", [15, pytest.param(200, marks=pytest.mark.long)])
async def test_the_disk_errs_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    """A failed write or sync is tried again, whatever the system took for written meanwhile."""
    monkeypatch.setattr(writer, "_TIDY", 100)
    monkeypatch.setattr(writer, "_RETRY_S", 0.0)
    monkeypatch.setattr(
        writer, "_MOMENT_S", 0.0
    )  # one record at a time waits for company each time
    chance = random.Random(rounds)
    fresh = image(made(tmp_path, scenarios=SCENARIOS, targets=TARGETS, graders=1))
    folder, struck = tmp_path / "r", 0
    for _ in range(rounds):
        put(folder, fresh)
        failing = {chance.randint(30, 900) for _ in range(12)}
        disk = Disk(fresh, operations=10**9, failing=failing)

        def opened(*_: object, of: Disk = disk, **__: object) -> Database:
            db = Database(of, "run.db")
            sqlite._prepare(cast(Any, db), write=True)
            return db

        told: dict[int, int] = {}
        true = sqlite.connect
        monkeypatch.setattr(sqlite, "connect", opened)
        async with writer.Writer(database(folder)) as out:
            for scenario in range(1, SCENARIOS + 1):
                for target in range(1, TARGETS + 1):
                    number = await out.submit(close(scenario, target=target, text=LONG))
                    assert number is not None
                    told[number] = 0
                    await out.submit(call(scenario, target=target))
                    if scenario % 2:
                        await out.submit(verdict(number, 1, Label.REFUSAL))
                        told[number] = 1
            cut = disk.after_cut(chance)  # and then the power fails, too
        monkeypatch.setattr(sqlite, "connect", true)
        struck += sum(n <= disk.done for n in failing)
        put(folder, cut)
        assert lost(folder, told) == []
        with Reader(folder) as reader:
            # A call has no key by which it would be known again: none was written twice.
            assert reader.watermarks().call == SCENARIOS * TARGETS
        assert [str(f) for f in examine_run(folder) if not f.ok] == []
    assert struck > rounds
    print(f"{struck} errors of the disk, 0 acknowledged rows lost")
