"""The plan order names each attempt once and finds it again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.store.order import Block, PlanOrder


@given(st.lists(st.integers(1, 20), min_size=1, max_size=5), st.integers(1, 4))
def test_it_is_a_bijection_and_repeat_major(sizes: list[int], repeats: int) -> None:
    first, blocks = 1, []
    for size in sizes:
        blocks.append(Block(first, size))
        first += size
    order = PlanOrder(tuple(blocks), repeats)
    attempts = [order.at(i) for i in range(order.length)]
    assert len(set(attempts)) == order.length == sum(sizes) * repeats
    assert [order.ordinal(*attempt) for attempt in attempts] == list(range(order.length))
    # A block's first repeat is over before its second begins, and blocks follow one another.
    block_of = {s: n for n, b in enumerate(blocks) for s in range(b.first, b.first + b.size)}
    keys = [(block_of[s], repeat, s) for s, repeat in attempts]
    assert keys == sorted(keys)
    with pytest.raises(IndexError):
        order.at(order.length)
    with pytest.raises(KeyError):
        order.ordinal(first, 0)


@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 4))
def test_a_block_added_later_moves_nothing(old: int, new: int, repeats: int) -> None:
    before = PlanOrder((Block(1, old),), repeats)
    after = PlanOrder((Block(1, old), Block(1 + old, new)), repeats)
    assert [after.at(i) for i in range(before.length)] == [
        before.at(i) for i in range(before.length)
    ]
