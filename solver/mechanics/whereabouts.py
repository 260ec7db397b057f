"""What lies around a point of a scaffold, in words, for messages."""

from __future__ import annotations

import numpy as np

from solver.materials.tensors import FloatArray
from solver.mechanics.scaffold import BOTTOM, TOP, MeshArrays

FREE = 3  # facet tag: bathed in medium
_NEAR = 1.0  # sizes of a boundary triangle that count as near it


def surroundings(mesh: MeshArrays, point: FloatArray) -> str:
    """Name the face that a point ``(3,)`` µm lies at: glass, plate, free face, or none."""
    corners = mesh.points[mesh.facets]
    distance = np.linalg.norm(corners.mean(axis=1) - point, axis=1)
    size = np.linalg.norm(corners[:, 1:] - corners[:, :1], axis=2).max(axis=1)
    near = {
        tag: bool(np.any((distance < _NEAR * size) & (mesh.facet_tag == tag)))
        for tag in (BOTTOM, TOP, FREE)
    }
    for tag, name in ((BOTTOM, "glass"), (TOP, "plate")):
        if near[tag]:
            return f"at the edge of the {name}" if near[FREE] else f"at the {name}"
    return "at a free face" if near[FREE] else "inside the gel"
