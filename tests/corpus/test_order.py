"""The seeded order."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from fftui.corpus.order import plan_order
from fftui.domain.scenarios import Scenario

TEN = [Scenario(f"s-{i}", ("placeholder",)) for i in range(10)]


def keys(seed: int) -> str:
    return " ".join(one.key.removeprefix("s-") for one in plan_order(TEN, seed))


def test_the_order_never_changes() -> None:
    # Part of the file format: a run planned today must be continued in the same order.
    assert keys(20261123) == "5 3 7 0 1 2 4 8 9 6"
    assert keys(1) != keys(2)


@settings(deadline=None)
@given(st.lists(st.text(), unique=True), st.integers(0, 2**63 - 1), st.randoms())
def test_the_order_depends_on_seed_and_keys_alone(
    names: list[str], seed: int, chance: random.Random
) -> None:
    scenarios = [Scenario(name, ("placeholder",)) for name in names]
    shuffled = list(scenarios)
    chance.shuffle(shuffled)
    order = plan_order(scenarios, seed)
    assert order == plan_order(shuffled, seed)
    assert sorted(one.key for one in order) == sorted(names)


def test_every_place_is_equally_likely() -> None:
    firsts = [plan_order(TEN, seed)[0].key for seed in range(2_000)]
    assert all(140 < firsts.count(one.key) < 260 for one in TEN)
