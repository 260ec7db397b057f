"""The bodies of :mod:`meshes.shapes` in OpenCASCADE, where it can make them exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from meshes.bodies import DimTags, cut_by_earlier, join_layers, join_pieces, layer_strands
from meshes.scaffold import Scaffold
from meshes.shapes import (
    ChannelBlock,
    CoreShellWoodpile,
    Disc,
    Droplet,
    LayeredSlab,
    Ring,
    SpheroidInGel,
)


def has_bodies(scaffold: Scaffold) -> bool:
    """Whether :func:`shape_bodies` can build a scaffold."""
    return type(scaffold) in _BUILDERS


def shape_bodies(gmsh: Any, scaffold: Scaffold) -> list[DimTags] | None:
    """Add the bodies of a scaffold to the current model.

    Parameters
    ----------
    gmsh
        The module, with the model current to which the bodies are added; not synchronised.
    scaffold
        Any scaffold.

    Returns
    -------
    list or None
        Volumes of each ink; None for shapes without an exact route, such as spirals and triply
        periodic surfaces.

    Raises
    ------
    SolveError
        If a boolean operation returns overlapping bodies.
    """
    build = _BUILDERS.get(type(scaffold))
    return None if build is None else build(gmsh.model.occ, scaffold)


def _disc(occ: Any, disc: Disc) -> list[DimTags]:
    radius = 0.5 * disc.diameter
    return [[(3, occ.addCylinder(radius, radius, 0.0, 0.0, 0.0, disc.height, radius))]]


def _droplet(occ: Any, drop: Droplet) -> list[DimTags]:
    """A sphere from the latitude of the glass, 90° less the contact angle, to the pole."""
    middle, pole = 0.5 * drop.width, 0.5 * np.pi
    latitude = pole - np.radians(drop.contact_angle)
    cap = occ.addSphere(middle, middle, drop.centre_height, drop.radius, -1, latitude, pole)
    return [[(3, cap)]]


def _ring(occ: Any, ring: Ring) -> list[DimTags]:
    """Tori, the first and the last cut flat."""
    middle, width = 0.5 * ring.outer_diameter, ring.outer_diameter
    axis, strand = 0.5 * ring.diameter, 0.5 * ring.strand_diameter
    layers: list[DimTags] = []
    for k in range(ring.layers):
        height = (k + 0.5) * ring.layer_height
        torus = [(3, occ.addTorus(middle, middle, height, axis, strand))]
        first, last = k == 0, k == ring.layers - 1
        if first or last:
            low = 0.0 if first else height - 2.0 * strand
            high = ring.height if last else height + 2.0 * strand
            # wide of the torus, which must not touch the sides of the box
            box = occ.addBox(
                -strand, -strand, low, width + 2 * strand, width + 2 * strand, high - low
            )
            torus = occ.intersect(torus, [(3, box)])[0]
        layers.append(torus)
    return join_layers(occ, layers, len(ring.inks))


def _core_shell(occ: Any, body: CoreShellWoodpile) -> list[DimTags]:
    """Strands cut by the layer below, each parted into core and shell."""
    strands = [layer_strands(occ, body.pile, k) for k in range(body.layers)]
    cut_by_earlier(occ, strands)
    pieces: list[tuple[int, tuple[int, int]]] = []
    for k, layer in enumerate(strands):
        cores = layer_strands(occ, body.pile, k, body.core_diameter)
        inner = occ.intersect(cores, layer, removeTool=False)[0]
        outer = occ.cut(layer, inner, removeTool=False)[0]
        pieces += [(0, volume) for volume in inner] + [(1, volume) for volume in outer]
    return join_pieces(occ, pieces, 2)


def _spheroid(occ: Any, body: SpheroidInGel) -> list[DimTags]:
    assert body.centre is not None  # settled when made
    sphere = (3, occ.addSphere(*body.centre, 0.5 * body.diameter))
    gel = occ.cut([(3, occ.addBox(0.0, 0.0, 0.0, *body.size))], [sphere], removeTool=False)[0]
    return join_pieces(occ, [*((0, volume) for volume in gel), (1, sphere)], 2)


def _channels(occ: Any, block: ChannelBlock) -> list[DimTags]:
    radius = 0.5 * block.channel_diameter
    along = np.array([1.0, 0.0, 0.0] if block.axis == "x" else [0.0, 1.0, 0.0])
    length = float(along @ block.size)
    lumens: DimTags = [
        (3, occ.addCylinder(*(start - radius * along), *((length + 2.0 * radius) * along), radius))
        for start in block.channel_axes
    ]
    return [occ.cut([(3, occ.addBox(0.0, 0.0, 0.0, *block.size))], lumens)[0]]


def _layered(occ: Any, slab: LayeredSlab) -> list[DimTags]:
    bottoms = np.cumsum((0.0, *slab.thicknesses))
    pieces = [
        (ink, (3, occ.addBox(0.0, 0.0, bottom, *slab.size, thickness)))
        for ink, bottom, thickness in zip(
            slab.layer_inks, bottoms[:-1], slab.thicknesses, strict=True
        )
    ]
    return join_pieces(occ, pieces, len(slab.inks))


_BUILDERS: dict[type, Callable[[Any, Any], list[DimTags]]] = {
    ChannelBlock: _channels,
    CoreShellWoodpile: _core_shell,
    Disc: _disc,
    Droplet: _droplet,
    LayeredSlab: _layered,
    Ring: _ring,
    SpheroidInGel: _spheroid,
}
