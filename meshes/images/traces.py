"""Centrelines of fibres: threshold, skeleton, branches joined straight through crossings.

Thinning of Lee, Kashyap & Chu (1994, 10.1006/cgip.1994.1042) as in scikit-image. Where branches
meet, those that go on in one line are one fibre.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from meshes.errors import InputError
from meshes.images.stack import ImageArray, Stack
from meshes.scaffold import FloatArray, IntArray, require_positive

Mask = npt.NDArray[np.bool_]
_STRAIGHT_ON = -0.7  # cosine between the two ends of one fibre at a crossing: bent by up to 45°
_ARM = (3, 12)  # voxels of a branch, counted from a crossing, that give its direction there
_BRIDGE = 4.0  # scales: two fibres that cross share a piece of skeleton up to so long
MAX_VOXELS = 1 << 26
_NEIGHBOURS = np.array([c for c in np.ndindex(3, 3, 3) if c != (1, 1, 1)]) - 1


class Traces(NamedTuple):
    """Centrelines of the fibres of a stack.

    Attributes
    ----------
    lines
        Each (k, 3), µm from the corner of the stack, smoothed.
    threshold
        Intensity from which a voxel is fibre.
    step
        Edge of the cubic voxels of the skeleton, µm.
    """

    lines: list[FloatArray]
    threshold: float
    step: float


def trace_fibres(
    stack: Stack,
    channel: int | str = 0,
    *,
    scale: float,
    threshold: float | None = None,
    shortest: float | None = None,
) -> Traces:
    """Follow fibres through a stack.

    Parameters
    ----------
    stack
        With its voxel size; resampled to cubic voxels.
    channel
        Number or name.
    scale
        Standard deviation of the smoothing of the image and along the traces, µm: about the radius
        of a fibre. Waves shorter than six times it are flattened.
    threshold
        Intensity after smoothing; None: Otsu's.
    shortest
        Traces shorter than this are dropped, µm; None: ten scales.

    Raises
    ------
    InputError
        If the stack is too large, or nothing is above the threshold.
    """
    from skimage.filters import threshold_otsu
    from skimage.morphology import skeletonize

    require_positive("scale, um", scale)
    image, step = _smooth_cubes(stack, channel, scale)
    level = float(threshold_otsu(image)) if threshold is None else float(threshold)
    body = image > level
    if not body.any() or body.all():
        raise InputError(
            f"no fibres: {'every' if body.all() else 'no'} voxel is above {level:.4g}",
            hint="give a threshold between background and fibres",
        )
    cells = np.argwhere(skeletonize(body))
    least = 10.0 * scale if shortest is None else shortest
    lines = []
    for chain in _chains(cells, body.shape, round(_BRIDGE * scale / step)):
        line = _smoothed((cells[chain][:, ::-1] + 0.5) * step, scale)
        if np.linalg.norm(np.diff(line, axis=0), axis=1).sum() >= least:
            lines.append(line)
    return Traces(lines, level, step)


def _smooth_cubes(stack: Stack, channel: int | str, scale: float) -> tuple[ImageArray, float]:
    """Smoothed image on cubic voxels of half the scale or the finest step, whichever is larger."""
    from scipy.ndimage import gaussian_filter, map_coordinates

    used = stack.voxel[:2] if stack.flat else stack.voxel
    step = max(float(used.min()), 0.5 * scale)
    shape = np.maximum(1, np.floor(stack.size[::-1] / step + 1e-9)).astype(int)
    if stack.flat:
        shape[0] = 1
    if np.prod(shape.astype(float)) > MAX_VOXELS:
        raise InputError(
            f"stack: {'x'.join(map(str, shape))} cubic voxels of {step:g} um are too many to trace",
            hint="crop the stack, or take a coarser scale",
        )
    widths = scale / stack.voxel[::-1]
    if stack.flat:
        widths[0] = 0.0
    image = gaussian_filter(stack.channel(channel), widths, mode="nearest")
    steps = stack.voxel[::-1]
    out = np.empty(tuple(shape), dtype=np.float32)
    rows = [(np.arange(n) + 0.5) * step / s - 0.5 for n, s in zip(shape, steps, strict=True)]
    if stack.flat:
        rows[0][:] = 0.0
    for k, z in enumerate(rows[0]):  # slice by slice: bounded memory
        at = np.broadcast_arrays(z, rows[1][:, None], rows[2][None, :])
        out[k] = map_coordinates(image, at, order=1, mode="nearest")
    return out, step


def _chains(cells: IntArray, shape: tuple[int, ...], bridge: int) -> list[list[int]]:
    """Chains of skeleton voxels, as rows of `cells`: branches joined through crossings.

    A branch of at most `bridge` voxels between two forks is taken as part of one crossing.
    """
    wide = np.array(shape) + 2
    flat = np.ravel_multi_index(tuple((cells + 1).T), tuple(wide))
    offsets = _NEIGHBOURS @ np.array([wide[1] * wide[2], wide[2], 1])
    found = np.searchsorted(flat, flat[:, None] + offsets)  # argwhere lists them in order
    found = np.minimum(found, len(flat) - 1)
    touching = flat[found] == flat[:, None] + offsets
    near = [row[mask].tolist() for row, mask in zip(found, touching, strict=True)]
    crossing = touching.sum(axis=1) > 2
    forks = crossing.copy()
    for chain in _branches(near, forks):
        between = all(any(forks[j] for j in near[tip]) for tip in (chain[0], chain[-1]))
        if len(chain) <= bridge and between:
            crossing[chain] = True
    branches = _branches(near, crossing)
    return _joined(branches, near, crossing, cells)


def _branches(near: list[list[int]], crossing: Mask) -> list[list[int]]:
    """Maximal chains of voxels with at most two neighbours."""
    plain = [[j for j in row if not crossing[j]] for row in near]
    seen = crossing.copy()
    out = []
    ends = [k for k in range(len(near)) if not crossing[k] and len(plain[k]) < 2]
    for start in [*ends, *range(len(near))]:  # then what is left: rings
        if seen[start]:
            continue
        chain = [start]
        seen[start] = True
        while True:
            onward = [j for j in plain[chain[-1]] if not seen[j]]
            if not onward:
                break
            chain.append(onward[0])
            seen[onward[0]] = True
        out.append(chain)
    return out


def _joined(
    branches: list[list[int]], near: list[list[int]], crossing: Mask, cells: IntArray
) -> list[list[int]]:
    """Join branches that go straight on through a crossing, straightest pair first."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edges = [(i, j) for i in np.flatnonzero(crossing) for j in near[i] if crossing[j]]
    ij = np.array(edges, dtype=int).reshape(-1, 2).T
    graph = coo_matrix((np.ones(ij.shape[1]), ij), shape=(len(near),) * 2)
    cluster = connected_components(graph, directed=False)[1]
    meeting: dict[int, list[tuple[int, int]]] = {}
    for k, chain in enumerate(branches):
        for end, tip in ((0, chain[0]), (1, chain[-1])):
            touched = {int(cluster[j]) for j in near[tip] if crossing[j]}
            for c in touched if len(chain) > 1 else ():
                meeting.setdefault(c, []).append((k, end))
    pairs = []
    for arms in meeting.values():
        for m, first in enumerate(arms):
            for second in arms[m + 1 :]:
                cosine = _arm(branches, first, cells) @ _arm(branches, second, cells)
                if first[0] != second[0] and cosine < _STRAIGHT_ON:
                    pairs.append((float(cosine), first, second))
    partner: dict[tuple[int, int], tuple[int, int]] = {}
    for _, first, second in sorted(pairs):
        if first not in partner and second not in partner:
            partner[first], partner[second] = second, first
    return _strung(branches, partner)


