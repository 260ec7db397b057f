"""An ink's constituents put together: one stiffness tensor in the fibre frame, and its band.

``C = C_matrix + synergy · Σ_k φ_k E_f,eff(c_total) r_k η_k ⟨n⊗n⊗n⊗n⟩`` with the crimp factor η_k
of fibres held by the matrix and r_k their stiffness relative to collagen I. E_f,eff is taken at
the *total* collagen concentration, so that calling one collagen by two names changes nothing.
At small strain a fibre answers alike to pull and push: that is what the measured G(c) contains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.materials import collagen as network
from solver.materials.alginate import Estimate, alginate_modulus
from solver.materials.crimp import CrimpFactors, crimp_factors
from solver.materials.ink import Collagen, Ink
from solver.materials.orientation import fourth_moment
from solver.materials.tensors import (
    FloatArray,
    directional_modulus,
    isotropic,
    isotropic_part,
)

RATIO_BAND_III = (0.25, 1.2)  # stiffness of III relative to I [assumption]
MEASURED_LOG_SD = 0.2  # spread of a user's own measurement [assumption]
BARE_MATRIX_SHARE = 0.05  # ground matrix of a gel of collagen alone, of its G [assumption]
BARE_POISSON = 0.3
_BAND_SAMPLES = 512


@dataclass(frozen=True)
class Fibres:
    """One collagen inside a gel: volume fraction, modulus (kPa) and what crimp leaves of it."""

    name: str
    fraction: float
    modulus: float
    stiffness_ratio: float
    crimp: CrimpFactors

    @property
    def stiffness(self) -> float:
        """φ E r η in kPa: what multiplies ``⟨n⊗n⊗n⊗n⟩``."""
        return self.fraction * self.modulus * self.stiffness_ratio * self.crimp.held


@dataclass(frozen=True, eq=False)
class Gel:
    """The local material of an ink.

    Attributes
    ----------
    stiffness
        ``(6, 6)`` Mandel, kPa, fibre axis e_z.
    matrix_modulus, poisson_ratio
        Young's modulus (kPa) and Poisson ratio of the matrix alone, scaled with the whole when a
        measurement pins it.
    isotropic_modulus, e_fibre, e_cross
        Young's moduli in kPa: isotropic part, along and across the fibre axis.
    log_sd
        Standard deviation of ln E from the recipe's stated uncertainties.
    """

    ink: Ink
    stiffness: FloatArray
    matrix_modulus: float
    poisson_ratio: float
    isotropic_modulus: float
    e_fibre: float
    e_cross: float
    fibres: tuple[Fibres, ...]
    log_sd: float
    warnings: tuple[str, ...]


def _matrix(ink: Ink, collagen_shear: float) -> tuple[Estimate, float]:
    alginate = ink.alginate
    if alginate is None:
        modulus = BARE_MATRIX_SHARE * collagen_shear * 2.0 * (1.0 + BARE_POISSON)
        note = (
            f"{ink.name}: no alginate; a ground matrix of {BARE_MATRIX_SHARE:.0%} of the collagen "
            f"network's shear modulus is assumed",
        )
        return Estimate(modulus, network.BATCH_LOG_SD, note), BARE_POISSON
    if alginate.youngs_modulus is not None:
        return Estimate(alginate.youngs_modulus, MEASURED_LOG_SD, ()), alginate.poisson_ratio
    recipe = alginate_modulus(alginate.concentration, alginate.calcium, alginate.chain)
    return recipe, alginate.poisson_ratio


def _crimp(collagen: Collagen, matrix_shear: float) -> CrimpFactors:
    return crimp_factors(
        collagen.waviness.amplitude,
        collagen.waviness.wavelength,
        collagen.fibril_radius,
        network.FIBRIL_MODULUS,
        matrix_shear,
    )


def build_gel(ink: Ink) -> Gel:
    """Stiffness and band of an ink.

    Parameters
    ----------
    ink
        The recipe.

    Raises
    ------
    ValueError
        If the ink has neither matrix, collagen nor a measured modulus, or a number is impossible.
    """
    collagens = {
        name: c
        for name, c in (("I", ink.collagen_I), ("III", ink.collagen_III))
        if c is not None and c.concentration > 0.0
    }
    if ink.alginate is None and not collagens:
        raise ValueError(f"ink {ink.name!r} holds nothing: expected alginate or collagen")
    total = sum(c.concentration for c in collagens.values())
    shear = network.network_shear_modulus(total) if collagens else Estimate(0.0, 0.0, ())
    matrix, poisson = _matrix(ink, shear.value)
    matrix_shear = matrix.value / (2.0 * (1.0 + poisson))
    fibres = tuple(
        Fibres(
            name=name,
            fraction=network.fibre_fraction(c.concentration),
            modulus=network.effective_fibre_modulus(total),
            stiffness_ratio=c.stiffness_ratio,
            crimp=_crimp(c, matrix_shear),
        )
        for name, c in collagens.items()
    )
    stiffness = isotropic(matrix.value, poisson)
    if fibres:
        sum_of_fibres = ink.synergy * sum(f.stiffness for f in fibres)
        stiffness = stiffness + sum_of_fibres * fourth_moment(ink.alignment)
    scale = 1.0
    modulus = float(isotropic_part(stiffness).young)
    log_sd = _log_sd(ink, collagens, matrix, poisson, shear)
    if ink.youngs_modulus is not None:
        scale = ink.youngs_modulus / modulus
        log_sd = MEASURED_LOG_SD
    stiffness = scale * stiffness
    along = directional_modulus(stiffness, [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    return Gel(
        ink=ink,
        stiffness=stiffness,
        matrix_modulus=scale * matrix.value,
        poisson_ratio=poisson,
        isotropic_modulus=scale * modulus,
        e_fibre=float(along[0]),
        e_cross=float(along[1]),
        fibres=fibres,
        log_sd=log_sd,
        warnings=matrix.warnings + shear.warnings,
    )


def _log_sd(
    ink: Ink,
    collagens: dict[str, Collagen],
    matrix: Estimate,
    poisson: float,
    shear: Estimate,
) -> float:
    """Spread of ln E_isotropic when the recipe's uncertain numbers are sampled (fixed seed).

    The isotropic part of ``s⟨n⊗n⊗n⊗n⟩`` is K = s/9, G = s/15 whatever the orientation [derived],
    so no tensor is built per sample. Synergy is not sampled: nothing found gives its spread.
    """
    from scipy.stats import norm, qmc

    u = qmc.Sobol(3, seed=0).random(_BAND_SAMPLES)
    z = norm.ppf(np.clip(u[:, :2], 1e-9, 1.0 - 1e-9))
    matrix_e = matrix.value * np.exp(matrix.log_sd * z[:, 0])
    network_factor = np.exp(shear.log_sd * z[:, 1])
    low, high = np.log(RATIO_BAND_III)
    ratio_iii = np.exp(low + (high - low) * u[:, 2])
    total = sum(c.concentration for c in collagens.values())
    s = np.zeros(_BAND_SAMPLES)
    for name, c in collagens.items():
        fraction = network.fibre_fraction(c.concentration)
        modulus = network.effective_fibre_modulus(total) * network_factor
        ratio = ratio_iii if name == "III" else c.stiffness_ratio
        held = np.array([_crimp(c, e / (2.0 * (1.0 + poisson))).held for e in matrix_e])
        s = s + ink.synergy * fraction * modulus * ratio * held
    bulk = matrix_e / (3.0 * (1.0 - 2.0 * poisson)) + s / 9.0
    shear_modulus = matrix_e / (2.0 * (1.0 + poisson)) + s / 15.0
    young = 9.0 * bulk * shear_modulus / (3.0 * bulk + shear_modulus)
    return float(np.std(np.log(young)))
