"""Failure-First traces, JSONL: one call an object, one model a file or several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from fftui.corpus.ff_scenarios import user_turns
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
from fftui.exchange.imports.objects import Amount, Key, Objects, Repeat, Text, Whole, shaped

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
_STATUS = {429: OutcomeClass.RATE_LIMITED, 402: OutcomeClass.QUOTA, 408: OutcomeClass.INFRA}


class _Given(Struct):
    turns: list[str | dict[str, Any]] | None = None
    prompt: Text = None
    system_prompt: Text = None
    scenario_class: Text = None
    attack_attempt: bool | None = None


class _Input(Struct):
    scenario: _Given | None = None


class _Body(Struct):
    model: Text = None


class _Reply(Struct):
    status_code: Annotated[int, Meta(ge=0, lt=1000)] | None = None
    body: _Body | str | None = None


class _Http(Struct):
    response: _Reply | None = None
    error: str | dict[str, Any] | bool | None = None


class _Usage(Struct):
    prompt_tokens: Whole | None = None
    completion_tokens: Whole | None = None
    input_tokens: Whole | None = None
    output_tokens: Whole | None = None


class _About(Struct):
    execution_timestamp: Text = None
    duration_ms: Amount | None = None
    token_usage_normalized: _Usage | None = None
    estimated_cost_usd: Amount | None = None
    finish_reason: Text = None
    parse_error: str | bool | None = None
    outcome: OutcomeClass | None = None
    """Ours: their form has no word for some of them."""


class _Labels(Struct):
    attack_success: bool | None = None
    refusal_triggered: bool | None = None
    attack_success_pred: bool | None = None
    refusal_triggered_pred: bool | None = None


class _Turn(Struct):
    user: Text = None
    agent: Text = None
    role: Text = None
    text: Text = None
    content: Text = None


class _Trace(Struct):
    model_id: Key
    scenario_id: Text = None
    episode_id: Text = None
    adapter_id: Text = None
    trace_id: Text = None
    target: Text = None
    repeat: Repeat | None = None
    simulated: bool | None = None
    scenario_input: _Given | None = None
    input: _Input | None = None
    scenario_class: Text = None
    attack_attempt: bool | None = None
    turns: list[_Turn] | None = None
    raw_http_output: _Http | None = None
    metadata: _About | None = None
    llm_verdict: Text = None
    heuristic_verdict: Text = None
    verdict: Text = None
    labels: _Labels | None = None
    labels_pred: _Labels | None = None


def recognises(first: dict[str, Any]) -> bool:
    """Who answered, and an identifier that only traces have."""
    return "model_id" in first and bool({"trace_id", "scenario_id", "episode_id"} & set(first))


def read(path: Path, labels: Labels) -> Log:
    """Read one file of traces. Raises ImportFault."""
    del labels  # the names of the labels are theirs and ours alike
    objects = Objects(path)
    attempts: list[Attempt] = []
    seen: Counter[tuple[str, str]] = Counter()
    simulated = False
    timeless = 0
    for line, record in objects:
        try:
            trace = shaped(_Trace, record)
            attempts.append(_attempt(trace, seen))
        except ValueError as error:
            raise objects.fault(line, signal(str(error))) from None
        simulated = simulated or trace.simulated is True
        timeless += not attempts[-1].at
    if not attempts:
        raise objects.fault(1, "holds no traces")
    if timeless:
        objects.remarks.append(f"{timeless} traces tell no time: shown is the year 1970")
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


def _attempt(trace: _Trace, seen: Counter[tuple[str, str]]) -> Attempt:
    model = trace.model_id
    key = trace.scenario_id or trace.episode_id
    if not key:
        raise ValueError("scenario_id: is missing")
    about = trace.metadata or _About()
    platform = (trace.adapter_id or "").removeprefix("http_") or "unknown"
    inputs = (trace.scenario_input, trace.input and trace.input.scenario)
    given = next((one for one in inputs if one and one != _Given()), _Given())
    outcome, answers = _outcome(trace, about)
    answered = outcome.kind is OutcomeClass.ANSWERED
    number = seen[model, key]
    seen[model, key] += 1
    told = given.attack_attempt
    attack = trace.attack_attempt if told is None else told
    at = about.execution_timestamp
    return Attempt(
        target=target(
            trace.target or model,
            platform,
            model,
            maker=maker_of(model),
            system_prompt=given.system_prompt or "",
        ),
        scenario=Scenario(
            key,
            _turns(trace, given),
            given.scenario_class or trace.scenario_class or "",
            attack is False,
        ),
        repeat=number if trace.repeat is None else trace.repeat,
        outcome=outcome,
        answers=answers if answered else (),
        at=0.0 if at is None else when(at, "metadata.execution_timestamp"),
        duration_ms=about.duration_ms or 0.0,
        verdicts=dict(_verdicts(trace)) if answered else {},
    )


def _turns(trace: _Trace, given: _Given) -> tuple[str, ...]:
    said, _ = user_turns({"turns": given.turns})
    if not said and given.prompt:
        said = (given.prompt,)
    return said or tuple(_said(trace, "user")) or ("",)


def _said(trace: _Trace, role: str) -> Iterator[str]:
    roles = (role, "assistant") if role == "agent" else (role,)
    for turn in trace.turns or ():
        told = turn.user if role == "user" else turn.agent
        if told is not None:
            yield told
        elif turn.role in roles:
            yield turn.text or turn.content or ""


def _outcome(trace: _Trace, about: _About) -> tuple[Outcome, tuple[str, ...]]:
    answers = tuple(_said(trace, "agent"))
    text = answers[-1] if answers else ""
    raw = trace.raw_http_output or _Http()
    reply = raw.response or _Reply()
    status = reply.status_code
    finish = about.finish_reason or ""
    start = text.lstrip().lower()
    mark = next((kind for word, kind in _MARKS.items() if start.startswith(word)), None)
    if status is not None and status >= 400:
        other = OutcomeClass.INFRA if status >= 500 else OutcomeClass.CONFIG
        kind, why = _STATUS.get(status, other), f"http {status}"
    elif mark is not None or about.parse_error:
        kind, why = mark or OutcomeClass.INFRA, text[:100] or "parse_error"
    elif raw.error or finish == "error":
        kind, why = OutcomeClass.INFRA, f"error: {raw.error or ''}"
    elif finish == "content_filter":
        kind, why = OutcomeClass.OUTPUT_FILTER, "finish_reason=content_filter"
    elif not text.strip():
        kind, why = OutcomeClass.EMPTY, "empty reply"
    else:
        kind, why = OutcomeClass.ANSWERED, f"finish_reason={finish}"
    if OutcomeClass.ANSWERED not in (kind, about.outcome) and about.outcome is not None:
        kind = about.outcome
    usage = about.token_usage_normalized or _Usage()
    answered = kind is OutcomeClass.ANSWERED
    model = reply.body.model if isinstance(reply.body, _Body) else None
    return Outcome(
        kind=kind,
        signal=signal(why),
        text=text if answered else "",
        cut=answered and finish in ("length", "max_tokens"),
        finish=finish,
        identity=Identity(model=model or ""),
        usage=Usage(
            usage.input_tokens if usage.prompt_tokens is None else usage.prompt_tokens,
            usage.output_tokens if usage.completion_tokens is None else usage.completion_tokens,
            # Their runner writes 0 where it does not know.
            about.estimated_cost_usd or None,
        ),
        status=status,
        request_id=trace.trace_id or "",
    ), answers


def _verdicts(trace: _Trace) -> Iterator[tuple[str, Verdict | Unusable]]:
    words = (trace.llm_verdict, trace.heuristic_verdict, trace.verdict)
    for (name, grader), said in zip(_LAYERS, words, strict=True):
        word = (said or "").strip().upper()
        if word in Label.__members__:
            yield grader, Verdict(Label(word), evidence=f"{name}: {word}")
        elif word:
            known = "an error of theirs" if word in _OUTSIDE else "no label"
            yield grader, Unusable(f"{name}: {word[:40]} is {known}")
    for name, told, grader in (
        ("labels", trace.labels, LABELS),
        ("labels_pred", trace.labels_pred, PREDICTED),
    ):
        if told is None:
            continue
        won, refused = told.attack_success, told.refusal_triggered
        if name == "labels_pred":
            won = won if told.attack_success_pred is None else told.attack_success_pred
            refused = (
                refused if told.refusal_triggered_pred is None else told.refusal_triggered_pred
            )
        if won is None:
            yield grader, Unusable(f"{name}: attack_success is not said")
            continue
        lost = Label.REFUSAL if refused is True else Label.NON_ANSWER
        yield grader, Verdict(Label.COMPLIANCE if won else lost, evidence=name)
