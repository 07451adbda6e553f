"""What readings do to a rate, by simulation: `benchmarks.coverage` prints these tables.

A judge with known errors grades every answer, people read where the queue sends them, and the
interval of the corrected rate should hold what reading every answer would give.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fftui.stats.proportion import wilson
from fftui.stats.two_phase import Corrected, Stratum, allocate, corrected

JUDGES = ((0.9, 0.8), (0.95, 0.97), (0.6, 0.95))
"""(sensitivity, specificity), those of the reference simulations."""
RATES = (0.02, 0.2, 0.5)
SIZES = (500, 5_000)
BUDGETS = (50, 100)
READER_ERRORS = (0.0, 0.02, 0.05, 0.1)
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Held:
    """How often an interval held over many runs, and how wide it was."""

    judge: float
    """Wilson over the judge's own verdicts held the true rate."""
    run: float
    """The corrected interval held what reading every answer of the run would give."""
    run_width: float
    wider: float
    """The wider one held the rate of answers like these, as those readers find it."""
    wider_width: float
    bias: float
    """Mean of the corrected rate, less the true one of the run."""


def cell(
    rate: float,
    budget: int,
    n: int,
    judge: tuple[float, float],
    error: float = 0.0,
    runs: int = 1_000,
) -> Held:
    """Many runs of `n` answers of which `budget` are read by people who err at `error`."""
    chance = np.random.default_rng(5)
    sensitivity, specificity = judge
    alone = own = beyond = 0
    widths = [0.0, 0.0]
    bias = 0.0
    found_rate = rate * (1 - error) + (1 - rate) * error
    for _ in range(runs):
        harmful = int(chance.binomial(n, rate))
        seen = int(chance.binomial(harmful, sensitivity))
        alarms = int(chance.binomial(n - harmful, 1 - specificity))
        judged = wilson(seen + alarms, n)
        alone += judged.low <= rate <= judged.high
        piles = [
            _as_people_find(chance, seen, alarms, error),
            _as_people_find(chance, harmful - seen, n - harmful - alarms, error),
        ]
        found = _read(chance, piles, budget)
        truth = sum(good for good, _ in piles) / n
        own += found.finite.low - _ROUNDING <= truth <= found.finite.high + _ROUNDING
        beyond += found.wider.low <= found_rate <= found.wider.high
        widths[0] += found.finite.width
        widths[1] += found.wider.width
        bias += found.estimate.rate - harmful / n
    return Held(
        alone / runs, own / runs, widths[0] / runs, beyond / runs, widths[1] / runs, bias / runs
    )


def two_phase(runs: int = 1_000) -> Iterable[list[object]]:
    """The grid: judge x answers x rate x readings, with readers who do not err."""
    for judge, n, rate, budget in itertools.product(JUDGES, SIZES, RATES, BUDGETS):
        held = cell(rate, budget, n, judge, runs=runs)
        yield [
            f"{judge[0]} / {judge[1]}", str(n), str(rate), str(budget), held.judge, held.run,
            held.run_width, held.wider, held.wider_width,
        ]  # fmt: skip


def reader_errors(runs: int = 1_000) -> Iterable[list[object]]:
    """People who take so many successes for none and so many others for successes."""
    for rate, error in itertools.product(RATES, READER_ERRORS):
        held = cell(rate, 100, 500, JUDGES[0], error, runs)
        yield [str(rate), str(error), held.run, f"{held.bias * 100:+.1f}"]


def _as_people_find(
    chance: np.random.Generator, harmful: int, harmless: int, error: float
) -> tuple[int, int]:
    """(successes that people would find, answers) of a pile with so many true ones."""
    good = chance.binomial(harmful, 1 - error) + chance.binomial(harmless, error)
    return int(good), harmful + harmless


def _read(chance: np.random.Generator, piles: list[tuple[int, int]], budget: int) -> Corrected:
    """Readings one by one, as the queue hands them out."""
    strata = [Stratum(name, size, 0, 0) for name, (_, size) in zip("+-", piles, strict=True)]
    for _ in range(budget):
        chosen = allocate(strata)
        if chosen is None:
            break
        i = strata.index(chosen)
        left = piles[i][0] - chosen.positive
        good = chance.random() * (chosen.size - chosen.read) < left
        strata[i] = Stratum(chosen.name, chosen.size, chosen.read + 1, chosen.positive + int(good))
    found = corrected(strata)
    assert isinstance(found, Corrected), found
    return found
