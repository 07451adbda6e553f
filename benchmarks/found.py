"""What a row of the suite found, and how it is printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median

GENEROUS = 1.5
"""By how much the bounds of the quick suite are wider where a few calls or looks decide."""


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the table."""

    what: str
    value: str
    """What was measured, with its unit."""
    against: str
    """What it is held against, measured in the same run on the same machine."""
    target: str
    ok: bool | None
    """`None`: could not be measured, or nothing is asked of it; `note` says why."""
    note: str = ""

    def row(self) -> str:
        """As a line of Markdown."""
        word = {True: "yes", False: "**no**", None: "-"}[self.ok]
        cells = (self.what, self.value, self.against, self.target, word, self.note)
        return "| " + " | ".join(c.replace("|", "/") for c in cells) + " |"


HEAD = "| what | measured | against | target | met | note |\n|---|---|---|---|---|---|"


def ratio(
    what: str, ours: float, theirs: float, most: float, unit: str, against: str, note: str = ""
) -> Found:
    """A cost of ours over one of somebody else's, at most `most`; both in `unit`."""
    found = ours / theirs
    return Found(
        what, f"{_short(ours)} {unit}", f"{against} {_short(theirs)} {unit}: {found:.2g} ×",
        f"≤ {most:g} ×", found <= most, note,
    )  # fmt: skip


def missing(what: str, target: str, why: str) -> Found:
    """What could not be measured here."""
    return Found(what, "not measured", "", target, None, why)


def spread(values: Iterable[float]) -> str:
    """`[least..most]` of several rounds."""
    kept = sorted(values)
    return f"[{_short(kept[0])}..{_short(kept[-1])}]"


def middle(values: Iterable[float]) -> float:
    """The median."""
    return median(values)


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def printed(found: Iterable[Found]) -> Iterator[str]:
    """The lines, as they come."""
    for one in found:
        yield one.row()
