"""Bounds and estimates for gels with embedded fibres: what a fibre cell is compared with.

All tensors are Mandel 6×6 in kPa; aligned fibres have the axis e_z and phases are isotropic where
a function takes moduli instead of tensors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from solver.materials.tensors import FloatArray, isotropic


class Phase(NamedTuple):
    """An isotropic phase: Young's modulus in kPa and Poisson ratio."""

    young: float
    poisson: float

    @property
    def shear(self) -> float:
        """G, kPa."""
        return self.young / (2.0 * (1.0 + self.poisson))

    @property
    def bulk(self) -> float:
        """K, kPa."""
        return self.young / (3.0 * (1.0 - 2.0 * self.poisson))

    @property
    def plane_bulk(self) -> float:
        """Plane-strain bulk modulus k = K + G/3, kPa."""
        return self.bulk + self.shear / 3.0

    @property
    def stiffness(self) -> FloatArray:
        """``(6, 6)``, kPa."""
        return isotropic(self.young, self.poisson)


class AlignedModuli(NamedTuple):
    """Moduli of a gel with aligned fibres, transversely isotropic about e_z.

    Attributes
    ----------
    axial
        Young's modulus along the fibres, E_L, kPa.
    axial_poisson
        Contraction across per stretch along the fibres.
    plane_bulk
        Plane-strain bulk modulus across the fibres, k, kPa.
    axial_shear, transverse_shear
        G_L and G_T, kPa.
    """

    axial: float
    axial_poisson: float
    plane_bulk: float
    axial_shear: float
    transverse_shear: float

    @property
    def transverse(self) -> float:
        """Young's modulus across the fibres, ``4/E_T = 1/G_T + 1/k + 4ν²/E_L``, kPa."""
        soft = 1.0 / self.transverse_shear + 1.0 / self.plane_bulk
        return 4.0 / (soft + 4.0 * self.axial_poisson**2 / self.axial)

    @property
    def stiffness(self) -> FloatArray:
        """``(6, 6)``, kPa."""
        k, nu, g = self.plane_bulk, self.axial_poisson, self.transverse_shear
        c = np.zeros((6, 6))
        c[:2, :2] = [[k + g, k - g], [k - g, k + g]]
        c[:2, 2] = c[2, :2] = 2.0 * k * nu
        c[2, 2] = self.axial + 4.0 * k * nu**2
        c[3, 3] = c[4, 4] = 2.0 * self.axial_shear
        c[5, 5] = 2.0 * g
        return c

    @classmethod
    def of(cls, stiffness: ArrayLike) -> AlignedModuli:
        """Read a stiffness ``(6, 6)`` in kPa, averaged over turns about e_z."""
        c = np.asarray(stiffness, dtype=float)
        k = 0.25 * (c[0, 0] + c[1, 1]) + 0.5 * c[0, 1]
        shear = 0.125 * (c[0, 0] + c[1, 1] - 2.0 * c[0, 1]) + 0.25 * c[5, 5]
        coupling = 0.5 * (c[0, 2] + c[1, 2])
        nu = coupling / (2.0 * k)
        along = 0.25 * (c[3, 3] + c[4, 4])
        return cls(
            *(float(value) for value in (c[2, 2] - 2.0 * coupling * nu, nu, k, along, shear))
        )


class Bounds(NamedTuple):
    """Lower and upper bound, kPa."""

    lower: float
    upper: float


class AlignedBounds(NamedTuple):
    """Lower and upper moduli of a gel with aligned fibres."""

    lower: AlignedModuli
    upper: AlignedModuli


def voigt(stiffness: ArrayLike, fractions: ArrayLike) -> FloatArray:
    """Upper bound on the energy, ``Σ f C``: uniform strain.

    Parameters
    ----------
    stiffness
        ``(k, 6, 6)``, kPa.
    fractions
        Volume fractions ``(k,)``, sum 1.
    """
    return np.asarray(np.einsum("k,kij->ij", _fractions(fractions), np.asarray(stiffness)))


def reuss(stiffness: ArrayLike, fractions: ArrayLike) -> FloatArray:
    """Lower bound, ``(Σ f C⁻¹)⁻¹``: uniform stress; arguments as of :func:`voigt`."""
    return np.asarray(np.linalg.inv(voigt(np.linalg.inv(np.asarray(stiffness)), fractions)))


