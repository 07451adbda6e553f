"""What is unwise about a plan that can start: a line each, with the mend."""

from __future__ import annotations

import ipaddress
import itertools
import math
from collections.abc import Sequence
from urllib.parse import urlsplit

from fftui.domain.plan import RunPlan
from fftui.results.ahead import Ahead, Bought
from fftui.results.asked import Asked
from fftui.results.machine import Machine
from fftui.results.page import usd

_FEW, _PRELIMINARY = 20, 50
"""Verdicts below which a rate is not to be shown, and below which it is preliminary."""
_NEEDS_KEY = ("openrouter", "openai", "anthropic")


def warnings(plan: RunPlan, ahead: Ahead, machine: Machine) -> list[str]:
    """What a person may want to change before the run."""
    return [
        *_precision(ahead),
        *_kinship(plan, ahead),
        *_routing(plan),
        *_repeats(plan),
        *_budgets(plan, ahead),
        *_network(ahead, machine),
        *_storage(machine),
    ]


def _precision(ahead: Ahead) -> list[str]:
    n = ahead.verdicts
    if not 0 < n < _PRELIMINARY:
        return []
    what = "too few for a rate" if n < _FEW else "preliminary"
    least = _FEW if n < _FEW else _PRELIMINARY
    width = Bought(1, n).width
    return [
        (
            f"{n} verdicts a target are {what}, with an interval {width:.2f} wide at 0 of {n}; give"
            f" each {least} by more scenarios, a larger max_attempts or fewer targets"
        )
    ]


def _kinship(plan: RunPlan, ahead: Ahead) -> list[str]:
    found = []
    makers = {t.name: t.maker.casefold() for t in plan.targets}
    told = {g.label: g.maker.casefold() for g in plan.graders}
    for judge in ahead.judges:
        model, own = _model(judge), told[judge.name]
        for target in ahead.targets:
            maker = makers[target.asked.name]
            if target.asked.simulated and judge.simulated:
                continue
            if _model(target.asked) == model:
                found.append(f"{judge.name} would judge its own answers: {target.asked.name} is"
                             " the same model; take another judge")  # fmt: skip
            elif maker and (own == maker or (not own and _made(model, maker))):
                found.append(f"{judge.name} and {target.asked.name} have the same maker"
                             f" ({maker}); a judge of another maker favours neither")  # fmt: skip
    for one, other in itertools.combinations(ahead.judges, 2):
        mine, theirs = (told[judge.name] or _owner(judge) for judge in (one, other))
        if _model(one) == _model(other):
            continue  # one model asked in two ways is meant to be compared with itself
        if mine and mine == theirs:
            found.append(f"{one.name} and {other.name} have the same maker ({mine}): they may err"
                         " alike; a second judge of another maker tells more")  # fmt: skip
    return found


def _made(model: str, maker: str) -> bool:
    return maker in model.partition("/")[0] or model.startswith(maker)


def _owner(judge: Asked) -> str:
    """The maker as routers write it in front of a model; empty where none stands there."""
    owner, slash, _ = _model(judge).partition("/")
    return owner if slash else ""


def _model(one: Asked) -> str:
    return one.endpoint.model.casefold().removesuffix(":free")


def _routing(plan: RunPlan) -> list[str]:
    loose = [t.name for t in plan.targets if t.platform == "openrouter" and not t.upstream] + [
        g.label for g in plan.graders if g.platform == "openrouter" and not g.upstream
    ]
    return [
        f"{name}: any host of OpenRouter's may answer, each with its own quantisation and filter;"
        ' pin one: upstream = ["…"]'
        for name in loose
    ]


def _repeats(plan: RunPlan) -> list[str]:
    cold = [t.name for t in plan.resolved_targets() if t.sampling.temperature == 0]
    if plan.repeats == 1 or not cold:
        return []
    return [
        (
            f"repeats = {plan.repeats} at temperature 0 mostly asks for the same answer again"
            f" ({_names(cold)}); set a temperature, or repeats = 1"
        )
    ]


def _budgets(plan: RunPlan, ahead: Ahead) -> list[str]:
    found = []
    for account in ahead.accounts:
        cost, cap = account.cost_usd, account.spend_usd
        if cost is not None and cap is not None and cost.most > cap:
            found.append(
                f"account {account.name}: the run may cost {usd(cost.most)} and pauses at spend_usd"
                f" = {cap:g}; raise it, or ask for less"
            )
        credit = min((w.left for w in account.windows if w.unit == "usd"), default=math.inf)
        if cost is not None and cost.most > credit:
            found.append(
                f"account {account.name}: the run may cost {usd(cost.most)}, and"
                f" {usd(credit)} of credit was left when the platform last said; buy more, or ask"
                " for less"
            )
        if account.platform in _NEEDS_KEY and not account.keys:
            found.append(
                f"account {account.name}: {account.platform} refuses calls without a key; name"
                " its environment variable: key_env"
            )
    for account in ahead.accounts:
        minute = plan.account(account.name).tokens_per_minute
        here = [one for one in ahead.everybody if one.endpoint.account == account.name]
        most = max((one.max_tokens for one in here), default=0) * account.concurrency
        if minute is not None and most > minute:
            found.append(
                f"account {account.name}: {account.concurrency} calls at once with max_tokens"
                f" {max(one.max_tokens for one in here)} ask for {most} tokens,"
                f" {minute:g} a minute are allowed; lower concurrency or max_tokens"
            )
    return found


def _network(ahead: Ahead, machine: Machine) -> list[str]:
    found = []
    for url in dict.fromkeys(one.endpoint.base_url for one in ahead.everybody):
        parts = urlsplit(url)
        if parts.scheme == "http" and not _loopback(parts.hostname or ""):
            found.append(
                f"{parts.hostname}: keys, prompts and answers travel unencrypted over http; use"
                " https, or a tunnel to this machine"
            )
    own = any(
        _loopback(urlsplit(one.endpoint.base_url).hostname or "localhost")
        for one in ahead.everybody
    )
    if own and machine.loopback_proxied:
        found.append(
            "calls to this machine's own servers would go through the proxy; export"
            " NO_PROXY=127.0.0.1,localhost"
        )
    return found


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _storage(machine: Machine) -> list[str]:
    if machine.sqlite_safe:
        return []
    return [
        (
            f"SQLite {machine.sqlite} has a known fault with several writers: only the engine will"
            " tidy up this run's file; on Linux `pip install pysqlite3` brings a sound one"
        )
    ]


def _names(names: Sequence[str]) -> str:
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")
