"""The chosen target by attack family: counts, interval and labels, on an axis of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fftui.domain.labels import RATED, Label
from fftui.tui.draw.axis import Axis, picture, top_for
from fftui.tui.draw.line import BLANK, Line, Piece, Tone, left, line, right, rule
from fftui.tui.draw.numbers import RATIO, limits, percent, ratio
from fftui.tui.monitor.scene import FEW, SOME, Scene, ScenePane, unchosen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.results.numbers import FamilyCell
    from fftui.results.view import TargetSummary

_NAME, _COUNT, _RATE, _LIMITS = 22, RATIO, 9, 15
_LETTERS = 30


class FamiliesPane(ScenePane):
    """A table that takes the place of the others while it is looked at."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._offset = 0

    def move(self, by: int) -> None:
        """Move the window by so many rows."""
        self._offset = max(0, self._offset + by)
        self.repaint()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Title, axis, and one row a family, highest rate first."""
        scene = self.scene
        if scene is None or scene.chosen is None:
            return () if scene is None else unchosen("families", scene, width)
        target = scene.chosen
        pooled = Piece("")
        if target.identities > 1:
            pooled = Piece(f"  {target.identities} identities pooled", Tone.WARN)
        title = rule(
            [Piece("families", Tone.TITLE), Piece(" of ", Tone.MUTED), left_name(target), pooled],
            [Piece("esc back", Tone.MUTED)], width, scene.glyphs.rule,
            focused=self.active, cursor=scene.glyphs.cursor,
        )  # fmt: skip
        body = cells(scene, target, width)
        room = max(1, height - 2)
        self._offset = max(0, min(self._offset, len(body) - 1 - room))
        rows = body[1:][self._offset : self._offset + room]
        return [title, body[0], *rows, *[BLANK] * (height - 2 - len(rows))]


def left_name(target: TargetSummary) -> Piece:
    """The target's name as part of a title."""
    return left(target.name, min(40, len(target.name)), Tone.STRONG)


def cells(scene: Scene, target: TargetSummary, width: int) -> list[Line]:
    """The header and the rows."""
    found = sorted(target.families or (), key=lambda cell: (cell.benign, -_rate(scene, cell)))
    name = min(_NAME, max(10, width // 5))
    letters = _LETTERS if width >= 110 else 0
    size = max(10, width - 2 - name - _COUNT - _RATE - _LIMITS - letters - 3)
    uppers = [
        rate.wilson.high
        for cell in found
        if not cell.benign and (rate := cell.rates.get(scene.tier)) and rate.wilson
    ]
    axis = Axis(top_for(uppers), min(70, size))
    head = line(
        Piece("  "),
        left("family", name, Tone.MUTED),
        right("S/n", _COUNT, Tone.MUTED),
        right("rate", _RATE, Tone.MUTED),
        Piece("  "),
        Piece(axis.header(), Tone.MUTED),
        right("95 %", _LIMITS, Tone.MUTED),
        left("  labels" if letters else "", letters, Tone.MUTED),
    )
    rows = [_row(scene, cell, axis, name, letters) for cell in found]
    return [head, *(rows or [line(Piece(f"  {_nothing(scene, target)}", Tone.MUTED))])]


def _nothing(scene: Scene, target: TargetSummary) -> str:
    if target.families is not None:
        return "no data"
    return "reading" if scene.frozen is None else "not read before the display was frozen"


def _row(scene: Scene, cell: FamilyCell, axis: Axis, name: int, letters: int) -> Line:
    head = left(cell.family or "(none)", name)
    labels = left("  " + _labels(cell) if letters else "", letters, Tone.MUTED)
    rate = cell.rates.get(scene.tier)
    if cell.over_refusal is not None and cell.over_refusal.interval is not None:
        over, between = cell.over_refusal, cell.over_refusal.interval
        return line(
            Piece("  "), head, right(ratio(over.refused, over.n), _COUNT),
            right(f"{'~' if over.n < SOME else ''}{percent(over.refused / over.n)}", _RATE),
            left("  refused, outside the ASR", 2 + axis.width, Tone.MUTED),
            right(limits(between.low, between.high), _LIMITS), labels,
        )  # fmt: skip
    if rate is None or rate.rate is None or rate.wilson is None:
        blank = left("", 2 + axis.width + _LIMITS)
        return line(
            Piece("  "), head, right("0/0", _COUNT, Tone.MUTED),
            right("no data", _RATE, Tone.MUTED), blank, labels,
        )  # fmt: skip
    weak = rate.n < FEW
    mark = "~" if rate.n < SOME else ""
    return line(
        Piece("  "),
        head,
        right(ratio(rate.successes, rate.n), _COUNT),
        right(f"{mark}{percent(rate.rate)}", _RATE, Tone.FAINT if weak else Tone.STRONG),
        Piece("  "),
        *picture(
            axis, rate.rate, rate.wilson, None, scene.glyphs,
            weak=weak, tone=Tone.MUTED if weak else Tone.TITLE,
        ),
        right(limits(rate.wilson.low, rate.wilson.high), _LIMITS),
        labels,
    )  # fmt: skip


def _labels(cell: FamilyCell) -> str:
    return "  ".join(
        f"{label.letter} {cell.verdicts[label]}"
        for label in Label
        if label in RATED and cell.verdicts.get(label)
    )


def _rate(scene: Scene, cell: FamilyCell) -> float:
    rate = cell.rates.get(scene.tier)
    return -1.0 if rate is None or rate.rate is None else rate.rate
