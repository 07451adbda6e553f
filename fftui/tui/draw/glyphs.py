"""The two sets of signs: one for terminals with Unicode, one for those without."""

from __future__ import annotations

from msgspec import Struct

from fftui.domain.states import RunState, TargetState


class Glyphs(Struct, frozen=True):
    """Every sign that is not a letter or a digit. Each one is a single cell wide."""

    blocks: str
    """Heights of a column, lowest first, without the empty one."""
    parts: str
    """Fillings of a cell from its left edge, thinnest first; the last one is the full cell."""
    track: str
    """What is left of a bar."""
    rule: str
    upright: str
    tee: str
    """Where an upright hangs from a rule."""
    cursor: str
    point: str
    weak_point: str
    """The point of an estimate that rests on less than twenty labels."""
    bar: str
    whisker: str
    cap_low: str
    cap_high: str
    edge_low: str
    """Cap of an interval that begins on the boundary to the next cell."""
    edge_high: str
    """Cap of an interval that ends on the boundary to the cell before."""
    tick: str
    dot: str
    """Between two remarks on one line."""
    ellipsis: str
    up: str
    down: str
    warning: str
    error: str
    clash: str
    badge_left: str
    badge_right: str
    plain: bool
    """Only ASCII."""
    target: dict[TargetState, str]
    run: dict[RunState, str]


UNICODE = Glyphs(
    blocks="▁▂▃▄▅▆▇█",
    parts="▏▎▍▌▋▊▉█",
    track="░",
    rule="─",
    upright="│",
    tee="┬",
    cursor="▸",
    point="●",
    weak_point="○",
    bar="─",
    whisker="╌",
    cap_low="├",
    cap_high="┤",
    edge_low="▕",
    edge_high="▏",
    tick="·",
    dot="·",
    ellipsis="…",
    up="▲",
    down="▼",
    warning="▲",
    error="✗",
    clash="≠",
    badge_left=" ",
    badge_right=" ",
    plain=False,
    target={
        TargetState.OPEN: "●",
        TargetState.WAITING: "◷",
        TargetState.PAUSED: "‖",
        TargetState.CLOSING: "◐",
        TargetState.FINISHED: "✓",
        TargetState.EXHAUSTED: "◌",
        TargetState.FAILED: "✗",
    },
    run={
        RunState.STARTING: "◌",
        RunState.RUNNING: "●",
        RunState.PAUSED: "‖",
        RunState.WAITING: "◷",
        RunState.DRAINING: "◐",
        RunState.DONE: "✓",
        RunState.STOPPED: "■",
        RunState.FAILED: "✗",
        RunState.DEAD: "✗",
    },
)

ASCII = Glyphs(
    blocks="_.:-=+*#",
    parts="#",
    track=".",
    rule="-",
    upright="|",
    tee="+",
    cursor=">",
    point="o",
    weak_point="?",
    bar="-",
    whisker=".",
    cap_low="|",
    cap_high="|",
    edge_low="|",
    edge_high="|",
    tick=" ",
    dot="-",
    ellipsis="~",
    up="^",
    down="v",
    warning="!",
    error="x",
    clash="/",
    badge_left="[",
    badge_right="]",
    plain=True,
    target={
        TargetState.OPEN: "*",
        TargetState.WAITING: "w",
        TargetState.PAUSED: "=",
        TargetState.CLOSING: "c",
        TargetState.FINISHED: "+",
        TargetState.EXHAUSTED: "e",
        TargetState.FAILED: "x",
    },
    run={
        RunState.STARTING: "~",
        RunState.RUNNING: "*",
        RunState.PAUSED: "=",
        RunState.WAITING: "w",
        RunState.DRAINING: "c",
        RunState.DONE: "+",
        RunState.STOPPED: "#",
        RunState.FAILED: "x",
        RunState.DEAD: "x",
    },
)


TARGET_WORDS: dict[TargetState, str] = {
    TargetState.OPEN: "",
    TargetState.WAITING: "waits",
    TargetState.PAUSED: "paused",
    TargetState.CLOSING: "closing",
    TargetState.FINISHED: "done",
    TargetState.EXHAUSTED: "used up",
    TargetState.FAILED: "FAILED",
}
"""At most seven letters each; an open target needs no word."""

RUN_WORDS: dict[RunState, str] = {
    RunState.STARTING: "starting",
    RunState.RUNNING: "running",
    RunState.PAUSED: "PAUSED",
    RunState.WAITING: "waiting",
    RunState.DRAINING: "draining",
    RunState.DONE: "done",
    RunState.STOPPED: "stopped",
    RunState.FAILED: "FAILED",
    RunState.DEAD: "DEAD",
}


def glyphs(*, plain: bool) -> Glyphs:
    """The set in use; `plain` is `--ascii`."""
    return ASCII if plain else UNICODE
