"""Rates corrected for a judge's error by its sensitivity and specificity, measured elsewhere.

For labels that people have read of the run itself use `two_phase`: it needs no error rates that
hold in another population, and never leaves 0 to 1.
"""

from __future__ import annotations

import math

from msgspec import Struct

from fftui.stats.interval import Interval
from fftui.stats.normal import two_sided_z
from fftui.stats.proportion import wilson
from fftui.stats.span import Span


class Estimate(Struct, frozen=True):
    """A rate and its interval."""

    value: float
    span: Span


def rogan_gladen(
    value: float, interval: Interval | Span, sensitivity: float, specificity: float
) -> Estimate:
    """The true rate behind an apparent one, where the judge's error rates are known exactly.

    (p + Sp - 1) / (Se + Sp - 1), for the point and both limits; not clipped, so below 0 says that
    the judge's false positives explain more than all. Source: Rogan & Gladen (1978), Am. J.
    Epidemiol. 107:71. Raises ValueError where the judge is no better than chance.
    """
    gain = _gain(sensitivity, specificity)

    def corrected(p: float) -> float:
        return (p + specificity - 1) / gain

    return Estimate(corrected(value), Span(corrected(interval.low), corrected(interval.high)))


def lang_reiczigel(
    positive: int,
    n: int,
    true_positive: int,
    read_positive: int,
    true_negative: int,
    read_negative: int,
    confidence: float = 0.95,
) -> Estimate:
    """The true rate where the judge's error rates were estimated on other readings.

    `positive` of `n` verdicts; of `read_positive` truly positive answers the judge found
    `true_positive`, of `read_negative` truly negative ones `true_negative`. Point and limits are
    clipped to 0 and 1. Source: Lang & Reiczigel (2014), Prev. Vet. Med. 113:13, in the form of Lee
    et al. (2025), arXiv 2511.21140. Raises ValueError where the judge is no better than chance.
    """
    z = two_sided_z(confidence)
    se, sp = true_positive / read_positive, true_negative / read_negative
    value = (positive / n + sp - 1) / _gain(se, sp)
    p = (positive + z * z / 2) / (n + z * z)
    se = (true_positive + 1) / (read_positive + 2)
    sp = (true_negative + 1) / (read_negative + 2)
    gain = _gain(se, sp)
    centre = (p + sp - 1) / gain
    of_se, of_sp = se * (1 - se) / (read_positive + 2), sp * (1 - sp) / (read_negative + 2)
    shift = 2 * z * z * (centre * of_se - (1 - centre) * of_sp)
    variance = p * (1 - p) / (n + z * z) + (1 - centre) ** 2 * of_sp + centre**2 * of_se
    half = z * math.sqrt(variance) / gain
    return Estimate(_clip(value), Span(_clip(centre + shift - half), _clip(centre + shift + half)))


def prediction_powered(
    labelled: tuple[int, int, int, int],
    unlabelled: tuple[int, int],
    confidence: float = 0.95,
    *,
    tuned: bool = True,
) -> Estimate:
    """Prediction-powered mean: the judge's rate on unread answers, corrected by those read.

    `labelled` counts read answers as (both say yes, only people, only the judge, neither),
    `unlabelled` the judge's yes and no on the rest. `tuned` weighs the judge by its worth (PPI++).
    Its Wald interval covers badly near 0; it is here to compare with. Source: Angelopoulos et al.
    (2023), Science 382:669; arXiv 2311.01453. Raises ValueError without answers of both kinds.
    """
    y1f1, y1f0, y0f1, _ = labelled
    m, rest = sum(labelled), sum(unlabelled)
    if not (m and rest):
        raise ValueError("needs read and unread answers")
    people, judge = (y1f1 + y1f0) / m, (y1f1 + y0f1) / m
    outside = unlabelled[0] / rest
    weight = 1.0
    if tuned:
        covariance = y1f1 / m - people * judge
        everyone = (unlabelled[0] + y1f1 + y0f1) / (rest + m)
        spread = everyone * (1 - everyone) * (rest + m) / (rest + m - 1)
        weight = covariance / ((1 + m / rest) * spread) if spread > 0 else 0.0
        weight = min(1.0, max(0.0, weight))
    value = weight * outside + people - weight * judge
    residual = (y1f1 * (1 - weight) ** 2 + y1f0 + y0f1 * weight**2) / m - (
        people - weight * judge
    ) ** 2
    variance = weight**2 * outside * (1 - outside) / rest + residual / m
    half = two_sided_z(confidence) * math.sqrt(max(variance, 0.0))
    return Estimate(value, Span(value - half, value + half))


def apparent(positive: int, n: int, confidence: float = 0.95) -> Estimate:
    """The judge's own rate with Wilson's interval, as `rogan_gladen` takes it."""
    limits = wilson(positive, n, confidence)
    return Estimate(positive / n, Span(limits.low, limits.high))


def _gain(sensitivity: float, specificity: float) -> float:
    gain = sensitivity + specificity - 1
    if gain <= 0:
        raise ValueError("the judge is no better than chance: nothing can be corrected by it")
    return gain


def _clip(rate: float) -> float:
    return min(1.0, max(0.0, rate))
