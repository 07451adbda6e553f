"""Failure-First traces, JSONL: one call an object, one model a file or several."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fftui.corpus.ff_scenarios import user_turns
from fftui.corpus.rows import RowError
from fftui.domain.labels import Label
from fftui.domain.outcomes import Identity, Outcome, OutcomeClass, Usage
from fftui.domain.scenarios import Scenario
from fftui.domain.verdicts import Unusable, Verdict
from fftui.exchange.imports.log import (
    Attempt,
    Grader,
    Labels,
    Log,
    maker_of,
    signal,
    target,
    when,
)
from fftui.exchange.imports.objects import Objects, items, table, text_of

NAME = "ff-traces"
_LAYERS = (
    ("llm_verdict", "llm verdict (imported)"),
    ("heuristic_verdict", "heuristic verdict (imported)"),
    ("verdict", "verdict (imported)"),
)
"""Fields that hold a label's name, the one that they themselves prefer first."""
LABELS, PREDICTED = "labels (imported)", "labels_pred (imported)"
_OUTSIDE = frozenset({"ERROR", "PARSE_ERROR", "INFRA_ERROR", "INFRASTRUCTURE_ERROR"})
_MARKS = {
    "[error": OutcomeClass.INFRA,
    "[timeout": OutcomeClass.INFRA,
    "[parse_error": OutcomeClass.INFRA,
}
_UNANSWERED = {kind.value for kind in OutcomeClass} - {OutcomeClass.ANSWERED.value}
_STATUS = {429: OutcomeClass.RATE_LIMITED, 402: OutcomeClass.QUOTA, 408: OutcomeClass.INFRA}


def recognises(first: dict[str, Any]) -> bool:
    """Who answered, and an identifier that only traces have."""
    return "model_id" in first and bool({"trace_id", "scenario_id", "episode_id"} & set(first))


def read(path: Path, labels: Labels) -> Log:
    """Read one file of traces. Raises ImportFault."""
    del labels  # the names of the labels are theirs and ours alike
    objects = Objects(path)
    attempts: list[Attempt] = []
    seen: dict[tuple[str, str], int] = {}
    simulated = False
    for line, trace in objects:
        try:
            attempts.append(_attempt(trace, seen))
        except (RowError, ValueError) as error:
            raise objects.fault(line, signal(str(error))) from None
        simulated = simulated or trace.get("simulated") is True
    if not attempts:
        raise objects.fault(1, "holds no traces")
    names = [name for _, name in _LAYERS] + [LABELS, PREDICTED]
    heard = {name for one in attempts for name in one.verdicts}
    objects.remarks.append(
        "labels: attack_success is read as COMPLIANCE, refusal_triggered as REFUSAL, neither as"
        " NON_ANSWER; errors, rate limits and empty replies have no label here, whatever they had"
    )
    return Log(
        path=path,
        format=NAME,
        tool="Failure-First traces",
        bytes=objects.bytes,
        sha256=objects.sha256,
        attempts=attempts,
        graders=[Grader(name, "as in the traces", {}) for name in names if name in heard]
        or [Grader(LABELS, "as in the traces", {})],
        remarks=objects.remarks,
        simulated=simulated,
    )


def _attempt(trace: dict[str, Any], seen: dict[tuple[str, str], int]) -> Attempt:
    model = text_of(trace.get("model_id"))
    key = text_of(trace.get("scenario_id")) or text_of(trace.get("episode_id"))
    if not model:
        raise ValueError("model_id: is missing")
    if not key:
        raise ValueError("scenario_id: is missing")
    about = table(trace.get("metadata"))
    platform = text_of(trace.get("adapter_id")).removeprefix("http_") or "unknown"
    given = table(trace.get("scenario_input")) or table(table(trace.get("input")).get("scenario"))
    outcome, answers = _outcome(trace, about)
    answered = outcome.kind is OutcomeClass.ANSWERED
    number = seen.get((model, key), 0)
    seen[model, key] = number + 1
    repeat = trace.get("repeat")
    return Attempt(
        target=target(
            text_of(trace.get("target")) or model,
            platform,
            model,
            maker=maker_of(model),
            system_prompt=text_of(given.get("system_prompt")),
        ),
        scenario=Scenario(
            key,
            _turns(trace, given),
            text_of(given.get("scenario_class")) or text_of(trace.get("scenario_class")),
            (given.get("attack_attempt", trace.get("attack_attempt"))) is False,
        ),
        repeat=repeat if isinstance(repeat, int) and repeat >= 0 else number,
        outcome=outcome,
        answers=answers if answered else (),
        at=when(about.get("execution_timestamp")),
        duration_ms=_number(about.get("duration_ms")) or 0.0,
        verdicts=dict(_verdicts(trace)) if answered else {},
    )


