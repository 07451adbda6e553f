"""How often the intervals and sequences of fftui hold, by simulation.

    python -m benchmarks.coverage

Prints the tables of docs/statistics.md. Every truth is known here, every seed fixed; the standard
error of a share near 0.95 is 0.002 at 10,000 runs and 0.010 at 500.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from scipy.special import gammaln
from scipy.stats import binom

from benchmarks import limits, reading
from fftui.stats.anytime import confidence_sequence, log_mixture
from fftui.stats.interval import Interval
from fftui.stats.proportion import effective_n, effective_wilson, wilson

ALPHA = 0.05
Counts = np.ndarray
Z = 1.959963984540054


def main() -> None:
    """Print every table."""
    for title, head, rows in (
        ("Wilson at a fixed n: share of runs whose interval holds the truth (exact)",
         ["rate", "n = 50", "n = 200", "n = 1,000"], fixed_n()),
        ("Wilson at a width stop, looked at after every verdict (10,000 runs)",
         ["rate", "width 0.20", "width 0.10", "width 0.05"], width_stop()),
        ("Five answers to each of 60 scenarios: share of runs whose Wilson holds (2,000 runs)",
         ["rate", "likeness", "all alike independent", "at what they are worth",
          "at a stop, width 0.20"], repeats()),
        ("The interval ever excludes the truth, looked at after every verdict from the 10th",
         ["rate", "Wilson to n = 1,000", "Wilson to n = 10,000", "sequence to n = 10,000"],
         ever_excluded()),
        ("The sequence misses the truth where successes take eight times as long (32 at once)",
         ["rate", "read of all that has finished", "read of the settled prefix"], latency()),
        ("Runs of 20 equal targets, 500 scenarios each, in which anything is claimed",
         ["rate", "a target is above it, shared", "a pair differs, shared",
          "a pair differs, unshared"], alerts()),
        ("Tables in which something false is said of a difference's size (20,000 and 4,000 pairs)",
         ["the pairs have", "pairs", "each at 5 % by itself", "sharing the 5 %"],
         limits.wrong_tables()),
        ("Judge-corrected rate, people who do not err (1,000 runs in each line)",
         ["judge: sensitivity / specificity", "answers", "rate", "read", "judge alone holds",
          "holds for the run", "width", "holds beyond it", "width "], reading.two_phase()),
        ("Judge-corrected rate of 500 answers, 100 read by people who err (1,000 runs)",
         ["rate", "readers' error", "holds what reading all would give",
          "bias against the truth, points"], reading.reader_errors()),
    ):  # fmt: skip
        print(f"### {title}\n\n{_table(head, rows)}")


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def fixed_n() -> Iterable[list[object]]:
    """Exact: the probability of all counts whose interval holds the rate."""
    for rate in (0.01, 0.05, 0.2, 0.5):
        row: list[object] = [str(rate)]
        for n in (50, 200, 1000):
            held = [s for s in range(n + 1) if _holds(wilson(s, n).low, wilson(s, n).high, rate)]
            row.append(float(binom.pmf(held, n, rate).sum()))
        yield row


def width_stop(runs: int = 10_000) -> Iterable[list[object]]:
    """Each run ends at the first n at which Wilson is narrow enough."""
    chance = np.random.default_rng(1)
    for rate in (0.01, 0.05, 0.2, 0.5):
        row: list[object] = [str(rate)]
        for width, most in ((0.2, 100), (0.1, 400), (0.05, 1600)):
            s, n = _paths(chance, runs, most, rate)
            low, high = _wilson(s, n)
            ends = np.argmax(high - low <= width, axis=1)
            each = np.arange(runs)
            held = (low[each, ends] <= rate) & (rate <= high[each, ends])
            row.append(float(held.mean()))
        yield row


def repeats(runs: int = 2_000, scenarios: int = 60, most: int = 5) -> Iterable[list[object]]:
    """Each scenario has a rate of its own, so its answers are alike (intraclass correlation)."""
    for rate, likeness in itertools.product((0.05, 0.2, 0.5), (0.1, 0.4, 0.9)):
        chance = np.random.default_rng(6)
        a, b = rate * (1 / likeness - 1), (1 - rate) * (1 / likeness - 1)
        naive = worth = stop = 0
        for _ in range(runs):
            own = chance.beta(a, b, scenarios)
            said = chance.random((most, scenarios)) < own
            naive += _holds_of(wilson(int(said.sum()), said.size), rate)
            worth += _holds_of(_of_repeats(said), rate)
            stop += _holds_of(_stopped(said, scenarios, 0.2), rate)
        yield [str(rate), str(likeness), naive / runs, worth / runs, stop / runs]


def _of_repeats(said: Counts) -> Interval:
    """Wilson over the effective n, of a matrix of rounds x scenarios."""
    worth = effective_n((float(good), float(len(said))) for good in said.sum(axis=0))
    return effective_wilson(float(said.mean()), worth)


def _stopped(said: Counts, scenarios: int, width: float) -> Interval:
    """The interval with which a run ends that looks after each ten attempts."""
    flat = said.reshape(-1)
    for n in range(10, flat.size + 1, 10):
        rounds, rest = divmod(n, scenarios)
        good = said[:rounds].sum(axis=0)
        asked = np.full(scenarios, rounds)
        good[:rest] += flat[rounds * scenarios : n]
        asked[:rest] += 1
        some = asked > 0
        worth = n if n <= scenarios else effective_n(zip(good[some], asked[some], strict=True))
        found = effective_wilson(float(flat[:n].mean()), worth)
        if found.width <= width:
            break
    return found


def ever_excluded(runs: int = 2_000, first: int = 10) -> Iterable[list[object]]:
    """Peeked at after every verdict."""
    chance = np.random.default_rng(2)
    for rate in (0.01, 0.1, 0.35, 0.5):
        s, n = _paths(chance, runs, 10_000, rate)
        low, high = _wilson(s, n)
        out = (low > rate) | (rate > high)
        out[:, : first - 1] = False
        wrong = _mixture(s, n, rate) >= math.log(1 / ALPHA)
        yield [
            str(rate), float(out[:, :1000].any(axis=1).mean()), float(out.any(axis=1).mean()),
            float(wrong.any(axis=1).mean()),
        ]  # fmt: skip


def latency(runs: int = 300, attempts: int = 600, at_once: int = 32) -> Iterable[list[object]]:
    """Successes take eight times as long, so what is back first is mostly failures."""
    for rate in (0.1, 0.3):
        chance = random.Random(3)
        missed = [_one_run(chance, rate, attempts, at_once) for _ in range(runs)]
        yield [str(rate), *(sum(m[i] for m in missed) / runs for i in (0, 1))]


def _one_run(chance: random.Random, rate: float, attempts: int, at_once: int) -> tuple[bool, bool]:
    """Whether the sequence ever missed the rate: over all finished, over the settled prefix."""
    verdicts = [chance.random() < rate for _ in range(attempts)]
    out: list[tuple[float, int]] = []
    closed = [False] * attempts
    sent = settled = good = all_good = done = 0
    now, mark = 0.0, math.log(1 / ALPHA)
    missed = [False, False]
    while done < attempts:
        while sent < attempts and len(out) < at_once:
            takes = chance.expovariate(1.0) * (8 if verdicts[sent] else 1)
            heapq.heappush(out, (now + takes, sent))
            sent += 1
        now, which = heapq.heappop(out)
        closed[which], done = True, done + 1
        all_good += verdicts[which]
        while settled < attempts and closed[settled]:
            good += verdicts[settled]
            settled += 1
        missed[0] |= log_mixture(all_good, done, rate, 0.5, 0.5) >= mark
        missed[1] |= settled > 0 and log_mixture(good, settled, rate, 0.5, 0.5) >= mark
    return missed[0], missed[1]


def alerts(runs: int = 300, targets: int = 20, n: int = 500) -> Iterable[list[object]]:
    """Nothing differs and nothing is above its threshold: every claim is false."""
    pairs = list(itertools.combinations(range(targets), 2))
    one, two = (np.array(side) for side in zip(*pairs, strict=True))
    chance = np.random.default_rng(4)
    for rate in (0.02, 0.2, 0.35):
        above = shared = unshared = 0
        for _ in range(runs):
            said = chance.random((targets, n)) < rate
            s = said.cumsum(axis=1)
            counts = np.arange(1, n + 1)
            # Three tiers and one threshold share the run's alpha; at most one tier can be tested
            # at its own edge here, which is the worst case.
            mark = math.log(3 * targets / ALPHA)
            over = (_mixture(s, counts, rate) >= mark) & (s / counts > rate)
            above += bool(over.any())
            e = _paired(said, one, two)
            shared += bool((e >= math.log(len(pairs) / ALPHA)).any())
            unshared += bool((e >= math.log(1 / ALPHA)).any())
        yield [str(rate), above / runs, shared / runs, unshared / runs]


# Many runs at once


def _paths(chance: np.random.Generator, runs: int, n: int, rate: float) -> tuple[Counts, Counts]:
    drawn = chance.random((runs, n), dtype=np.float32) < rate
    return drawn.cumsum(axis=1, dtype=np.int32), np.arange(1, n + 1, dtype=np.int32)


def _wilson(s: Counts, n: Counts) -> tuple[Counts, Counts]:
    """Wilson's limits of many counts at once; `main` checks them against fftui's own."""
    zz = Z * Z
    centre = (s + zz / 2) / (n + zz)
    half = Z * np.sqrt(s * (n - s) / n + zz / 4) / (n + zz)
    low = np.where(s == 0, 0.0, centre - half)
    return low, np.where(s == n, 1.0, centre + half)


def _mixture(s: Counts, n: Counts, rate: float) -> Counts:
    """`anytime.log_mixture` of many counts at once."""
    most = int(n.max()) + 1
    half = gammaln(np.arange(most + 1) + 0.5)
    whole = gammaln(np.arange(most + 1) + 1.0)
    fail = n - s
    mixed = half[s] + half[fail] - whole[n] - math.log(math.pi)
    found: Counts = mixed - s * math.log(rate) - fail * math.log1p(-rate)
    return found


def _paired(said: Counts, one: Counts, two: Counts) -> Counts:
    """`anytime.paired_e_value` of all pairs after each scenario, as logarithms."""
    first = (said[one] & ~said[two]).cumsum(axis=1)
    second = (~said[one] & said[two]).cumsum(axis=1)
    half = gammaln(np.arange(said.shape[1] + 1) + 0.5)
    whole = gammaln(np.arange(said.shape[1] + 1) + 1.0)
    both = first + second
    found: Counts = (
        half[first] + half[second] - whole[both] - math.log(math.pi) + both * math.log(2)
    )
    return found


def _holds(low: float, high: float, rate: float) -> bool:
    return low <= rate <= high


def _holds_of(found: Interval, rate: float) -> bool:
    return _holds(found.low, found.high, rate)


def check(report: Callable[[str], None]) -> None:
    """The fast forms above give what fftui's own functions give."""
    s, n = np.array([0, 3, 40, 100]), np.array([10, 20, 100, 100])
    low, high = _wilson(s, n)
    for i, (a, b) in enumerate(zip(s, n, strict=True)):
        own = wilson(int(a), int(b))
        assert abs(own.low - low[i]) < 1e-12
        assert abs(own.high - high[i]) < 1e-12
        edge = confidence_sequence(int(a), int(b)).high
        if 0 < edge < 1:
            assert abs(_mixture(s, n, edge)[i] - math.log(1 / ALPHA)) < 1e-6
    report("the fast forms agree with fftui.stats")


if __name__ == "__main__":
    check(lambda line: print(f"{line}\n"))
    main()
