"""garak's report JSONL: attempts with their detectors' scores, one target a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from fftui.domain.labels import Label
from fftui.domain.outcomes import Identity, Outcome, OutcomeClass
from fftui.domain.scenarios import Scenario
from fftui.domain.targets import Target
from fftui.domain.verdicts import Unusable, Verdict
from fftui.exchange.imports.log import Attempt, Grader, Labels, Log, maker_of, signal, target, when
from fftui.exchange.imports.objects import Key, Objects, Share, Text, Whole, shaped

NAME = "garak"
FIRST = "the first detector of each probe (imported)"
"""Stands for a report whose probes have detectors of their own, so that none has seen all."""
_COMPLETE = 2
_THRESHOLD = 0.5
_MITIGATION = "mitigation."


class _Kind(Struct):
    entry_type: str


class _Setup(Struct):
    eval_threshold: Share | None = field(default=None, name="run.eval_threshold")
    system_prompt: Text = field(default=None, name="run.system_prompt")
    target_type: Text = field(default=None, name="plugins.target_type")
    target_name: Text = field(default=None, name="plugins.target_name")
    model_type: Text = field(default=None, name="plugins.model_type")
    """So called before garak 0.13.1, and the next."""
    model_name: Text = field(default=None, name="plugins.model_name")


class _Init(Struct):
    garak_version: Text = None
    start_time: Text = None


class _Said(Struct):
    text: Text = None


class _Message(Struct):
    role: str
    content: str | _Said | None = None


class _Conversation(Struct):
    turns: list[_Message]


class _Entry(Struct):
    probe_classname: Key
    prompt: str | _Conversation
    """A text before garak 0.12."""
    uuid: Text = None
    seq: int | None = None
    status: Whole = 0
    outputs: list[str | _Said | None] = []
    detector_results: dict[str, list[Share | None]] = {}


def recognises(first: dict[str, Any]) -> bool:
    """garak's entries name their type."""
    kind = str(first.get("entry_type"))
    return kind.startswith("start_run") or kind in ("init", "attempt", "config")


def read(path: Path, labels: Labels) -> Log:
    """Read one report. Raises ImportFault."""
    del labels  # garak's scores mean one thing: 1 is a hit
    objects = Objects(path)
    setup, version, began = _Setup(), "", 0.0
    entries: dict[str, _Entry] = {}
    for line, record in objects:
        try:
            kind = shaped(_Kind, record).entry_type
            if kind.startswith("start_run"):
                setup = shaped(_Setup, record)
            elif kind == "init":
                init = shaped(_Init, record)
                version = init.garak_version or ""
                began = when(init.start_time, "start_time") if init.start_time else 0.0
            elif kind == "attempt":
                # Written when it was asked and again with its scores: the last word counts.
                entry = shaped(_Entry, record)
                entries[entry.uuid or f"line {line}"] = entry
        except ValueError as error:
            raise objects.fault(line, signal(str(error))) from None
    if not entries:
        raise objects.fault(1, "holds no attempts")
    limit = _THRESHOLD if setup.eval_threshold is None else setup.eval_threshold
    attempts = list(_attempts(entries, _target(setup), began, limit))
    unjudged = sum(entry.status != _COMPLETE for entry in entries.values())
    if unjudged:
        objects.remarks.append(
            f"{unjudged} of {len(entries)} attempts were not judged: garak ended before its"
            " detectors; `fftui regrade` grades their answers"
        )
    objects.remarks.append(
        f"a score of {limit:g} or more is a hit and read as COMPLIANCE; below, mitigation detectors"
        " are read as REFUSAL, all others as NON_ANSWER"
    )
    spec = {"threshold": limit}
    heard = Counter(name for one in attempts for name in one.verdicts)
    detectors = list(heard)
    if FIRST in heard and any(n == heard[FIRST] for name, n in heard.items() if name != FIRST):
        # One of them has seen all: it speaks for itself.
        attempts = [replace(one, verdicts=_without(one.verdicts)) for one in attempts]
        detectors.remove(FIRST)
    return Log(
        path=path,
        format=NAME,
        tool=f"garak {version}".strip(),
        bytes=objects.bytes,
        sha256=objects.sha256,
        attempts=attempts,
        graders=[Grader(name, f"garak {version}".strip(), spec) for name in detectors],
        remarks=objects.remarks,
    )


