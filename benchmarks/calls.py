"""Calls: what one costs up to its graded, durable row, and how soon the first goes out."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.constant_server import constant_server
from benchmarks.found import GENEROUS, Found, missing, ratio, spread
from benchmarks.machine import FFTUI, Cost, bench_home, cost, plan, rounds
from benchmarks.peers import PEERS, PeerError, inspect

_INSPECT_CALLS = 500


def per_call(quick: bool) -> Iterator[Found]:
    """CPU and wall time per call against bare loops and Inspect AI."""
    # Of few calls the start is half.
    calls, count, slack = (600, 1, GENEROUS) if quick else (5000, 3, 1)
    for concurrency, most in ((32, 0.3), (256, 0.15)):
        found = rounds(
            count,
            httpx=partial(_bare, "httpx", calls, concurrency),
            fftui=partial(_fftui, calls, concurrency),
            aiohttp=partial(_bare, "aiohttp", calls, concurrency),
        )
        ms = {k: [c.cpu_s / calls * 1000 for c in v] for k, v in found.items()}
        wall = {k: median(c.wall_s for c in v) for k, v in found.items()}
        cpu = {k: median(v) for k, v in ms.items()}
        where = f"{concurrency} at once, {calls:,} calls"
        note = f"{spread(ms['fftui'])} against {spread(ms['httpx'])}"
        yield ratio(f"CPU per graded, stored call, {where}", cpu["fftui"], cpu["httpx"],
                    most * slack, "ms", "bare httpx loop", note)  # fmt: skip
        yield ratio(f"the same, {where}", cpu["fftui"], cpu["aiohttp"], 5 * slack, "ms",
                    "bare aiohttp loop", spread(ms["aiohttp"]))  # fmt: skip
        if concurrency == 32:
            yield from _against_inspect(cpu["fftui"] * calls, calls, quick)
        yield ratio(f"wall time, {where}", wall["fftui"], wall["httpx"], 0.3 * slack, "s",
                    "bare httpx loop")  # fmt: skip
    if not quick:
        yield _with_text(calls)


def _against_inspect(whole: float, calls: int, quick: bool) -> Iterator[Found]:
    """`whole` milliseconds of CPU were ours for all calls."""
    what = "the same, 32 at once, start-up taken off on both sides"
    if quick:
        return
    try:
        with bench_home() as home, constant_server() as server:
            one = inspect(server.url, home / "one", 1, 32)
            many = inspect(server.url, home / "many", _INSPECT_CALLS, 32)
            if (came := server.count().calls) < _INSPECT_CALLS:
                raise PeerError(f"Inspect AI sent {came} of {_INSPECT_CALLS} calls")
    except (PeerError, RuntimeError) as error:
        yield missing(what, "≤ 0.04 × Inspect AI", str(error))
        return
    theirs = (many.cpu_s - one.cpu_s) / (_INSPECT_CALLS - 1) * 1000
    ours = (whole - _fftui(1, 32).cpu_s * 1000) / (calls - 1)
    note = f"{_INSPECT_CALLS} calls of Inspect AI"
    yield ratio(what, ours, theirs, 0.04, "ms", "Inspect AI", note)


def _with_text(calls: int) -> Found:
    found = rounds(
        2, httpx=lambda: _bare("httpx", calls, 32, 2500), fftui=lambda: _fftui(calls, 32, 2500)
    )
    ours, theirs = (median(c.cpu_s for c in found[k]) / calls * 1000 for k in ("fftui", "httpx"))
    return Found("the same, 32 at once, answers of 2.5 KB", f"{ours:.3g} ms",
                 f"bare httpx loop {theirs:.3g} ms: {ours / theirs:.2g} ×", "", None,
                 "for context")  # fmt: skip


def _bare(kind: str, calls: int, concurrency: int, size: int = 0) -> Cost:
    with constant_server(size) as server:
        argv = [sys.executable, "-m", "benchmarks.loops", kind, server.url]
        return cost([*argv, str(calls), str(concurrency)])


def _fftui(calls: int, concurrency: int, size: int = 0) -> Cost:
    with bench_home() as home, constant_server(size) as server:
        path = plan(home / "plan", server.url, calls, concurrency)
        found = cost([*FFTUI, "run", str(path), "--headless"])
        if (came := server.count().calls) != calls:
            raise RuntimeError(f"{came} calls came for {calls} attempts")
        return found


def first_request(quick: bool) -> Iterator[Found]:
    """From the command to the first request at the server."""
    what = "launch → first request sent"
    ours: list[float] = []
    theirs: dict[str, list[float]] = {}
    broken: dict[str, str] = {}
    for _ in range(2 if quick else 3):
        with bench_home() as home, constant_server() as server:
            path = plan(home / "plan", server.url, 4, 4)
            started = cost([*FFTUI, "run", str(path), "--headless"]).started_at
            ours.append(server.count().first_call - started)
        for name, peer in {} if quick else PEERS.items():
            if name in broken:
                continue
            try:
                with tempfile.TemporaryDirectory() as place, constant_server() as server:
                    started = peer(server.url, Path(place), 4, 4).started_at
                    came = server.count().first_request
            except (PeerError, RuntimeError) as error:
                broken[name] = str(error)
                continue
            if came:
                theirs.setdefault(name, []).append(came - started)
            else:
                broken[name] = f"{name} sent nothing"
    took = median(ours)
    note = "; ".join([*(f"{k} {median(v):.2g} s" for k, v in theirs.items()), *broken.values()])
    if not theirs:
        note = note or "peers are left out of the quick suite"
        yield Found(what, f"{took:.2g} s", "", "≤ 0.4 × the fastest peer", None, note)
        return
    fastest = min(theirs, key=lambda k: median(theirs[k]))
    yield ratio(what, took, median(theirs[fastest]), 0.4, "s", fastest, note)
