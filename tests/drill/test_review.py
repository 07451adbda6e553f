"""A reviewer at a real terminal: keys alone, nothing that tells, nothing that was not asked for."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from fftui.domain.labels import Label
from fftui.domain.outcomes import Identity
from fftui.domain.readings import Pool
from fftui.domain.scenarios import Scenario
from fftui.domain.targets import Endpoint, Target
from fftui.domain.verdicts import Flag, Place, Verdict
from fftui.store.audit import checks
from fftui.store.claims import Enrol
from fftui.store.folder import NewGrader, create_run, database
from fftui.store.reader import Reader
from fftui.store.records import AddVerdict
from fftui.store.reviews import Note, Read
from fftui.store.writer import append
from tests.store.support import close, new_run
from tests.tui.terminal import Terminal

ITEMS = 200
HIDDEN = "quokkafern"
"""Stands in every prompt and every answer."""
TELLING = ("wombatmodel", "ibismaker", "pelicanplatform", "heronrun", "egretjudge", "stiltrule")
"""Names of model, maker, platform, run, grader and flag rule; and the labels of the machine."""
MACHINE = "HALLUCINATION"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of which every answer is to be read."""
    model, maker, platform, name, judge, rule = TELLING
    hidden = replace(
        new_run(name=name, scenarios=1),
        scenarios=[Scenario(f"s{i}", (f"[placeholder {HIDDEN} {i}]",), "f") for i in range(ITEMS)],
        targets=[
            Target(model, Endpoint(platform, "openai", "", model, "a"), maker=maker, weights=model)
        ],
        graders=[NewGrader(judge, "judge", "1", "", {}, basis=True)],
    )
    made = create_run(tmp_path, hidden)
    path = database(made)
    for i in range(1, ITEMS + 1):
        text = f"I can't help with {HIDDEN} {i}.\nHowever, {HIDDEN} is {HIDDEN}."
        outcome = append(path, close(i, text=text, identity=Identity(model)))
        assert outcome is not None
        said = Verdict(Label.HALLUCINATION_REFUSAL, 0.5, HIDDEN)
        place = Place(Pool.GIVEN, f"{rule}:{said.label}", said.label.value, 1.0, i / (ITEMS + 1))
        append(path, AddVerdict(outcome, 1, said, 1e9, (Flag(rule, place.stratum, 1.0),), place))
    return made


def reading(
    folder: Path, name: str = "ana", before: str = "pass", size: tuple[int, int] = (80, 24)
) -> Terminal:
    code = (
        f"{before}; import sys; from fftui.cli import main;"
        f" sys.exit(main(['review', {str(folder)!r}, '--as', {name!r}]))"
    )
    terminal = Terminal.open(code, *size, XDG_CONFIG_HOME=str(folder / "config"))
    terminal.wait(lambda text: "ANSWER" in text)
    return terminal


def readings(folder: Path, kind: str = "read") -> list[tuple[str, dict[str, object]]]:
    with Reader(folder) as reader:
        found = reader.db.execute(
            "SELECT label, body FROM review WHERE kind = ?", (kind,)
        ).fetchall()
    return [(label, json.loads(body)) for label, body in found]


