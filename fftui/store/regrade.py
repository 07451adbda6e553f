"""Stored answers are graded again: a layer of verdicts beside the planned ones, and its promotion.

A layer changes no number: the rates are read from the basis grader until a person promotes another.
Strata stay as they were fixed when each answer was graded first.
"""

from __future__ import annotations

from msgspec import Struct

from fftui.store import commands
from fftui.store.context import Context
from fftui.store.extend import open_answers, reopen
from fftui.store.folder import NewGrader, add_graders
from fftui.store.now import AddEvent
from fftui.store.sqlite import StoreError

LAYER, BASIS = "layer", "basis"


class Layered(Struct, frozen=True):
    """What a regrading will do."""

    command: int | None
    """Id of the command that tells the engine; `None` where every stored answer is graded."""
    answers: int
    """Stored answers on which the grader is still to be heard."""


class Regrade(Struct, frozen=True):
    """Has a grader heard on every answer that is stored by now. Adds the grader where it is new."""

    grader: NewGrader | int
    """A new one, or the id of one of the run's."""
    by: str
    at: float

    def apply(self, ctx: Context) -> Layered:
        grader = self._grader(ctx)
        upto = ctx.db.execute("SELECT coalesce(max(id), 0) FROM outcome").fetchone()[0]
        answers = ctx.db.execute(
            "SELECT count(*) FROM in_force o WHERE class = 'answered' AND NOT EXISTS"
            " (SELECT 1 FROM verdict v WHERE v.outcome = o.id AND v.grader = ?)",
            (grader,),
        ).fetchone()[0]
        name, version, planned = ctx.db.execute(
            "SELECT name, version, planned FROM grader WHERE id = ?", (grader,)
        ).fetchone()
        if not answers and not isinstance(self.grader, NewGrader):
            return Layered(None, 0)
        _note(ctx, grader, LAYER, upto, self.by, self.at)
        where = "among the planned graders" if planned else "a layer of its own"
        words = f"{answers} stored answers to be graded by {name!r} ({version}), {where}"
        AddEvent(self.at, "regraded", f"{words}; asked for by {self.by}").apply(ctx)
        return Layered(commands.insert(ctx.db, "reload", None, self.by), answers)

    def _grader(self, ctx: Context) -> int:
        if isinstance(self.grader, int):
            return self.grader
        new = self.grader
        older = ctx.db.execute(
            "SELECT id FROM grader WHERE kind = 'heuristic' AND planned AND ? = 'heuristic'",
            (new.kind,),
        ).fetchall()
        if older:
            # Another version of ours cannot be asked any more: the new one takes its place.
            open_answers(ctx)
            ctx.db.execute("UPDATE grader SET planned = 0 WHERE kind = 'heuristic'")
        add_graders(ctx.db, [new], self.at, planned=bool(older))
        ctx.reread()
        row = ctx.db.execute("SELECT id FROM grader WHERE name = ?", (new.name,)).fetchone()
        return int(row[0])


class Promoted(Struct, frozen=True):
    """What a promotion did."""

    command: int
    answers: int
    """Stored answers that the new basis has not graded yet."""


class Promote(Struct, frozen=True):
    """Makes a grader the one that the rates are read from, dated and signed.

    Raises StoreError where it is that already, or has not been heard on all that it was asked for.
    """

    grader: int
    by: str
    at: float

    def apply(self, ctx: Context) -> Promoted:
        name, basis, planned = ctx.db.execute(
            "SELECT name, basis, planned FROM grader WHERE id = ?", (self.grader,)
        ).fetchone()
        if basis:
            raise StoreError(f"the rates are read from {name!r} already; nothing was written")
        upto = ctx.db.execute(
            "SELECT max(upto) FROM regrade WHERE grader = ?", (self.grader,)
        ).fetchone()[0]
        missing = self._missing(ctx, 2**62)
        if not planned and self._missing(ctx, upto if upto is not None else 2**62):
            raise StoreError(
                f"{name!r} has not graded {missing} of the stored answers; nothing was written:"
                f" `fftui regrade RUN --grader {name!r}` has it grade them first"
            )
        if not planned:
            open_answers(ctx, self.grader)
        was = ctx.db.execute("SELECT name FROM grader WHERE basis").fetchone()[0]
        ctx.db.execute("UPDATE grader SET basis = 0")
        ctx.db.execute("UPDATE grader SET basis = 1, planned = 1 WHERE id = ?", (self.grader,))
        _note(ctx, self.grader, BASIS, 0, self.by, self.at)
        ctx.reread()
        words = f"rates as graded by {name!r} from now on, before by {was!r}"
        AddEvent(self.at, "promoted", f"{words}; promoted by {self.by}").apply(ctx)
        if not ctx.db.execute("SELECT imported FROM run").fetchone()[0]:
            # What was finished by one grader's verdicts may not be by another's.
            reopen(ctx, f"rates by another grader since {self.by} promoted it")
        return Promoted(commands.insert(ctx.db, "reload", None, self.by), missing)

    def _missing(self, ctx: Context, upto: int) -> int:
        row = ctx.db.execute(
            "SELECT count(*) FROM in_force o WHERE class = 'answered' AND id <= ? AND NOT EXISTS"
            " (SELECT 1 FROM verdict v WHERE v.outcome = o.id AND v.grader = ?)",
            (upto, self.grader),
        ).fetchone()
        return int(row[0])


def _note(ctx: Context, grader: int, kind: str, upto: int, by: str, at: float) -> None:
    ctx.db.execute(
        "INSERT INTO regrade (grader, kind, upto, by, at) VALUES (?,?,?,?,?)",
        (grader, kind, upto, by, at),
    )
