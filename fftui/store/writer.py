"""The engine's one writer: a thread, a queue, group commit.

A commit takes whatever has queued up meanwhile, so `synchronous=FULL` costs next to nothing; one
that finds little waits a moment for more. A record's future resolves only after the COMMIT that
made it durable.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct

from fftui.store import sqlite
from fftui.store.context import Context
from fftui.store.recent import Recent
from fftui.store.records import Record

T = TypeVar("T")
_BATCH = 512
_FEW, _MOMENT_S = 64, 0.004
"""A commit of fewer records waits so long for more: each costs as much as the records of ten."""
_RETRY_S = 1.0
_TIDY = 1000
"""Pages of the -wal between two checkpoints, as many as SQLite takes by itself …"""
_REWRITTEN = 16
"""… and about how many of them a commit writes again; the others are new in the file."""
_TIDY_BYTES = 4 * 1024 * 1024
"""Size of a -wal from which a process that appends one record tidies up, too."""
_WAL_LIMIT = 64 * 1024 * 1024
_WAL_LOOK_S = 1.0
WAL_ALARM = 4 * _WAL_LIMIT
"""Bytes of a -wal that only a forgotten reader explains: the log and `fftui doctor` say so."""


class _Item(Struct, gc=False):
    record: Record[Any]
    future: asyncio.Future[Any] | None


class Writer:
    """Appends records from the event loop that made it. Use as an async context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._items: deque[_Item] = deque()
        self._more: queue.SimpleQueue[bool] = queue.SimpleQueue()
        """Something has queued up, or, when false, nothing will any more."""
        self._told = False
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._wal = path.with_name(path.name + "-wal")
        self._wal_checked = 0.0
        self._commits = 0
        self._tidied = 0
        self._context = Context(sqlite.connect(path, write=True), Recent())
        self.trouble = ""
        """Why nothing can be written right now, e.g. a full disk; empty when all is well."""
        self.wal_bytes = 0
        """Size of the -wal at the last look; large only where a reader forgot its transaction."""

    async def __aenter__(self) -> Writer:
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._more.put(False)
        await asyncio.to_thread(self._thread.join)
        while self._items:  # Queued by whoever was told while the thread ended.
            await asyncio.to_thread(self._drain)
        self._closed = True
        self._context.db.close()

    def submit(self, record: Record[T]) -> asyncio.Future[T]:
        """Queue a record. The future gives what `record.apply` returned, once it is durable.

        It raises what the record raised when that record alone could not be written. Raises
        RuntimeError when the writer is closed, as `post` does: nobody would ever be told.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._add(_Item(record, future))
        return future

    def post(self, record: Record[Any]) -> None:
        """Queue a record that nobody waits for. Where it cannot be written the loop is told why."""
        self._add(_Item(record, None))

    def _add(self, item: _Item) -> None:
        if self._closed:
            raise RuntimeError("the writer is closed")
        self._items.append(item)
        if not self._told:
            # Once for all that this turn of the loop brings: to wake a thread costs as much as ten.
            self._told = True
            self._loop.call_soon(self._tell)

    def _tell(self) -> None:
        self._told = False
        self._more.put(True)

    def _run(self) -> None:
        going = True
        while going:
            going = self._more.get()
            self._drain()

    def _drain(self) -> None:
        while batch := self._take([]):
            if len(batch) < _FEW:
                time.sleep(_MOMENT_S)
                self._take(batch)
            self._write(batch, strict=True)
            self._tidy()
            self._bound_wal()

    def _take(self, batch: list[_Item]) -> list[_Item]:
        """The batch with what has queued up, as far as there is room."""
        room = min(len(self._items), _BATCH - len(batch))
        batch.extend([self._items.popleft() for _ in range(room)])
        return batch

    def _write(self, batch: list[_Item], *, strict: bool) -> None:
        """Commit the batch; alone or in parts where one record spoils it; again while it cannot."""
        while True:
            try:
                results = self._transaction(batch, strict=strict)
            except Exception as error:
                self._context.rollback()
                if sqlite.is_full(error) or sqlite.is_busy(error):
                    self.trouble = sqlite.explain(error)
                    time.sleep(_RETRY_S)
                    continue
                if not strict:
                    self._loop.call_soon_threadsafe(self._refuse, batch[0], error)
                else:
                    for item in batch:
                        self._write([item], strict=False)
            else:
                self._loop.call_soon_threadsafe(_resolve, batch, results)
            self.trouble = ""
            return

    def _transaction(self, batch: list[_Item], *, strict: bool) -> list[Any]:
        self._context.begin(strict=strict)
        results = [item.record.apply(self._context) for item in batch]
        self._context.commit()
        return results

    def _refuse(self, item: _Item, error: Exception) -> None:
        if item.future is None:
            what = f"{type(item.record).__name__} could not be stored"
            self._loop.call_exception_handler({"message": what, "exception": error})
        elif not item.future.done():
            item.future.set_exception(error)

    def _tidy(self) -> None:
        """Checkpoint from time to time, by what the -wal holds about now."""
        self._commits += 1
        pages = sqlite.pages(self._context.db)
        if pages - self._tidied + _REWRITTEN * self._commits >= _TIDY:
            self._commits, self._tidied = 0, pages
            sqlite.tidy(self._context.db)

    def _bound_wal(self) -> None:
        """A forgotten reader must not let the WAL grow for ever; never wait for one either."""
        now = time.monotonic()
        if now - self._wal_checked < _WAL_LOOK_S:
            return
        self._wal_checked = now
        try:
            self.wal_bytes = self._wal.stat().st_size
            if self.wal_bytes > _WAL_LIMIT:
                db = self._context.db
                db.execute("PRAGMA busy_timeout=0")
                try:
                    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                finally:
                    db.execute(f"PRAGMA busy_timeout={sqlite.BUSY_MS}")
        except (OSError, sqlite.Error):
            return


def _resolve(batch: list[_Item], results: list[Any]) -> None:
    for item, result in zip(batch, results, strict=True):
        future = item.future
        if future is not None and not future.done():
            future.set_result(result)


def append(path: Path, record: Record[T]) -> T:
    """Append one record from any process: the same function, the same transaction rules.

    Raises StoreError when the file cannot be written.
    """
    db = sqlite.connect(path, write=True)
    try:
        context = Context(db)
        try:
            context.begin()
            result = record.apply(context)
            context.commit()
        except sqlite.Error as error:
            context.rollback()
            raise sqlite.StoreError(f"{path}: {sqlite.explain(error)}") from None
        with contextlib.suppress(OSError):
            wal = path.with_name(path.name + "-wal")
            if sqlite.SAFE and wal.stat().st_size > _TIDY_BYTES:
                sqlite.tidy(db)
        return result
    finally:
        db.close()
