"""Failed attempts are put back by a person: they are asked again, and keep their place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from msgspec import Struct

from fftui.store import commands
from fftui.store.context import Context
from fftui.store.extend import lines, reopen
from fftui.store.now import AddEvent
from fftui.store.records import PutBack


class Returned(Struct, frozen=True):
    """What was put back."""

    command: int | None
    """Id of the command that tells the engine; `None` where nothing was put back."""
    targets: Mapping[str, Mapping[str, int]]
    """Attempts by name of the target and class of outcome."""


class Retry(Struct, frozen=True):
    """Puts every attempt back whose outcome in force is of one of the classes."""

    classes: Collection[str]
    """Of `OutcomeClass`; answers stay answers, even where they are named."""
    target: int | None
    """Of this target only."""
    by: str
    at: float

    def apply(self, ctx: Context) -> Returned:
        found = ctx.db.execute(
            "SELECT o.id, t.id, t.name, o.class FROM in_force o JOIN target t ON t.id = o.target"
            f" WHERE o.class IN ({', '.join('?' * len(self.classes))})"
            " AND (? IS NULL OR o.target = ?) ORDER BY t.id, o.id",
            (*self.classes, self.target, self.target),
        ).fetchall()
        returned: dict[str, Counter[str]] = {}
        touched = set()
        for outcome, target, name, kind in found:
            if PutBack(outcome, self.by, self.at).apply(ctx):
                touched.add(target)
                returned.setdefault(name, Counter())[kind] += 1
        if not returned:
            return Returned(None, {})
        for line in lines(f"put back by {self.by}: ", words(returned)):
            AddEvent(self.at, "put back", line).apply(ctx)
        for target in touched:
            reopen(ctx, f"attempts put back by {self.by}", target)
        return Returned(commands.insert(ctx.db, "reload", None, self.by), returned)


def words(returned: Mapping[str, Mapping[str, int]]) -> list[str]:
    """`NAME: 12 infra, 3 empty` for each target."""
    return [
        f"{name}: {', '.join(f'{n} {kind}' for kind, n in counts.items())}"
        for name, counts in returned.items()
    ]
