"""`Profile`: how the simulated platforms, models and judges behave, as the TOML file holds it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from fftui.domain.labels import RATED, Label

DEFAULT = "default"
_LABELS = tuple(label.value for label in Label if label in RATED)

Name = Annotated[str, Field(min_length=1, max_length=120)]
Probability = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]


def _spread(value: object) -> object:
    return {DEFAULT: value} if isinstance(value, int | float) else value


PerFamily = Annotated[dict[str, Probability], BeforeValidator(_spread)]
"""One number, or a table of attack families with an optional `default`."""
PerLabel = Annotated[dict[str, Amount], BeforeValidator(_spread)]
"""One number, or a table of labels with a `default` for those not named."""


OneOrMore = Annotated[
    tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, data: Any) -> Any:
        unknown = (
            [key for key in data if key not in cls.model_fields] if isinstance(data, dict) else []
        )
        if unknown:
            allowed = ", ".join(cls.model_fields)
            raise ValueError(f"{unknown[0]!r} is not a field here; allowed: {allowed}")
        return data


class Limits(_Part):
    kind: Literal["none", "announced", "silent"] = "none"
    """announced: stated on each reply, like OpenAI. silent: on the 429 only, like OpenRouter."""
    requests_per_minute: int | None = Field(default=None, ge=1)
    requests_per_day: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    """Of prompt and answer together."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        stated = (self.requests_per_minute, self.requests_per_day, self.tokens_per_minute)
        if (self.kind == "none") == any(number is not None for number in stated):
            raise ValueError(
                "requests_per_minute, requests_per_day and tokens_per_minute go with kind "
                "announced or silent, and kind none with none of them"
            )
        return self


class Canned(_Part):
    """A template that the host sends instead of the model's own words."""

    text: Name
    probability: PerFamily


FaultKind = Literal[
    "http_500",
    "http_503",
    "html_200",
    "error_200",
    "reset",
    "truncated",
    "slow_drip",
    "hang",
    "bad_json",
    "empty",
    "bad_utf8",
    "bad_gzip",
    "gzip_bomb",
    "huge_header",
    "not_http",
    "reply",
]


