"""The monitor as a picture, at the smallest and the largest of its sizes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from fftui.tui.monitor.screen import MonitorScreen
from tests.tui.fake import NOW, FakeFeed, FakeSource, Host, sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.pilot import Pilot


@pytest.fixture(autouse=True)
def _greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Log lines carry the machine's own time."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("size", [(80, 24), (160, 50)], ids=["80x24", "160x50"])
def test_the_monitor_looks_as_it_did(snap_compare: Any, size: tuple[int, int]) -> None:
    feed = FakeFeed([sample()])
    source = FakeSource(feed)
    # Textual's own theme: a colour changed in one of ours is no change of the screen.
    app = Host(lambda: MonitorScreen(source, refresh=3600, clock=lambda: NOW), theme="textual-dark")

    async def until_drawn(pilot: Pilot[None]) -> None:
        for _ in range(200):
            await pilot.pause(0.02)
            if feed.visits:
                break
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=until_drawn)
