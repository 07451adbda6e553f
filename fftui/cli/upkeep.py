"""`fftui snapshot` and `doctor`: a run's file, copied and checked."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fftui.cli.errors import UsageError
from fftui.cli.show import run_folder
from fftui.text import line


def snapshot(options: argparse.Namespace) -> int:
    """A consistent copy of a run, alive or not."""
    from fftui.store.copies import snapshot as copy

    file = Path(options.file)
    if file.exists():
        raise UsageError(f"snapshot: {file}: exists already; choose another name")
    copy(run_folder(options.name), file, text=not options.without_text)
    without = "" if not options.without_text else ", without the text of prompts and answers"
    print(
        line(f"copied to {file}{without}; look at it: fftui attach {file}", 2000), file=sys.stderr
    )
    return 0


def doctor(options: argparse.Namespace) -> int:
    """Integrity of a run, or of this installation; with --repair a repaired copy."""
    from fftui.results.doctor import examine_installation, examine_run, repaired

    if options.repair and not options.name:
        raise UsageError("doctor: --repair needs the name of a run")
    if options.repair:
        findings = repaired(run_folder(options.name))
    elif options.name:
        findings = examine_run(run_folder(options.name))
    else:
        findings = examine_installation()
    for finding in findings:
        print(line(str(finding), 400))
    return 0 if all(f.ok for f in findings) else 1
