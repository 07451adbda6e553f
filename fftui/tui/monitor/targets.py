"""The table of targets. It draws the rows in sight only, however many targets a run has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from fftui.tui.draw.axis import Axis, picture, top_for
from fftui.tui.draw.line import BLANK, Line, Piece, Tone, left, right
from fftui.tui.draw.numbers import limits
from fftui.tui.monitor.columns import (
    AXIS,
    SORTABLE,
    Column,
    columns,
    ordered,
    rate_of,
)
from fftui.tui.monitor.scene import FEW, Scene, ScenePane, tone_of
from fftui.tui.words import TARGET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.results.view import TargetSummary


class TargetsPane(ScenePane):
    """Header with the common axis, and one row a target."""

    class Chosen(Message):
        """The cursor came to another target."""

        def __init__(self, target: int | None) -> None:
            super().__init__()
            self.target = target
            """Its id, or `None` when no row is left."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.sort = ""
        """Id of the column sorted by; empty is the order of the plan."""
        self.down = True
        self.filter = ""
        self.target: int | None = None
        self._offset = 0
        self._rows: list[TargetSummary] = []

    def show(self, scene: Scene) -> None:
        """Take a new scene; the cursor stays with its target."""
        self.scene = scene
        self._arrange()
        self.repaint()

    def narrow(self, text: str) -> None:
        """Show only targets that match; empty shows all."""
        self.filter = text
        self._arrange()
        self.repaint()

    def next_sort(self) -> None:
        """Sort by the next column on screen, and after the last one as planned."""
        if self.scene is None:
            return
        here = {column.id for column in columns(self.scene.summary, self.size.width)}
        cycle = ["", *(name for name in SORTABLE if name in here)]
        at = cycle.index(self.sort) if self.sort in cycle else 0
        self.sort = cycle[(at + 1) % len(cycle)]
        self.down = self.sort not in ("", "name", "state")
        self._arrange()
        self.repaint()

    def flip_sort(self) -> None:
        """Turn the order round."""
        self.down = not self.down
        self._arrange()
        self.repaint()

    def move(self, by: int) -> None:
        """Move the cursor by so many rows, no further than the ends."""
        if not self._rows:
            return
        at = min(len(self._rows) - 1, max(0, self._index() + by))
        self._choose(self._rows[at].id)
        self.repaint()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Header and the rows in sight."""
        scene = self.scene
        if scene is None:
            return ()
        shown = columns(scene.summary, width)
        size = next(column.width for column in shown if column.id == AXIS)
        axis = Axis(_top(scene), size)
        room = max(1, height - 1)
        at = self._index()
        self._offset = min(self._offset, max(0, len(self._rows) - room), at)
        self._offset = max(self._offset, at - room + 1)
        rows = self._rows[self._offset : self._offset + room]
        lines = [self._header(scene, shown, axis, room)]
        lines += [self._row(scene, target, shown, axis) for target in rows]
        if not rows:
            text = "no target matches" if self.filter else "no targets"
            lines.append(Line((Piece(f"    {text}", Tone.MUTED),)))
        return lines + [BLANK] * (height - len(lines))

    def _arrange(self) -> None:
        scene = self.scene
        if scene is None:
            return
        by = next((c for c in columns(scene.summary, 400) if c.id == self.sort), None)
        found = [t for t in scene.summary.targets if matches(t, self.filter)]
        self._rows = ordered(found, by, scene.tier, down=self.down and bool(self.sort))
        if not any(target.id == self.target for target in self._rows):
            self._choose(self._rows[0].id if self._rows else None)

    def _choose(self, target: int | None) -> None:
        if target != self.target:
            self.target = target
            self.post_message(self.Chosen(target))

    def _index(self) -> int:
        return next((i for i, t in enumerate(self._rows) if t.id == self.target), 0)

    def _header(self, scene: Scene, shown: Sequence[Column], axis: Axis, room: int) -> Line:
        arrow = scene.glyphs.down if self.down else scene.glyphs.up
        pieces: list[Piece] = []
        for column in shown:
            mark = arrow if self.sort and column.id == self.sort else " "
            tone = Tone.ACCENT if mark != " " else Tone.MUTED
            if column.id == "name" and mark == " " and self.active:
                tone = Tone.TITLE
            if column.id == AXIS:
                pieces.append(Piece(f" {axis.header()}", Tone.MUTED))
            elif column.flush_left:
                pieces += [Piece(mark, tone), left(column.title, column.width, tone)]
            else:
                pieces.append(right(mark + column.title, column.width + 1, tone))
        mark = f" {scene.glyphs.cursor}  " if self.active else "    "
        # With a filter or a window the titles of state and name say so instead.
        if title := self._title(room):
            head = 1 + shown[0].width + 1 + shown[1].width
            tone = Tone.ACCENT if self.filter else Tone.TITLE if self.active else Tone.MUTED
            pieces[:4] = [left(f" {title}", head, tone)]
        return Line((Piece(mark[:4], Tone.ACCENT), *pieces))

    def _title(self, room: int) -> str:
        parts = []
        if self.filter:
            total = len(self.scene.summary.targets) if self.scene else 0
            parts.append(f"/{self.filter}  {len(self._rows)} of {total}")
        if len(self._rows) > room:
            last = min(len(self._rows), self._offset + room)
            parts.append(f"{self._offset + 1}-{last} of {len(self._rows)}")
        return "  ".join(parts)

    def _row(
        self, scene: Scene, target: TargetSummary, shown: Sequence[Column], axis: Axis
    ) -> Line:
        chosen = target.id == self.target
        cursor = scene.glyphs.cursor if chosen else " "
        said = TARGET[target.state]
        pieces = [
            Piece(f" {cursor} ", Tone.ACCENT),
            Piece(said.mark(plain=scene.glyphs.plain), tone_of(said)),
        ]
        skip: tuple[str, ...] = ()
        for column in shown:
            if column.id == "rate" and target.benign_only:
                # Neither rate nor width: the words take the place of all three columns.
                skip = (AXIS, "width")
                room = column.width + 1 + axis.width + 1 + 5
                pieces += [Piece(" "), left(over_refusal(target), room)]
            elif column.id not in skip:
                pieces.append(Piece(" "))
                pieces += self._cell(scene, target, column, axis, chosen=chosen)
        return Line(tuple(pieces), chosen=chosen and self.active)

    def _cell(
        self, scene: Scene, target: TargetSummary, column: Column, axis: Axis, *, chosen: bool
    ) -> tuple[Piece, ...]:
        if column.id != AXIS:
            cell = column.cell(target, scene.tier)
            return (Piece(cell.text, Tone.STRONG) if chosen and column.id == "name" else cell,)
        rate = rate_of(target, scene.tier)
        if rate is None or not rate.n:
            return (left(target.reason, axis.width, Tone.MUTED),)
        weak = rate.n < FEW
        tone = Tone.MUTED if weak else Tone.ACCENT if chosen else Tone.TITLE
        return picture(
            axis, rate.rate, rate.wilson, rate.anytime, scene.glyphs, weak=weak, tone=tone
        )


def matches(target: TargetSummary, text: str) -> bool:
    """Whether a target has the text in a name or word of its row; `!text` turns it round."""
    wanted = text.casefold().strip()
    if wanted.startswith("!"):
        return len(wanted) == 1 or not matches(target, wanted[1:])
    words = (
        target.name,
        target.platform,
        target.maker,
        target.upstream,
        TARGET[target.state].word,
        *target.tags,
    )
    return any(wanted in word.casefold() for word in words)


def over_refusal(target: TargetSummary) -> str:
    """Refusals among benign scenarios, with interval; it is no attack success rate."""
    found = target.over_refusal
    if not found.n:
        return "over-refusal: no data"
    text = f"over-refusal {found.refused}/{found.n}"
    between = found.interval
    return f"{text}  {limits(between.low, between.high)} %" if between else text


def _top(scene: Scene) -> float:
    rates = (rate_of(target, scene.tier) for target in scene.summary.targets)
    return top_for(rate.wilson.high for rate in rates if rate and rate.wilson)
