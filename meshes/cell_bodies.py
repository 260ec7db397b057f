"""The fibre cell as OpenCASCADE bodies: lofted tubes, cut out of a box by one fragment.

The box is first slid to where its sides cut the fibres most squarely: a periodic cell does not
care where it starts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from meshes.bodies import DimTags
from meshes.errors import InputError, SolveError
from meshes.fibre_cell import FibreCell, FibrePath
from meshes.scaffold import FloatArray

MATRIX, FIBRE = 0, 1
Images = list[tuple[FibrePath, FloatArray]]  # a fibre and the shift (3,) of its image, µm
_STATIONS = 48  # sections of a loft per wavelength
_OVERRUN = 4  # sections past each end, so that a spline's free end is not in the cell
_SHIFTS = 256  # places tried for the sides of the box
LARGEST_BODY_ERROR = 1e-3  # OpenCASCADE's volume of the fibres against the exact one


def box_origin(cell: FibreCell) -> FloatArray:
    """Where the box starts so that its sides meet fibres squarely or not at all, shape (3,), µm.

    A tube's surface is parallel to a side at the crests of its wave, at ±A cos(roll) ± r from
    its mean line: the sides keep away from these places, as far as two radii; among equals those
    that cut the fewest fibres. The ends keep away from where a tube enters or leaves a side.

    Raises
    ------
    InputError
        If every place comes closer than a tenth of a radius.
    """
    origin = np.zeros(3)
    for axis in range(2):
        period = cell.size[axis]
        starts = np.arange(_SHIFTS) / _SHIFTS * period
        room = np.full(_SHIFTS, np.inf)
        cuts = np.zeros(_SHIFTS)
        for fibre in cell.fibres:
            wave = fibre.amplitude * abs(fibre.direction[axis])
            across = _nearest_image(starts - fibre.position[axis], period)
            for reach in (wave + fibre.radius, wave - fibre.radius):
                for side in (reach, -reach):
                    away = np.abs(_nearest_image(across - side, period))
                    room = np.minimum(room, away / fibre.radius)
            cuts += np.abs(across) < wave + fibre.radius
        if room.max() < 0.1:
            raise InputError(
                "wherever the box of the fibre cell starts, a side touches a fibre",
                hint="choose another seed, or fewer fibres",
            )
        origin[axis] = starts[np.argmax(np.minimum(room, 2.0) - 1e-3 * cuts / len(cell.fibres))]
    origin[2] = _quiet_height(cell, origin)
    return origin


def _nearest_image(x: FloatArray, period: float) -> FloatArray:
    """Distances brought to within half a period of zero."""
    folded: FloatArray = np.mod(x + 0.5 * period, period) - 0.5 * period
    return folded


def _quiet_height(cell: FibreCell, origin: FloatArray) -> float:
    """Height farthest from all places where a tube starts or stops crossing a side."""
    heights = np.arange(4 * _SHIFTS) / (4 * _SHIFTS) * cell.size[2]
    busy = []
    for fibre in cell.fibres:
        line = fibre.centre(heights)
        for axis in range(2):
            across = _nearest_image(line[:, axis] - origin[axis], cell.size[axis])
            crossing = np.abs(across) < fibre.radius
            busy.append(heights[crossing != np.roll(crossing, 1)])
    places = np.concatenate(busy)
    if len(places) == 0:
        return 0.0
    room = np.abs(_nearest_image(heights[:, None] - places, cell.size[2])).min(axis=1)
    return float(heights[np.argmax(room)])


def cell_bodies(
    gmsh: Any, cell: FibreCell, origin: FloatArray, matrix: bool
) -> tuple[dict[int, DimTags], Images]:
    """Volumes of matrix and fibres in the current model, and each fibre's images in the box."""
    occ = gmsh.model.occ
    size = np.asarray(cell.size)
    images = [
        (fibre, shift)
        for fibre in cell.fibres
        for shift in (_images(fibre, size, origin) if matrix else [np.zeros(3)])
    ]
    tubes: DimTags = []
    for fibre, shift in images:
        tubes += _tube(occ, fibre, shift, origin[2], size[2])
    if not matrix:
        corner, far = _bounds(images)
        slab = occ.addBox(*corner, 0.0, *(far - corner), size[2])
        inside, _ = occ.intersect(tubes, [(3, slab)])
        occ.synchronize()
        return {FIBRE: inside}, images
    box = (3, occ.addBox(*origin, *size))
    _, children = occ.fragment([box], tubes)
    inside = children[0]
    pieces = {piece for parts in children[1:] for piece in parts}
    occ.remove([piece for piece in pieces if piece not in inside], recursive=True)
    occ.synchronize()
    return {
        MATRIX: [piece for piece in inside if piece not in pieces],
        FIBRE: [piece for piece in inside if piece in pieces],
    }, images