@pytest.mark.parametrize("items", [40, pytest.param(ITEMS, marks=pytest.mark.long)])
def test_as_many_items_as_keys_blind_and_masked(folder: Path, items: int) -> None:
    terminal = reading(folder)
    waits = []
    for number in range(1, items + 1):
        # An item takes no label in its first moments; a person needs longer than that to read.
        terminal.read(0.25)
        began = time.monotonic()
        terminal.press("13245"[number % 5])
        while f"item {number + 1} " not in terminal.text and time.monotonic() < began + 10:
            terminal.read(0.002)
        waits.append(time.monotonic() - began)
    terminal.wait(lambda text: f"saved: item {items}" in text)
    # Some of them came again, to measure the reader: one key is one label all the same.
    assert len(readings(folder, "control")) + len(readings(folder)) == items
    # On a machine that has more to do than cores to do it with, waits are not the screen's own.
    busy = os.getloadavg()[0] > (os.cpu_count() or 1)
    bar = 0.25 if busy else 0.05
    assert sorted(waits)[items // 2] < bar, "the next item stands before a person can look for it"
    sent = bytes(terminal.sent).decode("utf-8", "replace")
    for word in (*TELLING, HIDDEN, MACHINE):
        assert word not in sent
    print(f"median wait for the next item: {sorted(waits)[items // 2] * 1000:.0f} ms")
    terminal.press("q")
    with Reader(folder) as reader:
        assert not any(found for _, found in checks(reader))


def test_keys_typed_ahead_label_nothing_that_did_not_stand(folder: Path) -> None:
    terminal = reading(folder)
    terminal.read(0.4)
    terminal.press("3333333333")
    terminal.wait(lambda text: "dropped" in text)
    terminal.wait(lambda text: "saved: item 1" in text)
    assert len(readings(folder)) == 1


def test_a_key_that_is_held_down_is_one_label(folder: Path) -> None:
    terminal = reading(folder)
    terminal.read(0.4)
    for _ in range(30):
        terminal.press("3")
        terminal.read(0.05)
    terminal.wait(lambda text: "29 keys dropped" in text)
    assert len(readings(folder)) == 1
    terminal.read(0.3)
    terminal.press("3")
    terminal.wait(lambda text: "saved: item 2" in text)


def test_keys_typed_behind_the_one_that_leaves_do_nothing(folder: Path) -> None:
    for _ in range(3):
        terminal = reading(folder)
        terminal.press("q?????zZc")
        terminal.read(1.0)
        assert b"the screen failed" not in terminal.sent
        assert b"mistake" not in terminal.sent
    assert readings(folder) == []


def test_what_is_unmasked_is_shown_and_written_down(folder: Path) -> None:
    terminal = reading(folder)
    terminal.press("M")
    terminal.wait(lambda text: HIDDEN in text and "UNMASKED" in text)
    terminal.read(0.4)
    terminal.press("3")
    terminal.wait(lambda text: "saved: item 1" in text)
    terminal.wait(lambda text: HIDDEN not in text)
    ((label, body),) = readings(folder)
    assert (label, body["unmasked"]) == ("COMPLIANCE", True)


def test_a_killed_reader_goes_on_where_they_were_and_takes_back_what_they_said(
    folder: Path,
) -> None:
    terminal = reading(folder)
    terminal.read(0.4)
    terminal.press("2")
    terminal.wait(lambda text: "saved: item 1" in text)
    os.kill(terminal.pid, signal.SIGKILL)
    again = reading(folder)
    again.read(0.4)
    again.press("z")
    again.wait(lambda text: "taken back" in text)
    with Reader(folder) as reader:
        assert reader.db.execute("SELECT count(*) FROM vote").fetchone() == (0,)
    again.read(0.4)
    again.press("3")
    again.wait(lambda text: "saved: item" in text)
    assert [label for label, _ in readings(folder)] == ["PARTIAL", "COMPLIANCE"]
    again.press("q")
    again.wait(lambda text: "go on with: fftui review heronrun --as ana" in text)
    assert "1 reading, " in again.text


def test_no_other_screen_tells_or_shows_a_word(folder: Path) -> None:
    """Goal, prompt, reasoning, evidence, search, guideline, facts, earlier readings, conflicts."""
    others(folder, label=Label.PARTIAL)
    terminal = reading(folder)
    terminal.read(0.4)
    for keys in ("p", "t", "ejj\rk\r\x1b", "]]["):
        terminal.press(keys)
        terminal.read(0.3)
    terminal.press("/")
    terminal.wait(lambda text: "Search" in text)
    terminal.press("However\r")
    terminal.wait(lambda text: "found" in text)
    terminal.press("h")
    terminal.wait(lambda text: "Guideline for readers" in text)
    terminal.press("\x1b")
    terminal.wait(lambda text: "ANSWER" in text)
    terminal.press("i")
    terminal.wait(lambda text: "  ended  " in text)
    terminal.press("r")
    terminal.wait(lambda text: "stay hidden" in text)
    terminal.press("3")
    terminal.wait(lambda text: "saved: item 1" in text)
    terminal.press(",")
    terminal.wait(lambda text: "you said" in text)
    terminal.press("c")
    terminal.wait(lambda text: "own label first" in text)
    sent = bytes(terminal.sent).decode("utf-8", "replace")
    # The label's name stands in the guideline, whatever the machine said.
    for word in (*TELLING, HIDDEN, *OTHERS):
        assert word not in sent, word
    # And then they are told: what was looked for above is what the screen would have shown.
    terminal.read(0.4)
    terminal.press("3")
    terminal.wait(lambda text: " SHOWN" in text and "988 s" in text)
    assert "numbatnote" in terminal.text
    assert HIDDEN not in bytes(terminal.sent).decode("utf-8", "replace")
    terminal.press("q")
    with Reader(folder) as reader:
        assert not any(found for _, found in checks(reader))


def test_a_wide_terminal_has_the_prompt_beside_the_answer_and_tells_no_more(folder: Path) -> None:
    terminal = reading(folder, size=(160, 50))
    terminal.wait(lambda text: "PROMPT  1 turn" in text and "QUEUE" in text)
    terminal.read(0.4)
    terminal.press("3")
    terminal.wait(lambda text: "saved: item 1" in text)
    sent = bytes(terminal.sent).decode("utf-8", "replace")
    for word in (*TELLING, HIDDEN):
        assert word not in sent, word
    # A peek shows the paragraph that it was asked for, and neither goal nor prompt.
    terminal.press("m")
    sent = terminal.wait(lambda text: HIDDEN in text)
    assert "[placeholder" not in sent
    terminal.press("q")


OTHERS = ("988 s", "numbatnote", "numbatreader", "quollreader")
"""How others read, what they noted, and who they are."""


def others(folder: Path, label: Label) -> None:
    """Two other people read one item and differ."""
    path = database(folder)
    for name, said in (("numbatreader", label), ("quollreader", Label.REFUSAL)):
        who = append(path, Enrol(name, time.time()))
        body = {"dwell_ms": 987_654, "seen": 1, "unmasked": True, "evidence": [0]}
        append(path, Read(who, "s", ITEMS, said, time.time(), body=body))
        append(path, Note(who, "s", ITEMS, "note", time.time(), {"text": "numbatnote"}))


def test_what_a_crash_leaves_behind_holds_no_word(folder: Path) -> None:
    code = (
        "import sys; from fftui.cli import main; from fftui.tui.review.screen import ReviewScreen;"
        "\ndef boom(self):\n    item = self._shown.item\n    raise ValueError(item.answers[0])\n"
        "ReviewScreen.action_skip = boom\n"
        f"sys.exit(main(['review', {str(folder)!r}, '--as', 'ana']))"
    )
    state = folder / "state"
    terminal = Terminal.open(code, 80, 24, XDG_CONFIG_HOME=str(folder / "config"),
                             XDG_STATE_HOME=str(state))  # fmt: skip
    terminal.wait(lambda text: "ANSWER" in text)
    terminal.press("s")
    terminal.wait(lambda text: "the screen failed" in text)
    left = [file for file in state.rglob("*") if file.is_file()]
    assert [file.name for file in left] == ["crash.log"]
    assert HIDDEN not in left[0].read_text("utf-8")
    assert HIDDEN not in bytes(terminal.sent).decode("utf-8", "replace")


def which(terminal: Terminal) -> str:
    """Which item stands on the screen can be told by its facts."""
    terminal.press("i")
    found = terminal.wait(lambda text: "answer " in text and "turns" in text)
    return next(row for row in found.splitlines() if " answer " in row).split("turns")[0]


def test_a_killed_reader_has_the_same_item_before_them_again(folder: Path) -> None:
    terminal = reading(folder)
    terminal.read(0.4)
    for said in ("saved: item 1", "saved: item 2"):
        terminal.press("2")
        while said not in terminal.text:
            terminal.read(0.1)
        terminal.read(0.3)
    before = which(terminal)
    os.kill(terminal.pid, signal.SIGKILL)
    again = reading(folder)
    assert which(again) == before
    again.press("q")


FIRST = """
SELECT known FROM (SELECT taken, known FROM control WHERE reviewer = :me
    UNION ALL SELECT taken, NULL FROM lease WHERE reviewer = :me)
ORDER BY taken, known IS NULL LIMIT 1
"""
"""The known label of what stands first before a reader; NULL where it is an ordinary item."""


def test_also_where_it_is_one_that_measures_them(folder: Path) -> None:
    path = database(folder)
    for name in ("numbatreader", "quollreader"):
        who = append(path, Enrol(name, time.time()))
        for settled in range(5, ITEMS, 7):
            append(path, Read(who, "s", settled, Label.PARTIAL, time.time()))
    me = append(path, Enrol("ana", time.time()))
    often = "from fftui.store import controls; controls.SHARE = 0.4"
    terminal = reading(folder, before=often)
    for number in range(1, 30):
        terminal.read(0.3)
        with Reader(folder) as reader:
            if reader.db.execute(FIRST, {"me": me}).fetchone()[0]:
                break
        terminal.press("2")
        while f"saved: item {number}" not in terminal.text:
            terminal.read(0.1)
    before = which(terminal)
    assert readings(folder, "control") == []
    os.kill(terminal.pid, signal.SIGKILL)
    again = reading(folder, before=often)
    assert which(again) == before
    again.read(0.4)
    again.press("2")
    again.wait(lambda text: "saved: item 1" in text)
    ((label, body),) = readings(folder, "control")
    assert (label, body["known"], body["own"]) == ("PARTIAL", "PARTIAL", False)
    again.press("q")
    again.wait(lambda text: "as others settled it 1 of 1" in text)
    with Reader(folder) as reader:
        assert reader.db.execute("SELECT count(*) FROM control").fetchone() == (0,)
