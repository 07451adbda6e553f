"""Makes a run out of a checked plan."""

from __future__ import annotations

import hashlib
import platform
import time
from importlib import metadata
from pathlib import Path

from msgspec import to_builtins

from fftui import __version__
from fftui.domain.graders import GraderPlan
from fftui.domain.plan import RunPlan
from fftui.engine.local_model import LocalModelError, weights
from fftui.grading import heuristic
from fftui.grading.forms import form_of
from fftui.results.preflight import Preflight, simulated_profile
from fftui.settings import person, state_dir
from fftui.store.folder import NewGrader, NewRun, SourceFile, create_run
from fftui.store.sqlite import VERSION, StoreError
from fftui.store.user import UserFile

PROFILE = "simulator profile"
"""Role of the simulated platform's profile among a run's files."""
_LIBRARIES = ("aiohttp", "httpx", "msgspec", "pydantic", "xllamacpp")


def make_run(checked: Preflight, home: Path, name: str | None) -> Path:
    """Create the run's folder and file; nothing is sent yet. Returns the folder.

    Raises StoreError in one line; then nothing is left behind.
    """
    plan = stored_plan(checked, name)
    text, sha = plan_text(checked)
    folder = create_run(
        home,
        NewRun(
            name=plan.name,
            created_at=time.time(),
            seed=plan.seed,
            repeats=plan.repeats,
            simulated=plan.simulated,
            note=plan.note,
            compress=plan.storage.compress,
            plan_source=str(checked.path.resolve()),
            plan_toml=text,
            plan_json=plan.to_json(),
            plan_sha256=sha,
            fftui=__version__,
            versions=versions(),
            by=person(),
            files=source_files(checked),
            scenarios=checked.scenarios,
            targets=plan.resolved_targets(),
            graders=_graders(plan),
        ),
    )
    try:
        user = UserFile(state_dir())
        user.remember(folder)
        user.close()
    except StoreError:
        pass  # finding the run from other folders is a comfort, not a condition
    return folder


def stored_plan(checked: Preflight, name: str | None) -> RunPlan:
    """The plan as a run of that name keeps it; `None`: of the plan's own name.

    Raises ValueError for a plan with problems.
    """
    plan = checked.plan
    if plan is None or not checked.ok:
        raise ValueError("only a plan without problems is stored")
    # Stored absolute: the engine may run from another folder, and later.
    profile = simulated_profile(checked.path, plan)
    sim = plan.sim.model_copy(update={"profile": str(profile) if profile else ""})
    return plan.model_copy(update={"name": name or plan.name, "sim": sim})


def plan_text(checked: Preflight) -> tuple[str, str]:
    """(text, SHA-256) of the plan as its author wrote it."""
    text = checked.path.read_text(encoding="utf-8")
    return text, hashlib.sha256(text.encode()).hexdigest()


def versions() -> dict[str, str]:
    """Of everything that has a part in what is stored."""
    found = {"python": platform.python_version(), "sqlite": ".".join(map(str, VERSION))}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def source_files(checked: Preflight) -> list[SourceFile]:
    """The files that a checked plan names, and those it needs."""
    plan = checked.plan
    profile = simulated_profile(checked.path, plan) if plan is not None else None
    # Absolute: the manifest looks for them from wherever it is made.
    files = [
        SourceFile(str(c.path.resolve()), "corpus", c.format, c.bytes, c.sha256)
        for c in checked.corpora
    ]
    if profile is not None:
        body = profile.read_bytes()
        sha = hashlib.sha256(body).hexdigest()
        files.append(SourceFile(str(profile), PROFILE, "toml", len(body), sha))
    if plan is not None and any(t.platform == "local" for t in plan.targets):
        try:
            found = weights()
            size = found.path.stat().st_size
            files.append(SourceFile(str(found.path), "weights", "gguf", size, found.sha256))
        except LocalModelError:
            pass  # the engine says so, with the mend, when it starts the server
    return files


def _graders(plan: RunPlan) -> list[NewGrader]:
    """The first model that is asked is the basis of the rates; else the heuristic, so marked."""
    basis = next((g for g in plan.graders if g.kind != "heuristic"), plan.graders[0])
    return [new_grader(g, basis=g is basis) for g in plan.graders]


def new_grader(grader: GraderPlan, *, basis: bool) -> NewGrader:
    """A grader of a plan as it enters a run."""
    spec = grader.model_dump()
    endpoint = grader.endpoint()
    if endpoint is None:
        return NewGrader(grader.label, "heuristic", heuristic.HEURISTIC_VERSION, "", spec, basis)
    spec |= {"endpoint": to_builtins(endpoint), "max_tokens": grader.room}
    form = form_of(grader.kind, grader.rubric, grader.template)
    return NewGrader(grader.label, grader.kind, form.version, form.prompt_sha256, spec, basis)
