"""The words of a preflight: what a plan is understood to do, in sections of finished lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from fftui.corpus.load import Corpus
from fftui.corpus.order import Scenarios
from fftui.domain.graders import GraderPlan
from fftui.domain.plan import RunPlan
from fftui.results.ahead import AccountAhead, Ahead, Bought, End
from fftui.results.asked import Range
from fftui.results.files import FileRead
from fftui.results.machine import Machine
from fftui.results.windows import OPENROUTER_BOUGHT_DAY, OPENROUTER_FREE_DAY, WindowAhead
from fftui.stats.planning import fewest_to_place, sample_size
from fftui.stats.proportion import wilson

_FILE_PROBLEMS = 8
_DAY = 86_400.0
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class Section(Struct, frozen=True):
    """A title and the lines under it. Both may hold what a person typed into a plan."""

    title: str
    lines: tuple[str, ...]


def sections(
    path: Path,
    plan: RunPlan,
    files: Sequence[FileRead],
    corpora: Sequence[Corpus],
    scenarios: Scenarios,
    ahead: Ahead | None,
    machine: Machine,
    now: float,
) -> tuple[Section, ...]:
    """Everything that is known of the run before it begins."""
    found = [Section("plan", tuple(_plan(path, plan, scenarios, ahead)))]
    if ahead is not None:
        found.append(Section("end and cost", tuple(_end(ahead, now))))
        found += [Section(f"account {a.name}", tuple(_account(a, now))) for a in ahead.accounts]
        found.append(Section("targets", tuple(_targets(ahead))))
        found.append(Section("graders", tuple(_graders(plan, ahead))))
    found.append(Section("files", tuple(_files(files, corpora))))
    found.append(Section("this machine", tuple(_machine(machine))))
    return tuple(found)


def _plan(path: Path, plan: RunPlan, scenarios: Scenarios, ahead: Ahead | None) -> list[str]:
    lines = [f"{plan.name}, from {path}"]
    if plan.simulated:
        lines.append("simulated: answers come from the simulated platform and mean nothing")
    if plan.note:
        lines.append(plan.note)
    if ahead is None:
        return lines
    benign = scenarios.benign
    share = f" = {benign / len(scenarios) * 100:.0f} %" if benign else ""
    targets = len(plan.targets)
    lines.append(
        f"{_n(len(scenarios), 'scenario')} ({benign} benign{share})"
        f" x {_n(targets, 'target')} x {_n(plan.repeats, 'repeat')}"
    )
    total = targets * ahead.per_target
    lines.append(f"at most {ahead.per_target} attempts a target, {total} in all")
    judges = sum(a.judge_calls for a in ahead.accounts)
    calls = ahead.targets[0].asked.calls
    own = round(total * calls)
    if judges:
        lines.append(f"at most {_calls(own + judges)}: {own} to targets + {judges} to judges")
    if calls > 1:
        lines.append(f"some have several turns: {calls:.2f} calls an attempt on average")
    if benign == len(scenarios):
        lines.append("all scenarios are benign: it gives over-refusal, and no attack success rate")
        return lines
    n = ahead.verdicts
    half = wilson(n / 2, n).width
    lines.append(
        f"that buys each target a 95 % interval of width {Bought(1, n).width:.2f} at 0 of {n},"
        f" {half:.2f} at one half"
    )
    if (wanted := plan.stop.width) is not None:
        low, high = (math.ceil(sample_size(rate, wanted)) for rate in (0.0, 0.5))
        lines.append(
            f"a target ends at width {wanted:.2f}: {low} verdicts if it never gives in,"
            f" {high} at a rate of one half"
        )
    for wanted, side, turned in (
        (plan.stop.below, "below", False),
        (plan.stop.above, "above", True),
    ):
        if wanted is not None:
            fewest = fewest_to_place(1 - wanted if turned else wanted)
            lines.append(
                f"a target ends when it is {side} {wanted * 100:.3g} % at any look:"
                f" {fewest} verdicts at least"
            )
    if plan.stop.differs_from:
        lines.append(
            f"a target ends when it is shown to differ from {plan.stop.differs_from}"
            " on matched scenarios"
        )
    return lines


def _files(files: Sequence[FileRead], corpora: Sequence[Corpus]) -> list[str]:
    lines = [f"{f.path.name}: {f.what}, {_size(f.bytes)}B, sha256 {f.sha256[:16]}" for f in files]
    if not corpora:
        lines.append("no prompt file could be read")
    for corpus in corpora:
        lines.append(
            f"{corpus.path.name}: {_n(corpus.size, 'scenario')}, {corpus.benign} benign,"
            f" format {corpus.format}, {_size(corpus.bytes)}B, sha256 {corpus.sha256[:16]}"
        )
        lines += [f"  line {p.line}: {p.what}" for p in corpus.problems[:_FILE_PROBLEMS]]
        if (more := len(corpus.problems) - _FILE_PROBLEMS) > 0:
            lines.append(f"  and {more} more; `fftui corpus` lists them all")
    return lines


def _targets(ahead: Ahead) -> list[str]:
    lines = []
    for target in ahead.targets:
        one = target.asked
        host = f" via {', '.join(one.endpoint.upstream)}" if one.endpoint.upstream else ""
        lines.append(
            f"{one.name}: {one.endpoint.model} on {one.endpoint.platform}{host},"
            f" account {one.endpoint.account}; {_calls(round(target.attempts * one.calls))}"
        )
    return lines


def _graders(plan: RunPlan, ahead: Ahead) -> list[str]:
    lines = []
    judges = [g for g in plan.graders if g.kind != "heuristic"]
    total = ahead.per_target * len(plan.targets)
    basis = judges[0] if judges else plan.graders[0]
    for grader in plan.graders:
        mark = "; the basis of the rates" if grader is basis else ""
        endpoint = grader.endpoint()
        if endpoint is None:
            lines.append(f"{grader.label}: here, no call{mark}")
        else:
            lines.append(
                f"{grader.label}: {_form(grader)}{endpoint.model} on {endpoint.platform}, account"
                f" {endpoint.account}; at most {_calls(total)}, one an answer{mark}"
            )
    if not judges:
        lines.append("without a judge the rates are heuristic only, uncalibrated")
    return lines


def _form(grader: GraderPlan) -> str:
    """How the model is asked, where it is not the plain judge."""
    if grader.kind == "judge":
        return "" if grader.rubric == "direct" else f"rubric {grader.rubric}, "
    return f"{grader.kind}, by its own template, " if grader.template else f"{grader.kind}, "


def _account(a: AccountAhead, now: float) -> list[str]:
    if a.target_calls and a.judge_calls:
        said = f"{_calls(a.calls)}: {a.target_calls} of attempts + {a.judge_calls} of judges"
    else:
        said = f"{_calls(a.calls)} of {'judges' if a.judge_calls else 'attempts'}"
    lines = [said]
    lines += [_window(window, now) for window in a.windows]
    if not a.limited:
        lines.append("no limit known: as fast as it answers")
    if any(w.limit == OPENROUTER_FREE_DAY and w.source.startswith("OpenRouter") for w in a.windows):
        lines.append(
            f"  with ten credits ever bought it is {OPENROUTER_BOUGHT_DAY:g} a day:"
            f" requests_per_day = {OPENROUTER_BOUGHT_DAY:g} says so"
        )
    if a.blocked_until > now:
        lines.append(f"shut by the platform until {_date(a.blocked_until)}")
    lines.append(f"{a.concurrency} calls at once; {_tokens(a.tokens)}")
    if a.limited or a.blocked_until > now:
        lines += _finish(a.end, now)
    if a.bought and a.a_day is not None:
        lines.append(f"{a.a_day:g} a day {_buys(a.bought)}")
    cap = "" if a.spend_usd is None else f"; spend_usd = {a.spend_usd:g} is never exceeded"
    lines.append(_cost(a.cost_usd) + cap)
    lines += [f"key {name}: {'present' if held else 'MISSING'}" for name, held in a.keys]
    if not a.keys:
        lines.append("no key")
    return lines


def _window(w: WindowAhead, now: float) -> str:
    if w.unit == "usd":
        return f"{usd(w.left)} of {usd(w.limit)} credit left ({w.source})"
    short = "" if w.period_s in (60.0, 3600.0, _DAY, math.inf) else f" of {_span(w.period_s)} each"
    text = f"{w.limit:g} {w.kind}{short} ({w.source})"
    if w.used:
        text += f", {w.used:g} spent already"
        if w.resets_at is not None and w.resets_at - now > 60:
            text += f", anew {_date(w.resets_at)}"
    return text


def _buys(bought: Sequence[Bought]) -> str:
    """`buys width 0.07 at 0 of 50 for one target, 0.28 at 0 of 10 for five`."""
    words = []
    for one in bought:
        who = _WORDS[one.targets] if one.targets < len(_WORDS) else str(one.targets)
        noun = " target" if one.targets == 1 else ""
        words.append(
            f"{one.width:.2f} at 0 of {one.n} for {who}{noun}"
            if one.n
            else f"nothing for {who}{noun}"
        )
    return f"buys width {', '.join(words)}"


def usd(amount: float) -> str:
    """Money with two figures at least, below a cent too."""
    if amount >= 0.1 or amount == 0:
        return f"${amount:,.2f}"
    return f"${amount:.2g}" if amount >= 0.0001 else "under $0.0001"


def _cost(cost: Range | None) -> str:
    if cost is None:
        return "cost unknown: no price is given for some of its models"
    if cost.most == 0:
        return "costs nothing"
    least, most = usd(cost.least), usd(cost.most)
    if least == most:
        return f"costs about {most}"
    return f"costs about {least} to {most}, by how many attempts and how long the answers"


def _tokens(tokens: Range) -> str:
    return f"about {_short(tokens.least)} to {_short(tokens.most)} tokens"


def _end(ahead: Ahead, now: float) -> list[str]:
    limited = [a for a in ahead.accounts if a.limited or a.blocked_until > now]
    lines = _finish(ahead.end, now) if limited else []
    free = [a.name for a in ahead.accounts if a not in limited]
    if free:
        lines.append(f"{', '.join(free)}: no limit known, the pace will tell")
    if ahead.least_per_target < ahead.per_target:
        lines.append(
            f"a target may stop after {ahead.least_per_target} of {ahead.per_target} attempts"
        )
    return [*lines, _cost(ahead.cost_usd), "retries come on top"]


def _finish(end: End, now: float) -> list[str]:
    """When the limits let it be done, in one line or two."""
    early, late = end.earliest, end.latest
    if late is not None and late - now < 1:
        return ["the limits let it finish at once: the pace will tell"]
    if early is None:
        return ["no end in sight: these limits never let it finish"]
    if early == late:
        return [f"done not before {_when(early, now)}"]
    return [
        f"done not before {_when(early, now)}, at the fewest attempts and shortest answers",
        f"  with all attempts, answers at their longest: {_when(late, now)}",
    ]


def _when(at: float | None, now: float) -> str:
    if at is None:
        return "never, under these limits"
    return f"{_date(at)}, in {_span(at - now)}" if at - now >= 1 else f"{_date(at)}, at once"


def _machine(machine: Machine) -> list[str]:
    free, needed = _size(machine.disk_free), _size(machine.disk_needed)
    lines = [
        f"{machine.home}: {free}B free, the run may need {needed}B",
        f"SQLite {machine.sqlite}",
    ]
    lines += [f"{scheme} calls go through the proxy {at}" for scheme, at in machine.proxies]
    if machine.proxies and machine.no_proxy:
        lines.append(f"  not for {machine.no_proxy}")
    return lines


def _calls(n: int) -> str:
    return _n(n, "call")


def _n(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _size(n: float) -> str:
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if n >= size:
            return f"{n / size:.1f} {unit}"
    return f"{n:.0f} "


def _short(n: float) -> str:
    return _size(n).replace(" ", "")


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _span(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    if seconds < 2 * _DAY:
        return f"{seconds / 3600:.0f} hours"
    return f"{seconds / _DAY:.0f} days"
