"""Screens: how soon they stand, how soon they show what is new, what a tick costs and sends."""

from __future__ import annotations

import gc
import os
import random
import re
import shutil
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import pairwise
from pathlib import Path
from statistics import median

from benchmarks.big_run import make_big_run
from benchmarks.constant_server import constant_server
from benchmarks.found import GENEROUS, Found, missing, ratio, spread
from benchmarks.live import playing
from benchmarks.machine import FFTUI, bench_home, cost, cpu_of, memory_of, plan, until
from benchmarks.terminal import Program, program
from fftui.domain.states import RunState
from fftui.results.feed import Feed
from fftui.store import sqlite
from fftui.store.folder import database
from fftui.store.reader import Reader

_CHOSEN = 1
"""Target on which the cursor stands: a screen reads the families of that one."""
_AGAIN = 0
"""Another run of the smallest size: how far the two differ is noise."""
_EMPTY = """
from textual.app import App
from textual.widgets import Label
class Empty(App):
    def compose(self):
        yield Label("ready")
Empty().run(mouse=False)
"""


def _runs() -> Path:
    return Path(os.environ["FFTUI_HOME"])


def _attach(folder: Path) -> list[str]:
    return [*FFTUI, "attach", str(folder)]


def _is_painted(sent: bytes) -> bool:
    return b"model-00" in sent and b"activity" in sent


def opening(quick: bool) -> Iterator[Found]:
    """`fftui attach` until all panes stand, by the size of the run."""
    sizes = (1_000, 100_000) if quick else (1_000, 132_416, 1_000_000)
    with bench_home():
        folders = {n: make_big_run(_runs(), n, name=f"big{n}") for n in sizes}
        took: dict[int, list[float]] = {n: [] for n in (0, *sizes)}
        for _ in range(3 if quick else 7):
            with program([sys.executable, "-c", _EMPTY]) as app:
                took[0].append(app.wait(lambda sent: b"ready" in sent))
            for size, folder in folders.items():
                with program(_attach(folder)) as app:
                    took[size].append(app.wait(_is_painted))
    best = {size: median(times) for size, times in took.items()}
    for size in sizes[1:]:
        what = f"attach → first full paint, {size:,} verdicts, 200 targets"
        yield ratio(what, best[size], best[sizes[0]], 1.3, "s", f"{sizes[0]:,} verdicts",
                    spread(took[size]))  # fmt: skip
    yield ratio("the same", best[sizes[-1]], best[0], 2, "s", "an empty Textual app",
                spread(took[0]))  # fmt: skip


def tick(quick: bool) -> Iterator[Found]:
    """What a look at 200 targets costs, by how much came in since the last one."""
    sizes = (1_000, 100_000) if quick else (1_000, 100_000, 1_000_000)
    with bench_home():
        folders = {n: make_big_run(_runs(), n, spare=60, name=f"tick{n}") for n in sizes}
        folders[_AGAIN] = make_big_run(_runs(), sizes[0], spare=60, name="again")
        times = {10: 8} if quick else {10: 80, 200: 40}
        looks = {rate: _looks(folders, rate, of) for rate, of in times.items()}
    cpu = {rate: {n: median(found[n]) for n in folders} for rate, found in looks.items()}
    most = 1.25 * GENEROUS if quick else 1.25
    for size in (_AGAIN, *sizes[1:]):
        what = f"{size:,} verdicts" if size else f"another run of {sizes[0]:,} verdicts"
        low, high = _ratio_of_medians(looks[10][size], looks[10][sizes[0]])
        yield ratio(f"reading tick, 200 targets, 10 verdicts/s, {what}", cpu[10][size],
                    cpu[10][sizes[0]], most, "ms CPU", f"{sizes[0]:,} verdicts",
                    f"95 %: {low:.2f} to {high:.2f} ×")  # fmt: skip
    worst = max(cpu[10].values())
    yield Found("the same, at any size", f"{worst:.3g} ms CPU", "", "< 20 ms", worst < 20)
    if quick:
        return
    every = ", ".join(f"{n:,}: {cpu[200][n]:.3g} ms" for n in sizes)
    yield Found("the same, all 200 targets changed each second", f"{every}", "", "", None,
                "for context")  # fmt: skip


