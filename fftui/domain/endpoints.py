"""Who is asked, as a plan names it: a platform, a model there, and what it costs."""

from __future__ import annotations

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator, model_validator

from fftui.domain.parts import Name, Number, Part, SamplingPlan, Switch
from fftui.domain.targets import FREE, Endpoint, Price

SIM = "sim"
LOCAL = "local"
IMPORTED = "imported:"
"""How the platforms of targets begin, in the stored plan of a run, that were read from a log."""
STORED = "stored"
"""Context in which a stored plan is validated."""
DEFAULT_URLS = {
    "openrouter": "https://openrouter.ai/api/v1",
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com/v1",
    "ollama": "http://127.0.0.1:11434",
}


class PricePlan(Part):
    """USD per million tokens."""

    input: Number = Field(ge=0)
    output: Number = Field(ge=0)


DialectName = Literal["openai", "anthropic", "ollama"]


class EndpointPlan(Part):
    platform: str
    """openrouter, openai, anthropic, ollama, openai-compatible, local, sim, or sim:NAME."""
    model: Name
    base_url: str = ""
    """For `sim`: a simulator that runs already, shared by several runs."""
    dialect: DialectName | None = None
    account: str = ""
    upstream: tuple[str, ...] = ()
    quantisations: tuple[str, ...] = ()
    stream: Switch = False
    price: PricePlan | None = None

    @field_validator("platform")
    @classmethod
    def _platform(cls, value: str, info: ValidationInfo) -> str:
        known = {*DEFAULT_URLS, "openai-compatible", LOCAL, SIM}
        # Only a stored plan may name whom nobody is going to ask.
        if value.startswith(IMPORTED) and info.context == STORED:
            return value
        if value not in known and not (value.startswith("sim:") and len(value) > 4):
            raise ValueError(
                f"unknown platform {value!r}; allowed: {', '.join(sorted(known))}, sim:NAME"
            )
        return value

    @field_validator("base_url")
    @classmethod
    def _base_url(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            usable = False
        if value and not usable:
            raise ValueError("must be an http:// or https:// address")
        if parts.username or parts.password:
            raise ValueError(
                "must hold no user name or password; keys belong to an account's key_env"
            )
        return value.rstrip("/")

    @model_validator(mode="after")
    def _has_url(self) -> Self:
        if self.platform == "openai-compatible" and not self.base_url:
            raise ValueError("platform openai-compatible needs base_url")
        return self

    @property
    def simulated(self) -> bool:
        return self.platform == SIM or self.platform.startswith("sim:")

    def endpoint(self) -> Endpoint:
        """The address of calls; its base URL is empty where the engine starts the server."""
        return Endpoint(
            platform=self.platform,
            dialect=self.dialect or _NATIVE.get(self.platform, "openai"),
            base_url=self.base_url or DEFAULT_URLS.get(self.platform, ""),
            model=self.model,
            account=self.account or self.platform,
            upstream=self.upstream,
            quantisations=self.quantisations,
            stream=self.stream,
            price=self._price(),
        )

    def _price(self) -> Price | None:
        if self.price is not None:
            return Price(self.price.input, self.price.output)
        free = self.platform == "openrouter" and self.model.endswith(FREE)
        own = self.platform in (LOCAL, "ollama") and not self.base_url
        return Price(0.0, 0.0) if free or own or self.simulated else None


_NATIVE: dict[str, DialectName] = {"ollama": "ollama", "anthropic": "anthropic"}


class TargetPlan(EndpointPlan):
    name: Name
    maker: str = ""
    weights: str = ""
    """What must be equal for two targets to be compared as the same model."""
    quantisation: str = ""
    tags: tuple[str, ...] = ()
    sampling: SamplingPlan | None = None
    thinking: str = ""
    system_prompt: str = ""
