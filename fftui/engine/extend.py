"""A run's plan is compared with a new one, and what may be changed is made ready to be stored."""

from __future__ import annotations

import time
from collections.abc import Iterator

from msgspec import Struct

from fftui import __version__
from fftui.corpus.order import Scenarios
from fftui.domain.changes import Changes, bring_judge, compare
from fftui.domain.labels import TAXONOMY
from fftui.domain.plan import RunPlan
from fftui.engine.prepare import (
    PROFILE,
    new_grader,
    plan_text,
    source_files,
    stored_plan,
    versions,
)
from fftui.results.preflight import Preflight
from fftui.settings import person
from fftui.store.extend import Extension
from fftui.store.folder import turns_sha256
from fftui.store.reader import Reader


class Proposal(Struct, frozen=True):
    """What an extension would do."""

    extension: Extension | None
    """`None` where nothing changes or something is refused."""
    refused: tuple[str, ...]
    """One finished line each."""
    words: tuple[str, ...]
    """What changes."""
    remarks: tuple[str, ...]
    """What stays although the new plan no longer says it."""


def propose(reader: Reader, checked: Preflight) -> Proposal:
    """What a plan without problems would change in the run. Writes nothing."""
    if checked.plan is None or not checked.ok:
        raise ValueError("only a plan without problems extends a run")
    with reader.snapshot():
        based_on = reader.plan_id()
        old = RunPlan.from_json(reader.plan_json())
        header = reader.header()
        known = reader.benign_share()[1]
        profile = reader.file_sha256(PROFILE)
        floor = _begun(reader)
    # Outside: of a large corpus this takes seconds, and scenarios only come, with a plan.
    added = Scenarios(s for s in checked.scenarios if reader.known_scenario(s.key) is None)
    new = stored_plan(checked, header.name)
    changes = compare(old, new)
    files = source_files(checked)
    refused = [*changes.refused, *_scenarios(checked, reader)]
    if header.taxonomy != TAXONOMY:
        refused.append(
            f"taxonomy: the run counts by version {header.taxonomy} of the labels, this fftui by"
            f" {TAXONOMY}; start a new run"
        )
    if old.simulated and profile != next((f.sha256 for f in files if f.role == PROFILE), ""):
        refused.append(
            "sim.profile: another profile would change what the simulated platform answers;"
            " leave it as it was, or start a new run"
        )
    planned = (known + len(added)) * new.repeats
    planned = min(planned, new.stop.max_attempts or planned)
    name, begun = max(floor.items(), key=lambda item: item[1], default=("", 0))
    if planned < begun:
        refused.append(
            f"stop.max_attempts: {begun} attempts of {name!r} were begun already;"
            f" allowed: from {begun}"
        )
    block = len(reader.order.blocks) + 1
    words = [f"{len(added)} scenarios (block {block})"] if added else []
    words += changes.words
    judge = bring_judge(old, new)
    if judge is not None:
        words.append(f"rates as graded by {judge!r} from now on")
    gone = known - (len(checked.scenarios) - len(added))
    remarks = (
        (f"{gone} scenarios of the run are not in this plan; they stay in it",) if gone else ()
    )
    extension = None
    if words and not refused:
        extension = _extension(checked, new, changes, added, judge, tuple(words), based_on)
    lines = tuple(f"{checked.path}: {line}" for line in refused)
    return Proposal(extension, lines, tuple(words), remarks)


def _extension(
    checked: Preflight,
    new: RunPlan,
    changes: Changes,
    added: Scenarios,
    judge: str | None,
    words: tuple[str, ...],
    based_on: int,
) -> Extension:
    targets = {t.name: t for t in new.resolved_targets()}
    graders = {g.label: new_grader(g, basis=g.label == judge) for g in new.graders}
    text, sha = plan_text(checked)
    return Extension(
        based_on=based_on,
        at=time.time(),
        by=person(),
        plan_source=str(checked.path.resolve()),
        plan_toml=text,
        plan_json=new.to_json(),
        plan_sha256=sha,
        fftui=__version__,
        versions=versions(),
        files=source_files(checked),
        note=new.note,
        compress=new.storage.compress,
        scenarios=added,
        seed=new.seed,
        targets=[targets[name] for name in changes.targets],
        described=[targets[name] for name in changes.described],
        graders=[graders[name] for name in changes.graders],
        paid={name: graders[name].spec for name in changes.paid},
        words=words,
        gives_work=changes.gives_work or bool(added),
    )


def _begun(reader: Reader) -> dict[str, int]:
    """Attempts of each target that have an outcome or whose call is out."""
    out = {number: now[2] for number, now in reader.target_states().items()}
    return {
        target.name: sum(sum(row.n) for row in reader.counts(number).outcomes) + out.get(number, 0)
        for number, target in reader.targets().items()
    }


def _scenarios(checked: Preflight, reader: Reader) -> Iterator[str]:
    """Scenarios of the run that the new plan tells otherwise: one line per way and file."""
    for number, corpus in enumerate(checked.corpora, 1):
        found: dict[str, list[str]] = {}
        for s in corpus.scenarios:
            if (k := reader.known_scenario(s.key)) is None:
                continue
            if turns_sha256(s) != k.turns_sha256:
                found.setdefault("other words", []).append(s.key)
            if s.family != k.family:
                found.setdefault("another family", []).append(s.key)
            if s.benign is not k.benign:
                found.setdefault("another mark of being harmless", []).append(s.key)
        for what, keys in found.items():
            more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
            yield (
                f"corpus[{number}]: {keys[0]!r}{more} stands in the run with {what};"
                " leave it as it was, and give what is new a new id"
            )
