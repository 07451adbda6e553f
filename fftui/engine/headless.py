"""A run without a screen: progress lines that a log can keep, and a summary at the end."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from fftui.engine.engine import Engine
from fftui.engine.process import drive
from fftui.results.feed import Feed
from fftui.results.plain import heading, table

_EVERY_S = 2.0


def headless(folder: Path) -> int:
    """Drive the run in this process. Ctrl-C drains and gives exit code 130.

    Raises StoreError or ServerError in one line.
    """
    interrupted = False
    ended = threading.Event()

    def interrupt(_: Engine) -> None:
        nonlocal interrupted
        interrupted = True
        print("draining; once more ends at once", file=sys.stderr, flush=True)

    teller = threading.Thread(target=_tell, args=(folder, ended), daemon=True)
    teller.start()
    try:
        code = drive(folder, interrupt=interrupt)
    finally:
        ended.set()
        teller.join()
    feed = Feed.open(folder)
    try:
        run = feed.poll()
    finally:
        feed.close()
    if run is not None:
        print(table(run), flush=True)
    return 130 if interrupted else code


def _tell(folder: Path, ended: threading.Event) -> None:
    feed = Feed.open(folder)
    last = ""
    try:
        while not ended.wait(_EVERY_S):
            run = feed.poll()
            if run is not None and (now := heading(run)) != last:
                last = now
                print(time.strftime("%H:%M:%S"), now, file=sys.stderr, flush=True)
    finally:
        feed.close()
