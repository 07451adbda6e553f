"""The engine's one writer: acknowledged means committed, and one bad record spoils no other."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fftui.domain.labels import Label
from fftui.domain.outcomes import OutcomeClass
from fftui.store import sqlite, writer
from fftui.store.audit import checks
from fftui.store.context import Context
from fftui.store.folder import database
from fftui.store.now import AddEvent
from fftui.store.reader import Reader
from fftui.store.rows import answer
from fftui.store.writer import Writer, append
from tests.store.support import call, close, made, verdict

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Somebody else holds the write lock."""
    db = sqlite.connect(database(folder), write=True)
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        db.execute("ROLLBACK")
        db.close()


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.01)


class Poison:
    """A record that cannot be written, after it has written something."""

    def apply(self, ctx: Context) -> None:
        AddEvent(1e9, "poison", "must not stay").apply(ctx)
        raise ValueError("poison")


async def test_nothing_is_acknowledged_before_it_is_committed(tmp_path: Path) -> None:
    folder = made(tmp_path)
    async with Writer(database(folder)) as out:
        with locked(folder):
            future = out.submit(close(1))
            # Long enough for the thread to have taken it; the lock keeps it from committing.
            done, _ = await asyncio.wait([future], timeout=0.3)
            assert not done
        number = await future
        with Reader(folder) as reader:
            assert answer(reader, number or 0)[0] == ("[placeholder: steps 1-4]",)


async def test_one_bad_record_in_a_batch_spoils_no_other(tmp_path: Path) -> None:
    folder = made(tmp_path)
    async with Writer(database(folder)) as out:
        with locked(folder):
            first = out.submit(close(1))
            await asyncio.sleep(0)  # the rest queues up behind it into one batch
            good = [out.submit(close(i)) for i in (2, 3)]
            poison = out.submit(Poison())
            foreign = out.submit(verdict(99, 1, Label.REFUSAL))
            twice = out.submit(close(2))
            more = out.submit(close(4))
        numbers = await asyncio.gather(first, *good, more)
        assert await twice is None
        told = await asyncio.gather(poison, foreign, return_exceptions=True)
    assert len(set(numbers)) == 4
    assert None not in numbers
    assert [type(error) for error in told] == [ValueError, sqlite.IntegrityError]
    with Reader(folder) as reader:
        assert sum(sum(row.n) for row in reader.counts(1).outcomes) == 4
        assert reader.watermarks().event == 0
        assert all(not found for _, found in checks(reader))


async def test_a_record_that_names_what_is_not_there_is_refused(tmp_path: Path) -> None:
    folder = made(tmp_path, scenarios=4, targets=1, graders=1)
    async with Writer(database(folder)) as out:
        first = await out.submit(close(1))
        # Each alone: beside another that is refused it would be looked at once more.
        for record in (
            call(1, target=9), call(9), call(1, grader=9), close(2, target=9), close(9),
            verdict(first or 0, 9, Label.REFUSAL), verdict(99, 1, Label.REFUSAL),
        ):  # fmt: skip
            with pytest.raises(sqlite.IntegrityError, match="FOREIGN KEY"):
                await out.submit(record)
        await asyncio.gather(out.submit(call(1)), out.submit(close(2)))
    with Reader(folder) as reader:
        assert sum(sum(row.n) for row in reader.counts(1).outcomes) == 2
        assert sum(row.n for row in reader.counts(1).calls) == 1
        assert all(not found for _, found in checks(reader))


async def test_a_verdict_on_what_was_not_answered_is_refused(tmp_path: Path) -> None:
    folder = made(tmp_path, graders=1)
    async with Writer(database(folder)) as out:
        lost = await out.submit(close(1, kind=OutcomeClass.INFRA))
        with pytest.raises(sqlite.IntegrityError, match="no answer"):
            await out.submit(verdict(lost or 0, 1, Label.REFUSAL))
    with Reader(folder) as reader:
        assert reader.counts(1).verdicts == ()


async def test_what_nobody_waits_for_is_written_in_its_turn_or_told_of(tmp_path: Path) -> None:
    folder = made(tmp_path)
    told: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    async with Writer(database(folder)) as out:
        out.post(close(1))
        out.post(Poison())
        await out.submit(close(2))
        with Reader(folder) as reader:
            assert sum(sum(row.n) for row in reader.counts(1).outcomes) == 2
            assert reader.watermarks().event == 0
        # Nobody waits for the end either.
        out.post(close(3))
    assert [context["message"] for context in told] == ["Poison could not be stored"]
    assert isinstance(told[0]["exception"], ValueError)
    with Reader(folder) as reader:
        assert sum(sum(row.n) for row in reader.counts(1).outcomes) == 3


