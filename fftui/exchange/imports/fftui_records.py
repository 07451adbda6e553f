"""fftui's own exports: header, attempts, and what reviewers did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from msgspec.structs import replace

from fftui.domain.labels import Label
from fftui.domain.outcomes import Identity, Outcome, OutcomeClass, Usage
from fftui.domain.readings import Pool
from fftui.domain.scenarios import Scenario
from fftui.domain.targets import Target
from fftui.domain.verdicts import Flag, Place, Unusable, Verdict
from fftui.exchange.export.labels import WITHHELD
from fftui.exchange.imports.inspect_log import grader_name
from fftui.exchange.imports.log import Attempt, Grader, ImportFault, Labels, Log, signal, when
from fftui.exchange.imports.objects import Objects, items, table, text_of
from fftui.store.imported import ACTS, Act
from fftui.store.reviews import UNDO

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
    targets: dict[str, Target] = {}
    graders: list[Grader] = []
    found: dict[int, Attempt] = {}
    acts: dict[int, list[Act]] = defaultdict(list)
    known: set[int] = set()
    kept: set[int] = set()
    head: dict[str, Any] = {}
    put_back = others = 0
    readings = 1
    places: dict[int, Place] = {}
    for line, record in objects:
        try:
            kind = record.get("record")
            if kind in ("item", "event") and record["attempt"] is not None:
                _among(int(record["attempt"]), known)
            if kind == "attempt":
                known.add(int(record["id"]))
            if kind == "header":
                head = record
                targets, graders = _header(record)
            elif kind == "attempt" and record["in_force"]:
                found[int(record["id"])] = _attempt(record, targets)
            elif kind == "item":
                readings = max(readings, min(9, int(record["planned"])))
                places[int(record["attempt"])] = _place(record)
            elif kind == "attempt":
                put_back += 1
            elif kind == "event" and _counts(record, kept):
                kept.add(int(record["id"]))
                acts[int(record["attempt"])].append(_act(record))
            elif kind == "event":
                others += 1
        except KeyError as error:
            raise objects.fault(line, f"{error.args[0]}: is missing or unknown") from None
        except (AttributeError, TypeError, ValueError, OverflowError) as error:
            raise objects.fault(line, signal(str(error))) from None
    if not found:
        raise ImportFault(f"{path}: holds no attempts")
    if put_back:
        objects.remarks.append(f"{put_back} outcomes were put back and asked anew: left out")
    if others:
        objects.remarks.append(f"{others} acts of reviewers that settle nothing: left out")
    if not head.get("with_text"):
        objects.remarks.append("exported without texts: nothing of it can be read or graded again")
    return Log(
        path=path,
        format=NAME,
        tool=text_of(head.get("tool")) or NAME,
        bytes=objects.bytes,
        sha256=objects.sha256,
        attempts=[
            replace(one, acts=tuple(acts[number]), place=places.get(number))
            for number, one in found.items()
        ],
        place_fixed=True,
        graders=graders,
        remarks=objects.remarks,
        readings=readings,
        simulated=head.get("simulated") is True,
    )


def _among(attempt: int, known: set[int]) -> None:
    if attempt not in known:
        raise ValueError(f"attempt: {attempt} stands nowhere among the attempts")


def _header(record: dict[str, Any]) -> tuple[dict[str, Target], list[Grader]]:
    told = table(record["manifest"])
    targets = [Target.from_dict(one) for one in told["targets"]]
    graders = sorted(told["graders"], key=lambda one: not one["basis"])
    return {t.name: t for t in targets}, [
        Grader(grader_name(one["name"]), f"{one['kind']} {one['version']}", table(one.get("spec")))
        for one in graders
    ]


def _attempt(record: dict[str, Any], targets: dict[str, Target]) -> Attempt:
    kind = OutcomeClass(record["outcome"])
    answered = kind is OutcomeClass.ANSWERED
    calls = table(record.get("calls"))
    turns = [str(turn) for turn in items(record.get("turns"))] or [WITHHELD]
    answers = [str(text) for text in items(record.get("answers"))]
    if answered and not answers:
        answers = [WITHHELD]
    return Attempt(
        target=targets[record["target"]],
        scenario=Scenario(
            str(record["scenario"]), tuple(turns), text_of(record.get("family")), record["benign"]
        ),
        repeat=int(record["repeat"]),
        outcome=Outcome(
            kind=kind,
            signal=text_of(record.get("signal")),
            text=answers[-1] if answered else "",
            reasoning=text_of(record.get("reasoning")),
            cut=record.get("cut") is True,
            identity=Identity(**table(record.get("identity"))),
            usage=Usage(calls.get("tokens_in"), calls.get("tokens_out"), calls.get("cost_usd")),
            status=calls.get("status"),
        ),
        answers=tuple(answers) if answered else (),
        at=when(record["at"]),
        duration_ms=float(calls.get("duration_ms") or 0.0),
        flags=tuple(
            Flag(str(one["rule"]), str(one["stratum"]), float(one["inclusion"]))
            for one in record["flags"]
        ),
        verdicts={grader_name(one["grader"]): _verdict(one) for one in record["verdicts"]}
        if answered
        else {},
    )


def _place(record: dict[str, Any]) -> Place:
    """Where an item stood. Its draw is told only as far as it decided whether it is read."""
    share = float(record["inclusion"])
    # Any other number on the same side of the share: it orders the queue, and no rate reads it.
    part = int(record["attempt"]) * _GOLDEN % 1
    draw = share * part if record["drawn"] else share + (1 - share) * part
    return Place(Pool(record["pool"]), str(record["stratum"]), str(record["machine"]), share, draw)


def _verdict(one: dict[str, Any]) -> Verdict | Unusable:
    if one["label"] is None:
        return Unusable(text_of(one.get("reason")))
    return Verdict(Label(one["label"]), one.get("confidence"), text_of(one.get("evidence")))


def _counts(record: dict[str, Any], kept: set[int]) -> bool:
    """It settles something, and what it takes back was taken over."""
    if record["kind"] not in ACTS or record.get("attempt") is None:
        return False
    return record["kind"] != UNDO or record.get("undoes") in kept


def _act(record: dict[str, Any]) -> Act:
    body = dict(table(record.get("body")))
    if record.get("guideline"):
        body["guideline"] = record["guideline"]
    return Act(
        at=when(record["at"]),
        author=str(record["reviewer"]),
        kind=record["kind"],
        label=Label(record["label"]) if record.get("label") else None,
        blind=record["blind"] == "blind",
        session=str(record["session"]),
        body=body,
    )
