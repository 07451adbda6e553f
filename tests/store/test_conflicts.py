"""Who decides where readers differ, what a decision stands on, and what measures the readers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from fftui.domain.acts import REVEAL
from fftui.domain.labels import Label
from fftui.domain.outcomes import OutcomeClass
from fftui.domain.readings import Cause, Confidence, Decision, Pool, difference
from fftui.domain.verdicts import Place
from fftui.results.readings import readings
from fftui.store import controls
from fftui.store.claims import LEASE_S, Claim, Claimed, TakeUp
from fftui.store.conflicts import HERE_S, ClaimConflict, conflicts, readings_of
from fftui.store.controls import Known
from fftui.store.discordant import ReadFirst
from fftui.store.folder import database
from fftui.store.reader import Reader
from fftui.store.records import PutBack
from fftui.store.review_figures import Controls, pairs, pools, queue_counts
from fftui.store.review_figures import controls as measured
from fftui.store.reviews import Adjudicate, Control, Note, Read, Redo, Undo
from fftui.store.writer import append
from tests.store.support import close, made
from tests.store.test_reviews import NOW, POOLS, C, P, R, claim, enrolled, read, sound, with_items

H, N, X = Label.HALLUCINATION_REFUSAL, Label.NON_ANSWER, Label.NOT_GRADEABLE


def decide(folder: Path, who: int, outcome: int, label: Label, note: str = "") -> None:
    decision = Decision(label, Confidence.HIGH, Cause.AMBIGUOUS, note)
    append(database(folder), Adjudicate(who, "s", outcome, decision, NOW))


def item(folder: Path, outcome: int) -> tuple[str, str, int]:
    with Reader(folder) as reader:
        row: tuple[str, str, int] = reader.db.execute(
            "SELECT final, source, blind FROM item WHERE outcome = ?", (outcome,)
        ).fetchone()
    return row


def for_whom(folder: Path, who: int, at: float = NOW) -> list[tuple[int, bool]]:
    with Reader(folder) as reader:
        return [(one.outcome, one.mine) for one in conflicts(reader.db, who, at).mine]


def test_what_is_asked_anew_is_no_conflict_any_more(tmp_path: Path) -> None:
    folder = made(tmp_path, scenarios=2, targets=1, graders=1)
    place = Place(Pool.OUTSIDE, "reasoning only:none", "none", 1.0, 0.5)
    empty = structs.replace(close(1, kind=OutcomeClass.EMPTY), place=place, readings=2)
    outcome = append(database(folder), empty)
    assert outcome is not None
    ana, ben, cyn = enrolled(folder, "ana", "ben", "cyn")
    for who, label in ((ana, C), (ben, R)):
        read(folder, who, outcome, label)
    assert for_whom(folder, cyn) == [(outcome, False)]
    # Of no target's pool that is in the rates, and no answer: it is not read first either.
    assert append(database(folder), ReadFirst((outcome,), NOW)) == 0
    append(database(folder), PutBack(outcome, "ana", NOW))
    assert for_whom(folder, cyn) == []
    with Reader(folder) as reader:
        assert queue_counts(reader, NOW).conflicts == 0
    assert sound(folder)


@pytest.mark.parametrize(
    ("labels", "strict", "severe"),
    [
        ([R, P], False, False), ([P, C], True, False), ([R, C], True, True),
        ([R, N], False, False), ([C, H], True, False), ([R, H], False, True),
        ([P, None], False, False), ([R, X], False, True), ([C, X], True, True),
        ([R, R], False, False), ([R, P, C], True, True),
    ],
)  # fmt: skip
def test_how_far_readings_lie_apart(labels: list[Label | None], strict: bool, severe: bool) -> None:
    found = difference(labels)
    assert (found.strict, found.severe) == (strict, severe)


def test_a_decision_stands_above_the_readings_and_can_be_taken_back_and_given_again(
    tmp_path: Path,
) -> None:
    folder = with_items(tmp_path, 1, readings=2)
    ana, ben, eve = enrolled(folder, "ana", "ben", "eve")
    read(folder, ana, 1, C)
    read(folder, ben, 1, R)
    read(folder, eve, 1, P)
    assert item(folder, 1)[:2] == ("", "unresolved")
    decide(folder, eve, 1, P)
    assert item(folder, 1) == ("PARTIAL", "adjudicated", 1)
    with Reader(folder) as reader:
        assert pools(reader, 1)[0].finals == {("COMPLIANCE", P): 1}
    assert sound(folder)
    done = append(database(folder), Undo(eve, "s", NOW))
    assert done is not None
    assert (done.kind, item(folder, 1)[1]) == ("adjudicate", "unresolved")
    assert append(database(folder), Redo(eve, "s", NOW)) is not None
    assert item(folder, 1) == ("PARTIAL", "adjudicated", 1)
    assert append(database(folder), Redo(eve, "s", NOW)) is None
    assert sound(folder)


def test_what_readers_differ_on_is_told_until_it_is_settled(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 2)
    ana, ben, eve = enrolled(folder, "ana", "ben", "eve")

    def differ() -> dict[tuple[str, str], int]:
        with Reader(folder) as reader:
            return dict(pools(reader, 1)[0].unresolved)

    read(folder, ana, 1, C)
    read(folder, ana, 2, C, blind=False)
    assert differ() == {}
    read(folder, ben, 1, R)
    read(folder, ben, 2, R)
    assert differ() == {("COMPLIANCE", "COMPLIANCE|REFUSAL"): 1}, "one was read knowing more"
    read(folder, eve, 1, P)
    assert differ() == {("COMPLIANCE", ""): 1}
    append(database(folder), ReadFirst((1,), NOW))
    assert sound(folder)
    decide(folder, eve, 1, P)
    assert differ() == {}
    assert sound(folder)


def test_a_decision_is_as_blind_as_what_it_rests_on(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 2)
    ana, ben, eve = enrolled(folder, "ana", "ben", "eve")
    read(folder, ana, 1, C, blind=False)
    read(folder, ben, 1, R)
    decide(folder, eve, 1, C)
    assert item(folder, 1) == ("COMPLIANCE", "adjudicated", 0)
    read(folder, ana, 2, C)
    read(folder, ben, 2, R)
    append(database(folder), Note(eve, "s", 2, REVEAL, NOW))
    decide(folder, eve, 2, R)
    assert item(folder, 2) == ("REFUSAL", "adjudicated", 0)
    with Reader(folder) as reader:
        assert pools(reader, 1)[0].finals == {}
    assert sound(folder)


def test_what_two_said_blind_is_kept_whoever_else_read_knowing_more(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 1, readings=2)
    ana, ben, eve = enrolled(folder, "ana", "ben", "eve")
    read(folder, ana, 1, P)
    read(folder, ben, 1, R)
    read(folder, eve, 1, C, blind=False)
    with Reader(folder) as reader:
        # Neither found a full success, and so the strict rate is not in doubt.
        assert pools(reader, 1)[0].unresolved == {("COMPLIANCE", "PARTIAL|REFUSAL"): 1}
        found = conflicts(reader.db, eve, NOW)
        assert (found.n, found.strict, found.severe) == (1, 0, 0)
    assert sound(folder)


def test_a_decision_of_who_knew_more_takes_nothing_out_of_the_sample(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 2)
    ana, ben, eve, kim, lea = enrolled(folder, "ana", "ben", "eve", "kim", "lea")

    def stands(outcome: int) -> tuple[object, ...]:
        assert sound(folder)
        with Reader(folder) as reader:
            row = reader.db.execute(
                "SELECT final, source, blind, open FROM item WHERE outcome = ?", (outcome,)
            ).fetchone()
            return (*row, dict(pools(reader, 1)[0].unresolved))

    # What blind readers differ on is still counted both ways, and a third may settle it.
    read(folder, ana, 1, C)
    read(folder, ben, 1, R)
    append(database(folder), Note(eve, "s", 1, REVEAL, NOW))
    both = {("COMPLIANCE", "COMPLIANCE|REFUSAL"): 1}
    assert stands(1) == ("", "unresolved", 1, 1, both)
    decide(folder, eve, 1, R)
    assert stands(1) == ("REFUSAL", "adjudicated", 0, 1, both)
    append(database(folder), Undo(eve, "s", NOW))
    assert stands(1) == ("", "unresolved", 1, 1, both)
    read(folder, kim, 1, R)
    assert stands(1) == ("REFUSAL", "majority", 1, 0, {})

    # What nobody has read blind waits for two who do.
    read(folder, ana, 2, C, blind=False)
    read(folder, ben, 2, R, blind=False)
    decide(folder, eve, 2, C)
    assert stands(2) == ("COMPLIANCE", "adjudicated", 0, 1, {})
    for who in (kim, lea):
        assert claim(folder, who) == 2
        read(folder, who, 2, R)
    assert stands(2) == (
        "COMPLIANCE", "adjudicated", 0, 0, {("COMPLIANCE", "REFUSAL|REFUSAL"): 1},
    )  # fmt: skip
    with Reader(folder) as reader:
        assert readings(pools(reader, 1)).read == 2
    assert claim(folder, eve) is None


def test_overriding_everybody_needs_a_note(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 1)
    ana, ben, eve = enrolled(folder, "ana", "ben", "eve")
    read(folder, ana, 1, C)
    read(folder, ben, 1, R)
    with pytest.raises(ValueError, match="needs a note"):
        decide(folder, eve, 1, P)
    decide(folder, eve, 1, P, "half of it is there")
    assert item(folder, 1)[:2] == ("PARTIAL", "adjudicated")


def test_who_read_an_item_decides_it_only_where_nobody_else_is_there(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 2)
    ana, ben, eve = enrolled(folder, "ana", "ben", "eve")
    read(folder, ana, 1, C)
    read(folder, ben, 1, R)
    # Eve is enrolled and never did anything.
    assert for_whom(folder, ana) == [(1, True)]
    read(folder, eve, 2, C)
    assert for_whom(folder, ana) == []
    assert for_whom(folder, eve) == [(1, False)]
    assert for_whom(folder, ana, NOW + HERE_S + 1) == [(1, True)]
    # Somebody else has it on the screen.
    got = append(database(folder), ClaimConflict(eve, NOW))
    assert got is not None
    assert got[0].outcome == 1
    append(database(folder), Note(eve, "s", 1, "pass", NOW))
    assert for_whom(folder, ana) == [(1, True)]
    assert for_whom(folder, eve) == []


def test_what_moves_the_strict_rate_comes_first(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 4)
    ana, ben, eve = enrolled(folder, "ana", "ben", "eve")
    for outcome, (one, two) in enumerate([(R, P), (R, H), (P, C), (R, C)], start=1):
        read(folder, ana, outcome, one)
        read(folder, ben, outcome, two)
    assert [outcome for outcome, _ in for_whom(folder, eve)] == [4, 3, 2, 1]
    with Reader(folder) as reader:
        found = conflicts(reader.db, eve, NOW)
    assert (found.n, found.strict, found.severe, found.adjacent) == (4, 2, 2, 2)


def test_the_readings_of_an_item_stand_side_by_side(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 1)
    ana, ben = enrolled(folder, "ana", "ben")
    body = {"seen": 0.58, "unmasked": False, "dwell_ms": 31000, "evidence": [0, 3]}
    read(folder, ben, 1, R, body=body)
    read(folder, ana, 1, C, body={"seen": 1, "unmasked": True})
    append(database(folder), Note(ben, "s", 1, "note", NOW, {"text": "[placeholder]"}))
    with Reader(folder) as reader:
        first, second = readings_of(reader, 1, ana)
    assert (first.label, first.mine, first.seen, first.dwell_s) == (R, False, 0.58, 31.0)
    assert (first.evidence, first.notes) == ((0, 3), ("[placeholder]",))
    assert (second.label, second.mine, second.unmasked) == (C, True, True)


def test_what_is_amended_after_a_reveal_is_kept_and_the_blind_reading_counts(
    tmp_path: Path,
) -> None:
    folder = with_items(tmp_path, 1)
    (ana,) = enrolled(folder, "ana")
    read(folder, ana, 1, P)
    append(database(folder), Note(ana, "s", 1, REVEAL, NOW))
    read(folder, ana, 1, C)
    assert item(folder, 1) == ("PARTIAL", "single", 1)
    with Reader(folder) as reader:
        rows = reader.db.execute("SELECT label, blind FROM review WHERE kind = 'read'").fetchall()
    assert rows == [("PARTIAL", 1), ("COMPLIANCE", 0)]
    assert sound(folder)
    append(database(folder), Undo(ana, "s", NOW))
    assert item(folder, 1) == ("PARTIAL", "single", 1)
    append(database(folder), Undo(ana, "s", NOW))
    assert item(folder, 1)[1] == ""
    assert sound(folder)


def test_a_control_measures_the_reader_and_is_no_vote(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 60)
    ana, ben = enrolled(folder, "ana", "ben")
    for outcome in range(1, 41):
        read(folder, ana, outcome, R)
        read(folder, ben, outcome, R)
    kinds = set()
    with Reader(folder) as reader:
        for seed in range(400):
            known = controls.pick(reader, ana, Random(seed))
            if known is not None:
                kinds.add(known.own)
                assert known.own, "what others settled was read by ana, too"
                assert 1 <= known.outcome <= 20, "the last twenty do not come again"
    assert kinds == {True}
    before = item(folder, 3)
    for outcome, label in ((3, R), (4, C)):
        same = append(database(folder), Control(ana, "s", Known(outcome, R, own=True), label, NOW))
        assert same == (label is R)
    append(database(folder), Control(ana, "s", Known(50, C, own=False), C, NOW))
    assert item(folder, 3) == before
    with Reader(folder) as reader:
        assert measured(reader, ana) == Controls(2, 1, 1, 1)
        assert reader.db.execute("SELECT count(*) FROM vote").fetchone() == (80,)
        assert pairs(reader) == {"REFUSAL|REFUSAL": 40}
    undone = append(database(folder), Undo(ana, "s", NOW))
    assert undone is not None
    assert (undone.outcome, undone.kind, undone.known) == (50, "control", Known(50, C, own=False))
    assert append(database(folder), TakeUp(ana, NOW)) == [undone.known]
    with Reader(folder) as reader:
        assert measured(reader, ana) == Controls(2, 1, 0, 0)
    assert sound(folder)


def test_what_others_settled_measures_who_did_not_read_it(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 30)
    ana, ben, eve = enrolled(folder, "ana", "ben", "eve")
    for outcome in range(1, 31):
        read(folder, ana, outcome, P)
        read(folder, ben, outcome, P)
    with Reader(folder) as reader:
        found = [k for seed in range(400) if (k := controls.pick(reader, eve, Random(seed)))]
        assert 2 <= len(found) <= 30
        assert {(k.label, k.own) for k in found} == {(P, False)}


HOLDER = """
import sys, time
from pathlib import Path
from fftui.domain.readings import Pool
from fftui.store.claims import Claim
from fftui.store.discordant import ReadFirst
from fftui.store.folder import database
from fftui.store.writer import append
path = database(Path(sys.argv[1]))
for at in (1, 2, 3):
    print(append(path, Claim(1, [(1, Pool.GIVEN)], float(sys.argv[2]) + at)).outcome, flush=True)
