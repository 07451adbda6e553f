"""A run's plan is appended to: more scenarios, targets and graders, other limits.

One transaction writes the new plan, all rows that follow from it, the lines of the log and the
engine's order to take it up. Ids and places of earlier attempts stay what they were.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct

from fftui.domain.scenarios import Scenario
from fftui.domain.targets import Target
from fftui.store import commands
from fftui.store.context import Context
from fftui.store.folder import (
    NewGrader,
    SourceFile,
    add_graders,
    add_plan,
    add_scenarios,
    add_targets,
)
from fftui.store.now import AddEvent
from fftui.store.sqlite import StoreError

_LONGEST_LINE = 300
"""Characters of one line of the log, about; more changes than fit stand in further lines."""


class Extension(Struct, frozen=True):
    """What a new plan changes. Returns the id of the command that tells the engine.

    Raises StoreError when somebody else has changed the run since it was compared.
    """

    based_on: int
    """Id of the plan that it was compared with."""
    at: float
    by: str
    plan_source: str
    plan_toml: str
    plan_json: str
    plan_sha256: str
    fftui: str
    versions: Mapping[str, str]
    files: Sequence[SourceFile]
    note: str
    compress: bool
    scenarios: Collection[Scenario]
    """New ones only, in the seeded order of their block."""
    seed: int
    targets: Sequence[Target]
    """New ones only."""
    described: Sequence[Target]
    """Targets of the run whose maker, tags, account, price or streaming is told anew."""
    graders: Sequence[NewGrader]
    """New ones only; the first of them that is `basis` takes over from the grader that was."""
    paid: Mapping[str, Mapping[str, Any]]
    """What else is told of graders of the run: account, price and streaming, by name."""
    words: Sequence[str]
    """The changes in words, as the log shows them."""
    gives_work: bool
    """Targets that were finished may have to go on."""

    def apply(self, ctx: Context) -> int:
        self._agree(ctx)
        if self.graders:
            # While the old graders are all that is planned: what leaves the prefix was in it.
            open_answers(ctx)
        add_plan(ctx.db, self, self.at)
        ctx.db.execute("UPDATE run SET note = ?, compress = ?", (self.note, int(self.compress)))
        if self.scenarios:
            add_scenarios(ctx.db, self.scenarios, seed=self.seed, compress=self.compress)
        add_targets(ctx.db, self.targets, self.at)
        self._describe(ctx)
        if any(g.basis for g in self.graders):
            ctx.db.execute("UPDATE grader SET basis = 0")
        add_graders(ctx.db, self.graders, self.at)
        ctx.reread()
        for line in lines(f"extended by {self.by}: ", self.words):
            AddEvent(self.at, "extended", line).apply(ctx)
        if self.gives_work:
            reopen(ctx, f"extended by {self.by}")
        return commands.insert(ctx.db, "reload", None, self.by)

    def _agree(self, ctx: Context) -> None:
        number, by = ctx.db.execute("SELECT id, by FROM plan ORDER BY id DESC LIMIT 1").fetchone()
        if number != self.based_on:
            raise StoreError(
                f"nothing was written: {by} has extended the run meanwhile; look at"
                " what changed (`fftui status`), and extend it again"
            )

    def _describe(self, ctx: Context) -> None:
        ctx.db.executemany(
            "UPDATE target SET maker = ?, account = ?, spec = ? WHERE name = ?",
            [
                (t.maker, t.endpoint.account, json.dumps(t.to_dict()), t.name)
                for t in self.described
            ],
        )
        ctx.db.executemany(
            "UPDATE grader SET spec = ? WHERE name = ?",
            [(json.dumps(spec), name) for name, spec in self.paid.items()],
        )


def open_answers(ctx: Context, heard: int = 0) -> None:
    """A grader more is planned: no answer is closed before it was heard.

    Answers on which the grader `heard` was heard already stay where they are.
    """
    for (target,) in ctx.db.execute("SELECT target FROM prefix").fetchall():
        answers = ctx.db.execute(
            "SELECT scenario, repeat FROM in_force o WHERE target = ? AND class = 'answered'"
            " AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.outcome = o.id AND v.grader = ?)",
            (target, heard),
        ).fetchall()
        if answers:
            ctx.retreat(target, min(ctx.order.ordinal(*answer) for answer in answers))


def reopen(ctx: Context, why: str, target: int | None = None) -> None:
    """A run that was over is open again as far as a reader can tell; its targets, or one, too.

    A living engine finds out by itself what there is to do, and says so.
    """
    if ctx.db.execute("SELECT imported FROM run").fetchone()[0]:
        return  # a log holds no more than it holds
    ctx.db.execute(
        "UPDATE target_state SET state = 'open', reason = ?1"
        " WHERE state IN ('finished', 'exhausted') AND (?2 IS NULL OR target = ?2)",
        (why, target),
    )
    ctx.db.execute(
        "UPDATE engine SET state = 'stopped', reason = ? WHERE state = 'done'",
        (f"{why}; `fftui resume` goes on",),
    )


def lines(head: str, words: Sequence[str]) -> list[str]:
    """The words behind the head, in as few lines of the log as hold them."""
    made: list[str] = []
    for word in words:
        if made and len(made[-1]) + len(word) < _LONGEST_LINE:
            made[-1] += f", {word}"
        else:
            made.append(head + word)
    return made
