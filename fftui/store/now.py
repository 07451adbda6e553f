"""What the engine tells of itself: its log, its sign of life, what it is doing.

Everybody who watches a run reads it from the file; nobody asks the engine.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct, to_builtins

from fftui.domain.states import RunState, TargetState
from fftui.store.texts import storable

# Who only looks at a run appends nothing.
if TYPE_CHECKING:
    from fftui.store.context import Context


class AddEvent(Struct, frozen=True):
    """A line of the run's log."""

    at: float
    kind: str
    text: str
    severity: str = "info"
    target: int | None = None

    def apply(self, ctx: Context) -> int:
        row = ctx.db.execute(
            "INSERT INTO event (at, kind, severity, target, text) VALUES (?,?,?,?,?) RETURNING id",
            (self.at, self.kind, self.severity, self.target, storable(self.text)),
        ).fetchone()
        return int(row[0])


class TargetNow(Struct, frozen=True):
    """What the engine is doing with a target."""

    target: int
    state: TargetState
    reason: str
    in_flight: int


class WindowNow(Struct, frozen=True):
    """One limit of an account as the engine last knew it."""

    kind: str
    """`requests/minute`, `requests/day`, `tokens/minute`, `tokens/day` or `usd`."""
    limit: float | None
    remaining: float | None
    resets_at: float | None
    source: str
    """Where the number comes from: `header`, `api`, `plan` or `own count`."""


class AccountNow(Struct, frozen=True):
    """What an account has left, and who waits for it."""

    name: str
    platform: str
    windows: tuple[WindowNow, ...]
    in_flight: int
    concurrency: int
    waiting: tuple[str, ...]
    """Names of targets that wait for this account."""
    blocked_until: float | None
    """Epoch seconds until which nothing is sent, e.g. after a 429."""
    reason: str
    paused: str = ""
    """Why nothing is sent until a person has mended it: a refused key, spent credit."""
    places: int = 0
    """Calls that may be out at once right now, adapted to what the platform bears."""
    spent_usd: float | None = None
    """What this run has spent on the account; `None` where a call's cost is unknown."""

    def at_rest(self) -> AccountNow:
        """What stays true when no engine draws on the account: what the run has spent there."""
        return AccountNow(
            self.name,
            self.platform,
            (),
            0,
            self.concurrency,
            (),
            None,
            "",
            spent_usd=self.spent_usd,
        )

    @classmethod
    def from_json(cls, body: str) -> AccountNow:
        """The inverse of what `Heartbeat` stores."""
        data: dict[str, Any] = json.loads(body)
        data["windows"] = tuple(WindowNow(**w) for w in data["windows"])
        data["waiting"] = tuple(data["waiting"])
        return cls(**data)


class Heartbeat(Struct, frozen=True):
    """The engine's sign of life, with what changed since the last one."""

    at: float
    pid: int | None
    state: RunState
    reason: str
    started_at: float | None
    worked_s: float
    """Seconds of work that this heartbeat adds."""
    targets: tuple[TargetNow, ...] = ()
    accounts: tuple[AccountNow, ...] = ()

    def apply(self, ctx: Context) -> None:
        ctx.db.execute(
            "INSERT INTO engine VALUES (1,?,?,?,?,?,?)"
            " ON CONFLICT DO UPDATE SET pid = excluded.pid,"
            " state = excluded.state, reason = excluded.reason, started_at = excluded.started_at,"
            " heartbeat_at = excluded.heartbeat_at, worked_s = worked_s + excluded.worked_s",
            (self.pid, self.state.value, self.reason, self.started_at, self.at, self.worked_s),
        )
        for t in self.targets:
            ctx.db.execute(
                "INSERT INTO target_state VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET"
                " state = excluded.state, reason = excluded.reason, in_flight = excluded.in_flight",
                (t.target, t.state.value, storable(t.reason), t.in_flight),
            )
        for account in self.accounts:
            ctx.db.execute(
                "INSERT INTO account_state VALUES (?,?)"
                " ON CONFLICT DO UPDATE SET body = excluded.body",
                (account.name, json.dumps(to_builtins(account))),
            )


class CommandDone(Struct, frozen=True):
    """The engine did what a command asked, or says why not."""

    command_id: int
    at: float
    result: str

    def apply(self, ctx: Context) -> None:
        ctx.db.execute(
            "UPDATE command SET done_at = ?, result = ? WHERE id = ?",
            (self.at, self.result, self.command_id),
        )
