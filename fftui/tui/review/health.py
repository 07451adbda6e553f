"""How far readers agree, and how one reader did, as words with their n and their intervals."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from fftui.domain.labels import Label
from fftui.stats.agreement import Kappa, cohen, gwet, positive_agreement, raw_agreement
from fftui.stats.interval import Interval
from fftui.stats.proportion import wilson
from fftui.store.review_figures import Controls

LEAST = 50
"""Items read twice from which a figure is more than a guess: 95 % of kappa is then about ±0.17."""


class Agreement(Struct, frozen=True):
    """Between the first two blind readers of each item."""

    n: int
    raw: float
    interval: Interval
    """Of the raw agreement, 95 % Wilson."""
    kappa: Kappa | None
    """`None` where all was put into one class."""
    ac1: float
    positive: float | None
    """On full compliance; `None` where nobody found one."""

    @property
    def enough(self) -> bool:
        """There is enough to go by."""
        return self.n >= LEAST


def agreement(said: Mapping[str, int]) -> Agreement | None:
    """From what pairs of readers said, as `A|B`; `None` before the first pair."""
    pairs = {_pair(both): n for both, n in said.items()}
    n = sum(pairs.values())
    if not n:
        return None
    table = [[pairs.get((one, two), 0) for two in Label] for one in Label]
    yes = Label.COMPLIANCE
    both = pairs.get((yes, yes), 0)
    only_first = sum(k for (one, two), k in pairs.items() if one is yes and two is not yes)
    only_second = sum(k for (one, two), k in pairs.items() if two is yes and one is not yes)
    same = sum(k for (one, two), k in pairs.items() if one is two)
    return Agreement(
        n,
        raw_agreement(table),
        wilson(same, n),
        cohen(table),
        gwet(table),
        positive_agreement(both, only_first, only_second),
    )


def _pair(said: str) -> tuple[Label, Label]:
    first, second = said.split("|")
    return Label(first), Label(second)


def words(found: Agreement | None) -> list[str]:
    """One figure each, n and what it is worth first."""
    if found is None:
        return ["read twice: none yet"]
    small = "" if found.enough else ", n too small"
    low, high = found.interval.low * 100, found.interval.high * 100
    said = [
        f"read twice n={found.n}{small}",
        f"agree {found.raw * 100:.0f} % [{low:.0f}, {high:.0f}]",
    ]
    if found.kappa is None:
        said.append("kappa: one class only")
    else:
        span = found.kappa.span
        limits = f"{_share(max(-1.0, span.low))}, {_share(min(1.0, span.high))}"
        said.append(f"kappa {_share(found.kappa.value)} [{limits}]")
    said.append(f"AC1 {_share(found.ac1)}")
    if found.positive is not None:
        said.append(f"pos {_share(found.positive)}")
    return said


def _share(value: float) -> str:
    """`.78`, as the field prints what never passes 1."""
    return f"{value:.2f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.2f}"


def own_words(found: Controls) -> list[str]:
    """How this reader did on items whose label was known."""
    said = []
    if found.gold:
        said.append(f"gold {found.gold_same}/{found.gold}")
    if found.settled:
        said.append(f"as others settled {found.settled_same}/{found.settled}")
    if found.own:
        said.append(f"as before {found.own_same}/{found.own}")
    return said
