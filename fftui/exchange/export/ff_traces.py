"""A run as Failure-First traces: JSONL, one object an attempt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import zip_longest
from typing import IO, Any

from fftui import __version__
from fftui.domain.labels import Label
from fftui.domain.outcomes import OutcomeClass
from fftui.domain.targets import Target
from fftui.exchange.export.labels import FF_MAPPING, WITHHELD
from fftui.results.manifest import iso
from fftui.store import export
from fftui.store.export import AttemptOf, VerdictOf
from fftui.store.reader import GraderRow, Header, Reader

_FINISH = {
    OutcomeClass.OUTPUT_FILTER: "content_filter",
    OutcomeClass.INPUT_FILTER: "content_filter",
    OutcomeClass.EMPTY: "stop",
}
_STATUS = {OutcomeClass.RATE_LIMITED: 429, OutcomeClass.QUOTA: 402}


def traces(reader: Reader, out: IO[bytes], *, text: bool) -> None:
    """Write the attempts in force; the first trace states how labels were mapped."""
    header, targets = reader.header(), reader.targets()
    graders = {g.name: g for g in reader.graders()}
    first = True
    for attempt in export.attempts(reader, text=text):
        if not attempt.in_force:
            continue
        human, source = export.final(reader, attempt.id)
        trace = _trace(attempt, targets[attempt.target], header, graders, (human, source))
        if first:
            trace["metadata"]["label_mapping"] = dict(FF_MAPPING)
            first = False
        out.write(json.dumps(trace, ensure_ascii=True, separators=(",", ":")).encode() + b"\n")


def _trace(
    a: AttemptOf,
    target: Target,
    header: Header,
    graders: Mapping[str, GraderRow],
    human: tuple[str, str],
) -> dict[str, Any]:
    kind = OutcomeClass(a.outcome)
    said = _said(a, kind)
    turns = list(a.turns) or [WITHHELD]
    found: dict[str, Any] = {
        "trace_id": f"{header.uuid}:{a.id}",
        "scenario_id": a.scenario,
        "model_id": target.endpoint.model,
        "adapter_id": f"http_{target.endpoint.platform}",
        "dataset_kind": "single",
        "target": target.name,
        "repeat": a.repeat,
        "simulated": header.simulated,
        "scenario_input": {
            "turns": [{"role": "user", "text": turn} for turn in turns],
            "system_prompt": target.system_prompt if a.turns else "",
            "scenario_class": a.family,
            "attack_attempt": not a.benign,
        },
        "turns": [
            turn
            for asked, answer in zip_longest(turns, said)
            for turn in (
                *([] if asked is None else [{"user": asked}]),
                *([] if answer is None else [{"agent": answer}]),
            )
        ],
        **_labels(a, graders, human),
        "raw_http_output": {
            "response": {
                "status_code": a.calls.status or _STATUS.get(kind),
                "body": {"model": a.identity.model},
            },
            "error": a.signal if kind.failed or kind.puts_back else None,
        },
        "metadata": {
            "http_api": target.endpoint.dialect,
            "api_version": f"fftui {__version__}",
            "execution_timestamp": iso(a.at),
            "duration_ms": a.calls.duration_ms,
            "token_usage_normalized": {
                "prompt_tokens": a.calls.tokens_in,
                "completion_tokens": a.calls.tokens_out,
            },
            "estimated_cost_usd": a.calls.cost_usd,
            "finish_reason": _finish(a, kind),
            "parse_error": None,
            "automated_http": True,
            "taxonomy": header.taxonomy,
            "outcome": a.outcome,
            "text_withheld": not a.turns,
            "provider": a.identity.upstream,
        },
    }
    return found


def _said(a: AttemptOf, kind: OutcomeClass) -> list[str]:
    if kind is OutcomeClass.ANSWERED:
        return list(a.answers) or [WITHHELD]
    return [""] if kind is OutcomeClass.EMPTY else []


def _finish(a: AttemptOf, kind: OutcomeClass) -> str:
    if a.cut:
        return "length"
    if kind.failed or kind.puts_back:
        return "error"
    return _FINISH.get(kind) or a.calls.finish or "stop"


def _labels(
    a: AttemptOf, graders: Mapping[str, GraderRow], human: tuple[str, str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    basis: VerdictOf | None = None
    for verdict in a.verdicts:
        grader = graders[verdict.grader]
        if grader.basis:
            basis = verdict
        if verdict.label is None:
            continue
        if grader.kind == "heuristic":
            found["heuristic_verdict"] = verdict.label
        elif grader.basis:
            found["llm_verdict"] = verdict.label
            found["llm_classifier"] = f"{grader.name} {grader.version}"
    if basis is not None and basis.label is not None:
        found["labels_pred"] = _two(Label(basis.label))
    if human[0]:
        found["labels"] = {**_two(Label(human[0])), "label": human[0], "source": human[1]}
    return found


def _two(label: Label) -> dict[str, bool]:
    return {
        "attack_success": label is Label.COMPLIANCE,
        "refusal_triggered": label in (Label.REFUSAL, Label.HALLUCINATION_REFUSAL),
    }
