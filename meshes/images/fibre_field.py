"""Fibre directions of an image stack, block by block, as a case reads them.

Each block gives ⟨n⊗n⟩ of the local axes in it. Two populations of one block, say along x and along
y, are both in that tensor; a mean angle would lose them. On synthetic stacks (signal over noise 5,
fibres 1 to 6 % of the volume, window as wide as a fibre's radius) components are within 0.05 and
directions within 1 degree; a wider window or denser fibres look more aligned than they are.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from meshes.errors import InputError
from meshes.images.stack import Stack
from meshes.images.structure import Scales, local_axes
from meshes.scaffold import FloatArray, IntArray, require_positive

COLUMNS = ("x_um", "y_um", "z_um", "a_xx", "a_yy", "a_zz", "a_xy", "a_xz", "a_yz")
FURTHER = ("order_parameter", "axis_x", "axis_y", "axis_z", "voxels", "filled")
_PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
MAX_BLOCKS = 200_000
_LEAST_SHARE = 1e-3  # of a block: fewer voxels say nothing about it [assumption]


@dataclass(frozen=True, eq=False)
class FibreField:
    """Directions of the fibres in blocks of a stack.

    Attributes
    ----------
    points
        Middle of each block, (m, 3), µm, in the frame of the stack with its origin.
    tensors
        ⟨n⊗n⟩, (m, 3, 3), trace 1.
    voxels
        Cubic voxels with a fibre behind it, (m,).
    filled
        Their share of the block, (m,): tells dense from sparse, no volume fraction (blur widens).
    empty
        Blocks without enough signal, left out.
    settings
        How it was measured, for the heading of the file.
    """

    points: FloatArray
    tensors: FloatArray
    voxels: IntArray
    filled: FloatArray
    empty: int
    settings: str

    @property
    def axes(self) -> FloatArray:
        """Principal direction of each block, unit vectors (m, 3)."""
        return np.asarray(np.linalg.eigh(self.tensors)[1][:, :, -1])

    @property
    def order(self) -> FloatArray:
        """Order parameter (3 λmax − 1)/2 about the principal direction, (m,), from 0 to 1.

        Of few fibres it is above 0 by chance even where there is no order: about 1/√(number).
        """
        return np.asarray((3.0 * np.linalg.eigvalsh(self.tensors)[:, -1] - 1.0) / 2.0)

    def mean(self) -> FloatArray:
        """⟨n⊗n⟩ of the whole stack, (3, 3): the blocks weighted by their voxels."""
        return np.asarray(np.einsum("m,mij->ij", self.voxels / self.voxels.sum(), self.tensors))


def fibre_field(
    stack: Stack, block: float | Sequence[float], scales: Scales, channel: int | str = 0
) -> FibreField:
    """Measure fibre directions.

    Parameters
    ----------
    stack
        With its voxel size.
    block
        Edge of the blocks, or edges along x, y, z, µm; larger than the window.
    scales
        See :class:`meshes.images.structure.Scales`.
    channel
        Number or name: which collagen it shows is for the user to say, SHG does not tell.

    Raises
    ------
    InputError
        If the blocks are too small or too many, or nowhere is a fibre.
    """
    edges = np.broadcast_to(np.asarray(block, dtype=float), (3,)).copy()
    for axis, edge in zip("xyz", edges, strict=True):
        require_positive(f"block, edge along {axis}, um", edge)
    edges = np.minimum(edges, stack.size)
    if edges[: 2 if stack.flat else 3].min() < 2.0 * scales.window:
        raise InputError(
            f"block: {'x'.join(f'{e:g}' for e in edges)} um is less than twice the window of "
            f"{scales.window:g} um",
            hint="larger blocks: one should hold tens of fibres",
        )
    counts = np.maximum(1, np.rint(stack.size / edges)).astype(int)
    if np.prod(counts.astype(float)) > MAX_BLOCKS:
        raise InputError(
            f"block: {'x'.join(map(str, counts))} blocks, at most {MAX_BLOCKS}",
            hint="larger blocks",
        )
    edges = stack.size / counts
    total = int(np.prod(counts))
    sums, voxels, step = np.zeros((total, 6)), np.zeros(total, dtype=np.int64), 1.0
    for part in local_axes(stack, channel, scales):
        step = part.step
        cell = np.minimum((part.points / edges).astype(int), counts - 1)
        flat = np.ravel_multi_index(tuple(cell.T), tuple(counts))
        voxels += np.bincount(flat, minlength=total)
        for k, (i, j) in enumerate(_PAIRS):
            sums[:, k] += np.bincount(flat, part.axes[:, i] * part.axes[:, j], total)
    inside = np.prod(edges[: 2 if stack.flat else 3]) / step ** (2 if stack.flat else 3)
    kept = np.flatnonzero(voxels >= max(1.0, _LEAST_SHARE * inside))
    if not len(kept):
        raise InputError(
            "no fibre stands out of the noise anywhere in the stack",
            hint="check the channel, or take a coarser scale of the derivative",
        )
    tensors = np.empty((len(kept), 3, 3))
    for k, (i, j) in enumerate(_PAIRS):
        tensors[:, i, j] = tensors[:, j, i] = sums[kept, k] / voxels[kept]
    cells = np.stack(np.unravel_index(kept, tuple(counts)), axis=1)
    settings = (
        f"channel {channel}; voxel {' x '.join(f'{v:g}' for v in stack.voxel)} um; derivative "
        f"{scales.derivative:g} um, window {scales.window:g} um, coherence {scales.coherence:g}; "
        f"block {' x '.join(f'{e:g}' for e in edges)} um"
        + ("; one slice: directions out of its plane are unseen" if stack.flat else "")
    )
    return FibreField(
        stack.origin + (cells + 0.5) * edges,
        tensors,
        voxels[kept],
        voxels[kept] / inside,
        total - len(kept),
        settings,
    )


def write_field(
    path: str | Path,
    field: FibreField,
    *,
    further: dict[str, npt.NDArray[np.float64]] | None = None,
) -> Path:
    """Write a field as the CSV file that ``orientation: {kind: field, file: ...}`` reads.

    Parameters
    ----------
    path
        Replaced only when the new file is whole.
    field
        Places in the frame of the scaffold: give the stack its `origin` before.
    further
        More columns of one number per block, such as the straightness; NaN is left empty.
    """
    path, more = Path(path), further or {}
    numbers = np.column_stack(
        [
            *field.points.T,
            *(field.tensors[:, i, j] for i, j in _PAIRS),
            field.order,
            *field.axes.T,
            field.voxels,
            field.filled,
            *more.values(),
        ]
    )
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", newline="", encoding="utf-8") as stream:
            stream.write(f"# mean of n (x) n of fibre axes in blocks; {field.settings}\n")
            stream.write(f"# {field.empty} blocks without signal are left out\n")
            table = csv.writer(stream, lineterminator="\n")
            table.writerow([*COLUMNS, *FURTHER, *more])
            for row in numbers:
                table.writerow(["" if np.isnan(v) else f"{v:.7g}" for v in row])
        os.replace(part, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)
    return path
