"""When targets will be finished."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fftui.results.forecast import Limit, Work, finish_times, sent_times

DAY = 86_400.0
MIDNIGHT = 20_000 * DAY
NOON = MIDNIGHT - DAY / 2


def day(limit: float, left: float | None = None, account: str = "a") -> Limit:
    return Limit(account, "requests", limit, limit if left is None else left, MIDNIGHT, DAY)


def work(attempts: int, **needs: float) -> Work:
    return Work(attempts, {(account, "requests"): n for account, n in needs.items()})


def played(works: list[Work], limits: list[Limit], now: float) -> list[float]:
    """The same by brute force: attempt for attempt, reset for reset."""
    left = [one.left for one in limits]
    resets = [one.resets_at if one.resets_at is not None else math.inf for one in limits]
    waiting = [w.attempts for w in works]
    ends = [now if w.attempts == 0 else math.inf for w in works]
    uses = [
        [(i, n) for i, one in enumerate(limits) if (n := w.needs.get((one.account, one.unit), 0.0))]
        for w in works
    ]
    # Targets of the same needs go in turn, those with most to do first.
    alike: dict[tuple[tuple[int, float], ...], list[int]] = {}
    for number, use in enumerate(uses):
        if waiting[number]:
            alike.setdefault(tuple(use), []).append(number)
    t = now
    while t < math.inf and any(waiting):
        going = [list(members) for members in alike.values()]
        while going:
            for members in list(going):
                for _ in range(len(members)):
                    number = max(members, key=lambda m: waiting[m])
                    use = uses[number]
                    if not waiting[number] or any(left[i] + 1e-9 < n for i, n in use):
                        going.remove(members)
                        break
                    for i, n in use:
                        left[i] -= n
                    waiting[number] -= 1
                    if not waiting[number]:
                        ends[number] = t
        t = min(resets, default=math.inf)
        for i, one in enumerate(limits):
            if resets[i] <= t:
                left[i], resets[i] = one.limit, resets[i] + one.period_s
    return ends


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[Work], list[Limit]]:
    """A few targets and judges on a few accounts with windows of their own phases."""
    limits = []
    for account in ("a", "b"):
        for period in draw(st.lists(st.sampled_from([60.0, 600.0]), max_size=2, unique=True)):
            limit = draw(st.integers(6, 20))
            limits.append(
                Limit(account, "requests", limit, draw(st.integers(0, limit)),
                      NOON + draw(st.integers(1, int(period))), period)
            )  # fmt: skip
        if draw(st.booleans()):  # shut by the platform for a while, then as open as its windows
            opens = NOON + draw(st.integers(1, 2000))
            limits.append(Limit(account, "requests", math.inf, 0.0, opens, math.inf))
    takes = st.sampled_from([0, 1, 1.5, 2, 2.25, 3])
    works = [
        work(draw(st.integers(0, 60)), a=draw(takes), b=draw(takes))
        for _ in range(draw(st.integers(1, 4)))
    ]
    return works, limits


@settings(deadline=None)
@given(situations())
def test_it_is_what_playing_the_windows_through_gives(
    situation: tuple[list[Work], list[Limit]],
) -> None:
    works, limits = situation
    found, brute = sent_times(works, limits, NOON), played(works, limits, NOON)
    assert max(found) == pytest.approx(max(brute), abs=1e-3)
    assert sorted(found) == pytest.approx(sorted(brute), abs=1e-3)


@settings(deadline=None)
@given(situations(), st.data())
def test_more_to_do_never_ends_sooner(
    situation: tuple[list[Work], list[Limit]], data: st.DataObject
) -> None:
    works, limits = situation
    # Of one account and one judge. Where targets cross over several accounts, one that is held
    # back longer can let another pass, as in any queue with more than one counter.
    works = [replace(w, needs=works[0].needs) for w in works]
    which = data.draw(st.integers(0, len(works) - 1))
    more = [replace(w, attempts=w.attempts + 7) if i == which else w for i, w in enumerate(works)]
    before, after = sent_times(works, limits, NOON), sent_times(more, limits, NOON)
    assert max(after) >= max(before) - 1e-3
    assert after[which] >= before[which] - 1e-3


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=5), st.integers(1, 60), st.integers(0, 60),
    st.integers(1, 30),
)  # fmt: skip
def test_a_larger_limit_never_ends_later(
    attempts: list[int], limit: int, left: int, more: int
) -> None:
    works = [work(n, a=1) for n in attempts]
    tight = sent_times(works, [day(limit, min(left, limit))], NOON)
    wide = sent_times(works, [day(limit + more, min(left, limit))], NOON)
    assert all(b <= a for a, b in zip(tight, wide, strict=True))


def test_fifty_a_day_for_five_targets_of_fifty_takes_five_days() -> None:
    minute = Limit("a", "requests", 20, 20, NOON + 60, 60.0)
    works = [work(50, a=1)] * 5
    ends = sent_times(works, [minute, day(50)], NOON)
    # 50 go out at noon, 50 after each of four midnights, 20 a minute.
    assert set(ends) == {MIDNIGHT + 3 * DAY + 120}
    assert sent_times(works, [minute, day(50, left=0)], NOON)[0] == MIDNIGHT + 4 * DAY + 120


def test_a_judge_on_the_same_account_halves_what_a_day_does() -> None:
    assert sent_times([work(50, a=2)], [day(50)], NOON) == [MIDNIGHT]
    # What is left over of an odd number is kept: half an attempt is none.
    assert sent_times([work(50, a=2)], [day(51)], NOON) == [MIDNIGHT]
    assert sent_times([work(51, a=2)], [day(51)], NOON) == [MIDNIGHT + DAY]


def test_an_attempt_larger_than_a_window_takes_several() -> None:
    tokens = Limit("a", "tokens", 100, 100, NOON + 60, 60.0)
    big = Work(3, {("a", "tokens"): 250})
    # Each uses up three minutes, of which the third is begun.
    assert sent_times([big], [tokens], NOON) == [NOON + 8 * 60]


def test_money_that_does_not_come_back_ends_nothing() -> None:
    purse = Limit("a", "usd", 1.0, 0.5, None, math.inf)
    cheap, dear = Work(10, {("a", "usd"): 0.05}), Work(11, {("a", "usd"): 0.05})
    assert sent_times([cheap], [purse], NOON) == [NOON]
    assert sent_times([dear], [purse], NOON) == [math.inf]
    assert finish_times([dear], [purse], NOON, pace=1.0) == [None]


def test_the_pace_counts_where_no_window_does() -> None:
    works = [work(30, b=1), work(10, b=1)]
    assert finish_times(works, [], NOON) == [None, None]
    assert finish_times(works, [], NOON, pace=0.5) == [NOON + 80, NOON + 40]
    assert finish_times([work(0)], [], NOON) == [NOON]
    # The later of both holds.
    held = finish_times([work(51, a=1)], [day(50)], NOON, pace=100.0)
    assert held == [MIDNIGHT]
    with pytest.raises(ValueError, match="pace"):
        finish_times(works, [], NOON, pace=0.0)


def test_years_cost_no_more_than_minutes() -> None:
    rng = random.Random(1)
    works = [work(rng.randint(100_000, 200_000), a=2, b=1) for _ in range(6)]
    limits = [
        Limit("a", "requests", 20, 7, NOON + 11, 60.0), day(50, 13),
        Limit("b", "requests", 30, 30, NOON + 23, 60.0), day(1000, account="b"),
    ]  # fmt: skip
    total = sum(w.attempts for w in works)
    days = math.ceil((total - 6) / 25)
    assert max(sent_times(works, limits, NOON)) // DAY == (MIDNIGHT + (days - 1) * DAY) // DAY
