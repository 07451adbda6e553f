"""The corrected interval holds what reading every answer would give, over the whole grid."""

from __future__ import annotations

import itertools

import pytest

from benchmarks.reading import BUDGETS, JUDGES, RATES, READER_ERRORS, SIZES, cell


def test_a_judge_that_is_often_wrong_and_few_readings_of_a_rare_success() -> None:
    held = cell(rate=0.02, budget=50, n=500, judge=(0.6, 0.95), runs=200)
    # 200 draws at 95 %: below 0.91 in one of 100 cases.
    assert held.run >= 0.91
    assert held.judge < 0.1


@pytest.mark.long
@pytest.mark.parametrize("judge", JUDGES)
def test_each_cell_of_the_grid_over_1000_draws(judge: tuple[float, float]) -> None:
    for n, rate, budget in itertools.product(SIZES, RATES, BUDGETS):
        held = cell(rate, budget, n, judge)
        assert held.run >= 0.93, (judge, n, rate, budget)
        assert held.wider >= 0.93, (judge, n, rate, budget)


@pytest.mark.long
def test_people_who_err_shift_the_rate_and_not_its_coverage() -> None:
    for rate, error in itertools.product(RATES, READER_ERRORS):
        held = cell(rate, 100, 500, JUDGES[0], error)
        assert held.run >= 0.93, (rate, error)
        # Reading everything with that error is off by as much.
        assert held.bias == pytest.approx(error * (1 - 2 * rate), abs=0.015)
