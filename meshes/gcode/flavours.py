"""Which moves of a file print: printers do not agree on how a file says so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meshes.errors import InputError
from meshes.gcode.machine import COLUMNS
from meshes.scaffold import FloatArray

_SIDEWAYS = 1.0  # µm: moves that go less far in the plane only lift or lower the nozzle


@dataclass(frozen=True)
class Flavour:
    """How a family of printers marks the moves that print.

    Parameters
    ----------
    name
        As in :data:`FLAVOURS`.
    mark
        ``"E"``: moves with a growing E; ``"G1"``: all but G0 that go sideways (a lift does not
        print: assumption); ``"either"``: E where the file has any, else G1; ``"switch"``: between
        two M commands.
    metered
        Whether E measures the material (mm of filament or plunger, mm³ after M200).
    words
        The printers, for messages.
    """

    name: str
    mark: str
    metered: bool
    words: str


FLAVOURS = {
    flavour.name: flavour
    for flavour in (
        Flavour("marlin", "E", True, "Marlin, RepRapFirmware, Klipper, FullControl"),
        Flavour("cellink", "either", False, "CELLINK BIO X: pressure, E without a measure"),
        Flavour("pneumatic", "G1", False, "pressure printers: G1 prints, G0 travels"),
        Flavour("switched", "switch", False, "two M commands open and close a valve"),
    )
}
"""Flavours by name."""


def choose_flavour(name: str, moves: FloatArray, *, switch: bool) -> Flavour:
    """The flavour of a file.

    Parameters
    ----------
    name
        A key of :data:`FLAVOURS` or ``"auto"``: switched where `switch` is given, marlin where any
        move has a growing E, else pneumatic.
    moves
        As :attr:`meshes.gcode.machine.Machine.moves`.
    switch
        Whether commands that start and stop the flow were named.

    Raises
    ------
    InputError
        If there is no such flavour, or ``"switched"`` is asked for without a switch.
    """
    if name == "auto":
        if switch:
            return FLAVOURS["switched"]
        return FLAVOURS["marlin" if (_column(moves, "e") > 0.0).any() else "pneumatic"]
    if name not in FLAVOURS:
        known = ", ".join(["auto", *FLAVOURS])
        raise InputError(f"flavour: expected one of {known}, found {name!r}")
    if (name == "switched") != switch:
        raise InputError(
            "flavour switched and the two commands of `switch` belong together",
            hint='for a valve that M3 opens and M5 closes: switch=("M3", "M5")',
        )
    return FLAVOURS[name]


def printing(flavour: Flavour, moves: FloatArray) -> npt.NDArray[np.bool_]:
    """Which moves print.

    Parameters
    ----------
    flavour
        From :func:`choose_flavour`.
    moves
        As :attr:`meshes.gcode.machine.Machine.moves`, shape (n, 12).

    Returns
    -------
    ndarray, shape (n,), bool
        Never a move whose start the file has not stated.
    """
    growing = _column(moves, "e") > 0.0
    by_e = flavour.mark == "E" or (flavour.mark == "either" and bool(growing.any()))
    if by_e:
        prints = growing
    elif flavour.mark == "switch":
        prints = _column(moves, "code") == 2.0
    else:
        sideways = np.hypot(moves[:, 3] - moves[:, 0], moves[:, 4] - moves[:, 1]) > _SIDEWAYS
        prints = (_column(moves, "code") == 1.0) & sideways
    return np.asarray(prints & (_column(moves, "known") == 1.0), dtype=np.bool_)


def _column(moves: FloatArray, name: str) -> FloatArray:
    return moves[:, COLUMNS.index(name)]
