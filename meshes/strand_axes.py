"""The axes of printed strands, in printing order, for pictures of the print path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meshes.graded import GradedScaffold
from meshes.scaffold import FloatArray, IntArray, Scaffold
from meshes.shapes.core_shell import CoreShellWoodpile
from meshes.toolpath import Toolpath
from meshes.woodpile import Woodpile


@dataclass(frozen=True, eq=False)
class StrandAxes:
    """Straight pieces of strands.

    Parameters
    ----------
    starts, ends
        ``(n, 3)`` ends of the axis of each piece, µm.
    diameters
        ``(n,)`` µm.
    ink
        ``(n,)`` index of the ink on the axis.
    """

    starts: FloatArray
    ends: FloatArray
    diameters: FloatArray
    ink: IntArray


def strand_axes(scaffold: Scaffold) -> StrandAxes | None:
    """Axes of a body that is printed in straight moves: a print file, a woodpile, core and shell.

    Returns
    -------
    StrandAxes or None
        Pieces layer by layer, within a layer side by side; None for bodies of another kind.
    """
    body = scaffold.base if isinstance(scaffold, GradedScaffold) else scaffold
    if isinstance(body, Toolpath):
        starts, ends, diameters = body.starts, body.ends, body.diameters
    elif isinstance(body, (Woodpile, CoreShellWoodpile)):
        pile = body.pile if isinstance(body, CoreShellWoodpile) else body
        layers = [_layer(pile, number) for number in range(pile.layers)]
        starts, ends = (np.concatenate([layer[end] for layer in layers]) for end in (0, 1))
        diameters = np.full(len(starts), pile.strand_diameter)
    else:
        return None
    ink = body.ink_index if body is scaffold and isinstance(body, Toolpath) else None
    if ink is None:
        ink = scaffold.ink((starts + ends) / 2)
    return StrandAxes(starts, ends, diameters, np.asarray(ink, dtype=np.int64))


def _layer(pile: Woodpile, layer: int) -> tuple[FloatArray, FloatArray]:
    """Both ends of each axis of a layer, cut to the footprint, ``(n, 3)`` µm."""
    along = pile.axis(layer)
    across = np.array([-along[1], along[0], 0.0])
    half = 0.5 * np.array(pile.size)
    middle = np.array([*half, (layer + 0.5) * pile.layer_height])
    foot = middle + pile.strand_offsets(layer)[:, None] * across
    reach = np.full((len(foot), 2), [-np.inf, np.inf])
    for axis in (0, 1):
        if abs(along[axis]) < 1e-12:
            continue
        walls = (np.array([0.0, pile.size[axis]]) - foot[:, axis, None]) / along[axis]
        reach[:, 0] = np.maximum(reach[:, 0], walls.min(axis=1))
        reach[:, 1] = np.minimum(reach[:, 1], walls.max(axis=1))
    starts, ends = (foot + reach[:, [end]] * along for end in (0, 1))
    # A strand that only cuts a corner of the footprint may have no axis in it.
    inside = reach[:, 1] > reach[:, 0]
    return starts[inside], ends[inside]