def _arm(branches: list[list[int]], end: tuple[int, int], cells: IntArray) -> FloatArray:
    """Unit vector from a crossing into a branch."""
    chain = branches[end[0]]
    chain = chain if end[1] == 0 else chain[::-1]
    near, far = (min(k, len(chain) - 1) for k in _ARM)
    arm = (cells[chain[far]] - cells[chain[near if near < far else 0]]).astype(float)
    return np.asarray(arm / max(float(np.linalg.norm(arm)), 1e-9))


def _strung(
    branches: list[list[int]], partner: dict[tuple[int, int], tuple[int, int]]
) -> list[list[int]]:
    """Follow partners from branch to branch."""
    used = [False] * len(branches)
    out = []
    free = [(k, end) for k in range(len(branches)) for end in (0, 1) if (k, end) not in partner]
    for start in [*free, *((k, 0) for k in range(len(branches)))]:
        chain: list[int] = []
        here: tuple[int, int] | None = start
        while here is not None and not used[here[0]]:
            k, end = here
            used[k] = True
            chain += branches[k] if end == 0 else branches[k][::-1]
            here = partner.get((k, 1 - end))
        if chain:
            out.append(chain)
    return out


def _smoothed(line: FloatArray, scale: float) -> FloatArray:
    """Even spacing and a Gaussian along the trace: the steps of voxels would make it longer.

    The ends are mirrored through themselves, so that a straight line stays as it is.
    """
    from scipy.ndimage import gaussian_filter1d

    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    if length[-1] <= 0.0:
        return line
    spacing = 0.5 * scale
    even = np.linspace(0.0, length[-1], max(2, round(length[-1] / spacing) + 1))
    line = np.column_stack([np.interp(even, length, line[:, k]) for k in range(3)])
    pad = min(len(line) - 1, 8)
    before, after = 2 * line[0] - line[pad:0:-1], 2 * line[-1] - line[-2 : -pad - 2 : -1]
    extended = np.concatenate([before, line, after])
    smooth = gaussian_filter1d(extended, scale / spacing, axis=0, mode="nearest")
    return np.asarray(smooth[pad : pad + len(line)])
