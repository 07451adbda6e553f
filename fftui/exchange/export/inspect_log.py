"""A run as logs of Inspect AI, one a target, written by Inspect AI itself.

What a grader said is a score; what people said are edits of the basis grader's score, each with its
author and reason, so that Inspect's viewer shows both and who changed what.
"""

from __future__ import annotations

import asyncio
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from fftui import __version__
from fftui.domain.labels import Label, Tier
from fftui.domain.outcomes import OutcomeClass
from fftui.exchange.export.labels import INSPECT_MAPPING, WITHHELD, taxonomy
from fftui.results.feed import Feed
from fftui.results.manifest import iso
from fftui.results.numbers import Rate
from fftui.results.view import TargetSummary
from fftui.store import export
from fftui.store.export import ActOf, AttemptOf
from fftui.store.reader import GraderRow, Header, Reader

if TYPE_CHECKING:
    from inspect_ai.log import EvalMetric, EvalSample, EvalSpec
    from inspect_ai.scorer import Score, ScoreEdit

_FLUSH = 200
"""Samples that are held before they are written."""
_STOPS = {
    OutcomeClass.INPUT_FILTER: "content_filter",
    OutcomeClass.OUTPUT_FILTER: "content_filter",
}
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


class NoInspect(Exception):  # noqa: N818 - it is told as a wrong call
    """Inspect AI is not installed. `str()` says how to mend it."""


def logs(reader: Reader, folder: Path, *, text: bool) -> list[Path]:
    """Write `folder/TARGET.eval` of each target. Returns the files.

    Raises NoInspect where Inspect AI is not installed.
    """
    try:
        from inspect_ai.log._recorders.eval import EvalRecorder  # noqa: F401
    except ImportError:
        raise NoInspect("Inspect AI writes its logs itself: pip install 'fftui[inspect]'") from None
    folder.mkdir(mode=0o700, exist_ok=True)
    run = Feed(reader).poll()
    summaries = {} if run is None else {t.id: t for t in run.targets}
    made = []
    for number in reader.targets():
        name = _UNFIT.sub("-", summaries[number].name).strip(".-") or "target"
        place = folder / f"{name}.eval"
        if place in made:
            place = folder / f"{name}-{number}.eval"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            asyncio.run(_log(reader, summaries[number], place, text=text))
        place.chmod(0o600)
        made.append(place)
    return made


async def _log(reader: Reader, summary: TargetSummary, place: Path, *, text: bool) -> None:
    # Written sample by sample: what their public writer takes must lie in memory whole.
    from inspect_ai.log import EvalPlan, EvalResults, EvalStats
    from inspect_ai.log._recorders.eval import EvalRecorder

    header, graders = reader.header(), reader.graders()
    basis = next(g.name for g in graders if g.basis)
    spec = _spec(reader, summary, header, graders, text=text)
    recorder = EvalRecorder(str(place.parent))
    await recorder.log_init(spec, str(place), clean=True)
    await recorder.log_start(spec, EvalPlan())
    count = answered = 0
    for attempt in export.attempts(reader, text=text, target=summary.id):
        if not attempt.in_force:
            continue
        sample = _sample(reader, attempt, graders)
        _edit(reader, spec, sample, attempt.id, basis)
        await recorder.log_sample(spec, sample)
        count, answered = count + 1, answered + (sample.error is None)
        if count % _FLUSH == 0:
            await recorder.flush(spec)
    results = EvalResults(
        total_samples=count, completed_samples=answered, scores=_scores(summary, graders)
    )
    over = summary.state.over
    stats = EvalStats(started_at=iso(header.created_at), completed_at=iso(header.created_at))
    await recorder.log_finish(spec, "success" if over else "started", stats, results, None)


