"""What a plan would do, and what is wrong with it, before anything is sent."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from fftui.corpus.load import Corpus
from fftui.corpus.order import Scenarios
from fftui.domain.plan import PlanError, RunPlan, load_plan
from fftui.results import advice, page, problems
from fftui.results.ahead import Ahead, look_ahead
from fftui.results.files import FileRead, file_read, read_corpora
from fftui.results.machine import Machine, look_around, proxy_mistakes
from fftui.results.page import Section
from fftui.settings import state_dir
from fftui.store.sqlite import StoreError

if TYPE_CHECKING:
    from fftui.simulate.profile import Profile


class Preflight(Struct, frozen=True):
    """A plan with its files read and everything checked that can be without a call."""

    path: Path
    plan: RunPlan | None
    """`None` when the plan itself cannot be read; `problems` says why."""
    corpora: tuple[Corpus, ...]
    scenarios: Scenarios
    """In the run's seeded order."""
    problems: tuple[str, ...]
    """Why it cannot start: one finished line each."""
    warnings: tuple[str, ...] = ()
    """What would better be otherwise: one finished line each, with the mend."""
    files: tuple[FileRead, ...] = ()
    """The plan and the simulator's profile as they were read."""
    sections: tuple[Section, ...] = ()
    """What the plan is understood to do, for people."""
    ahead: Ahead | None = None
    machine: Machine | None = None
    at: float = 0.0
    """When it was checked, epoch seconds."""

    @property
    def ok(self) -> bool:
        """The run can start."""
        return not self.problems


def check(
    path: Path, environ: Mapping[str, str] | None = None, now: float | None = None
) -> Preflight:
    """Read a plan and its files and check what can be checked without a call."""
    environ = os.environ if environ is None else environ
    now = time.time() if now is None else now
    try:
        plan = load_plan(path)
    except PlanError as error:
        return Preflight(path, None, (), Scenarios(), tuple(str(error).splitlines()), at=now)
    corpora, scenarios, found = read_corpora(path, plan)
    profile, wrong = _profile(path, plan)
    found += wrong or (problems.model_problems(path, plan, profile) if profile else [])
    found += problems.account_problems(path, plan, environ)
    ahead = None
    if scenarios:
        try:
            ahead = look_ahead(plan, scenarios, profile, environ, state_dir(), now)
            found += problems.budget_problems(path, plan, ahead)
        except (StoreError, OSError) as error:
            found.append(str(error))
    files = _files(path, plan)
    machine = look_around(len(plan.targets) * (ahead.per_target if ahead else 0), environ)
    found += [*problems.room_problems(machine), *proxy_mistakes(environ)]
    return Preflight(
        path=path,
        plan=plan,
        corpora=tuple(corpora),
        scenarios=scenarios,
        problems=tuple(found),
        warnings=tuple(advice.warnings(plan, ahead, machine)) if ahead else (),
        files=files,
        sections=page.sections(path, plan, files, corpora, scenarios, ahead, machine, now),
        ahead=ahead,
        machine=machine,
        at=now,
    )


def simulated_profile(plan_path: Path, plan: RunPlan) -> Path | None:
    """The simulator's profile of a plan; `None` for the embedded one."""
    return (plan_path.parent / plan.sim.profile).resolve() if plan.sim.profile else None


def _files(path: Path, plan: RunPlan) -> tuple[FileRead, ...]:
    found = [file_read(path, "the plan")]
    profile = simulated_profile(path, plan)
    with contextlib.suppress(OSError):  # its absence is told as a problem of the plan
        if profile is not None:
            found.append(file_read(profile, "the simulator's profile"))
    return tuple(found)


def _profile(path: Path, plan: RunPlan) -> tuple[Profile | None, list[str]]:
    if not plan.simulated:
        return None, []
    # Its models take time to build, which a run against real platforms need not wait for.
    from fftui.simulate.loading import ProfileError, load_profile

    try:
        return load_profile(simulated_profile(path, plan)), []
    except ProfileError as error:
        return None, [f"{path}: sim.profile: {error}"]
