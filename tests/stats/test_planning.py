"""Verdicts still needed for a width."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.stats.planning import Needed, needed_for_width, sample_size
from fftui.stats.proportion import wilson


@pytest.mark.parametrize(
    ("half", "sizes"),
    [
        (0.10, (16, 25, 84, 93)),
        (0.05, (35, 83, 347, 381)),
        (0.025, (73, 304, 1395, 1533)),
        (0.02, (93, 469, 2182, 2398)),
        (0.01, (189, 1838, 8736, 9600)),
    ],
)
def test_known_sizes(half: float, sizes: tuple[int, ...]) -> None:
    rates = (0.0, 0.05, 0.35, 0.5)
    assert tuple(math.ceil(sample_size(p, 2 * half) - 1e-9) for p in rates) == sizes


@given(st.floats(0, 1), st.floats(0.005, 0.6))
def test_size_is_the_first_n_that_is_narrow_enough(rate: float, width: float) -> None:
    n = math.ceil(sample_size(rate, width) - 1e-9)
    assert wilson(min(rate * max(n, 1), max(n, 1)), max(n, 1)).width <= width + 1e-9
    if n > 1:
        assert wilson(min(rate * (n - 1), n - 1), n - 1).width > width - 1e-9


@given(st.integers(0, 5000), st.data(), st.floats(0.005, 1))
def test_range_holds_the_expectation(n: int, data: st.DataObject, width: float) -> None:
    s = data.draw(st.integers(0, n))
    needed = needed_for_width(s, n, width)
    assert 0 <= needed.low <= needed.expected <= needed.high
    narrow = n > 0 and wilson(s, n).width <= width
    assert (needed == Needed(0, 0, 0)) == (narrow or (n == 0 and width == 1))


def test_a_first_run_of_refusals_does_not_promise_the_end() -> None:
    assert needed_for_width(0, 10, 0.1) == Needed(179, 25, 296)
    assert needed_for_width(0, 0, 0.1).high == 381


@pytest.mark.parametrize(
    ("s", "n", "width"), [(2, 1, 0.1), (-1, 5, 0.1), (0, -1, 0.1), (1, 5, 0), (1, 5, 1.5)]
)
def test_refuses_impossible_arguments(s: float, n: float, width: float) -> None:
    with pytest.raises(ValueError, match="must"):
        needed_for_width(s, n, width)
