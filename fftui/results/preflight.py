"""What a plan would do, and what is wrong with it, before anything is sent."""

from __future__ import annotations

import math
import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fftui.corpus.load import Corpus, CorpusError, read
from fftui.corpus.order import plan_order
from fftui.credentials import find_key
from fftui.domain.plan import PlanError, RunPlan, load_plan
from fftui.domain.scenarios import Scenario
from fftui.settings import runs_dir
from fftui.simulate.loading import ProfileError, load_profile
from fftui.stats.planning import sample_size
from fftui.store.sqlite import SAFE, VERSION

_BYTES_PER_ATTEMPT = 6_000
"""Of the run file: answer, call, verdicts and indexes, as measured with answers of 2.5 KB."""
_LEAST_FREE = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Preflight:
    """A plan with its files read and everything checked that can be without a call."""

    path: Path
    plan: RunPlan | None
    """`None` when the plan itself cannot be read; `problems` says why."""
    corpora: tuple[Corpus, ...]
    scenarios: tuple[Scenario, ...]
    """In the run's seeded order."""
    lines: tuple[str, ...]
    """What the plan is understood to do, for people."""
    problems: tuple[str, ...]
    """Why it cannot start: one finished line each."""

    @property
    def ok(self) -> bool:
        """The run can start."""
        return not self.problems


def check(path: Path, environ: Mapping[str, str] | None = None) -> Preflight:
    """Read a plan and its files and check what can be checked without a call."""
    environ = os.environ if environ is None else environ
    try:
        plan = load_plan(path)
    except PlanError as error:
        return Preflight(path, None, (), (), (), tuple(str(error).splitlines()))
    corpora, scenarios, problems = _corpora(path, plan)
    problems += _models(path, plan)
    problems += _accounts(path, plan)
    problems += _keys(path, plan, environ)
    problems += _room(plan, len(scenarios))
    lines = tuple(_lines(plan, corpora, scenarios, environ))
    return Preflight(path, plan, tuple(corpora), tuple(scenarios), lines, tuple(problems))


def simulated_profile(plan_path: Path, plan: RunPlan) -> Path | None:
    """The simulator's profile of a plan; `None` for the embedded one."""
    return (plan_path.parent / plan.sim.profile).resolve() if plan.sim.profile else None


def _corpora(path: Path, plan: RunPlan) -> tuple[list[Corpus], list[Scenario], list[str]]:
    corpora: list[Corpus] = []
    chosen: list[Scenario] = []
    problems: list[str] = []
    for number, part in enumerate(plan.corpus, 1):
        try:
            corpus = read(path.parent / part.file, family=part.family, benign=part.benign)
        except CorpusError as error:
            problems.append(f"{path}: corpus[{number}].file: {error}")
            continue
        corpora.append(corpus)
        ordered = plan_order(corpus.scenarios, plan.seed)
        chosen += ordered[: part.limit]
    twice = [key for key, n in Counter(s.key for s in chosen).items() if n > 1]
    if twice:
        problems.append(
            f"{path}: corpus: the id {twice[0]!r} stands in more than one file"
            f" ({len(twice)} such ids); ids must be unique in a run"
        )
    return corpora, plan_order(chosen, plan.seed), problems


def _models(path: Path, plan: RunPlan) -> list[str]:
    """The simulator's models are known beforehand; real platforms tell at the first call."""
    used = [(f"targets[{i}]", t.platform, t.model) for i, t in enumerate(plan.targets, 1)]
    used += [
        (f"graders[{i}]", g.platform, g.model)
        for i, g in enumerate(plan.graders, 1)
        if g.kind == "judge"
    ]
    simulated = [(where, p, m) for where, p, m in used if p.split(":")[0] == "sim"]
    if not simulated:
        return []
    try:
        profile = load_profile(simulated_profile(path, plan))
    except ProfileError as error:
        return [f"{path}: sim.profile: {error}"]
    places = {p.name for p in profile.platforms}
    models = {m.name for m in profile.models} | {j.name for j in profile.judges}
    problems = []
    for where, platform, model in simulated:
        place = platform.partition(":")[2] or "direct"
        if place not in places:
            problems.append(
                f"{path}: {where}.platform: the simulator has no platform {place!r}; allowed: "
                + ", ".join(f"sim:{p}" for p in sorted(places))
            )
        elif model not in models:
            problems.append(
                f"{path}: {where}.model: the simulator has no model {model!r}; allowed: "
                + ", ".join(sorted(models))
            )
    return problems


