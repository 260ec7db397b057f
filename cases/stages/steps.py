"""The states that a finite load goes through, kept for the file that shows them one by one.

In single precision, and so few that memory stays bounded however many steps the solver takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[Any]]

MOST_STEPS = 24  # as many as a film of a load needs
MOST_BYTES = 256 << 20  # of all kept states together; two are kept at any size


@dataclass(frozen=True, eq=False)
class _State:
    """One state: how far the load is, and its fields in single precision."""

    factor: float
    strain: float
    force: float
    cell_data: dict[str, NDArray[np.float32]]
    point_data: dict[str, NDArray[np.float32]]

    @property
    def size(self) -> int:
        """Bytes of its fields."""
        arrays = (*self.cell_data.values(), *self.point_data.values())
        return sum(array.nbytes for array in arrays)


@dataclass(eq=False)
class StepKeeper:
    """Takes states in the order of the load; always keeps the first and the last.

    Parameters
    ----------
    most_steps, most_bytes
        Bounds of what is kept. Beyond them the state goes whose neighbours are nearest to each
        other along the load, so that those left lie about evenly.
    """

    most_steps: int = MOST_STEPS
    most_bytes: int = MOST_BYTES
    _states: list[_State] = field(default_factory=list)

    def take(
        self, factor: float, strain: float, force: float, cell_data: Arrays, point_data: Arrays
    ) -> None:
        """Take the next state.

        Parameters
        ----------
        factor
            Share of the load, above that of the state before.
        strain, force
            Nominal compression, and force on the plate (nN).
        cell_data, point_data
            Fields that the load changes, ``(m, …)`` and ``(n, …)``; copied.
        """
        new = _State(factor, strain, force, _single(cell_data), _single(point_data))
        self._states.append(new)
        most = max(2, min(self.most_steps, self.most_bytes // max(new.size, 1)))
        while len(self._states) > most:
            factors = np.array([state.factor for state in self._states])
            del self._states[1 + int(np.argmin(factors[2:] - factors[:-2]))]

    def plain(self) -> dict[str, Any] | None:
        """Arrays of :class:`postprocess.steps.LoadSteps`, handed over; None of fewer than two."""
        states, self._states = self._states, []
        if len(states) < 2:
            return None
        return {
            **{
                name: np.array([getattr(state, name) for state in states])
                for name in ("factor", "strain", "force")
            },
            "cell_data": _stacked([state.cell_data for state in states]),
            "point_data": _stacked([state.point_data for state in states]),
        }


def _single(arrays: Arrays) -> dict[str, NDArray[np.float32]]:
    return {name: np.array(values, dtype=np.float32) for name, values in arrays.items()}


def _stacked(rows: list[dict[str, NDArray[np.float32]]]) -> dict[str, NDArray[np.float32]]:
    """``(k, …)`` of ``k`` arrays of each name; those are let go one name after the other."""
    return {name: np.stack([row.pop(name) for row in rows]) for name in tuple(rows[0])}
