"""Numbers that independent software computed; where each came from stands in vectors/README.md."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fftui.stats import (
    agreement,
    anytime,
    contrast,
    judge_error,
    multiplicity,
    paired,
    planning,
    proportion,
    two_phase,
)
from fftui.stats import stratified as strat
from fftui.stats.interval import Interval
from fftui.stats.span import Span

VECTORS = Path(__file__).parent / "vectors"
Row = dict[str, str]


def rows(name: str) -> list[Row]:
    found = list(csv.DictReader((VECTORS / name).open(encoding="utf-8")))
    assert found
    return found


def number(text: str) -> float | None:
    """The number, or None where the other software had none."""
    value = float(text) if text not in ("", "NA") else math.nan
    return None if math.isnan(value) else value


def ints(row: Row, *names: str, then: str = "") -> Any:
    """The counts of these columns, and the fraction of one more."""
    counts: list[Any] = [int(row[name]) for name in names]
    return [*counts, *([float(row[then])] if then else [])]


def same(found: float, text: str, tolerance: float = 1e-9) -> None:
    expected = number(text)
    if expected is not None:
        assert found == pytest.approx(expected, abs=tolerance)


def spans(found: Interval | Span, low: str, high: str, tolerance: float = 1e-9) -> None:
    same(found.low, low, tolerance)
    same(found.high, high, tolerance)


@pytest.mark.parametrize(
    ("file", "method", "low", "high"),
    [
        ("wilson.csv", proportion.wilson, "low", "high"),
        ("r_wilson_cp.csv", proportion.wilson, "wilson_low", "wilson_high"),
        ("clopper_pearson.csv", proportion.clopper_pearson, "low", "high"),
        ("r_wilson_cp.csv", proportion.clopper_pearson, "cp_low", "cp_high"),
        ("jeffreys.csv", proportion.jeffreys, "low", "high"),
        ("agresti_coull.csv", proportion.agresti_coull, "low", "high"),
    ],
)
def test_intervals_of_one_rate(
    file: str, method: Callable[[int, int, float], Interval], low: str, high: str
) -> None:
    for row in rows(file):
        spans(method(*ints(row, "successes", "n", then="conf")), row[low], row[high])


FOUR = ("x1", "n1", "x2", "n2")


def test_newcombe() -> None:
    for row in rows("newcombe.csv"):
        counts = ints(row, *FOUR)
        same(contrast.difference(*counts), row["diff"])
        spans(contrast.newcombe(*ints(row, *FOUR, then="conf")), row["low"], row["high"])


def test_two_samples_as_two_packages_have_them() -> None:
    for row in rows("r_two_sample.csv"):
        counts = ints(row, *FOUR)
        spans(contrast.newcombe(*counts), row["ratesci_newcombe_low"],
              row["ratesci_newcombe_high"])  # fmt: skip
        for maker in ("propcis", "ratesci"):
            spans(contrast.miettinen_nurminen(*counts), row[f"{maker}_mn_low"],
                  row[f"{maker}_mn_high"], 1e-6)  # fmt: skip
        if counts == [1, 1, 0, 1]:
            # The mirror image of (0, 1, 1, 1), which PropCIs does not treat alike.
            continue
        koopman = contrast.koopman_ratio(*counts)
        for found, text in ((koopman.low, "low"), (koopman.high, "high")):
            said = row[f"propcis_koopman_rr_{text}"]
            if said == "Inf":
                assert found == math.inf
            # PropCIs steps towards its limits and stops near them.
            elif said not in ("", "NA", "NaN"):
                assert found == pytest.approx(float(said), rel=6e-3)


def test_katz() -> None:
    for row in rows("katz_rr.csv"):
        found = contrast.katz_ratio(*ints(row, *FOUR, then="conf"))
        spans(found, row["katz_rr_low"], row["katz_rr_high"])


def test_fisher_and_boschloo() -> None:
    for row in rows("fisher_boschloo.csv"):
        counts = ints(row, *FOUR)
        same(contrast.fisher_p(*counts), row["fisher_two_sided_p"])
        if number(row["boschloo_two_sided_p"]) is not None:
            same(contrast.boschloo_p(*counts), row["boschloo_two_sided_p"], 1e-6)


def test_equivalence() -> None:
    for row in rows("tost.csv"):
        sides = ints(row, *FOUR, then="margin")
        same(contrast.tost_p_statsmodels(*sides), row["tost_score_p"])
        same(contrast.tost_p(*sides), row["tost_score_p"], 1e-3)


PAIRS = ("n11", "n10", "n01", "n00")


def test_mcnemar() -> None:
    for row in rows("mcnemar.csv"):
        n10, n01 = ints(row, "n10", "n01")
        same(paired.mcnemar_p(n10, n01), row["exact_p"])
        found = paired.mcnemar_chi2(n10, n01)
        assert (found is None) == (number(row["chi2_uncorrected"]) is None)
        if found is not None:
            same(found[0], row["chi2_uncorrected"])
            same(found[1], row["asymptotic_p"])
    for row in rows("r_mcnemar.csv"):
        n10, n01 = ints(row, "n10", "n01")
        same(paired.mcnemar_p(n10, n01), row["r_exact_p"])
        found = paired.mcnemar_chi2(n10, n01)
        if found is not None:
            same(found[1], row["r_mcnemar_chi2_p"])


def test_paired_differences() -> None:
    for row in rows("r_paired_diff.csv"):
        counts = ints(row, *PAIRS)
        tango = paired.tango(*counts)
        spans(tango, row["ratesci_tango_low"], row["ratesci_tango_high"], 1e-6)
        # PropCIs takes the second side first.
        mirrored = Span(-tango.high, -tango.low)
        spans(mirrored, row["propcis_tango_low"], row["propcis_tango_high"], 1e-6)
        spans(paired.newcombe_paired(*counts), row["ratesci_newcombe10_low"],
              row["ratesci_newcombe10_high"], 1e-6)  # fmt: skip


def test_stratified_as_statsmodels_has_it() -> None:
    for row in rows("cmh.csv"):
        data = [tuple(s) for s in json.loads(row["strata_json_x1_n1_x2_n2"])]
        tested = strat.cmh(data)
        same(tested.chi2, row["cmh_chi2"])
        same(tested.p, row["cmh_p"])
        ratio = strat.odds_ratio(data)
        assert ratio is not None
        same(ratio.value, row["or_mh"])
        spans(ratio.span, row["or_low"], row["or_high"])
        risk = strat.risk_ratio(data)
        assert risk is not None
        same(risk, row["rr_mh"])
        even = strat.breslow_day(data)
        if even is not None:
            same(even.chi2, row["breslow_day"])
            same(even.p, row["breslow_day_p"])
            same(even.tarone, row["bd_tarone"])
            same(even.tarone_p, row["bd_tarone_p"])


def test_stratified_as_r_has_it() -> None:
    for row in rows("r_cmh.csv"):
        data = [tuple(map(float, s.split(":"))) for s in row["strata"].split("|")]
        for corrected, chi2, p in ((False, "chi2", "p"), (True, "chi2_cc", "p_cc")):
            tested = strat.cmh(data, corrected=corrected)  # type: ignore[arg-type]
            same(tested.chi2, row[chi2])
            same(tested.p, row[p])
        ratio = strat.odds_ratio(data)  # type: ignore[arg-type]
        if ratio is not None:
            same(ratio.value, row["or_mh"])
            spans(ratio.span, row["or_low"], row["or_high"])


def tables(name: str) -> Iterator[tuple[Row, list[list[int]]]]:
    for row in rows(name):
        n11, n10, n01, n00 = ints(row, *PAIRS)
        yield row, [[n11, n10], [n01, n00]]


def test_kappa() -> None:
    for row, table in tables("kappa.csv"):
        found = agreement.cohen(table)
        if found is None or number(row["kappa"]) is None:
            continue
        same(found.value, row["kappa"])
        same(found.se, row["se_fleiss"])
        spans(found.span, row["low"], row["high"])
        same(agreement.gwet(table), row["gwet_ac1"], 6e-6)
        n11, n10, n01, n00 = ints(row, *PAIRS)
        one = [1] * (n11 + n10) + [0] * (n01 + n00)
        two = [1] * n11 + [0] * n10 + [1] * n01 + [0] * n00
        alpha = agreement.krippendorff([one, two])
        if alpha is not None:
            same(alpha, row["kripp_alpha_nominal_irrCAC_table"], 6e-6)
    for row, table in tables("r_kappa_vcd.csv"):
        found = agreement.cohen(table)
        if found is not None:
            same(found.value, row["kappa"])
            same(found.se, row["ase"])


def test_krippendorff() -> None:
    for row in rows("krippendorff.csv"):
        data = json.loads(row["reliability_data_json_raters_by_units"])
        for level in ("nominal", "ordinal", "interval"):
            found = agreement.krippendorff(data, level)
            if found is not None:
                same(found, row[f"alpha_{level}"])


def test_prediction_powered() -> None:
    for row in rows("ppi.csv"):
        labelled = ints(row, "lab_y1f1", "lab_y1f0", "lab_y0f1", "lab_y0f0")
        rest = ints(row, "unlab_f1", "unlab_f0")
        for tuned, name in ((False, "ppi"), (True, "ppipp")):
            found = judge_error.prediction_powered(
                (labelled[0], labelled[1], labelled[2], labelled[3]), (rest[0], rest[1]),
                float(row["conf"]), tuned=tuned,
            )  # fmt: skip
            same(found.value, row[f"{name}_est"])
            spans(found.span, row[f"{name}_low"], row[f"{name}_high"])


def test_lang_reiczigel() -> None:
    for row in rows("rogan_gladen_lr.csv"):
        names = ("judge_pos", "n", "true_pos", "m_pos", "true_neg", "m_neg")
        try:
            found = judge_error.lang_reiczigel(*ints(row, *names, then="conf"))
        except ValueError:
            continue
        same(found.value, row["est_clipped"])
        spans(found.span, row["low_clipped"], row["high_clipped"])


def test_rogan_gladen() -> None:
    for row in rows("r_rogan_gladen_known.csv"):
        low, high = float(row["ap_low"]), float(row["ap_high"])
        found = judge_error.rogan_gladen(
            float(row["ap"]), Span(low, high), float(row["se"]), float(row["sp"])
        )
        same(found.value, row["tp"])
        spans(found.span, row["tp_low"], row["tp_high"])
        if row["method"] == "wilson":
            limits = proportion.wilson(*ints(row, "pos", "tested"))
            spans(limits, row["ap_low"], row["ap_high"])


def test_the_sequence_with_a_fixed_prior() -> None:
    for row in rows("r_betabinom_fixed_prior.csv"):
        s, n = ints(row, "successes", "n")
        found = anytime.confidence_sequence(
            s, n, float(row["a"]), float(row["b"]), float(row["alpha"])
        )
        for value, text in ((found.low, row["low"]), (found.high, row["high"])):
            assert value == pytest.approx(float(text), rel=1e-7, abs=1e-9)


def test_the_mixture_with_a_prior_that_moves_with_the_rate() -> None:
    for row in rows("betabinom_cs_confseq.csv"):
        s, n = ints(row, "successes", "n")
        alpha = float(row["alpha"])
        k = 2 * math.log(1 / 0.05) + math.log(1 + 2 * math.log(1 / 0.05))
        c = float(row["t_opt"]) / k - 1
        for end in ("low", "high"):
            limit = float(row[end])
            if not 1e-6 < limit < 1 - 1e-6 or c <= 0:
                continue
            # At a limit the mixture stands exactly at the mark.
            found = anytime.log_mixture(s, n, limit, c * limit, c * (1 - limit))
            slope = (
                abs(anytime.log_mixture(s, n, limit + 1e-7, c * limit, c * (1 - limit)) - found)
                / 1e-7
            )
            assert found == pytest.approx(math.log(1 / alpha), abs=1e-6 + 1e-8 * slope)


def test_the_sequence_without_replacement() -> None:
    for row in rows("wor_cs_cswor.csv"):
        s, n, size = ints(row, "successes", "n", "N")
        priors = float(row["prior_a"]), float(row["prior_b"])
        found = anytime.finite_sequence(s, n, size, *priors, float(row["alpha"]))
        assert found == (int(row["K_low"]), int(row["K_high"]))


def test_the_two_by_two_process() -> None:
    for row in rows("r_safe2x2_evalue.csv"):
        a, b = ([int(bit) for bit in row[side]] for side in ("a", "b"))
        found = anytime.two_by_two_e_value(a, b, float(row["prior"]))
        assert math.log(found) == pytest.approx(math.log(float(row["e_final"])), abs=1e-9)


def test_adjusted_p_values() -> None:
    for row in rows("r_padjust.csv"):
        p, holm, bh = ([float(x) for x in row[name].split("|")] for name in ("p", "holm", "bh"))
        assert multiplicity.holm(p) == pytest.approx(holm, abs=1e-9)
        assert multiplicity.benjamini_hochberg(p) == pytest.approx(bh, abs=1e-9)


def test_power() -> None:
    for row in rows("power.csv"):
        found = planning.power(float(row["p1"]), float(row["p2"]), float(row["n"]))
        same(found, row["power"])
    for row in rows("power_n.csv"):
        rates = float(row["p1"]), float(row["p2"])
        for wanted, name in ((0.8, "n80"), (0.9, "n90")):
            # R searches for its n and stops within a quarter of its digits.
            found = planning.size_for_power(*rates, wanted)
            assert found == pytest.approx(float(row[name]), rel=1e-5)


def test_two_phase() -> None:
    for row in rows("r_twophase_survey.csv"):
        n1, n0, m1, x1, m0, x0 = ints(row, "N1", "N0", "m1", "x1", "m0", "x0")
        flagged = two_phase.Stratum("flagged", n1, m1, x1)
        found = two_phase.estimate([flagged, two_phase.Stratum("rest", n0, m0, x0)])
        same(found.rate, row["est"])
        same(found.se_finite, row["se_finitepop"])
        same(found.rate, row["est_twophase"])
        same(found.se_wider, row["se_twophase"])
