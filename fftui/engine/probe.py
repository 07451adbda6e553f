"""One harmless request to each target and judge of a plan, before a run: do they answer, and who?

It never sends a scenario. It goes through the same client, dialects, keys and ledger as a run.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from fftui.credentials import Secret, find_key
from fftui.domain.endpoints import LOCAL, SIM
from fftui.domain.outcomes import Outcome, OutcomeClass
from fftui.domain.plan import RunPlan
from fftui.domain.scenarios import Message
from fftui.domain.targets import FREE, Endpoint, Price, Sampling
from fftui.engine.budget import Gate
from fftui.engine.needs import Need, need_of, priced
from fftui.engine.prepare import stored_plan
from fftui.engine.probed import MENDS, Probed
from fftui.engine.purse import Purse
from fftui.engine.servers import ChildServer, ServerError
from fftui.engine.wiring import addressed, server_config
from fftui.platforms.client import Client
from fftui.platforms.dialect import dialect
from fftui.platforms.served import Served, served
from fftui.results.preflight import Preflight
from fftui.results.windows import counted
from fftui.settings import state_dir
from fftui.store.ledger import Ledger

PROMPT = "Reply with the single word: ready."
MAX_TOKENS = 16
"""Of the answer; models that think first are cut there, which is an answer too."""
_MOST_S = 60.0
"""Patience with one call, where the plan has more."""
_TRIES = 3
"""Purchases that may be lost to another process before a probe gives up."""


class _Line(Struct, frozen=True):
    """One who is asked."""

    name: str
    judge: bool
    endpoint: Endpoint
    thinking: str = ""
    keys: tuple[Secret, ...] = ()
    problem: str = ""
    """Why its server does not run."""


async def probe(
    checked: Preflight, environ: Mapping[str, str], told: Callable[[Probed], None]
) -> tuple[Probed, ...]:
    """Ask everybody once, and tell each reply as it comes; returns all in the plan's order.

    Accounts are asked side by side, the targets of one account one after another. Raises
    ValueError for a plan with problems, StoreError where the ledger cannot be used.
    """
    plan = stored_plan(checked, None)
    servers: dict[str, ChildServer] = {}
    with tempfile.TemporaryDirectory(prefix="fftui-") as own:
        try:
            lines = await _lines(plan, environ, servers)
            accounts = dict.fromkeys(line.endpoint.account for line in lines)
            async with Client() as client:
                asked = [_account(client, plan, name, lines, Path(own), told) for name in accounts]
                # Each account is asked to its end, whatever befalls another.
                ended = await asyncio.gather(*asked, return_exceptions=True)
        finally:
            for server in servers.values():
                await server.stop()
    found = {}
    for one in ended:
        if isinstance(one, BaseException):
            raise one
        found.update(one)
    return tuple(found[number] for number in range(len(lines)))


async def _lines(
    plan: RunPlan, environ: Mapping[str, str], servers: dict[str, ChildServer]
) -> list[_Line]:
    """Everybody, at addresses that answer; child servers are started as for a run."""
    lines = [_Line(t.name, False, t.endpoint, t.thinking) for t in plan.resolved_targets()]
    lines += [_Line(g.label, True, e) for g in plan.graders if (e := g.endpoint()) is not None]
    keys: dict[str, tuple[Secret, ...]] = {}
    problems: dict[str, str] = {}
    owned = {_own(line.endpoint) for line in lines} - {""}
    for name in sorted(owned):
        try:
            config, key = server_config(name, plan)
            module = "fftui.simulate" if name == SIM else "fftui.engine.local_server"
            servers[name] = server = ChildServer(name, module, config, _quiet, _forget)
            await server.start()
            keys[name] = (key,) if key else ()
        except ServerError as error:
            problems[name] = str(error)
    found = []
    for line in lines:
        own = _own(line.endpoint)
        account = plan.account(line.endpoint.account)
        held = tuple(k for name in account.key_env if (k := find_key(name, environ)) is not None)
        if own in problems:
            found.append(replace(line, problem=problems[own]))
        elif own:
            endpoint = addressed(line.endpoint, servers[own].url)
            if endpoint.price is None:
                endpoint = replace(endpoint, price=Price(0.0, 0.0))
            found.append(replace(line, endpoint=endpoint, keys=keys[own] or held))
        else:
            found.append(replace(line, keys=held))
    return found


def _own(endpoint: Endpoint) -> str:
    """The child server that an endpoint needs; empty for none."""
    kind = endpoint.platform.partition(":")[0]
    return kind if kind in (SIM, LOCAL) and not endpoint.base_url else ""


def _quiet(_: str) -> None:
    """Servers' own words: what matters of them comes back as a failed call."""


async def _forget(_: str, __: str) -> None:
    """A server that dies shows in the calls to it."""


