"""Which grader a person means for stored answers, made ready to be stored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fftui.domain.plan import GraderFile, RunPlan
from fftui.domain.targets import Endpoint
from fftui.engine.grade import other_version
from fftui.engine.prepare import new_grader
from fftui.engine.wiring import plan_in_force
from fftui.grading.heuristic import HEURISTIC_VERSION
from fftui.results.problems import account_problems, model_problems
from fftui.simulate.loading import load_profile
from fftui.store.folder import NewGrader
from fftui.store.reader import GraderRow, Reader

HEURISTIC = "heuristic"
"""The name under which the keyword grader of this fftui is asked for, whatever its version."""


class CannotError(ValueError):
    """A grader that cannot be heard on this run. `str()` is one or more finished lines."""


def known(reader: Reader, name: str) -> NewGrader | int:
    """A grader of the run by name, or the keyword grader as this fftui has it.

    Raises CannotError for any other name.
    """
    graders = reader.graders()
    if name == HEURISTIC:
        return _heuristic(graders)
    for grader in graders:
        if grader.name == name:
            if why := other_version(grader):
                raise CannotError(f"--grader {name!r}: {why}; --grader {HEURISTIC} adds that one")
            if not grader.can_be_heard:
                raise CannotError(
                    f"--grader {name!r}: is another tool's, and only its log is known; allowed:"
                    f" {HEURISTIC}, or one of a file: --from FILE"
                )
            return grader.id
    names = ", ".join(dict.fromkeys([HEURISTIC, *(g.name for g in graders)]))
    raise CannotError(
        f"--grader {name!r}: the run has no such grader; allowed: {names}, or one of a file:"
        " --from FILE"
    )


def _heuristic(graders: tuple[GraderRow, ...]) -> NewGrader | int:
    for grader in graders:
        if grader.kind == HEURISTIC and grader.version == HEURISTIC_VERSION:
            return grader.id
    names = [g.name for g in graders]
    name = HEURISTIC if HEURISTIC not in names else f"{HEURISTIC} {HEURISTIC_VERSION}"
    return NewGrader(name, HEURISTIC, HEURISTIC_VERSION, "", {}, basis=False)


def of_file(
    reader: Reader, path: Path, told: GraderFile, name: str | None, environ: Mapping[str, str]
) -> NewGrader | int:
    """The grader of a file that is to be heard, `name` where the file has several.

    One of the run's where it is that already. Raises CannotError.
    """
    names = [g.label for g in told.graders]
    if name is None and len(names) > 1:
        raise CannotError(f"--grader: {path} has several; allowed: {', '.join(names)}")
    chosen = next((g for g in told.graders if g.label == name or name is None), None)
    if chosen is None:
        raise CannotError(f"--grader {name!r}: not in {path}; allowed: {', '.join(names)}")
    new = new_grader(chosen, basis=False)
    endpoint = chosen.endpoint()
    plan = plan_in_force(reader)
    if endpoint is not None:
        account = _account(path, plan, told, endpoint.account)
        if account is not None:
            new.spec["account_plan"] = account
        if problems := _problems(reader, path, plan, told, environ):
            raise CannotError("\n".join(problems))
    for grader in reader.graders():
        if grader.name != new.name:
            continue
        if _identity(grader) == (new.kind, new.version, new.prompt_sha256, endpoint):
            return grader.id
        raise CannotError(
            f"{path}: graders: the run has another grader named {new.name!r}; give this one a name"
            " of its own: name = …"
        )
    return new


def _identity(grader: GraderRow) -> tuple[str, str, str, Endpoint | None]:
    """What makes a grader the same as another of its name."""
    endpoint = Endpoint.from_dict(grader.spec["endpoint"]) if grader.asks else None
    return grader.kind, grader.version, grader.prompt_sha256, endpoint


def _problems(
    reader: Reader, path: Path, plan: RunPlan, told: GraderFile, environ: Mapping[str, str]
) -> list[str]:
    """Why a file's graders cannot be asked, as lines of a plan's check."""
    asked = plan.model_copy(update={"graders": told.graders, "accounts": told.accounts})
    if asked.simulated and not reader.header().simulated:
        why = "simulated verdicts do not join a run of real answers; name a real platform"
        return [f"{path}: graders: {why}"]
    found = account_problems(path, asked, environ)
    if asked.simulated:
        profile = load_profile(Path(plan.sim.profile) if plan.sim.profile else None)
        found += [p for p in model_problems(path, asked, profile) if ": graders[" in p]
    return found


def _account(path: Path, plan: RunPlan, told: GraderFile, name: str) -> dict[str, object] | None:
    """What the file tells of an account; `None` where the run knows it or nobody tells of it."""
    account = next((a for a in told.accounts if a.name == name), None)
    mine = next((a for a in plan.accounts if a.name == name), None)
    if account is not None and mine is not None and account != mine:
        raise CannotError(
            f"{path}: accounts: the run has an account {name!r} with other limits; leave it out"
            " here, or give this one another name"
        )
    if account is None or mine is not None:
        return None
    return account.model_dump(mode="json")
