"""An ink's constituents put together: one stiffness tensor in the fibre frame, and its band.

``C = C_matrix + synergy · Σ_k φ_k ψ_k''(1) ⟨n⊗n⊗n⊗n⟩`` with ψ_k the law of one fibre. For the
default, crimped law ``ψ_k''(1) = E_f,eff(c_total) r_k η_k``: crimp factor η_k of fibres held by the
matrix, r_k their stiffness relative to collagen I. E_f,eff is taken at the *total* collagen
concentration, so that calling one collagen by two names changes nothing. At small strain a fibre
answers alike to pull and push: that is what the measured G(c) contains.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from solver.materials import collagen as network
from solver.materials.alginate import Estimate, alginate_modulus
from solver.materials.crimp import CrimpFactors, buckling_strain, crimp_factors
from solver.materials.draws import Draw, recipe_draws
from solver.materials.fibres.choice import CrimpedChoice, LawChoice, RecipeFibre
from solver.materials.fibres.law import FibreLaw, small_strain_tangent
from solver.materials.fibres.tension_aligned import TensionAligned
from solver.materials.ink import Collagen, Ink
from solver.materials.odf import Orientation
from solver.materials.orientation_field import OrientationField
from solver.materials.tensors import (
    FloatArray,
    directional_modulus,
    isotropic,
    isotropic_part,
)

DEFAULT_RATIO_III = 0.5  # stiffness of III relative to I [assumption]
MEASURED_LOG_SD = 0.2  # spread of a user's own measurement [assumption]
BARE_MATRIX_SHARE = 0.05  # ground matrix of a gel of collagen alone, of its G [assumption]
BARE_POISSON = 0.3
_BAND_SAMPLES = 512


@dataclass(frozen=True)
class Fibres:
    """One collagen inside a gel.

    Attributes
    ----------
    fraction
        φ.
    modulus
        E_f,eff of straight collagen I, kPa.
    stiffness_ratio
        r, relative to collagen I.
    crimp
        What waviness leaves.
    choice, law
        Which law, and the law itself: kPa per unit of φ.
    base
        Modulus (kPa) of the fibres of an isotropic network beside the law, for laws that carry
        nothing at rest; 0 for the others.
    """

    name: str
    fraction: float
    modulus: float
    stiffness_ratio: float
    crimp: CrimpFactors
    choice: LawChoice
    law: FibreLaw
    base: float

    @property
    def stiffness(self) -> float:
        """φ ψ''(1) in kPa (crimped: φ E r η): what multiplies ``⟨n⊗n⊗n⊗n⟩``."""
        return self.fraction * (self.base + small_strain_tangent(self.law))


@dataclass(frozen=True, eq=False)
class Gel:
    """The local material of an ink.

    Attributes
    ----------
    stiffness
        ``(6, 6)`` Mandel, kPa, fibre axis e_z (see :func:`fibre_orientation`).
    scale
        What a measurement of the whole gel multiplies everything with; 1 without one.
    matrix_modulus, matrix_poisson
        Young's modulus (kPa) and Poisson ratio of the matrix alone, the modulus scaled with the
        whole when a measurement pins it.
    poisson_ratio
        Of the isotropic part of the whole gel: that of the uniform medium a cell is compared with.
    isotropic_modulus, e_fibre, e_cross
        Young's moduli in kPa: isotropic part, along and across the fibre axis.
    log_sd, matrix_log_sd
        Standard deviation of ln E from the recipe's stated uncertainties: whole gel, matrix alone.
    samples
        ``(s,)`` draws of ln E behind ``log_sd``; draw by draw the same numbers for every ink, so
        that differences between inks can be taken.
    """

    ink: Ink
    stiffness: FloatArray
    scale: float
    matrix_modulus: float
    matrix_poisson: float
    poisson_ratio: float
    isotropic_modulus: float
    e_fibre: float
    e_cross: float
    fibres: tuple[Fibres, ...]
    log_sd: float
    matrix_log_sd: float
    samples: FloatArray
    warnings: tuple[str, ...]

    @property
    def matrix_stiffness(self) -> FloatArray:
        """Stiffness of the matrix alone, ``(6, 6)`` Mandel, kPa."""
        return isotropic(self.matrix_modulus, self.matrix_poisson)

    @property
    def fibre_stiffness(self) -> float:
        """What multiplies ``⟨n⊗n⊗n⊗n⟩`` in ``stiffness``, kPa; 0 without fibres."""
        return self.scale * self.ink.synergy * sum(f.stiffness for f in self.fibres)


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


def _crimp(collagen: Collagen, shear: float, poisson: float, fibril: float) -> CrimpFactors:
    return crimp_factors(
        collagen.waviness.amplitude,
        collagen.waviness.wavelength,
        collagen.fibril_radius,
        fibril,
        shear,
        poisson,
    )


def _fibres(
    name: str, collagen: Collagen, held_by: tuple[float, float], modulus: float, draw: Draw
) -> Fibres:
    """Fibres of straight modulus ``modulus`` in a matrix of shear modulus and Poisson ratio."""
    shear, poisson = held_by
    crimp = _crimp(collagen, shear, poisson, draw.fibril)
    choice = collagen.law if collagen.law is not None else CrimpedChoice()
    if choice.kind != CrimpedChoice.kind and collagen.waviness.amplitude > 0.0:
        raise ValueError(
            f"collagen {name}: the law {choice.kind} describes a network as it was measured; "
            f"waviness goes with the law crimped only"
        )
    ratio = collagen.stiffness_ratio
    if draw.ratio is not None and _open_ratio(name, collagen):
        ratio = draw.ratio
    if choice.stiffness is not None:
        factor = float(np.exp(MEASURED_LOG_SD * draw.network))
        choice = replace(choice, stiffness=choice.stiffness * factor)
    recipe = RecipeFibre(
        modulus=modulus * ratio,
        fraction=network.fibre_fraction(collagen.concentration),
        crimp=crimp,
        buckling_strain=buckling_strain(
            collagen.fibril_radius, draw.fibril, shear, crimp.held, poisson
        ),
    )
    return Fibres(
        name=name,
        fraction=recipe.fraction,
        modulus=modulus,
        stiffness_ratio=ratio,
        crimp=crimp,
        choice=choice,
        law=choice.law(recipe),
        base=choice.base(recipe),
    )


def _open_ratio(name: str, collagen: Collagen) -> bool:
    """Whether the user left open how stiff the fibres of III are."""
    return name == "III" and collagen.stiffness_ratio == DEFAULT_RATIO_III


def build_gel(ink: Ink, draw: Draw | None = None) -> Gel:
    """Stiffness and band of an ink.

    Parameters
    ----------
    ink
        The recipe.
    draw
        One draw of what is uncertain in it: such a gel has no band of its own, and is quick.

    Raises
    ------
    ValueError
        If the ink has neither matrix, collagen nor a measured modulus, or a number is impossible.
    """
    banded, draw = draw is None, draw or Draw()
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
    young = matrix.value * float(np.exp(matrix.log_sd * draw.matrix))
    matrix_shear = young / (2.0 * (1.0 + poisson))
    fibre_modulus = _fibre_share(ink) * float(np.exp(shear.log_sd * draw.network))
    if collagens:
        fibre_modulus *= network.effective_fibre_modulus(total)
    fibres = tuple(
        _fibres(name, c, (matrix_shear, poisson), fibre_modulus, draw)
        for name, c in collagens.items()
    )
    orientation = fibre_orientation(ink)
    in_space = isinstance(ink.orientation, OrientationField)
    directed = in_space or np.ptp(orientation.eigenvalues) > 1e-9
    if directed and any(isinstance(f.law, TensionAligned) for f in fibres):
        raise ValueError(
            "the law tension_aligned acts on principal stretches and knows no directions: expected "
            "an isotropic gel, found fibres with a direction"
        )
    stiffness = isotropic(young, poisson)
    if fibres:
        sum_of_fibres = ink.synergy * sum(f.stiffness for f in fibres)
        stiffness = stiffness + sum_of_fibres * orientation.fourth_moment()
    scale = 1.0
    part = isotropic_part(stiffness)
    modulus = float(part.young)
    samples = (
        _log_modulus_samples(ink, collagens, matrix, poisson, shear)
        if banded
        else np.full(1, np.log(modulus))
    )
    log_sd, warnings = float(np.std(samples)), matrix.warnings
    if ink.alginate is None or any(f.choice.straight_stiffness is None for f in fibres):
        warnings = warnings + shear.warnings
    if ink.youngs_modulus is not None:
        # A measurement beats the recipe; from the recipe only the shape of the tensor is left.
        scale = ink.youngs_modulus * float(np.exp(MEASURED_LOG_SD * draw.whole)) / modulus
        log_sd, warnings = MEASURED_LOG_SD, ()
    stiffness = scale * stiffness
    along = directional_modulus(stiffness, [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    return Gel(
        ink=ink,
        stiffness=stiffness,
        scale=scale,
        matrix_modulus=scale * young,
        matrix_poisson=poisson,
        poisson_ratio=float(part.poisson),
        isotropic_modulus=scale * modulus,
        e_fibre=float(along[0]),
        e_cross=float(along[1]),
        fibres=fibres,
        log_sd=log_sd,
        matrix_log_sd=matrix.log_sd,
        samples=samples,
        warnings=warnings,
    )


def fibre_orientation(ink: Ink) -> Orientation:
    """Density of fibre directions about the print direction: as given, or Watson by alignment.

    Isotropic where a field gives directions in space: the isotropic part of ``⟨n⊗n⊗n⊗n⟩`` is the
    same for all densities [derived].
    """
    if isinstance(ink.orientation, OrientationField):
        return Orientation.isotropic()
    return Orientation.watson(ink.alignment) if ink.orientation is None else ink.orientation


def _fibre_share(ink: Ink) -> float:
    """The fibres' share of G(c): without alginate the ground matrix takes the rest of it."""
    return 1.0 - BARE_MATRIX_SHARE if ink.alginate is None else 1.0