def _turns(trace: dict[str, Any], given: dict[str, Any]) -> tuple[str, ...]:
    said, _ = user_turns(given)
    if not said and text_of(given.get("prompt")):
        said = (text_of(given["prompt"]),)
    return said or tuple(_said(trace, "user")) or ("",)


def _said(trace: dict[str, Any], role: str) -> Iterator[str]:
    for turn in map(table, items(trace.get("turns"))):
        if role in turn:
            yield text_of(turn[role])
        elif turn.get("role") == role or (role == "agent" and turn.get("role") == "assistant"):
            yield text_of(turn.get("text")) or text_of(turn.get("content"))


def _outcome(trace: dict[str, Any], about: dict[str, Any]) -> tuple[Outcome, tuple[str, ...]]:
    answers = tuple(_said(trace, "agent"))
    text = answers[-1] if answers else ""
    raw = table(trace.get("raw_http_output"))
    reply = table(raw.get("response"))
    status = reply.get("status_code")
    status = status if isinstance(status, int) else None
    finish = text_of(about.get("finish_reason"))
    failed = text_of(raw.get("error")) or table(raw.get("error"))
    start = text.lstrip().lower()
    mark = next((kind for word, kind in _MARKS.items() if start.startswith(word)), None)
    if status is not None and status >= 400:
        other = OutcomeClass.INFRA if status >= 500 else OutcomeClass.CONFIG
        kind, why = _STATUS.get(status, other), f"http {status}"
    elif mark is not None or about.get("parse_error"):
        kind, why = mark or OutcomeClass.INFRA, text[:100] or "parse_error"
    elif failed or finish == "error":
        kind, why = OutcomeClass.INFRA, f"error: {failed}"
    elif finish == "content_filter":
        kind, why = OutcomeClass.OUTPUT_FILTER, "finish_reason=content_filter"
    elif not text.strip():
        kind, why = OutcomeClass.EMPTY, "empty reply"
    else:
        kind, why = OutcomeClass.ANSWERED, f"finish_reason={finish}"
    told = about.get("outcome")
    if kind is not OutcomeClass.ANSWERED and isinstance(told, str) and told in _UNANSWERED:
        kind = OutcomeClass(told)  # ours: their form has no word for it
    usage = table(about.get("token_usage_normalized"))
    answered = kind is OutcomeClass.ANSWERED
    return Outcome(
        kind=kind,
        signal=signal(why),
        text=text if answered else "",
        cut=answered and finish in ("length", "max_tokens"),
        finish=finish,
        identity=Identity(model=text_of(table(reply.get("body")).get("model"))),
        usage=Usage(
            _whole(usage.get("prompt_tokens", usage.get("input_tokens"))),
            _whole(usage.get("completion_tokens", usage.get("output_tokens"))),
            # Their runner writes 0 where it does not know.
            _number(about.get("estimated_cost_usd")) or None,
        ),
        status=status,
        request_id=text_of(trace.get("trace_id")),
    ), answers


def _verdicts(trace: dict[str, Any]) -> Iterator[tuple[str, Verdict | Unusable]]:
    for name, grader in _LAYERS:
        word = text_of(trace.get(name)).strip().upper()
        if word in Label.__members__:
            yield grader, Verdict(Label(word), evidence=f"{name}: {word}")
        elif word:
            known = "an error of theirs" if word in _OUTSIDE else "no label"
            yield grader, Unusable(f"{name}: {word[:40]} is {known}")
    for name, suffix, grader in (("labels", "", LABELS), ("labels_pred", "_pred", PREDICTED)):
        said = table(trace.get(name))
        won, refused = (
            said.get(f"{what}{suffix}", said.get(what))
            for what in ("attack_success", "refusal_triggered")
        )
        if not isinstance(won, bool):
            if said:
                yield grader, Unusable(f"{name}: attack_success is not said")
            continue
        lost = Label.REFUSAL if refused is True else Label.NON_ANSWER
        yield grader, Verdict(Label.COMPLIANCE if won else lost, evidence=name)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and value >= 0 else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None
