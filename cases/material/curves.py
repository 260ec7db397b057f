"""Curves of a gel with the band of its recipe: every test for every draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from meshes.errors import SolveError
from solver.materials import build_gel
from solver.materials.draws import Draws

if TYPE_CHECKING:
    from solver.materials import Gel, Ink
    from solver.materials.curves import Curve
    from solver.materials.hyperelastic import HyperelasticGel

LEVEL = (0.05, 0.95)
ONSET = 1.10  # stiffening starts where the tangent is this many times that at rest [assumption]
Axis = tuple[float, float, float]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Banded:
    """A number or a curve with its 90 % band; arrays of one shape."""

    value: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, value: Floats | float, draws: Floats) -> Banded:
        """The central value with the quantiles over the draws, the first axis of ``draws``."""
        # Quantiles that are draws themselves: an onset may be infinite.
        low, high = np.quantile(draws, LEVEL, axis=0, method="inverted_cdf")
        return cls(np.asarray(value, dtype=float), np.asarray(low), np.asarray(high))

    def at(self, x: Floats, where: float) -> Banded:
        """The curve's value at one abscissa, interpolated."""
        value, low, high = (np.interp(where, x, y) for y in (self.value, self.low, self.high))
        return Banded(np.asarray(value), np.asarray(low), np.asarray(high))

    def plain(self) -> dict[str, Any]:
        """``{value, low, high}`` for JSON; a number that is not finite is None."""

        def finite(entry: Any) -> Any:
            if isinstance(entry, list):
                return [finite(e) for e in entry]
            return entry if np.isfinite(entry) else None

        return {key: finite(getattr(self, key).tolist()) for key in ("value", "low", "high")}


@dataclass(frozen=True, eq=False)
class TestCurve:
    """A test of a gel.

    Attributes
    ----------
    key, words
        ``tension_along``, and the same for people.
    control
        Stretch λ, or with the key ``shear`` the amount of shear γ.
    stress, modulus
        Nominal stress and its slope, kPa.
    onset
        Stretch or shear at which the modulus has risen by 10 %; infinite where it never does.
    """

    __test__ = False  # no test of this program: pytest leaves it alone

    key: str
    words: str
    control: Floats
    stress: Banded
    modulus: Banded
    onset: Banded

    @property
    def control_name(self) -> str:
        """``stretch`` or ``shear_strain``."""
        return "shear_strain" if self.key == "shear" else "stretch"


class Family:
    """An ink's central gel and its draws.

    Parameters
    ----------
    ink
        The recipe.
    draws
        Of its uncertain numbers.
    like
        A family whose measured modulus pins this one too: every gel gets that one's factor.
    """

    def __init__(self, ink: Ink, draws: Draws, like: Family | None = None) -> None:
        self.ink = ink
        self.central = build_gel(ink)
        self.drawn = [build_gel(ink, draws[i]) for i in range(len(draws))]
        if like is not None:
            self.central = _scaled(self.central, like.central.scale)
            self.drawn = [
                _scaled(gel, other.scale) for gel, other in zip(self.drawn, like.drawn, strict=True)
            ]

    def number(self, read: Callable[[Gel], float]) -> Banded:
        """A number of the gel with its band."""
        return Banded.of(read(self.central), np.array([read(gel) for gel in self.drawn]))

    def tension(
        self, key: str, words: str, stretches: Floats, axis: Axis, *, banded: bool = True
    ) -> TestCurve:
        """Uniaxial test along an axis in the frame of the fibres, sides free; or just its line."""
        from solver.materials.curves import uniaxial

        drawn = self.drawn if banded else [self.central]
        return self._test(key, words, stretches, lambda gel: uniaxial(gel, stretches, axis), drawn)

    def shear(self, key: str, words: str, amounts: Floats) -> TestCurve:
        """Simple shear: planes across the fibres slide over each other."""
        from solver.materials.curves import simple_shear

        return self._test(key, words, amounts, lambda gel: simple_shear(gel, amounts), self.drawn)

    def _test(
        self,
        key: str,
        words: str,
        control: Floats,
        test: Callable[[HyperelasticGel], Curve],
        gels: Sequence[Gel],
    ) -> TestCurve:
        from solver.materials.hyperelastic import HyperelasticGel

        central, drawn = test(HyperelasticGel(self.central)), []
        for gel in gels:
            try:
                drawn.append(test(HyperelasticGel(gel)))
            except SolveError:
                continue  # an extreme draw: the band is that of the others
        if 2 * len(drawn) < len(gels):
            raise SolveError(
                f"{self.ink.name}: most draws of the recipe cannot be followed ({words})",
                hint="give a measured youngs_modulus, which narrows the recipe",
            )
        onsets = np.array([onset(control, curve.modulus) for curve in drawn])
        return TestCurve(
            key=key,
            words=words,
            control=control,
            stress=Banded.of(central.nominal, np.stack([curve.nominal for curve in drawn])),
            modulus=Banded.of(central.modulus, np.stack([curve.modulus for curve in drawn])),
            onset=Banded.of(onset(control, central.modulus), onsets),
        )


def onset(control: Floats, modulus: Floats) -> float:
    """Where a gel is 10 % stiffer than at rest, interpolated; infinite where it never is.

    Parameters
    ----------
    control
        ``(n,)`` rising; a stretch (rest at 1) where it exceeds 1, else a shear (rest at 0).
    modulus
        ``(n,)`` tangent modulus, any unit.
    """
    rest = int(np.argmin(np.abs(control - (1.0 if control[-1] > 1.0 else 0.0))))
    rise = modulus[rest:] / modulus[rest]
    beyond = np.flatnonzero(rise >= ONSET)
    if len(beyond) == 0:
        return float("inf")
    last = rest + int(beyond[0])
    pair = slice(last - 1, last + 1)
    return float(np.interp(ONSET, modulus[pair] / modulus[rest], control[pair]))


def _scaled(gel: Gel, factor: float) -> Gel:
    """The gel with all of its moduli times a factor."""
    names = ("scale", "matrix_modulus", "isotropic_modulus", "e_fibre", "e_cross", "stiffness")
    return replace(gel, **{name: factor * getattr(gel, name) for name in names})
