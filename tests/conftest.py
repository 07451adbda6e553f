"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tui.terminal import OPEN


@pytest.fixture(autouse=True)
def no_terminal_stays_open() -> Iterator[None]:
    """A program that a failed or forgetful test leaves in its pty would run on for days."""
    yield
    for terminal in tuple(OPEN):
        terminal.close()
