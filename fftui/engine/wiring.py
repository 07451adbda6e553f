"""From the stored plan to something that can send: addresses, keys, gates, graders, queues."""

from __future__ import annotations

import os
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from fftui.credentials import Secret, find_key
from fftui.domain.endpoints import LOCAL, SIM
from fftui.domain.parts import AccountPlan, EnginePlan
from fftui.domain.plan import RunPlan
from fftui.domain.states import TargetState
from fftui.domain.targets import FREE, Endpoint, Sampling, Target
from fftui.engine.ask import Line
from fftui.engine.budget import Gate
from fftui.engine.grade import Grading, other_version
from fftui.engine.health import Health
from fftui.engine.local_model import weights
from fftui.engine.purse import Purse
from fftui.engine.schedule import TargetQueue, by_person
from fftui.engine.servers import ChildServer, ServerError
from fftui.results.summary import Rules
from fftui.results.windows import counted
from fftui.settings import state_dir
from fftui.store.ledger import Ledger
from fftui.store.reader import GraderRow, Reader
from fftui.store.sqlite import StoreError


@dataclass
class Wiring:
    """What connects a run to the world, in this process."""

    lines: dict[int, Line]
    gates: dict[str, Gate]
    grading: Grading
    connections: int
    servers: dict[str, ChildServer]
    _wake: list[Callable[[], None]] = field(default_factory=list)
    _died: list[Callable[[str, str], Awaitable[None]]] = field(default_factory=list)

    def on_change(
        self, wake: Callable[[], None], died: Callable[[str, str], Awaitable[None]]
    ) -> None:
        """Whom gates and servers tell."""
        self._wake, self._died = [wake], [died]

    async def restart(self) -> None:
        """Start the child servers that have died. Raises ServerError."""
        for server in self.servers.values():
            if not server.alive:
                await server.start()
                self._readdress(server)

    def _readdress(self, server: ChildServer) -> None:
        for lines in (self.lines, self.grading.lines):
            for number, line in lines.items():
                if line.child == server.name:
                    endpoint = addressed(line.endpoint, server.url)
                    lines[number] = replace(line, endpoint=endpoint)

    async def close(self) -> None:
        """Give back unused budget and end the children."""
        for gate in self.gates.values():
            await gate.close()
        for server in self.servers.values():
            await server.stop()


async def wire(
    plan: RunPlan,
    reader: Reader,
    folder: Path,
    environ: Mapping[str, str],
    log: Callable[[str], None],
    *,
    grade_only: bool = False,
) -> Wiring:
    """Start the child servers and open the gates; with `grade_only` those of graders alone.

    Raises ServerError or StoreError in one line, with nothing left running.
    """
    targets = reader.targets()
    graders = reader.graders()
    refuse_others(graders)
    endpoints = [t.endpoint for t in targets.values()]
    judges = {
        g.id: Endpoint.from_dict(g.spec["endpoint"])
        for g in graders
        if g.asks and (g.planned or g.upto)
    }
    endpoints += judges.values()
    asked = list(judges.values()) if grade_only else endpoints
    payers = {e.account for e in asked}
    wiring = Wiring({}, {}, Grading((), {}, {}, 0, {}), 0, {})

    def wake() -> None:
        for tell in wiring._wake:
            tell()

    async def died(name: str, why: str) -> None:
        for tell in wiring._died:
            await tell(name, why)

    keys: dict[str, Secret] = {}
    # Before the servers start: what is known as a key stays out of their environment.
    held = {account: _keys(plan, account, environ) for account in payers}
    try:
        owned = {e.platform.split(":")[0] for e in asked if not e.base_url}
        for name in sorted(owned & {SIM, LOCAL}):
            config, key = server_config(name, plan)
            module = "fftui.simulate" if name == SIM else "fftui.engine.local_server"
            wiring.servers[name] = server = ChildServer(name, module, config, log, died)
            await server.start()
            if key:
                keys[name] = key
        for account in sorted({e.account for e in endpoints}):
            paid = held.get(account, ())
            wiring.gates[account] = _gate(account, plan, reader, endpoints, paid, wake)

        def line(endpoint: Endpoint) -> Line:
            kind = endpoint.platform.split(":")[0]
            gate = wiring.gates[endpoint.account]
            if endpoint.account not in payers:
                return Line(endpoint, (), gate)
            if kind not in wiring.servers or endpoint.base_url:
                return Line(endpoint, held[endpoint.account], gate)
            own = (keys[kind],) if kind in keys else held[endpoint.account]
            return Line(addressed(endpoint, wiring.servers[kind].url), own, gate, child=kind)

        wiring.lines.update({i: line(t.endpoint) for i, t in targets.items()})
        wiring.grading = Grading(
            graders=tuple(g for g in graders if g.planned or not other_version(g)),
            lines={i: line(e) for i, e in judges.items()},
            sampling={g.id: Sampling(0.0, g.spec["max_tokens"]) for g in graders if g.id in judges},
            seed=plan.seed,
            audit_share=_audit_shares(plan, targets, reader.order.length),
            rates=plan.review.rules,
            small=_small(reader, plan),
            readings=plan.review.readings,
            double=plan.review.double,
        )
    except BaseException:
        await wiring.close()
        raise
    wiring.connections = sum(gate.concurrency for gate in wiring.gates.values())
    return wiring


def plan_in_force(reader: Reader) -> RunPlan:
    """The stored plan, with the accounts of graders that were added for stored answers.

    Raises PlanError when another version of fftui wrote it otherwise.
    """
    plan = RunPlan.from_json(reader.plan_json())
    known = {a.name for a in plan.accounts}
    added = {
        told["name"]: AccountPlan.model_validate(told)
        for g in reader.graders()
        if (told := g.spec.get("account_plan")) and told["name"] not in known
    }
    return plan.model_copy(update={"accounts": (*plan.accounts, *added.values())})


