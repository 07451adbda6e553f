"""`RunPlan`: what a run is to do, read from TOML.

Each mistake becomes one line that names the file, the field, what is wrong and what is allowed.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from fftui.domain.endpoints import SIM, STORED, TargetPlan
from fftui.domain.graders import GraderPlan
from fftui.domain.mistakes import lines_of
from fftui.domain.parts import (
    AccountPlan,
    AlertPlan,
    CorpusPlan,
    EnginePlan,
    NotifyPlan,
    Part,
    PolicyPlan,
    ReviewPlan,
    SamplingPlan,
    SimPlan,
    StopPlan,
    StoragePlan,
    Whole,
)
from fftui.domain.targets import Target

RUN_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
RUN_NAME_LONGEST = 80


class PlanError(ValueError):
    """A plan that cannot be run. `str()` is one or more finished lines for the person."""


class RunPlan(Part):
    version: Literal[1]
    name: Annotated[str, Field(min_length=1, max_length=RUN_NAME_LONGEST, pattern=RUN_NAME)]
    """Also the name of the run's folder, unless `--name` gives another."""
    seed: Whole = Field(ge=0, lt=2**63)
    repeats: Whole = Field(default=1, ge=1, le=1000)
    note: str = ""
    """A sentence that every screen of the run shows, such as a caveat."""
    corpus: tuple[CorpusPlan, ...] = Field(min_length=1)
    targets: tuple[TargetPlan, ...] = Field(min_length=1)
    accounts: tuple[AccountPlan, ...] = ()
    graders: tuple[GraderPlan, ...] = Field(default=(GraderPlan(kind="heuristic"),), min_length=1)
    stop: StopPlan = StopPlan()
    sampling: SamplingPlan = SamplingPlan()
    review: ReviewPlan = ReviewPlan()
    policy: PolicyPlan = PolicyPlan()
    alert: AlertPlan = AlertPlan()
    engine: EnginePlan = EnginePlan()
    storage: StoragePlan = StoragePlan()
    sim: SimPlan = SimPlan()
    notify: NotifyPlan | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _unique("targets", [t.name for t in self.targets])
        _unique("graders", [g.label for g in self.graders])
        _unique("accounts", [a.name for a in self.accounts])
        named = self.stop.differs_from
        if named and named not in [t.name for t in self.targets]:
            known = ", ".join(repr(t.name) for t in self.targets)
            raise ValueError(f"stop.differs_from: {named!r} is no target here; allowed: {known}")
        return self

    @property
    def simulated(self) -> bool:
        """Any answer or verdict of the run comes from the simulated platform."""
        judges = [g.endpoint() for g in self.graders]
        places = [t.platform for t in self.targets] + [e.platform for e in judges if e]
        return any(p == SIM or p.startswith("sim:") for p in places)

    def resolved_targets(self) -> tuple[Target, ...]:
        """The targets with the plan's defaults filled in."""
        return tuple(
            Target(
                name=t.name,
                endpoint=t.endpoint(),
                maker=t.maker,
                weights=t.weights or t.model,
                quantisation=t.quantisation,
                tags=t.tags,
                sampling=(t.sampling or self.sampling).resolve(),
                thinking=t.thinking,
                system_prompt=t.system_prompt,
            )
            for t in self.targets
        )

    def account(self, name: str) -> AccountPlan:
        """The plan's account of that name, or one without limits."""
        for account in self.accounts:
            if account.name == name:
                return account
        return AccountPlan(name=name, shared=not (name == SIM or name.startswith("sim:")))

    def to_json(self) -> str:
        """The plan with all defaults, as it is stored with the run."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str) -> RunPlan:
        """A stored plan. Raises PlanError when another version of fftui wrote it otherwise."""
        return _validated(json.loads(text), "stored plan", STORED)


class GraderFile(Part):
    """Graders for answers that are stored already, with the accounts that they are paid by."""

    graders: tuple[GraderPlan, ...] = Field(min_length=1)
    accounts: tuple[AccountPlan, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _unique("graders", [g.label for g in self.graders])
        _unique("accounts", [a.name for a in self.accounts])
        return self


def load_graders(path: Path) -> GraderFile:
    """Read a file of graders. Raises PlanError with one line per mistake, as `load_plan` does."""
    data = _read(path, "it holds [[graders]] as a plan does, and [[accounts]] where they need some")
    _take_templates(path, data)
    try:
        return GraderFile.model_validate(data)
    except ValidationError as error:
        raise PlanError("\n".join(lines_of(error, GraderFile, str(path)))) from None


def _unique(field: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{field}: the name {name!r} is used twice")


def load_plan(path: Path) -> RunPlan:
    """Read a plan.

    Raises PlanError with one line per mistake: file, field, what is wrong, what is allowed.
    """
    data = _read(path, "`fftui init` writes a plan to start from")
    _take_templates(path, data)
    return _validated(data, str(path))


def _take_templates(path: Path, data: dict[str, Any]) -> None:
    """Put the text of each grader's template in place of its file's name.

    The line end at the end of the file is left out: a classifier reads it as a word of its own.
    """
    told = data.get("graders")
    for number, grader in enumerate(told if isinstance(told, list) else (), 1):
        name = grader.get("template") if isinstance(grader, dict) else None
        if not isinstance(name, str) or not name:
            continue
        try:
            text = (path.parent / name).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise PlanError(f"{path}: graders[{number}].template: {name}: {why}") from None
        if not text.strip():
            raise PlanError(f"{path}: graders[{number}].template: {name}: is empty")
        grader["template"] = text.removesuffix("\n").removesuffix("\r")


def _read(path: Path, hint: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PlanError(f"{path}: no such file; {hint}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{path}: not valid TOML: {error}") from None


def _validated(data: dict[str, Any], source: str, context: str | None = None) -> RunPlan:
    try:
        return RunPlan.model_validate(data, context=context)
    except ValidationError as error:
        raise PlanError("\n".join(lines_of(error, RunPlan, source))) from None
