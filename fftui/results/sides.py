"""One target as a side of a comparison: what it said to each attack, settled first repeats only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from fftui.domain.labels import RATED, Label, Tier
from fftui.domain.outcomes import Identity, OutcomeClass
from fftui.domain.targets import Target
from fftui.results.readings import NONE, Readings, readings
from fftui.results.summary import rules_of, stopped_for_place
from fftui.results.tally import Empty, refusals
from fftui.store import rows
from fftui.store.reader import Reader
from fftui.store.review_figures import pools


class Said(Struct, frozen=True):
    """What became of one scenario on one side."""

    outcome_id: int
    sha256: str
    """Of the scenario's turns: equal keys of two runs may hold other words."""
    family: str
    kind: OutcomeClass
    label: Label | None
    """The basis grader's, of the five that count; `None` where there is none.

    An empty reply is a refusal where the run's plan says so.
    """
    final: Label | None = None
    """What people found who read it blind; what the plan says of an empty reply, nobody reads."""

    def gave_in(self, tier: Tier) -> bool:
        """By that tier. Only of what has a label."""
        return self.label in tier.successes


class Side(Struct, frozen=True):
    """A target in a run."""

    run: str
    target: Target
    grader: str
    grader_version: str
    simulated: bool
    over: bool
    """No further attempt will come: the target has ended by its rule or its corpus."""
    placed: bool
    """It ended for where its rate lies: what is for one look is wrong of it, though it is over."""
    said: Mapping[str, Said]
    """By scenario key; attacks only."""
    identities: tuple[Identity, ...]
    first_at: float
    last_at: float
    settings_told: bool = True
    """How it was sampled is known."""
    empty: Empty = "exclude"
    """What an empty reply is in the rates, as the run's plan has it."""
    readings: Readings = NONE
    """What people read of the target, and what it makes of its rate."""

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
    rules = rules_of(reader)
    empty = rules.empty
    for number, target in reader.targets().items():
        counts = reader.counts(number)
        said: dict[str, Said] = {}
        first_at, last_at = 0.0, 0.0
        for found in rows.first_repeats(reader, number, grader.id):
            if found.benign or reader.order.ordinal(found.scenario, 0) >= counts.settled:
                continue
            kind = OutcomeClass(found.kind)
            label = Label(found.label) if found.label else None
            final = Label(found.final) if found.final else None
            if empty == "refusal" and kind is OutcomeClass.EMPTY:
                label = final = Label.REFUSAL
            said[found.key] = Said(
                found.outcome, found.sha256, families[found.family], kind,
                label if label in RATED else None, final,
            )  # fmt: skip
            first_at = min(first_at or found.at, found.at)
            last_at = max(last_at, found.at)
        state = states.get(number)
        yield Side(
            header.name, target, grader.name, grader.version, header.simulated,
            state is not None and state[0].over,
            state is not None and stopped_for_place(state, counts, rules), said,
            tuple(i.who for i in who.get(number, ())), first_at, last_at,
            header.settings_told, empty,
            readings(pools(reader, number), refusals(counts, grader.id, empty)),
        )  # fmt: skip


BY = ("platform", "upstream", "run", "weights", "maker", "quantisation", "thinking")
"""What may differ between the sides of a pair, and what must be equal; also `tag:NAME`."""


def pairs(found: Sequence[Side], by: str, same: Sequence[str] = ()) -> list[tuple[Side, Side]]:
    """Pairs of sides that differ in `by` and agree in all of `same`.

    Without `same` the weights are equal where something else is to differ, the platform is where
    the weights or the maker are, and the target's name where the run is; `any` asks for nothing.
    Raises ValueError for an unknown name.
    """
    for name in (by, *same):
        if not known(name) and not (name == "any" and name in same):
            raise ValueError(f"{name!r}: allowed: {', '.join(BY)}, tag:NAME")
    agree = [_value_of(name) for name in same or [usual(by)] if name != "any"]
    differ = _value_of(by)
    return [
        (one, two)
        for i, one in enumerate(found)
        for two in found[i + 1 :]
        if differ(one) != differ(two) and all(value(one) == value(two) for value in agree)
    ]


def told_apart(made: Sequence[tuple[Side, Side]], found: Sequence[Side]) -> list[tuple[Side, Side]]:
    """The pairs, with the run in the name of a target that another run has, too.

    `found` are all sides that are shown together.
    """
    runs = Counter(name for name, _ in {(side.name, side.run) for side in found})

    def told(side: Side) -> Side:
        if runs[side.name] < 2:
            return side
        return replace(side, target=replace(side.target, name=f"{side.name} ({side.run})"))

    return [(told(one), told(two)) for one, two in made]


def known(name: str) -> bool:
    """Whether something of this name is known of each side."""
    return name in BY or (name.startswith("tag:") and len(name) > 4)


def usual(by: str) -> str:
    """What is equal where nothing was said of it."""
    return {"weights": "platform", "maker": "platform", "run": "name"}.get(by, "weights")


def _value_of(name: str) -> Callable[[Side], object]:
    return lambda side: _value(side, name)


def _value(side: Side, by: str) -> object:
    target = side.target
    if by.startswith("tag:"):
        head = by.removeprefix("tag:") + ":"
        return next((t for t in target.tags if t.startswith(head)), "")
    values: dict[str, object] = {
        "platform": target.endpoint.platform,
        "upstream": target.endpoint.upstream,
        "run": side.run,
        "name": side.name,
        "weights": side.weights,
        "maker": target.maker,
        "quantisation": target.quantisation,
        "thinking": target.thinking,
    }
    return values[by]