class Fault(_Part):
    kind: FaultKind
    probability: Probability = 1.0
    from_call: int = Field(default=1, ge=1)
    """First call it may strike, counted per platform (per model where `model` is set)."""
    to_call: int | None = Field(default=None, ge=1)
    """Last call it may strike; absent: for ever."""
    model: str = ""
    """Strikes this model only; empty: all of the platform."""
    seconds: float = Field(default=60.0, gt=0)
    """How long a slow_drip takes or a hang holds the line. Real seconds, whatever time_scale is."""
    status: int = Field(default=200, ge=200, le=599)
    """Of a `reply`: what any platform may send, word for word."""
    headers: dict[str, str] = {}
    """Of a `reply`."""
    body: str | None = None
    """Of a `reply`; absent: an error in the dialect's own shape."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.kind != "reply" and (self.status != 200 or self.headers or self.body is not None):
            raise ValueError("status, headers and body go with kind reply")
        if self.to_call is not None and self.to_call < self.from_call:
            raise ValueError(f"to_call {self.to_call} comes before from_call {self.from_call}")
        return self


class Platform(_Part):
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=60)
    """First part of the path of its addresses."""
    dialect: Literal["openai", "anthropic", "ollama"] = "openai"
    """What it speaks; each platform answers the OpenAI-compatible routes as well."""
    server: Literal["", "llama.cpp", "vllm"] = ""
    """The kind of server that it says it is, at the addresses where those tell of themselves."""
    clock_skew_s: float | None = Field(default=None, allow_inf_nan=False)
    """Seconds its clock, by which its limits begin anew, is ahead; its replies then bear dates."""
    upstream: OneOrMore = ()
    """Hosts named as `provider` in replies, as a router does. Several: drawn by the prompt."""
    limits: Limits = Limits()
    shapes: tuple[Literal["schema", "object"], ...] = ("schema", "object")
    """Forms of a reply that it lets be asked for; for any other it refuses the request."""
    canned: Canned | None = None
    input_filter: PerFamily = {}
    output_filter: PerFamily = {}
    faults: tuple[Fault, ...] = ()

    @field_validator("name")
    @classmethod
    def _free(cls, value: str) -> str:
        if value == "ledger":
            raise ValueError("'ledger' is the address of the ledger; allowed: any other name")
        return value


class Family(_Part):
    """Probability of each label, and how the answers to this family differ in size and time."""

    COMPLIANCE: Probability = 0.0
    PARTIAL: Probability = 0.0
    REFUSAL: Probability = 0.0
    HALLUCINATION_REFUSAL: Probability = 0.0
    NON_ANSWER: Probability = 0.0
    tokens: PerLabel | None = None
    latency_s: PerLabel | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = sum(self.probability(label) for label in RATED)
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"the labels' probabilities sum to {total:.6g}; allowed: exactly 1")
        return self

    @field_validator("tokens", "latency_s")
    @classmethod
    def _labels(cls, value: PerLabel | None) -> PerLabel | None:
        return value if value is None else _by_label(value)

    def probability(self, label: Label) -> float:
        """Share of answers with that label, 0 to 1."""
        share: float = getattr(self, label.value)
        return share


class Reasoning(_Part):
    probability: Probability = 1.0
    tokens: int = Field(default=60, ge=1)
    """Spent out of the request's token limit, before the answer's own."""


class Model(_Part):
    name: Name
    platforms: tuple[str, ...] = ()
    """Platforms that serve it; empty: all."""
    digest: str = ""
    """As Ollama states it; empty: derived from name and quantisation."""
    quantisation: str = "Q4_K_M"
    parameter_size: str = "4B"
    swap_from_call: int | None = Field(default=None, ge=1)
    """From this call on, counted per platform, other weights stand behind the name."""
    tokens: PerLabel = {DEFAULT: 80.0}
    """Median length of an answer, 4 characters a token."""
    token_jitter: Amount = 0.0
    """Standard deviation of the logarithm of the length."""
    latency_s: PerLabel = {DEFAULT: 0.0}
    """Median seconds from request to reply, before time_scale."""
    jitter: Amount = 0.0
    """Standard deviation of the logarithm of the latency."""
    reasoning: Reasoning | None = None
    families: dict[str, Family]

    @field_validator("tokens", "latency_s")
    @classmethod
    def _labels(cls, value: PerLabel) -> PerLabel:
        return _by_label(value)

    @field_validator("families")
    @classmethod
    def _has_default(cls, value: dict[str, Family]) -> dict[str, Family]:
        if DEFAULT not in value:
            raise ValueError("has no 'default' family; allowed: any names, 'default' among them")
        return value


class Judge(_Part):
    name: Name
    platforms: tuple[str, ...] = ()
    sensitivity: Probability = 1.0
    """Share of COMPLIANCE, PARTIAL and HALLUCINATION_REFUSAL judged rightly; the rest: REFUSAL."""
    specificity: Probability = 1.0
    """Share of REFUSAL and NON_ANSWER judged rightly; the rest: COMPLIANCE."""
    unusable: Probability = 0.0
    """Share of replies that are no verdict …"""
    unusable_as: Literal["prose", "refusal", "outside", "cut", "silence"] = "prose"
    """… but prose, a refusal to judge, a label outside the taxonomy, half a verdict, or nothing."""
    form: Literal["label", "strongreject", "classifier"] = "label"
    """What it was asked for: a label, StrongREJECT's ratings, or yes or no."""
    latency_s: Amount = 0.0
    jitter: Amount = 0.0


class Profile(_Part):
    seed: int = Field(default=1, ge=0, lt=2**63)
    time_scale: Amount = 1.0
    """Multiplies all latencies."""
    period_scale: float = Field(default=1.0, gt=0, le=1)
    """Shortens the periods of rate limits: 0.001 turns a day into 86.4 s."""
    platforms: tuple[Platform, ...] = Field(min_length=1)
    models: tuple[Model, ...] = Field(min_length=1)
    judges: tuple[Judge, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        places = [p.name for p in self.platforms]
        _unique("platforms", places)
        served: tuple[Model | Judge, ...] = (*self.models, *self.judges)
        _unique("models and judges", [m.name for m in served])
        for one in served:
            for place in one.platforms:
                if place not in places:
                    raise ValueError(
                        f"{one.name}: no platform {place!r}; allowed: {', '.join(places)}"
                    )
        return self

    def with_seed(self, seed: int | None) -> Profile:
        """The profile with another seed; itself where `seed` is None."""
        return self if seed is None else self.model_copy(update={"seed": seed})


def _by_label(value: dict[str, float]) -> dict[str, float]:
    allowed = (DEFAULT, *_LABELS)
    for key in value:
        if key not in allowed:
            raise ValueError(f"{key!r} is not a label; allowed: {', '.join(allowed)}")
    if DEFAULT not in value and len(value) < len(_LABELS):
        raise ValueError(f"needs 'default' or each of {', '.join(_LABELS)}")
    return value


def _unique(field: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{field}: the name {name!r} is used twice; allowed: once")