def _ratio_of_medians(ours: list[float], theirs: list[float]) -> tuple[float, float]:
    """Its 95 % interval, from looks of the same seconds drawn again with replacement."""
    luck, found = random.Random(1), []
    for _ in range(2000):
        seconds = luck.choices(range(len(ours)), k=len(ours))
        found.append(median(ours[i] for i in seconds) / median(theirs[i] for i in seconds))
    found.sort()
    return found[50], found[1950]


def _looks(folders: dict[int, Path], rate: int, times: int) -> dict[int, list[float]]:
    """Milliseconds of CPU that looks take, a second apart, at runs by their size.

    All are looked at in the same second and each is the first as often: what the machine does
    beside it, and what waking up costs, falls on all alike.
    """
    costs: dict[int, list[float]] = {size: [] for size in folders}
    with ExitStack() as stack:
        feeds = {}
        for size, folder in folders.items():
            feeds[size] = stack.enter_context(closing(Feed.open(folder)))
            feeds[size].poll(_CHOSEN)
            stack.enter_context(playing(folder, rate))
        # As the screens do once the first of them stands.
        gc.freeze()
        stack.callback(gc.unfreeze)
        time.sleep(1.5)
        for feed in feeds.values():
            feed.poll(_CHOSEN)
        turn = deque(feeds)
        for _ in range(times):
            time.sleep(1)
            for size in turn:
                begin = time.thread_time()
                feeds[size].poll(_CHOSEN)
                costs[size].append((time.thread_time() - begin) * 1000)
            turn.rotate()
    return costs


def following(quick: bool) -> Iterator[Found]:
    """From a committed answer to the screen, and from a key to it, at 500 verdicts a second."""
    with bench_home():
        folder = make_big_run(_runs(), 10_000, targets=50, spare=600, name="follow")
        with playing(folder, 500), program(_attach(folder)) as app:
            app.wait(_is_painted)
            app.read(2)
            keys = _key_delays(app, 15 if quick else 40)
            app.look()
            seen = _shown(app, 6 if quick else 15)
        late = _behind(folder, seen)
    yield Found("answer committed → on an attached screen, 500 verdicts/s",
                f"median {median(late):.2g} s", "", "< 1 s at a 1 s tick", median(late) < 1,
                spread(late))  # fmt: skip
    yield Found("key pressed → screen, 500 verdicts/s", f"median {median(keys) * 1000:.0f} ms", "",
                "< 50 ms", median(keys) < 0.05, f"{spread(k * 1000 for k in keys)} ms")  # fmt: skip


