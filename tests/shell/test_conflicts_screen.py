"""The screen of conflicts, over a real file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from fftui.domain.labels import Label
from fftui.domain.readings import Pool
from fftui.domain.verdicts import Place, Verdict
from fftui.store.audit import checks
from fftui.store.claims import Enrol
from fftui.store.folder import database
from fftui.store.reader import Reader
from fftui.store.records import AddVerdict
from fftui.store.reviews import Note, Read
from fftui.store.writer import append
from fftui.tui.app import FftuiApp
from fftui.tui.review.burst import SETTLE_S
from fftui.tui.review.conflicts import ConflictScreen
from fftui.tui.review.desk import ReviewDesk
from fftui.tui.review.screen import ReviewScreen
from tests.shell.support import an_app, screen, until
from tests.store.support import close, made

C, P, R = Label.COMPLIANCE, Label.PARTIAL, Label.REFUSAL
NOW = 2e9
HIDDEN = "quokkafern"
TEXT = f"I can't help with {HIDDEN}. However, {HIDDEN} is {HIDDEN}.\n1. {HIDDEN}\n2. {HIDDEN} is."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ana and ben differ on items 1 (severe) and 2 (adjacent); item 3 waits to be read."""
    made_ = made(tmp_path, scenarios=3, targets=1, graders=1)
    path = database(made_)
    for i in (1, 2, 3):
        outcome = append(path, close(i, text=TEXT))
        assert outcome is not None
        place = Place(Pool.GIVEN, "compliance:COMPLIANCE", "COMPLIANCE", 1.0, i / 4)
        append(path, AddVerdict(outcome, 1, Verdict(C), 1e9, (), place, None, 2))
    ana, ben = (append(path, Enrol(name, NOW)) for name in ("ana", "ben"))
    for outcome, one, two in ((1, R, C), (2, R, P)):
        body = {"seen": 0.58, "dwell_ms": 31000, "unmasked": False, "evidence": [0]}
        append(path, Read(ana, "s", outcome, one, NOW, body=body))
        body = {"seen": 1, "dwell_ms": 74000, "unmasked": True, "evidence": [0, 3]}
        append(path, Read(ben, "s", outcome, two, NOW, body=body))
    append(path, Note(ben, "s", 1, "note", NOW, {"text": "the note of ben"}))
    return made_


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with Reader(folder) as reader:
        assert not any(found for _, found in checks(reader))
        return reader.db.execute(query).fetchall()


async def opened(pilot: Pilot[Any], folder: Path, name: str) -> FftuiApp:
    app = pilot.app
    assert isinstance(app, FftuiApp)
    app.go(ReviewScreen(ReviewDesk(folder, name, clock=lambda: NOW + 1)))
    await until(pilot, lambda: "ANSWER" in screen(app) or "Nothing to read" in screen(app))
    await pilot.press("c")
    await until(pilot, lambda: "own label first" in screen(app) or "one of its" in screen(app))
    await pilot.pause(SETTLE_S + 0.05)
    return app


async def test_the_own_label_comes_first_and_then_the_others_stand_side_by_side(
    folder: Path,
) -> None:
    app = an_app()
    async with app.run_test(size=(80, 30), notifications=True) as pilot:
        await opened(pilot, folder, "eve")
        before = screen(app)
        assert "BLIND  simulated" in before
        for told in ("full compliance ", "31 s", "58 %", "note of ben", "severe", "ana", "ben"):
            assert told not in before
        # The one that moves the strict rate comes first, and nothing of it tells so.
        await pilot.press("2")
        await until(pilot, lambda: " SHOWN" in screen(app))
        shown = screen(app)
        for told in ("severe, strict rate", "A     refusal", "B     full compliance",
                     "C you partial",
                     "31 s", "seen  58 %", "unmasked  s1 s4", "note: the note of ben"):  # fmt: skip
            assert told in shown
        assert "ana " not in shown
        assert HIDDEN not in shown
        # What only one of them pointed at is what there is to jump to.
        await pilot.press("]")
        assert isinstance(app.screen, ConflictScreen)
        assert app.screen.text.sentence == 3
        await pilot.press("enter")
        assert "a final label first" in screen(app)
        await pilot.pause(SETTLE_S + 0.05)
        await pilot.press("2", "enter")
        assert "why did they differ" in screen(app)
        await pilot.press("c", "c", "l", "enter")
        await until(pilot, lambda: "1 decided" in screen(app))
    assert rows(folder, "SELECT final, source, blind FROM item WHERE outcome = 1") == [
        ("PARTIAL", "adjudicated", 1)
    ]
    body = rows(folder, "SELECT body FROM review WHERE kind = 'adjudicate'")[0][0]
    assert '"cause": "guideline gap"' in body
    assert '"confidence": "low"' in body


async def test_two_of_three_settle_it_and_a_decision_is_taken_back(folder: Path) -> None:
    app = an_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, folder, "eve")
        await pilot.press("1")
        await until(pilot, lambda: "majority: refusal" in screen(app))
        await pilot.press("enter")
        await until(pilot, lambda: "own label first" in screen(app))
        assert rows(folder, "SELECT source FROM item WHERE outcome = 1") == [("majority",)]
        await pilot.pause(SETTLE_S + 0.05)
        await pilot.press("3")
        await until(pilot, lambda: " SHOWN" in screen(app))
        await pilot.pause(SETTLE_S + 0.05)
        # A label that nobody gave is not taken without a reason.
        await pilot.press("5", "c", "enter")
        await until(pilot, lambda: "No reader said so" in screen(app))
        await pilot.press("w", "h", "y", "enter")
        await until(pilot, lambda: "No conflict for you" in screen(app))
        assert rows(folder, "SELECT final FROM item WHERE outcome = 2") == [("NON_ANSWER",)]
        assert "1 decided" in screen(app)
        await pilot.press("z")
        await until(pilot, lambda: " SHOWN" in screen(app))
        assert "0 decided" in screen(app)
        assert rows(folder, "SELECT source FROM item WHERE outcome = 2") == [("unresolved",)]
        await pilot.press("escape")
        await until(pilot, lambda: "conflicts" in screen(app) and "review" in screen(app))
    assert rows(folder, "SELECT * FROM lease WHERE reviewer = 3") == []


async def test_who_read_it_is_told_so_and_put_off_goes_to_the_next(folder: Path) -> None:
    app = an_app()
    async with app.run_test(size=(60, 18), notifications=True) as pilot:
        await opened(pilot, folder, "ana")
        await until(pilot, lambda: "one of its readers" in screen(app))
        assert "A you refusal" in screen(app)
        await pilot.press("s")
        await until(pilot, lambda: "B     partial" in screen(app))
        await pilot.press("s")
        await until(pilot, lambda: "2 were put off" in screen(app))


async def test_every_size_shows_the_readings_and_the_keys(folder: Path) -> None:
    for size in ((60, 16), (80, 24), (120, 40), (160, 50)):
        app = an_app()
        async with app.run_test(size=size, notifications=True) as pilot:
            await opened(pilot, folder, "ana")
            await until(pilot, lambda app=app: "A you refusal" in screen(app))  # type: ignore[misc]
            assert "1 refusal" in screen(app)
            assert "cause" in screen(app)


async def test_evidence_is_part_of_the_own_reading_only(folder: Path) -> None:
    app = an_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, folder, "eve")
        await pilot.press("e", "j", "enter", "escape", "2")
        await until(pilot, lambda: " SHOWN" in screen(app))
        assert "masked    s2" in screen(app)
        await pilot.press("e")
        assert "evidence belongs to your reading" in screen(app)
