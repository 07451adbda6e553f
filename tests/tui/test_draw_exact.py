"""Thinned output draws the same cells as Textual's own."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.style import Style

from fftui.tui.draw.exact import thin

_COLOURS = st.sampled_from(["#112233", "#aabbcc", "red", "bright_blue", "color(200)", "default"])
_STYLES = st.builds(
    lambda fore, back, bold, reverse: Style(color=fore, bgcolor=back, bold=bold, reverse=reverse),
    _COLOURS, _COLOURS, st.sampled_from([None, True, False]), st.sampled_from([None, True]),
)  # fmt: skip
_RUNS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 12), _STYLES, st.text("ab █", max_size=6)),
    max_size=12,
)


def _cells(sent: str) -> list[object]:
    screen = pyte.Screen(20, 5)
    pyte.Stream(screen).feed(sent)
    return [screen.buffer[y][x] for y in range(5) for x in range(20)]


@given(_RUNS)
def test_the_same_cells_with_no_more_bytes(runs: list[tuple[int, int, Style, str]]) -> None:
    sent = "".join(
        f"\x1b[{y};{x}H{style.render(text, color_system=ColorSystem.TRUECOLOR)}"
        for y, x, style, text in runs
    )
    short = thin(sent)
    assert _cells(short) == _cells(sent)
    assert len(short) <= len(sent)


def test_a_colour_that_stays_is_sent_once() -> None:
    style = Style(color="#112233", bgcolor="#445566")
    one = style.render("a", color_system=ColorSystem.TRUECOLOR)
    assert thin(one * 3) == one.replace("a", "aaa")
