"""The way in from the command line. Imports Textual only after its environment is set."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path


class Options(Struct, frozen=True):
    """What the command line says about the screens; the settings say the rest."""

    ascii: bool = False
    theme: str | None = None
    mouse: bool = False
    reviewer: str = ""
    """Who reads the run; empty to watch it."""


def run_app(run: Path | None, options: Options | None = None) -> int:
    """Show a run, or the home screen; returns the exit code when the person leaves."""
    options = options or Options()
    prepare(os.environ)
    # Textual and the first screen are a hundred thousand objects that stay: to look through them
    # again and again for garbage takes a tenth of the time until the screen stands.
    gc.disable()
    from fftui.settings import load_settings
    from fftui.tui.app import FftuiApp

    settings, warnings = load_settings()
    app = FftuiApp(
        run,
        reviewer=options.reviewer,
        ascii=options.ascii,
        theme=options.theme,
        settings=settings,
        warnings=tuple(warnings),
    )
    # With the mouse on, every motion is a packet upstream and a repaint downstream.
    app.run(mouse=options.mouse or settings.mouse)
    return app.return_code or 0


def prepare(env: os._Environ[str] | dict[str, str]) -> None:
    """Textual reads these when it is imported; what a person set stands."""
    env.setdefault("TEXTUAL_ANIMATIONS", "none")
    env.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    if env.get("TMUX") or env.get("STY"):
        # Multiplexers answer kitty's key protocol by halves, and keys get lost.
        env.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
