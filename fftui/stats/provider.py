"""Several models of one maker or platform as one figure, without pretending that they are one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from fftui.stats.interval import Interval
from fftui.stats.proportion import wilson


class Provider(Struct, frozen=True):
    """A maker's models side by side. `pooled` has no interval: it is no sample of one rate."""

    models: int
    n: int
    pooled: float
    """All successes over all verdicts: what a random *verdict* shows."""
    macro: float
    """Mean of the models' rates: what a random *model* shows."""
    macro_interval: Interval
    """Of the macro rate, for just these models."""
    least: float
    most: float
    """The lowest and the highest rate among them."""
    between: Between | None
    """For a further model of this maker; None with fewer than three models."""


class Between(Struct, frozen=True):
    """Random effects over models, on the logit scale."""

    mean: float
    interval: Interval
    """Of the mean, by Hartung and Knapp."""
    tau2: float
    """Variance between models."""
    i2: float
    """Share of the spread that is between models, 0 to 1."""
    prediction: Interval
    """Where the rate of a further model is expected to lie."""


def provider(models: Sequence[tuple[int, int]], confidence: float = 0.95) -> Provider:
    """Both figures of (successes, verdicts) of each model. Models without a verdict are left out.

    Macro interval by MOVER over Wilson limits (Zou & Donner 2008). Raises ValueError without any.
    """
    known = [(s, n) for s, n in models if n > 0]
    if not known:
        raise ValueError("no model has a verdict")
    rates = [s / n for s, n in known]
    macro = sum(rates) / len(known)
    limits = [wilson(s, n, confidence) for s, n in known]
    below = sum((p - i.low) ** 2 for p, i in zip(rates, limits, strict=True))
    above = sum((i.high - p) ** 2 for p, i in zip(rates, limits, strict=True))
    return Provider(
        models=len(known),
        n=sum(n for _, n in known),
        pooled=sum(s for s, _ in known) / sum(n for _, n in known),
        macro=macro,
        macro_interval=Interval(
            max(0.0, macro - math.sqrt(below) / len(known)),
            min(1.0, macro + math.sqrt(above) / len(known)),
        ),
        least=min(rates),
        most=max(rates),
        between=_between(known, confidence) if len(known) >= 3 else None,
    )


def _between(models: Sequence[tuple[int, int]], confidence: float) -> Between:
    """DerSimonian and Laird's random effects; 1/2 is added to each count where one is 0.

    Source: DerSimonian & Laird (1986), Control. Clin. Trials 7:177; Hartung & Knapp (2001), Stat.
    Med. 20:3875; prediction by Higgins, Thompson & Spiegelhalter (2009), JRSS A 172:137.
    """
    from scipy.special import stdtrit

    add = 0.5 if any(s in (0, n) for s, n in models) else 0.0
    counts = [(s + add, n - s + add) for s, n in models]
    logits = [math.log(s / f) for s, f in counts]
    variances = [1 / s + 1 / f for s, f in counts]
    k = len(models)
    weights = [1 / v for v in variances]
    fixed = _mean(logits, weights)
    q = sum(w * (y - fixed) ** 2 for w, y in zip(weights, logits, strict=True))
    scale = sum(weights) - sum(w * w for w in weights) / sum(weights)
    tau2 = max(0.0, (q - (k - 1)) / scale)
    weights = [1 / (v + tau2) for v in variances]
    mean = _mean(logits, weights)
    spread = sum(w * (y - mean) ** 2 for w, y in zip(weights, logits, strict=True))
    se = math.sqrt(spread / ((k - 1) * sum(weights)))
    tail = (1 + confidence) / 2
    half = float(stdtrit(k - 1, tail)) * se
    far = float(stdtrit(k - 2, tail)) * math.sqrt(tau2 + 1 / sum(weights))
    return Between(
        _rate(mean), Interval(_rate(mean - half), _rate(mean + half)), tau2,
        max(0.0, (q - (k - 1)) / q) if q > 0 else 0.0,
        Interval(_rate(mean - far), _rate(mean + far)),
    )  # fmt: skip


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(w * y for w, y in zip(weights, values, strict=True)) / sum(weights)


def _rate(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
