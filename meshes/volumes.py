"""Volume of each ink of an implicit body: exact where there is a closed form, else by a lattice."""

from __future__ import annotations

import numpy as np

from meshes.scaffold import FloatArray, Scaffold

# Inverse powers of the real root of x⁴ = x + 1, the golden ratio of three dimensions: multiples of
# them, modulo 1, fill the unit cube evenly (additive recurrence of Roberts, 2018).
_STEP = 1.2207440846057596 ** -np.arange(1.0, 4.0)
_CHUNK = 1 << 18


def lattice_points(bounds: FloatArray, start: int, count: int) -> FloatArray:
    """Points `start` … `start + count - 1` of an even, deterministic sequence in a box.

    Parameters
    ----------
    bounds
        Lower and upper corner, shape (2, 3), µm.
    start, count
        Which part of the sequence.

    Returns
    -------
    ndarray, shape (count, 3), µm
    """
    unit = (0.5 + np.arange(start + 1, start + count + 1)[:, None] * _STEP) % 1.0
    return bounds[0] + unit * (bounds[1] - bounds[0])


def ink_volumes(scaffold: Scaffold, *, samples: int = 1 << 20) -> FloatArray:
    """Volume of each ink of a scaffold.

    Parameters
    ----------
    scaffold
        The body.
    samples
        Points of the estimate where there is no closed form; its error is near 0.05 % of the body
        at the default.

    Returns
    -------
    ndarray, shape (n_inks,), µm³
    """
    exact = scaffold.volume()
    if exact is not None:
        return np.array([exact[name] for name in scaffold.inks])
    counts = np.zeros(len(scaffold.inks))
    for start in range(0, samples, _CHUNK):
        points = lattice_points(scaffold.bounds, start, min(_CHUNK, samples - start))
        inside = points[scaffold.signed_distance(points) < 0.0]
        counts += np.bincount(scaffold.ink(inside), minlength=len(counts))
    box = float(np.prod(scaffold.bounds[1] - scaffold.bounds[0]))
    return counts * (box / samples)
