"""From what a file lays down to a body: inks, diameters, and a place on the glass.

A print file says where the *nozzle* is, and printers disagree on what its z = 0 is. So only
differences of height are taken from it: the lowest axis is put half a layer height above the
glass, as if the strand filled its layer, and all others keep their distance from it; the top is
cut as far above the highest axis. In the plan
the body is moved so that its corner lies at x = y = 0.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from meshes.errors import InputError
from meshes.gcode.program import LEVEL_TOLERANCE, Program
from meshes.scaffold import FloatArray, IntArray, require_positive
from meshes.toolpath import Toolpath

FROM_EXTRUSION = "from extrusion"
_LAYER_SHARE = 0.8  # of the diameter: layer height of a single layer of which nothing is known


def toolpath_from(
    program: Program,
    *,
    tools: Mapping[int, str | None] | None = None,
    strand_diameter: float | Mapping[int, float] | str | None = None,
    layer_height: float | None = None,
    flattened: float | None = None,
    window: tuple[float, float, float, float] | None = None,
) -> Toolpath:
    """Build the body that a program prints.

    Parameters
    ----------
    program
        From :func:`meshes.gcode.read_gcode`.
    tools
        Name of the ink of each tool; None leaves a tool out (a support that is washed away).
        Several tools may share an ink. Default: ``"gel"``, or ``"T0"``, ``"T1"``, … of several.
    strand_diameter
        µm, for all tools or for each; ``"from extrusion"`` or None: d = √(4 V/(π L)), a round
        strand of the volume extruded.
    layer_height
        Rise from layer to layer, µm. Default: the median of the file; of a single layer its z, if
        that lies between half a diameter and one, else 0.8 diameters (assumption).
    flattened
        Share of its diameter that the glass cuts off the lowest strand, from 0 to 0.5. Default: so
        much that its axis lies at half the layer height, (1 - h/d)/2.
    window
        Rectangle (x0, y0, x1, y1) in the coordinates of the file, µm, to which the body is cut.

    Returns
    -------
    Toolpath
        With `notes` on what was assumed.

    Raises
    ------
    InputError
        If a tool that prints has no ink or diameter, one is named that does not print, the file
        does not tell the volume extruded, layers would not touch, or nothing is left.
    """
    names = _ink_names(program, tools)
    diameters = _diameters(program, strand_diameter)
    kept = np.array([names[int(tool)] is not None for tool in program.tool])
    if not kept.any():
        raise InputError("tools: no ink is left", hint="name the ink of at least one tool")
    starts, ends = program.starts[kept], program.ends[kept]
    tool, diameters = program.tool[kept], diameters[kept]
    notes = list(program.warnings)
    axis = _lowest_axis(program, starts, ends, diameters, layer_height, flattened, notes)
    top_and_bottom = np.concatenate([starts[:, 2], ends[:, 2]])
    height = float(np.ptp(top_and_bottom)) + axis + _top_share(starts, ends, diameters) * axis
    shift = np.array([0.0, 0.0, axis - float(top_and_bottom.min())])
    low = (np.minimum(starts, ends)[:, :2] - 0.5 * diameters[:, None]).min(axis=0)
    if window is not None:
        low = np.maximum(low, window[:2])
        here = _inside(window, starts, ends, diameters)
        if not here.any():
            raise InputError(f"window: no strand of the file lies in {tuple(window)} µm")
        starts, ends, tool, diameters = starts[here], ends[here], tool[here], diameters[here]
        corners = np.array(window, dtype=np.float64) - np.tile(low, 2)
        window = tuple(float(value) for value in corners)  # type: ignore[assignment]
    shift[:2] = -low
    inks, index = _numbered(names, tool)
    return Toolpath(
        starts + shift, ends + shift, diameters, index, inks, height, window, tuple(notes)
    )


def _ink_names(program: Program, tools: Mapping[int, str | None] | None) -> dict[int, str | None]:
    printing = program.tools
    if tools is None:
        return {t: "gel" if len(printing) == 1 else f"T{t}" for t in printing}
    missing = [f"T{tool}" for tool in printing if tool not in tools]
    idle = [f"T{tool}" for tool in tools if tool not in printing]
    if missing or idle:
        found = ", ".join(f"T{tool}" for tool in printing)
        wrong = f"{', '.join(missing)} print without an ink" if missing else ""
        wrong = wrong or f"{', '.join(idle)} print nothing"
        raise InputError(
            f"tools: {wrong}; the file prints with {found}",
            hint="name the ink of each tool that prints; null leaves a tool out",
        )
    return {int(tool): name for tool, name in tools.items()}


def _diameters(program: Program, given: float | Mapping[int, float] | str | None) -> FloatArray:
    """Diameter of each segment, µm."""
    if given is None or isinstance(given, str):
        if isinstance(given, str) and given != FROM_EXTRUSION:
            raise InputError(f"strand_diameter: expected µm or {FROM_EXTRUSION!r}, found {given!r}")
        diameters = program.diameters()
        if diameters is None:
            raise InputError(
                "strand_diameter: this file does not tell how much is extruded "
                f"(read as {program.flavour})",
                hint="give the diameter of the strands as measured under a microscope, or, where E "
                "moves a filament or plunger, its filament_diameter",
            )
        return diameters
    if isinstance(given, Mapping):
        missing = [f"T{tool}" for tool in program.tools if tool not in given]
        if missing:
            raise InputError(f"strand_diameter: none is given for {', '.join(missing)}")
        table = {
            tool: require_positive(f"strand_diameter T{tool} (µm)", given[tool])
            for tool in program.tools
        }
        return np.array([table[int(tool)] for tool in program.tool])
    return np.full(len(program), require_positive("strand_diameter (µm)", given))


def _lowest_axis(
    program: Program,
    starts: FloatArray,
    ends: FloatArray,
    diameters: FloatArray,
    layer_height: float | None,
    flattened: float | None,
    notes: list[str],
) -> float:
    """Height of the lowest axis above the glass, µm."""
    lower = np.minimum(starts[:, 2], ends[:, 2])
    lowest = float(diameters[lower <= lower.min() + LEVEL_TOLERANCE].min())
    rise = program.layer_height
    if layer_height is not None:
        rise = require_positive("layer_height (µm)", layer_height)
    if rise is not None and len(program.levels) > 1 and rise >= float(diameters.max()):
        raise InputError(
            f"layers do not touch: they rise by {rise:.4g} µm, strands are at most "
            f"{float(diameters.max()):.4g} µm thick",
            hint="strands spread: give strand_diameter as measured, or print lower layers",
        )
    if flattened is not None:
        if not 0.0 < flattened <= 0.5:
            raise InputError(f"flattened: expected a share above 0, up to 0.5, found {flattened!r}")
        return (0.5 - flattened) * lowest
    if rise is None:
        z = float(program.levels[0])
        rise = z if 0.5 * lowest <= z < lowest else _LAYER_SHARE * lowest
        notes.append(
            f"one layer: its height is taken as {rise:.4g} µm "
            f"({'z in the file' if rise == z else 'assumption: 0.8 diameters'})"
        )
    if rise >= lowest:
        raise InputError(
            f"layer_height: {rise:.4g} µm is no less than the lowest strand's diameter of "
            f"{lowest:.4g} µm, which would not stick to the glass",
            hint="give flattened, the share of the diameter that the glass cuts off (0.1, say)",
        )
    return 0.5 * rise


def _top_share(starts: FloatArray, ends: FloatArray, diameters: FloatArray) -> float:
    """How much nearer the top lies to the highest axis than the glass to the lowest.

    1, unless the highest strand is thinner than the lowest: then it is flattened by the same share.
    """
    upper, lower = np.maximum(starts, ends)[:, 2], np.minimum(starts, ends)[:, 2]
    highest = float(diameters[upper >= upper.max() - LEVEL_TOLERANCE].max())
    lowest = float(diameters[lower <= lower.min() + LEVEL_TOLERANCE].min())
    return min(1.0, highest / lowest)


def _inside(
    window: tuple[float, float, float, float],
    starts: FloatArray,
    ends: FloatArray,
    diameters: FloatArray,
) -> np.ndarray:
    """Segments whose box meets the window."""
    reach = 0.5 * diameters[:, None]
    low = np.minimum(starts, ends)[:, :2] - reach
    high = np.maximum(starts, ends)[:, :2] + reach
    return np.asarray((low < window[2:]).all(axis=1) & (high > window[:2]).all(axis=1))


def _numbered(names: dict[int, str | None], tool: IntArray) -> tuple[tuple[str, ...], IntArray]:
    """Names of the inks in the order of `names`, and the number of each segment's ink."""
    there = {names[int(number)] for number in np.unique(tool)}
    inks = tuple(dict.fromkeys(name for name in names.values() if name and name in there))
    number = {int(t): inks.index(str(names[int(t)])) for t in np.unique(tool)}
    return inks, np.array([number[int(t)] for t in tool], dtype=np.int64)
