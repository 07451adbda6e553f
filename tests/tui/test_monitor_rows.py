"""What the monitor's lines say, made without a terminal."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fftui.domain.labels import Label, Tier
from fftui.domain.states import RunState, TargetState
from fftui.results.numbers import EMPTY_AS_REFUSALS, Variant, WhoRefused
from fftui.results.readings import Readings, ReadRate
from fftui.results.view import EngineView, RunSummary
from fftui.stats.interval import Interval
from fftui.stats.proportion import wilson
from fftui.store.now import WindowNow
from fftui.tui.draw.glyphs import ASCII, UNICODE
from fftui.tui.draw.line import Tone
from fftui.tui.monitor import about, activity, budget, detail, families, flags, header
from fftui.tui.monitor.account import Level
from fftui.tui.monitor.columns import columns, ordered
from fftui.tui.monitor.layout import sizes
from fftui.tui.monitor.scene import Scene, steadied
from fftui.tui.monitor.selected import column
from fftui.tui.monitor.targets import matches, over_refusal
from tests.tui import fake
from tests.tui.fake import NOW

_KINDS = ("requests/minute", "requests/day", "tokens/minute", "tokens/day", "usd")


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


@pytest.mark.parametrize(("s", "n"), [(40, 40), (9999, 9999), (12345, 12345), (98765, 123456)])
@pytest.mark.parametrize("width", [80, 120, 160])
def test_no_number_of_a_target_is_ever_cut_short(s: int, n: int, width: int) -> None:
    all_of_them = Interval(0.943, 1.0)
    people = dict.fromkeys(Tier, ReadRate(1.0, all_of_them, all_of_them))
    others = dict.fromkeys(Tier, (Variant("without cut answers", s, n, wilson(s, n)),))
    target = fake.target(1, "t", s, n, planned=n, basis="as graded by j", variants=others,
                         readings=Readings(n, n, 0, people))  # fmt: skip
    made = scene(fake.run([target]))
    inner = max(sizes(120, 40, 1, 1).selected, sizes(width, 40, 1, 1).selected) - 3
    rows = [*column(made, target, inner, 200), *about.page(made, target, width - 1),
            *families.cells(made, target, width)]  # fmt: skip
    assert [row.text for row in rows if "…" in row.text] == []


@pytest.mark.parametrize("width", [38, 48])
def test_a_long_reason_is_told_to_its_end_below_the_state(width: int) -> None:
    why = "33 calls in a row gave nothing usable, last: connect refused"
    for reason, rows in (("by root", 1), (why, 3)):
        target = fake.target(1, state=TargetState.PAUSED, reason=reason)
        lines = [line.text for line in column(scene(fake.run([target])), target, width, 40)]
        at = next(i for i, row in enumerate(lines) if row.startswith("served by"))
        assert at == 1 + rows
        assert " ".join(" ".join(lines[1:at]).split()).endswith(reason)


def test_benign_targets_have_over_refusal_and_no_asr() -> None:
    target = fake.benign(1, "smollm2 @ local", 7, 60)
    assert over_refusal(target) == "over-refusal 7/60  [5.8, 22.2] %"
    lines = [line.text for line in column(scene(fake.run([target])), target, 44, 40)]
    assert not any("attack success" in line for line in lines)
    assert any("over-refusal" in line and "7/60" in line for line in lines)
    (row,) = [line.text for line in families.cells(scene(fake.run([target])), target, 80)[1:]]
    assert row.split()[:3] == ["harmless", "7/60", "11.7"]
    assert "outside the ASR" in row
    assert row.endswith("[5.8, 22.2]")


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


def _said(run: RunSummary, width: int = 60, level: Level = Level.LEAST, **how: Any) -> list[str]:
    return [line.text for line in budget.accounts(scene(run, **how), width, level)]


def test_each_window_is_a_gauge_with_source_and_reset() -> None:
    run = fake.run([fake.target()], accounts=(_account(waiting=("a", "b")), fake.account("x")))
    lines = _said(run)
    assert "2 wait: a, b" in lines[0]
    assert "4/20" in lines[1]
    assert "own count" in lines[1]
    assert "45s" in lines[1]
    assert "2/50" in lines[2]
    assert "▲" in lines[2]
    assert "4h12" in lines[2]
    assert lines[3].strip() == "no limit known: x"


def test_a_resting_run_shows_times_that_stand_still() -> None:
    target = fake.target(account="free", eta_s=900.0)
    run = fake.run([target], accounts=(_account(),), state=RunState.PAUSED)
    for level in Level:
        first = budget.accounts(scene(run), 60, level)
        assert first == budget.accounts(scene(run, now=NOW + 30), 60, level)
        assert not any("done in" in line.text for line in first)


def test_a_paused_account_comes_first_in_the_tone_of_errors_with_the_way_out() -> None:
    held = fake.account("held", paused="key refused: http 401")
    run = fake.run([fake.target()], accounts=(_account(waiting=("a",)), held))
    first, second, *_ = budget.accounts(scene(run), 39, Level.LEAST)
    assert "held paused: key refused" in first.text
    assert all(piece.tone is Tone.BAD for piece in first.pieces)
    assert "R resumes it once mended" in second.text
    resting = replace(run, state=RunState.PAUSED)
    assert "p resumes it" in budget.accounts(scene(resting), 39, Level.LEAST)[1].text


def test_a_shut_account_says_until_when_and_why_where_there_is_room() -> None:
    shut = _account(waiting=("a",), blocked_until=NOW + 9000, reason="requests/day spent")
    run = fake.run([fake.target()], accounts=(shut,))
    assert "requests/day spent until" in _said(run, 79)[0]
    narrow = _said(run, 39)[0]
    assert "until" in narrow
    assert "1 waits" in narrow
    assert "until" not in _said(run, 79, now=NOW + 9001)[0]


@pytest.mark.parametrize(
    ("places", "says"),
    [
        (8, "3 of 8 places, adapted from 32"),
        (32, "3 of 32 places in use"),
        (0, "3 of 32 places in use"),
    ],
)
def test_places_are_told_as_adapted_only_where_they_are_fewer(places: int, says: str) -> None:
    run = fake.run([fake.target()], accounts=(fake.account("a", places=places, in_flight=3),))
    assert says in " ".join(_said(run, 60, Level.SOME))


def _paid(left: float, limit: float, spent: float | None) -> RunSummary:
    window = WindowNow("usd", limit, left, None, "plan")
    return fake.run([fake.target()], accounts=(fake.account("a", window, spent_usd=spent),))


def test_a_run_that_is_over_tells_what_it_has_spent_and_no_window() -> None:
    for spent, says in ((1.25, "$1.25 spent"), (None, "cost unknown"), (0.0, "no cost")):
        run = _paid(3.5, 5.0, spent)
        (said,) = _said(replace(run, state=RunState.DONE, engine=EngineView(None, False, NOW)))
        assert says in said


def test_money_is_a_gauge_and_unknown_cost_is_no_zero() -> None:
    said = " ".join(_said(_paid(3.8, 5.0, 1.2), 60, Level.SOME))
    assert "3.80/5.00" in said
    assert "$1.20 spent" in said
    unknown = " ".join(_said(_paid(3.8, 5.0, None), 60, Level.SOME))
    assert "cost unknown" in unknown
    assert "$0" not in unknown
    assert "0.00" not in " ".join(_said(_paid(0.004, 5.0, 1.2), 60)).split("/")[0]
    free = fake.run([fake.target()], accounts=(fake.account("a", spent_usd=None),))
    assert "cost unknown" in " ".join(_said(free, 60, Level.SOME))
    nothing = " ".join(_said(_paid(0.0, 0.0, 0.0), 60, Level.SOME))
    assert "nothing may be spent" in nothing
    assert "▲" not in nothing


def test_the_end_is_the_latest_targets_and_unknown_where_one_is() -> None:
    targets = [
        fake.target(1, "one", account="a", eta_s=900.0),
        fake.target(2, "two", account="a", eta_s=9000.0),
        fake.target(3, "over", account="a", eta_s=None, state=TargetState.FINISHED),
        fake.target(4, "other", account="b", eta_s=1e6),
    ]
    run = fake.run(targets, accounts=(fake.account("a"),))
    foot = _said(run, 60, Level.SOME)[-1]
    assert "done in 2h30" in foot
    assert "last two" in foot
    each = _said(run, 60, Level.ALL)
    assert "one" in each[2]
    assert "done in 15m" in each[2]
    assert len(each) == 4
    run = replace(run, targets=(replace(targets[0], eta_s=None), *targets[1:]))
    assert "end unknown for 1 of 2" in _said(run, 60, Level.SOME)[-1]


@pytest.mark.parametrize("width", [39, 46, 60, 90, 159])
@pytest.mark.parametrize("level", list(Level))
def test_no_line_of_the_budget_is_too_wide(width: int, level: Level) -> None:
    long = "a-very-long-name-of-a-target @ a-platform-with-a-name"
    accounts = (
        _account(waiting=(long, long), blocked_until=NOW + 99_999, reason="tokens/minute spent",
                 places=3, spent_usd=123.456),
        fake.account(long, WindowNow("usd", 12.5, 0.001, None, "plan"), paused=long * 3),
        fake.account("x", WindowNow("tokens/day", 5e6, None, NOW + 5, "header")),
    )  # fmt: skip
    run = fake.run([fake.target(name=long, account="free")], accounts=accounts)
    found = budget.accounts(scene(run), width, level)
    assert max(line.cells for line in found) <= width


@given(
    remaining=st.floats(0, 1e7), limit=st.floats(0, 1e7), kind=st.sampled_from(_KINDS),
    width=st.integers(39, 120),
)  # fmt: skip
def test_any_amount_keeps_its_column(remaining: float, limit: float, kind: str, width: int) -> None:
    window = WindowNow(kind, limit, min(remaining, limit), NOW + 60, "own count")
    run = fake.run([fake.target()], accounts=(fake.account("a", window),))
    line = budget.accounts(scene(run), width, Level.LEAST)[1]
    assert line.cells <= width
    assert line.text.rstrip().endswith("60s")


def test_the_pane_tells_as_much_as_fits() -> None:
    run = fake.run([fake.target(account="free")], accounts=(_account(), fake.account("x")))
    rows = [len(budget.told(scene(run), 60, room, alone=False)) for room in (4, 6, 40)]
    assert rows == sorted(rows)
    assert rows[0] <= 4
    assert len(set(rows)) == 3


# Who answered, who refused, counted otherwise


def _served_by_two(**changes: Any) -> Any:
    two = (fake.identity("A", 31, fingerprint="f1"), fake.identity("B", 9, fingerprint="f2"))
    return fake.target(s=9, n=40, answered_by=two, **changes)


@pytest.mark.parametrize("width", [60, 80, 120, 160])
def test_more_than_one_identity_marks_the_row_however_narrow(width: int) -> None:
    run = fake.run([_served_by_two(), fake.target(2)])
    ids = next(c for c in columns(run, width) if c.id == "identities")
    assert ids.cell(run.targets[0], Tier.STRICT).text.strip() == "2"
    assert ids.cell(run.targets[1], Tier.STRICT).text.strip() == ""
    alone = fake.run([fake.target()])
    assert all(c.id != "identities" for c in columns(alone, width))


def test_identities_are_told_apart_with_their_own_counts() -> None:
    target = _served_by_two()
    run = fake.run([target])
    drift = "answered by 2 upstreams: A 31, B 9; fingerprints differ too"
    assert "answered by 2 upstreams: A 31, B" in detail.detail(scene(run), target, 120).text
    page = "\n".join(line.text for line in about.page(scene(run), target, 79))
    assert drift in page
    assert "1 A" in page
    assert "7/31" in page
    assert "2/9" in page
    side = "\n".join(line.text for line in column(scene(run), target, 44, 60))
    assert "7/31" in side
    assert "2/9" in side


def test_one_identity_is_no_alarm() -> None:
    target = fake.target()
    page = "\n".join(line.text for line in about.page(scene(fake.run([target])), target, 79))
    assert "who answered" not in page
    assert "answered by  model" in page


def test_who_refused_is_told_by_who_said_no() -> None:
    target = fake.target(who_refused=WhoRefused(41, 3, 5, 2, 12))
    lines = [line.text for line in column(scene(fake.run([target])), target, 44, 80)]
    for name, n in (("in its words", 41), ("input block", 3), ("output block", 5), ("unknown", 2)):
        assert any(line.startswith(name) and line.rstrip().endswith(str(n)) for line in lines)
    assert any("12 answers in the same words" in line for line in lines)
    assert "12 in the same words" in detail.detail(scene(fake.run([target])), target, 200).text


def test_the_rate_counted_otherwise_has_n_and_interval_and_is_hidden_where_it_is_the_same() -> None:
    other = (Variant(EMPTY_AS_REFUSALS, 43, 190, wilson(43, 190)),)
    target = fake.target(variants=dict.fromkeys(Tier, other))
    shown = scene(fake.run([target]))
    low = wilson(43, 190).low * 100
    for lines in (column(shown, target, 35, 80), about.page(shown, target, 79)):
        text = "\n".join(line.text for line in lines)
        assert "counted otherwise" in text
        assert "43/190" in text
        assert f"[{low:.1f}" in text
    assert "empty replies left out" in header.basis(shown, 160).text
    plain = scene(fake.run([fake.target()]))
    assert "empty replies" not in header.basis(plain, 160).text
    same = about.page(plain, fake.target(), 79)
    assert not any("counted otherwise" in line.text for line in same)


@pytest.mark.parametrize("width", [60, 80, 110])
def test_no_line_about_a_target_is_too_wide(width: int) -> None:
    target = _served_by_two(reason="a long reason " * 9, tags=("generation:3",) * 9)
    assert max(line.cells for line in about.page(scene(fake.run([target])), target, width)) <= width


# The run as a whole


def test_a_run_that_is_done_fills_its_bar_and_says_why_it_stopped_early() -> None:
    early = fake.target(state=TargetState.FINISHED, in_flight=0)
    used = fake.target(2, n=396, state=TargetState.EXHAUSTED, in_flight=0)
    run = fake.run([early], state=RunState.DONE)
    for width in (80, 120, 160):
        text = header.pulse(scene(run), width).text
        assert UNICODE.track not in text
        assert "stopped at width 10" in text
    both = fake.run([early, used], state=RunState.DONE)
    assert "1 of 2 stopped at width 10" in header.pulse(scene(both), 160).text
    assert "stopped" not in header.pulse(scene(replace(run, state=RunState.RUNNING)), 160).text
    stopped = replace(run, state=RunState.STOPPED)
    assert UNICODE.track in header.pulse(scene(stopped), 80).text


def test_the_header_counts_accounts_that_hold_the_run_up() -> None:
    stuck = (
        fake.account("a", paused="key refused"),
        fake.account("b", waiting=("t",)),
        fake.account("c", waiting=("t",)),
    )
    text = header.pulse(scene(fake.sample(accounts=stuck)), 160).text
    assert "1 account paused" in text
    assert "2 accounts wait" in text
    assert "1 account paused" in header.pulse(scene(fake.sample(accounts=stuck)), 80).text
    assert "account" not in header.pulse(scene(fake.sample(accounts=())), 160).text


def test_a_run_without_attacks_speaks_of_no_asr() -> None:
    text = header.basis(scene(fake.run([fake.benign(1, "a")])), 120).text
    assert "over-refusal" in text
    assert "ASR" not in text
    mixed = fake.run([fake.benign(1, "a"), fake.target(2)])
    assert "strict ASR" in header.basis(scene(mixed), 120).text


# Flags, and rest


@pytest.mark.parametrize(
    ("width", "live", "over"), [(80, "now", "last"), (120, "in this minute", "in its last minute")]
)
def test_the_chart_says_what_it_counts_and_when(width: int, live: str, over: str) -> None:
    for state, when in ((RunState.RUNNING, live), (RunState.DONE, over)):
        rows = [row.text for row in activity.chart(scene(fake.sample(state=state)), width)]
        assert rows[0].rstrip().endswith(when)
        assert rows[1].split()[0] == "verdicts"
        assert all(len(row) < width for row in rows)


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
