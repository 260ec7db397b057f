"""The states of a finite load that a result holds, and the scene at each of them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meshes.errors import InputError
from postprocess.contract import FloatArray
from postprocess.labels import significant

if TYPE_CHECKING:
    from postprocess.scene.data import Scene

_KEPT = 4  # meshes with fields


@dataclass(frozen=True, eq=False)
class Loads:
    """States from rest to the whole load.

    Parameters
    ----------
    folder
        The result.
    factor
        ``(k,)`` share of the load.
    strain
        ``(k,)`` nominal compression; zero without a plate.
    """

    folder: Path
    factor: FloatArray
    strain: FloatArray
    _read: OrderedDict[int, Any] = field(default_factory=OrderedDict)

    def grid(self, number: int) -> Any:
        """Mesh with the fields of one state, ``pyvista.UnstructuredGrid``; the last few are kept.

        Raises
        ------
        ResultError
            Where the file of steps cannot be read.
        """
        from postprocess.scene.data import load_scene

        if number not in self._read:
            scene: Scene = load_scene(self.folder, number)
            self._read[number] = scene.grid
            while len(self._read) > _KEPT:
                self._read.popitem(last=False)
        return self._read[number]

    def number(self, step: int) -> int:
        """A state by its number; negative ones count from the end.

        Raises
        ------
        InputError
            Where there is no such state.
        """
        states = range(len(self.factor))
        if not -len(states) <= step < len(states):
            raise InputError(
                f"there is no load step {step}",
                hint=f"0 (rest) to {states[-1]} (the whole load)",
            )
        return states[step]

    @cached_property
    def at_rest(self) -> Any:
        """Mesh with the fields of the first state, for the ends of colour bars."""
        return self.grid(0)

    @property
    def words(self) -> list[str]:
        """Each state in words."""
        if self.strain.any():
            return [f"{significant(100 * value)} % compressed" for value in self.strain]
        return [f"{significant(100 * value)} % of the load" for value in self.factor]


def loads_of(folder: Path) -> Loads | None:
    """The states of a result; None where it holds none.

    Raises
    ------
    ResultError
        Where their file cannot be read.
    """
    from postprocess.series import open_steps

    opened = open_steps(folder)
    if opened is None:
        return None
    with opened as steps:
        return Loads(Path(folder), steps.factor, steps.strain)
