"""A sheet to draw on and the SVG it becomes: matplotlib, without its window or its defaults.

Colours are named, not mixed: in a page they are the page's own variables, so that one drawing fits
light and dark; in a file of its own they are the light ones on white.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fftui.text import line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDE, NARROW = 860.0, 344.0
"""Width of a chart on a page, in its units of a pixel."""

COLOURS = {
    "ink": "#1b1f24",
    "soft": "#5c6670",
    "grid": "#dfe3e8",
    "rate": "#0b62d6",
    "people": "#b4520b",
    "good": "#1a7f5a",
    "blocked": "#7a3fc4",
    "failed": "#c02b3c",
    "empty": "#78818b",
    "limited": "#b98900",
}
"""By what they stand for, as on a light page. No two of them look alike in the file."""

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_SIZE = 12.0
_FAMILY = re.compile(r"(font: [^;\"]*?[0-9.]+px) [^;\"]*")
_IDS = re.compile(r'(\bid="|url\(#|href="#)')
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)


def chart(
    width: float, height: float, alt: str, draw: Callable[[Axes], None], *, simulated: bool
) -> str:
    """An SVG of so many pixels; `draw` gets axes that fill it, in pixels from the upper left.

    `alt` says in words what is drawn. Nothing in it is read as mathematics or markup.
    """
    # Only who makes a report waits for what draws.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rules: dict[Any, Any] = {
        "svg.fonttype": "none", "svg.hashsalt": "fftui", "font.size": _SIZE,
        "text.parse_math": False, "text.color": COLOURS["ink"], "path.simplify": False,
    }  # fmt: skip
    with mpl.rc_context(rules), warnings.catch_warnings():
        # A name may have letters that the measuring font lacks; the page's font draws it.
        warnings.simplefilter("ignore")
        figure = Figure(figsize=(width / 72, height / 72), frameon=False)
        axes = figure.add_axes((0, 0, 1, 1), frameon=False)
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
        axes.set_axis_off()
        draw(axes)
        if simulated:
            label(axes, width - 4, 10, "simulated", "failed", align="right", size=11)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return _tidied(out.getvalue(), alt)


def _tidied(svg: str, alt: str) -> str:
    from html import escape

    body = _METADATA.sub("", svg[svg.index("<svg") :])
    body = _FAMILY.sub(rf"\1 {_FONT.replace(chr(92), '')}", body)
    words = escape(line(alt, 500))
    head, _, rest = body.partition(">")
    return f'{head} role="img" aria-label="{words}">{rest}'


def inline(svg: str, prefix: str) -> str:
    """The SVG as part of a page: its colours are the page's, its ids are its own."""
    for name, colour in COLOURS.items():
        svg = svg.replace(colour, f"var(--{name})")
    svg = _IDS.sub(lambda m: f"{m[1]}{prefix}-", svg)
    head, _, rest = svg.partition(">")
    head = re.sub(r' (?:width|height)="[^"]*"', "", head)
    return f"{head}>{rest}"


def alone(svg: str) -> str:
    """The SVG as a file of its own: on white, whatever shows it."""
    head, _, rest = svg.partition(">")
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n{head}>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{rest}'
    )


def label(
    axes: Axes, x: float, y: float, text: str, colour: str = "ink", *,
    align: str = "left", size: float = _SIZE, bold: bool = False,
) -> None:  # fmt: skip
    """One line of text, its middle at `y`."""
    axes.text(
        x, y, line(text, 200), ha=align, va="center", color=COLOURS[colour], fontsize=size,
        fontweight="bold" if bold else "normal",
    )  # fmt: skip


def stroke(
    axes: Axes, x: tuple[float, float], y: tuple[float, float], colour: str, width: float,
    alpha: float = 1.0, dashed: bool = False,
) -> None:  # fmt: skip
    """A straight line."""
    axes.plot(
        x, y, color=COLOURS[colour], linewidth=width, alpha=alpha, solid_capstyle="butt",
        linestyle=(0, (2, 2)) if dashed else "-",
    )  # fmt: skip