def _accounts(path: Path, plan: RunPlan) -> list[str]:
    """An account that nobody uses is a misspelt one, and its limits would silently not hold."""
    used = {t.endpoint().account for t in plan.targets}
    used |= {e.account for g in plan.graders if (e := g.endpoint()) is not None}
    return [
        f"{path}: accounts[{i}].name: no target or grader uses {a.name!r}; used are: "
        + ", ".join(sorted(used))
        for i, a in enumerate(plan.accounts, 1)
        if a.name not in used
    ]


def _keys(path: Path, plan: RunPlan, environ: Mapping[str, str]) -> list[str]:
    problems = []
    for number, account in enumerate(plan.accounts, 1):
        where = f"{path}: accounts[{number}].key_env:"
        for name in account.key_env:
            try:
                if find_key(name, environ) is None:
                    problems.append(f"{where} the environment has no {name}; export it first")
            except ValueError as error:
                problems.append(f"{where} {error}")
    return problems


def _room(plan: RunPlan, scenarios: int) -> list[str]:
    attempts = len(plan.targets) * _per_target(plan, scenarios)
    wanted = max(_LEAST_FREE, 2 * attempts * _BYTES_PER_ATTEMPT)
    home = runs_dir().absolute()
    while not home.exists():
        home = home.parent
    free = shutil.disk_usage(home).free
    if free >= wanted:
        return []
    need = f"{free / 1e6:,.0f} MB free, the run may need {wanted / 1e6:,.0f} MB"
    return [f"{home}: {need}; make room or set FFTUI_HOME to another disk"]


def _per_target(plan: RunPlan, scenarios: int) -> int:
    most = scenarios * plan.repeats
    return min(most, plan.stop.max_attempts or most)


def _lines(
    plan: RunPlan,
    corpora: Sequence[Corpus],
    scenarios: Sequence[Scenario],
    environ: Mapping[str, str],
) -> list[str]:
    per_target = _per_target(plan, len(scenarios))
    attempts = per_target * len(plan.targets)
    judges = [g for g in plan.graders if g.kind == "judge"]
    benign = sum(s.benign for s in scenarios)
    lines = []
    if plan.simulated:
        lines.append("simulated: answers come from the simulated platform and mean nothing")
    if plan.note:
        lines.append(plan.note)
    for corpus in corpora:
        lines.append(
            f"corpus {corpus.path.name}: {len(corpus.scenarios)} scenarios, format {corpus.format},"
            f" sha256 {corpus.sha256[:12]}"
        )
        lines += [f"  line {p.line}: {p.what}" for p in corpus.problems[:5]]
    lines.append(
        f"{len(scenarios)} scenarios ({benign} benign) x {plan.repeats} repeats,"
        f" at most {per_target} attempts per target"
    )
    lines.append(
        f"{len(plan.targets)} targets: at most {attempts} attempts"
        f" and {attempts * len(judges)} judge calls"
    )
    if plan.stop.width is not None and benign < len(scenarios):
        wanted = plan.stop.width
        low, high = (math.ceil(sample_size(rate, wanted)) for rate in (0.0, 0.5))
        lines.append(
            f"a target ends at width {wanted * 100:g} points: {low} verdicts if it never gives in,"
            f" {high} at a rate of one half"
        )
    for account in plan.accounts:
        limits = [
            f"{n:g} requests/{per}"
            for n, per in (
                (account.requests_per_minute, "minute"),
                (account.requests_per_day, "day"),
            )
            if n is not None
        ]
        key = f", key from {', '.join(account.key_env)}" if account.key_env else ""
        lines.append(f"account {account.name}: {', '.join(limits) or 'no limit in the plan'}{key}")
    if not SAFE:
        lines.append(
            f"warning: SQLite {'.'.join(map(str, VERSION))} has a known fault with several writers;"
            " only the engine will tidy up this run's file"
        )
    return lines
