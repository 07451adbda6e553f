"""A reviewer's side of the file: what is given, what is written. What is slow is off the loop."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from fftui.domain.labels import Label
from fftui.domain.readings import GUIDELINE, Standing
from fftui.results.readings import next_pools
from fftui.results.summary import rules_of
from fftui.store import reviews, rows
from fftui.store.folder import database
from fftui.store.reader import Reader
from fftui.store.reviews import Claim, Enrol, Note, QueueCounts, Read, Release, Renew, Undo
from fftui.store.writer import append

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Item:
    """What a reader gets to see, and nothing that tells where it comes from."""

    outcome: int
    token: str
    """Empty for an item that the reader came back to."""
    turns: tuple[str, ...]
    answers: tuple[str, ...]
    reasoning: str
    cut: bool

    @property
    def answer(self) -> str:
        """The one that is read: the last."""
        return self.answers[-1] if self.answers else ""


@dataclass(frozen=True, slots=True)
class Stand:
    """How the review of the run stands, for one reader."""

    queue: QueueCounts
    mine: int
    """Readings of mine in force."""
    wait_for_others: int
    """Items that I have read and that want another reader."""
    readers: int
    """People who ever read here."""
    planned: int
    """Readings planned for an item, at most."""
    simulated: bool


@dataclass
class ReviewDesk:
    """One reader at one run. Call `close` when done: what is held is given back."""

    folder: Path
    name: str
    clock: Callable[[], float] = time.time
    session: str = field(default_factory=lambda: secrets.token_hex(6))
    _held: dict[int, str] = field(default_factory=dict)
    _me: int = 0
    _reader: Reader | None = None
    _chance: Random = field(default_factory=Random)
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="review")
    )

    async def take(self) -> Item | None:
        """The next item for this reader, kept for them; `None` where there is none."""
        return await self._do(self._take)

    async def read(self, item: Item, label: Label | None, body: Mapping[str, Any]) -> Standing:
        """Write a reading; returns when it is durable."""
        return await self._do(lambda: self._read(item, label, body))

    async def note(self, item: Item | None, kind: str, body: Mapping[str, Any]) -> None:
        """Write something that is no reading: skip, pass, unmask, note, flag, query."""
        await self._do(lambda: self._note(item, kind, body))

    async def undo(self) -> Item | None:
        """Take back my last reading; the item it was of, or `None`."""
        return await self._do(self._undo)

    async def earlier(self, back: int) -> tuple[Item, Label | None] | None:
        """My reading that lies `back` before the newest one, with its label."""
        return await self._do(lambda: self._earlier(back))

    async def stand(self) -> Stand:
        """How it stands."""
        return await self._do(self._stand)

    async def renew(self) -> None:
        """Keep what is held for longer."""
        await self._do(self._renew)

    def close(self) -> None:
        """Give back what is held, after whatever is being written."""
        self._thread.submit(self._shut)
        self._thread.shutdown(wait=True)

    def _take(self) -> Item | None:
        reader = self._opened()
        order = next_pools(reader, rules_of(reader).tier, reader.targets())
        # Between the two most useful pools chance decides, so that no row of items is of one kind.
        if len(order) > 1 and self._chance.random() < 0.5:
            order[0], order[1] = order[1], order[0]
        got = append(database(self.folder), Claim(self._me, order, self.clock()))
        if got is None:
            return None
        self._held[got.outcome] = got.token
        return self._load(got.outcome, got.token)

    def _load(self, outcome: int, token: str) -> Item:
        reader = self._opened()
        row = rows.outcome(reader, outcome)
        if row is None:
            raise KeyError(outcome)
        answers, reasoning = rows.answer(reader, outcome)
        return Item(outcome, token, rows.turns(reader, row.scenario), answers, reasoning, row.cut)

    def _read(self, item: Item, label: Label | None, body: Mapping[str, Any]) -> Standing:
        self._opened()
        self._held.pop(item.outcome, None)
        said = {**body, "guideline": GUIDELINE}
        record = Read(
            self._me, self.session, item.outcome, label, self.clock(), item.token, body=said
        )
        return append(database(self.folder), record)

    def _note(self, item: Item | None, kind: str, body: Mapping[str, Any]) -> None:
        self._opened()
        outcome = None if item is None else item.outcome
        if item is not None and kind in (reviews.SKIP, reviews.PASS):
            self._held.pop(item.outcome, None)
        append(
            database(self.folder), Note(self._me, self.session, outcome, kind, self.clock(), body)
        )

    def _undo(self) -> Item | None:
        self._opened()
        outcome = append(database(self.folder), Undo(self._me, self.session, self.clock()))
        return None if outcome is None else self._load(outcome, "")

    def _earlier(self, back: int) -> tuple[Item, Label | None] | None:
        found = reviews.earlier(self._opened(), self._me, back)
        return None if found is None else (self._load(found[0], ""), found[1])

    def _stand(self) -> Stand:
        reader = self._opened()
        mine, waiting, readers, planned = reviews.mine(reader, self._me)
        return Stand(
            reviews.queue_counts(reader, self.clock()),
            mine,
            waiting,
            readers,
            planned,
            reader.header().simulated,
        )

    def _renew(self) -> None:
        self._opened()
        if self._held:
            append(database(self.folder), Renew(self._me, tuple(self._held.values()), self.clock()))

    def _shut(self) -> None:
        if self._held and self._me:
            append(database(self.folder), Release(self._me, tuple(self._held.values())))
        if self._reader is not None:
            self._reader.close()

    def _opened(self) -> Reader:
        # Opened here, not in the constructor: the connection must be made in its own thread.
        if self._reader is None:
            self._reader = Reader(self.folder)
            self._me = append(database(self.folder), Enrol(self.name, self.clock()))
            # The session stands with each reading, so what chance did can be done again.
            self._chance = Random(f"{self._reader.header().uuid}:{self.name}:{self.session}")  # noqa: S311
        return self._reader

    async def _do(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
