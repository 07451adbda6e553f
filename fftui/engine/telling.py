"""What the engine tells of itself at each heartbeat: its state, its targets, its accounts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from fftui.domain.states import RunState, TargetState
from fftui.engine.budget import Gate
from fftui.engine.dispatch import Dispatcher
from fftui.engine.needs import Need
from fftui.engine.schedule import TargetQueue
from fftui.store.now import AccountNow, TargetNow

_SOON_S = 5.0
"""Waits shorter than this are not worth a line in the log."""
_ONE: Need = {"requests": 1.0, "free": 1.0}


@dataclass
class Telling:
    """Remembers what was told, so that only what changed is told again."""

    _targets: dict[int, TargetNow] = field(default_factory=dict)
    _accounts: dict[str, AccountNow] = field(default_factory=dict)
    _waits: set[str] = field(default_factory=set)
    """Accounts whose wait stands in the log already."""

    def state(self, dispatcher: Dispatcher) -> tuple[RunState, str]:
        """State of a run that is neither ending nor paused by a person, and why."""
        trouble = "; ".join(
            f"{n} cannot be asked: {w}" for n, w in dispatcher.hearing.judges.trouble.items()
        )
        shut = [g for g in dispatcher.setup.gates.values() if g.paused]
        open_ = [q for q in dispatcher.queues.values() if not q.state.over]
        if not open_ or dispatcher.in_flight or dispatcher.setup.grade_only:
            if len(dispatcher.hearing.judges) and not dispatcher.in_flight:
                if shut:
                    return RunState.PAUSED, f"account {shut[0].plan.name}: {shut[0].paused}"
                if trouble:
                    return RunState.WAITING, trouble
            return RunState.RUNNING, trouble
        if all(q.state is TargetState.PAUSED or dispatcher.gate(q).paused for q in open_):
            if shut:
                return RunState.PAUSED, f"account {shut[0].plan.name}: {shut[0].paused}"
            return RunState.PAUSED, "every open target is paused"
        if trouble and dispatcher.hearing.judges.backlog():
            return RunState.WAITING, trouble
        gates = dispatcher.setup.gates.values()
        waiting = {name for gate in gates for name in gate.waiting}
        if all(q.name in waiting or q.state is TargetState.PAUSED for q in open_):
            first = next((n for n in self._accounts.values() if n.waiting and n.reason), None)
            why = f"; account {first.name}: {first.reason}" if first else ""
            return RunState.WAITING, f"no account has budget{why}"
        return RunState.RUNNING, trouble

    def news(
        self, dispatcher: Dispatcher, now: float
    ) -> tuple[tuple[TargetNow, ...], tuple[AccountNow, ...]]:
        """What changed since this was asked last."""
        targets = []
        for queue in dispatcher.queues.values():
            view = self._target(dispatcher, queue, now)
            if self._targets.get(queue.target) != view:
                self._targets[queue.target] = view
                targets.append(view)
        accounts = []
        for name, gate in dispatcher.setup.gates.items():
            account = self._account(dispatcher, gate, now)
            if self._accounts.get(name) != account:
                self._accounts[name] = account
                accounts.append(account)
        return tuple(targets), tuple(accounts)

    def _target(self, dispatcher: Dispatcher, queue: TargetQueue, now: float) -> TargetNow:
        gate = dispatcher.gate(queue)
        opens = None if queue.state is TargetState.PAUSED else dispatcher.opens_at(queue, now)
        waits = opens is not None and (opens > now or bool(gate.paused))
        (gate.waiting.add if waits else gate.waiting.discard)(queue.name)
        if not waits:
            return TargetNow(queue.target, queue.state, queue.reason, queue.in_flight)
        if gate.paused or opens == math.inf:
            why = f"account {gate.plan.name}: {dispatcher.why_waiting(queue, now)}"
            return TargetNow(queue.target, TargetState.PAUSED, why, queue.in_flight)
        why = dispatcher.why_waiting(queue, now)
        return TargetNow(queue.target, TargetState.WAITING, why, queue.in_flight)

    def _account(self, dispatcher: Dispatcher, gate: Gate, now: float) -> AccountNow:
        for queue in dispatcher.queues.values():
            if dispatcher.gate(queue) is gate and (asking := dispatcher.asking(queue, now)):
                return gate.now(now, *asking)
        return gate.now(now, _ONE)

    def waits(self, dispatcher: Dispatcher, now: float) -> None:
        """Put a line in the log when an account begins to wait for longer than a moment."""
        for name, gate in dispatcher.setup.gates.items():
            if not gate.waiting or gate.paused:
                self._waits.discard(name)
                continue
            account = self._account(dispatcher, gate, now)
            if name not in self._waits and (account.blocked_until or 0.0) > now + _SOON_S:
                self._waits.add(name)
                dispatcher.log("waiting", f"account {name} waits: {account.reason}", "warning")
