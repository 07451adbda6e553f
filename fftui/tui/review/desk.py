"""A reviewer's side of the file: what is given, what is written. What is slow is off the loop."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from msgspec import Struct, to_builtins

from fftui.domain import acts
from fftui.domain.labels import Label
from fftui.domain.readings import Decision, Standing, text_sha256
from fftui.grading.guideline import guideline, shape
from fftui.grading.outline import structure
from fftui.results.readings import next_pools
from fftui.results.summary import rules_of
from fftui.store import conflicts, controls, review_figures, reviews, rows
from fftui.store.claims import Claim, Claimed, Enrol, Release, Renew, TakeUp
from fftui.store.conflicts import ClaimConflict, Conflict, Reading
from fftui.store.controls import Known
from fftui.store.folder import database
from fftui.store.reader import Reader
from fftui.store.review_figures import Figures
from fftui.store.reviews import Adjudicate, Control, Note, Read, Redo, Undo, Undone
from fftui.store.sqlite import StoreError
from fftui.store.writer import append

T = TypeVar("T")

_READINGS = {"what": "readings"}
STEP = 25
"""Items of a reader between two looks at the figures: each by itself would tell of an item."""


class Item(Struct, frozen=True):
    """What a reader gets to see, and nothing that tells where it comes from."""

    outcome: int
    """0 for a gold item."""
    token: str
    """Empty for an item that the reader came back to."""
    turns: tuple[str, ...]
    answers: tuple[str, ...]
    reasoning: str
    cut: bool
    skips: int = 0
    """Times that this reader put it off."""
    section: int = 0
    """Of the guideline, by the shape of the answer."""
    structure: str = ""
    """What its lines are by their wording, in order; neutral as to what the answer is."""
    seen: bool = False
    """This reader was shown what machines or others say of it: the reading is not blind."""
    known: Known | None = None
    """It is there to measure the reader. Nothing on the screen tells."""

    @property
    def answer(self) -> str:
        """The one that is read: the last."""
        return self.answers[-1] if self.answers else ""

    @property
    def mark(self) -> str:
        """Names the item by what stands in it, so that a gold one is named like any other."""
        return text_sha256(self.turns, self.answer)[:8]

    def is_of(self, done: Undone) -> bool:
        """What was taken back or given again was done to this item."""
        gold = "" if self.known is None else self.known.gold
        return (self.outcome, gold) == (done.outcome, done.known.gold if done.known else "")

    @property
    def goal(self) -> str:
        """What is asked for, in one line: the first of what the user says last."""
        last = self.turns[-1] if self.turns else ""
        return next((text for text in last.splitlines() if text.strip()), "")


class Stand(Struct, frozen=True):
    """How the review of the run stands, for one reader."""

    mine: int
    """Readings of mine in force."""
    items: int
    """Of the run, to be read or read: it tells nothing of any."""
    leased: int
    """Items that somebody holds."""
    readers: int
    """People who ever read here."""
    planned: int
    """Readings planned for an item, at most."""
    simulated: bool
    figures: Figures | None = None
    """As of my last full step of items; `None` within the first."""
    reveal: bool = False
    """The plan lets readers see the machine's label after their own."""


