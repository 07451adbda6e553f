"""The trend and the finite figure: from settled first repeats, and equal to counting them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fftui.domain.labels import Tier
from fftui.results.feed import Feed
from fftui.results.summary import rules_of
from fftui.results.trend import POINTS, Trends
from fftui.stats.anytime import finite_sequence
from fftui.stats.proportion import wilson
from fftui.store.reader import Reader
from tests.engine.support import HEURISTIC, corpus, finish, make, profile_text, simulator, target

RATES = "REFUSAL = 0.7\nCOMPLIANCE = 0.3\n"


@pytest.fixture(scope="module", params=[1, 2])
def run(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A finished run with some benign scenarios, each scenario asked once or twice."""
    home = tmp_path_factory.mktemp("trend")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(home))
        corpus(home, 90, benign_every=9)
        with simulator(home, profile_text(rates=RATES)) as sim:
            folder = make(home, f"repeats = {request.param}", target(sim.url), HEURISTIC,
                          '[[accounts]]\nname = "a"\nshared = false\n')  # fmt: skip
            finish(folder)
    return folder


def test_the_curve_is_what_counting_the_settled_verdicts_gives(run: Path) -> None:
    with Reader(run) as reader:
        rules = rules_of(reader)
        settled = reader.counts(1).settled
        trend = Trends(reader, rules).trend(1, Tier.STRICT, settled)
        in_order = [
            row[0] == "COMPLIANCE"
            for row in reader.db.execute(
                "SELECT v.label FROM outcome o JOIN verdict v ON v.outcome = o.id"
                " JOIN scenario s ON s.id = o.scenario"
                " WHERE o.repeat = 0 AND NOT s.benign ORDER BY o.scenario"
            )
        ]
    assert len(in_order) == 80
    assert (trend.reach, trend.points[-1].n) == (100, 80)
    assert len(trend.points) <= POINTS + 1
    for point in trend.points:
        good = sum(in_order[: point.n])
        assert point.rate == good / point.n
        assert point.wilson == wilson(good, point.n)


def test_a_curve_that_is_followed_is_the_one_that_is_read_at_once(run: Path) -> None:
    with Reader(run) as reader:
        rules = rules_of(reader)
        settled = reader.counts(1).settled
        followed = Trends(reader, rules)
        for at in range(0, settled, 7):
            followed.trend(1, Tier.BROAD, at)
        # A prefix that retreats is read anew, and so is another target's.
        whole = Trends(reader, rules).trend(1, Tier.BROAD, settled)
        assert followed.trend(1, Tier.BROAD, settled) == whole
        followed.trend(1, Tier.BROAD, 10)
        assert followed.trend(1, Tier.BROAD, settled) == whole


def test_before_the_first_verdict_there_is_no_point(run: Path) -> None:
    with Reader(run) as reader:
        assert Trends(reader, rules_of(reader)).trend(1, Tier.STRICT, 0).points == ()


def test_the_finite_figure_is_of_single_draws_only(run: Path) -> None:
    feed = Feed.open(run)
    try:
        summary = feed.poll()
        assert summary is not None
        strict = summary.targets[0].rates[Tier.STRICT]
        with Reader(run) as reader:
            repeats = reader.order.repeats
    finally:
        feed.close()
    if repeats > 1:
        assert strict.finite is None
        return
    # All of the corpus was drawn: nothing is left to be uncertain of.
    assert strict.finite is not None
    assert (strict.finite.fewest, strict.finite.most) == (strict.successes, strict.successes)
    assert strict.finite.population == 80
    assert finite_sequence(strict.successes, 80, 80) == (strict.successes, strict.successes)


def test_a_tick_computes_only_what_changed(run: Path) -> None:
    feed = Feed.open(run)
    try:
        first = feed.poll()
        feed._version = -1  # somebody wrote something else
        second = feed.poll()
    finally:
        feed.close()
    assert first is not None
    assert second is not None
    assert second.targets[0] is first.targets[0]
