"""The beta distribution against scipy's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc, betaincinv

from fftui.stats.beta import cdf, quantile

shape = st.floats(0.5, 1e5)


@settings(max_examples=500, deadline=None)
@given(st.floats(1e-6, 1 - 1e-6), shape, shape)
def test_the_probability(x: float, a: float, b: float) -> None:
    assert cdf(x, a, b) == pytest.approx(float(betainc(a, b, x)), abs=1e-9)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from([0.005, 0.025, 0.05, 0.5, 0.975]), shape, shape)
def test_the_quantile(p: float, a: float, b: float) -> None:
    assert quantile(p, a, b) == pytest.approx(float(betaincinv(a, b, p)), rel=1e-7, abs=1e-12)


@pytest.mark.parametrize(
    "args", [(0.0, 1.0, 1.0), (1.0, 1.0, 1.0), (0.5, 0.0, 1.0), (0.5, 1.0, -1)]
)
def test_refuses_what_has_no_quantile(args: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="needs"):
        quantile(*args)
