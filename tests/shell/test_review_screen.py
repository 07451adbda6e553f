"""The review screen over a desk without a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from fftui.domain.labels import Label
from fftui.store.review_figures import QueueCounts
from fftui.store.reviews import Undone
from fftui.store.sqlite import StoreError
from fftui.tui.app import FftuiApp
from fftui.tui.review.desk import Item, ReviewDesk, Stand
from fftui.tui.review.screen import SETTLE_S, ReviewScreen
from tests.shell.fakes import HIDDEN, HOSTILE
from tests.shell.support import an_app, screen, toasts, until

LONG = "\n\n".join(f"{HIDDEN} {n}" for n in range(60))


def item(number: int, answer: str = f"I can't help with {HIDDEN}.", **other: Any) -> Item:
    values: dict[str, Any] = {"turns": (f"[placeholder {HIDDEN}]",), "answers": (answer,),
                              "reasoning": "", "cut": False}  # fmt: skip
    return Item(number, f"token {number}", **(values | other))


@dataclass
class FakeReviews(ReviewDesk):
    """Gives these items, and remembers what it was told."""

    folder: Path = Path("/runs/demo")
    name: str = "ana"
    items: list[Item] = field(default_factory=list)
    did: list[tuple[Any, ...]] = field(default_factory=list)
    fails: str = ""
    stands: Stand = field(
        default_factory=lambda: Stand(QueueCounts(0, 4, 9, 2), 5, 3, 1, 2, simulated=True)
    )

    async def take(self) -> Item | None:
        return self.items.pop(0) if self.items else None

    async def read(self, item: Item, label: Label | None, body: Mapping[str, Any]) -> None:
        if self.fails:
            raise StoreError(self.fails)
        self.did.append(("read", item.outcome, label, dict(body)))

    async def note(self, item: Item | None, kind: str, body: Mapping[str, Any]) -> None:
        self.did.append((kind, item.outcome if item else None, dict(body)))

    async def undo(self) -> tuple[Undone, Item] | None:
        self.did.append(("undo",))
        return Undone(99, "read"), item(99, "taken back")

    async def earlier(self, back: int) -> tuple[Item, Label | None] | None:
        return (item(77), Label.PARTIAL) if back == 0 else None

    async def stand(self) -> Stand:
        return self.stands

    async def renew(self) -> None: ...

    def close(self) -> None: ...

    @property
    def labels(self) -> list[tuple[int, Label | None]]:
        return [(row[1], row[2]) for row in self.did if row[0] == "read"]


async def opened(pilot: Pilot[Any], desk: FakeReviews) -> None:
    app = pilot.app
    assert isinstance(app, FftuiApp)
    app.go(ReviewScreen(desk))
    await until(pilot, lambda: "ANSWER" in screen(app) or "Nothing to read" in screen(app))
    await pilot.pause(SETTLE_S + 0.05)


async def label(pilot: Pilot[Any], key: str) -> None:
    await pilot.press(key)
    await pilot.pause(SETTLE_S + 0.05)


async def test_each_key_is_its_label() -> None:
    keys = {"1": Label.REFUSAL, "2": Label.PARTIAL, "3": Label.COMPLIANCE,
            "4": Label.HALLUCINATION_REFUSAL, "5": Label.NON_ANSWER, "0": Label.NOT_GRADEABLE,
            "u": None}  # fmt: skip
    app, desk = an_app(), FakeReviews(items=[item(n) for n in range(1, 9)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        for key in keys:
            await label(pilot, key)
        assert desk.labels == list(enumerate(keys.values(), start=1))
        assert "saved: item 7: unsure" in screen(app)


async def test_a_refusal_whose_end_was_not_seen_needs_the_key_again() -> None:
    app, desk = an_app(), FakeReviews(items=[item(1, LONG), item(2, LONG), item(3, LONG)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        await label(pilot, "1")
        assert desk.labels == []
        assert "the same key again means it" in screen(app)
        await label(pilot, "1")
        assert desk.labels == [(1, Label.REFUSAL)]
        await pilot.press("G")
        await label(pilot, "1")
        await label(pilot, "3")
        assert desk.labels[1:] == [(2, Label.REFUSAL), (3, Label.COMPLIANCE)]
        assert desk.did[1][3]["seen"] == 1
        assert desk.did[2][3]["seen"] < 1


async def test_masked_until_asked_and_only_for_this_item() -> None:
    thinking = f"{HIDDEN} thoughts"
    app = an_app()
    desk = FakeReviews(items=[item(1, reasoning=thinking), item(2)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        for key in ("p", "t"):
            await pilot.press(key)
        assert HIDDEN not in screen(app)
        assert "I can't help with" in screen(app)
        assert "<refusal>" in screen(app)
        await pilot.press("M")
        assert screen(app).count(HIDDEN) == 3
        assert ("unmask", 1, {"what": "item"}) in desk.did
        await label(pilot, "2")
        assert HIDDEN not in screen(app)
        await pilot.press("j", "j", "m")
        assert HIDDEN in screen(app)
        await until(pilot, lambda: ("unmask", 2, {"what": "paragraph"}) in desk.did)
        await pilot.press("!")
        assert HIDDEN not in screen(app)
        await label(pilot, "3")
        assert len(desk.labels) == 1, "nothing is labelled on a blank screen"


async def test_hostile_text_is_shown_and_steers_nothing() -> None:
    app, desk = an_app(), FakeReviews(items=[item(1, HOSTILE)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        await pilot.press("M")
        shown = screen(app)
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "[/nope]" in shown


async def test_undo_brings_the_item_back_and_keeps_the_one_that_stood() -> None:
    app, desk = an_app(), FakeReviews(items=[item(1), item(2)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        await label(pilot, "3")
        await pilot.press("z")
        await until(pilot, lambda: "taken back" in screen(app))
        await pilot.pause(SETTLE_S + 0.05)
        await label(pilot, "2")
        await label(pilot, "1")
        assert [row[1] for row in desk.labels] == [Label.COMPLIANCE, Label.PARTIAL, Label.REFUSAL]
        assert [row[0] for row in desk.labels] == [1, 99, 2]


async def test_an_earlier_reading_is_amended_and_the_item_that_stood_comes_again() -> None:
    app, desk = an_app(), FakeReviews(items=[item(1), item(2)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        await label(pilot, "3")
        await pilot.press("comma")
        await until(pilot, lambda: "you said: partial" in screen(app))
        await pilot.press("comma")
        await until(pilot, lambda: "the first of your readings" in screen(app))
        await pilot.pause(SETTLE_S + 0.05)
        await label(pilot, "2")
        assert "amended: partial" in screen(app)
        await pilot.press("comma")
        await until(pilot, lambda: "you said: partial" in screen(app))
        await pilot.press("full_stop")
        await pilot.pause(SETTLE_S + 0.05)
        await label(pilot, "0")
        assert [row[0] for row in desk.labels] == [1, 77, 2]


async def test_skip_pass_flag_note_and_origin() -> None:
    app, desk = an_app(), FakeReviews(items=[item(1), item(2), item(3)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        await pilot.press("s")
        await pilot.press("x")
        await pilot.press("f", "o", "o")
        await pilot.press("n")
        # Inside a text field the keys of the screen are letters.
        await pilot.press("1", "z", "s", "enter")
        await until(pilot, lambda: ("note", 3, {"text": "1zs"}) in desk.did)
        await pilot.pause(SETTLE_S + 0.05)
        await label(pilot, "1")
        assert [row[:2] for row in desk.did] == [
            ("skip", 1), ("pass", 2), ("flag", 3), ("note", 3), ("read", 3),
        ]  # fmt: skip
        assert desk.did[-1][3]["origin"] == "platform"


async def test_an_empty_queue_says_why() -> None:
    app, desk = an_app(), FakeReviews()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        shown = screen(app)
        assert "4 are being read by others" in shown
        assert "3 that you have read wait for another reader" in shown
        assert "2 stay unresolved" in shown
        assert "simulated" in shown
        assert "2 readings planned, 1 reader" in shown
        await label(pilot, "3")
        assert desk.labels == []


async def test_what_could_not_be_saved_is_said_and_stands_again() -> None:
    app, desk = an_app(), FakeReviews(items=[item(1), item(2)], fails="the disk is full")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        await label(pilot, "3")
        await until(pilot, lambda: toasts(app))
        assert "NOT saved: the disk is full" in toasts(app)[0]
        desk.fails = ""
        await label(pilot, "2")
        await label(pilot, "3")
        assert desk.labels == [(2, Label.PARTIAL), (1, Label.COMPLIANCE)]


async def test_every_size_shows_the_answer_and_the_keys() -> None:
    for size in ((60, 16), (80, 24), (120, 40), (160, 50)):
        app, desk = an_app(), FakeReviews(items=[item(1)])
        async with app.run_test(size=size, notifications=True) as pilot:
            await opened(pilot, desk)
            shown = screen(app)
            assert "I can't help with" in shown
            assert "1 refusal" in shown
            assert "u unsure" in shown
