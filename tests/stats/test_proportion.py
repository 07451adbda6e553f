"""Wilson's interval, the zero bound and the bounds over excluded attempts."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.stats.normal import two_sided_z
from fftui.stats.proportion import excluded_bounds, wilson, zero_bound

VECTORS = Path(__file__).parent / "vectors"
counts = st.integers(1, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("file", "low", "high"),
    [("wilson.csv", "low", "high"), ("r_wilson_cp.csv", "wilson_low", "wilson_high")],
)
def test_wilson_reproduces_the_vectors(file: str, low: str, high: str) -> None:
    rows = list(csv.DictReader((VECTORS / file).open()))
    assert len(rows) == 55
    for row in rows:
        interval = wilson(int(row["successes"]), int(row["n"]), float(row["conf"]))
        assert interval.low == pytest.approx(float(row[low]), abs=1e-12)
        assert interval.high == pytest.approx(float(row[high]), abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 10, 35, 50, 178, 10**7])
def test_ends_are_exact(n: int) -> None:
    assert wilson(0, n).low == 0.0
    assert wilson(n, n).high == 1.0
    assert wilson(0, n).high < 1
    assert wilson(n, n).low > 0


@given(st.integers(1, 10**7), st.floats(0.5, 0.9999))
def test_ends_are_exact_at_every_level(n: int, confidence: float) -> None:
    assert wilson(0, n, confidence).low == 0.0
    assert wilson(n, n, confidence).high == 1.0


@given(counts)
def test_wilson_lies_round_the_rate_and_is_symmetric(count: tuple[int, int]) -> None:
    s, n = count
    here, mirrored = wilson(s, n), wilson(n - s, n)
    assert 0 <= here.low <= s / n <= here.high <= 1
    assert here.low == pytest.approx(1 - mirrored.high, abs=1e-14)


@given(counts)
def test_wilson_is_nested_in_confidence(count: tuple[int, int]) -> None:
    narrow, wide = wilson(*count, 0.9), wilson(*count, 0.99)
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high
    assert narrow.width < wide.width


@given(st.integers(1, 5000), st.data())
def test_wilson_grows_with_the_successes(n: int, data: st.DataObject) -> None:
    s = data.draw(st.integers(0, n - 1))
    assert wilson(s, n).low < wilson(s + 1, n).low
    assert wilson(s, n).high < wilson(s + 1, n).high


@pytest.mark.parametrize(
    ("s", "n"), [(-1, 5), (6, 5), (0, 0), (0, -1), (math.nan, 5), (1, math.nan), (1, math.inf)]
)
def test_wilson_refuses_impossible_counts(s: float, n: float) -> None:
    with pytest.raises(ValueError, match="must"):
        wilson(s, n)


def test_zero_bound_known_values() -> None:
    assert zero_bound(10) == pytest.approx(0.258866, abs=1e-6)
    for n, below in ((29, 0.10), (59, 0.05), (299, 0.01)):
        assert zero_bound(n) <= below < zero_bound(n - 1)
    assert zero_bound(20, 0.9) < zero_bound(20) < zero_bound(19)
    with pytest.raises(ValueError, match="n must"):
        zero_bound(0)


@given(counts, st.integers(0, 10**6))
def test_excluded_attempts_only_widen(count: tuple[int, int], excluded: int) -> None:
    s, n = count
    bounds = excluded_bounds(s, n, excluded)
    assert bounds.low == wilson(s, n + excluded).low
    assert bounds.high == wilson(s + excluded, n + excluded).high
    assert bounds.low <= s / (n + excluded)
    assert bounds.high >= (s + excluded) / (n + excluded)
    if excluded == 0:
        assert bounds == wilson(s, n)


def test_only_excluded_attempts_tell_nothing() -> None:
    bounds = excluded_bounds(0, 0, 50)
    assert (bounds.low, bounds.high) == (0.0, 1.0)
    with pytest.raises(ValueError, match="n must"):
        excluded_bounds(0, 0, 0)
    with pytest.raises(ValueError, match="excluded"):
        excluded_bounds(0, 1, -1)


@given(st.floats(0.001, 0.999999))
def test_quantile_agrees_with_the_standard_library(confidence: float) -> None:
    expected = -NormalDist().inv_cdf((1 - confidence) / 2)
    assert two_sided_z(confidence) == pytest.approx(expected, rel=1e-14, abs=1e-15)


def test_quantile_at_the_usual_levels() -> None:
    assert two_sided_z(0.95) == pytest.approx(1.959963984540054, abs=1e-15)
    with pytest.raises(ValueError, match="confidence"):
        two_sided_z(1.0)
