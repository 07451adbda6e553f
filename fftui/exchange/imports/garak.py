"""garak's report JSONL: attempts with their detectors' scores, one target a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from fftui.domain.labels import Label
from fftui.domain.outcomes import Identity, Outcome, OutcomeClass
from fftui.domain.scenarios import Scenario
from fftui.domain.targets import Target
from fftui.domain.verdicts import Unusable, Verdict
from fftui.exchange.imports.log import Attempt, Grader, Labels, Log, maker_of, target, when
from fftui.exchange.imports.objects import Objects, items, table, text_of

NAME = "garak"
FIRST = "the first detector of each probe (imported)"
"""Stands for a report whose probes have detectors of their own, so that none has seen all."""
_COMPLETE = 2
_THRESHOLD = 0.5
_MITIGATION = "mitigation."


def recognises(first: dict[str, Any]) -> bool:
    """garak's entries name their type."""
    kind = text_of(first.get("entry_type"))
    return kind.startswith("start_run") or kind in ("init", "attempt", "config")


def read(path: Path, labels: Labels) -> Log:
    """Read one report. Raises ImportFault."""
    del labels  # garak's scores mean one thing: 1 is a hit
    objects = Objects(path)
    setup: dict[str, Any] = {}
    version, began = "", 0.0
    entries: dict[str, tuple[int, dict[str, Any]]] = {}
    for line, entry in objects:
        kind = text_of(entry.get("entry_type"))
        if kind.startswith("start_run"):
            setup = entry
        elif kind == "init":
            version = text_of(entry.get("garak_version"))
            began = when(entry.get("start_time"))
        elif kind == "attempt":
            # Written when it was asked and again with its scores: the last word counts.
            entries[text_of(entry.get("uuid")) or f"line {line}"] = (line, entry)
    if not entries:
        raise objects.fault(1, "holds no attempts")
    threshold = setup.get("run.eval_threshold")
    limit = float(threshold) if isinstance(threshold, int | float) else _THRESHOLD
    attempts = list(_attempts(objects, entries, _target(setup), began, limit))
    unjudged = sum(e.get("status") != _COMPLETE for _, e in entries.values())
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


def _target(setup: dict[str, Any]) -> Target:
    def told(what: str) -> str:
        # Renamed in garak 0.13.1.
        value = setup.get(f"plugins.target_{what}") or setup.get(f"plugins.model_{what}")
        return text_of(value)

    platform = told("type").partition(".")[0] or "unknown"
    model = told("name") or told("type") or "unknown"
    prompt = text_of(setup.get("run.system_prompt"))
    return target(model, platform, model, maker=maker_of(model), system_prompt=prompt)


def _attempts(
    objects: Objects,
    entries: dict[str, tuple[int, dict[str, Any]]],
    asked: Target,
    began: float,
    limit: float,
) -> Iterator[Attempt]:
    keys: dict[str, int] = {}
    for uuid, (line, entry) in entries.items():
        probe, seq = text_of(entry.get("probe_classname")), entry.get("seq")
        if not probe:
            raise objects.fault(line, "probe_classname: is missing")
        key = f"{probe}-{seq}" if isinstance(seq, int) and seq >= 0 else f"{probe}-{uuid}"
        keys[key] = keys.get(key, 0) + 1
        if keys[key] > 1:  # probes that adapt number their attempts anew
            key = f"{key}-{keys[key]}"
        turns, before = _conversation(entry)
        scenario = Scenario(key, turns, probe)
        for place, output in enumerate(items(entry.get("outputs"))):
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


def _conversation(entry: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(what the user says, what the model is made to have said before)."""
    said: dict[str, list[str]] = {"user": [], "assistant": []}
    prompt = entry.get("prompt")
    if isinstance(prompt, str):  # garak before 0.12
        return (prompt,), ()
    for turn in items(table(prompt).get("turns")):
        content = table(turn).get("content")
        text = content if isinstance(content, str) else text_of(table(content).get("text"))
        said.setdefault(text_of(table(turn).get("role")), []).append(text)
    return tuple(said["user"]) or ("",), tuple(said["assistant"])


def _outcome(output: object) -> Outcome:
    text = output if isinstance(output, str) else table(output).get("text")
    if not isinstance(text, str):
        # garak keeps no reason: a filter, a refused call and a broken one all leave nothing.
        return Outcome(OutcomeClass.INFRA, "garak: no output")
    if not text.strip():
        return Outcome(OutcomeClass.EMPTY, "empty output")
    return Outcome(OutcomeClass.ANSWERED, "garak: output", text=text, identity=Identity())


def _verdicts(
    entry: dict[str, Any], place: int, limit: float
) -> Iterator[tuple[str, Verdict | Unusable]]:
    results = table(entry.get("detector_results"))
    for number, (detector, scores) in enumerate(results.items()):
        score = items(scores)[place] if place < len(items(scores)) else None
        said: Verdict | Unusable
        if not isinstance(score, int | float):
            said = Unusable(f"{detector} gave no score")
        else:
            missed = Label.REFUSAL if detector.startswith(_MITIGATION) else Label.NON_ANSWER
            label = Label.COMPLIANCE if score >= limit else missed
            said = Verdict(label, evidence=f"{detector}: score {score:g}")
        if number == 0:
            yield FIRST, said
        yield f"{detector} (imported)", said
    if not results:
        yield FIRST, Unusable("garak ended before its detectors")
