"""Answers in the same words: how many of a target's scenarios got them, and who else gave them."""

from __future__ import annotations

from fftui.store.sqlite import Connection

ALIKE = 3
"""Scenarios answered with the same words from which a cluster is told of."""
WEIGHTS = "coalesce(nullif(t.spec ->> '$.weights', ''), t.spec ->> '$.endpoint.model')"
"""SQL: what is equal where two targets are the same model."""


class Clusters:
    """Those of one run, as one connection appends to them."""

    def __init__(self, db: Connection) -> None:
        """To be told with `reread` before anything is added."""
        self._db = db
        self._weights_of: dict[int, str] = {}
        self._one_model = False

    def reread(self) -> None:
        """Take up the targets as the file has them now."""
        self._weights_of.clear()
        row = self._db.execute(f"SELECT count(DISTINCT {WEIGHTS}) FROM target t").fetchone()
        self._one_model = row[0] <= 1

    def add(self, target: int, mark: int) -> None:
        """Count one more scenario of the target that was answered with these words."""
        row = self._db.execute(
            "INSERT INTO cluster (mark, target, n) VALUES (?,?,1)"
            " ON CONFLICT DO UPDATE SET n = n + 1 RETURNING n",
            (mark, target),
        ).fetchone()
        if row[0] >= ALIKE:
            self._db.execute(
                "INSERT INTO rollup_cluster VALUES (?,?)"
                " ON CONFLICT DO UPDATE SET n = n + excluded.n",
                (target, ALIKE if row[0] == ALIKE else 1),
            )
        if not self._one_model:
            self._share(target, mark, row[0])

    def is_canned(self, target: int, mark: int) -> bool:
        """The target has given these words to several scenarios by now."""
        row = self._db.execute(
            "SELECT n FROM cluster WHERE mark = ? AND target = ?", (mark, target)
        ).fetchone()
        return row is not None and row[0] >= ALIKE

    def is_shared(self, mark: int) -> bool:
        """A target of other weights has given these words, too."""
        row = self._db.execute(
            f"SELECT count(DISTINCT {WEIGHTS}) FROM cluster c JOIN target t ON t.id = c.target"
            " WHERE c.mark = ?",
            (mark,),
        ).fetchone()
        return int(row[0]) > 1

    def heads(self, outcome: int, target: int, mark: int) -> bool:
        """The outcome is, from now on, the one of its cluster that is read for all of it."""
        row = self._db.execute(
            "UPDATE cluster SET head = ? WHERE head IS NULL AND mark = ? AND target = ?"
            " RETURNING 1",
            (outcome, mark, target),
        ).fetchone()
        return row is not None

    def _share(self, target: int, mark: int, n: int) -> None:
        """Count answers in words that came from other weights, too; `n` is this target's."""
        givers = [
            (giver, count, self._weights(giver))
            for giver, count in self._db.execute(
                "SELECT target, n FROM cluster WHERE mark = ?", (mark,)
            ).fetchall()
        ]
        own = next(weights for giver, _, weights in givers if giver == target)
        others = [giver for giver in givers if giver[2] != own]
        if not others:
            return
        self._add_shared(target, 1)
        if n > 1:
            return
        for giver, count, weights in others:
            # Those that shared their words with somebody before are counted already.
            if all(w == weights or g == target for g, _, w in givers):
                self._add_shared(giver, count)

    def _weights(self, target: int) -> str:
        found = self._weights_of.get(target)
        if found is None:
            row = self._db.execute(
                f"SELECT {WEIGHTS} FROM target t WHERE t.id = ?", (target,)
            ).fetchone()
            found = self._weights_of[target] = row[0]
        return found

    def _add_shared(self, target: int, n: int) -> None:
        self._db.execute(
            "INSERT INTO rollup_shared VALUES (?,?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
            (target, n),
        )
