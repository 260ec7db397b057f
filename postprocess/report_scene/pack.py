"""A scene as text: numbers as base64, words as JSON that no page can mistake for markup."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from postprocess.contract import CUE_PREFIX, FloatArray
from postprocess.report_scene.skin import Skin, thin_skin

if TYPE_CHECKING:
    from postprocess.scene.data import Scene
    from postprocess.scene.quantities import Limits, Quantity

MOST_SITES = 10_000
"""Sites in a page at most; spread evenly over space where there are more."""

_STEPS = 65_535
_MAP_COLOURS = 256


def pack_scene(scene: Scene) -> dict[str, Any]:
    """Everything that ``gl.js`` and ``scene.js`` need.

    Parameters
    ----------
    scene
        A result.

    Returns
    -------
    dict
        Plain JSON. Positions are 16-bit steps of the box ``low`` to ``high`` (µm), values of the
        skin 16-bit steps of their colour bar, values of the sites 32-bit floats; all little-endian
        and base64. ``radius`` (µm) is that at which sites are drawn, ``true_size`` whether it is
        that of the cells; ``sites_whole`` and ``faces_whole`` count what there was before thinning.
    """
    from postprocess.scene.quantities import limits, shown
    from postprocess.scene.spread import sphere_radius, thin
    from postprocess.style import ringed

    places = np.asarray(scene.sites.points, dtype=float)
    chosen = thin(places, MOST_SITES)
    skin = thin_skin(scene)
    box = np.array([
        np.minimum(scene.bounds[0], places.min(axis=0)),
        np.maximum(scene.bounds[1], places.max(axis=0)),
    ])  # fmt: skip
    of_mesh = [(quantity, limits(quantity, scene)) for quantity in shown(scene, "cells")]
    of_sites = [(quantity, limits(quantity, scene)) for quantity in shown(scene, "sites")]
    data = scene.sites.point_data
    ends = [np.asarray(data[f"p_dormant_{end}"], dtype=float) for end in ("low", "high")]
    radius = sphere_radius(places[chosen], scene.bounds, scene.cell_radius_um)
    return {
        "low": box[0].tolist(),
        "high": box[1].tolist(),
        "radius": radius,
        "true_size": radius == scene.cell_radius_um,
        "inks": list(scene.inks),
        "points": _place(skin.points, box),
        "faces": _base64(skin.faces, "<u4"),
        "edges": _place(skin.edges, box),
        "fields": [_field(quantity, ends_, skin, scene) for quantity, ends_ in of_mesh],
        "sites": _place(places[chosen], box),
        "ids": _base64(np.asarray(data["id"])[chosen], "<u4"),
        "uncertain": _base64(np.asarray(data["uncertain"])[chosen], "u1"),
        "rings": bool(ringed(*ends).any()),
        "columns": [
            _bar(quantity, ends_, scene)
            | {"values": _base64(quantity.values(scene)[chosen], "<f4"), "key": quantity.key}
            for quantity, ends_ in of_sites
        ],
        "sites_whole": len(places),
        "faces_whole": skin.whole,
        "sites_shown": len(chosen),
        "faces_shown": len(skin.faces),
    }


def page_json(value: Any) -> str:
    """JSON that can stand in a ``<script>`` of a page: it holds no ``<``, ``>`` and ``&``."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _field(quantity: Quantity, ends: Limits, skin: Skin, scene: Scene) -> dict[str, Any]:
    share = _shares(skin.values(scene, quantity), ends)
    return _bar(quantity, ends, scene) | {"values": _base64(np.rint(share * _STEPS), "<u2")}


def _shares(values: FloatArray, ends: Limits) -> FloatArray:
    """Place of values on their colour bar, 0 to 1."""
    low, high = ends.clim
    if ends.log:
        low, high = np.log(low), np.log(high)
        values = np.log(np.maximum(values, np.exp(low)))
    return np.clip((values - low) / (high - low), 0, 1)


def _bar(quantity: Quantity, ends: Limits, scene: Scene) -> dict[str, Any]:
    """Words, limits and colours of a quantity."""
    from postprocess.scene.quantities import colours

    return {
        "label": quantity.label,
        "unit": quantity.unit,
        "low": ends.low,
        "high": ends.high,
        "log": ends.log,
        "ends": _ends(quantity.key),
        "names": list(scene.inks) if quantity.policy == "inks" else None,
        "colours": _base64(_rgb(colours(quantity, ends)), "u1"),
    }


def _ends(key: str) -> tuple[str, str] | None:
    """Words at the ends of a bar that says more than a number."""
    if key.startswith(CUE_PREFIX):
        return "wakes", "keeps asleep"
    return ("awake", "asleep") if key == "p_dormant" else None


def _rgb(colour_map: Any) -> npt.NDArray[np.uint8]:
    """``(k, 3)`` colours of a map, each channel 0 to 255."""
    from matplotlib import colormaps
    from matplotlib.colors import to_rgb

    if isinstance(colour_map, str):
        table = colormaps[colour_map](np.linspace(0, 1, _MAP_COLOURS))[:, :3]
    else:
        table = np.array([to_rgb(colour) for colour in colour_map])
    return np.rint(255 * table).astype(np.uint8)


def _place(points: FloatArray, box: FloatArray) -> str:
    span = np.maximum(box[1] - box[0], 1e-9)
    return _base64(np.rint((points - box[0]) / span * _STEPS), "<u2")


def _base64(values: npt.ArrayLike, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode("ascii")