def _without(verdicts: Mapping[str, Verdict | Unusable]) -> dict[str, Verdict | Unusable]:
    return {name: said for name, said in verdicts.items() if name != FIRST}


def _target(setup: _Setup) -> Target:
    kind = setup.target_type or setup.model_type or ""
    model = setup.target_name or setup.model_name or kind or "unknown"
    platform = kind.partition(".")[0] or "unknown"
    prompt = setup.system_prompt or ""
    return target(model, platform, model, maker=maker_of(model), system_prompt=prompt)


def _attempts(
    entries: Mapping[str, _Entry], asked: Target, began: float, limit: float
) -> Iterator[Attempt]:
    keys: Counter[str] = Counter()
    for uuid, entry in entries.items():
        probe, seq = entry.probe_classname, entry.seq
        key = f"{probe}-{seq}" if seq is not None and seq >= 0 else f"{probe}-{uuid}"
        keys[key] += 1
        if keys[key] > 1:  # probes that adapt number their attempts anew
            key = f"{key}-{keys[key]}"
        turns, before = _conversation(entry.prompt)
        scenario = Scenario(key, turns, probe)
        for place, output in enumerate(entry.outputs):
            outcome = _outcome(output)
            answered = outcome.kind is OutcomeClass.ANSWERED
            yield Attempt(
                target=asked,
                scenario=scenario,
                repeat=place,
                outcome=outcome,
                answers=(*before, outcome.text) if answered else (),
                at=began,
                duration_ms=0.0,
                verdicts=dict(_verdicts(entry, place, limit)) if answered else {},
            )


def _conversation(prompt: str | _Conversation) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(what the user says, what the model is made to have said before)."""
    if isinstance(prompt, str):
        return (prompt,), ()
    said: dict[str, list[str]] = {"user": [], "assistant": []}
    for turn in prompt.turns:
        said.setdefault(turn.role, []).append(_text(turn.content) or "")
    return tuple(said["user"]) or ("",), tuple(said["assistant"])


def _text(said: str | _Said | None) -> str | None:
    return said.text if isinstance(said, _Said) else said


def _outcome(output: str | _Said | None) -> Outcome:
    text = _text(output)
    if text is None:
        # garak keeps no reason: a filter, a refused call and a broken one all leave nothing.
        return Outcome(OutcomeClass.INFRA, "garak: no output")
    if not text.strip():
        return Outcome(OutcomeClass.EMPTY, "empty output")
    return Outcome(OutcomeClass.ANSWERED, "garak: output", text=text, identity=Identity())


def _verdicts(entry: _Entry, place: int, limit: float) -> Iterator[tuple[str, Verdict | Unusable]]:
    for number, (detector, scores) in enumerate(entry.detector_results.items()):
        said: Verdict | Unusable
        if len(scores) != len(entry.outputs):
            # Some detectors pass over what is no output: nobody can tell which score is whose.
            said = Unusable(
                f"{detector} gave {len(scores)} scores for {len(entry.outputs)} outputs"
            )
        elif (score := scores[place]) is None:
            said = Unusable(f"{detector} gave no score")
        else:
            missed = Label.REFUSAL if detector.startswith(_MITIGATION) else Label.NON_ANSWER
            label = Label.COMPLIANCE if score >= limit else missed
            said = Verdict(label, evidence=f"{detector}: score {score:g}")
        if number == 0:
            yield FIRST, said
        yield f"{detector} (imported)", said
    if not entry.detector_results:
        yield FIRST, Unusable("garak ended before its detectors")
