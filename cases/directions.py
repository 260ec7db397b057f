"""Which way the fibres of each mesh cell run, and what lies across them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from solver.materials import MaterialField

    Floats = NDArray[np.float64]


def fibre_frames(material: MaterialField, x: Floats, ink: NDArray[np.int_]) -> Floats:
    """Frames ``(n, 3, 3)`` at points ``(n, 3)`` µm: two columns across, the last along the fibres.

    The last is the direction that most fibres take. Where they take none more than the others (as
    with a negative alignment, all directions across the strand alike) it is the print direction.
    """
    from solver.materials.gel import fibre_orientation

    frames = material.frames(x, ink)
    for i, gel in enumerate(material.gels):
        share = np.diag(fibre_orientation(gel.ink).structure_tensor)
        most = int(np.argmax(share))
        if np.sum(share > share[most] - 1e-9) == 1 and most != 2:
            here = ink == i
            frames[here] = np.roll(frames[here], 2 - most, axis=2)
    return np.asarray(frames)


def moved(frames: Floats, gradient: Floats) -> tuple[Floats, Floats]:
    """The frames in the deformed gel, and the stretch of the fibres ``(n,)``.

    Parameters
    ----------
    frames
        At rest, ``(n, 3, 3)``.
    gradient
        Deformation gradient ``(n, 3, 3)``.

    Returns
    -------
    tuple
        Frames ``(n, 3, 3)`` whose last column is the turned fibre and whose first is the turned
        line across made perpendicular to it; the stretch along the fibres.
    """
    lines = gradient @ frames
    stretch = np.linalg.norm(lines[:, :, 2], axis=1)
    along = lines[:, :, 2] / stretch[:, None]
    side = lines[:, :, 0] - np.einsum("ni,ni->n", lines[:, :, 0], along)[:, None] * along
    side /= np.linalg.norm(side, axis=1)[:, None]
    return np.stack([side, np.cross(along, side), along], axis=2), stretch


def moduli(stiffness: Floats, frames: Floats) -> tuple[Floats, Floats]:
    """Young's moduli in kPa ``(n,)``: along the fibres, and the mean of the two across them."""
    from solver.materials.tensors import directional_modulus

    one, other, along = (directional_modulus(stiffness, frames[:, :, k]) for k in range(3))
    return along, 0.5 * (one + other)
