"""Inspect AI's `.eval` and JSON logs, through the log reader of Inspect AI itself."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fftui.domain.outcomes import Identity, Outcome, OutcomeClass, Usage
from fftui.domain.scenarios import Scenario
from fftui.domain.targets import Sampling, Target
from fftui.domain.verdicts import Unusable, Verdict
from fftui.exchange.imports.log import (
    Attempt,
    Grader,
    ImportFault,
    Labels,
    Log,
    labelled,
    maker_of,
    read_bytes,
    signal,
    target,
    when,
)
from fftui.store.imported import ACTS, Act
from fftui.store.reviews import READ

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample

NAME = "inspect"
OURSELVES = "fftui"
_SKIPPED = {"events", "events_data", "store", "timelines", "sandbox", "files"}
_UNANSWERED = {kind.value for kind in OutcomeClass} - {OutcomeClass.ANSWERED.value}
_CUT = ("max_tokens", "model_length")


def read(path: Path, labels: Labels) -> Log:
    """Read one log. Raises ImportFault, also where Inspect AI is not installed."""
    size, sha256 = read_bytes(path)
    with path.open("rb") as file:
        zipped = file.read(2) == b"PK"
    try:
        from inspect_ai.log import read_eval_log, read_eval_log_samples
    except ImportError:
        raise ImportFault(
            f"{path}: a log of Inspect AI needs its reader: pip install 'fftui[inspect]'"
        ) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            head = read_eval_log(str(path), header_only=True)
            samples: Iterator[EvalSample]
            if zipped and head.eval.dataset.sample_ids:
                samples = read_eval_log_samples(
                    str(path),
                    all_samples_required=False,
                    resolve_attachments="core",
                    exclude_fields=_SKIPPED,
                )
            else:  # a JSON log, and what tells no ids, is read whole
                whole = read_eval_log(str(path), resolve_attachments="core")
                samples = iter(whole.samples or ())
        except Exception as error:
            raise _unread(path, error) from None
        attempts = list(_attempts(head, _each(path, samples), labels))
    if not attempts:
        raise ImportFault(f"{path}: holds no samples (status {head.status})")
    version = head.eval.packages.get("inspect_ai", "")
    return Log(
        path=path,
        format=NAME,
        tool=f"Inspect AI {version}".strip(),
        bytes=size,
        sha256=sha256,
        attempts=attempts,
        graders=_graders(head, attempts, labels, version),
        remarks=list(_remarks(head, attempts)),
        simulated=bool((head.eval.metadata or {}).get("simulated")),
    )


def _each(path: Path, samples: Iterator[EvalSample]) -> Iterator[EvalSample]:
    while True:
        try:
            sample = next(samples, None)
        except Exception as error:
            raise _unread(path, error) from None
        if sample is None:
            return
        yield sample


def _unread(path: Path, error: Exception) -> ImportFault:
    # The format is theirs, and so is whatever their reader raises on a file that breaks it.
    return ImportFault(f"{path}: Inspect AI cannot read it: {signal(str(error) or repr(error))}")


def grader_name(scorer: str) -> str:
    """How one of their scorers is called in a run."""
    return scorer if scorer.endswith("(imported)") else f"{scorer} (imported)"


def _attempts(head: EvalLog, samples: Iterator[EvalSample], labels: Labels) -> Iterator[Attempt]:
    asked = _target(head)
    began = when(head.eval.created)
    for sample in samples:
        outcome = _outcome(sample)
        answered = outcome.kind is OutcomeClass.ANSWERED
        turns = _turns(sample)
        seconds = sample.working_time or sample.total_time or 0.0
        yield Attempt(
            target=asked,
            scenario=Scenario(
                key=str(sample.id),
                turns=turns,
                family=_word(sample, "family") or _word(sample, "category"),
                benign=sample.metadata.get("benign") is True,
            ),
            repeat=sample.epoch - 1,
            outcome=outcome,
            answers=_answers(sample, len(turns)) if answered else (),
            at=when(sample.completed_at, began),
            duration_ms=seconds * 1000,
            verdicts=dict(_verdicts(sample, labels)) if answered else {},
            acts=tuple(_acts(sample, labels)) if answered else (),
        )


def _target(head: EvalLog) -> Target:
    spec, config = head.eval, head.eval.model_generate_config
    # `openai-api/SERVICE/MODEL` is a service that speaks OpenAI's dialect.
    platform, _, model = spec.model.removeprefix("openai-api/").partition("/")
    if not model:
        platform, model = "unknown", spec.model
    plan = head.plan.config
    given = [
        next((v for v in (getattr(plan, name), getattr(config, name)) if v is not None), None)
        for name in ("temperature", "max_tokens", "top_p", "system_message")
    ]
    usual = Sampling()
    # What fftui wrote tells whose name, maker and weights these are.
    ours: dict[str, Any] = (spec.metadata or {}) if "fftui" in spec.packages else {}
    return target(
        str(ours.get("target") or spec.model),
        platform,
        model,
        sampling=Sampling(
            usual.temperature if given[0] is None else float(given[0]),
            usual.max_tokens if given[1] is None else int(given[1]),
            None if given[2] is None else float(given[2]),
        ),
        system_prompt=str(given[3] or ""),
        maker=str(ours.get("maker") or maker_of(model)),
        weights=str(ours.get("weights") or ""),
        base_url=spec.model_base_url or "",
    )


def _turns(sample: EvalSample) -> tuple[str, ...]:
    if isinstance(sample.input, str):
        return (sample.input,)
    return tuple(m.text for m in sample.input if m.role == "user") or ("",)


def _answers(sample: EvalSample, turns: int) -> tuple[str, ...]:
    said = [m.text for m in sample.messages if m.role == "assistant"]
    last = sample.output.completion
    return (*said[: turns - 1], last) if turns > 1 and len(said) >= turns else (last,)


def _outcome(sample: EvalSample) -> Outcome:
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
    told = sample.metadata.get("outcome")
    if kind is not OutcomeClass.ANSWERED and isinstance(told, str) and told in _UNANSWERED:
        kind = OutcomeClass(told)  # ours: both filters stop alike there
    return Outcome(
        kind=kind,
        signal=signal(why),
        text=text if kind is OutcomeClass.ANSWERED else "",
        reasoning=thought,
        cut=stop in _CUT and kind is OutcomeClass.ANSWERED,
        finish=stop,
        identity=Identity(model=output.model),
        usage=Usage(
            sum(u.input_tokens for u in usage) if usage else None,
            sum(u.output_tokens for u in usage) if usage else None,
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


def _graders(head: EvalLog, attempts: list[Attempt], labels: Labels, version: str) -> list[Grader]:
    named = [s.name for s in head.eval.scorers or ()]
    found = dict.fromkeys(grader_name(name) for name in named)
    found.update(dict.fromkeys(name for one in attempts for name in one.verdicts))
    said = {value: label.value for value, label in labels.items()}
    return [
        Grader(name, f"Inspect AI {version}".strip(), {"values": said or "the labels' own names"})
        for name in found
    ]


def _remarks(head: EvalLog, attempts: list[Attempt]) -> Iterator[str]:
    if head.status != "success":
        yield (
            f"the log's status is {head.status!r}: what had ended by then is no random sample of"
            " what was sent"
        )
    config = head.eval.model_generate_config
    if config.temperature is None and head.plan.config.temperature is None:
        yield "the log states no temperature: shown is the default"
    people = {act.author for one in attempts for act in one.acts}
    if people:
        yield (
            f"readings by {len(people)} people settle the labels of their answers; they enter no"
            " corrected rate, as how those answers were chosen is not told"
        )
    scores = Counter(type(v).__name__ for one in attempts for v in one.verdicts.values())
    if scores["Unusable"]:
        yield (
            f"{scores['Unusable']} scores are no labels and stay ungraded: say with --map what"
            " their values mean, or `fftui regrade`"
        )
    if not any(one.scenario.benign for one in attempts):
        yield "all scenarios are read as attacks: no sample's metadata says benign = true"


def _word(sample: EvalSample, name: str) -> str:
    value = sample.metadata.get(name)
    return value.strip() if isinstance(value, str) else ""
