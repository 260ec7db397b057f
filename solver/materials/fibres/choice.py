"""Which law a collagen follows: what a recipe says, before the amounts are known.

A choice holds the published shape of a law; :meth:`law` gives it the amplitude that follows from
the recipe (or a stiffness that the user gave), so that tangent at rest times amount of fibres is
that of the recipe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from solver.materials.crimp import CrimpFactors
from solver.materials.fibres import tension_aligned
from solver.materials.fibres.crimped import BUCKLING_SHARE, Crimped, recruitment_width
from solver.materials.fibres.exponential import COMPRESSIVE_SHARE, Exponential
from solver.materials.fibres.semi_affine import SemiAffine
from solver.materials.fibres.tension_aligned import TensionAligned


@dataclass(frozen=True)
class RecipeFibre:
    """What the recipe knows of a fibre.

    Parameters
    ----------
    modulus
        Effective modulus of the straight fibre, kPa, relative stiffness of the kind included.
    fraction
        Volume fraction of these fibres, positive.
    crimp
        What waviness leaves.
    buckling_strain
        Compressive strain at which the gel's support gives way.
    """

    modulus: float
    fraction: float
    crimp: CrimpFactors
    buckling_strain: float


@dataclass(frozen=True)
class CrimpedChoice:
    """The default: crimp formula, recruitment at λ_s, buckling; ``buckling`` is β [assumption].

    ``stiffness`` is that of the network once its fibres are straight, in kPa; ``None``: from the
    recipe, 15 G.
    """

    buckling: float = BUCKLING_SHARE
    stiffness: float | None = None

    kind: ClassVar[str] = "crimped"

    @property
    def straight_stiffness(self) -> float | None:
        """Stiffness of the straight network (kPa) in place of the recipe's, if one was given."""
        return self.stiffness

    def law(self, fibre: RecipeFibre) -> Crimped:
        """The law of the fibre, kPa per unit of volume fraction."""
        locking = fibre.crimp.locking_stretch
        return Crimped(
            modulus=_amplitude(self.stiffness, fibre),
            held=fibre.crimp.held,
            locking_stretch=locking,
            width=recruitment_width(locking),
            buckling=self.buckling,
            buckling_strain=fibre.buckling_strain,
        )

    def base(self, fibre: RecipeFibre) -> float:
        """Modulus in kPa of an isotropic network beside the law: none."""
        return 0.0


@dataclass(frozen=True)
class SemiAffineChoice:
    """Steinwachs et al. 2016 (10.1038/nmeth.3685), see :class:`SemiAffine`.

    ``stiffness`` is k of the network in kPa; ``None``: from the recipe, k = 15 G.
    """

    stiffness: float | None = None
    buckling: float = 0.0008
    linear_range: float = 0.0075
    stiffening: float = 0.033

    kind: ClassVar[str] = "semi_affine"

    @property
    def straight_stiffness(self) -> float | None:
        """Stiffness of the straight network (kPa) in place of the recipe's, if one was given."""
        return self.stiffness

    def law(self, fibre: RecipeFibre) -> SemiAffine:
        """The law of the fibre, kPa per unit of volume fraction."""
        return SemiAffine(
            _amplitude(self.stiffness, fibre), self.buckling, self.linear_range, self.stiffening
        )

    def base(self, fibre: RecipeFibre) -> float:
        """Modulus in kPa of an isotropic network beside the law: none."""
        return 0.0


@dataclass(frozen=True)
class ExponentialChoice:
    """Gasser, Ogden & Holzapfel 2006 (10.1098/rsif.2005.0073), see :class:`Exponential`.

    ``stiffness`` is the network's tangent at rest, 4 k1, in kPa; ``None``: from the recipe.
    """

    k2: float
    stiffness: float | None = None
    compressive: float = COMPRESSIVE_SHARE

    kind: ClassVar[str] = "exponential"

    @property
    def straight_stiffness(self) -> float | None:
        """Stiffness of the straight network (kPa) in place of the recipe's, if one was given."""
        return self.stiffness

    def law(self, fibre: RecipeFibre) -> Exponential:
        """The law of the fibre, kPa per unit of volume fraction."""
        k1 = 0.25 * _amplitude(self.stiffness, fibre)
        return Exponential(k1, self.k2, self.compressive, fibre.buckling_strain)

    def base(self, fibre: RecipeFibre) -> float:
        """Modulus in kPa of an isotropic network beside the law: none."""
        return 0.0


@dataclass(frozen=True)
class TensionAlignedChoice:
    """Wang & Shenoy 2014 (10.1016/j.bpj.2014.09.044), see :class:`TensionAligned`.

    ``stiffness`` is E_f of the network in kPa; ``None``: ``stiffness_ratio`` times the confined
    modulus of the isotropic base, which is the recipe's network at small strain.
    """

    stiffness: float | None = None
    critical_stretch: float = 1.02
    exponent: float = 5.0
    hardening: float = 30.0
    width: float | None = None
    stiffness_ratio: float = tension_aligned.STIFFNESS_RATIO

    kind: ClassVar[str] = "tension_aligned"

    @property
    def straight_stiffness(self) -> None:
        """Stiffness of the straight network in place of the recipe's: none, its base is that."""
        return None

    def law(self, fibre: RecipeFibre) -> TensionAligned:
        """The law of the fibre, kPa per unit of volume fraction."""
        # an isotropic affine network of modulus E has the confined modulus φE/5
        recipe = self.stiffness_ratio * fibre.modulus / 5.0
        given = None if self.stiffness is None else self.stiffness / fibre.fraction
        return TensionAligned(
            recipe if given is None else given,
            self.critical_stretch,
            self.exponent,
            self.hardening,
            self.width,
        )

    def base(self, fibre: RecipeFibre) -> float:
        """Modulus in kPa of the fibres of the isotropic base: the recipe's."""
        return fibre.modulus


LawChoice = CrimpedChoice | SemiAffineChoice | ExponentialChoice | TensionAlignedChoice


def _amplitude(stiffness: float | None, fibre: RecipeFibre) -> float:
    return fibre.modulus if stiffness is None else stiffness / fibre.fraction
