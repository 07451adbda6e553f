"""fftui's own exports: header, attempts, and what reviewers did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from msgspec.structs import replace

from fftui.domain.acts import ADJUDICATE, UNDO
from fftui.domain.labels import TAXONOMY
from fftui.domain.outcomes import Outcome, OutcomeClass, Usage
from fftui.domain.scenarios import Scenario
from fftui.domain.targets import Target
from fftui.domain.verdicts import Flag, Place, Unusable, Verdict
from fftui.exchange.export.labels import WITHHELD
from fftui.exchange.imports.fftui_forms import (
    AttemptRecord,
    BodyRecord,
    EndRecord,
    EventRecord,
    HeaderRecord,
    ItemRecord,
    KindRecord,
    SaidRecord,
)
from fftui.exchange.imports.inspect_sample import grader_name
from fftui.exchange.imports.log import Attempt, Grader, ImportFault, Labels, Log, signal, when
from fftui.exchange.imports.objects import Objects, shaped
from fftui.store.imported import ACTS, Act

NAME = "fftui"
_GOLDEN = 0.6180339887498949


def recognises(first: dict[str, Any]) -> bool:
    """The header of an export."""
    return first.get("record") == "header" and "manifest" in first


def read(path: Path, labels: Labels) -> Log:
    """Read one JSONL export. Raises ImportFault."""
    del labels  # they are our own
    return gather(path, Objects(path))


class Records(Protocol):
    """The records of an export while they are read, and what is known of its file then."""

    bytes: int
    sha256: str
    remarks: list[str]

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """(line, record) of each; the header comes first."""
        ...

    def fault(self, line: int, what: str) -> ImportFault:
        """A mistake in the record that was given last."""
        ...


def gather(path: Path, objects: Records) -> Log:
    """What the records of an export come to. Raises ImportFault."""
    found = _Gathered()
    line = 1
    for line, record in objects:
        try:
            found.take(record)
        except ValueError as error:
            raise objects.fault(line, signal(str(error))) from None
    if found.end is None:
        raise objects.fault(line, "the export is cut off here: its record `end` is missing")
    if not found.attempts:
        raise ImportFault(f"{path}: holds no attempts")
    head = found.head
    if found.put_back:
        objects.remarks.append(f"{found.put_back} outcomes were put back and asked anew: left out")
    if found.others:
        objects.remarks.append(f"{found.others} acts of reviewers that settle nothing: left out")
    if not head.with_text:
        objects.remarks.append("exported without texts: nothing of it can be read or graded again")
    return Log(
        path=path,
        format=NAME,
        tool=head.tool if found.settings_told else f"an export without settings by {head.tool}",
        bytes=objects.bytes,
        sha256=objects.sha256,
        attempts=[
            replace(one, acts=tuple(found.acts[number]), place=found.places.get(number))
            for number, one in found.attempts.items()
        ],
        place_fixed=True,
        graders=[
            Grader(grader_name(g.name), f"{g.kind} {g.version}", g.spec)
            for g in sorted(head.manifest.graders, key=lambda g: not g.basis)
        ],
        remarks=objects.remarks,
        readings=found.readings,
        simulated=head.simulated,
    )


class _Gathered:
    """What was read so far."""

    def __init__(self) -> None:
        self.head: HeaderRecord
        self.end: EndRecord | None = None
        self.attempts: dict[int, Attempt] = {}
        self.places: dict[int, Place] = {}
        self.acts: dict[int, list[Act]] = defaultdict(list)
        self.put_back = self.others = 0
        self.readings = 1
        self.settings_told = True
        """How the targets were sampled stands in the export."""
        self._targets: dict[str, Target] = {}
        self._ids: dict[str, set[int]] = {"attempt": set(), "item": set(), "event": set()}
        self._kept: set[int] = set()

    def take(self, record: dict[str, Any]) -> None:
        """One record; the header comes first. Raises ValueError."""
        kind = shaped(KindRecord, record).record
        if self.end is not None:
            raise ValueError(f"record: {kind[:40]!r} stands behind the end")
        if kind == "header":
            self.settings_told = _settled(record)
            self.head = shaped(HeaderRecord, record)
            if self.head.taxonomy.version != TAXONOMY:
                raise ValueError(
                    f"taxonomy: labels of version {self.head.taxonomy.version[:40]!r}; this fftui"
                    f" counts by version {TAXONOMY}"
                )
            self._targets = {target.name: target for target in self.head.manifest.targets}
        elif kind == "attempt":
            one = shaped(AttemptRecord, record)
            self._new(kind, one.id)
            if one.in_force:
                self.attempts[one.id] = _attempt(one, self._targets)
            else:
                self.put_back += 1
        elif kind == "item":
            item = shaped(ItemRecord, record)
            self._new(kind, self._known(item.attempt))
            self.readings = max(self.readings, item.planned)
            self.places[item.attempt] = _place(item)
        elif kind == "event":
            self._event(shaped(EventRecord, record))
        elif kind == "end":
            self.end = shaped(EndRecord, record)
            for what, counted in self._ids.items():
                if (told := getattr(self.end, f"{what}s")) != len(counted):
                    raise ValueError(f"end: {told} {what}s were written, {len(counted)} are here")
        elif kind != "log":
            raise ValueError(f"record: {kind[:40]!r} is unknown")

    def _event(self, event: EventRecord) -> None:
        self._new("event", event.id)
        if (
            event.kind in ACTS
            and event.attempt is not None
            and (event.kind != UNDO or event.undoes in self._kept)
        ):
            # It settles something, and what it takes back was taken over.
            self._kept.add(event.id)
            self.acts[self._known(event.attempt)].append(_act(event))
        else:
            self.others += 1

    def _new(self, kind: str, number: int) -> None:
        if number in self._ids[kind]:
            raise ValueError(
                f"{'attempt' if kind == 'item' else 'id'}: {number} stands there twice"
            )
        self._ids[kind].add(number)

    def _known(self, attempt: int) -> int:
        if attempt not in self._ids["attempt"]:
            raise ValueError(f"attempt: {attempt} stands nowhere among the attempts")
        return attempt


def _settled(header: dict[str, Any]) -> bool:
    """Put the usual settings where an export tells none; whether it tells all."""
    manifest = header.get("manifest")
    targets = manifest.get("targets") if isinstance(manifest, dict) else None
    untold = [
        one for one in (targets if isinstance(targets, list) else ())
        if isinstance(one, dict) and one.get("sampling", {}) is None
    ]  # fmt: skip
    for one in untold:
        one["sampling"] = {}
    return not untold


def _attempt(one: AttemptRecord, targets: Mapping[str, Target]) -> Attempt:
    if one.target not in targets:
        raise ValueError(f"target: {one.target[:60]!r} is none of the run's")
    answered = one.outcome is OutcomeClass.ANSWERED
    answers = (tuple(one.answers) or (WITHHELD,)) if answered else ()
    return Attempt(
        target=targets[one.target],
        scenario=Scenario(one.scenario, tuple(one.turns) or (WITHHELD,), one.family, one.benign),
        repeat=one.repeat,
        outcome=Outcome(
            kind=one.outcome,
            signal=one.signal,
            text=answers[-1] if answers else "",
            reasoning=one.reasoning,
            cut=one.cut,
            identity=one.identity,
            usage=Usage(one.calls.tokens_in, one.calls.tokens_out, one.calls.cost_usd),
            status=one.calls.status,
        ),
        answers=answers,
        at=when(one.at, "at"),
        duration_ms=one.calls.duration_ms or 0.0,
        flags=tuple(Flag(flag.rule, flag.stratum, flag.inclusion) for flag in one.flags),
        verdicts={grader_name(said.grader): _verdict(said) for said in one.verdicts}
        if answered
        else {},
    )


def _place(item: ItemRecord) -> Place:
    """Where an item stood. Its draw is told only as far as it decided whether it is read."""
    share = item.inclusion
    # Any other number on the same side of the share: it orders the queue, and no rate reads it.
    part = item.attempt * _GOLDEN % 1
    draw = share * part if item.drawn else share + (1 - share) * part
    return Place(item.pool, item.stratum, item.machine, share, draw)


def _verdict(said: SaidRecord) -> Verdict | Unusable:
    if said.label is None:
        return Unusable(said.reason)
    return Verdict(said.label, said.confidence, said.evidence)


def _act(event: EventRecord) -> Act:
    if event.kind == ADJUDICATE and event.label is None:
        raise ValueError("label: is missing: a decision has one")
    shaped(BodyRecord, event.body, "body")
    body = dict(event.body)
    if event.guideline:
        body["guideline"] = event.guideline
    return Act(
        at=when(event.at, "at"),
        author=event.reviewer,
        kind=event.kind,
        label=event.label,
        blind=event.blind == "blind",
        session=event.session,
        body=body,
    )
