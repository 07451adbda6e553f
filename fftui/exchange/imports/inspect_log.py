"""Inspect AI's `.eval` and JSON logs, through the log reader of Inspect AI itself."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from fftui.domain.targets import Sampling, Target
from fftui.exchange.imports.inspect_sample import Ours, attempt, grader_name
from fftui.exchange.imports.log import (
    Attempt,
    Grader,
    ImportFault,
    Labels,
    Log,
    maker_of,
    read_bytes,
    signal,
    target,
    when,
)
from fftui.exchange.imports.objects import shaped

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample

NAME = "inspect"
_SKIPPED = {"events", "events_data", "store", "timelines", "sandbox", "files"}


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
        try:
            attempts = list(_attempts(head, _each(path, samples), labels))
        except ImportFault:
            raise
        except ValueError as error:
            raise ImportFault(f"{path}: {signal(str(error))}") from None
    if not attempts:
        raise ImportFault(f"{path}: holds no samples (status {head.status})")
    version = head.eval.packages.get("inspect_ai", "")
    tool = f"Inspect AI {version}".strip()
    return Log(
        path=path,
        format=NAME,
        tool=tool if _settled(head) else f"a log without settings by {tool}",
        bytes=size,
        sha256=sha256,
        attempts=attempts,
        graders=_graders(head, attempts, labels, version),
        remarks=list(_remarks(head, attempts)),
        simulated=_simulated(path, head),
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


def _unread(path: Path, error: BaseException) -> ImportFault:
    # The format is theirs, and so is whatever their reader raises on a file that breaks it: what
    # was wrong stands in what it was raised from.
    while error.__cause__ is not None:
        error = error.__cause__
    return ImportFault(f"{path}: Inspect AI cannot read it: {signal(str(error) or repr(error))}")


def _attempts(head: EvalLog, samples: Iterator[EvalSample], labels: Labels) -> Iterator[Attempt]:
    """Raises ValueError that names the sample and its field, and ImportFault."""
    asked = _target(head)
    began = when(head.eval.created, "eval.created")
    ours = _fftui(head)
    for sample in samples:
        try:
            yield attempt(sample, asked, began, labels, ours=ours)
        except ValueError as error:
            raise ValueError(f"sample {sample.id!r}, epoch {sample.epoch}: {error}") from None


def _fftui(head: EvalLog) -> bool:
    return "fftui" in head.eval.packages


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
    ours = shaped(Ours, spec.metadata or {}, "eval.metadata") if _fftui(head) else Ours()
    return target(
        ours.target or spec.model,
        platform,
        model,
        sampling=Sampling(
            usual.temperature if given[0] is None else float(given[0]),
            usual.max_tokens if given[1] is None else int(given[1]),
            None if given[2] is None else float(given[2]),
        ),
        system_prompt=str(given[3] or ""),
        maker=ours.maker or maker_of(model),
        weights=ours.weights or "",
        base_url=spec.model_base_url or "",
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
    whole = head.results.total_samples if head.results else len(attempts)
    if whole != len(attempts):
        yield f"the log says that it has {whole} samples; it holds {len(attempts)}"
    if not _settled(head):
        yield "the log states no temperature: how the target was sampled is unknown"
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


def _settled(head: EvalLog) -> bool:
    """It states how the target was sampled."""
    stated = (head.eval.model_generate_config.temperature, head.plan.config.temperature)
    return any(value is not None for value in stated)


def _simulated(path: Path, head: EvalLog) -> bool:
    told = (head.eval.metadata or {}).get("simulated", False)
    if not isinstance(told, bool):
        raise ImportFault(f"{path}: eval.metadata.simulated: must be true or false")
    return told