def _fractions(fractions: ArrayLike) -> FloatArray:
    f = np.asarray(fractions, dtype=float)
    if (f < 0.0).any() or abs(f.sum() - 1.0) > 1e-9:
        raise ValueError(f"expected volume fractions that sum to 1, found {f.tolist()}")
    return f


def hashin_shtrikman(matrix: Phase, inclusion: Phase, fraction: float) -> Bounds:
    """Bounds on Young's modulus of an isotropic mixture of two isotropic phases, kPa.

    From the bounds on K and G (Hashin & Shtrikman 1963, doi 10.1016/0022-5096(63)90060-7); E rises
    with both, so each end of E is that of K and G.

    Parameters
    ----------
    matrix, inclusion
        Phases; one must be the stiffer in both K and G.
    fraction
        Volume fraction of the inclusion, 0…1.

    Raises
    ------
    ValueError
        If the phases are not ordered.
    """
    soft, stiff, share = _ordered(matrix, inclusion, fraction)
    ends = []
    for reference in (soft, stiff):
        bulk_star = 4.0 / 3.0 * reference.shear
        g, k = reference.shear, reference.bulk
        shear_star = g / 6.0 * (9.0 * k + 8.0 * g) / (k + 2.0 * g)
        bulk = 1.0 / ((1.0 - share) / (soft.bulk + bulk_star) + share / (stiff.bulk + bulk_star))
        shear = 1.0 / (
            (1.0 - share) / (soft.shear + shear_star) + share / (stiff.shear + shear_star)
        )
        bulk, shear = bulk - bulk_star, shear - shear_star
        ends.append(9.0 * bulk * shear / (3.0 * bulk + shear))
    return Bounds(*ends)


def hill_hashin(matrix: Phase, fibre: Phase, fraction: float) -> AlignedBounds:
    """Bounds on the moduli of a gel with aligned fibres of any cross-section.

    Each modulus between the composite-cylinder values with the softer and the stiffer phase
    outside (Hill 1964, J. Mech. Phys. Solids 12, 199-212; Hashin 1965, same journal 13, 119-134).
    The Poisson ratio is the one that goes with each.

    Parameters
    ----------
    matrix, fibre
        Phases; one must be the stiffer in both K and G.
    fraction
        Volume fraction of fibres, 0…1.

    Raises
    ------
    ValueError
        If the phases are not ordered.
    """
    soft, stiff, share = _ordered(matrix, fibre, fraction)
    return AlignedBounds(
        _composite_cylinders(soft, stiff, share), _composite_cylinders(stiff, soft, 1.0 - share)
    )


def _composite_cylinders(outer: Phase, inner: Phase, f: float) -> AlignedModuli:
    """Cylinders of one phase, each in a coat of the other; f is the share of the inner phase."""
    k, g, other_k, other_g = outer.plane_bulk, outer.shear, inner.plane_bulk, inner.shear
    rest = 1.0 - f

    def mix(low: float, high: float, star: float) -> float:
        # 1/(⟨1/(X + X*)⟩) − X*, free of divisions by the difference of phases
        return 1.0 / (rest / (low + star) + f / (high + star)) - star

    mismatch = inner.poisson - outer.poisson
    lateral = rest / other_k + f / k + 1.0 / g
    mean = f * inner.poisson + rest * outer.poisson
    return AlignedModuli(
        axial=f * inner.young + rest * outer.young + 4.0 * f * rest * mismatch**2 / lateral,
        axial_poisson=mean + f * rest * mismatch * (1.0 / k - 1.0 / other_k) / lateral,
        plane_bulk=mix(k, other_k, g),
        axial_shear=mix(g, other_g, g),
        transverse_shear=mix(g, other_g, g * k / (k + 2.0 * g)),
    )


def _ordered(matrix: Phase, other: Phase, fraction: float) -> tuple[Phase, Phase, float]:
    """The softer phase, the stiffer one and the latter's share."""
    if not 0.0 <= fraction <= 1.0:
        raise ValueError(f"expected a volume fraction between 0 and 1, found {fraction}")
    if matrix.bulk <= other.bulk and matrix.shear <= other.shear:
        return matrix, other, fraction
    if matrix.bulk >= other.bulk and matrix.shear >= other.shear:
        return other, matrix, 1.0 - fraction
    raise ValueError("expected one phase to be the stiffer in both bulk and shear modulus")


