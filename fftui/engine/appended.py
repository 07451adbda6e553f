"""What other processes append to a run, and whether an engine at work can take it up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from fftui.credentials import find_key
from fftui.domain.plan import PlanError
from fftui.engine.wiring import plan_in_force
from fftui.store.reader import Reader


class Appended(NamedTuple):
    """The newest rows of what an engine has to take up."""

    plan: int
    put_back: int
    regrade: int

    @classmethod
    def of(cls, reader: Reader) -> Appended:
        """Those that stand in the file now."""
        marks = reader.watermarks()
        return cls(marks.plan, marks.put_back, marks.regrade)

    def rewires(self, taken: Appended) -> bool:
        """Servers, gates or graders may be others than those of what was `taken` up."""
        return self.plan != taken.plan or self.regrade != taken.regrade


def cannot_take_up(reader: Reader, environ: Mapping[str, str]) -> str:
    """Why the plan in force needs a new engine; empty where this one can go on with it.

    Known before the calls are stopped: an engine cannot be given keys while it lives.
    """
    try:
        plan = plan_in_force(reader)
        names = [name for account in plan.accounts for name in account.key_env]
        missing = [name for name in names if find_key(name, environ) is None]
    except (PlanError, ValueError) as error:
        return str(error).splitlines()[0]
    if not missing:
        return ""
    return f"extended; `fftui resume` where {missing[0]} is exported goes on with it"
