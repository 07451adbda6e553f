"""Texts come back as they went in, whatever they hold."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fftui.store.texts import RAW, ZSTD, pack, unpack

anything = st.text(st.characters(codec=None, categories=None), max_size=400)


@given(anything, st.booleans())
@example("\ud800", True)
@example("\udfff tail \x00 \u2028", False)
@example("ab" * 1000, True)
def test_what_goes_in_comes_out(text: str, compress: bool) -> None:
    value = {"answers": [text, ""], "reasoning": text}
    assert unpack(*pack(value, compress=compress)) == value


def test_only_what_gains_by_it_is_compressed() -> None:
    assert pack("short", compress=True)[0] == RAW
    enc, body = pack("long " * 500, compress=True)
    assert enc == ZSTD
    assert len(body) < 100
    assert pack("long " * 500, compress=False)[0] == RAW


def test_damage_is_told() -> None:
    with pytest.raises(ValueError, match="damaged"):
        unpack(ZSTD, b"no such thing")
    with pytest.raises(ValueError, match="unknown"):
        unpack(7, b"{}")
