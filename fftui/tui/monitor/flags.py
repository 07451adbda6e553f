"""The newest flagged answers, without their texts, and the reviewers' queue in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fftui.tui.draw.line import BLANK, Line, Piece, Tone, few, left, put, rule
from fftui.tui.draw.numbers import clock
from fftui.tui.monitor.scene import Scene, ScenePane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.domain.labels import Label
    from fftui.results.view import FlagView
    from fftui.tui.draw.glyphs import Glyphs


class FlagsPane(ScenePane):
    """A title rule with the queue, and one row a flag."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._flag: int | None = None
        """The flag that the cursor was moved to; `None` follows the newest."""
        self._offset = 0
        self.alone = False
        """Nothing stands beside it."""

    @property
    def outcome(self) -> int | None:
        """Outcome behind the cursor."""
        if self.scene is None or not self.scene.summary.flags:
            return None
        return self.scene.summary.flags[self._index()].outcome_id

    def move(self, by: int) -> None:
        """Move the cursor by so many rows."""
        if self.scene is None or not self.scene.summary.flags:
            return
        flags = self.scene.summary.flags
        at = min(len(flags) - 1, max(0, self._index() + by))
        self._flag = flags[at].id if at else None
        self.repaint()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """An upright at the left edge parts it from the budget."""
        scene = self.scene
        if scene is None:
            return ()
        glyphs = scene.glyphs
        flags, room, at = scene.summary.flags, height - 1, self._index()
        self._offset = max(0, min(self._offset, len(flags) - room, at))
        self._offset = max(self._offset, at - room + 1)
        title = rule(
            [Piece("flags", Tone.TITLE)], queue(scene, width - 16), width - 1, glyphs.rule,
            focused=self.active, cursor=glyphs.cursor,
        )  # fmt: skip
        corner, upright = (glyphs.rule, " ") if self.alone else (glyphs.tee, glyphs.upright)
        lines = [Line((Piece(corner, Tone.FAINT), *title.pieces))]
        edge = Piece(upright, Tone.FAINT)
        for index, flag in enumerate(flags[self._offset : self._offset + room], self._offset):
            chosen = self.active and index == at
            cursor = Piece(glyphs.cursor if chosen else " ", Tone.ACCENT)
            pieces = row(flag, width - 3, glyphs)
            lines.append(Line((edge, cursor, *pieces), chosen=chosen))
        if not flags:
            lines.append(Line((edge, Piece(" nothing flagged yet", Tone.MUTED))))
        return lines + [Line((edge,)) if room else BLANK] * (height - len(lines))

    def _index(self) -> int:
        flags = self.scene.summary.flags if self.scene else ()
        return next((i for i, flag in enumerate(flags) if flag.id == self._flag), 0)


def queue(scene: Scene, width: int) -> list[Piece]:
    """What waits for a person."""
    review = scene.summary.review
    parts = [Piece(f"{review.queued} to read", Tone.STRONG if review.queued else Tone.MUTED)]
    if review.conflicts:
        noun = "conflict" if review.conflicts == 1 else "conflicts"
        parts.append(Piece(f"{review.conflicts} {noun}", Tone.WARN))
    if review.read:
        parts.append(Piece(f"{review.read} labelled", Tone.MUTED))
    return few(parts, f" {scene.glyphs.dot} ", width)


def row(flag: FlagView, width: int, glyphs: Glyphs) -> list[Piece]:
    """Time, target, family, labels; the rules too where there is room."""
    letters = verdict_letters(flag.labels, glyphs)
    rules = min(20, width - 48) if width >= 58 else 0
    room = width - 6 - 4 - (rules + 1 if rules else 0)
    target = max(8, room * 3 // 5)
    pieces = [
        Piece(f"{clock(flag.at)} ", Tone.MUTED),
        left(flag.target, target - 1),
        Piece(" "),
        left(flag.family or flag.scenario, max(4, room - target), Tone.MUTED),
    ]
    if rules:
        pieces += [Piece(" "), left(", ".join(flag.rules), rules, Tone.MUTED)]
    clash = glyphs.clash in letters
    pieces += [Piece(" "), put(letters, Tone.WARN if clash else Tone.STRONG, 3)]
    return pieces


def verdict_letters(labels: Sequence[tuple[str, Label]], glyphs: Glyphs) -> str:
    """The basis grader's letter, and the first other one that differs."""
    letters = [label.letter for _, label in labels]
    if not letters:
        return "-"
    other = next((letter for letter in letters if letter != letters[0]), "")
    return f"{letters[0]}{glyphs.clash}{other}" if other else letters[0]
