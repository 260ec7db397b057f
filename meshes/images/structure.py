"""Local fibre axis at every voxel: structure tensor with Gaussian derivatives.

``J = G_ρ * (∇I_σ ∇I_σᵀ)`` with σ the scale of the derivative and ρ that of the window, both in µm
(Bigün & Granlund 1987; Püspöki et al. 2016, 10.1007/978-3-319-28549-8_3). Along a fibre the
intensity does not change: its axis is the eigenvector of the smallest eigenvalue.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from meshes.errors import InputError
from meshes.images.stack import ImageArray, Stack
from meshes.scaffold import FloatArray, require_positive

_TILE = 96  # voxels along the edge of a piece
_TRUNCATE = 3.0  # standard deviations of a Gaussian kernel
_SPLINE = 8  # voxels that a cubic spline needs beyond its range
_MARGIN = 2.0  # derivative scales: nearer to a face of the stack, gradients are not trusted
_FAINT = 0.02  # of the energy of the brightest edges: fainter is not looked at [assumption]
MAX_WORK = 1 << 29  # voxels after resampling


@dataclass(frozen=True)
class Scales:
    """How finely to look.

    Parameters
    ----------
    derivative
        σ, µm: about the radius of a fibre; at least 0.7 voxel.
    window
        ρ, µm: over which gradients are gathered; about σ. Wider: less noise, but fibres nearer than
        2ρ are taken as one, which makes them look more aligned than they are.
    coherence
        From (λ2 − λ1)/λ2 = 0 (no axis) to 1: voxels below are left out.
    psf
        Standard deviation of the point spread function across and along the optical axis, µm; the
        sharper one is blurred to match, so that fibres along z do not count more.
    """

    derivative: float
    window: float
    coherence: float = 0.5
    psf: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        require_positive("scale of the derivative, um", self.derivative)
        require_positive("scale of the window, um", self.window)
        if not 0.0 <= self.coherence < 1.0:
            raise InputError(f"coherence: expected 0 to 1, found {self.coherence!r}")
        if not (0.0 <= self.psf[0] < np.inf and 0.0 <= self.psf[1] < np.inf):
            raise InputError(f"psf: expected two widths in um, found {self.psf!r}")


class Axes(NamedTuple):
    """Voxels with a fibre.

    Attributes
    ----------
    points
        Their centres from the corner of the stack, (n, 3), µm.
    axes
        Unit vectors x, y, z, (n, 3).
    step
        Edge of the cubic voxels they lie on, µm.
    """

    points: FloatArray
    axes: FloatArray
    step: float


def local_axes(stack: Stack, channel: int | str, scales: Scales) -> Iterator[Axes]:
    """Fibre axes of a channel, piece by piece.

    The stack is resampled to cubic voxels (the smallest step; cubic splines). Voxels count, all
    alike, where the energy of gradients beats the noise of the stack (taken from its quietest
    fifth) and 2 % of its brightest edges, and where there is a clear axis. Background and crossings
    do not. A stack of one slice gives axes within its plane.

    Raises
    ------
    InputError
        If a scale is finer than the voxels allow, or the stack too large once resampled.
    """
    grid = _Grid(stack, scales)
    image = stack.channel(channel)
    floor = _energy_floor(image, grid)
    for low, high in _tiles(grid.shape, _TILE):
        yield _piece(image, grid, low, high, floor)


class _Grid:
    """Cubic voxels over a stack: everything along z, y, x."""

    def __init__(self, stack: Stack, scales: Scales) -> None:
        steps = stack.voxel[::-1]
        used = steps[1:] if stack.flat else steps
        self.step = float(used.min())
        self.flat = stack.flat
        self.ratio = np.where(np.abs(steps / self.step - 1.0) < 0.01, 1.0, steps / self.step)
        if stack.flat:
            self.ratio[0] = 1.0
        size = np.array(stack.shape)
        self.shape = np.maximum(1, np.floor(size * self.ratio + 1e-9)).astype(int)
        coarse = float(used.max())
        if scales.derivative < 0.7 * self.step or scales.window < scales.derivative:
            raise InputError(
                f"scales: derivative {scales.derivative:g} um, window {scales.window:g} um on "
                f"voxels of {self.step:g} um",
                hint=f"derivative at least {0.7 * self.step:.3g} um, window not below it",
            )
        if np.prod(self.shape.astype(float)) > MAX_WORK:
            raise InputError(
                f"stack: {'x'.join(map(str, self.shape))} cubic voxels of {self.step:g} um are "
                f"more than {MAX_WORK:.3g}",
                hint=f"bin x and y towards the z step of {coarse:g} um, or crop the stack",
            )
        wide, long = scales.psf
        match = np.array([wide, long, long]) ** 2 - np.array([long, wide, wide]) ** 2
        self.sigma = np.sqrt(scales.derivative**2 + np.maximum(match, 0.0)) / self.step
        self.window = scales.window / self.step
        self.coherence = scales.coherence
        self.halo = int(np.ceil(_TRUNCATE * (self.sigma.max() + self.window)))
        margin = np.ceil(_MARGIN * self.sigma).astype(int)
        self.margin = np.where(self.shape == 1, 0, np.minimum(margin, (self.shape - 1) // 4))

    def resampled(self, image: ImageArray, low: npt.ArrayLike, high: npt.ArrayLike) -> ImageArray:
        """Cubic voxels [low, high) of an image."""
        from scipy.ndimage import affine_transform

        a, b = np.asarray(low), np.asarray(high)
        if (self.ratio == 1.0).all():
            return image[tuple(slice(i, j) for i, j in zip(a, b, strict=True))]
        first = (a + 0.5) / self.ratio - 0.5
        start = np.maximum(0, np.floor(first).astype(int) - _SPLINE)
        end = np.ceil((b + 0.5) / self.ratio).astype(int) + _SPLINE
        part = image[tuple(slice(i, j) for i, j in zip(start, end, strict=True))]
        with warnings.catch_warnings():  # SciPy warns of what vectors meant before 0.18
            warnings.simplefilter("ignore", UserWarning)
            cubic = affine_transform(
                part, 1.0 / self.ratio, first - start, tuple(b - a), np.float32, mode="nearest"
            )
        return np.asarray(cubic)


def _tiles(shape: npt.NDArray[np.int_], edge: int) -> Iterator[tuple[FloatArray, FloatArray]]:
    counts = np.maximum(1, -(-shape // edge))
    for cell in np.ndindex(*counts):
        low = np.array(cell) * edge
        yield low, np.minimum(low + edge, shape)


def _gradient(part: ImageArray, grid: _Grid) -> list[ImageArray]:
    """Derivatives along x, y, z (x, y for one slice)."""
    from scipy.ndimage import gaussian_filter

    out = []
    for axis in (2, 1) if grid.flat else (2, 1, 0):
        order = np.eye(3, dtype=int)[axis]
        sigma = np.where(np.array(part.shape) == 1, 0.0, grid.sigma)
        out.append(
            gaussian_filter(part, sigma, tuple(order), mode="nearest", truncate=_TRUNCATE + 1)
        )
    return out


def _energy_floor(image: ImageArray, grid: _Grid) -> float:
    """Energy of gradients below which there is no fibre, from up to 27 pieces of the stack.

    Of normal noise a fifth of all |g| lie below 0.2533 standard deviations, and energies averaged
    over n independent gradients spread by √(2/n) of their mean: five times that is left out.
    """
    edge = np.minimum(grid.shape, 40)
    spots = [
        np.unique(np.linspace(0, n - e, 3).astype(int))
        for n, e in zip(grid.shape, edge, strict=True)
    ]
    slopes = []
    for corner in np.stack(np.meshgrid(*spots, indexing="ij"), -1).reshape(-1, 3):
        part = grid.resampled(image, corner, corner + edge)
        slopes.append(np.stack([np.abs(g).ravel() for g in _gradient(part, grid)]))
    joined = np.concatenate(slopes, axis=1)
    n = len(joined)
    noise = float(np.mean((np.quantile(joined, 0.2, axis=1) / 0.2533) ** 2))
    independent = n * max(1.0, (grid.window / float(grid.sigma.mean())) ** n)
    edges = float(np.quantile((joined**2).sum(axis=0), 0.999))
    return max(noise * n * (1.0 + 5.0 * np.sqrt(2.0 / independent)), _FAINT * edges)


def _piece(image: ImageArray, grid: _Grid, low: FloatArray, high: FloatArray, floor: float) -> Axes:
    from scipy.ndimage import gaussian_filter

    a = np.maximum(low - grid.halo, 0)
    b = np.minimum(high + grid.halo, grid.shape)
    part = grid.resampled(image, a, b)
    slopes = _gradient(part, grid)
    trusted = np.zeros(part.shape, dtype=bool)
    first, last = np.maximum(grid.margin - a, 0), np.minimum(grid.shape - grid.margin, b) - a
    trusted[tuple(slice(i, j) for i, j in zip(first, last, strict=True))] = True
    for slope in slopes:
        slope[~trusted] = 0.0
    core = tuple(slice(i, j) for i, j in zip(low - a, high - a, strict=True))
    width = np.where(np.array(part.shape) == 1, 0.0, grid.window)
    n = len(slopes)
    pairs = [(i, j) for i in range(n) for j in range(i, n)]
    parts = [
        gaussian_filter(slopes[i] * slopes[j], width, mode="constant", truncate=_TRUNCATE)[core]
        for i, j in pairs
    ]
    energy = sum(p for p, (i, j) in zip(parts, pairs, strict=True) if i == j)
    where = np.nonzero(trusted[core] & (energy > floor))
    tensors = np.empty((len(where[0]), n, n))
    for component, (i, j) in zip(parts, pairs, strict=True):
        tensors[:, i, j] = tensors[:, j, i] = component[where]
    values, vectors = np.linalg.eigh(tensors)
    clear = values[:, 1] - values[:, 0] > grid.coherence * values[:, 1]
    index = np.stack(where, axis=1)[clear] + low
    axes = np.zeros((len(index), 3))
    axes[:, :n] = vectors[clear, :, 0]
    points = (index[:, ::-1] + 0.5) * grid.step
    return Axes(points, axes, grid.step)
