"""Who answered: told by the server, kept with each answer, and told apart when it changes."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx

from fftui.domain.outcomes import Identity
from fftui.domain.targets import Endpoint, Target
from fftui.engine.ask import Line
from fftui.engine.identities import Identities
from fftui.platforms.client import Client
from fftui.simulate.loading import parse_profile
from fftui.simulate.server import Simulator as Running
from fftui.simulate.server import running
from tests.engine.support import (
    HEURISTIC,
    corpus,
    engine,
    finish,
    log_lines,
    make,
    one,
    query,
    simulator,
    until,
)

PROFILE = """
seed = 5
[[platforms]]
name = "ollama"
dialect = "ollama"
[[models]]
name = "m1"
quantisation = "Q5_K_M"
latency_s = 0.02
swap_from_call = {swap}
[models.families.default]
REFUSAL = 1.0
"""


def target(url: str) -> str:
    return (
        f'[[targets]]\nname = "m1 @ ollama"\nplatform = "ollama"\nbase_url = "{url}/ollama"\n'
        'model = "m1"\naccount = "a"\n[[accounts]]\nname = "a"\nconcurrency = 2\nshared = false\n'
    )


def test_what_the_server_tells_stands_with_every_answer(tmp_path: Path) -> None:
    corpus(tmp_path, 12)
    with simulator(tmp_path, PROFILE.format(swap=1000)) as sim:
        run = finish(make(tmp_path, target(sim.url), HEURISTIC))
        (row,) = query(
            run.path, "SELECT digest, quantisation, parameters, template, server FROM identity"
        )
    digest, quantisation, parameters, template, server = row
    assert (len(digest), len(template)) == (64, 12)
    assert (quantisation, parameters) == ("Q5_K_M", "4B")
    assert server.startswith("ollama 0.")
    assert run.targets[0].identities == 1


def test_other_weights_behind_the_name_are_told_at_the_end(tmp_path: Path) -> None:
    corpus(tmp_path, 30)
    with simulator(tmp_path, PROFILE.format(swap=15)) as sim:
        run = finish(make(tmp_path, target(sim.url), HEURISTIC))
    said = [line for line in log_lines(run.path) if "changed while the run went on" in line]
    assert len(said) == 1
    assert "digest" in said[0]
    assert "may be of either" in said[0]


def test_other_weights_after_a_restart_are_counted_apart_and_every_screen_says_so(
    tmp_path: Path,
) -> None:
    corpus(tmp_path, 40)
    with simulator(tmp_path, PROFILE.format(swap=15)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC)
        with engine(folder) as first:
            until(lambda: one(folder, "SELECT count(*) FROM outcome") >= 5, "it is under way")
            first.kill()
        # Whatever was reached before the kill, the name means other weights from here on.
        while sim.total("m1", "ollama")["calls"] < 15:
            body = {"model": "m1", "stream": False, "messages": [{"role": "user", "content": "x"}]}
            httpx.post(f"{sim.url}/ollama/api/chat", json=body, trust_env=False, timeout=10)
        run = finish(folder)
    assert any("served otherwise than before: digest" in line for line in log_lines(folder))
    assert run.targets[0].identities == 2
    rows = query(folder, "SELECT identity, sum(answered) FROM rollup_outcome GROUP BY 1")
    assert len(rows) == 2
    assert sum(n for _, n in rows) == 40


async def test_a_change_is_seen_while_the_run_goes_on() -> None:
    async with running(parse_profile(PROFILE.format(swap=2))) as sim, Client() as client:
        endpoint = Endpoint("ollama", "ollama", sim.base_url("ollama"), "m1", "a")
        gate: Any = SimpleNamespace(sent=0)
        lines = {1: Line(endpoint, (), gate)}
        logged: list[str] = []

        def log(kind: str, text: str, severity: str, number: int) -> None:
            logged.append(f"{severity} {number}: {text}")

        who = Identities(client, {1: Target("t", endpoint)}, lines, log)
        await who.ask({})
        before = lines[1].served
        watching = asyncio.create_task(who.watch(0.01))
        await _calls(sim, 2)
        async with asyncio.timeout(5):
            while lines[1].served == before:
                await asyncio.sleep(0.01)
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    answered = Identity(model="m1")
    assert answered.over(before) != answered.over(lines[1].served)
    (line,) = logged
    assert line.startswith("error 1: t: changed while the run went on: digest ")


async def _calls(sim: Running, count: int) -> None:
    body = {"model": "m1", "stream": False, "messages": [{"role": "user", "content": "x"}]}
    async with httpx.AsyncClient(trust_env=False) as http:
        for _ in range(count):
            await http.post(f"{sim.url}/ollama/api/chat", json=body)


async def test_a_server_that_is_silent_for_a_moment_has_not_changed() -> None:
    async with running(parse_profile(PROFILE.format(swap=1000))) as sim, Client() as client:
        endpoint = Endpoint("ollama", "ollama", sim.base_url("ollama"), "m1", "a")
        gate: Any = SimpleNamespace(sent=0)
        lines = {1: Line(endpoint, (), gate)}
        logged: list[str] = []
        who = Identities(
            client, {1: Target("t", endpoint)}, lines, lambda *x: logged.append(str(x))
        )
        await who.ask({})
        before = lines[1].served
        lines[1] = Line(Endpoint("ollama", "ollama", "http://127.0.0.1:9", "m1", "a"), (), gate,
                        served=before)  # fmt: skip
        await who.ask_again()
        lines[1] = Line(endpoint, (), gate, served=before)
        await who.ask_again()
        assert lines[1].served == before
    assert logged == []
