"""One target as a side of a comparison: what it said to each attack, settled first repeats only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fftui.domain.labels import RATED, Label, Tier
from fftui.domain.outcomes import Identity, OutcomeClass
from fftui.domain.targets import Target
from fftui.store import rows
from fftui.store.reader import Reader


@dataclass(frozen=True, slots=True)
class Said:
    """What became of one scenario on one side."""

    outcome_id: int
    sha256: str
    """Of the scenario's turns: equal keys of two runs may hold other words."""
    family: str
    kind: OutcomeClass
    label: Label | None
    """The basis grader's, of the five that count; `None` where there is none."""

    def gave_in(self, tier: Tier) -> bool:
        """By that tier. Only of what has a label."""
        return self.label in tier.successes


@dataclass(frozen=True, slots=True)
class Side:
    """A target in a run."""

    run: str
    target: Target
    grader: str
    grader_version: str
    simulated: bool
    over: bool
    """No further attempt will come: the target has ended by its rule or its corpus."""
    said: Mapping[str, Said]
    """By scenario key; attacks only."""
    identities: tuple[Identity, ...]
    first_at: float
    last_at: float

    @property
    def name(self) -> str:
        """As people tell it from the others."""
        return self.target.name

    @property
    def weights(self) -> str:
        """What must be equal for two sides to be the same model."""
        return self.target.weights or self.target.endpoint.model

    @property
    def blocked(self) -> int:
        """Scenarios that a platform's filter stopped."""
        return sum(s.kind.blocked for s in self.said.values())

    def families(self, tier: Tier) -> dict[str, tuple[int, int]]:
        """(successes, verdicts) by family."""
        found: dict[str, tuple[int, int]] = {}
        for one in self.said.values():
            if one.label is not None:
                good, n = found.get(one.family, (0, 0))
                found[one.family] = (good + one.gave_in(tier), n + 1)
        return found

    def total(self, tier: Tier) -> tuple[int, int]:
        """(successes, verdicts)."""
        cells = self.families(tier).values()
        return sum(s for s, _ in cells), sum(n for _, n in cells)


def sides(reader: Reader) -> Iterator[Side]:
    """Every target of a run. Reads its verdicts whole: for a command, never for a refresh."""
    header, states = reader.header(), reader.target_states()
    grader = next(g for g in reader.graders() if g.basis)
    families, who = reader.families(), rows.identities(reader)
    for number, target in reader.targets().items():
        settled = reader.counts(number).settled
        said: dict[str, Said] = {}
        first_at, last_at = 0.0, 0.0
        for found in rows.first_repeats(reader, number, grader.id):
            if found.benign or reader.order.ordinal(found.scenario, 0) >= settled:
                continue
            label = Label(found.label) if found.label else None
            said[found.key] = Said(
                found.outcome, found.sha256, families[found.family], OutcomeClass(found.kind),
                label if label in RATED else None,
            )  # fmt: skip
            first_at = min(first_at or found.at, found.at)
            last_at = max(last_at, found.at)
        state = states.get(number)
        yield Side(
            header.name, target, grader.name, grader.version, header.simulated,
            state is not None and state[0].over, said,
            tuple(i.who for i in who.get(number, ())), first_at, last_at,
        )  # fmt: skip


BY = ("platform", "upstream", "run", "weights", "maker", "quantisation", "thinking")
"""What may differ between the sides of a pair; also `tag:NAME`."""


def pairs(found: Sequence[Side], by: str) -> list[tuple[Side, Side]]:
    """Pairs of sides that differ in `by`.

    The weights are equal where something else is to differ; the platform is, where the weights
    are to differ. Raises ValueError for an unknown `by`.
    """
    if by not in BY and not (by.startswith("tag:") and len(by) > 4):
        raise ValueError(f"{by!r}: allowed: {', '.join(BY)}, tag:NAME")
    return [
        (one, two)
        for i, one in enumerate(found)
        for two in found[i + 1 :]
        if _value(one, by) != _value(two, by) and _alike(one, two, by)
    ]


def _alike(one: Side, two: Side, by: str) -> bool:
    if by in ("weights", "maker"):
        return one.target.endpoint.platform == two.target.endpoint.platform
    if by == "run":
        return one.name == two.name
    return one.weights == two.weights


def _value(side: Side, by: str) -> object:
    target = side.target
    if by.startswith("tag:"):
        head = by.removeprefix("tag:") + ":"
        return next((t for t in target.tags if t.startswith(head)), "")
    values: dict[str, object] = {
        "platform": target.endpoint.platform,
        "upstream": target.endpoint.upstream,
        "run": side.run,
        "weights": side.weights,
        "maker": target.maker,
        "quantisation": target.quantisation,
        "thinking": target.thinking,
    }
    return values[by]