sys.stdin.readline()
"""


def test_a_reader_whose_process_died_gets_the_same_items_in_the_same_order(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 8)
    (ana,) = enrolled(folder, "ana")
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder), str(NOW)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert holder.stdout is not None
    given_before = [int(holder.stdout.readline()) for _ in range(3)]
    # While it lives, another terminal of the same reader is given other items.
    assert append(database(folder), TakeUp(ana, NOW + 4)) == []
    assert claim(folder, ana, NOW + 4) not in given_before
    holder.kill()
    holder.wait()
    taken = append(database(folder), TakeUp(ana, NOW + 5))
    assert [one.outcome for one in taken][:3] == given_before
    tokens = {one.token for one in taken if isinstance(one, Claimed)}
    assert len(tokens) == len(taken)
    assert append(database(folder), TakeUp(ana, NOW + 5 + LEASE_S + 1)) == []
    with Reader(folder) as reader:
        pids = reader.db.execute("SELECT DISTINCT pid FROM lease").fetchall()
    assert pids == [(os.getpid(),)]


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["read", "undo", "redo", "reveal", "decide", "control", "claim"]),
        st.integers(1, 3),
        st.integers(1, 3),
        st.sampled_from([C, P, R, H, X, None]),
    ),
    max_size=25,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=ACTS)
def test_whatever_reviewers_do_the_rollups_equal_the_rows(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int, int, Label | None]]
) -> None:
    folder = with_items(tmp_path_factory.mktemp("acts"), 3, readings=2)
    enrolled(folder, "ana", "ben", "eve")
    for kind, who, outcome, label in acts:
        path = database(folder)
        if kind == "read":
            append(path, Read(who, "s", outcome, label, NOW))
        elif kind == "undo":
            append(path, Undo(who, "s", NOW))
        elif kind == "redo":
            append(path, Redo(who, "s", NOW))
        elif kind == "reveal":
            append(path, Note(who, "s", outcome, REVEAL, NOW))
        elif kind == "decide" and label:
            decide(folder, who, outcome, label, "why")
        elif kind == "control" and label:
            append(path, Control(who, "s", Known(outcome, R, own=True), label, NOW))
        else:
            append(path, Claim(who, POOLS, NOW))
    assert sound(folder)


def test_redo_gives_again_in_the_order_of_before_until_something_new_is_done(
    tmp_path: Path,
) -> None:
    folder = with_items(tmp_path, 3)
    (ana,) = enrolled(folder, "ana")
    path = database(folder)
    read(folder, ana, 1, C)
    read(folder, ana, 2, P)
    assert append(path, Redo(ana, "s", NOW)) is None
    for expected in (2, 1):
        done = append(path, Undo(ana, "s", NOW))
        assert done is not None
        assert done.outcome == expected
    for expected in (1, 2):
        done = append(path, Redo(ana, "s", NOW))
        assert done is not None
        assert done.outcome == expected
    assert [item(folder, i)[0] for i in (1, 2)] == ["COMPLIANCE", "PARTIAL"]
    append(path, Undo(ana, "s", NOW))
    read(folder, ana, 3, R)
    assert append(path, Redo(ana, "s", NOW)) is None
    assert sound(folder)
