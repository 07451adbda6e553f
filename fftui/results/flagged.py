"""The answers that were flagged last, newest first."""

from __future__ import annotations

from collections.abc import Mapping

from fftui.domain.targets import Target
from fftui.results.details import labels_of
from fftui.results.view import FlagView
from fftui.store import rows
from fftui.store.reader import GraderRow, Reader, Watermarks

_LINES = 40


class Flagged:
    """Their lines, kept up to date: a look reads those that are new or were graded since."""

    def __init__(
        self,
        targets: Mapping[int, Target],
        families: Mapping[int, str],
        graders: Mapping[int, GraderRow],
    ) -> None:
        self.lines: tuple[FlagView, ...] = ()
        self._targets, self._families, self._graders = targets, families, graders
        self._marks: Watermarks | None = None

    def read(self, reader: Reader, marks: Watermarks) -> None:
        """Take up what was committed up to these marks, which are those of the moment."""
        before = self._marks
        anew = before is None or marks.put_back != before.put_back
        held = {} if anew else {line.outcome_id: line for line in self.lines}
        changed: dict[int, tuple[int, float]] = {}
        if before is not None and held and marks.verdict != before.verdict:
            heard = rows.heard_since(reader, held, before.verdict)
            changed = {outcome: (held[outcome].id, held[outcome].at) for outcome in heard}
        since = 0 if before is None or anew else before.flag
        if marks.flag != since:
            changed |= rows.flagged_since(reader, since, _LINES)
        if changed or anew:
            found = held | self._views(reader, changed)
            self.lines = tuple(sorted(found.values(), key=lambda line: -line.id)[:_LINES])
        self._marks = marks

    def _views(self, reader: Reader, flags: Mapping[int, tuple[int, float]]) -> dict[int, FlagView]:
        """By outcome, of its newest flag and when that was raised."""
        if not flags:
            return {}
        found = rows.outcomes(reader, list(flags))
        scenarios = rows.scenarios(reader, [row.scenario for row in found])
        return {
            row.id: FlagView(
                id=flags[row.id][0],
                outcome_id=row.id,
                at=flags[row.id][1],
                target=self._targets[row.target].name,
                family=self._families.get(scenarios[row.scenario][1], ""),
                scenario=scenarios[row.scenario][0],
                rules=row.flags,
                labels=labels_of(row, self._graders),
            )
            for row in found
        }
