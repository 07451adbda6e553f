"""Folding is quick, and means what its plain definition says."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from fftui.grading.folding import fold, pattern

_TEXTS = st.text(
    st.one_of(
        st.sampled_from("aAbcİßﬁ1. \n\t*_'’`\u200b\u00ad\ufeff\u3000\u0e01你、é\u0301"),
        st.characters(),
    ),
    max_size=300,
)


def _slowly(text: str) -> tuple[str, list[int], list[int]]:
    """(folded, where each letter stood, letters that begin a word), letter by letter."""
    letters, at, starts, fresh = "", list[int](), list[int](), True
    for place, raw in enumerate(text):
        if raw in "*_" or raw.isspace():
            fresh = True
            continue
        plain = "'" if raw in "’‘ʼ`´＇‛′" else '"' if raw in "“”„«»" else raw
        kept = [
            c
            for c in unicodedata.normalize("NFKC", plain).casefold()
            if not c.isspace() and unicodedata.category(c) != "Cf"
        ]
        if not kept:
            continue
        last = letters[-1:]
        worded = last.isalnum() and not "\u0e00" <= last <= "\u0eff" and last < "\u3000"
        if fresh or not worded:
            starts.append(len(letters))
        letters += "".join(kept)
        at += [place] * len(kept)
        fresh = False
    return letters, at, starts


@given(_TEXTS)
@example("x" * 63 + "ß" + "ﬁ\u200by")
def test_a_text_is_folded_letter_by_letter(text: str) -> None:
    found = fold(text)
    letters, at, starts = _slowly(text)
    places = range(len(found.text))
    assert found.text == letters
    assert [found.at(i) for i in places] == at
    assert [i for i in places if found.begins(i)] == starts


@given(st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=12), st.text("abc"))
def test_the_longest_phrase_at_a_place_is_found(phrases: list[str], text: str) -> None:
    longest_first = sorted(set(phrases), key=len, reverse=True)
    one_by_one = re.compile("|".join(map(re.escape, longest_first)))
    assert [m.span() for m in pattern(phrases).finditer(text)] == [
        m.span() for m in one_by_one.finditer(text)
    ]
