"""What each account has left, until when, and who waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fftui.tui.draw.line import BLANK, Line, Piece, Tone, line, rule
from fftui.tui.monitor import account as one
from fftui.tui.monitor.account import Level
from fftui.tui.monitor.layout import ROOMY
from fftui.tui.monitor.scene import Scene, ScenePane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.store.now import AccountNow


class BudgetPane(ScenePane):
    """A title rule and the accounts below it."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._offset = 0
        self.alone = False
        """It has the screen to itself."""

    def move(self, by: int) -> None:
        """Move the window by so many rows."""
        self._offset = max(0, self._offset + by)
        self.repaint()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Accounts that hold something up come first; as much of each as fits."""
        scene = self.scene
        if scene is None:
            return ()
        room = height - 1
        body = told(scene, width - 1, room, alone=self.alone)
        self._offset = max(0, min(self._offset, len(body) - room))
        rows = body[self._offset : self._offset + room]
        legend = self._legend(scene)
        end = [Piece(legend, Tone.MUTED)] if legend else []
        if len(body) > room:
            where = f"{self._offset + 1}-{self._offset + len(rows)} of {len(body)}"
            after = "esc back" if self.alone else "b all"
            end = [Piece(f"{where} {scene.glyphs.dot} {after}", Tone.MUTED)]
        title = rule(
            [Piece("budget", Tone.TITLE)], end, width, scene.glyphs.rule,
            focused=self.active, cursor=scene.glyphs.cursor,
        )  # fmt: skip
        return [title, *rows, *[BLANK] * (room - len(rows))]

    def _legend(self, scene: Scene) -> str:
        words = "left / limit, source, reset" if scene.summary.accounts else ""
        words = "spent by this run" if one.over(scene) else words
        dot = f" {scene.glyphs.dot} " if words else ""
        return f"{words}{dot}esc back" if self.alone else words


def told(scene: Scene, width: int, room: int, *, alone: bool) -> list[Line]:
    """The accounts at the level that fits into so many rows."""
    if alone:
        return accounts(scene, width, Level.ALL, roomy=True)
    levels = (Level.ALL, Level.SOME) if width >= one.WIDE else (Level.SOME,)
    for level in levels:
        body = accounts(scene, width, level)
        if len(body) <= room:
            return body
    return accounts(scene, width, Level.LEAST)


def accounts(scene: Scene, width: int, level: Level, *, roomy: bool = False) -> list[Line]:
    """All accounts; at the lowest level those with nothing to tell share the last line."""
    run = scene.summary
    if not run.accounts:
        return [line(Piece(" no accounts", Tone.MUTED))]
    if one.over(scene):
        return [row for account in run.accounts for row in one.lines(scene, account, width, level)]
    shown = [a for a in run.accounts if level or _matters(a, scene)]
    free = [a for a in run.accounts if a not in shown]
    shown.sort(key=lambda a: _urgency(a, scene))
    blocks = [one.lines(scene, account, width, level) for account in shown]
    return one.apart([*blocks, one.shared(scene, free, width)] if free else blocks, roomy=roomy)


def _matters(account: AccountNow, scene: Scene) -> bool:
    return bool(
        account.windows or account.paused or one.waits(account, scene) or one.adapted(account)
    )


def _urgency(account: AccountNow, scene: Scene) -> int:
    if account.paused:
        return 0
    if one.blocked(account, scene):
        return 1
    return 2 if account.waiting else 3 if account.windows else 4


def wanted_rows(scene: Scene, height: int) -> int:
    """Rows that the accounts would like on a terminal so high."""
    return len(accounts(scene, 60, Level.SOME if height >= ROOMY else Level.LEAST))
