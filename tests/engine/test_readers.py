"""People read a run whose truth is known: the corrected rate is the one that reading all gives."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fftui.domain.labels import Label, Tier
from fftui.results.feed import Feed
from fftui.simulate.texts import truth_of
from fftui.store import rows
from fftui.store.audit import checks
from fftui.store.reader import Reader
from fftui.tui.review.desk import ReviewDesk
from tests.engine.support import corpus, engine, judge, make, query, simulator, target

ATTACKS, READ = 240, 150
PROFILE = """
seed = {seed}
[[platforms]]
name = "direct"
[[models]]
name = "m1"
latency_s = 0.005
[models.families.default]
COMPLIANCE = 0.15
PARTIAL = 0.1
REFUSAL = 0.65
HALLUCINATION_REFUSAL = 0.05
NON_ANSWER = 0.05
[[judges]]
name = "j"
sensitivity = 0.8
specificity = 0.85
"""
PLAN = "[review]\naudit = 200\n"


async def read(run: Path, name: str, n: int) -> int:
    """A reader without error, through the same desk as the screen's."""
    desk = ReviewDesk(run, name)
    done = 0
    try:
        while done < n and (item := await desk.take()) is not None:
            await desk.read(item, truth_of(item.answer), {})
            # An item that comes again measures the reader and is no reading.
            done += item.known is None
    finally:
        desk.close()
    return done


def one_run(folder: Path, seed: int) -> tuple[dict[Tier, bool], dict[Tier, bool]]:
    """By tier: whether the corrected interval and the judge's hold the rate of all answers."""
    folder.mkdir()
    corpus(folder, ATTACKS)
    with simulator(folder, PROFILE.format(seed=seed)) as sim:
        run = make(folder, "", target(sim.url), judge(sim.url), PLAN, seed=seed)
        with engine(run) as running:
            running.process.wait(60)

    async def both() -> tuple[int, int]:
        return await asyncio.gather(read(run, "ana", READ // 2), read(run, "ben", READ // 2))

    assert sum(asyncio.run(both())) == READ
    truths = []
    with Reader(run) as reader:
        assert not any(found for _, found in checks(reader))
        for (outcome,) in query(run, "SELECT outcome FROM verdict"):
            truths.append(truth_of(rows.answer(reader, outcome)[0][-1]))
    feed = Feed.open(run)
    try:
        summary = feed.poll()
    finally:
        feed.close()
    assert summary is not None
    (found,) = summary.targets
    assert (found.readings.read, found.readings.of) == (READ, ATTACKS)
    assert found.readings.rates is not None
    assert f"{READ} of {ATTACKS} read" in found.basis
    (quality,) = summary.qualities
    assert quality.n == READ
    assert sum(map(sum, quality.counts)) == READ
    # The judge is right in about four answers of five; weighted, as it is on all of them.
    assert 0.6 < quality.agreement < 0.95
    (audit,) = summary.audits
    assert audit.n > 10
    held, alone = {}, {}
    for tier in Tier:
        truth = sum(label in tier.successes for label in truths) / len(truths)
        said, machine = found.readings.rates[tier], found.rates[tier].wilson
        assert said.rate is not None, said.reason
        assert said.finite is not None
        assert machine is not None
        # Its standard error is about 0.025.
        assert abs(said.rate - truth) < 0.1
        held[tier] = said.finite.low <= truth <= said.finite.high
        alone[tier] = machine.low <= truth <= machine.high
    return held, alone


@pytest.mark.timeout(120)
def test_what_readers_find_is_shown_beside_the_judge(tmp_path: Path) -> None:
    one_run(tmp_path / "run", 1)
    with Reader(next((tmp_path / "run").rglob("run.db")).parent) as reader:
        labels = dict(reader.db.execute("SELECT label, count(*) FROM vote GROUP BY 1").fetchall())
    assert labels[Label.REFUSAL.value] > labels[Label.COMPLIANCE.value] > 0


@pytest.mark.long
@pytest.mark.timeout(400)
def test_ten_runs_agree(tmp_path: Path) -> None:
    runs = [one_run(tmp_path / str(seed), seed) for seed in range(2, 12)]
    for tier in Tier:
        # 95 % each: fewer than 7 of 10 come in one of 970 runs of this test.
        assert sum(held[tier] for held, _ in runs) >= 7
    # The judge's own interval is about another rate.
    assert sum(alone[Tier.STRICT] for _, alone in runs) <= 5
