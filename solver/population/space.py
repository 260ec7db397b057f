"""Room in the gel: daughters lie beside their mothers, and without room nobody divides.

A cell passes the restriction point only if it finds a place for its daughter, one diameter beside
itself, and books it (contact inhibition acts in G1; that it acts by places is an assumption). One
that finds none waits, and looks again once a place beside it has come free. Cells do not move
(assumption). Founders that were past the restriction point at the start divide in any case.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError

from .cycle import FloatArray, Phase
from .lineage import IntArray

Crowded = Literal["G1", "G0"]


@dataclass(frozen=True)
class Room:
    """How much room cells need. Every default is an assumption.

    Parameters
    ----------
    diameter_um
        Distance between the centres of mother and daughter, µm, above 0.
    overlap
        By what share of the diameter two cells may come closer, 0 to below 1.
    tries
        Random directions tried each time, 1 or more; a place not found in so many is not there.
    retry_h
        Mean time, exponentially distributed, until a cell that waits looks again after a place
        beside it has come free, h, above 0. Which of several takes the place is thus by chance.
    crowded
        Where it waits: ``G1``, before the restriction point, told apart from those that fell asleep
        because of their site; ``G0``: its waiting is a stay in G0.
    inside : ndarray of bool, shape (a, b, c), optional
        Where there is gel, by cubes; outside the array there is none. None: everywhere.
    origin_um, step_um
        Corner of the first cube, and edge of a cube, µm.

    Raises
    ------
    InputError
        If a number is out of its range.
    """

    diameter_um: float = 15.0
    overlap: float = 0.1
    tries: int = 20
    retry_h: float = 6.0
    crowded: Crowded = "G1"
    inside: NDArray[np.bool_] | None = None
    origin_um: tuple[float, float, float] = (0.0, 0.0, 0.0)
    step_um: float = 1.0

    def __post_init__(self) -> None:
        for name in ("diameter_um", "retry_h", "step_um"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise InputError(f"room: expected {name} above 0, found {value:g}")
        if not 0.0 <= self.overlap < 1.0:
            raise InputError(f"room: expected an overlap from 0 to below 1, found {self.overlap:g}")
        if self.tries < 1:
            raise InputError(f"room: expected 1 or more tries, found {self.tries}")
        if self.crowded not in get_args(Crowded):
            raise InputError(f"room: expected crowded to be G1 or G0, found {self.crowded!r}")
        if self.inside is not None and (self.inside.ndim != 3 or not self.inside.size):
            raise InputError(f"room: expected inside (a, b, c), found {self.inside.shape}")

    def fill(
        self,
        root: np.uint64,
        rates: Any,
        before: Any,
        entry: FloatArray,
        x: FloatArray,
        times: int,
        limit: int,
    ) -> tuple[IntArray, NDArray[np.int32], list[NDArray[Any]], FloatArray]:
        """Let all clones grow in one space.

        Parameters
        ----------
        root
            Key of the seed.
        rates, before
            As the kernels take them (`solver.population.kernels`).
        entry : ndarray, shape (n,)
            λ of the founders, 1/h.
        x : ndarray, shape (n, 3)
            Founders, µm.
        times
            Number m of times of the tally.
        limit
            Most cells.

        Returns
        -------
        kept : ndarray, shape (n,)
            All founders.
        tally : ndarray, shape (n, m, 6)
            As in `solver.population.lineage.Course`, founders first.
        cells : list of ndarray
            Times (N, 6), integers (N, 5), stays (M, 2) and their cells (M,).
        x : ndarray, shape (N, 3)
            Places, µm.

        Raises
        ------
        InputError
            If there are more cells than the limit.
        """
        from .space_kernels import Places, Space, fill

        nowhere = np.zeros((0, 0, 0), dtype=np.bool_)
        space = Space(
            diameter=self.diameter_um,
            nearest=self.diameter_um * (1.0 - self.overlap) * (1.0 - 1e-9),
            tries=self.tries,
            retry=self.retry_h,
            crowded=int(Phase.G0 if self.crowded == "G0" else Phase.EARLY_G1),
            inside=nowhere if self.inside is None else np.ascontiguousarray(self.inside, bool),
            origin=np.array(self.origin_um, dtype=float),
            step=self.step_um,
        )
        n = len(entry)
        capacity, room_for_stays = min(limit, max(4 * n, 4096)), max(4 * n, 4096)
        while True:
            size = 2 * capacity
            places = Places(
                x=np.empty((size, 3)),
                follows=np.full(size, -1, dtype=np.int64),
                heads=np.full(2 ** math.ceil(math.log2(2 * size)), -1, dtype=np.int64),
                free=np.arange(size + 1),
            )
            tally = np.zeros((n, times, 6), dtype=np.int32)
            cells: list[NDArray[Any]] = [
                np.empty((capacity, 6)),
                np.empty((capacity, 5), dtype=np.int64),
                np.empty((room_for_stays, 2)),
                np.empty(room_for_stays, dtype=np.int64),
            ]
            at = np.empty((capacity, 3))
            total, stays = fill(
                root, rates, before, entry, x, space, places, tally, *cells[:2], at, *cells[2:]
            )
            if total >= 0:
                ends = (total, total, stays, stays)
                trimmed = [array[:end] for array, end in zip(cells, ends, strict=True)]
                return np.arange(n), tally, trimmed, at[:total].copy()
            if stays > room_for_stays:
                room_for_stays = 4 * stays
            elif capacity < limit:
                capacity = min(limit, 4 * capacity)
            else:
                raise InputError(
                    f"population: more than {limit} cells would grow in the room there is",
                    hint="simulate fewer days or founders, or raise the limit",
                )
