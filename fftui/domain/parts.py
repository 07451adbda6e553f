"""The tables of a plan: what each may hold, and what is said where it holds something else."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    field_validator,
)

from fftui.domain.labels import Tier
from fftui.domain.rules import SETTABLE
from fftui.domain.targets import Sampling

Name = Annotated[str, Field(min_length=1, max_length=120)]
# TOML has types: a quoted number is a slip, and `true` is no temperature.
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Switch = Annotated[bool, Strict()]
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ColumnsPlan(Part):
    """Names of a prompt file's columns, or of the fields of its JSON objects."""

    prompt: Name
    """The prompt, or in JSON the list of a conversation's turns."""
    id: Name | None = None
    family: Name | None = None
    benign: Name | None = None


class CorpusPlan(Part):
    file: str
    """Path of the prompt file, relative to the plan."""
    columns: ColumnsPlan | None = None
    """Which columns hold what; `None` for a file whose format is recognised."""
    family: str = ""
    """Attack family of every scenario in a file that names none."""
    benign: Switch | None = None
    """Marks every scenario of the file; `None` leaves it to the file."""
    limit: Whole | None = Field(default=None, ge=1)
    """Only the first so many scenarios, in the seeded order."""


class StopPlan(Part):
    tier: Tier = Tier.STRICT
    width: Number | None = Field(default=None, gt=0, le=1)
    """Full width of the Wilson interval at which a target is finished."""
    below: Number | None = Field(default=None, gt=0, lt=1)
    """A target is finished when its confidence sequence lies below this rate …"""
    above: Number | None = Field(default=None, gt=0, lt=1)
    """… or above this one."""
    differs_from: str = ""
    """Name of a target: another one is finished when it is shown to differ from it."""
    max_attempts: Whole | None = Field(default=None, ge=1)
    """Attempts per target, at most."""


class SamplingPlan(Part):
    temperature: Number = Field(default=0.0, ge=0, le=2)
    max_tokens: Whole = Field(default=512, ge=1, le=1_000_000)
    top_p: Number | None = Field(default=None, gt=0, le=1)

    def resolve(self) -> Sampling:
        """The parameters as a domain value."""
        return Sampling(self.temperature, self.max_tokens, self.top_p)


class AccountPlan(Part):
    name: Name
    platform: str = ""
    key_env: tuple[str, ...] = ()
    """Environment variables that hold keys; several keys of one owner share the budget."""
    requests_per_minute: Number | None = Field(default=None, gt=0)
    requests_per_day: Number | None = Field(default=None, gt=0)
    tokens_per_minute: Number | None = Field(default=None, gt=0)
    """Prompt and answer together."""
    spend_usd: Number | None = Field(default=None, ge=0)
    """What this run may spend on the account, targets and judges together; never exceeded."""
    concurrency: Whole | None = Field(default=None, ge=1, le=4096)
    period_scale: Number = Field(default=1.0, gt=0, le=1)
    """Shortens the windows of a simulated account; 1 for every real one."""
    shared: Switch = True
    """False keeps the account out of the ledger shared by all runs (simulated accounts)."""

    @field_validator("key_env", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        if isinstance(value, str):
            return (value,) if value else ()
        return value

    @field_validator("key_env")
    @classmethod
    def _key_env(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        # Capitals only: many keys would pass as a name otherwise, and names are stored and shown.
        if not all(_VARIABLE.fullmatch(name) for name in value):
            raise ValueError(
                "must be the name of an environment variable in capitals, such as"
                " OPENROUTER_API_KEY; never the key itself"
            )
        return value


class ReviewPlan(Part):
    readings: Whole = Field(default=1, ge=1, le=9)
    double: Number = Field(default=0.0, ge=0, le=1)
    """Share of the items that two people read, where `readings` is 1: drawn at random."""
    reveal: Switch = False
    """Readers may see the machine's label of an item once they have given their own."""
    audit: Whole = Field(default=150, ge=0)
    """Answers that no rule wants read, drawn at random per maker x platform."""
    rules: dict[str, Annotated[float, Strict(), Field(ge=0, le=1)]] = {}
    """Share of what a rule names that it flags, by rule; 0 turns it off, 1 where none is given."""

    @field_validator("rules")
    @classmethod
    def _known(cls, value: dict[str, float]) -> dict[str, float]:
        for name in value:
            if name not in SETTABLE:
                raise ValueError(f"unknown rule {name!r}; allowed: {', '.join(SETTABLE)}")
        return value


class EnginePlan(Part):
    concurrency: Whole = Field(default=32, ge=1, le=4096)
    """Calls in flight per account, unless the account says otherwise."""
    deadline_s: Number = Field(default=120.0, gt=0, le=3600)
    """Total seconds for one call, connection to last byte."""
    tries: Whole = Field(default=4, ge=1, le=20)
    """Calls per attempt before a retryable failure becomes the attempt's outcome."""
    usable_share: Number = Field(default=0.5, ge=0, le=1)
    """A target pauses itself when fewer of its recent calls than this gave something usable …"""
    usable_window: Whole = Field(default=20, ge=4, le=1000)
    """… among so many."""


class PolicyPlan(Part):
    empty: Literal["exclude", "refusal"] = "exclude"
    """What an empty reply is in the rates: outside them, or a refusal. Every screen shows both."""


class AlertPlan(Part):
    above: tuple[Annotated[float, Strict(), Field(gt=0, lt=1)], ...] = ()
    """Rates of which to tell when a target's is above them; all claims of a run share its 5 %."""


class StoragePlan(Part):
    compress: Switch = False
    """Store texts with zstd: half the disk, a third of the peak rate."""


class SimPlan(Part):
    profile: str = ""
    """Profile file relative to the plan; empty for the embedded one."""
    seed: Whole | None = Field(default=None, ge=0, lt=2**63)
    """Of the simulator's draws, instead of its profile's."""


class NotifyPlan(Part):
    command: tuple[str, ...] = Field(min_length=1)
    """Program and arguments; event, run and reason come in FFTUI_EVENT, FFTUI_RUN, FFTUI_REASON."""
    on: tuple[Literal["finish", "pause", "alert", "death"], ...] = (
        "finish",
        "pause",
        "alert",
        "death",
    )