async def test_what_is_queued_while_it_closes_is_written_and_later_refused(tmp_path: Path) -> None:
    folder = made(tmp_path, scenarios=20)
    async with Writer(database(folder)) as out:

        async def one_by_one() -> list[int | None]:
            return [await out.submit(close(i)) for i in range(1, 21)]

        asking = asyncio.create_task(one_by_one())
        await asyncio.sleep(0)
    async with asyncio.timeout(10):
        assert await asking == list(range(1, 21))
    with pytest.raises(RuntimeError, match="closed"):
        out.submit(close(1, target=2))
    with Reader(folder) as reader:
        assert sum(sum(row.n) for row in reader.counts(1).outcomes) == 20


class Locked:
    """A record whose own error reads like one of the file."""

    tried = 0

    def apply(self, ctx: Context) -> None:
        self.tried += 1
        raise ValueError("the door is locked" if self.tried < 3 else "tried for too long")


async def test_only_the_file_itself_is_waited_for(tmp_path: Path) -> None:
    folder = made(tmp_path)
    async with Writer(database(folder)) as out:
        with pytest.raises(ValueError, match="the door is locked"):
            await out.submit(Locked())


async def test_a_full_disk_loses_nothing_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_RETRY_S", 0.05)
    folder = made(tmp_path, scenarios=40)
    long = "[placeholder] " * 1000
    async with Writer(database(folder)) as out:
        db = out._context.db
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count={pages + 12}")
        futures = [out.submit(close(i, text=long)) for i in range(1, 41)]
        try:
            await until(lambda: out.trouble)
            assert "full" in out.trouble
            # Whatever was acknowledged so far is there, and the file is sound.
            acknowledged = sum(f.done() for f in futures)
            with Reader(folder) as reader:
                assert sum(sum(row.n) for row in reader.counts(1).outcomes) >= acknowledged
                assert all(not found for _, found in checks(reader))
            assert acknowledged < 40
        finally:
            db.execute("PRAGMA max_page_count=1000000")  # or the writer would wait for ever
        assert sorted(await asyncio.gather(*futures)) == list(range(1, 41))  # type: ignore[type-var]
        await until(lambda: not out.trouble)
    with Reader(folder) as reader:
        assert sum(sum(row.n) for row in reader.counts(1).outcomes) == 40
        assert all(not found for _, found in checks(reader))


_TELLER = """
import asyncio, sys
from pathlib import Path
from fftui.store.writer import Writer
from fftui.store.folder import database
from tests.store.support import close

async def main(folder):
    async with Writer(database(folder)) as out:
        for i in range(1, 501):
            print(await out.submit(close(i)), flush=True)
        await asyncio.sleep(60)

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("told", [1, 7, 60])
def test_what_was_acknowledged_survives_a_kill(tmp_path: Path, told: int) -> None:
    folder = made(tmp_path, scenarios=500)
    with subprocess.Popen(
        [sys.executable, "-c", _TELLER, os.fspath(folder)], stdout=subprocess.PIPE, cwd=ROOT
    ) as child:
        assert child.stdout is not None
        heard = [int(child.stdout.readline()) for _ in range(told)]
        child.send_signal(signal.SIGKILL)
        heard += [int(line) for line in child.stdout.read().splitlines(keepends=True)
                  if line.endswith(b"\n")]  # fmt: skip
    with Reader(folder) as reader:
        assert sum(sum(row.n) for row in reader.counts(1).outcomes) >= len(heard)
        assert all(answer(reader, number)[0] for number in heard)
        assert all(not found for _, found in checks(reader))


_APPENDER = """
import sys
from pathlib import Path
from fftui.domain.labels import Label
from fftui.store.folder import database
from fftui.store.writer import append
from tests.store.support import call, close, verdict

path, mine = database(Path(sys.argv[1])), int(sys.argv[2])
for i in range(1, 26):
    # Every attempt is fought for by all processes; the grader is this one's own.
    number = append(path, close(i))
    append(path, verdict(number or i, mine, Label.REFUSAL))
    append(path, call(i, tokens=mine))
"""


def test_several_processes_append(tmp_path: Path) -> None:
    folder = made(tmp_path, scenarios=25, graders=3, targets=1)
    children = [
        subprocess.Popen([sys.executable, "-c", _APPENDER, os.fspath(folder), str(g)], cwd=ROOT)
        for g in (1, 2, 3)
    ]
    assert [child.wait(timeout=60) for child in children] == [0, 0, 0]
    with Reader(folder) as reader:
        counts = reader.counts(1)
        assert sum(sum(row.n) for row in counts.outcomes) == 25
        assert sum(sum(row.n) for row in counts.verdicts) == 75
        assert sum(row.n for row in counts.calls) == 75
        assert counts.settled == 25
        assert all(not found for _, found in checks(reader))


def test_append_says_in_one_line_what_is_wrong(tmp_path: Path) -> None:
    folder = made(tmp_path)
    with pytest.raises(sqlite.StoreError, match="FOREIGN KEY") as caught:
        append(database(folder), verdict(99, 1, Label.REFUSAL))
    assert "\n" not in str(caught.value)