def _spec(
    reader: Reader, summary: TargetSummary, header: Header, graders: Sequence[GraderRow], *,
    text: bool,
) -> EvalSpec:  # fmt: skip
    from inspect_ai.log import EvalConfig, EvalDataset, EvalSpec
    from inspect_ai.log._log import EvalScorer
    from inspect_ai.model import GenerateConfig

    target = reader.targets()[summary.id]
    told = to_builtins(target.sampling) if header.settings_told else {}
    benign, scenarios = reader.benign_share()
    return EvalSpec(
        eval_id=f"{header.uuid}{summary.id}",
        run_id=header.uuid,
        created=iso(header.created_at),
        task=header.name,
        task_id=header.name,
        dataset=EvalDataset(name="corpus", samples=scenarios),
        model=f"{target.endpoint.platform}/{target.endpoint.model}",
        model_generate_config=GenerateConfig(
            system_message=(target.system_prompt or None) if text else None, **told
        ),
        config=EvalConfig(epochs=header.repeats),
        packages={"fftui": __version__},
        scorers=[EvalScorer(name=g.name) for g in sorted(graders, key=lambda g: not g.basis)],
        tags=[*target.tags, *(["simulated"] if header.simulated else [])],
        metadata={
            "simulated": header.simulated,
            "target": target.name,
            "maker": target.maker,
            "weights": target.weights,
            "quantisation": target.quantisation,
            "platform": target.endpoint.platform,
            "upstream": list(target.endpoint.upstream),
            "benign": benign,
            "text_withheld": not text,
            "taxonomy": taxonomy(header.taxonomy),
            "label_mapping": dict(INSPECT_MAPPING),
            "graders": {g.name: f"{g.kind} {g.version}" for g in graders},
        },
    )


def _scores(summary: TargetSummary, graders: Sequence[GraderRow]) -> list[Any]:
    from inspect_ai.log import EvalScore

    basis = next(g for g in graders if g.basis)
    metrics = {m.name: m for tier in Tier for m in _metrics(tier, summary.rates[tier])}
    if not metrics:
        return []
    return [EvalScore(name=basis.name, scorer=basis.name, metrics=metrics)]


def _metrics(tier: Tier, rate: Rate) -> Iterator[EvalMetric]:
    from inspect_ai.log import EvalMetric

    if rate.rate is None or rate.wilson is None:
        return
    about = {
        "successes": rate.successes, "n": rate.n, "low": rate.wilson.low, "high": rate.wilson.high,
        "interval": rate.bar, "of": tier.formula,
    }  # fmt: skip
    yield EvalMetric(name=f"{tier.value}_asr", value=rate.rate, metadata=about)


def _sample(reader: Reader, a: AttemptOf, graders: Sequence[GraderRow]) -> EvalSample:
    from inspect_ai.log import EvalError, EvalSample
    from inspect_ai.model import (
        ChatCompletionChoice,
        ChatMessageAssistant,
        ChatMessageUser,
        ModelOutput,
        ModelUsage,
    )

    kind = OutcomeClass(a.outcome)
    turns = list(a.turns) or [WITHHELD]
    answered = kind is OutcomeClass.ANSWERED
    said = (list(a.answers) or [WITHHELD]) if answered else []
    asked = [ChatMessageUser(content=turn) for turn in turns]
    spoken = [ChatMessageAssistant(content=text) for text in said]
    messages = [m for place, turn in enumerate(asked) for m in (turn, *spoken[place : place + 1])]
    messages += spoken[len(asked) :]
    output = ModelOutput(model=a.identity.model)
    if not (kind.failed or kind.puts_back):
        stop: Any = "max_tokens" if a.cut else _STOPS.get(kind, "stop")
        last = spoken[-1] if spoken else ChatMessageAssistant(content="")
        output.choices = [ChatCompletionChoice(message=last, stop_reason=stop)]
    if a.calls.tokens_in is not None and a.calls.tokens_out is not None:
        output.usage = ModelUsage(
            input_tokens=a.calls.tokens_in,
            output_tokens=a.calls.tokens_out,
            total_tokens=a.calls.tokens_in + a.calls.tokens_out,
        )
    error = None
    if kind.failed or kind.puts_back:
        error = EvalError(message=f"{kind.value}: {a.signal}", traceback="", traceback_ansi="")
    return EvalSample(
        id=a.scenario,
        epoch=a.repeat + 1,
        input=turns[0] if len(turns) == 1 else asked,
        target="",
        messages=messages,
        output=output,
        scores=dict(_graded(a, graders)) if answered else None,
        metadata={
            "family": a.family,
            "benign": a.benign,
            "outcome": a.outcome,
            "signal": a.signal,
            "attempt": a.id,
            "identity": {k: v for k, v in to_builtins(a.identity).items() if v},
            "flags": to_builtins(a.flags),
        },
        model_usage={} if output.usage is None else {a.identity.model or "model": output.usage},
        completed_at=iso(a.at),
        total_time=None if a.calls.duration_ms is None else a.calls.duration_ms / 1000,
        uuid=f"{a.id}",
        error=error,
    )


