"""A printer without motors: follows the commands of a file and notes every move.

Modes as in RS 274 and as Marlin and RepRapFirmware extend it: G90/G91 (coordinates), M82/M83
(E; until either is given E follows G90/G91), G92 (the place gets another name), G20/G21 (inch,
mm), G17-G19 (plane of arcs), M200 (E in mm³), M220/M221 (shares of speed and flow), T and M6.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter

import numpy as np

from meshes.errors import InputError
from meshes.gcode.arcs import arc_points, centre_from_radius
from meshes.gcode.lexer import Words, first_word, refused, words_of
from meshes.scaffold import FloatArray

MAX_MOVES = 2_000_000
"""Moves of a file, chords of arcs counted singly."""
LARGEST_COORDINATE = 1e7
"""Farthest place that is believed, µm (10 m)."""
COLUMNS = ("x0", "y0", "z0", "x1", "y1", "z1", "e", "feed", "tool", "line", "code", "known")
"""Of the table of moves. `e` in mm of filament, or mm³ where negative tools mark M200."""

_PLANES = {17: (0, 1, 2), 18: (2, 0, 1), 19: (1, 2, 0)}
_HARMLESS = frozenset({4.0, 11.0, 40.0, 49.0, 54.0, 61.0, 64.0, 80.0, 94.0})
_REFUSED_G = {
    **dict.fromkeys((65.0, 66.0, 67.0), "subprograms and macros"),
    **dict.fromkeys((5.0, 5.1, 5.2, 5.3), "splines"),
    **dict.fromkeys((7.0, 15.0, 16.0), "other coordinates than x, y, z"),
    **dict.fromkeys((50.0, 51.0, 52.0, 68.0, 69.0), "scaled, shifted or turned coordinates"),
    **dict.fromkeys((41.0, 42.0), "offsets by the tool's radius"),
    **dict.fromkeys((33.0, 73.0, 76.0, *map(float, range(81, 90))), "canned cycles"),
    93.0: "speeds as inverse times",
}
_REFUSED_M = dict.fromkeys((47.0, 97.0, 98.0, 99.0), "subprograms and loops")
_KNOWN_M = frozenset({2.0, 6.0, 30.0, 82.0, 83.0, 200.0, 220.0, 221.0})
# What follows these is text for a display, a name of a file or of an object.
_TEXT_M = frozenset(map(float, (16, *range(20, 40), 117, 118, 291, 486, *range(550, 600), 928)))
_MOVES = re.compile(r"(?<![A-Za-z])[Gg]\s*0*[0-3](?![\d.])")
_STRAIGHT = (("G", 0.0), ("G", 1.0))
_MOVE_LETTERS = frozenset("GXYZEFIJKRPSMT")


class Machine:
    """The state of the printer; :meth:`execute` takes one command after the other.

    Parameters
    ----------
    switch
        The two commands that start and stop the flow, such as ("M3", "M5"), or None.
    """

    def __init__(self, switch: tuple[str, str] | None = None) -> None:
        self.ended = False
        self.ignored: Counter[str] = Counter()
        self.drops = 0
        self._rows = array("d")
        self._switch = _switch_codes(switch)
        self._flowing = False
        self._unit = 1000.0
        self._absolute = True
        self._absolute_e: bool | None = None
        self._absolute_centres = False
        self._plane = _PLANES[17]
        self._place = [0.0, 0.0, 0.0]
        self._offset = [0.0, 0.0, 0.0]
        self._known = [False, False, False]
        self._e = 0.0
        self._owed: dict[int, float] = {}
        self._feed = 0.0
        self._shares = {220.0: 1.0, 221.0: 1.0}
        self._tool = 0
        self._volumetric = False
        self._motion: int | None = None

    @property
    def moves(self) -> FloatArray:
        """All moves, shape (n, 12): the columns of :data:`COLUMNS`, lengths in µm, feed in µm/s."""
        return np.frombuffer(self._rows, dtype=np.float64).reshape(-1, len(COLUMNS))

    def execute(self, command: str, number: int) -> None:
        """Do what a line says.

        Parameters
        ----------
        command
            A line as :func:`meshes.gcode.lexer.read_lines` yields it.
        number
            Its number in the file.

        Raises
        ------
        InputError
            With the number of the line: numbers that are none, places beyond 10 m, subprograms,
            loops, splines, cycles, arcs that do not close, too many moves.
        """
        plain = command[0] == "G" and command[1:2].isdigit()
        first = None if plain else first_word(command)
        if isinstance(first, str):
            self.ignored[first.upper()] += 1
            return
        if first is not None and first[0] == "M":
            if first[1] in _REFUSED_M:
                raise refused(number, command, _REFUSED_M[first[1]])
            known = first[1] in _KNOWN_M or first[1] in self._switch
            if not known and (first[1] in _TEXT_M or not _MOVES.search(command)):
                self.ignored[f"M{first[1]:g}"] += 1
                return
        words = words_of(command, number)
        try:
            self._obey(words, command, number)
        except InputError as wrong:
            if str(wrong).startswith("line "):
                raise
            raise InputError(f"line {number}: {wrong.args[0]}", hint=wrong.hint) from None

    def _obey(self, words: Words, command: str, number: int) -> None:
        values = dict(words)
        if len(values) == len(words) and words[0] in _STRAIGHT and not values.keys() & {"M", "T"}:
            self._motion = int(words[0][1])  # nearly all lines of a file are such
            self._move(self._motion, values, number)
            return
        values = {letter: value for letter, value in words if letter not in "GM"}
        if len(values) < sum(letter not in "GM" for letter, _ in words):
            raise InputError(
                f"a letter is given twice: {command[:80]!r}",
                hint="write one number for each letter, and 1e5 as 100000",
            )
        codes = [value for letter, value in words if letter == "G"]
        others = [value for letter, value in words if letter == "M"]
        for code in others:
            self._miscellaneous(code, values, command, number)
        if "T" in values and (not others or 6.0 in others):
            self._change_tool(values["T"])
        motion = None
        for code in codes:
            if code in (0.0, 1.0, 2.0, 3.0):
                motion = self._motion = int(code)
            elif code in _REFUSED_G or (code == 10.0 and values.keys() & set("XYZ")):
                raise refused(number, command, _REFUSED_G.get(code, "offsets of tools"))
            else:
                self._mode(code, values)
        if not codes and not others and values.keys() & set("XYZIJKE"):
            motion = self._motion
            if motion is None:
                raise InputError(f"coordinates before any G0, G1, G2 or G3: {command[:80]!r}")
        if motion is not None:
            self._move(motion, values, number, machine=53.0 in codes)

    def _miscellaneous(
        self, code: float, values: dict[str, float], command: str, number: int
    ) -> None:
        if code in _REFUSED_M:
            raise refused(number, command, _REFUSED_M[code])
        if code in (2.0, 30.0):
            self.ended = True
        elif code in (82.0, 83.0):
            self._absolute_e = code == 82.0
        elif code == 200.0:
            self._volumetric = values.get("D", 0.0) > 0.0
        elif code in self._shares:
            if "S" in values:
                self._shares[code] = 0.01 * values["S"]
        elif code in self._switch:
            self._flowing = self._switch[code]
        elif code != 6.0:
            self.ignored[f"M{code:g}"] += 1

    def _change_tool(self, value: float) -> None:
        if value != int(value) or not 0 <= value < 256:
            raise InputError(f"tools have whole numbers from 0 to 255, found T{value:g}")
        self._tool = int(value)

    def _mode(self, code: float, values: dict[str, float]) -> None:
        """Codes that change how later moves are read."""
        if code in (90.0, 91.0):
            self._absolute = code == 90.0
        elif code in (90.1, 91.1):
            self._absolute_centres = code == 90.1
        elif code in (20.0, 21.0):
            self._unit = 25400.0 if code == 20.0 else 1000.0
        elif code in _PLANES:
            self._plane = _PLANES[int(code)]
        elif code in (28.0, 92.0):
            self._rename(values, home=code == 28.0)
        elif code in (92.1, 92.2):
            self._offset = [0.0, 0.0, 0.0]
        elif code not in _HARMLESS and code not in (10.0, 53.0):
            self.ignored[f"G{code:g}"] += 1

    def _rename(self, values: dict[str, float], *, home: bool) -> None:
        """G92 gives the place another name; G28 goes to the origin of the machine."""
        named = [axis for axis, letter in enumerate("XYZ") if letter in values]
        whole = not values.keys() & set("XYZE")
        for axis in range(3) if whole else named:
            value = 0.0 if whole or home else values["XYZ"[axis]] * self._unit
            if home:
                self._place[axis] = self._offset[axis] = 0.0
            else:
                self._offset[axis] = self._place[axis] - value
            self._known[axis] = True
        if not home and (whole or "E" in values):
            self._e = 0.0 if whole else values["E"] * self._unit * 1e-3

    def _move(
        self, motion: int, values: dict[str, float], number: int, *, machine: bool = False
    ) -> None:
        for letter in values.keys() - _MOVE_LETTERS:
            self.ignored[f"word {letter}"] += 1
        start, target = self._place, self._place.copy()
        known = True
        for axis, letter in enumerate("XYZ"):
            if letter not in values:
                continue
            value = values[letter] * self._unit
            if self._absolute or machine:
                known = known and self._known[axis]
                target[axis] = value if machine else value + self._offset[axis]
            else:
                target[axis] += value
            self._known[axis] = True
            if not abs(target[axis]) <= LARGEST_COORDINATE:
                raise InputError(
                    f"{letter} goes to {target[axis] * 1e-3:g} mm; more than 10 m is not believed"
                )
        if "F" in values:
            self._feed = values["F"] * self._unit / 60.0
        e = self._extrusion(values)
        points = [target]
        if motion >= 2:
            arc = self._arc(motion, values, np.array(start), np.array(target))
            points = [[float(value) for value in point] for point in arc]
        elif target == start:
            self.drops += e > 0.0
            return
        if len(self._rows) // len(COLUMNS) + len(points) > MAX_MOVES:
            raise InputError(
                f"more than {MAX_MOVES} moves", hint="export a smaller piece of the print"
            )
        tool = -1 - self._tool if self._volumetric else self._tool
        code = 1.0 if motion else 0.0
        if self._switch:
            code = 2.0 if self._flowing else 0.0
        feed = self._feed * self._shares[220.0]
        last = (e / len(points), feed, tool, number, code, known)
        for point in points:
            self._rows.extend((*start, *point, *last))
            start = point
        self._place = target

    def _extrusion(self, values: dict[str, float]) -> float:
        """What a move lays down, in mm of filament (or mm³): E less what was drawn back before."""
        if "E" not in values:
            return 0.0
        value = values["E"] * self._unit * 1e-3
        absolute = self._absolute if self._absolute_e is None else self._absolute_e
        amount = value - self._e if absolute else value
        self._e += amount
        owed = self._owed.get(self._tool, 0.0) - amount
        self._owed[self._tool] = max(owed, 0.0)
        return max(-owed, 0.0) * self._shares[221.0]

    def _arc(
        self, motion: int, values: dict[str, float], start: FloatArray, target: FloatArray
    ) -> FloatArray:
        if values.get("P", 1.0) != 1.0:
            raise InputError("arcs of several turns (P) are not followed", hint="write each turn")
        sense = 1 if motion == 3 else -1
        plane = list(self._plane[:2])
        letters = ["IJK"[axis] for axis in plane]
        if "R" in values:
            radius = values["R"] * self._unit
            centre = centre_from_radius(start[plane], target[plane], radius, sense)
        elif values.keys() & set(letters):
            given = np.array([values.get(letter, 0.0) * self._unit for letter in letters])
            base = np.array(self._offset)[plane] if self._absolute_centres else start[plane]
            centre = base + given
        else:
            raise InputError(f"an arc needs {letters[0]} and {letters[1]}, or R")
        return arc_points(start, target, centre, sense, self._plane)


def _switch_codes(switch: tuple[str, str] | None) -> dict[float, bool]:
    """The numbers of the M commands that start and stop the flow."""
    if switch is None:
        return {}
    codes = []
    for word in switch:
        if not isinstance(word, str) or not word[:1].upper() == "M" or not word[1:].isdigit():
            raise InputError(f"switch: expected two commands such as M3 and M5, found {switch!r}")
        codes.append(float(word[1:]))
    if len(codes) != 2 or codes[0] == codes[1]:
        raise InputError(f"switch: expected two different commands, found {switch!r}")
    return {codes[0]: True, codes[1]: False}
