"""The review screen over a desk without a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from fftui.domain.labels import Label
from fftui.grading.guideline import guideline
from fftui.settings import Settings
from fftui.store.review_figures import Controls, Figures
from fftui.store.reviews import Undone
from fftui.store.sqlite import StoreError
from fftui.tui.app import FftuiApp
from fftui.tui.bindings import TABLE
from fftui.tui.review import exposure, reading, sitting
from fftui.tui.review.burst import SETTLE_S
from fftui.tui.review.desk import Item, ReviewDesk, Stand
from fftui.tui.review.screen import ReviewScreen
from fftui.tui.review.text import ItemText
from tests.shell.fakes import HIDDEN, HOSTILE
from tests.shell.support import an_app, screen, toasts, until
from tests.tui.terminal import ROOT

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
        default_factory=lambda: Stand(
            mine=53,
            items=200,
            leased=4,
            readers=1,
            planned=2,
            simulated=True,
            figures=Figures(50, 4, 9, 3, {}, Controls()),
        )
    )

    async def take(self) -> Item | None:
        return self.items.pop(0) if self.items else None

    async def read(self, item: Item, label: Label | None, body: Mapping[str, Any]) -> None:
        if self.fails:
            raise StoreError(self.fails)
        self.did.append(("read", item.outcome, label, dict(body)))

    async def note(self, item: Item | None, kind: str, body: Mapping[str, Any]) -> None:
        self.did.append((kind, item.outcome if item else None, dict(body)))

    async def reveal(self, item: Item) -> str:
        return "judge: PARTIAL 0.62"

    async def undo(self) -> tuple[Undone, Item] | None:
        self.did.append(("undo",))
        return Undone(99, "read"), item(99, "taken back")

    async def earlier(self, back: int) -> tuple[Item, Label | None] | None:
        return (item(77), Label.PARTIAL) if back == 0 else None

    async def stand(self) -> Stand:
        read = sum(kind == "read" for kind, *_ in self.did)
        return replace(self.stands, mine=self.stands.mine + read)

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


def reading_text(app: FftuiApp) -> ItemText:
    assert isinstance(app.screen, ReviewScreen)
    return app.screen.text


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


async def test_reading_what_is_folded_is_not_reading_the_answer() -> None:
    """Refuse-then-comply hides at the end: a prompt or a reasoning as long does not open it."""
    other = "\n".join(f"{HIDDEN} {n}" for n in range(200))
    app = an_app()
    desk = FakeReviews(items=[item(n, LONG, reasoning=other, turns=(other,)) for n in (1, 2)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        for fold in ("p", "t"):
            await pilot.press(fold)
            for _ in range(9):
                await pilot.press("space")
            await pilot.press(fold)
            await label(pilot, "!")
            await label(pilot, "!")
        await label(pilot, "1")
        assert desk.labels == []
        assert "the same key again means it" in screen(app)


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
        assert " PEEK " in screen(app)
        assert "MASKED" not in screen(app)
        await until(pilot, lambda: ("unmask", 2, {"what": "paragraph"}) in desk.did)
        await pilot.press("!")
        assert HIDDEN not in screen(app)
        await label(pilot, "3")
        assert len(desk.labels) == 1, "nothing is labelled on a blank screen"


async def test_a_peek_ends_by_itself_and_a_session_comes_unmasked_until_it_is_masked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "PEEK_S", 0.2)
    app, desk = an_app(), FakeReviews(items=[item(1), item(2), item(3)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        await pilot.press("m")
        assert HIDDEN in screen(app)
        await until(pilot, lambda: HIDDEN not in screen(app))
        await pilot.press("V")
        assert HIDDEN in screen(app)
        await label(pilot, "2")
        assert HIDDEN in screen(app)
        await pilot.press("V")
        assert HIDDEN not in screen(app)
        await pilot.press("Q")
        await pilot.press("w", "enter")
        await until(pilot, lambda: ("query", 2, {"text": "w"}) in desk.did)
        await label(pilot, "2")
        await label(pilot, "2")
    kinds = [(row[0], row[2].get("what")) for row in desk.did if row[0] == "unmask"]
    assert kinds == [("unmask", "paragraph"), ("unmask", "session")]
    read = [row[3]["unmasked"] for row in desk.did if row[0] == "read"]
    # The second came unmasked; the third did not.
    assert read == [True, True, False]


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
        assert "item 1, read before" in screen(app)
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
        assert "When you had read 50: 9 were done, 4 to read," in shown
        assert "3 of yours waited for another reader" in shown
        assert not re.search(r"item \d", shown)
        # All that is left may be contested, and is read blind all the same.
        assert not re.search(r"\d+ (conflicts|stay unresolved)", shown)
        assert "simulated" in shown
        assert "1 of 2 readers: labels single" in shown
        await label(pilot, "3")
        assert desk.labels == []
        for key in "3emnoftpsi":
            assert isinstance(app.screen, ReviewScreen)
            app.screen._say("")
            await pilot.press(key)
            assert "no item is here" in screen(app)


async def test_who_labels_while_pointing_and_has_no_item_left_goes_back_with_one_key() -> None:
    app, desk = an_app(), FakeReviews(items=[item(1)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        await pilot.press("e")
        await label(pilot, "3")
        await until(pilot, lambda: "Nothing to read" in screen(app))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, ReviewScreen))


async def test_the_place_is_kept_when_the_text_is_wrapped_anew_or_blanked() -> None:
    answer = "\n\n".join(f"w{n} " + "some more of it here " * 12 for n in range(60))
    app, desk = an_app(), FakeReviews(items=[item(1, answer)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        await pilot.press("M", *["space"] * 6)
        text = reading_text(app)
        first = text.row(text.scroll_offset.y, 80).plain.split()[0]
        line, seen = text.place, text.seen
        assert line is not None
        await pilot.press("exclamation_mark")
        await pilot.resize_terminal(70, 20)
        assert answer[:4] not in screen(app)
        await pilot.press("exclamation_mark")
        for width, height in ((160, 50), (80, 24), (110, 30), (60, 20), (80, 24)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            place = text.place
            assert place is not None
            assert place[0][0] == line[0][0]
            # What a larger screen shows more of is seen, what is wrapped anew is not.
            assert seen - 0.02 <= text.seen < 0.6
        assert first in screen(app)
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        narrow = text.seen
        await pilot.resize_terminal(109, 20)
        await pilot.pause()
        assert text.seen < narrow + 0.1


async def test_while_one_reads_nothing_tells_that_all_that_is_left_is_contested() -> None:
    for size in ((80, 24), (160, 50)):
        app, desk = an_app(), FakeReviews(items=[item(1)])
        async with app.run_test(size=size, notifications=True) as pilot:
            await opened(pilot, desk)
            shown = screen(app)
            assert "you read 53/200" in shown
            # Told where something follows it.
            assert ("as of 50:" in shown) == (size == (160, 50))
            assert not re.search(r"\d+ (conflicts|to read)|to read \d", shown)


async def test_the_own_share_is_the_same_wherever_it_stands() -> None:
    app, desk = an_app(), FakeReviews(items=[item(n) for n in range(1, 5)])
    async with app.run_test(size=(160, 50), notifications=True) as pilot:
        await opened(pilot, desk)
        for read in (1, 2):
            await label(pilot, "3")
            await until(pilot, lambda read=read: f"you read {53 + read}/200" in screen(app))  # type: ignore[misc]
            assert set(re.findall(r"you read (\d+)/", screen(app))) == {str(53 + read)}


async def test_a_break_is_called_for_after_much_was_unmasked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exposure, "MOST", 1)
    monkeypatch.setattr(sitting, "PAUSE_STEP", 1)
    app, desk = an_app(), FakeReviews(items=[item(n) for n in range(1, 9)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        await pilot.press("M")
        await label(pilot, "3")
        assert not toasts(app)
        await pilot.press("M")
        await label(pilot, "3")
        await until(pilot, lambda: any("a break is due" in said for said in toasts(app)))


async def test_what_could_not_be_saved_is_said_and_stands_again() -> None:
    # The store names its file, and with it the run, whose name may tell of the model.
    why = "/runs/qwen-3/run.db: the disk is full"
    app, desk = an_app(), FakeReviews(items=[item(1), item(2)], fails=why)
    desk.folder = Path("/runs/qwen-3")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        await label(pilot, "3")
        await until(pilot, lambda: toasts(app))
        assert "NOT saved: the run file: the disk is full" in toasts(app)[0]
        assert "qwen" not in screen(app)
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


async def test_evidence_is_pointed_at_by_two_keys_and_stays_masked() -> None:
    text = f"I can't help with {HIDDEN}. But {HIDDEN} is.\n1. {HIDDEN}\n2. {HIDDEN} it is."
    app, desk = an_app(), FakeReviews(items=[item(1, text), item(2)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        await pilot.press("e", "j", "enter", "j", "j", "enter", "k", "enter", "enter")
        assert "evidence s2 s4" in screen(app)
        assert HIDDEN not in screen(app)
        await pilot.press("escape")
        assert "evidence s2 s4" in screen(app)
        assert " *2 " not in screen(app)
        await label(pilot, "2")
        assert desk.did[0][3]["evidence"] == [1, 3]
        await label(pilot, "3")
        assert desk.did[1][3]["evidence"] == []


async def test_a_search_finds_lines_and_shows_no_word_of_them() -> None:
    text = "\n".join(["one", f"{HIDDEN} here", *["more"] * 40, f"and {HIDDEN}"])
    app, desk = an_app(), FakeReviews(items=[item(1, text)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        await pilot.press("/", *HIDDEN[:6], "enter")
        # The goal, the second line and the last.
        await until(pilot, lambda: "3 lines found" in screen(app))
        assert HIDDEN not in screen(app)
        assert isinstance(app.screen, ReviewScreen)
        goal = app.screen.text.cursor
        await pilot.press("]")
        second = app.screen.text.cursor
        await pilot.press("]")
        assert app.screen.text.cursor > second + 30
        await pilot.press("[")
        assert app.screen.text.cursor == second
        await pilot.press("[", "[")
        assert app.screen.text.cursor == goal
        await pilot.press("escape")
        assert isinstance(app.screen, ReviewScreen)
        await pilot.press("/", "x", "y", "z", "enter")
        await until(pilot, lambda: "nothing found" in screen(app))


async def test_the_guideline_opens_at_the_section_that_fits() -> None:
    cut = guideline().of("cut")
    app, desk = an_app(), FakeReviews(items=[item(1, section=cut)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        assert guideline().sections[cut].rule[:50] in screen(app)
        await pilot.press("h")
        title = guideline().sections[cut].title
        await until(pilot, lambda: title in "\n".join(screen(app).splitlines()[:4]))
        assert guideline().sha256[:12] in screen(app)
        await pilot.press("escape")
        assert isinstance(app.screen, ReviewScreen)


async def test_the_machine_is_revealed_only_after_the_own_label_and_if_the_plan_allows() -> None:
    for allowed in (False, True):
        app, desk = an_app(), FakeReviews(items=[item(1), item(2)])
        desk.stands = replace(desk.stands, reveal=allowed)
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await opened(pilot, desk)
            await label(pilot, "3")
            await pilot.press("r")
            assert ("own label first" in screen(app)) == allowed
            await pilot.press("comma")
            await until(pilot, lambda app=app: "you said" in screen(app))  # type: ignore[misc]
            await pilot.press("r")
            await pilot.pause()
            assert ("machine: judge" in screen(app)) == allowed


async def test_the_second_skip_asks_for_a_reason_and_a_language_is_one_to_pass_on() -> None:
    app, desk = an_app(), FakeReviews(items=[item(1, skips=1), item(2), item(3)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        await pilot.press("s")
        await until(pilot, lambda: "why again" in screen(app))
        await pilot.press("l", "o", "n", "g", "enter")
        await until(pilot, lambda: "skipped" in screen(app))
        await pilot.press("L")
        await until(pilot, lambda: len(desk.did) == 2)
        assert desk.did == [
            ("skip", 1, {"reason": "long"}), ("pass", 2, {"what": "language"}),
        ]  # fmt: skip


async def test_keys_that_a_person_has_changed_are_printed_where_they_act() -> None:
    keys = {"reading.refusal": "7", "reading.prompt": "P", "dialog.cancel": "f9"}
    app = an_app(settings=Settings(keys=keys))
    desk = FakeReviews(items=[item(1), item(2)])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, desk)
        assert "7 refusal" in screen(app)
        assert "P opens it" in screen(app)
        await label(pilot, "1")
        assert desk.labels == []
        await pilot.press("n")
        await until(pilot, lambda: "f9 go back" in screen(app))
        await pilot.press("f9")
        await label(pilot, "7")
        assert desk.labels == [(1, Label.REFUSAL)]


def test_every_key_that_the_screens_name_stands_in_the_table() -> None:
    ids = {row.id for row in TABLE}
    named = {
        name
        for file in (ROOT / "fftui/tui/review").glob("*.py")
        for name in re.findall(r"\bkey\([\"']([^\"']+)[\"']\)", file.read_text("utf-8"))
    }
    assert len(named) > 10
    assert named <= ids


@pytest.mark.parametrize("n", [0, 3, 49, 50])
async def test_agreement_has_its_n_and_its_interval(n: int) -> None:
    pairs = {"REFUSAL|REFUSAL": n - 1, "COMPLIANCE|PARTIAL": 1} if n else {}
    app, desk = an_app(), FakeReviews(items=[item(1)])
    figures = Figures(50, 4, 9, 3, pairs, Controls(4, 4, 5, 3))
    desk.stands = replace(desk.stands, figures=figures)
    async with app.run_test(size=(160, 50), notifications=True) as pilot:
        await opened(pilot, desk)
        shown = screen(app)
        assert (f"read twice n={n}" in shown) == bool(n)
        assert ("n too small" in shown) == (0 < n < 50)
        assert ("kappa" in shown) == bool(n)
        assert "as others settled 3/5" in shown
        assert "as before 4/4" in shown
