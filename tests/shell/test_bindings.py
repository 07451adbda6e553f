"""The one table of keys."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from fftui.tui.bindings import TABLE, Key, bindings, collisions, places, remap

SCREENS = sorted({row.screen for row in TABLE if row.screen})


def test_the_table_has_no_collision_and_one_row_an_id() -> None:
    assert collisions(TABLE) == []
    assert len({row.id for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_binds_its_rows_and_those_for_everywhere(screen: str) -> None:
    ids = {binding.id for binding in bindings(screen)}
    assert ids == {row.id for row in TABLE if row.screen in places(screen)}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_each_row_says_what_it_does(row: Key) -> None:
    assert row.label
    assert row.help.endswith(".")
    assert row.id.split(".")[0] == (row.screen or "app")


# Painting anew is asked for where fingers know it from; the palette has it, too.
READING = {*places("review"), *places("conflicts"), *places("guideline")}
BARE = [row for row in TABLE if row.screen in READING and row.id != "app.redraw"]


@pytest.mark.parametrize("row", BARE, ids=lambda row: row.id)
def test_nothing_needs_ctrl_alt_or_a_function_key(row: Key) -> None:
    bare = [key for key in row.keys.split(",") if "+" not in key and not re.fullmatch(r"f\d+", key)]
    assert bare, "terminals and multiplexers keep those for themselves"


def test_a_key_of_a_screen_collides_with_one_for_everywhere() -> None:
    row = next(row for row in TABLE if row.id == "home.pause")
    clash = collisions([*TABLE, replace(row, id="home.other", keys="question_mark")])
    assert [(key, first.id) for key, first, _ in clash] == [("question_mark", "app.help")]


def test_the_same_key_on_two_screens_is_no_collision() -> None:
    both = [row for row in TABLE if row.id in ("responses.refresh", "trace.reasoning")]
    assert [row.keys for row in both] == ["r", "r"]
    assert collisions(both) == []


def test_a_person_may_have_other_keys() -> None:
    keymap = remap({"home.pause": "P, ctrl+o"})
    assert keymap.changed == {"home.pause": "P,ctrl+o"}
    assert keymap.problems == ()
    assert [row.first for row in keymap.on("home") if row.id == "home.pause"] == ["P"]


def test_two_commands_may_swap_their_keys() -> None:
    keymap = remap({"home.pause": "R", "home.resume": "p"})
    assert len(keymap.changed) == 2
    assert keymap.problems == ()


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"home.pause": "q"}, "keys.home.pause: q already means app.leave; the default p stands"),
        ({"home.pause": "a"}, "keys.home.pause: a already means home.mine; the default p stands"),
        ({"home.pause": " , "}, "keys.home.pause: no key given; the default p stands"),
        ({"home.dance": "x"}, "keys: no command is called home.dance"),
    ],
)
def test_a_change_that_cannot_stand_is_said_and_left_out(wanted: dict[str, str], said: str) -> None:
    keymap = remap(wanted)
    assert keymap.problems == (said,)
    assert keymap.rows == TABLE
    assert not keymap.changed
