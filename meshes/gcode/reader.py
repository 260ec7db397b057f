"""Read a print file: what its nozzle lays down, not what its author meant."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from meshes.errors import InputError
from meshes.gcode.flavours import Flavour, choose_flavour, printing
from meshes.gcode.lexer import read_lines
from meshes.gcode.machine import Machine
from meshes.gcode.program import Program
from meshes.scaffold import FloatArray, require_positive

_MM3 = 1e9  # µm³
_SHORTEST = 1e-3  # µm


def read_gcode(
    path: str | Path,
    *,
    flavour: str = "auto",
    filament_diameter: float | Mapping[int, float] | None = None,
    switch: tuple[str, str] | None = None,
) -> Program:
    """Read the segments that a G-code file prints.

    Parameters
    ----------
    path
        The file, text of up to 64 MiB.
    flavour
        ``"marlin"`` (moves with a growing E print), ``"cellink"`` (E, where there is any, marks
        printing but measures nothing; else as pneumatic), ``"pneumatic"`` (G1, G2, G3 print where
        they go sideways, G0 travels), ``"switched"`` (see `switch`) or ``"auto"``.
    filament_diameter
        Diameter of the filament, or of the barrel of the syringe whose plunger E moves, µm: one
        for all tools or one for each. Without it E in mm says where is printed, not how much.
    switch
        The two M commands that start and stop the flow, such as ("M3", "M5").

    Returns
    -------
    Program

    Raises
    ------
    InputError
        If the file is missing, too large, binary, holds what cannot be followed (with the number
        of the line), prints nothing, or an argument is wrong.
    """
    machine = Machine(switch)
    for number, command in read_lines(Path(path)):
        machine.execute(command, number)
        if machine.ended:
            break
    moves = machine.moves
    chosen = choose_flavour(flavour, moves, switch=switch is not None)
    prints = printing(chosen, moves)
    lengths = np.linalg.norm(moves[:, 3:6] - moves[:, :3], axis=1)
    prints &= lengths > _SHORTEST
    if not prints.any():
        raise InputError(
            f"{Path(path).name}: none of its {len(moves)} moves prints, read as {chosen.name} "
            f"({chosen.words})",
            hint="choose another flavour, or export the print as G-code whose moves extrude (E) "
            "or print sideways with G1",
        )
    rows = moves[prints]
    tool = np.where(rows[:, 8] < 0.0, -1.0 - rows[:, 8], rows[:, 8]).astype(np.int64)
    area, missing = _areas(rows[:, 8], filament_diameter)
    metered = chosen.metered and not missing
    where = np.flatnonzero(prints)
    joined = np.zeros(len(rows), dtype=np.bool_)
    joined[1:] = (np.diff(where) == 1) & (np.diff(tool) == 0)
    return Program(
        starts=rows[:, :3].copy(),
        ends=rows[:, 3:6].copy(),
        extruded=rows[:, 6] * area if metered else np.zeros(len(rows)),
        feed=rows[:, 7].copy(),
        tool=tool,
        line=rows[:, 9].astype(np.int64),
        joined=joined,
        flavour=chosen.name,
        metered=metered,
        travel=float(lengths[~prints].sum()),
        warnings=_warnings(machine, chosen, moves, missing=chosen.metered and missing),
    )


def _areas(
    tools: FloatArray, filament: float | Mapping[int, float] | None
) -> tuple[FloatArray, bool]:
    """µm³ per unit of E for each move, and whether a diameter is missing."""
    area = np.full(len(tools), _MM3)
    missing = False
    for tool in np.unique(tools[tools >= 0.0]):
        given = filament.get(int(tool)) if isinstance(filament, Mapping) else filament
        if given is None:
            missing = True
            continue
        diameter = require_positive("filament_diameter (µm)", given)
        area[tools == tool] = 1e3 * 0.25 * np.pi * diameter**2
    return area, missing


def _warnings(
    machine: Machine, flavour: Flavour, moves: FloatArray, *, missing: bool
) -> tuple[str, ...]:
    """What was ignored or assumed, in words."""
    found = []
    if machine.ignored:
        codes = ", ".join(f"{code} ({count})" for code, count in machine.ignored.most_common(12))
        more = ", …" if len(machine.ignored) > 12 else ""
        total = sum(machine.ignored.values())
        what = "command" if total == 1 else "commands"
        found.append(f"{total} {what} without a meaning for the path ignored: {codes}{more}")
    if machine.drops:
        what = "extrusion" if machine.drops == 1 else "extrusions"
        found.append(f"{machine.drops} {what} without a move left out")
    if missing:
        found.append("E is in mm of filament: without filament_diameter no volume is known")
    unknown = (moves[:, 11] == 0.0) & (moves[:, 10] > 0.0)
    if flavour.mark == "E":
        unknown &= moves[:, 6] > 0.0
    if unknown.any():
        line = int(moves[unknown, 9][0])
        found.append(
            f"{int(unknown.sum())} moves start where the file has not yet said (first in line "
            f"{line}): taken as travels"
        )
    return tuple(found)