def _log_modulus_samples(
    ink: Ink,
    collagens: dict[str, Collagen],
    matrix: Estimate,
    poisson: float,
    shear: Estimate,
) -> FloatArray:
    """Draws of ln E_isotropic when the recipe's uncertain numbers are sampled (fixed seed).

    Sampled: alginate, collagen batch (or the spread of the stiffness that a user gave a law),
    fibres of III relative to I where the user gave no number, modulus of a single fibril. The
    isotropic part of ``s⟨n⊗n⊗n⊗n⟩`` is K = s/9, G = s/15 whatever the orientation [derived], so no
    tensor is built per sample. Synergy, fibril radius and the shape of the waves are not sampled:
    nothing found gives their spread.
    """
    draws = recipe_draws(_BAND_SAMPLES)
    matrix_e = matrix.value * np.exp(matrix.log_sd * draws.matrix)
    network_factor = np.exp(shear.log_sd * draws.network)
    total = sum(c.concentration for c in collagens.values())
    s = np.zeros(_BAND_SAMPLES)
    for name, c in collagens.items():
        given = None if c.law is None else c.law.straight_stiffness
        if given is None:
            modulus = _fibre_share(ink) * network.effective_fibre_modulus(total) * network_factor
            ratio = draws.ratio if _open_ratio(name, c) else c.stiffness_ratio
            straight = network.fibre_fraction(c.concentration) * modulus * ratio
        else:
            straight = given * np.exp(MEASURED_LOG_SD * draws.network)
        held = np.array(
            [
                _crimp(c, e / (2.0 * (1.0 + poisson)), poisson, f).held
                for e, f in zip(matrix_e, draws.fibril, strict=True)
            ]
        )
        s = s + ink.synergy * straight * held
    bulk = matrix_e / (3.0 * (1.0 - 2.0 * poisson)) + s / 9.0
    shear_modulus = matrix_e / (2.0 * (1.0 + poisson)) + s / 15.0
    return np.log(9.0 * bulk * shear_modulus / (3.0 * bulk + shear_modulus))
