"""Bytes at a real pty: silence while nothing happens, few while a run is at work."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.tui.fake import HOSTILE
from tests.tui.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

_CODE = """
from fftui.domain.states import RunState
from fftui.tui.monitor.screen import MonitorScreen
from tests.tui.fake import *
Host(lambda: MonitorScreen(FakeSource({feed}))).run(mouse=False)
"""


@contextmanager
def playing(feed: str, width: int, height: int) -> Iterator[Terminal]:
    terminal = Terminal.open(_CODE.format(feed=feed), width, height)
    try:
        yield terminal
    finally:
        terminal.close()


@pytest.mark.parametrize("state", ["PAUSED", "DONE"])
def test_a_resting_run_sends_nothing(state: str) -> None:
    with playing(f"LiveFeed(5, RunState.{state})", 120, 40) as terminal:
        terminal.wait(lambda text: "model-8" in text and "activity" in text)
        terminal.settle()
        assert terminal.read(5) == 0, bytes(terminal.sent[-400:])


@pytest.mark.parametrize(("width", "height", "most"), [(120, 40, 2000), (80, 24, 1200)])
def test_five_verdicts_a_second_over_eight_targets(width: int, height: int, most: int) -> None:
    with playing("LiveFeed(5)", width, height) as terminal:
        terminal.wait(lambda text: "model-8" in text and "activity" in text)
        terminal.read(2)
        rate = terminal.read(8) / 8
        assert 0 < rate <= most


def test_hostile_names_reach_the_terminal_as_letters() -> None:
    feed = "FakeFeed([run([target(1, HOSTILE, reason=HOSTILE)], name=HOSTILE, note=HOSTILE)])"
    with playing(feed, 120, 40) as terminal:
        terminal.wait(lambda text: "evil" in text)
        sent = bytes(terminal.sent)
        assert HOSTILE.encode() not in sent
        for raw in (b"\x1b]0;owned", "\u202e".encode(), "\u200b".encode(), "\x9b".encode()):
            assert raw not in sent
