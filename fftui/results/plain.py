"""A run as plain text: for `fftui status`, logs, pipes and screen readers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fftui.results import readings, sentences
from fftui.results.view import RunSummary, TargetSummary
from fftui.text import Shown, cell_width, line

if TYPE_CHECKING:
    from fftui.domain.labels import Tier
    from fftui.stats.interval import Interval
    from fftui.store.now import AccountNow, WindowNow

_GLYPHS = {
    "starting": "○", "running": "●", "paused": "‖", "waiting": "◷", "draining": "◌",
    "done": "✔", "stopped": "■", "failed": "✖", "dead": "✖",
}  # fmt: skip


def heading(run: RunSummary) -> str:
    """One line: what, in which state, how far."""
    state = f"{_GLYPHS[run.state.value]} {run.state.value}"
    parts = [line(run.name, 60), state, f"{run.done}/{run.planned}"]
    if run.in_flight:
        parts.append(f"{run.in_flight} in flight")
    if run.per_minute and not run.state.over:
        parts.append(f"{run.per_minute:.0f}/min")
    if run.calls.rate_limited:
        parts.append(f"429: {run.calls.rate_limited}")
    if run.calls.failed:
        parts.append(f"failed calls: {run.calls.failed}")
    if run.review.queued:
        parts.append(f"{run.review.queued} to read")
    parts += [
        text for text in (sentences.stopped_early(run), *sentences.accounts_stuck(run)) if text
    ]
    if run.reason:
        parts.append(line(run.reason, 200))
    if run.simulated:
        parts.append("simulated")
    return "  ".join(parts)


def table(run: RunSummary) -> str:
    """The heading, the basis, one line per target, what stands behind its number, the accounts."""
    bases = list(dict.fromkeys(t.basis for t in run.targets))
    adversarial = not all(t.benign_only for t in run.targets)
    rows: list[tuple[str, ...]] = [
        ("target", "state", "usable", run.tier.words if adversarial else "over-refusal",
         "95 % interval", "width", "blocked", "failed", "cut", "ungraded")
    ]  # fmt: skip
    rows += [_row(t, run.tier, adversarial=adversarial) for t in run.targets]
    widths = [max(cell_width(line(row[i], 60)) for row in rows) for i in range(len(rows[0]))]
    graded = bases[0] if len(bases) == 1 else "not all targets are graded alike"
    basis = "; ".join(text for text in (graded, sentences.policy(run)) if text)
    lines = [heading(run), line(basis, 200)]
    if run.note:
        lines.append(line(run.note, 200))
    for row in rows:
        cells = [
            _pad(line(c, 60), w, right=i > 1)
            for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    for target in run.targets:
        notes = [target.basis] if len(bases) > 1 else []
        notes += _notes(target, run.tier)
        if notes:
            lines += ["", line(target.name, 60), *(f"  {line(note, 300)}" for note in notes)]
    if run.qualities or run.audits:
        from fftui.results import quality  # loaded where somebody has read something

        people = [*(quality.words(q, run.tier) for q in run.qualities),
                  *(quality.audit_words(a) for a in run.audits)]  # fmt: skip
        lines += ["", "graders against people", *(f"  {line(text, 300)}" for text in people)]
    if run.accounts:
        over = run.state.over and not run.engine.alive
        told = (_account(a, over=over) for a in run.accounts)
        lines += ["", "accounts", *(f"  {line(text, 300)}" for text in told)]
    return "\n".join(lines)


def _notes(t: TargetSummary, tier: Tier) -> list[str]:
    """What stands behind a target's number, as far as there is something to tell."""
    found = []
    if t.reason:
        found.append(f"{t.state}: {t.reason}")
    if t.identities > 1:
        found.append(sentences.drift(t.answered_by))
        for one in t.answered_by:
            rate = one.rates[tier]
            known = ", ".join(sentences.facts(one.who)) or "not told by the platform"
            share = _share(rate.successes, rate.n, rate.wilson)
            found.append(f"  {known}: {one.answered} answers, {tier.words} {share}")
    found.append(readings.words(t.readings, tier))
    refused = sentences.refused(t.who_refused)
    if refused:
        found.append(f"refused: {', '.join(refused)}")
    found.append(sentences.template(t.who_refused))
    over = t.over_refusal
    if over.n and not t.benign_only:
        found.append(f"over-refusal {_share(over.refused, over.n, over.interval)}")
    for other in t.variants[tier]:
        share = _share(other.successes, other.n, other.interval)
        found.append(f"{tier.words}, {other.name}: {share}")
    return [note for note in found if note]


def _share(successes: int, n: int, interval: Interval | None) -> str:
    if not n or interval is None:
        return "no data"
    low, high = interval.low * 100, interval.high * 100
    return f"{successes}/{n} = {successes / n * 100:.1f} % [{low:.1f}, {high:.1f}]"


def _account(a: AccountNow, *, over: bool) -> str:
    cost = "cost unknown" if a.spent_usd is None else f"${a.spent_usd:.4g} spent"
    if over:
        return f"{a.name}: {cost}"
    parts = []
    if a.paused:
        parts.append(f"PAUSED: {a.paused}; nothing is sent until it is mended and resumed")
    if a.blocked_until is not None:
        parts.append(f"{a.reason or 'shut'} until {_clock(a.blocked_until)}")
    if a.waiting:
        parts.append(f"{len(a.waiting)} waiting: {', '.join(a.waiting)}")
    parts += [_window(w) for w in a.windows] or ["no limit known"]
    if 0 < a.places < a.concurrency:
        parts.append(f"{a.in_flight} of {a.places} places, adapted from {a.concurrency}")
    else:
        parts.append(f"{a.in_flight} of {a.concurrency} calls out")
    parts.append(cost)
    return f"{a.name}: {'; '.join(parts)}"


def _window(w: WindowNow) -> str:
    if w.limit is None or w.remaining is None:
        return f"{w.kind}: limit unknown ({w.source})"
    text = f"{w.kind}: {max(0.0, w.remaining):.6g} of {w.limit:.6g} left ({w.source}"
    return f"{text}, resets {_clock(w.resets_at)})" if w.resets_at is not None else f"{text})"


def _clock(at: float) -> str:
    return time.strftime("%d %b %H:%M:%S", time.localtime(at))


def _row(t: TargetSummary, tier: Tier, *, adversarial: bool) -> tuple[str, ...]:
    """`adversarial`: the column is headed as an attack success rate."""
    rate, benign = t.rates[tier], t.over_refusal
    if t.benign_only:
        k, n, interval = benign.refused, benign.n, benign.interval
    else:
        k, n, interval = rate.successes, rate.n, rate.wilson
    shown = "no data" if interval is None else f"{k}/{n} = {k / n * 100:.1f} %"
    if t.benign_only and adversarial:
        shown = f"over-refusal {shown}"
    if t.early:
        shown += f" early: {t.in_flight} out"
    if t.identities > 1:
        shown += f" {t.identities} identities"
    return (
        t.name,
        t.state.value,
        f"{t.usable}/{t.planned}",
        shown,
        "" if interval is None else f"[{interval.low * 100:.1f}, {interval.high * 100:.1f}]",
        "" if interval is None else f"{interval.width * 100:.1f}",
        str(t.blocked),
        str(t.failed),
        f"{t.cut} ({t.cut / t.usable * 100:.0f} %)" if t.cut and t.usable else str(t.cut),
        str(t.ungraded),
    )


def _pad(text: Shown, width: int, *, right: bool) -> str:
    space = " " * (width - cell_width(text))
    return space + text if right else text + space
