"""How the review of the run stands, as lines: beside an item, above it, in place of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from fftui.text import clean
from fftui.tui.review import health
from fftui.tui.review.desk import STEP
from fftui.tui.words import CARE, MUTED

if TYPE_CHECKING:
    from fftui.tui.review.desk import Stand
    from fftui.tui.review.health import Agreement
    from fftui.tui.review.page import KeyOf


def agreement(stand: Stand) -> Agreement | None:
    """Between readers, as of the figures; `None` before them and before the first pair."""
    return health.agreement(stand.figures.pairs) if stand.figures else None


def tone(found: Agreement | None) -> str:
    """Muted where there is too little to go by."""
    return "" if found and found.enough else MUTED


def above(stand: Stand) -> Content:
    """In one line; a small terminal's is full with these, so the agreement has one of its own."""
    own = health.own_words(stand.figures.controls) if stand.figures else []
    nothing = bool(stand.figures) and not own and agreement(stand) is None
    said = "  ".join([_own(stand), *([] if nothing else _as_of(stand)), *own])
    warn = _too_few(stand)
    return Content.assemble((clean(f"{warn}  " if warn else ""), CARE), (clean(said), MUTED))


def beside(stand: Stand) -> list[Content]:
    """As a column."""
    f, found = stand.figures, agreement(stand)
    shown = [*health.words(found), *health.own_words(f.controls)] if f else []
    waiting = [f"waiting for others {f.wait_for_others}"] if f else []
    queue = [_own(stand), *waiting, f"being read by anyone {stand.leased}"]
    return [
        Content.styled("HEALTH", "bold $text-primary"),
        *(Content.styled(clean(one), tone(found)) for one in [*_as_of(stand), *shown]),
        Content(""),
        Content.styled("QUEUE", "bold $text-primary"),
        *(Content.styled(clean(one), MUTED) for one in queue),
    ]


def nothing(stand: Stand, key: KeyOf) -> list[Content]:
    """Where there is no item for this reader: what there is, and where to go."""
    lines = [Content.styled("Nothing to read for you right now.", "bold"), Content("")]
    lines.append(Content(f"Of {stand.items} items {stand.mine} of your readings stand."))
    if stand.leased:
        lines.append(Content(f"{stand.leased} are being read by others."))
    lines.append(Content("New answers appear here as they come."))
    f = stand.figures
    if f is None:
        lines.append(Content(f"What others did is told when you have read {STEP}."))
    elif f.n:
        lines.append(Content(f"When you had read {f.n}: {f.read} were done, {f.queued} to read,"))
        lines.append(Content(f"{f.wait_for_others} of yours waited for another reader."))
    # How many there are would tell of items that are read blind.
    name = (clean(key("review.conflicts")), "bold $footer-key-foreground")
    said = " shows what readers differ on, if anything."
    return [*lines, Content(""), Content.assemble(name, said)]


def _own(stand: Stand) -> str:
    """One's own share of the total. What is left to read tells, at the end, what is contested."""
    return f"you read {stand.mine}/{stand.items}"


def _as_of(stand: Stand) -> list[str]:
    """When the figures were taken, or when they will be."""
    if stand.figures is None:
        return [f"figures at {STEP}"]
    return [f"as of {stand.figures.n}:"] if stand.figures.n else []


def _too_few(stand: Stand) -> str:
    if stand.planned <= 1 or stand.readers >= stand.planned:
        return ""
    return f"{max(1, stand.readers)} of {stand.planned} readers: labels single"
