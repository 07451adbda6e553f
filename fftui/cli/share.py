"""`fftui share`: reviewers with logins of their own."""

from __future__ import annotations

import argparse
import sys

from fftui.cli.errors import UsageError
from fftui.cli.show import run_folder
from fftui.store.share import barriers, share, shared_with, unshare
from fftui.text import line


def group(options: argparse.Namespace) -> int:
    """Open a run to a group, close it again, or tell who it is open to."""
    folder = run_folder(options.name)
    if options.off:
        unshare(folder)
    elif options.group:
        share(folder, options.group)
    elif not shared_with(folder):
        raise UsageError("--group names the Unix group that may read and review the run")
    name = shared_with(folder)
    if not name:
        print(line(f"{folder}: open to you alone", 400))
        return 0
    print(line(f"{folder}: open to the group {name}, with its prompts and answers", 400))
    print(line(f"they review it with: fftui review {folder}", 400), file=sys.stderr)
    for barrier in barriers(folder, name):
        words = f"not yet: they cannot pass {barrier}; `chmod o+x {barrier}` lets them, unlisted"
        print(line(words, 400), file=sys.stderr)
    return 0
