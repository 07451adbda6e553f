"""Finds the files that ship with fftui: themes, sample runs.

They live at the top of the repository, where people look for them. A wheel carries them inside
the package; an editable install does not, so the checkout is the second place to look.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(folder: str) -> Path:
    """The shipped folder `themes` or `sample_runs`.

    Raises FileNotFoundError when the installation lacks it.
    """
    for place in (_PACKAGE / folder, _PACKAGE.parent / folder):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"this installation of fftui has no {folder}/ folder; install it again")
