"""Young's modulus of calcium alginate from its recipe.

Anchors: 2 % w/v, Young's modulus ± SD against calcium at two chain lengths
(10.1002/cpz1.124, Table 1). Between anchors ln E is linear in ln Ca.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SOURCE = "10.1002/cpz1.124"
# chain kDa -> ((Ca mM, E kPa, SD kPa), (Ca mM, E kPa, SD kPa))
ANCHORS = {
    35.0: ((28.1, 2.7, 1.6), (54.9, 19.0, 4.5)),
    280.0: ((9.8, 3.0, 1.1), (24.4, 18.5, 3.8)),
}
REFERENCE_CONCENTRATION = 2.0  # % w/v
CONCENTRATION_EXPONENT = 2.0  # assumption
CONCENTRATION_EXPONENT_SD = 0.5  # assumption


class Estimate(NamedTuple):
    """A modulus in kPa, the standard deviation of its logarithm, and what to warn of."""

    value: float
    log_sd: float
    warnings: tuple[str, ...]


def _at_chain(chain: float, calcium: float) -> tuple[float, float, float]:
    """ln E, its sd, and the extrapolation distance in ln Ca, at one of the two chain lengths."""
    (ca0, e0, sd0), (ca1, e1, sd1) = ANCHORS[chain]
    slope = np.log(e1 / e0) / np.log(ca1 / ca0)
    t = np.log(calcium / ca0) / np.log(ca1 / ca0)
    inside = float(np.clip(t, 0.0, 1.0))
    log_sd = (1.0 - inside) * sd0 / e0 + inside * sd1 / e1
    beyond = abs(t - inside) * np.log(ca1 / ca0)
    # Outside the anchors the whole extrapolated change counts as uncertain.
    return (
        float(np.log(e0) + slope * np.log(calcium / ca0)),
        float(np.hypot(log_sd, slope * beyond)),
        float(beyond),
    )


def alginate_modulus(concentration: float, calcium: float, chain: float) -> Estimate:
    """Young's modulus of the alginate alone, kPa.

    Interpolates ln E in ln Ca between the anchors, in ln(chain) between the chain lengths
    [assumption], and scales with concentration as c² [assumption, exponent ± 0.5]. Outside the
    anchors the value is extrapolated with a warning and a widened band.

    Parameters
    ----------
    concentration
        % w/v.
    calcium
        mM.
    chain
        kDa.

    Raises
    ------
    ValueError
        If an argument is not positive.
    """
    if min(concentration, calcium, chain) <= 0.0:
        raise ValueError(
            f"expected positive concentration, calcium and chain, found {concentration}, "
            f"{calcium}, {chain}"
        )
    low, high = sorted(ANCHORS)
    t = float(np.log(chain / low) / np.log(high / low))
    weight = min(max(t, 0.0), 1.0)
    (log_low, sd_low, out_low), (log_high, sd_high, out_high) = (
        _at_chain(c, calcium) for c in (low, high)
    )
    log_e = (1.0 - weight) * log_low + weight * log_high
    log_sd = (1.0 - weight) * sd_low + weight * sd_high
    beyond = (1.0 - weight) * out_low + weight * out_high
    warnings = []
    if beyond > 1e-12:
        warnings.append(
            f"alginate: {calcium:g} mM calcium lies outside the measured range for {chain:g} kDa; "
            f"extrapolated, band widened"
        )
    if t != weight:
        warnings.append(
            f"alginate: chain length {chain:g} kDa lies outside the measured {low:g}-{high:g} kDa; "
            f"the nearest is used, band widened"
        )
        log_sd = float(np.hypot(log_sd, np.log(2.0)))
    ratio = np.log(concentration / REFERENCE_CONCENTRATION)
    log_e += CONCENTRATION_EXPONENT * ratio
    log_sd = float(np.hypot(log_sd, CONCENTRATION_EXPONENT_SD * ratio))
    if abs(ratio) > 1e-12:
        warnings.append(
            f"alginate: measured at 2 %; {concentration:g} % is scaled as concentration squared "
            f"(assumption)"
        )
    return Estimate(float(np.exp(log_e)), log_sd, tuple(warnings))
