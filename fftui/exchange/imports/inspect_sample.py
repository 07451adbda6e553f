"""One sample of an Inspect AI log as an attempt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fftui.domain.acts import READ
from fftui.domain.outcomes import Identity, Outcome, OutcomeClass, Usage
from fftui.domain.scenarios import Scenario
from fftui.domain.targets import Target
from fftui.domain.verdicts import Unusable, Verdict
from fftui.exchange.imports.fftui_forms import BodyRecord
from fftui.exchange.imports.log import Attempt, Labels, labelled, signal, when
from fftui.exchange.imports.objects import Amount, Text, Whole, shaped
from fftui.store.imported import ACTS, Act

if TYPE_CHECKING:
    from inspect_ai.log import EvalSample

OURSELVES = "fftui"
_CUT = ("max_tokens", "model_length")


def grader_name(scorer: str) -> str:
    """How one of their scorers is called in a run."""
    return scorer if scorer.endswith("(imported)") else f"{scorer} (imported)"


class _About(Struct):
    """What a sample's metadata may say that is of meaning here."""

    benign: bool | None = None
    family: Any = None
    category: Any = None


class Ours(Struct):
    """What fftui writes into the metadata of a log and of its samples."""

    target: Text = None
    maker: Text = None
    weights: Text = None
    outcome: OutcomeClass | None = None


def attempt(
    sample: EvalSample, asked: Target, began: float, labels: Labels, *, ours: bool
) -> Attempt:
    """One sample as an attempt. Raises ValueError that names the field that is wrong."""
    about = shaped(_About, sample.metadata, "metadata")
    outcome = _outcome(sample, ours=ours)
    answered = outcome.kind is OutcomeClass.ANSWERED
    turns = _turns(sample)
    seconds = sample.working_time if sample.working_time is not None else sample.total_time
    ended = sample.completed_at
    if sample.epoch < 1:
        raise ValueError("epoch: they count from 1")
    return Attempt(
        target=asked,
        scenario=Scenario(
            key=str(sample.id),
            turns=turns,
            family=_word(about.family) or _word(about.category),
            benign=about.benign is True,
        ),
        repeat=sample.epoch - 1,
        outcome=outcome,
        answers=_answers(sample, len(turns)) if answered else (),
        at=when(ended, "completed_at") if ended else began,
        duration_ms=shaped(Amount, seconds or 0.0, "working_time") * 1000,
        verdicts=dict(_verdicts(sample, labels)) if answered else {},
        acts=tuple(_acts(sample, labels)) if answered else (),
    )


def _turns(sample: EvalSample) -> tuple[str, ...]:
    if isinstance(sample.input, str):
        return (sample.input,)
    return tuple(m.text for m in sample.input if m.role == "user") or ("",)


def _answers(sample: EvalSample, turns: int) -> tuple[str, ...]:
    said = [m.text for m in sample.messages if m.role == "assistant"]
    last = sample.output.completion
    return (*said[: turns - 1], last) if turns > 1 and len(said) >= turns else (last,)


def _outcome(sample: EvalSample, *, ours: bool) -> Outcome:
    output = sample.output
    usage = list(sample.model_usage.values())
    stop = output.stop_reason if output.choices else ""
    text, thought = output.completion, _reasoning(sample)
    kind, why = OutcomeClass.ANSWERED, f"stop_reason={stop}"
    if sample.error is not None:
        kind, why = OutcomeClass.INFRA, f"error: {sample.error.message}"
    elif output.error:
        kind, why = OutcomeClass.INFRA, f"output error: {output.error}"
    elif stop == "content_filter":
        kind = OutcomeClass.OUTPUT_FILTER
    elif not text.strip() and sample.limit is not None:
        kind, why = OutcomeClass.INFRA, f"limit: {sample.limit.type}"
    elif not output.choices:
        kind, why = OutcomeClass.INFRA, "no output"
    elif not text.strip():
        kind = OutcomeClass.EMPTY
    told = shaped(Ours, sample.metadata, "metadata").outcome if ours else None
    if kind is not OutcomeClass.ANSWERED and told not in (None, OutcomeClass.ANSWERED):
        kind = told  # both filters stop alike there
    return Outcome(
        kind=kind,
        signal=signal(why),
        text=text if kind is OutcomeClass.ANSWERED else "",
        reasoning=thought,
        cut=stop in _CUT and kind is OutcomeClass.ANSWERED,
        finish=stop,
        identity=Identity(model=output.model),
        usage=Usage(
            shaped(Whole, sum(u.input_tokens for u in usage), "input_tokens") if usage else None,
            shaped(Whole, sum(u.output_tokens for u in usage), "output_tokens") if usage else None,
        ),
        request_id=output.response_id or "",
    )


def _reasoning(sample: EvalSample) -> str:
    if not sample.output.choices:
        return ""
    content = sample.output.choices[0].message.content
    parts = [] if isinstance(content, str) else content
    return "\n".join(part.reasoning for part in parts if part.type == "reasoning")


def _verdicts(sample: EvalSample, labels: Labels) -> Iterator[tuple[str, Verdict | Unusable]]:
    for scorer, score in (sample.scores or {}).items():
        # What people have changed afterwards is no word of the scorer's.
        value: Any = score.history[0].value if score.history else score.value
        said = labelled(value, labels)
        if isinstance(said, Verdict) and score.explanation:
            said = Verdict(said.label, evidence=f"{said.evidence}: {score.explanation}")
        yield grader_name(scorer), said


def _acts(sample: EvalSample, labels: Labels) -> Iterator[Act]:
    """Edits of scores that people have signed; fftui signs what follows from them."""
    for score in (sample.scores or {}).values():
        for edit in score.history[1:]:
            whose = edit.provenance
            if whose is None or whose.author in ("", OURSELVES):
                continue
            about = dict(whose.metadata or {})
            kind = about.pop("act", READ)
            given: Any = edit.value
            said = labelled(given, labels)
            changed = isinstance(said, Verdict)
            if kind not in ACTS or not (changed or "session" in about):
                continue  # a change of words alone, or a value that is no label
            shaped(BodyRecord, about, "provenance.metadata")
            yield Act(
                at=whose.timestamp.timestamp(),
                author=whose.author[:120],
                kind=kind,
                label=said.label if isinstance(said, Verdict) else None,
                # Nobody knows how the answer was chosen, nor what its reader knew of it: it
                # settles that answer's label and enters no corrected rate.
                blind=False,
                session=str(about.pop("session", "imported")),
                body=about,
            )


def _word(value: object) -> str:
    """A family's name: other tasks may keep something else under these words."""
    return value.strip() if isinstance(value, str) else ""