@dataclass
class ReviewDesk:
    """One reader at one run. Call `close` when done: what is held is given back."""

    folder: Path
    name: str
    clock: Callable[[], float] = time.time
    session: str = field(default_factory=lambda: secrets.token_hex(6))
    _held: dict[int, str] = field(default_factory=dict)
    _left: list[Claimed | Known] = field(default_factory=list)
    """Held and not shown yet: of an earlier process that died, or put behind a control item."""
    _me: int = 0
    _reader: Reader | None = None
    _chance: Random = field(default_factory=Random)
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="review")
    )

    async def take(self) -> Item | None:
        """The next item for this reader, kept for them; `None` where there is none."""
        return await self._do(self._take)

    async def read(self, item: Item, label: Label | None, body: Mapping[str, Any]) -> None:
        """Write a reading; returns when it is durable."""
        await self._do(lambda: self._read(item, label, body))

    async def note(self, item: Item | None, kind: str, body: Mapping[str, Any]) -> None:
        """Write something that is no reading: skip, pass, unmask, note, flag, query."""
        await self._do(lambda: self._note(item, kind, body))

    async def undo(self) -> tuple[Undone, Item] | None:
        """Take back my last act, and the item it was of; `None` where there is nothing."""
        return await self._do(self._undo)

    async def redo(self) -> Undone | None:
        """Give again what was taken back last."""
        return await self._do(self._redo)

    async def earlier(self, back: int) -> tuple[Item, Label | None] | None:
        """My reading that lies `back` before the newest one, with its label."""
        return await self._do(lambda: self._earlier(back))

    async def reveal(self, item: Item) -> str:
        """What the machine said of an item that I have read. Written down before it is told.

        Raises StoreError where the plan keeps it hidden.
        """
        return await self._do(lambda: self._reveal(item))

    async def stand(self) -> Stand:
        """How it stands."""
        return await self._do(self._stand)

    async def conflict(self, put_off: Sequence[int]) -> tuple[Item, Conflict] | None:
        """The next item whose readers differ and that I may decide, kept for me."""
        return await self._do(lambda: self._conflict(put_off))

    async def readings(self, outcome: int) -> tuple[Reading, ...]:
        """How an item was read. Only for who has read it, too."""
        return await self._do(lambda: self._readings(outcome))

    async def decide(self, item: Item, decision: Decision) -> Standing:
        """Write what stands above the readings of an item."""
        return await self._do(lambda: self._decide(item, decision))

    async def put_back(self, item: Item) -> None:
        """Keep an item for me no longer."""
        await self._do(lambda: self._put_back(item))

    async def renew(self) -> None:
        """Keep what is held for longer."""
        await self._do(self._renew)

    def close(self) -> None:
        """Give back what is held, after whatever is being written."""
        self._thread.submit(self._shut)
        self._thread.shutdown(wait=True)

    def _take(self) -> Item | None:
        reader = self._opened()
        if self._left:
            return self._kept(self._left.pop(0))
        order = next_pools(reader, rules_of(reader).tier, reader.targets())
        # Between the two most useful pools chance decides, so that no row of items is of one kind.
        if len(order) > 1 and self._chance.random() < 0.5:
            order[0], order[1] = order[1], order[0]
        now = self.clock()
        got = append(database(self.folder), Claim(self._me, order, now))
        if got is None:
            return None
        self._held[got.outcome] = got.token
        # Only before an item that is to be read: who has none is not kept busy with old ones.
        known = controls.pick(reader, self._me, self._chance)
        if known is not None:
            append(database(self.folder), controls.Give(self._me, known, now))
            self._left.insert(0, got)
            return self._kept(known)
        return self._kept(got)

    def _kept(self, kept: Claimed | Known) -> Item:
        if isinstance(kept, Known):
            return self._load(kept.outcome, "", kept)
        return self._load(kept.outcome, kept.token)

    def _load(self, outcome: int, token: str, known: Known | None = None) -> Item:
        reader = self._opened()
        if known is not None and known.gold:
            turns, text = controls.text(reader, known.gold)
            section = guideline().of(shape(text, cut=False))
            return Item(
                0, "", turns, (text,), "", cut=False, section=section, structure=structure(text),
                known=known,
            )  # fmt: skip
        row = rows.outcome(reader, outcome)
        if row is None:
            raise KeyError(outcome)
        answers, reasoning = rows.answer(reader, outcome)
        skips = review_figures.skips(reader, outcome, self._me)
        text = answers[-1] if answers else ""
        seen = reviews.told(reader.db, outcome, self._me)
        return Item(
            outcome, token, rows.turns(reader, row.scenario), answers, reasoning, row.cut, skips,
            guideline().of(shape(text, cut=row.cut)), structure(text), seen, known,
        )  # fmt: skip

    def _read(self, item: Item, label: Label | None, body: Mapping[str, Any]) -> None:
        self._opened()
        self._held.pop(item.outcome, None)
        said = {**body, **guideline().stamp}
        known, now = item.known, self.clock()
        if known is not None:
            append(database(self.folder), Control(self._me, self.session, known, label, now, said))
            return
        append(
            database(self.folder),
            Read(self._me, self.session, item.outcome, label, now, item.token, body=said),
        )

    def _note(self, item: Item | None, kind: str, body: Mapping[str, Any]) -> None:
        self._opened()
        outcome = None if item is None else item.outcome or None
        if item is not None and item.known is not None and item.known.gold:
            body = {**body, "gold": item.known.gold}
        if item is not None and kind in (acts.SKIP, acts.PASS):
            self._held.pop(item.outcome, None)
        append(
            database(self.folder), Note(self._me, self.session, outcome, kind, self.clock(), body)
        )

    def _undo(self) -> tuple[Undone, Item] | None:
        self._opened()
        done = append(database(self.folder), Undo(self._me, self.session, self.clock()))
        if done is None:
            return None
        if done.token:
            self._held[done.outcome] = done.token
        return done, self._load(done.outcome, done.token, done.known)

    def _redo(self) -> Undone | None:
        self._opened()
        done = append(database(self.folder), Redo(self._me, self.session, self.clock()))
        if done is not None:
            self._held.pop(done.outcome, None)
        return done

    def _earlier(self, back: int) -> tuple[Item, Label | None] | None:
        found = review_figures.earlier(self._opened(), self._me, back)
        return None if found is None else (self._load(found[0], ""), found[1])

    def _reveal(self, item: Item) -> str:
        reader = self._opened()
        if not self._may_reveal():
            raise StoreError("the plan keeps the machine's labels hidden: [review] reveal")
        self._note(item, acts.REVEAL, {})
        found = rows.verdicts(reader, item.outcome)
        return ", ".join(
            f"{name}: {label or 'unusable'}" + (f" {sure:.2f}" if sure is not None else "")
            for name, label, sure, _, _ in found
        )

    def _readings(self, outcome: int) -> tuple[Reading, ...]:
        found = conflicts.readings_of(self._opened(), outcome, self._me)
        # Before they are shown: what is read of it from now on, after an undo too, is not blind.
        shown = Note(self._me, self.session, outcome, acts.REVEAL, self.clock(), _READINGS)
        append(database(self.folder), shown)
        return found

    def _may_reveal(self) -> bool:
        plan = json.loads(self._opened().plan_json())
        return bool(plan.get("review", {}).get("reveal"))

    def _stand(self) -> Stand:
        reader = self._opened()
        mine, items, readers, planned = review_figures.mine(reader, self._me)
        return Stand(
            mine,
            items,
            review_figures.queue_counts(reader, self.clock()).leased,
            readers,
            planned,
            reader.header().simulated,
            self._figures(mine),
            self._may_reveal(),
        )

    def _figures(self, mine: int) -> Figures | None:
        reader = self._opened()
        kept = review_figures.kept_figures(reader, self._me)
        # Who has read nothing has no label that they could tell of.
        if not mine and kept is None:
            return review_figures.figures(reader, self._me, self.clock())
        if mine < STEP + (kept.n if kept else 0):
            return kept
        now = review_figures.figures(reader, self._me, self.clock())
        # Kept in the file: a session that begins anew must not look before the step is full.
        self._note(None, acts.FIGURES, to_builtins(now))
        return now

    def _conflict(self, put_off: Sequence[int]) -> tuple[Item, Conflict] | None:
        self._opened()
        got = append(database(self.folder), ClaimConflict(self._me, self.clock(), put_off))
        if got is None:
            return None
        claimed, conflict = got
        self._held[claimed.outcome] = claimed.token
        return self._load(claimed.outcome, claimed.token), conflict

    def _decide(self, item: Item, decision: Decision) -> Standing:
        self._opened()
        self._held.pop(item.outcome, None)
        record = Adjudicate(self._me, self.session, item.outcome, decision, self.clock())
        return append(database(self.folder), record)

    def _put_back(self, item: Item) -> None:
        token = self._held.pop(item.outcome, None)
        if token:
            append(database(self.folder), Release(self._me, (token,)))

    def _renew(self) -> None:
        self._opened()
        if self._held:
            append(database(self.folder), Renew(self._me, tuple(self._held.values()), self.clock()))

    def _shut(self) -> None:
        if self._me:
            append(database(self.folder), controls.GiveBack(self._me))
        if self._held:
            append(database(self.folder), Release(self._me, tuple(self._held.values())))
        if self._reader is not None:
            self._reader.close()

    def _opened(self) -> Reader:
        # Opened here, not in the constructor: the connection must be made in its own thread.
        if self._reader is None:
            self._reader = Reader(self.folder)
            self._me = append(database(self.folder), Enrol(self.name, self.clock()))
            self._left = append(database(self.folder), TakeUp(self._me, self.clock()))
            self._held |= {
                kept.outcome: kept.token for kept in self._left if isinstance(kept, Claimed)
            }
            # The session stands with each reading, so what chance did can be done again.
            self._chance = Random(f"{self._reader.header().uuid}:{self.name}:{self.session}")  # noqa: S311
        return self._reader

    async def _do(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
