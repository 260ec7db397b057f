"""``dormatrix shg``: what a second-harmonic microscope would see of a printed ink."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cases.build import build_gels, build_scaffold
from cases.errors import clean
from cases.rule.output import require_writable
from cases.schema import Case
from cases.schema.rule import nearest
from meshes.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from meshes.scaffold import Scaffold
    from solver.materials import Gel, MaterialField

_PLACES = 12  # along each edge of the stack: where the field of directions is asked
_LARGEST = 1 << 26  # voxels
_ENDING = ".ome.tif"


def draw_shg(
    case: Case,
    output: Path,
    *,
    collagen: str,
    middle: tuple[float, ...] | None,
    size: tuple[float, ...],
    voxel: tuple[float, ...],
    radius: float,
    length: float,
    seed: int,
    overwrite: bool,
) -> str:
    """Render fibres drawn from the model's field of directions; write an OME-TIFF.

    Parameters
    ----------
    case
        A checked case.
    output
        File, ``.ome.tif``.
    collagen
        ``I`` or ``III``: which is seen. Fibres of volume fraction 0.73e-3 c (c in mg/mL) with the
        waves of that collagen.
    middle
        Of the stack, µm; None: a place as deep in the gel as any.
    size, voxel
        Of the stack and of a voxel along x, y, z, µm.
    radius, length
        Of a visible fibre (a bundle of fibrils), µm: assumptions.
    seed
        Of the drawn fibres.
    overwrite
        Replace the file.

    Returns
    -------
    str
        What was written.

    Raises
    ------
    InputError
        If an option cannot be used, or there is no such collagen at that place.
    """
    from meshes.images.shg import synthetic_shg
    from meshes.images.write import write_stack
    from solver.materials import MaterialField
    from solver.materials.collagen import fibre_fraction

    if not output.name.endswith(_ENDING):
        stem = output.name.split(".")[0] or "model"
        raise InputError(
            f"{clean(output)}: expected a name that ends in {_ENDING}",
            hint=f"write {stem}{_ENDING}",
        )
    require_writable(output, overwrite, ".tif")
    scaffold = build_scaffold(case)
    gels = build_gels(case, scaffold)
    steps, extent = np.array(voxel), np.array(size)
    shape = np.maximum(1, np.rint(extent / steps)).astype(int)
    if np.prod(shape.astype(float)) > _LARGEST:
        raise InputError(
            f"a stack of {' x '.join(map(str, shape))} voxels is more than {_LARGEST}",
            hint="choose a smaller --size or a larger --voxel",
        )
    place = _deepest(scaffold) if middle is None else np.array(middle)
    gel = _gel_at(scaffold, gels, place)
    fibres = gel.ink.collagen_I if collagen == "I" else gel.ink.collagen_III
    if fibres is None or fibres.concentration == 0.0:
        raise InputError(
            f"ink '{gel.ink.name}', which lies there, holds no collagen {collagen}",
            hint="choose the other collagen, or another --middle",
        )
    corner = place - 0.5 * extent
    points = _lattice(corner, extent)
    stack = synthetic_shg(
        points,
        _tensors(MaterialField(scaffold, gels), gel, points),
        voxel=tuple(steps),
        shape=(int(shape[2]), int(shape[1]), int(shape[0])),
        fraction=fibre_fraction(fibres.concentration),
        radius=radius,
        length=length,
        amplitude=fibres.waviness.amplitude,
        wavelength=fibres.waviness.wavelength if fibres.waviness.amplitude else 1.0,
        origin=corner,
        inside=lambda x: scaffold.signed_distance(x) < 0.0,
        seed=seed,
    )
    write_stack(output, stack, dtype="float32")
    where = ", ".join(f"{c:.4g}" for c in place)
    return (
        f"written: {output} ({' x '.join(map(str, shape))} voxels of "
        f"{' x '.join(f'{v:g}' for v in voxel)} um, around [{where}] um in ink "
        f"'{clean(gel.ink.name)}', collagen {collagen})\n"
        "without noise, blur or polarisation; fibres of "
        f"{radius:g} um radius and {length:g} um length are assumptions"
    )


def _deepest(scaffold: Scaffold) -> NDArray[np.float64]:
    """A place as far from all faces as any of an even lattice."""
    from meshes.volumes import lattice_points

    points = lattice_points(scaffold.bounds, 0, 20_000)
    return np.asarray(points[int(np.argmin(scaffold.signed_distance(points)))])


def _gel_at(scaffold: Scaffold, gels: tuple[Gel, ...], place: NDArray[np.float64]) -> Gel:
    if place.shape != (3,) or not float(scaffold.signed_distance(place[None])[0]) < 0.0:
        raise InputError(
            f"--middle {place.tolist()}: not in the gel", hint="leave it out, or name another place"
        )
    return gels[int(scaffold.ink(place[None])[0])]


def _lattice(corner: NDArray[np.float64], extent: NDArray[np.float64]) -> NDArray[np.float64]:
    ticks = (np.arange(_PLACES) + 0.5) / _PLACES
    grid = np.stack(np.meshgrid(ticks, ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 3)
    return np.asarray(corner + grid * extent)


def _tensors(material: MaterialField, gel: Gel, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """⟨n⊗n⟩ of the gel's fibres at points, (n, 3, 3)."""
    from solver.materials.gel import fibre_orientation
    from solver.materials.orientation_field import OrientationField

    given = gel.ink.orientation
    if isinstance(given, OrientationField):
        return np.asarray(given.tensors[given.nearest(points)])
    number = next(i for i, other in enumerate(material.gels) if other is gel)
    frames = material.frames(points, np.full(len(points), number))
    local = fibre_orientation(gel.ink).structure_tensor
    return np.asarray(frames @ local @ frames.swapaxes(1, 2))


def which_collagen(wanted: str) -> str:
    """``I`` or ``III`` as written on the command line.

    Raises
    ------
    InputError
        With the nearest of the two.
    """
    if wanted.upper() in ("I", "III"):
        return wanted.upper()
    raise InputError(
        f"--collagen {clean(wanted)}: expected I or III",
        hint=f"did you mean {nearest(wanted, ('I', 'III')) or 'I'}?",
    )