def eshelby(poisson: float, aspect: float = np.inf) -> FloatArray:
    """Eshelby's tensor of a spheroid with axis e_z in an isotropic medium, ``(6, 6)`` Mandel.

    Parameters
    ----------
    poisson
        Poisson ratio of the medium.
    aspect
        Length over diameter, ≥ 1; infinity is a cylinder, 1 a sphere.

    Raises
    ------
    ValueError
        If the spheroid is oblate.

    References
    ----------
    Eshelby 1957, doi 10.1098/rspa.1957.0133; components as in Tandon & Weng 1984,
    doi 10.1002/pc.750050413.
    """
    if aspect < 1.0:
        raise ValueError(f"expected an aspect ratio of 1 or more, found {aspect}")
    if aspect < 1.0 + 1e-6:  # the closed form below cancels
        shape = (1.0 + poisson) / (3.0 * (1.0 - poisson))
        shear = 2.0 * (4.0 - 5.0 * poisson) / (15.0 * (1.0 - poisson))
        sphere = np.outer([1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0]) / 3.0
        return np.asarray(shape * sphere + shear * (np.eye(6) - sphere))
    free = 1.0 - 2.0 * poisson
    b = 0.0 if np.isinf(aspect) else 1.0 / (aspect**2 - 1.0)
    a = 1.0 + b  # α²/(α²−1)
    g = 1.0
    if np.isfinite(aspect):
        g = aspect * b**1.5 * (aspect / np.sqrt(b) - np.arccosh(aspect))
    axial = free + 3.0 * a - b - (free + 3.0 * a) * g  # (3α²−1)/(α²−1) = 3a − b
    across = 0.75 * a + 0.5 * (free - 2.25 * b) * g
    sideways = 0.25 * a - 0.5 * (free + 0.75 * b) * g
    to_axis = -(free + b) + (free + 1.5 * b) * g
    from_axis = -a + 0.5 * (3.0 * a - free) * g
    shear_across = 0.25 * a + 0.5 * (free - 0.75 * b) * g
    shear_along = 0.5 * (free - (a + b) - 0.5 * (free - 3.0 * (a + b)) * g)
    s = np.zeros((6, 6))
    s[:2, :2] = [[across, sideways], [sideways, across]]
    s[2, :2], s[:2, 2], s[2, 2] = to_axis, from_axis, axial
    s[3, 3] = s[4, 4] = 2.0 * shear_along
    s[5, 5] = 2.0 * shear_across
    return np.asarray(s / (2.0 * (1.0 - poisson)))


def mori_tanaka(
    matrix: Phase, inclusion: ArrayLike, fraction: float, aspect: float = np.inf
) -> FloatArray:
    """Mori–Tanaka stiffness of a gel with aligned cylinders or prolate spheroids, ``(6, 6)`` kPa.

    ``C = C_m + f (C_f − C_m) A [(1−f) I + f A]⁻¹`` with the dilute concentration
    ``A = [I + S C_m⁻¹ (C_f − C_m)]⁻¹`` (Benveniste 1987, doi 10.1016/0167-6636(87)90005-6). For
    cylinders it is the lower one of :func:`hill_hashin` where the matrix is the softer phase.

    Parameters
    ----------
    matrix
        Isotropic matrix.
    inclusion
        Stiffness of the inclusions, ``(6, 6)``, kPa; e_z is their axis.
    fraction
        Volume fraction of inclusions, 0…1.
    aspect
        Length over diameter, ≥ 1; default cylinders.
    """
    if not 0.0 <= fraction <= 1.0:
        raise ValueError(f"expected a volume fraction between 0 and 1, found {fraction}")
    c = matrix.stiffness
    contrast = np.asarray(inclusion, dtype=float) - c
    unit = np.eye(6)
    # A [(1−f) I + f A]⁻¹ = [I + (1−f) S C_m⁻¹ ΔC]⁻¹
    dilute = eshelby(matrix.poisson, aspect) @ np.linalg.solve(c, contrast)
    mixed = c + fraction * contrast @ np.linalg.inv(unit + (1.0 - fraction) * dilute)
    return np.asarray(0.5 * (mixed + mixed.T))
