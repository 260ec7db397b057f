"""Draws of the numbers of a recipe that are uncertain: the same for every ink, draw by draw.

Alginate, collagen batch, collagen III relative to I and the modulus of a single fibril are
sampled by a Sobol sequence with a fixed seed, so that the band of a modulus, of a curve and of a
difference between two inks all come from the same gels.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from solver.materials.collagen import FIBRIL_MODULUS
from solver.materials.tensors import FloatArray

RATIO_BAND_III = (0.25, 1.2)  # stiffness of III over I where the user gave none [assumption]
FIBRIL_BAND = (1.0e5, 1.0e6)  # modulus of a single fibril, kPa: 0.1-1 GPa [assumption]


@dataclass(frozen=True)
class Draw:
    """One draw; the defaults are the central values.

    Parameters
    ----------
    matrix, network
        How many standard deviations ln E of the matrix and ln E of the collagen network lie above
        their central values.
    ratio
        Stiffness of III over I, for inks that leave it open; ``None``: as the ink says.
    fibril
        Young's modulus of a single fibril, kPa.
    whole
        As ``matrix``, for a modulus that was measured on the whole gel.
    """

    matrix: float = 0.0
    network: float = 0.0
    ratio: float | None = None
    fibril: float = FIBRIL_MODULUS
    whole: float = 0.0


@dataclass(frozen=True, eq=False)
class Draws:
    """``s`` draws as arrays ``(s,)``; fields as in :class:`Draw`."""

    matrix: FloatArray
    network: FloatArray
    ratio: FloatArray
    fibril: FloatArray
    whole: FloatArray

    def __len__(self) -> int:
        return len(self.matrix)

    def __getitem__(self, number: int) -> Draw:
        return Draw(**{f.name: float(getattr(self, f.name)[number]) for f in fields(Draw)})


def recipe_draws(count: int) -> Draws:
    """The first ``count`` draws (a power of two keeps them balanced)."""
    from scipy.stats import norm, qmc

    u = qmc.Sobol(5, seed=0).random(count)
    matrix, network, whole = norm.ppf(np.clip(u[:, [0, 1, 4]], 1e-9, 1.0 - 1e-9)).T
    return Draws(
        matrix,
        network,
        ratio=_log_uniform(RATIO_BAND_III, u[:, 2]),
        fibril=_log_uniform(FIBRIL_BAND, u[:, 3]),
        whole=whole,
    )


def _log_uniform(band: tuple[float, float], u: FloatArray) -> FloatArray:
    low, high = np.log(band)
    return np.asarray(np.exp(low + (high - low) * u))
