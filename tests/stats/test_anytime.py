"""The beta-binomial confidence sequence."""

from __future__ import annotations

import csv
import math
from decimal import Decimal, localcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.stats.anytime import confidence_sequence
from fftui.stats.proportion import wilson

VECTORS = Path(__file__).parent / "vectors"
counts = st.integers(1, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_reproduces_the_vectors() -> None:
    rows = list(csv.DictReader((VECTORS / "r_betabinom_fixed_prior.csv").open()))
    assert len(rows) == 90
    for row in rows:
        n = int(row["n"])
        got = confidence_sequence(
            int(row["successes"]), n, float(row["a"]), float(row["b"]), float(row["alpha"])
        )
        rel = 1e-7 if n >= 1e5 else 0
        assert got.low == pytest.approx(float(row["low"]), abs=1e-9, rel=rel)
        assert got.high == pytest.approx(float(row["high"]), abs=1e-9, rel=rel)


@given(counts, st.sampled_from([(0.5, 0.5), (1.0, 1.0), (2.0, 0.3)]))
def test_ends_are_where_the_martingale_meets_its_level(
    count: tuple[int, int], prior: tuple[float, float]
) -> None:
    s, n = count
    a, b = prior
    got = confidence_sequence(s, n, a, b)
    assert 0 <= got.low <= s / n <= got.high <= 1
    for p in (got.low, got.high):
        if not 1e-12 < p < 1 - 1e-6:
            continue
        log_m = (
            math.lgamma(a + s)
            + math.lgamma(b + n - s)
            - math.lgamma(a + b + n)
            - (math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b))
            - s * math.log(p)
            - (n - s) * math.log1p(-p)
        )
        assert log_m == pytest.approx(math.log(20), abs=1e-4)


@pytest.mark.parametrize(
    ("s", "n"),
    [(1, 2), (1, 40), (39, 40), (9, 17), (3, 120), (60, 120), (118, 120), (1, 900), (450, 900),
     (899, 900), (77, 3000), (2900, 3000)],
)  # fmt: skip
def test_ends_are_right_to_their_last_digits(s: int, n: int) -> None:
    got = confidence_sequence(s, n)
    with localcontext(prec=40):
        low, high = _root(s, n, Decimal(10) ** -30), _root(s, n, 1 - Decimal(10) ** -30)
        assert abs(Decimal(got.low) - low) < low * Decimal("1e-11")
        assert abs(Decimal(got.high) - high) < (1 - high) * Decimal("1e-11") + Decimal("2e-16")


def _root(s: int, n: int, outside: Decimal) -> Decimal:
    """Where the mixture of Jeffreys' prior meets 20 between s/n and `outside`, by halving."""

    def factor(k: int) -> Decimal:
        """Gamma(k + 1/2) / sqrt(pi), exact."""
        return Decimal(math.factorial(2 * k)) / (Decimal(4) ** k * math.factorial(k))

    level = (factor(s) * factor(n - s) / (20 * math.factorial(n))).ln()
    inside = Decimal(s) / n
    for _ in range(60):
        p = (inside + outside) / 2
        if level < s * p.ln() + (n - s) * (1 - p).ln():
            inside = p
        else:
            outside = p
    return inside


@given(counts)
def test_symmetric(count: tuple[int, int]) -> None:
    s, n = count
    here, mirrored = confidence_sequence(s, n), confidence_sequence(n - s, n)
    assert here.low == pytest.approx(1 - mirrored.high, abs=1e-12)


@given(counts)
def test_nested_in_alpha_and_round_wilson(count: tuple[int, int]) -> None:
    s, n = count
    strict, plain = confidence_sequence(s, n, alpha=0.01), confidence_sequence(s, n)
    assert strict.low <= plain.low
    assert strict.high >= plain.high
    if n >= 10:
        assert plain.width > wilson(s, n).width


@given(st.integers(1, 5000), st.data())
def test_grows_with_the_successes(n: int, data: st.DataObject) -> None:
    s = data.draw(st.integers(0, n - 1))
    assert confidence_sequence(s, n).low < confidence_sequence(s + 1, n).low
    assert confidence_sequence(s, n).high < confidence_sequence(s + 1, n).high


def test_without_verdicts_everything_is_possible() -> None:
    none = confidence_sequence(0, 0)
    assert (none.low, none.high) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ((3, 2), "successes"),
        ((-1, 2), "successes"),
        ((1, 2, 0.0), "a and b"),
        ((1, 2, 1, 1, 1.0), "alpha"),
    ],
)
def test_refuses_impossible_arguments(args: tuple[int, ...], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        confidence_sequence(*args)
