"""Stacks with a known answer: fibres given as polylines, as a microscope would show them.

Each fibre is a Gaussian line: across, the second moment of a disc of its radius (σ² = r²/4) plus
that of the point spread function [assumption]; brightness is proportional to length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from meshes.errors import InputError
from meshes.images.stack import MAX_VOXELS, Stack, require_voxel
from meshes.scaffold import FloatArray, as_points, require_positive

_STEP = 0.5  # of the finest voxel edge: spacing of the points that stand for a line
_BATCH = 1 << 20  # points deposited at a time
MAX_POINTS = 1 << 27


def render_fibres(
    polylines: Sequence[npt.ArrayLike],
    *,
    radius: float,
    voxel: Sequence[float],
    shape: tuple[int, int, int],
    origin: npt.ArrayLike = (0.0, 0.0, 0.0),
    psf: tuple[float, float] = (0.0, 0.0),
) -> Stack:
    """Render fibres on a grid.

    Parameters
    ----------
    polylines
        Each (k, 3) with k ≥ 2, µm; what lies outside the grid is not seen.
    radius
        Of the fibres, µm.
    voxel
        Step along x, y, z, µm.
    shape
        Voxels along z, y, x. A single slice shows everything projected onto it.
    origin
        Corner of the first voxel, µm.
    psf
        Standard deviation of the point spread function across and along the optical axis, µm.

    Returns
    -------
    Stack
        One channel; brightness on the axis of a long straight fibre is 1 (where no psf blurs it).

    Raises
    ------
    InputError
        If the grid or the lines are too large, or a number is none.
    """
    from scipy.ndimage import gaussian_filter

    steps = require_voxel(voxel)
    thickness = require_positive("radius of the fibres, um", radius)
    if len(shape) != 3 or min(shape) < 1 or int(np.prod(shape)) > MAX_VOXELS:
        raise InputError(f"shape: expected z, y, x of at most {MAX_VOXELS} voxels, found {shape}")
    corner = np.asarray(origin, dtype=float)
    lines = [as_points(line) for line in polylines]
    length = sum(float(np.linalg.norm(np.diff(p, axis=0), axis=1).sum()) for p in lines)
    if not np.isfinite(length) or length / (_STEP * steps.min()) > MAX_POINTS:
        raise InputError(
            f"fibres of {length:.3g} um are too many to render", hint="fewer fibres, larger voxels"
        )
    sigma = np.sqrt(thickness**2 / 4.0 + np.array([psf[0], psf[0], psf[1]]) ** 2)
    edge = np.ceil(4.0 * sigma / steps).astype(int)  # fibres beyond the border shine in
    edge = np.where(np.array(shape[::-1]) == 1, 0, edge)
    grid = np.zeros(tuple(np.array(shape) + 2 * edge[::-1]))
    for points, weights in _batches(lines, _STEP * float(steps.min())):
        _deposit(grid, (points - corner) / steps - 0.5 + edge, weights)
    spread = np.where(np.array(grid.shape) == 1, 0.0, (sigma / steps)[::-1])
    image = gaussian_filter(grid, spread, mode="constant")
    inner = tuple(slice(e, e + n) for e, n in zip(edge[::-1], shape, strict=True))
    dimensions = 2 if shape[0] == 1 else 3
    across = (np.sqrt(2.0 * np.pi) * sigma[0]) ** (dimensions - 1)
    per_length = float(across / np.prod(steps[:dimensions]))
    return Stack((image[inner] * per_length).astype(np.float32), steps, origin=corner)


def with_noise(
    stack: Stack, *, photons: float, background: float = 0.0, read_noise: float = 0.0, seed: int = 0
) -> Stack:
    """Add shot noise and read noise.

    Parameters
    ----------
    stack
        Noiseless, brightness 1 at a fibre.
    photons
        Counts at brightness 1.
    background
        Counts everywhere.
    read_noise
        Standard deviation, counts.
    seed
        Of the random numbers.

    Returns
    -------
    Stack
        Counts. Signal over noise at a fibre: photons/√(photons + background + read_noise²).
    """
    rng = np.random.default_rng(seed)
    expected = np.maximum(stack.values, 0.0) * photons + background
    counts = rng.poisson(expected) + read_noise * rng.standard_normal(expected.shape)
    return replace(stack, values=counts.astype(np.float32))


def wavy_line(
    start: npt.ArrayLike,
    direction: npt.ArrayLike,
    length: float,
    *,
    amplitude: float = 0.0,
    wavelength: float = 1.0,
    plane: npt.ArrayLike = (0.0, 0.0, 1.0),
    phase: float = 0.0,
) -> FloatArray:
    """Sinusoid ``A sin(2πs/L + phase)`` about a straight line, as a polyline (k, 3) in µm.

    Parameters
    ----------
    start, direction
        Where the straight line begins (µm), and where it leads.
    length
        Of the straight line, µm.
    amplitude, wavelength
        A and L, µm; amplitude 0 is straight.
    plane
        Normal of the plane of the wave; only its part across the direction counts.
    phase
        Radians.
    """
    axis = np.asarray(direction, dtype=float)
    axis = axis / np.linalg.norm(axis)
    side = np.cross(np.asarray(plane, dtype=float), axis)
    if np.linalg.norm(side) < 1e-6:
        side = np.cross(np.eye(3)[np.argmin(np.abs(axis))], axis)
    side /= np.linalg.norm(side)
    count = 2 if amplitude == 0.0 else max(2, int(np.ceil(length / wavelength * 32.0)) + 1)
    s = np.linspace(0.0, length, count)
    wave = amplitude * np.sin(2.0 * np.pi * s / wavelength + phase)
    return np.asarray(start, dtype=float) + np.outer(s, axis) + np.outer(wave, side)


def _batches(lines: list[FloatArray], spacing: float) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Points on the lines and the length that each stands for, about a million at a time."""
    held: list[FloatArray] = []
    lengths: list[FloatArray] = []
    total = 0
    for line in lines:
        legs = np.diff(line, axis=0)
        sizes = np.linalg.norm(legs, axis=1)
        counts = np.maximum(1, np.ceil(sizes / spacing).astype(np.int64))
        leg = np.repeat(np.arange(len(legs)), counts)
        first = np.repeat(np.cumsum(counts) - counts, counts)
        share = (np.arange(len(leg)) - first + 0.5) / counts[leg]
        held.append(line[leg] + share[:, None] * legs[leg])
        lengths.append((sizes / counts)[leg])
        total += len(leg)
        if total > _BATCH:
            yield np.concatenate(held), np.concatenate(lengths)
            held, lengths, total = [], [], 0
    if held:
        yield np.concatenate(held), np.concatenate(lengths)


def _deposit(grid: FloatArray, index: FloatArray, weights: FloatArray) -> None:
    """Share each point among the eight voxels around it; `index` is (n, 3) along x, y, z."""
    index = index[:, ::-1].copy()
    size = np.array(grid.shape)
    index[:, size == 1] = 0.0
    low = np.floor(index).astype(np.int64)
    part = index - low
    for corner in np.ndindex(2, 2, 2):
        cell = low + corner
        inside = ((cell >= 0) & (cell < size)).all(axis=1)
        share = weights * np.prod(np.where(np.array(corner) == 1, part, 1.0 - part), axis=1)
        flat = np.ravel_multi_index(tuple(cell[inside].T), grid.shape)
        grid += np.bincount(flat, share[inside], grid.size).reshape(grid.shape)
