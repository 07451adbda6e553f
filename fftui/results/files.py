"""The files of a plan: the plan itself, its prompts, and the simulator's profile."""

from __future__ import annotations

import hashlib
from itertools import chain, islice
from pathlib import Path

from msgspec import Struct

from fftui.corpus.load import Corpus, CorpusError, read
from fftui.corpus.order import First, Scenarios
from fftui.corpus.seen import Seen
from fftui.domain.plan import RunPlan


class FileRead(Struct, frozen=True):
    """A file beside the prompts that a run depends on."""

    path: Path
    what: str
    """In words, such as `the plan`."""
    bytes: int
    sha256: str
    """Of its bytes, in hex."""


def file_read(path: Path, what: str) -> FileRead:
    """The file as it is now. Raises OSError."""
    body = path.read_bytes()
    return FileRead(path, what, len(body), hashlib.sha256(body).hexdigest())


def read_corpora(path: Path, plan: RunPlan) -> tuple[list[Corpus], Scenarios, list[str]]:
    """(files, scenarios in the run's seeded order, problems) of the plan at `path`."""
    corpora: list[Corpus] = []
    problems: list[str] = []
    for number, part in enumerate(plan.corpus, 1):
        try:
            corpus = read(
                path.parent / part.file,
                family=part.family,
                benign=part.benign,
                columns=part.columns.model_dump(exclude_none=True) if part.columns else None,
                limit=part.limit,
                seed=plan.seed,
            )
        except CorpusError as error:
            problems.append(f"{path}: corpus[{number}].file: {error}")
            continue
        corpora.append(corpus)
    if len(corpora) == 1:
        return corpora, corpora[0].scenarios, problems
    chosen, keys = First(plan.seed, None), Seen()
    for number, scenario in enumerate(chain.from_iterable(c.scenarios for c in corpora)):
        chosen.add(scenario)
        keys.add(scenario.key, number)
    twice = dict(keys.again())
    if twice:
        key = next(islice(chain.from_iterable(c.scenarios for c in corpora), min(twice), None)).key
        problems.append(
            f"{path}: corpus: the id {key!r} stands in more than one file"
            f" ({len(twice)} such ids); ids must be unique in a run"
        )
    return corpora, chosen.kept(), problems