def _key_delays(app: Program, times: int) -> list[float]:
    """Seconds until something comes after a key, pressed while nothing is being sent."""
    found = []
    for number in range(times):
        while app.take(0.06):
            pass
        app.press("jk"[number // 8 % 2])
        begin = time.perf_counter()
        if app.take(2.0):
            found.append(time.perf_counter() - begin)
        app.read(0.13)
    return found


def _shown(app: Program, seconds: float) -> list[tuple[float, int]]:
    """(epoch seconds, attempts done) for each new number that the header shows."""
    found: list[tuple[float, int]] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if not app.take(0.1):
            continue
        assert app.screen is not None
        stated = re.search(r"(\d+)/\d+", "\n".join(app.screen.display[:3]))
        if stated and (not found or found[-1][1] != int(stated[1])):
            found.append((time.time(), int(stated[1])))
    return found[1:]


def _behind(folder: Path, seen: list[tuple[float, int]]) -> list[float]:
    """How long ago the middle of what each number added had been closed."""
    db = sqlite.connect(database(folder), write=False)
    late = []
    for (_, before), (at, done) in pairwise(seen):
        row = db.execute(
            "SELECT at FROM outcome ORDER BY id LIMIT 1 OFFSET ?", ((before + done) // 2,)
        ).fetchone()
        late.append(at - row[0])
    db.close()
    return late


def sent(quick: bool) -> Iterator[Found]:
    """Bytes to the terminal at 120x40."""
    window = 4 if quick else 20
    rates: dict[str, float] = {}
    for name in ("btop",) if quick else ("htop", "btop"):
        if shutil.which(name):
            with program([name]) as app:
                app.read(4)
                rates[name] = app.read(window) / window
    with bench_home():
        done = make_big_run(_runs(), 10_000, targets=8, name="done")
        with program(_attach(done)) as app:
            app.wait(_is_painted)
            app.settle()
            at_rest = app.read(window)
        yield Found("bytes/s, run done", f"{at_rest / window:g} B/s", "", "0", at_rest == 0)
        at_rest = _paused(window)
        yield Found("bytes/s, run paused, its engine alive", f"{at_rest / window:g} B/s", "", "0",
                    at_rest == 0)  # fmt: skip
        for targets, speed in ((8, 5), (50, 500)):
            folder = make_big_run(_runs(), 10_000, targets=targets, spare=900, name=f"b{speed}")
            with playing(folder, speed), program(_attach(folder)) as app:
                app.wait(_is_painted)
                app.read(4)
                rates[str(speed)] = app.read(window) / window
    against = ", ".join(f"{n} {rates[n] / 1000:.2g} KB/s" for n in ("htop", "btop") if n in rates)
    yield Found("bytes/s, 8 targets, 5 verdicts/s", f"{rates['5'] / 1000:.2g} KB/s", against,
                "≤ 2 KB/s", rates["5"] <= 2000)  # fmt: skip
    what = "bytes/s, 50 targets, 500 verdicts/s"
    if "btop" in rates:
        yield ratio(what, rates["500"] / 1000, rates["btop"] / 1000, 1, "KB/s", "btop")
    else:
        yield missing(what, "≤ btop", "btop is not installed (Debian: apt install btop htop)")


def _paused(window: float) -> int:
    """Bytes from the screen of a run that a person has paused; its engine goes on beating."""
    with constant_server() as server:
        path = plan(_runs().parent / "plan", server.url, 20_000, 4)
        cost([*FFTUI, "run", str(path), "--name", "held", "--detach"])
        folder = _runs() / "held"
        with Reader(folder) as reader:
            until(lambda: reader.watermarks().outcome > 50, "answers come in")
            cost([*FFTUI, "pause", "held"])
            until(lambda: reader.engine().state is RunState.PAUSED, "the run is paused")
            with program(_attach(folder)) as app:
                app.wait(lambda sent: b"PAUSED" in sent and b"activity" in sent)
                app.settle()
                sent = app.read(window)
            beat = reader.engine().heartbeat_at or 0.0
            assert time.time() - beat < window + 5
            cost([*FFTUI, "stop", "held"])
            until(lambda: reader.engine().state.over, "the run is stopped")
    return sent


def memory(quick: bool) -> Iterator[Found]:
    """What an attached screen holds, by the size of the run."""
    sizes = (10_000, 100_000) if quick else (10_000, 1_000_000)
    held = {}
    with bench_home():
        for size in sizes:
            folder = make_big_run(_runs(), size, name=f"mem{size}")
            with program(_attach(folder)) as app:
                app.wait(_is_painted)
                app.press("jjjj")
                app.settle()
                held[size] = memory_of(app.pid)
    yield ratio(f"memory of the screens, {sizes[1]:,} verdicts", held[sizes[1]], held[sizes[0]],
                1.2, "MB", f"{sizes[0]:,} verdicts")  # fmt: skip


def busy(quick: bool) -> Iterator[Found]:
    """CPU of an attached screen at 500 verdicts a second; for context."""
    with bench_home():
        folder = make_big_run(_runs(), 10_000, targets=50, spare=600, name="busy")
        with playing(folder, 500), program(_attach(folder)) as app:
            app.wait(_is_painted)
            app.read(3)
            begin, used = time.perf_counter(), cpu_of(app.pid)
            app.read(5 if quick else 15)
            share = (cpu_of(app.pid) - used) / (time.perf_counter() - begin)
    yield Found("CPU of an attached screen, 50 targets, 500 verdicts/s", f"{share * 1000:.0f} ms/s",
                "", "", None, "reading, drawing and writing; for context")  # fmt: skip