def _graded(a: AttemptOf, graders: Sequence[GraderRow]) -> Iterator[tuple[str, Score]]:
    from inspect_ai.scorer import Score

    said = {v.grader: v for v in a.verdicts}
    for grader in graders:
        verdict = said.get(grader.name)
        if verdict is None:
            continue
        told = verdict.evidence if a.turns else None
        about: dict[str, Any] = {"grader": f"{grader.kind} {grader.version}"}
        if verdict.confidence is not None:
            about["confidence"] = verdict.confidence
        if verdict.label is None:
            yield grader.name, Score.unscored(reason="unusable", explanation=told, metadata=about)
        else:
            yield grader.name, Score(value=verdict.label, explanation=told, metadata=about)


def _edit(reader: Reader, spec: EvalSpec, sample: EvalSample, attempt: int, basis: str) -> None:
    """Edit the basis grader's score by what people said, in order; the final label comes last."""
    from inspect_ai.log import EvalLog, edit_score

    acts = export.acts_on(reader, attempt)
    if not acts or basis not in (sample.scores or {}):
        return
    machine = (sample.scores or {})[basis].value
    final, source = export.final(reader, attempt)
    why = f"final label: {source}" if final else "no final label: the machine's stands"
    label = final or (machine if isinstance(machine, str) else None)
    log = EvalLog(eval=spec, samples=[sample])
    for edit in (*(_act(act, acts) for act in acts), _by("fftui", why, acts[-1].at, label)):
        edit_score(log, sample.id, basis, edit, recompute_metrics=False, epoch=sample.epoch)
    for event, at in zip(sample.events, [*(act.at for act in acts), acts[-1].at], strict=True):
        event.timestamp = datetime.fromtimestamp(at, UTC)


def _act(act: ActOf, acts: Sequence[ActOf]) -> ScoreEdit:
    about = {k: v for k, v in act.body.items() if k not in ("text", "note")}
    about |= {"act": act.kind, "session": act.session}
    about["blind"] = "blind" if act.blind else "unblind"
    if act.kind == "undo":
        undone = next((one.label for one in acts if one.id == act.undoes), None)
        return _by(act.reviewer, f"took back the reading {undone or 'unsure'}", act.at, None, about)
    what = "decided" if act.kind == "adjudicate" else "read"
    reason = f"{what}: {act.label or 'unsure'} ({about['blind']})"
    return _by(act.reviewer, reason, act.at, act.label, about)


def _by(
    author: str, reason: str, at: float, label: str | None,
    about: Mapping[str, Any] | None = None,
) -> ScoreEdit:  # fmt: skip
    from inspect_ai.log import ProvenanceData
    from inspect_ai.scorer import ScoreEdit

    whose = ProvenanceData(
        timestamp=datetime.fromtimestamp(at, UTC), author=author, reason=reason,
        metadata=dict(about or {}),
    )  # fmt: skip
    if label is None:
        return ScoreEdit(provenance=whose)
    return ScoreEdit(value=Label(label).value, provenance=whose)
