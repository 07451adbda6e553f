"""`fftui sim` and `fftui local install`."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from fftui.cli.errors import UsageError


def sim(options: argparse.Namespace) -> int:
    """The simulator in the foreground, until Ctrl-C."""
    from fftui.simulate.loading import ProfileError, load_profile
    from fftui.simulate.server import serve

    try:
        profile = load_profile(Path(options.profile) if options.profile else None)
    except ProfileError as error:
        raise UsageError(str(error)) from None
    if not 0 <= options.port < 65536:
        raise UsageError(f"--port {options.port}: allowed are 0 to 65535")

    def ready(url: str) -> None:
        names = ", ".join(f"{url}/{p.name}" for p in profile.platforms)
        print(f"simulated platforms: {names}\nledger: {url}/ledger", flush=True)

    try:
        asyncio.run(serve(profile, options.port, ready, None))
    except OSError as error:
        raise UsageError(f"--port {options.port}: {error.strerror}") from None
    return 0


def local(options: argparse.Namespace) -> int:
    """Install llama.cpp's server and the small model's weights."""
    from fftui.engine.local_model import install

    install()
    return 0
