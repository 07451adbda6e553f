"""What a reader did with an item and within a sitting: state that needs no screen."""

from __future__ import annotations

import subprocess
import sys
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fftui.domain.labels import Label
from fftui.domain.readings import Cause, Confidence
from fftui.store.conflicts import Reading
from fftui.tui.review.burst import SETTLE_S, Burst
from fftui.tui.review.case import Case, split
from fftui.tui.review.desk import Item
from fftui.tui.review.exposure import MOST, Exposure
from fftui.tui.review.shown import How, Shown
from fftui.tui.review.sitting import BREAK_S, PAUSE_STEP, Sitting

ITEM = Item(1, "token", ("prompt",), ("One. Two. Three.",), "", cut=False)


def read(label: Label | None, *evidence: int) -> Reading:
    return Reading(label, False, True, 1, False, 9, evidence, ())


def test_they_load_no_screen() -> None:
    names = "burst, case, exposure, shown, sitting"
    code = f"import sys; from fftui.tui.review import {names}; print('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@given(st.floats(0, 10), st.lists(st.floats(0, 0.5), max_size=30))
def test_no_label_is_taken_early_or_behind_another_key(painted: float, gaps: list[float]) -> None:
    burst, keys = Burst(), list(accumulate(gaps))
    taken = [n for n, key in enumerate(keys) if burst.takes(key, painted)]
    assert burst.dropped == len(keys) - len(taken)
    for n in taken:
        assert keys[n] - painted >= SETTLE_S
        assert all(keys[n] - before >= SETTLE_S for before in keys[:n])


def test_what_is_not_painted_is_not_labelled() -> None:
    assert not Burst().takes(1e9, Exposure().come(ITEM).at)


def test_pointing_stays_within_the_answer_and_marks_come_and_go() -> None:
    shown = Shown(ITEM, How())
    assert not shown.pointing
    assert shown.laid.marks is None
    shown.point(99)
    assert shown.how.at == 2
    shown.choose()
    shown.point(-5)
    assert shown.how.at == 0
    assert shown.laid.marks == {2: "*"}
    shown.point(2)
    shown.choose()
    assert not shown.evidence
    shown.leave()
    assert not shown.pointing


def test_a_peek_counts_for_good_and_covers_only_its_paragraph() -> None:
    seen = Exposure()
    shown = seen.come(ITEM)
    assert not shown.how.unmasked
    for paragraph in (0, 1):
        shown.peek(paragraph)
        seen.note(shown)
    shown.cover(0)
    assert shown.how.peeked == {1}
    assert shown.unmasked
    assert seen.words == f"unmasked 2/{MOST}"


def test_an_item_that_comes_unmasked_counts_and_says_so() -> None:
    seen = Exposure(always=True)
    shown = seen.come(ITEM)
    assert shown.how.unmasked
    assert seen.n == 1
    assert shown.unmasked


@pytest.mark.parametrize(("dwell", "fast"), [(0.69, True), (0.71, False)])
def test_how_it_was_read_goes_with_the_label(dwell: float, fast: bool) -> None:
    shown = Shown(ITEM, How(), at=100.0, evidence={2, 0})
    shown.next_origin()
    said = shown.body(100 + dwell, 0.5)
    assert (said["dwell_ms"], said["fast"]) == (round(dwell * 1000), fast)
    assert (said["evidence"], said["origin"], said["seen"]) == ([0, 2], "model", 0.5)
    assert shown.states(50) == ["seen 50 %", "origin model", "evidence s1 s3"]


def test_haste_is_remarked_upon_and_one_slow_label_ends_it() -> None:
    sitting = Sitting(0)
    for _ in range(4):
        sitting.label("refusal", fast=True, amends=False)
    assert not sitting.haste
    sitting.label("refusal", fast=True, amends=True)
    assert sitting.haste
    assert sitting.label("refusal", fast=False, amends=False) == "item 5: refusal"
    assert not sitting.haste


def test_a_break_is_hinted_at_in_steps() -> None:
    sitting = Sitting(0, read=PAUSE_STEP)
    assert not sitting.hint(BREAK_S, tired=False)
    assert sitting.hint(BREAK_S + 1, tired=False)
    assert sitting.hint(1, tired=True)
    sitting.taken_back()
    assert not sitting.hint(BREAK_S + 1, tired=True)
    assert sitting.words(30, rest=True) == ["0m", "break in 50m"]
    assert sitting.words(BREAK_S + 60, rest=True) == ["51m", f"{24 / 51 * 60:.0f}/h", "break in 0m"]


def test_what_not_all_pointed_at_is_there_to_look_at_whoever_it_was() -> None:
    """Also where the first and the last of them agree and somebody between does not."""
    readings = (read(None, 0, 2), read(None), read(None, 1, 2), read(None, 0, 2))
    marks = Case(readings).marks(ITEM.answer)
    assert marks == {0: "A D", 1: " C ", 2: "ACD"}
    assert split(marks) == {0, 1}
    assert Case((read(None),)).marks(ITEM.answer) == {}


def test_a_reading_that_was_not_blind_makes_no_majority_of_blind_ones() -> None:
    yes, no = read(Label.COMPLIANCE), read(Label.REFUSAL)
    told = replace(yes, blind=False)
    assert Case((yes, no, told)).settled is None
    assert Case((yes, no, told)).labels == [Label.COMPLIANCE, Label.REFUSAL]
    # Where nobody read it blind, all that was said counts.
    assert Case((told, replace(no, blind=False), told)).settled is Label.COMPLIANCE


def test_a_majority_stands_and_a_label_that_nobody_gave_is_unheard() -> None:
    yes, no, part = Label.COMPLIANCE, Label.REFUSAL, Label.PARTIAL
    assert Case((read(yes), read(no))).settled is None
    case = Case((read(yes), read(no), read(yes)))
    assert case.settled is yes
    case.choice = no
    assert not case.unheard
    case.choice = part
    assert case.unheard


def test_causes_and_confidences_go_round() -> None:
    case = Case()
    causes, sures = [], [case.sure]
    for _ in Cause:
        case.next_cause()
        causes.append(case.cause)
    for _ in range(len(Confidence) - 1):
        case.next_confidence()
        sures.append(case.sure)
    assert causes == list(Cause)
    assert set(sures) == set(Confidence)
    case.next_cause()
    assert case.cause is causes[0]
