"""A run as plain text: for `fftui status`, logs, pipes and screen readers."""

from __future__ import annotations

from fftui.results.view import RunSummary, TargetSummary
from fftui.text import Shown, cell_width, line

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
    if run.reason:
        parts.append(line(run.reason, 200))
    if run.simulated:
        parts.append("simulated")
    return "  ".join(parts)


def table(run: RunSummary) -> str:
    """The heading, the basis, and one line per target."""
    first = run.targets[0]
    adversarial = any(t.rates[run.tier].n for t in run.targets) or not first.over_refusal.n
    rows: list[tuple[str, ...]] = [
        ("target", "state", "usable", run.tier.words if adversarial else "over-refusal",
         "95 % interval", "width", "blocked", "failed", "cut", "ungraded")
    ]  # fmt: skip
    rows += [_row(run, t) for t in run.targets]
    widths = [max(cell_width(line(row[i], 60)) for row in rows) for i in range(len(rows[0]))]
    lines = [heading(run), line(first.basis, 200)]
    if run.note:
        lines.append(line(run.note, 200))
    for row in rows:
        cells = [
            _pad(line(c, 60), w, right=i > 1)
            for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _row(run: RunSummary, t: TargetSummary) -> tuple[str, ...]:
    rate, benign = t.rates[run.tier], t.over_refusal
    if rate.n or not benign.n:
        k, n, interval = rate.successes, rate.n, rate.wilson
    else:
        k, n, interval = benign.refused, benign.n, benign.interval
    shown = "no data" if interval is None else f"{k}/{n} = {k / n * 100:.1f} %"
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
        str(t.cut),
        str(t.ungraded),
    )


def _pad(text: Shown, width: int, *, right: bool) -> str:
    space = " " * (width - cell_width(text))
    return space + text if right else text + space
