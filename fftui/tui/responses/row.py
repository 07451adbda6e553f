"""One attempt as one line, and the head over the lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from fftui.text import Shown, clean
from fftui.tui.cells import cell
from fftui.tui.draw.glyphs import glyphs
from fftui.tui.draw.numbers import clock
from fftui.tui.words import BAD, CARE, LABEL_TONES, MUTED, OPEN, OUTCOME

if TYPE_CHECKING:
    from fftui.results.traces import AttemptRow

OUTCOME_WIDTH = 15
LABELS_WIDTH = 7


def widths(width: int) -> tuple[int, int, int]:
    """Cells of scenario, family and flags: they share what the fixed columns leave."""
    rest = max(24, width - (2 + 8 + 1 + 3 + OUTCOME_WIDTH + LABELS_WIDTH + 5 + 4))
    scenario = rest // 3
    family = rest // 3
    return scenario, family, rest - scenario - family


def head(width: int) -> Content:
    """Names of the columns."""
    scenario, family, flags = widths(width)
    text = (
        f"  {'#':>8} {'scenario':<{scenario}} {'family':<{family}} {'rep':>3} "
        f"{'outcome':<{OUTCOME_WIDTH}}{'labels':<{LABELS_WIDTH}} {'flags':<{flags}}{'time':>5}"
    )
    return Content.styled(text[:width], MUTED)


def attempt_row(
    row: AttemptRow | None, index: int, width: int, *, chosen: bool, plain: bool
) -> Content:
    """Ordinal, scenario, family, repeat, outcome, labels, flags, time; or that it is coming."""
    signs = glyphs(plain=plain)
    mark = (f"{signs.cursor if chosen else ' '} ", "$text-accent")
    if row is None:
        return Content.assemble(mark, (f"{index + 1:>8,} {signs.ellipsis}", "$text-disabled"))
    scenario, family, flags = widths(width)
    said = OPEN if row.outcome is None else OUTCOME[row.outcome]
    word = f"{said.mark(plain=plain)} {said.word}{' cut' if row.cut else ''}"
    muted = MUTED if row.outcome_id is None else ""
    labels: list[tuple[Shown, str]] = []
    for _, label in row.labels[:3]:
        labels += [(clean(label.letter), f"bold {LABEL_TONES[label]}"), (clean(" "), "")]
    pad = LABELS_WIDTH - 2 * len(row.labels[:3])
    extra = (f"{'+' if len(row.labels) > 3 else '':<{max(0, pad)}}", MUTED)
    return Content.assemble(
        mark,
        (f"{row.ordinal + 1:>8,} ", MUTED),
        (cell(row.scenario, scenario), muted),
        " ",
        (cell(row.family + (" (benign)" if row.benign else ""), family), MUTED),
        (f" {row.repeat + 1:>3} ", MUTED),
        (f"{word:<{OUTCOME_WIDTH}}", said.tone),
        *labels,
        extra,
        " ",
        *_flags(row, flags - 1),
        " ",
        (f"{'' if row.at is None else clock(row.at):>5}", MUTED),
    )


def _flags(row: AttemptRow, width: int) -> list[tuple[Shown, str]]:
    """Why a person should look; behind it, for how many scenarios these same words came."""
    alike = f"alike {row.alike}" if row.alike > 1 else ""
    room = width - (len(alike) + 1 if alike else 0)
    said = " ".join(row.flags)
    if not alike or room < 4:
        return [(cell(said or alike, width), BAD if said else CARE)]
    shown = cell(said, room) if said else ""
    space = " " if said else ""
    return [(clean(f"{shown}{space}"), BAD), (cell(alike, width - len(shown) - len(space)), CARE)]
