"""The simulator as a child process.

It reads one line of JSON on stdin, `{"profile": path or null, "seed": int or null, "port": int}`,
prints one line of JSON on stdout, `{"url": "http://127.0.0.1:PORT"}`, once it takes calls, logs to
stderr, and ends with code 0 when stdin ends, which is when its parent does, or on SIGTERM. A wrong
request or profile is one line on stderr and code 2, a port that is taken one line and code 1.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from fftui.simulate.loading import ProfileError, load_profile
from fftui.simulate.server import serve

if TYPE_CHECKING:
    from fftui.simulate.profile import Profile


def main() -> int:
    """Run the child; returns its exit code."""
    # A Ctrl-C at the terminal reaches the parent too, which may still want to drain its calls.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="simulator: %(message)s")
    try:
        profile, port = _read_request(_first_line())
    except ValueError as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    try:
        uvloop.run(_serve(profile, port))
    except OSError as error:
        print(f"simulator: port {port}: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


def _first_line() -> bytes:
    # Unbuffered: a lock held on sys.stdin by the watching thread would break the exit.
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(0, 1)
        if not part:
            break
        line += part
    return line


def _read_request(line: bytes) -> tuple[Profile, int]:
    try:
        request: Any = json.loads(line)
    except ValueError:
        raise ValueError("stdin: expected one line of JSON") from None
    if not isinstance(request, dict):
        raise ValueError("stdin: expected a JSON object with profile, seed and port")
    path, seed, port = request.get("profile"), request.get("seed"), request.get("port", 0)
    if path is not None and not isinstance(path, str):
        raise ValueError("stdin: profile: allowed: a path or null")
    if seed is not None and not (_whole(seed) and 0 <= seed < 2**63):
        raise ValueError("stdin: seed: allowed: a whole number from 0, or null")
    if not (_whole(port) and 0 <= port < 65536):
        raise ValueError("stdin: port: allowed: 0 to 65535")
    try:
        profile = load_profile(Path(path) if path else None)
    except ProfileError as error:
        raise ValueError(str(error)) from None
    return profile.with_seed(seed), port


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


async def _serve(profile: Profile, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    threading.Thread(target=_watch_stdin, args=(loop, stop), daemon=True).start()
    await serve(profile, port, _announce, stop)


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 65536):
            pass
    # The loop may have ended by SIGTERM in the meantime.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(stop.set)


def _announce(url: str) -> None:
    print(json.dumps({"url": url}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
