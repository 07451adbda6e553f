"""What is wrong with a plan, so that it cannot start: a line each, with the mend."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fftui.credentials import MIN_REDACTED, find_key
from fftui.domain.plan import RunPlan
from fftui.results.ahead import Ahead
from fftui.results.machine import Machine

if TYPE_CHECKING:
    from fftui.simulate.profile import Profile


def model_problems(path: Path, plan: RunPlan, profile: Profile) -> list[str]:
    """The simulator's models are known beforehand; real platforms tell at the first call."""
    used = [(f"targets[{i}]", t.platform, t.model) for i, t in enumerate(plan.targets, 1)]
    used += [
        (f"graders[{i}]", g.platform, g.model)
        for i, g in enumerate(plan.graders, 1)
        if g.kind != "heuristic"
    ]
    places = {p.name for p in profile.platforms}
    models = {m.name for m in profile.models} | {j.name for j in profile.judges}
    problems = []
    for where, platform, model in used:
        kind, _, place = platform.partition(":")
        if kind != "sim":
            continue
        if (place or "direct") not in places:
            problems.append(
                f"{path}: {where}.platform: the simulator has no platform {place or 'direct'!r};"
                f" allowed: {', '.join(f'sim:{p}' for p in sorted(places))}"
            )
        elif model not in models:
            problems.append(
                f"{path}: {where}.model: the simulator has no model {model!r}; allowed: "
                + ", ".join(sorted(models))
            )
    return problems


def account_problems(path: Path, plan: RunPlan, environ: Mapping[str, str]) -> list[str]:
    """Accounts that nobody uses, whose limits would silently not hold, and missing keys."""
    text = path.read_text(encoding="utf-8")
    used = {t.endpoint().account for t in plan.targets}
    used |= {e.account for g in plan.graders if (e := g.endpoint()) is not None}
    problems = [
        f"{path}: accounts[{i}].name: no target or grader uses {a.name!r}; used are: "
        + ", ".join(sorted(used))
        for i, a in enumerate(plan.accounts, 1)
        if a.name not in used
    ]
    for number, account in enumerate(plan.accounts, 1):
        where = f"{path}: accounts[{number}].key_env:"
        for name in account.key_env:
            try:
                key = find_key(name, environ)
                if key is None:
                    problems.append(f"{where} the environment has no {name}; export it first")
                elif len(key.reveal()) >= MIN_REDACTED and key.reveal() in text:
                    problems.append(
                        f"{path}: holds the key itself that {name} names; take it out: plans are"
                        " stored with their runs"
                    )
            except ValueError as error:
                problems.append(f"{where} {error}")
    return problems


def budget_problems(path: Path, plan: RunPlan, ahead: Ahead) -> list[str]:
    """Limits that could not be kept, or under which nothing could ever be sent."""
    problems = []
    numbers = {a.name: f"{path}: accounts[{i}]" for i, a in enumerate(plan.accounts, 1)}
    for one in ahead.everybody:
        account = plan.account(one.endpoint.account)
        where = numbers.get(account.name, "")
        price = one.endpoint.price
        if account.spend_usd is not None and price is None:
            problems.append(
                f"{path}: {one.where}.price: {account.name} has spend_usd, which cannot be kept"
                f" without a price; give {one.name} its own in USD per million tokens:"
                " price = {input = …, output = …}"
            )
        elif account.spend_usd is not None and price is not None:
            most = price.of(one.largest_in, one.max_tokens)
            if most > account.spend_usd:
                problems.append(
                    f"{where}.spend_usd: ${account.spend_usd:g} admits no call to {one.name}, of"
                    f" which one may cost ${most:.4g}; raise it, or take the target out"
                )
        minute = account.tokens_per_minute
        if minute is not None and one.largest > minute:
            problems.append(
                f"{where}.tokens_per_minute: {minute:g} admits no call to {one.name}, of which one"
                f" may take {one.largest:.0f}; lower its max_tokens ({one.max_tokens})"
            )
    return problems


def room_problems(machine: Machine) -> list[str]:
    """Too little room on the disk."""
    if machine.disk_free >= machine.disk_needed:
        return []
    need = (
        f"{machine.disk_free / 1e6:,.0f} MB free,"
        f" the run may need {machine.disk_needed / 1e6:,.0f} MB"
    )
    return [f"{machine.home}: {need}; make room or set FFTUI_HOME to another disk"]