def _images(fibre: FibrePath, size: FloatArray, origin: FloatArray) -> list[FloatArray]:
    """Lateral shifts under which a fibre's bounding box meets the cell's."""
    reach = fibre.amplitude * np.abs(fibre.direction[:2]) + fibre.radius
    low = np.asarray(fibre.position) - reach - origin[:2]
    high = low + 2.0 * reach
    first = np.ceil(-high / size[:2]).astype(int)
    last = np.floor((size[:2] - low) / size[:2]).astype(int)
    return [
        np.array([i * size[0], j * size[1], 0.0])
        for i in range(first[0], last[0] + 1)
        for j in range(first[1], last[1] + 1)
    ]


def stations(fibre: FibrePath, start: float, height: float) -> FloatArray:
    """Heights of the sections of a tube; straight ones need two."""
    if fibre.wavenumber == 0.0:
        return start + np.array([-0.25, 1.25]) * height
    step = 2.0 * np.pi / fibre.wavenumber / _STATIONS
    count = round(height / step)
    heights: FloatArray = start + step * np.arange(-_OVERRUN, count + _OVERRUN + 1)
    return heights


def _tube(occ: Any, fibre: FibrePath, shift: FloatArray, start: float, height: float) -> DimTags:
    """A round tube along a fibre, reaching past both ends of the cell."""
    z = stations(fibre, start, height)
    centres = fibre.centre(z) + shift
    if len(z) == 2:
        axis = centres[1] - centres[0]
        return [(3, occ.addCylinder(*centres[0], *axis, fibre.radius))]
    seam = np.cross([0.0, 0.0, 1.0], fibre.direction)  # constant: sections do not twist
    tangents = np.array([0.0, 0.0, 1.0]) + fibre.slope(z)[:, None] * fibre.direction
    wires = [
        occ.addWire(
            [occ.addCircle(*centre, fibre.radius, zAxis=tangent.tolist(), xAxis=seam.tolist())]
        )
        for centre, tangent in zip(centres, tangents, strict=True)
    ]
    loft = occ.addThruSections(
        wires, makeSolid=True, continuity="C2", parametrization="ChordLength"
    )
    occ.remove([(1, wire) for wire in wires])
    return [entity for entity in loft if entity[0] == 3]


def _bounds(images: Images) -> tuple[FloatArray, FloatArray]:
    """Lower and upper corner (x, y) around all fibres, with room to spare."""
    middles = np.array([np.asarray(f.position) + shift[:2] for f, shift in images])
    reach = max(f.amplitude + 2.0 * f.radius for f, _ in images)
    return middles.min(axis=0) - reach, middles.max(axis=0) + reach


def check_bodies(gmsh: Any, cell: FibreCell, fibres: DimTags) -> None:
    """Compare OpenCASCADE's volume of the fibres with the exact one."""
    built = sum(gmsh.model.occ.getMass(*volume) for volume in fibres)
    if abs(built / cell.fibre_volume - 1.0) > LARGEST_BODY_ERROR:
        raise SolveError(
            f"OpenCASCADE's fibres have {built:.5g} µm³ instead of {cell.fibre_volume:.5g} µm³: a "
            "boolean operation failed",
            hint="shift the fibres or their phase slightly",
        )
