"""The lines of the home screen: runs here, and all of mine from any folder."""

from __future__ import annotations

from pathlib import Path

from fftui.domain.states import RunState
from fftui.results.feed import Feed
from fftui.results.view import RunLine, RunSummary
from fftui.settings import runs_dir, state_dir
from fftui.store.folder import database, run_folders
from fftui.store.sqlite import StoreError
from fftui.store.user import UserFile


def list_runs(mine: bool) -> tuple[RunLine, ...]:
    """Runs under the current home folder, newest first; `mine`: remembered ones too."""
    return tuple(run_line(folder) for folder in listed(mine))


def listed(mine: bool) -> list[Path]:
    """Folders of those runs."""
    folders = run_folders(runs_dir())
    if mine:
        known = {f.resolve() for f in folders}
        folders += [f for f in remembered() if f not in known]
    return folders


def remembered() -> list[Path]:
    """Folders of all runs that this user started on this machine and that still exist."""
    try:
        user = UserFile(state_dir())
    except StoreError:
        return []
    try:
        return [path for path in user.runs() if database(path).is_file()]
    finally:
        user.close()


def run_line(folder: Path) -> RunLine:
    """One run in one line; a file that cannot be read is a line too, with its problem."""
    try:
        feed = Feed.open(folder)
    except StoreError as error:
        return RunLine(folder.name, folder, None, "", False, 0, 0, 0, 0, None, 0.0, "", str(error))
    try:
        run = feed.poll()
    finally:
        feed.close()
    assert run is not None, "the first poll of a feed always reads"  # noqa: S101
    return RunLine(
        name=run.name,
        path=folder,
        state=run.state,
        reason=run.reason,
        simulated=run.simulated,
        planned=run.planned,
        done=run.done,
        targets=len(run.targets),
        queued=run.review.queued,
        eta_s=run.eta_s,
        created_at=run.created_at,
        headline=headline(run),
        problem="",
    )


def headline(run: RunSummary) -> str:
    """The most important thing about a run, in a few words."""
    waiting = [f"{a.name}" for a in run.accounts if a.waiting]
    if run.state is RunState.WAITING and waiting:
        return f"waits for {', '.join(waiting)}"
    if run.reason:
        return run.reason
    if run.review.queued:
        return f"{run.review.queued} to read"
    return ""
