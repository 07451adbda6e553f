"""What the monitor's lines say, made without a terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fftui.domain.labels import Label, Tier
from fftui.domain.states import RunState, TargetState
from fftui.results.view import EngineView, RunSummary
from fftui.store.records import WindowNow
from fftui.tui.draw.glyphs import ASCII, UNICODE
from fftui.tui.monitor import budget, detail, flags, header
from fftui.tui.monitor.columns import columns, ordered
from fftui.tui.monitor.layout import sizes
from fftui.tui.monitor.scene import Scene, steadied
from fftui.tui.monitor.selected import column
from fftui.tui.monitor.targets import matches, over_refusal
from tests.tui import fake
from tests.tui.fake import NOW


def scene(summary: RunSummary, **changes: Any) -> Scene:
    made = Scene(summary, Tier.STRICT, NOW, UNICODE, target=1)
    return replace(made, **changes)


# Alive?


@pytest.mark.parametrize("age", [0.0, 0.6, 1.9])
def test_a_healthy_engine_reads_the_same_at_every_look(age: float) -> None:
    run = fake.run([fake.target()], engine=EngineView(1, True, NOW - age))
    assert "engine 1s ago" in header.pulse(scene(run), 80).text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"engine": EngineView(1, True, NOW - 6)}, "ENGINE LOST"),
        ({"engine": EngineView(1, False, NOW - 1)}, "ENGINE LOST"),
        ({"state": RunState.DEAD}, "ENGINE LOST"),
        ({"engine": EngineView(1, True, NOW - 4)}, "engine 4s ago"),
        ({"state": RunState.STARTING, "engine": EngineView(None, False, None)}, "engine starting"),
        ({"state": RunState.DONE, "engine": EngineView(None, False, NOW - 900)}, "no engine"),
        ({"state": RunState.PAUSED}, "PAUSED"),
    ],
)
@pytest.mark.parametrize("width", [60, 80, 120, 160])
def test_the_header_says_how_the_engine_is(changes: Any, says: str, width: int) -> None:
    line = header.pulse(scene(fake.sample(**changes)), width)
    assert says in line.text
    assert line.cells <= width


def test_a_lost_engine_says_the_way_out() -> None:
    assert "R resume" in header.pulse(scene(fake.sample(state=RunState.DEAD)), 80).text


def test_simulated_stands_first_and_the_basis_follows() -> None:
    text = header.basis(scene(fake.sample()), 80).text
    assert text.split("·")[0].strip() == "simulated"
    assert "strict ASR" in text
    assert "uncalibrated" in text
    real = fake.sample(simulated=False)
    assert "simulated" not in header.basis(scene(real), 80).text


def test_frozen_counts_what_came_since() -> None:
    assert header.basis(scene(fake.sample(), frozen=120), 80).text.rstrip().endswith("FROZEN +120")


# Honest?


def test_no_data_is_said_and_never_zero() -> None:
    run = fake.run([fake.no_data(1, "x @ sim")])
    cells = {c.id: c.cell(run.targets[0], Tier.STRICT).text.strip() for c in columns(run, 120)}
    assert cells["rate"] == "no data"
    assert cells["width"] == ""
    assert "no data" in detail.detail(scene(run), run.targets[0], 120).text


@pytest.mark.parametrize(("n", "says"), [(12, "~25.0%"), (48, "~25.0%"), (60, "25.0%")])
def test_few_labels_are_marked(n: int, says: str) -> None:
    run = fake.run([fake.target(s=n // 4, n=n)])
    cells = {c.id: c.cell(run.targets[0], Tier.STRICT) for c in columns(run, 80)}
    assert cells["rate"].text.strip() == says
    assert (cells["rate"].tone == "faint") == (n < 20)


def test_zero_of_n_says_what_it_excludes() -> None:
    settled = fake.target(s=0, n=35, in_flight=0)
    assert "0 of 35: below 9.9 %" in detail.detail(scene(fake.run([settled])), settled, 120).text


def test_zero_with_calls_out_speaks_by_the_settled_prefix() -> None:
    busy = fake.target(s=0, n=35, in_flight=3)
    high = busy.rates[Tier.STRICT].anytime
    assert high is not None
    text = detail.detail(scene(fake.run([busy])), busy, 120).text
    assert f"below {high.high * 100:.1f} %" in text
    early = fake.target(s=0, n=35, in_flight=12, early=True)
    text = detail.detail(scene(fake.run([early])), early, 120).text
    assert "0 of 35 so far" in text
    assert "below" not in text
    assert "early: 12 out" in text


@pytest.mark.parametrize("state", list(TargetState))
@pytest.mark.parametrize("early", [True, False])
def test_early_is_said_in_every_state(state: TargetState, early: bool) -> None:
    target = fake.target(state=state, early=early)
    run = fake.run([target])
    text = " ".join(c.cell(target, Tier.STRICT).text for c in columns(run, 80))
    assert ("early" in text) == early


def test_benign_targets_have_over_refusal_and_no_asr() -> None:
    target = fake.benign(1, "smollm2 @ local", 7, 60)
    assert over_refusal(target) == "over-refusal 7/60  [5.8, 22.2] %"
    lines = [line.text for line in column(scene(fake.run([target])), target, 44, 40)]
    assert not any("attack success" in line for line in lines)
    assert any("over-refusal" in line and "7/60" in line for line in lines)


# How sure?


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160, 220])
def test_columns_fit_their_width(width: int) -> None:
    found = columns(fake.sample(), width)
    assert 4 + sum(c.width + 1 for c in found) <= width
    assert {"state", "name", "usable", "rate", "axis", "width"} <= {c.id for c in found}


def test_sorting_puts_what_has_no_value_last() -> None:
    run = fake.sample()
    by = next(c for c in columns(run, 200) if c.id == "rate")
    for down in (True, False):
        names = [t.id for t in ordered(run.targets, by, Tier.STRICT, down=down)]
        assert set(names[-2:]) == {5, 6}
    assert [t.id for t in ordered(run.targets, by, Tier.STRICT, down=True)][:2] == [7, 1]


def test_the_filter_looks_at_all_words_of_a_row() -> None:
    target = fake.target(name="a @ b", platform="openrouter", tags=("generation:3",))
    for text in ("A @", "router", "generation", ""):
        assert matches(target, text)
    assert not matches(target, "!router")
    assert matches(target, "!ollama")


# What is left, what waits?


def _account(**changes: Any) -> Any:
    windows = (
        WindowNow("requests/minute", 20, 4, NOW + 42, "own count"),
        WindowNow("requests/day", 50, 2, NOW + 15_120, "plan"),
    )
    return fake.account("free", *windows, **changes)


def test_each_window_is_a_gauge_with_source_and_reset() -> None:
    run = fake.run([fake.target()], accounts=(_account(waiting=("a", "b")), fake.account("x")))
    lines = [line.text for line in budget.accounts(scene(run), 60)]
    assert "2 wait: a, b" in lines[0]
    assert "4/20" in lines[1]
    assert "own count" in lines[1]
    assert "45s" in lines[1]
    assert "2/50" in lines[2]
    assert "▲" in lines[2]
    assert "4h12" in lines[2]
    assert lines[3].strip() == "no limit known: x"
    for width in (39, 46, 60, 90):
        assert all(line.cells <= width for line in budget.accounts(scene(run), width))


def test_a_resting_run_shows_times_that_stand_still() -> None:
    run = fake.run([fake.target()], accounts=(_account(),), state=RunState.PAUSED)
    first = budget.accounts(scene(run), 60)
    later = budget.accounts(scene(run, now=NOW + 30), 60)
    assert first == later


def test_flags_show_labels_and_never_text() -> None:
    c, p = Label.COMPLIANCE, Label.PARTIAL
    same = flags.row(fake.flag(1, "t", "persona", c, c), 40, UNICODE)
    clash = flags.row(fake.flag(1, "t", "persona", p, c), 40, ASCII)
    assert same[-1].text == "C"
    assert clash[-1].text == "P/C"


def test_only_clocks_moving_change_nothing_while_a_run_rests() -> None:
    def accounts(at: float) -> Any:
        return (fake.account("a", WindowNow("requests/minute", 20, 4, at, "own count")),)

    before = fake.sample(state=RunState.PAUSED, accounts=accounts(NOW + 9))
    beat = EngineView(4711, True, NOW + 5)
    after = replace(before, engine=beat, elapsed_s=9000.0, eta_s=1.0, activity=fake.activity(0))
    after = replace(after, accounts=accounts(NOW + 69))
    assert steadied(before, after) == replace(before, engine=beat)
    moved = replace(after, done=before.done + 1)
    assert steadied(before, moved) is moved
    running = replace(after, state=RunState.RUNNING)
    assert steadied(before, running) is running


@pytest.mark.parametrize(("width", "height"), [(60, 16), (80, 24), (120, 40), (160, 50)])
@pytest.mark.parametrize("count", [1, 5, 8, 200])
@pytest.mark.parametrize("rows", [1, 6, 40])
def test_every_pane_has_room(width: int, height: int, count: int, rows: int) -> None:
    share = sizes(width, height, count, rows)
    left = height - 2 - 1 - 1 - share.targets - share.middle
    assert min(share.targets, share.middle, left) >= 3
    assert (share.selected > 0) == (width >= 120)
