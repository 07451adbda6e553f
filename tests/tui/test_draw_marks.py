"""Bars, columns, numbers, lines: what they must never say by rounding or overflow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from fftui.tui.draw.bars import bar, columns, scale
from fftui.tui.draw.glyphs import ASCII, UNICODE
from fftui.tui.draw.line import Line, Piece, Tone, fitted, left, put, right, rule, spread
from fftui.tui.draw.numbers import count, percent, span
from fftui.tui.draw.pane import changes


@given(share=st.floats(0, 1), width=st.integers(2, 60), plain=st.booleans())
def test_a_bar_is_full_only_when_all_is_there(share: float, width: int, plain: bool) -> None:
    glyphs = ASCII if plain else UNICODE
    done, track = bar(share, width, glyphs)
    assert len(done) + len(track) == width
    assert (not done) == (share == 0)
    if not plain:
        assert (done == "█" * width) == (share == 1)


def test_columns_show_anything_above_zero() -> None:
    assert columns((0, 1, 100), 100, UNICODE) == (" ▁█",)
    assert columns((0, 50, 100), 100, UNICODE, 2) == ("  █", " ██")


@pytest.mark.parametrize(("most", "top"), [(0, 1), (1, 1), (3, 5), (11, 20), (101, 200)])
def test_the_scale_is_round_and_steady(most: int, top: int) -> None:
    assert scale((0, most)) == top


@pytest.mark.parametrize(
    ("n", "text"),
    [(0, "0"), (9999, "9999"), (12_345, "12.3k"), (180_000, "180k"), (999_600, "1.0M"),
     (4_100_000, "4.1M")],
)  # fmt: skip
def test_counts_take_five_cells(n: int, text: str) -> None:
    assert count(n) == text


@given(st.integers(0, 10**12))
def test_no_count_is_wider(n: int) -> None:
    assert len(count(n)) <= 5


def test_no_data_is_not_zero() -> None:
    assert percent(None) == "no data"
    assert percent(0.0) == "0.0 %"


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "5s"), (119, "119s"), (125, "2m"), (7300, "2h01"), (200_000, "2d07h")]
)
def test_time_spans_are_coarse(seconds: float, text: str) -> None:
    assert span(seconds) == text


@given(st.text(max_size=60), st.integers(1, 30))
def test_fields_have_exactly_their_width(text: str, width: int) -> None:
    assert cell_len(left(text, width).text) == width
    assert cell_len(right(text, width).text) == width


@given(st.lists(st.text(max_size=12), max_size=6), st.integers(8, 60))
def test_lines_never_overflow(texts: list[str], width: int) -> None:
    pieces = [put(text) for text in texts]
    assert sum(piece.cells for piece in fitted(pieces, width)) <= width
    assert spread(pieces, [Piece("end")], width).cells == width
    made = rule(pieces, [Piece("end")], width, "─", focused=False, cursor="▸")
    assert made.cells <= width


def test_only_changed_cells_are_dirty() -> None:
    before = Line((Piece("name      "), Piece("180/400"), Piece(" " * 30), Piece("12.4")))
    after = Line((Piece("name      "), Piece("181/400"), Piece(" " * 30), Piece("12.3")))
    assert list(changes(before, after, 51)) == [(12, 13), (50, 51)]


def test_a_tone_is_a_change_and_a_blank_is_not() -> None:
    before = Line((Piece("a", Tone.PLAIN), Piece(" ", Tone.MUTED)))
    assert list(changes(before, Line((Piece("a", Tone.BAD), Piece(" ", Tone.BAD))), 2)) == [(0, 1)]
