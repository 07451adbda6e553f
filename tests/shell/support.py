"""An application over fakes, and what stands on its screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fftui.tui.app import FftuiApp
from tests.shell.fakes import FakeDesk, FakeSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

WIDE = {"COLORTERM": "truecolor"}


def an_app(**other: Any) -> FftuiApp:
    """Starts on the home screen unless told otherwise."""
    source = FakeSource()
    values: dict[str, Any] = {"desk": FakeDesk(), "open_source": lambda _: source, "env": WIDE}
    return FftuiApp(**(values | other))


def screen(app: FftuiApp) -> str:
    """All lines of the screen, as text."""
    compositor = app.screen._compositor
    return "\n".join(strip.text for strip in compositor.render_strips())


async def until(pilot: Pilot[Any], holds: Callable[[], object]) -> None:
    """Let the application work until something holds; no test sleeps for its own sake."""
    for _ in range(300):
        await pilot.pause()
        if holds():
            return
        await pilot.pause(0.01)
    raise AssertionError(f"it never held; the screen says\n{screen(pilot.app)}")  # type: ignore[arg-type]


def toasts(app: FftuiApp) -> list[str]:
    """Messages of the toasts so far."""
    return [each.message for each in app._notifications]
