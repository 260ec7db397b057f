"""The scaffold as OpenCASCADE bodies, one list of volumes per ink.

Booleans cost much more than meshing when done pair by pair: strands are fused all at once, and inks
are cut and joined layer by layer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from meshes.errors import SolveError
from meshes.slab import Slab
from meshes.woodpile import Woodpile

# (dimension, tag), as Gmsh names its entities
DimTags = list[tuple[int, int]]


def slab_bodies(gmsh: Any, slab: Slab) -> list[DimTags]:
    """Add the box of a slab to the current model; returns its volumes per ink."""
    return [[(3, gmsh.model.occ.addBox(0.0, 0.0, 0.0, *slab.size))]]


def woodpile_bodies(gmsh: Any, pile: Woodpile) -> list[DimTags]:
    """Add the strands of a woodpile to the current model; returns its volumes per ink.

    See :func:`join_layers`.
    """
    occ = gmsh.model.occ
    layers = [layer_strands(occ, pile, k) for k in range(pile.layers)]
    return join_layers(occ, layers, len(pile.inks))


def join_layers(occ: Any, layers: list[DimTags], inks: int) -> list[DimTags]:
    """Join layers of strands, printed in this order, to bodies; returns the volumes of each ink.

    One ink becomes the union of its strands. Of several inks the layers take turns, so strands of
    one ink never overlap: each layer is cut by the layer below, which was printed earlier, and
    a final fragment makes the faces between inks common to both.

    Parameters
    ----------
    occ
        `gmsh.model.occ`.
    layers
        Volumes of each layer.
    inks
        Number of inks.

    Raises
    ------
    SolveError
        If a boolean operation returns overlapping bodies.
    """
    if inks == 1:
        strands = [strand for layer in layers for strand in layer]
        return [occ.fuse(strands[:1], strands[1:])[0] if len(strands) > 1 else strands]
    cut_by_earlier(occ, layers)
    return join_pieces(
        occ, [(k % inks, strand) for k, layer in enumerate(layers) for strand in layer], inks
    )


def cut_by_earlier(occ: Any, layers: list[DimTags]) -> None:
    """Take from each layer, in place, what lies in the layer below: that was printed earlier."""
    for k in range(1, len(layers)):
        layers[k], _ = occ.cut(layers[k], layers[k - 1], removeTool=False)


def join_pieces(occ: Any, pieces: list[tuple[int, tuple[int, int]]], inks: int) -> list[DimTags]:
    """Give touching volumes common faces.

    Parameters
    ----------
    occ
        `gmsh.model.occ`.
    pieces
        Ink and volume of each, none overlapping another.
    inks
        Number of inks.

    Returns
    -------
    list
        Volumes of each ink.

    Raises
    ------
    SolveError
        If the volumes overlap.
    """
    whole, children = occ.fragment([volume for _, volume in pieces], [])
    bodies: list[DimTags] = [[] for _ in range(inks)]
    for (ink, _), parts in zip(pieces, children, strict=True):
        bodies[ink] += parts
    if sum(len(body) for body in bodies) != len(whole):
        raise SolveError("OpenCASCADE left inks that overlap: its boolean operations failed")
    return bodies


def layer_strands(occ: Any, pile: Woodpile, layer: int, diameter: float | None = None) -> DimTags:
    """Cylinders of one layer, clipped to the box of the woodpile.

    Parameters
    ----------
    occ
        `gmsh.model.occ`.
    pile
        The woodpile.
    layer
        Number of the layer.
    diameter
        Of the cylinders, µm; None: that of the strands.
    """
    thickness = pile.strand_diameter if diameter is None else diameter
    along = pile.axis(layer)
    straight = pile.angle(layer) in (0.0, 90.0)
    reach = 0.5 * float(np.dot(np.abs(along[:2]), pile.size))
    if not straight:
        # Past every corner, so that only the box ends an oblique strand.
        reach = 0.5 * float(np.hypot(*pile.size)) + pile.strand_diameter
    height = (layer + 0.5) * pile.layer_height
    centre = np.array([0.5 * pile.size[0], 0.5 * pile.size[1], height])
    normal = np.array([-along[1], along[0], 0.0])
    strands: DimTags = []
    for offset in pile.strand_offsets(layer):
        start = centre + offset * normal - reach * along
        axis = 2.0 * reach * along
        strands.append((3, occ.addCylinder(*start, *axis, 0.5 * thickness)))
        if straight:
            # OpenCASCADE puts the seam of a cylinder along an axis on its crest, where strands
            # cross and booleans fail on it; that of an oblique one lies at its side already.
            occ.rotate(strands[-1:], *start, *along, 0.5 * np.pi)
    first, last = layer == 0, layer == pile.layers - 1
    if straight and (thickness <= pile.layer_height or not (first or last)):
        return strands
    # A straight strand may just touch a side of the footprint, and cutting a cylinder by a tangent
    # plane is where booleans break: its sides stay clear of the box, its ends are right already.
    side = pile.strand_diameter if straight else 0.0
    low = 0.0 if first else height - pile.strand_diameter
    high = pile.height if last else height + pile.strand_diameter
    width, depth = (length + 2.0 * side for length in pile.size)
    box = occ.addBox(-side, -side, low, width, depth, high - low)
    clipped: DimTags = occ.intersect(strands, [(3, box)])[0]
    return clipped
