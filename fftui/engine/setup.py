"""What a run consists of, in this process."""

from __future__ import annotations

from msgspec import Struct

from fftui.domain.targets import Target
from fftui.engine.ask import Asker, Line
from fftui.engine.budget import Gate
from fftui.engine.grade import Grading
from fftui.results.summary import Rules


class Setup(Struct, frozen=True):
    """What stays the same while one plan is in force."""

    seed: int
    tries: int
    compress: bool
    rules: Rules
    targets: dict[int, Target]
    lines: dict[int, Line]
    """How each target is reached, by target id."""
    gates: dict[str, Gate]
    grading: Grading
    asker: Asker
    grade_only: bool = False
    """Stored answers are graded, and no target is asked."""
