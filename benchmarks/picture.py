"""Draws the README's picture: the real monitor on a real (simulated) run, as SVG.

    python benchmarks/picture.py docs/monitor.svg

It starts the demo's plan in a temporary folder, attaches to it while it runs, and saves the screen.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from fftui.resources import shipped
from fftui.store.folder import find_run

_ATTACH_AFTER_S = 25.0
_SIZE = (132, 40)


async def _picture(folder: Path, target: Path) -> None:
    from fftui.tui.app import FftuiApp

    app = FftuiApp(folder, theme="harbor")
    async with app.run_test(size=_SIZE, notifications=True) as pilot:
        await pilot.pause(_ATTACH_AFTER_S)
        app.save_screenshot(target.name, str(target.parent))


def main() -> int:
    """Write the picture to the path given."""
    target = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as home:
        os.environ["FFTUI_HOME"] = home
        plan = shipped("sample_runs") / "demo.toml"
        fftui = [sys.executable, "-m", "fftui"]
        subprocess.run([*fftui, "run", str(plan), "--detach"], check=True)
        folder = find_run("demo", Path(home))
        try:
            asyncio.run(_picture(folder, target))
        finally:
            subprocess.run([*fftui, "stop", str(folder)], check=True)
            subprocess.run([*fftui, "wait", str(folder), "--for", "done,stopped"], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