def refuse_others(graders: Sequence[GraderRow]) -> None:
    """Raise StoreError where a grader of the run is not what this fftui would ask under its name.

    Verdicts of two versions are never pooled.
    """
    for grader in graders:
        if grader.planned and (why := other_version(grader)):
            mend = (
                "`fftui regrade RUN --grader heuristic` adds the new one"
                if grader.kind == "heuristic"
                else "go on with the fftui that began the run, or start a new run"
            )
            raise StoreError(f"{grader.name}: {why}; {mend}")


def queues(
    reader: Reader, rules: Rules, targets: Mapping[int, Target], engine: EnginePlan
) -> dict[int, TargetQueue]:
    """The open attempts of each target: plan minus committed rows."""
    states = reader.target_states()
    made = {}
    for number, target in targets.items():
        queue = TargetQueue(
            number, target.name, target.endpoint.account, reader.order, rules.planned
        )
        queue.health = Health(engine.usable_share, engine.usable_window)
        queue.load(reader.done_keys(number))
        state, reason, _ = states.get(number, (TargetState.OPEN, "", 0))
        # What the engine paused by itself gets a new chance with a new engine.
        mended = state is TargetState.PAUSED and not by_person(reason)
        if state is not TargetState.WAITING and not mended:
            queue.state, queue.reason = state, reason
        made[number] = queue
    return made


def server_config(name: str, plan: RunPlan) -> tuple[dict[str, Any], Secret | None]:
    """What the child server of a platform is told, and the key it then takes.

    Raises ServerError where the local model cannot be used.
    """
    if name == SIM:
        return {"profile": plan.sim.profile or None, "seed": plan.sim.seed, "port": 0}, None
    key = Secret(secrets.token_urlsafe(24))
    try:
        found = weights()
    except (RuntimeError, OSError) as error:
        raise ServerError(f"local: {error}") from None
    threads = max(1, (os.cpu_count() or 2) - 1)
    config = {
        "gguf": str(found.path),
        "key": key.reveal(),
        "threads": threads,
        "slots": 2,
        "context": 4096,
    }
    return config, key


def addressed(endpoint: Endpoint, url: str) -> Endpoint:
    """The endpoint at the child server that answers at `url`."""
    kind, _, place = endpoint.platform.partition(":")
    base = f"{url}/{place or 'direct'}" if kind == SIM else url
    return replace(endpoint, base_url=base if endpoint.dialect == "ollama" else f"{base}/v1")


def _gate(
    account: str,
    plan: RunPlan,
    reader: Reader,
    endpoints: list[Endpoint],
    keys: tuple[Secret, ...],
    wake: Callable[[], None],
) -> Gate:
    limits = plan.account(account)
    here = [e for e in endpoints if e.account == account]
    # A simulated account lives and dies with its run; a real one is shared by all runs.
    place = state_dir() if limits.shared else reader.folder
    name = account
    if keys and limits.shared:
        book = Ledger(place)
        name = book.owner([key.reveal() for key in keys], account)
        book.close()
    return Gate(
        plan=limits,
        purse=Purse(
            account=name,
            windows=counted(limits, here, reader.header().uuid),
            open_ledger=lambda: Ledger(place),
            period_scale=limits.period_scale,
            free=any(e.model.endswith(FREE) for e in here),
        ),
        concurrency=limits.concurrency or plan.engine.concurrency,
        wake=wake,
        platform=here[0].platform,
        spent_usd=_spent(reader, account, here),
    )


def _spent(reader: Reader, account: str, endpoints: list[Endpoint]) -> float | None:
    """What the run's calls on an account have cost so far; `None` where one's cost is unknown."""
    judges = {
        g.id: Endpoint.from_dict(g.spec["endpoint"]).account for g in reader.graders() if g.asks
    }
    total = 0.0
    for number, target in reader.targets().items():
        for row in reader.counts(number).calls:
            payer = judges.get(row.grader, "") if row.grader else target.endpoint.account
            if payer == account:
                if row.cost_unknown:
                    return None
                total += row.cost_usd
    return total


def _keys(plan: RunPlan, account: str, environ: Mapping[str, str]) -> tuple[Secret, ...]:
    keys = []
    for name in plan.account(account).key_env:
        try:
            key = find_key(name, environ)
        except ValueError as error:
            raise StoreError(f"account {account}: {error}") from None
        if key is None:
            raise StoreError(
                f"account {account}: the environment has no {name}; export it and `fftui resume`"
            )
        keys.append(key)
    return tuple(keys)


SMALL = 60
"""Planned attacks of a target up to which every answer is read."""


def _small(reader: Reader, plan: RunPlan) -> bool:
    """At most `SMALL` attacks are planned of each target."""
    length = reader.order.length
    benign, scenarios = reader.benign_share()
    planned = min(length, plan.stop.max_attempts or length)
    return planned * (scenarios - benign) <= SMALL * scenarios


def _audit_shares(plan: RunPlan, targets: Mapping[int, Target], planned: int) -> dict[int, float]:
    """Share of refusals to draw so that about `review.audit` are read per maker x platform."""
    groups: dict[tuple[str, str], int] = {}
    for target in targets.values():
        key = (target.maker, target.endpoint.platform)
        groups[key] = groups.get(key, 0) + planned
    return {
        i: min(1.0, plan.review.audit / max(1, groups[t.maker, t.endpoint.platform]))
        for i, t in targets.items()
    }
