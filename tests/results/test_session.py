"""What a reviewer is told when they leave."""

from __future__ import annotations

from typing import Any

from fftui.domain.labels import Label
from fftui.results.session import lines
from fftui.store.review_figures import Done


def did(kind: str, label: Label | None = None, **body: Any) -> Done:
    return Done(kind, 1, label, body, 0.0)


def test_who_did_nothing_is_told_nothing() -> None:
    assert lines([], "r", "ana") == []
    assert lines([did("skip"), did("note", text="x")], "r", "ana") == []


def test_readings_controls_and_decisions_are_told_apart() -> None:
    done = [
        did("read", Label.REFUSAL, dwell_ms=4000, seen=1.0, fast=False),
        did("read", None, dwell_ms=600, seen=0.4, fast=True),
        did("control", Label.PARTIAL, known="PARTIAL", own=True),
        did("control", Label.PARTIAL, known="REFUSAL", own=True),
        did("control", None, known="REFUSAL", own=False),
        did("adjudicate", Label.PARTIAL), did("skip"), did("pass"), did("undo"), did("unmask"),
    ]  # fmt: skip
    assert lines(done, "my run", "ana") == [
        "2 readings, 2 s each (median): REFUSAL 1, unsure 1",
        "under 0.7 s 1, end not seen 1",
        "read again: as you did before 1 of 2, as others settled it 0 of 1",
        "decided 1 conflict",
        "unmasked 1 item, skipped 1, passed on 1, taken back 1",
        "go on with: fftui review 'my run' --as ana",
    ]


def test_items_that_came_unmasked_are_counted_each() -> None:
    how = {"dwell_ms": 4000, "seen": 1.0, "fast": False, "unmasked": True}
    read = [Done("read", n, Label.REFUSAL, how, 0.0) for n in (1, 2, 3)]
    said = lines([Done("unmask", 1, None, {"what": "session"}, 0.0), *read], "r", "ana")
    assert "unmasked 3 items, skipped 0" in said[-2]


def test_who_only_decided_is_told_so() -> None:
    assert lines([did("adjudicate", Label.PARTIAL)], "r", "ana")[0] == "decided 1 conflict"


def test_labels_stand_beside_those_of_others_once_both_are_many() -> None:
    done = [did("read", Label.REFUSAL, dwell_ms=4000, seen=1.0, fast=False)]
    own, few, others = (
        {"REFUSAL": 30, "PARTIAL": 10},
        {"REFUSAL": 24},
        {"REFUSAL": 69, "PARTIAL": 1},
    )
    said = "of your 40 labels and the others' 70: PARTIAL 25 % and 1 %, REFUSAL 75 % and 99 %"
    assert said in lines(done, "r", "ana", (own, others))
    for mix in ((own, few), (few, others), (own, {})):
        assert not [line for line in lines(done, "r", "ana", mix) if "others" in line]
