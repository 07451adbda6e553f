"""The simulator's own truth: what it was asked, what it sent, and which label each answer has."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fftui.domain.labels import Label

if TYPE_CHECKING:
    from fftui.simulate.answers import Answer
    from fftui.simulate.conversations import Conversation
    from fftui.simulate.judgements import Judgement

_LABELS = tuple(Label)
_NUMBER = {label: number for number, label in enumerate(_LABELS)}
_UNUSABLE = "unusable"
_CLASSES = ("answered", "rate_limited", "input_filter", "output_filter", "empty", "abandoned")


@dataclass(slots=True)
class Tally:
    """Calls to one model on one platform; each closed call is in exactly one class."""

    calls: int = 0
    """All chat requests that named the model."""
    answered: int = 0
    """A good answer was sent in full."""
    rate_limited: int = 0
    input_filter: int = 0
    output_filter: int = 0
    empty: int = 0
    abandoned: int = 0
    """The client hung up before the reply was sent."""
    faults: Counter[str] = field(default_factory=Counter)
    """By kind; a slow_drip that was read to its end counts as answered instead, and the kind
    `empty` as empty."""

    @property
    def in_flight(self) -> int:
        """Calls not closed yet."""
        closed = sum(getattr(self, name) for name in _CLASSES) + self.faults.total()
        return self.calls - int(closed)

    def to_dict(self) -> dict[str, Any]:
        """The counts as plain data."""
        counts = {name: getattr(self, name) for name in ("calls", *_CLASSES)}
        return {**counts, "faults": dict(self.faults), "in_flight": self.in_flight}


class Attempt(Struct, frozen=True):
    """A distinct (conversation, request seed) that got a good answer."""

    platform: str
    model: str
    sha: str
    """`conversations.message_hash` in hex."""
    seed: int | None
    family: str
    benign: bool
    label: Label
    cut: bool
    canned: bool
    times: int
    """How often it was answered; more than once means that calls were repeated."""
    superseded: bool
    """The same conversation went on to a further turn, which is the attempt that counts."""


class _Attempts:
    """Attempts of one model on one platform, one small integer each."""

    def __init__(self) -> None:
        self.families: dict[tuple[str, bool], int] = {}
        self.rows: dict[bytes, int] = {}
        self.counts: Counter[int] = Counter()

    # Bits of a row: 0-3 label, 4 cut, 5 canned, 6 superseded, 8-23 family, 24- times answered.
    # Rows are counted by their bits below 24, so that equal rows share one count.
    def add(self, conversation: Conversation, seed: int | None, answer: Answer) -> None:
        key = _key(conversation.sha, seed)
        row = self.rows.get(key)
        if row is not None:
            self.rows[key] = row + (1 << 24)
            return
        family = self.families.setdefault(
            (conversation.family, conversation.benign), len(self.families)
        )
        kind = _NUMBER[answer.label] | answer.cut << 4 | answer.canned << 5 | family << 8
        self.rows[key] = kind | 1 << 24
        self.counts[kind] += 1
        before = _key(conversation.earlier, seed) if conversation.earlier else b""
        earlier = self.rows.get(before)
        if earlier is not None and not earlier >> 6 & 1:
            self.rows[before] = earlier | 1 << 6
            self.counts[earlier & 0xFFFFFF] -= 1


def _key(sha: bytes, seed: int | None) -> bytes:
    return sha if seed is None else sha + str(seed).encode()


class Ledger:
    """Everything the simulator knows about its calls. Memory: some 200 bytes an attempt."""

    def __init__(self) -> None:
        self.rejected: Counter[str] = Counter()
        """Calls that reached no model: `bad_request`, `unknown_model`."""
        self._tallies: dict[tuple[str, str], Tally] = {}
        self._attempts: dict[tuple[str, str], _Attempts] = {}
        self._judged: dict[tuple[str, str], Counter[tuple[str, str]]] = {}
        self._verdicts: dict[tuple[str, str], dict[bytes, str]] = {}

    def tally(self, platform: str, model: str) -> Tally:
        """The counts of one model on one platform, to be read or added to."""
        return self._tallies.setdefault((platform, model), Tally())

    def answered(
        self,
        platform: str,
        model: str,
        conversation: Conversation,
        seed: int | None,
        answer: Answer,
    ) -> None:
        """Note a good answer that was sent in full."""
        attempts = self._attempts.setdefault((platform, model), _Attempts())
        attempts.add(conversation, seed, answer)

    def judged(
        self,
        platform: str,
        model: str,
        conversation: Conversation,
        seed: int | None,
        judgement: Judgement,
    ) -> None:
        """Note a judge's reply that was sent in full."""
        place = (platform, model)
        said = judgement.label.value if judgement.label else _UNUSABLE
        self._judged.setdefault(place, Counter())[(judgement.truth.value, said)] += 1
        self._verdicts.setdefault(place, {})[_key(conversation.sha, seed)] = said

    def labels(
        self, platform: str, model: str, family: str | None = None, benign: bool | None = None
    ) -> Counter[Label]:
        """Distinct attempts per true label; `None` takes all families, harmful and benign."""
        found: Counter[Label] = Counter()
        for row in self._truth(platform, model):
            if family in (None, row["family"]) and benign in (None, row["benign"]):
                found[Label(row["label"])] += row["attempts"]
        return found

    def attempts(self, model: str | None = None, platform: str | None = None) -> list[Attempt]:
        """The attempts one by one, of one model or platform or of all."""
        found = []
        for (place, name), kept in self._attempts.items():
            if model not in (None, name) or platform not in (None, place):
                continue
            families = list(kept.families)
            for key, row in kept.rows.items():
                family, benign = families[row >> 8 & 0xFFFF]
                found.append(
                    Attempt(
                        platform=place,
                        model=name,
                        sha=key[:32].hex(),
                        seed=int(key[32:]) if len(key) > 32 else None,
                        family=family,
                        benign=benign,
                        label=_LABELS[row & 15],
                        cut=bool(row >> 4 & 1),
                        canned=bool(row >> 5 & 1),
                        times=row >> 24,
                        superseded=bool(row >> 6 & 1),
                    )
                )
        return found

    def snapshot(self) -> dict[str, Any]:
        """The ledger as plain data, the body of `GET /ledger`."""
        return {
            "simulated": True,
            "totals": [
                {"platform": platform, "model": model, **tally.to_dict()}
                for (platform, model), tally in self._tallies.items()
            ],
            "truth": [row for place in self._attempts for row in self._truth(*place)],
            "judges": [self._judge(*place) for place in self._judged],
            "rejected": dict(self.rejected),
        }

    def _truth(self, platform: str, model: str) -> list[dict[str, Any]]:
        kept = self._attempts.get((platform, model))
        rows: dict[tuple[int, int], dict[str, Any]] = {}
        families = list(kept.families) if kept else []
        for kind, count in kept.counts.items() if kept else ():
            if not count:
                continue
            family, benign = families[kind >> 8]
            row = rows.setdefault(
                (kind >> 8, kind & 15),
                {
                    "platform": platform,
                    "model": model,
                    "family": family,
                    "benign": benign,
                    "label": _LABELS[kind & 15].value,
                    "attempts": 0,
                    "cut": 0,
                    "canned": 0,
                },
            )
            row["attempts"] += count
            row["cut"] += count * (kind >> 4 & 1)
            row["canned"] += count * (kind >> 5 & 1)
        return list(rows.values())

    def _judge(self, platform: str, model: str) -> dict[str, Any]:
        judged = self._judged[platform, model]
        confusion: dict[str, dict[str, int]] = {}
        replies: Counter[str] = Counter()
        for (truth, said), count in judged.items():
            confusion.setdefault(truth, {})[said] = count
            replies[said] += count
        return {
            "platform": platform,
            "model": model,
            "replies": dict(replies),
            "distinct": dict(Counter(self._verdicts[platform, model].values())),
            "confusion": confusion,
        }
