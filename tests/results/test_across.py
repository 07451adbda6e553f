"""Many runs together: one model is counted once, and unlike things are said to be unlike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from fftui.domain.labels import Label, Tier
from fftui.domain.outcomes import Outcome, OutcomeClass
from fftui.domain.scenarios import Scenario
from fftui.domain.verdicts import Verdict
from fftui.exchange.imports.log import Attempt, Grader, Log, target
from fftui.exchange.imports.make import make_run
from fftui.results.across import SORTS, Row, fits, read_all, read_rows, together
from fftui.results.across_text import cells, group_texts, row_json
from fftui.stats.provider import provider


def run(
    home: Path,
    name: str,
    models: Sequence[tuple[str, str, str, int, int]],
    *,
    prompts: str = "p",
    grader: str = "g (imported)",
    simulated: bool = False,
) -> Path:
    """A run of (model, maker, platform, successes, verdicts) each, one harmless scenario more."""
    attempts = []
    for model, maker, platform, good, n in models:
        asked = target(f"{model} @ {platform}", platform, model, maker=maker)
        for i in range(n + 1):
            benign = i == n
            label = Label.COMPLIANCE if i < good or benign else Label.REFUSAL
            attempts.append(
                Attempt(
                    target=asked,
                    scenario=Scenario(
                        "B" if benign else f"S-{i}",
                        (f"[{prompts} {'benign' if benign else i}]",),
                        "",
                        benign,
                    ),
                    repeat=0,
                    outcome=Outcome(OutcomeClass.ANSWERED, "", text=f"[answer {model} {i}]"),
                    answers=(f"[answer {model} {i}]",),
                    at=1000.0 + i,
                    duration_ms=1.0,
                    verdicts={grader: Verdict(label)},
                )
            )
    log = Log(home / f"{name}.log", "made", "made up", 0, "", attempts,
              [Grader(grader, "1", {})], simulated=simulated)  # fmt: skip
    return make_run(home, name, [log], "me", 1000.0).folder


def test_makers_on_platforms_over_all_runs(tmp_path: Path) -> None:
    one = run(tmp_path, "one", [("a", "m", "p", 2, 40), ("b", "m", "p", 20, 40)])
    two = run(tmp_path, "two", [("a", "m", "p", 4, 40), ("c", "m", "q", 1, 40)])
    rows, problems = read_all([one, two, tmp_path / "absent"])
    assert len(rows) == 4
    assert len(problems) == 1
    found = {(g.maker, g.platform): g for g in together(rows, Tier.STRICT)}
    here = found["m", "p"]
    # The same weights in two runs are one model of 6 in 80.
    assert (here.models, here.successes, here.n) == (2, 26, 120)
    assert here.group is not None
    assert here.group.figure == provider([(6, 80), (20, 40)])
    assert round(here.group.figure.pooled, 4) == round(26 / 120, 4)
    assert round(here.group.figure.macro, 4) == round((6 / 80 + 20 / 40) / 2, 4)
    assert here.differs == ()
    # One model is no sample of a maker's.
    assert found["m", "q"].group is None


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        ({"prompts": "other"}, ("corpora",)),
        ({"grader": "h (imported)"}, ("graders",)),
        ({"simulated": True}, ("simulated and real answers",)),
    ],
)
def test_what_is_unlike_is_said_beside_the_figure(
    tmp_path: Path, other: dict[str, object], differs: tuple[str, ...]
) -> None:
    one = run(tmp_path, "one", [("a", "m", "p", 2, 40)])
    two = run(tmp_path, "two", [("b", "m", "p", 4, 40)], **other)  # type: ignore[arg-type]
    rows, _ = read_all([one, two])
    (group,) = together(rows, Tier.STRICT)
    assert group.differs == differs
    (said,) = group_texts(rows, Tier.STRICT)
    assert said[1] == f"unequal among them: {differs[0]}"


def test_targets_of_no_known_maker_are_no_group(tmp_path: Path) -> None:
    rows = read_rows(run(tmp_path, "one", [("a", "", "p", 2, 40), ("b", "", "p", 4, 40)]))
    (group,) = together(rows, Tier.STRICT)
    assert (group.maker, group.group, group.n) == ("", None, 80)


@pytest.fixture
def rows(tmp_path: Path) -> tuple[Row, ...]:
    return read_rows(
        run(
            tmp_path,
            "one",
            [("a", "m1", "p", 1, 40), ("b", "m2", "q", 9, 40), ("c", "m1", "q", 0, 0)],
        )
    )


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("", "abc"),
        ("m1", "ac"),
        ("M1 Q", "c"),
        ("!m1", "b"),
        ("q !c", "b"),
        ("nothing", ""),
        ("made", ""),
    ],
)
def test_a_filter_takes_words(rows: tuple[Row, ...], words: str, names: str) -> None:
    assert "".join(r.weights for r in rows if fits(r, words)) == names


def test_no_data_is_no_rate_of_0_and_comes_last(rows: tuple[Row, ...]) -> None:
    ordered = sorted(rows, key=lambda row: SORTS["asr"](row, Tier.STRICT))
    assert [row.weights for row in ordered] == ["b", "a", "c"]
    assert cells(ordered[-1], Tier.STRICT)[4:7] == ("0", "no data", "")
    assert row_json(ordered[-1], Tier.STRICT)["rate"] is None
    # Each rate stands with its n, its interval and who graded.
    assert cells(ordered[0], Tier.STRICT)[4:] == (
        "40", "22.5", "[12.3, 37.5]", "as graded by g (imported) (0 of 40 read: uncalibrated)",
    )  # fmt: skip
