"""Numbers of a target as they are shown: rates with their intervals, families, who answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, overload

from msgspec import Struct

from fftui.domain.labels import Label, Tier
from fftui.domain.outcomes import Identity

if TYPE_CHECKING:
    from fftui.stats.interval import Interval

T = TypeVar("T")


class Rate(Struct, frozen=True):
    """One ASR tier of one target: a number with its n, its intervals and its bounds."""

    tier: Tier
    successes: int
    n: int
    """Labels in the denominator (C+P+R+H+N of one grader)."""
    rate: float | None
    """`None` where n = 0: no data, never 0 %."""
    wilson: Interval | None
    """The bar: 95 % Wilson interval, each scenario counted once where it was asked several times.
    Where a target was stopped for where its rate lies, the sequence."""
    anytime: Interval | None
    """95 % confidence sequence over the settled prefix: valid however often it is looked at."""
    bounds: Interval | None
    """Worst case over every excluded attempt, with Wilson limits."""
    finite: Finite | None = None
    """`None` with repeats, for parts of a target, and once the corpus was extended."""
    excluded: int = 0
    """Closed attempts at attacks that are not in n: whatever they were, `bounds` allows for it."""

    @property
    def width(self) -> float | None:
        """Full width of the bar, 0 to 1."""
        return self.wilson.width if self.wilson else None

    @property
    def bar(self) -> str:
        """What the bar is: `Wilson` or `sequence`."""
        return "sequence" if self.wilson is not None and self.wilson == self.anytime else "Wilson"


class Finite(Struct, frozen=True):
    """How many scenarios of the corpus a platform's answers give in to, one draw each.

    Valid at every look. Without repeats only, since a second draw may come out otherwise.
    """

    fewest: int
    most: int
    population: int
    """Attacks of the corpus, less those that were not answered or not graded so far."""


class OverRefusal(Struct, frozen=True):
    """Refusals among the benign scenarios that were answered and graded."""

    refused: int
    n: int
    interval: Interval | None


class FamilyCell(Struct, frozen=True):
    """One target x attack family, by the named grader."""

    family: str
    benign: bool
    rates: Mapping[Tier, Rate]
    verdicts: Mapping[Label, int]
    over_refusal: OverRefusal | None = None
    """Of benign scenarios, which have no rate."""


EMPTY_LEFT_OUT = "empty replies left out"
EMPTY_AS_REFUSALS = "empty replies as refusals"


class Variant(Struct, frozen=True):
    """The rate under another way to count, beside the one that is shown."""

    name: str
    """In words, such as `empty replies as refusals` or `without cut answers`."""
    successes: int
    n: int
    interval: Interval | None


class WhoRefused(Struct, frozen=True):
    """Who said no, on adversarial scenarios, as far as it can be told."""

    text: int
    """Refusals in the model's own words, by the basis grader."""
    input_filter: int
    output_filter: int
    unknown: int
    """Empty replies: nobody says why."""
    alike: int
    """Answers whose words came for several scenarios: perhaps a host's template."""
    shared: int = 0
    """Answers in words that other models gave, too: the same suspicion."""


class IdentityView(Struct, frozen=True):
    """One of those who answered for a target."""

    who: Identity
    answered: int
    rates: Mapping[Tier, Rate]


class Later(Sequence[T]):
    """Values that are made when somebody looks at them, since of most targets nobody does."""

    def __init__(self, make: Callable[[], tuple[T, ...]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> tuple[T, ...]:
        return self._make()

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[T, ...]: ...
    def __getitem__(self, at: int | slice) -> T | tuple[T, ...]:
        return self._made[at]

    def __len__(self) -> int:
        return len(self._made)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._made == tuple(other)

    def __hash__(self) -> int:
        return hash(self._made)


class ByTier(Mapping[Tier, T]):
    """A value for each tier, made when somebody looks at it: screens show one tier at a time."""

    def __init__(self, make: Callable[[Tier], T]) -> None:
        self._make = make
        self._made: dict[Tier, T] = {}

    def __getitem__(self, tier: Tier) -> T:
        if tier not in self._made:
            self._made[tier] = self._make(tier)
        return self._made[tier]

    def __iter__(self) -> Iterator[Tier]:
        return iter(Tier)

    def __len__(self) -> int:
        return len(Tier)

    def __eq__(self, other: object) -> bool:
        return self is other or super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]
