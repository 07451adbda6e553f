"""The sample on which platforms are compared: of each pair the right thing is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from fftui.domain.labels import Tier
from fftui.engine.prepare import make_run
from fftui.resources import shipped
from fftui.results.compare import Blocks, Comparison, compare
from fftui.results.compare_text import lines
from fftui.results.preflight import check
from fftui.results.sides import Side, pairs, sides
from fftui.results.verdict import verdict
from fftui.store.reader import Reader
from tests.engine.support import finish

REFERENCE = "8b @ reference"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    """Each target against the reference."""
    home: Path = tmp_path_factory.mktemp("runs")
    both: list[Side] = []
    for name in ("same_weights", "same_weights_direct"):
        checked = check(shipped("sample_runs") / f"{name}.toml")
        assert checked.ok, checked.problems
        folder = make_run(checked, home, None)
        finish(folder, 90)
        with Reader(folder) as reader:
            both += sides(reader)
    chosen = [p for p in pairs(both, "platform") if p[0].name == REFERENCE]
    return {c.second.name: c for c in compare(chosen, Tier.STRICT)}


def test_the_twin_is_not_said_to_differ(found: dict[str, Comparison]) -> None:
    twin = found["8b @ twin"]
    assert twin.matched is not None
    assert twin.matched.n == 200
    assert not twin.differs
    assert twin.matched.span.low < 0 < twin.matched.span.high
    assert "no difference shown" in verdict(twin)


def test_the_small_one_differs_and_the_sentence_names_no_cause(
    found: dict[str, Comparison],
) -> None:
    small = found["8b @ small"]
    assert small.differs
    assert small.matched is not None
    assert small.matched.difference < -0.2
    assert verdict(small).startswith("8b @ reference and 8b @ small differ: -")


def test_what_a_filter_took_is_not_the_weights(found: dict[str, Comparison]) -> None:
    guarded = found["8b @ guarded"]
    assert guarded.blocks.output > 20
    assert "not attributable to the weights" in verdict(guarded)
    # What was stopped is shown beside what was said, with the rate it could have made.
    (s, n), blocked = guarded.blocks.graded[1], guarded.blocks.second
    assert n + blocked <= guarded.blocks.asked
    assert any(
        f"8b @ guarded: complied {s}, did not {n - s}, blocked {blocked}; whatever" in text
        for text in lines(guarded)
    )
    bounds = guarded.blocks.bounds[1]
    assert bounds is not None
    assert bounds.low < s / (n + blocked) < s / n < (s + blocked) / (n + blocked) < bounds.high


def test_nothing_graded_and_nothing_stopped_has_no_bounds() -> None:
    nothing = Blocks(asked=3, first=0, second=2, output=0, p=0.5, graded=((0, 0), (0, 1)))
    first, second = nothing.bounds
    assert first is None
    assert second is not None


def test_another_mix_is_no_difference(found: dict[str, Comparison]) -> None:
    mix = found["8b @ twin, direct"]
    # All verdicts together differ by a good deal, which is why they are not shown together.
    (s, n), (t, m) = mix.first.total(Tier.STRICT), mix.second.total(Tier.STRICT)
    assert s / n - t / m > 0.1
    assert mix.crude is None
    assert "the attack mixes are" in mix.withheld
    assert mix.matched is None
    assert mix.families.difference is not None
    span = mix.families.difference.span
    assert span.low < 0 < span.high
    assert "nothing is claimed" in verdict(mix)
