"""Shear modulus of a collagen network and the fibre modulus that goes with it.

A single-fibril modulus (hundreds of MPa) in an affine mix over-predicts a gel by 80–330 times, so
fibres carry the *effective* modulus that gives back the measured gel:
``E_f,eff = 15 G(c)/φ``, φ = 0.73e-3·c [derived].
"""

from __future__ import annotations

import numpy as np

from solver.materials.alginate import Estimate

# mg/mL -> kPa: derived from published shear curves of collagen I gels (exponent 2.0);
# exponent 1.91 is reported independently (10.1038/s41567-024-02632-8).
ANCHOR_CONCENTRATION = np.array([0.6, 1.2, 2.4])
ANCHOR_SHEAR = np.array([0.027, 0.115, 0.431])
END_EXPONENT = 2.0
SOURCE = "10.1038/s41567-024-02632-8"
VOLUME_PER_MASS = 0.73e-3  # mL/mg: fibre volume fraction per mg/mL
FIBRIL_MODULUS = 3.0e5  # kPa, single fibril [assumption: order of magnitude, 300 MPa]
# Fourfold batch-to-batch spread, read as a 90 % interval from half to double [assumption]
BATCH_LOG_SD = float(np.log(2.0) / 1.6449)
EXTRAPOLATION_EXPONENT_SD = 0.5  # assumption


def network_shear_modulus(concentration: float) -> Estimate:
    """Shear modulus of a straight collagen I network, kPa.

    Log-log interpolation between 0.6, 1.2 and 2.4 mg/mL; exponent 2 beyond, with a warning and a
    widened band.

    Parameters
    ----------
    concentration
        Total collagen, mg/mL, positive.

    Raises
    ------
    ValueError
        If the concentration is not positive.
    """
    if concentration <= 0.0:
        raise ValueError(f"expected a positive concentration, found {concentration}")
    low, high = ANCHOR_CONCENTRATION[0], ANCHOR_CONCENTRATION[-1]
    edge = float(np.clip(concentration, low, high))
    beyond = float(np.log(concentration / edge))
    log_g = np.interp(np.log(edge), np.log(ANCHOR_CONCENTRATION), np.log(ANCHOR_SHEAR))
    warnings: tuple[str, ...] = ()
    if beyond != 0.0:
        warnings = (
            f"collagen: {concentration:g} mg/mL lies outside the measured {low:g}-{high:g} mg/mL; "
            f"extrapolated with exponent 2, band widened",
        )
    return Estimate(
        float(np.exp(log_g + END_EXPONENT * beyond)),
        float(np.hypot(BATCH_LOG_SD, EXTRAPOLATION_EXPONENT_SD * beyond)),
        warnings,
    )


def fibre_fraction(concentration: float) -> float:
    """Volume fraction φ of fibres at a concentration in mg/mL."""
    return VOLUME_PER_MASS * concentration


def effective_fibre_modulus(concentration: float) -> float:
    """``E_f,eff = 15 G(c)/φ(c)`` in kPa at a total collagen concentration in mg/mL."""
    return 15.0 * network_shear_modulus(concentration).value / fibre_fraction(concentration)
