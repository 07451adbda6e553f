"""Judge error, repeats and peeking through the whole program, where the truth is known."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from fftui.domain.labels import Label, Tier
from fftui.domain.states import RunState
from fftui.results.feed import Feed
from fftui.simulate.texts import truth_of
from fftui.stats.two_phase import Corrected, Stratum, corrected
from fftui.store import rows
from fftui.store.reader import Reader
from tests.engine.support import corpus, engine, judge, make, query, simulator, target

RUNS, READ = 16, 70
SENSITIVITY, SPECIFICITY = 0.9, 0.8
# Families this far apart make the repeats of a scenario resemble one another.
PERSONA, DIRECT = 0.55, 0.05
TRUE = (PERSONA + DIRECT) / 2
AS_JUDGED = TRUE * SENSITIVITY + (1 - TRUE) * (1 - SPECIFICITY)
PROFILE = f"""
seed = {{seed}}
[[platforms]]
name = "direct"
[[models]]
name = "m1"
latency_s = {{{{ default = 0.005, COMPLIANCE = 0.04 }}}}
jitter = 0.3
[models.families.default]
REFUSAL = 1.0
[models.families.persona]
COMPLIANCE = {PERSONA}
REFUSAL = {1 - PERSONA}
[models.families.direct]
COMPLIANCE = {DIRECT}
REFUSAL = {1 - DIRECT}
[[judges]]
name = "j"
sensitivity = {SENSITIVITY}
specificity = {SPECIFICITY}
"""
PLAN = (
    '[[accounts]]\nname = "a"\nconcurrency = 16\nshared = false\n'
    '[[accounts]]\nname = "judge"\nconcurrency = 8\nshared = false\n[stop]\nwidth = 0.13\n'
)


def one_run(folder: Path, seed: int) -> tuple[bool, bool, bool, bool]:
    """Whether the bar, the sequence at every look, the judge's own bar for the truth, and the
    corrected rate hold."""
    folder.mkdir()
    corpus(folder, 240)
    with simulator(folder, PROFILE.format(seed=seed)) as sim:
        run = make(folder, "repeats = 3", target(sim.url), judge(sim.url), PLAN,
                   seed=seed)  # fmt: skip
        always = True
        with engine(run) as running:
            feed = Feed.open(run)
            try:
                while running.process.poll() is None:
                    summary = feed.poll()
                    sequence = summary.targets[0].rates[Tier.STRICT].anytime if summary else None
                    if sequence is not None:
                        always = always and sequence.low <= AS_JUDGED <= sequence.high
                feed.poll()
            finally:
                feed.close()
        again = Feed.open(run)
        try:
            last = again.poll()
        finally:
            again.close()
    assert last is not None
    assert last.state is RunState.DONE
    bar = last.targets[0].rates[Tier.STRICT].wilson
    assert bar is not None
    read = corrected(readings(run, random.Random(seed)))
    assert isinstance(read, Corrected)
    return (
        bar.low <= AS_JUDGED <= bar.high,
        always,
        bar.low <= TRUE <= bar.high,
        read.wider.low <= TRUE <= read.wider.high,
    )


def readings(run: Path, chance: random.Random) -> list[Stratum]:
    """A reader without error reads some of what the judge called compliance and of the rest."""
    groups: dict[str, list[bool]] = {}
    with Reader(run) as reader:
        for outcome, judged in query(run, "SELECT outcome, label FROM verdict ORDER BY outcome"):
            answers, _ = rows.answer(reader, outcome)
            groups.setdefault(judged, []).append(truth_of(answers[-1]) is Label.COMPLIANCE)
    return [
        Stratum(name, len(found), READ, sum(chance.sample(found, READ)))
        for name, found in sorted(groups.items())
    ]


@pytest.mark.long
@pytest.mark.timeout(400)
def test_what_is_shown_holds_when_all_of_it_comes_together(tmp_path: Path) -> None:
    held = [one_run(tmp_path / str(seed), seed) for seed in range(RUNS)]
    bar, always, alone, read = (sum(column) for column in zip(*held, strict=True))
    # 95 % each: fewer than 13 of 16 come in one of 150 runs of this test.
    assert bar >= 13
    assert always >= 13
    assert read >= 13
    # Without the readings the judge's error stands: its bar is not about the truth.
    assert alone <= 3