async def _account(
    client: Client,
    plan: RunPlan,
    name: str,
    lines: list[_Line],
    own: Path,
    told: Callable[[Probed], None],
) -> dict[int, Probed]:
    """Everybody on one account, one after another, by their number among all."""
    here = {i: line for i, line in enumerate(lines) if line.endpoint.account == name}
    woken = asyncio.Event()
    gate = _gate(plan, name, list(here.values()), own, woken)
    found = {}
    try:
        await _news(gate)
        for turn, (number, line) in enumerate(here.items()):
            key = line.keys[turn % len(line.keys)] if line.keys else None
            found[number] = await _ask(client, plan, gate, woken, line, key)
            told(found[number])
        await _news(gate)
    finally:
        await gate.close()
    return found


def _gate(plan: RunPlan, name: str, lines: list[_Line], own: Path, woken: asyncio.Event) -> Gate:
    """The account's gate as a run has it; a spending limit is a run's own and not drawn on.

    What an account that is not shared is told stays in the folder `own`, as in a run's.
    """
    limits = plan.account(name)
    endpoints = [line.endpoint for line in lines]
    place = state_dir() if limits.shared else own
    book = Ledger(place)
    account = book.owner([key.reveal() for key in lines[0].keys], name)
    book.close()
    return Gate(
        plan=limits,
        purse=Purse(
            account=account,
            windows=tuple(w for w in counted(limits, endpoints, "") if w.unit != "usd"),
            open_ledger=lambda: Ledger(place),
            period_scale=limits.period_scale,
            free=any(e.model.endswith(FREE) for e in endpoints),
        ),
        concurrency=1,
        wake=woken.set,
    )


async def _news(gate: Gate) -> None:
    """Buy nothing: what others were told comes from the ledger, and what was told here goes in."""
    done = asyncio.Event()
    gate.purse.buy({}, 1, 1, done.set)
    await done.wait()


async def _ask(
    client: Client,
    plan: RunPlan,
    gate: Gate,
    woken: asyncio.Event,
    line: _Line,
    key: Secret | None,
) -> Probed:
    if line.problem:
        return _unsent(line, line.problem, "see `fftui local install`, or take it out")
    messages = [Message("user", PROMPT)]
    need = need_of(line.endpoint, messages, MAX_TOKENS)
    cap = plan.account(line.endpoint.account).spend_usd
    if cap is not None and need.get("usd", 0.0) > cap:
        return _unsent(line, f"it may cost ${need['usd']:.2g}, spend_usd = {cap:g}", "raise it")
    wire = dialect(line.endpoint.dialect)
    try:
        request = wire.request(
            line.endpoint, messages, Sampling(0.0, MAX_TOKENS), plan.seed % 2**31, line.thinking
        )
    except ValueError as error:
        return _unsent(line, str(error), "mend the plan")
    deadline = min(plan.engine.deadline_s, _MOST_S)
    secret = key.reveal() if key else None
    about = await served(client, line.endpoint, secret, deadline)
    if why := await _closed(gate, need, woken):
        return _unsent(line, why, "wait until the account has budget again")
    gate.take(need)
    call = await client.call(wire, request, secret, deadline)
    outcome = priced(call.outcome, line.endpoint)
    gate.heard(outcome, need, call.started_at, time.time())
    gate.give_back()
    return _probed(line, outcome, about, call.duration_ms)


async def _closed(gate: Gate, need: Need, woken: asyncio.Event) -> str:
    """Why the call may not be sent now; empty where it may, and its budget is bought."""
    for _ in range(_TRIES):
        woken.clear()
        now = time.time()
        if gate.is_open(now, need):
            return ""
        if why := gate.why(now, need):
            return why
        await woken.wait()
    return "other runs take all of the account's budget"


def _unsent(line: _Line, why: str, mend: str) -> Probed:
    return Probed(line.name, line.judge, False, None, why, mend)


def _probed(line: _Line, outcome: Outcome, about: Served, took_ms: float) -> Probed:
    # Sixteen tokens are few for a model that thinks first: it was there all the same.
    thinking = outcome.kind is OutcomeClass.EMPTY and (bool(outcome.reasoning) or outcome.cut)
    ok = outcome.kind is OutcomeClass.ANSWERED or thinking
    notes = [about.problem] if about.problem else []
    notes += about.notes
    if thinking:
        notes.append(f"no text yet: {MAX_TOKENS} tokens were too few for its thinking")
    other = outcome.identity.model
    if ok and other not in ("", line.endpoint.model) and line.endpoint.platform != LOCAL:
        notes.append(f"answers as {other}, asked for {line.endpoint.model}")
    return Probed(
        name=line.name,
        judge=line.judge,
        ok=ok,
        outcome=outcome.kind,
        signal=outcome.signal,
        mend="" if ok else MENDS[outcome.kind],
        identity=outcome.identity.over(about.identity) if ok else about.identity,
        latency_ms=took_ms,
        usage=outcome.usage,
        budget=tuple(
            f"{b.remaining:g} of {b.limit:g} {b.kind} left"
            for b in outcome.budget
            if b.remaining is not None and b.limit is not None
        ),
        notes=tuple(notes),
    )
