"""The stack that a second-harmonic microscope would take of a model's fibres.

Fibres are drawn from a field of structure tensors, so that model and microscope lie side by side.
Directions follow the angular central Gaussian density (Tyler 1987, 10.1093/biomet/74.3.579) with
the second moments of the tensor; its higher moments are an assumption.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from meshes.errors import InputError
from meshes.images.stack import Stack
from meshes.images.synthetic import render_fibres, wavy_line
from meshes.scaffold import FloatArray, as_points, require_positive

MAX_FIBRES = 200_000
_NODES = 64  # of the quadrature
_ROUNDS = 400


def synthetic_shg(
    points: npt.ArrayLike,
    tensors: npt.ArrayLike,
    *,
    voxel: Sequence[float],
    shape: tuple[int, int, int],
    fraction: float,
    radius: float,
    length: float,
    amplitude: float = 0.0,
    wavelength: float = 1.0,
    origin: npt.ArrayLike = (0.0, 0.0, 0.0),
    psf: tuple[float, float] = (0.0, 0.0),
    inside: Callable[[FloatArray], npt.NDArray[np.bool_]] | None = None,
    seed: int = 0,
) -> Stack:
    """Draw fibres from a field of directions and render them; noise comes on top by `with_noise`.

    Parameters
    ----------
    points
        Where the field is given, (n, 3), µm; a fibre takes the nearest to its middle.
    tensors
        ⟨n⊗n⟩ at each, (n, 3, 3); or unit vectors (n, 3): all fibres along them.
    voxel, shape, origin, psf
        As for :func:`meshes.images.synthetic.render_fibres`.
    fraction
        Volume of fibres over volume.
    radius, length
        Of a fibre, from end to end, µm. Wavy ones have more volume, so that there are fewer.
    amplitude, wavelength
        Of its waves, in a plane drawn at random, µm.
    inside
        Points (k, 3) µm → whether gel is there (k,): fibres with their middle outside are dropped.
    seed
        Of the random numbers.

    Raises
    ------
    InputError
        If there would be no fibre or more than 200 000.
    """
    from scipy.spatial import cKDTree

    rng = np.random.default_rng(seed)
    places = as_points(points)
    field = _as_tensors(np.asarray(tensors, dtype=float), len(places))
    slender = require_positive("length of the fibres, um", length)
    size = np.asarray(voxel, dtype=float) * np.array(shape[::-1])
    room = size + slender  # fibres that begin outside reach in
    wave = {"amplitude": amplitude, "wavelength": wavelength}
    one = wavy_line(np.zeros(3), np.eye(3)[0], slender, **wave)
    contour = float(np.linalg.norm(np.diff(one, axis=0), axis=1).sum())
    single = np.pi * require_positive("radius of the fibres, um", radius) ** 2 * contour
    number = require_positive("fraction", fraction) * float(np.prod(room)) / single
    count = int(rng.poisson(number)) if number <= MAX_FIBRES else MAX_FIBRES + 1
    if not 0 < count <= MAX_FIBRES:
        raise InputError(
            f"fibres: {number:.3g}, expected 1 to {MAX_FIBRES}",
            hint="a smaller stack or fraction; longer or thicker fibres",
        )
    middles = np.asarray(origin, dtype=float) - 0.5 * slender + rng.random((count, 3)) * room
    if inside is not None:
        middles = middles[np.asarray(inside(middles), dtype=bool)]
    rows = cKDTree(places).query(middles)[1] if len(middles) else np.zeros(0, dtype=int)
    axes = draw_axes(field[rows], rng) if len(rows) else np.zeros((0, 3))
    planes, phases = rng.standard_normal((len(rows), 3)), rng.uniform(0.0, 2 * np.pi, len(rows))
    lines = [
        wavy_line(
            middle - 0.5 * slender * axis, axis, slender,
            **wave, plane=plane, phase=phase,
        )
        for middle, axis, plane, phase in zip(middles, axes, planes, phases, strict=True)
    ]  # fmt: skip
    return render_fibres(lines, radius=radius, voxel=voxel, shape=shape, origin=origin, psf=psf)


def _as_tensors(field: FloatArray, count: int) -> FloatArray:
    if field.shape == (count, 3):
        field = np.einsum("ni,nj->nij", field, field)
    if field.shape != (count, 3, 3) or not np.isfinite(field).all():
        raise InputError(f"tensors: expected ({count}, 3, 3) or ({count}, 3), found {field.shape}")
    trace = np.trace(field, axis1=1, axis2=2)
    if np.any(np.abs(trace - 1.0) > 0.02) or np.linalg.eigvalsh(field).min() < -0.02:
        raise InputError("tensors: expected ⟨n⊗n⟩ of unit vectors: trace 1, no negative eigenvalue")
    return field


def draw_axes(tensors: FloatArray, rng: np.random.Generator) -> FloatArray:
    """One unit vector for each tensor.

    Parameters
    ----------
    tensors
        ⟨n⊗n⟩, (n, 3, 3).
    rng
        Random numbers.

    Returns
    -------
    ndarray, shape (n, 3)
        ``n = Λ^{1/2} g/|Λ^{1/2} g|`` with g normal and Λ such that ⟨n⊗n⟩ is the tensor.
    """
    values, vectors = np.linalg.eigh(tensors)
    values = np.clip(values, 0.0, None)
    unique, rows = np.unique(np.round(values, 4), axis=0, return_inverse=True)
    spread = _central_gaussian(unique)[rows.reshape(-1)]
    drawn = np.einsum("nij,nj->ni", vectors, np.sqrt(spread) * rng.standard_normal(values.shape))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1)[:, None])


def _central_gaussian(moments: FloatArray) -> FloatArray:
    """Λ (n, 3) with trace 1 whose directions have second moments (n, 3).

    ``m_i = ∫₀^∞ Λ_i/(1 + 2tΛ_i) Π_k (1 + 2tΛ_k)^{−1/2} dt`` [derived: E x_i²/|x|² of a normal x],
    solved by ``Λ_i ← Λ_i m_i/m_i(Λ)``.
    """
    wanted = np.maximum(moments / moments.sum(axis=1)[:, None], 1e-5)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    u = 0.5 * (nodes + 1.0)
    # t = (u/(1−u))² spreads the nodes over all decades
    t, dt = (u / (1.0 - u)) ** 2, 0.5 * weights * 2.0 * u / (1.0 - u) ** 3
    spread = wanted.copy()
    for _ in range(_ROUNDS):
        root = 1.0 + 2.0 * t * spread[:, :, None]
        product = dt / np.sqrt(root.prod(axis=1))
        now = (spread[:, :, None] / root * product[:, None]).sum(axis=2)
        spread *= wanted / now
        spread /= spread.sum(axis=1)[:, None]
        if np.abs(now - wanted).max() < 1e-7:
            break
    return spread
