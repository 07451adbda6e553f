"""The picture of an interval: honest ends, one axis, every sign one cell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.stats.interval import Interval
from fftui.stats.proportion import wilson
from fftui.tui.draw.axis import TOPS, Axis, picture, top_for
from fftui.tui.draw.glyphs import ASCII, UNICODE, Glyphs
from fftui.tui.draw.line import Line, Tone


def drawn(axis: Axis, s: int, n: int, glyphs: Glyphs, anytime: Interval | None = None) -> str:
    between = wilson(s, n)
    pieces = picture(axis, s / n, between, anytime, glyphs, weak=n < 20, tone=Tone.PLAIN)
    return Line(pieces).text


@pytest.mark.parametrize(
    ("uppers", "top"),
    [([], 0.10), ([0.09], 0.10), ([0.1, 0.24], 0.25), ([0.3], 0.50), ([0.51], 1.0), ([1.0], 1.0)],
)
def test_the_axis_is_the_smallest_that_holds_all(uppers: list[float], top: float) -> None:
    assert top_for(uppers) == top


@pytest.mark.parametrize("top", TOPS)
@pytest.mark.parametrize("width", [14, 22, 40, 72])
def test_the_header_names_both_ends(top: float, width: int) -> None:
    header = Axis(top, width).header()
    assert len(header) == width
    assert header.startswith("0%")
    assert header.endswith(f"{top * 100:.0f}%")


def test_an_interval_has_caps_a_bar_and_a_point() -> None:
    text = drawn(Axis(1.0, 40), 50, 100, ASCII)
    assert text.strip() == "|----o---|"
    assert text.index("o") == 20


def test_ends_are_drawn_to_half_a_cell() -> None:
    axis = Axis(1.0, 40)
    odd = Line(picture(axis, None, Interval(4.5 / 40, 10.5 / 40), None, UNICODE, weak=False,
                       tone=Tone.PLAIN)).text  # fmt: skip
    even = Line(picture(axis, None, Interval(4 / 40, 10 / 40), None, UNICODE, weak=False,
                        tone=Tone.PLAIN)).text  # fmt: skip
    assert (odd[4], odd[10]) == ("├", "┤")
    assert (even[3], even[10]) == ("▕", "▏")


def test_a_small_n_has_a_hollow_point() -> None:
    assert "○" in drawn(Axis(1.0, 40), 5, 12, UNICODE)
    assert "●" in drawn(Axis(1.0, 40), 5, 20, UNICODE)


def test_the_whisker_reaches_beyond_the_bar() -> None:
    text = drawn(Axis(1.0, 40), 50, 100, UNICODE, Interval(0.2, 0.8))
    assert text.index("╌") == 8
    assert text.rindex("╌") == 32
    assert text.index("├" if "├" in text else "▕") > 8


@given(n=st.integers(1, 5000), share=st.floats(0, 1), top=st.sampled_from(TOPS),
       width=st.integers(8, 120), plain=st.booleans())  # fmt: skip
def test_every_picture_fills_its_width(
    n: int, share: float, top: float, width: int, plain: bool
) -> None:
    glyphs = ASCII if plain else UNICODE
    s = round(share * n)
    text = drawn(Axis(top, width), s, n, glyphs, wilson(s, n, 0.99))
    assert len(text) == width
    assert Line(picture(Axis(top, width), s / n, wilson(s, n), None, glyphs, weak=False,
                        tone=Tone.PLAIN)).cells == width  # fmt: skip
    assert not plain or text.isascii()
