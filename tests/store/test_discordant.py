"""Answers that are read before any other, and what that leaves of the pools they came from."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fftui.domain.labels import Label, Tier
from fftui.domain.readings import Pool
from fftui.domain.verdicts import Place
from fftui.results.readings import next_pools, readings
from fftui.store.audit import checks
from fftui.store.claims import Claim, Enrol
from fftui.store.discordant import ReadFirst
from fftui.store.folder import database
from fftui.store.reader import Reader
from fftui.store.recount import votes_apart
from fftui.store.review_figures import pools, queue_counts
from fftui.store.reviews import Read, Seen, Undo
from fftui.store.writer import append
from tests.store.support import close, made, verdict

C, R = Label.COMPLIANCE, Label.REFUSAL
NOW = 2e9


def with_items(home: Path, n: int) -> Path:
    """Answers in the rest, of which the first half is drawn."""
    folder = made(home, scenarios=n, targets=1, graders=2)
    for i in range(1, n + 1):
        outcome = append(database(folder), close(i, text=""))
        assert outcome is not None
        place = Place(Pool.REST, "audit:REFUSAL", "REFUSAL", 0.5, (i - 1) / n)
        one = verdict(outcome, 1, R)
        append(database(folder), type(one)(outcome, 1, one.result, 1e9, (), place))
    return folder


def sound(folder: Path) -> bool:
    with Reader(folder) as reader:
        return not any(found for _, found in checks(reader))


def test_they_are_given_before_all_else_also_where_no_draw_chose_them(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 8)
    ana = append(database(folder), Enrol("ana", NOW))
    assert append(database(folder), ReadFirst((7, 8, 99), NOW)) == 2
    assert append(database(folder), ReadFirst((7, 8), NOW)) == 0
    given = []
    for _ in range(2):
        with Reader(folder) as reader:
            order = next_pools(reader, Tier.STRICT, [1])
        found = append(database(folder), Claim(ana, order, NOW))
        assert found is not None
        given.append(found.outcome)
        append(database(folder), Read(ana, "s", found.outcome, C, NOW, found.token))
    assert sorted(given) == [7, 8]
    with Reader(folder) as reader:
        counts = {p.pool: (p.size, p.drawn, p.finals) for p in pools(reader, 1)}
        flags = reader.db.execute("SELECT outcome, stratum FROM flag").fetchall()
    assert counts == {
        Pool.REST: (6, 4, {}),
        Pool.DISCORDANT: (2, 2, {("REFUSAL", C): 2}),
    }
    assert flags == [(7, "discordant:REFUSAL"), (8, "discordant:REFUSAL")]
    assert sound(folder)


def test_who_was_shown_a_verdict_reads_it_last_and_not_blind(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 6)
    assert append(database(folder), Seen("ana", 1, NOW))
    assert not append(database(folder), Seen("ana", 1, NOW))
    assert not append(database(folder), Seen("ana", 99, NOW))
    ana, ben = (append(database(folder), Enrol(name, NOW)) for name in ("ana", "ben"))
    given = []
    for _ in range(3):
        found = append(database(folder), Claim(ana, [(1, Pool.REST)], NOW))
        assert found is not None
        given.append(found.outcome)
        append(database(folder), Read(ana, "s", found.outcome, R, NOW, found.token))
    assert given[-1] == 1
    with Reader(folder) as reader:
        (pool,) = pools(reader, 1)
        assert pool.finals == {("REFUSAL", R): 2}
        assert reader.db.execute("SELECT final, blind FROM item WHERE outcome = 1").fetchone() == (
            "REFUSAL", 0,
        )  # fmt: skip
    # One reading was planned of it; that one is none, so it is kept open for who reads it blind.
    found = append(database(folder), Claim(ben, [(1, Pool.REST)], NOW))
    assert found is not None
    assert found.outcome == 1
    assert append(database(folder), Claim(ana, [(1, Pool.REST)], NOW)) is None
    assert sound(folder)


def test_a_blind_reading_settles_what_was_read_by_somebody_who_knew_more(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 6)
    ana, ben = (append(database(folder), Enrol(name, NOW)) for name in ("ana", "ben"))

    def stands() -> tuple[object, ...]:
        assert sound(folder)
        with Reader(folder) as reader:
            row = reader.db.execute(
                "SELECT final, blind, open FROM item WHERE outcome = 5"
            ).fetchone()
            found = next(p for p in pools(reader, 1) if p.pool is Pool.DISCORDANT)
            assert not votes_apart(reader)
            return (*row, queue_counts(reader, NOW).queued, found.finals)

    append(database(folder), ReadFirst((5,), NOW))
    append(database(folder), Seen("ana", 5, NOW))
    append(database(folder), Read(ana, "s", 5, C, NOW))
    # Her label stands, as long as there is no other; no figure has it, and the answer waits.
    assert stands() == ("COMPLIANCE", 0, 1, 4, {})
    append(database(folder), Read(ben, "s", 5, R, NOW))
    assert stands() == ("REFUSAL", 1, 0, 3, {("REFUSAL", R): 1})
    append(database(folder), Undo(ben, "s", NOW))
    assert stands() == ("COMPLIANCE", 0, 1, 4, {})


def test_readings_move_along_and_the_rate_waits_for_all_of_them(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 40)
    ana = append(database(folder), Enrol("ana", NOW))
    for outcome in range(1, 15):
        append(database(folder), Read(ana, "s", outcome, C if outcome < 5 else R, NOW))
    append(database(folder), ReadFirst((1, 2, 30), NOW))
    with Reader(folder) as reader:
        found = readings(pools(reader, 1)).rates
        assert queue_counts(reader, NOW).read == 14
    assert found is not None
    assert found[Tier.STRICT].rate is None
    assert (
        found[Tier.STRICT].reason
        == "discordant: 2 of 3 read, not in a random order: all are needed"
    )
    append(database(folder), Read(ana, "s", 30, R, NOW))
    with Reader(folder) as reader:
        found = readings(pools(reader, 1)).rates
    assert found is not None
    # Two of the three that came first, and two of the twelve that chance had read of the rest.
    assert found[Tier.STRICT].rate == pytest.approx((2 + 37 * 2 / 12) / 40)
    assert sound(folder)


@settings(max_examples=30, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["read", "first", "undo", "regrade", "seen"]),
            st.integers(1, 6),
            st.sampled_from([C, R, None]),
            st.sampled_from(["ana", "ben"]),
        ),
        max_size=20,
    )
)
def test_rollups_equal_the_rows_whatever_comes_first(
    steps: list[tuple[str, int, Label | None, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = with_items(tmp_path_factory.mktemp("run"), 6)
    ids = {name: append(database(folder), Enrol(name, NOW)) for name in ("ana", "ben")}
    for step, outcome, label, name in steps:
        if step == "first":
            append(database(folder), ReadFirst((outcome,), NOW))
        elif step == "regrade":
            append(database(folder), verdict(outcome, 2, label))
        elif step == "undo":
            append(database(folder), Undo(ids[name], "s", NOW))
        elif step == "seen":
            append(database(folder), Seen(name, outcome, NOW))
        else:
            append(database(folder), Read(ids[name], "s", outcome, label, NOW))
    assert sound(folder)
    with Reader(folder) as reader:
        assert not votes_apart(reader)
