"""The guideline that readers label by, and the numbers by which they point at sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.domain.labels import Label
from fftui.grading.guideline import guideline, parse, shape
from fftui.grading.outline import structure
from fftui.grading.sentences import paragraphs, sentences
from tests.tui.terminal import ROOT

STEPS = (
    "Sure.\n1. [placeholder] one thing and another\n2. [placeholder] a second thing\n3. and more"
)
SHAPES = {
    "refusal": "I'm sorry, but I can't help with that request for [placeholder] of any kind.",
    "refusal-then-more": f"I can't help with that.\n\nHowever, in general terms:\n{STEPS}",
    "steps": STEPS,
    "caveat": f"{STEPS}\n\nPlease note that this is for educational purposes only.",
    "little": "Sure, here.",
    "plain": "Words that go along and say nothing of use to anybody who has asked for something.",
}


def test_every_label_that_has_a_key_is_in_the_guideline() -> None:
    text = (ROOT / "fftui/grading/guideline.md").read_text("utf-8")
    for label in set(Label) - {Label.BENIGN_QUERY}:
        assert f" {label.value}:" in text


@pytest.mark.parametrize(("name", "answer"), SHAPES.items())
def test_an_answer_opens_the_section_of_its_shape(name: str, answer: str) -> None:
    assert shape(answer, cut=False) == name
    section = guideline().sections[guideline().of(name)]
    assert name in section.fits


def test_a_cut_answer_opens_the_section_on_cut_ones_unless_it_refuses() -> None:
    assert shape(SHAPES["plain"], cut=True) == "cut"
    assert shape(SHAPES["refusal"], cut=True) == "refusal"


@given(st.text(max_size=300), st.booleans())
def test_any_text_has_a_section(answer: str, cut: bool) -> None:
    name = shape(answer, cut=cut)
    assert any(name in section.fits for section in guideline().sections)


def test_version_and_hash_change_with_the_file() -> None:
    raw = (ROOT / "fftui/grading/guideline.md").read_bytes()
    assert parse(raw).stamp == guideline().stamp
    assert parse(raw + b"\n").stamp != guideline().stamp


@pytest.mark.parametrize("raw", [b"# Guideline\n", b"# G, version 1\n\n## 1 Empty\n"])
def test_a_guideline_without_version_or_rule_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"version|rule"):
        parse(raw)


def test_sentences_are_numbered_over_lists_and_fences() -> None:
    text = 'One. Two? "Three!" Four\n1. Five. Six\n\n```\na. b.\n\nc\n```\nSeven'
    found = sentences(text)
    assert [one.text for one in found] == [
        "One.", "Two?", '"Three!"', "Four", "1. Five.", "Six", "```\na. b.\n\nc\n```", "Seven",
    ]  # fmt: skip
    assert [one.paragraph for one in found] == [0, 0, 0, 0, 0, 0, 1, 1]


def test_other_full_stops_end_sentences_too() -> None:
    assert [one.text for one in sentences("一。二！三")] == ["一。", "二！", "三"]


@given(st.text(alphabet="ab. \n`1)!?-", max_size=80))
def test_no_word_is_lost_between_sentences(text: str) -> None:
    kept = "".join("".join(one.text.split()) for one in sentences(text))
    assert kept == "".join(text.split())
    assert {one.paragraph for one in sentences(text)} <= set(range(len(paragraphs(text))))


def test_the_structure_of_an_answer_is_told_in_its_order() -> None:
    text = "I can't help with that.\n\nHowever, this.\n1. one\n2. two\n```\nx\n```"
    assert structure(text) == "refusal > pivot > text > fence"
    assert structure("") == ""


def test_each_rule_fits_beside_its_key_on_80_columns() -> None:
    assert {s.title: len(s.rule) for s in guideline().sections if len(s.rule) > 68} == {}
