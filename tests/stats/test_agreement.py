"""What the vectors do not hold of agreement: classes that nobody used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.stats.agreement import cohen, gwet

counts = st.integers(1, 50)


@given(counts, counts, counts, counts)
def test_a_class_that_nobody_used_changes_no_figure(a: int, b: int, c: int, d: int) -> None:
    table = [[a, b], [c, d]]
    wide = [[a, 0, b], [0, 0, 0], [c, 0, d]]
    assert gwet(wide) == pytest.approx(gwet(table))
    first, second = cohen(wide), cohen(table)
    assert first is not None
    assert second is not None
    assert first.value == pytest.approx(second.value)


def test_two_who_know_one_class_only_agree() -> None:
    assert gwet([[7, 0], [0, 0]]) == 1.0
    with pytest.raises(ValueError, match="item"):
        gwet([[0, 0], [0, 0]])
