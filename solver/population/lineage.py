"""Who was born of whom, and what each cell lived through: the lineages of a simulation, as arrays.

Everything a laboratory could measure at any time follows from these arrays; no time is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError

from .cycle import SLOW, CycleModel, FloatArray, Phase, Spell

IntArray = NDArray[np.int64]


class Fate(IntEnum):
    """How a cell ended."""

    ALIVE = 0
    DIVIDED = 1
    DIED = 2


FATES: tuple[str, ...] = ("alive", "divided", "died")
"""Names of the fates, in the order of `Fate`."""


@dataclass(frozen=True)
class Population:
    """Founders: one cell at each of n sites.

    Parameters
    ----------
    x : ndarray, shape (n, 3)
        Where they are, µm.
    p : ndarray, shape (n,)
        P(dormant) of their sites, 0 to 1.
    ink : ndarray of int, shape (n,), optional
        Which ink each lies in; carried along, not used here.

    Raises
    ------
    InputError
        If shapes do not fit together, or a number is not finite or out of its range.
    """

    x: FloatArray
    p: FloatArray
    ink: IntArray | None = None

    def __post_init__(self) -> None:
        x, p = np.asarray(self.x, dtype=float), np.asarray(self.p, dtype=float)
        if p.ndim != 1 or x.shape != (len(p), 3) or not len(p):
            raise InputError(
                f"population: expected x (n, 3) and p (n,), found {x.shape} and {p.shape}"
            )
        if not (np.all(np.isfinite(x)) and np.all((p >= 0.0) & (p <= 1.0))):
            raise InputError("population: expected finite x and p from 0 to 1")
        ink = None if self.ink is None else np.asarray(self.ink, dtype=np.int64)
        if ink is not None and ink.shape != p.shape:
            raise InputError(f"population: expected one ink per site, found {ink.shape}")
        for name, value in (("x", x), ("p", p), ("ink", ink)):
            object.__setattr__(self, name, value)

    @property
    def size(self) -> int:
        """Number of founders n."""
        return len(self.p)


@dataclass(frozen=True)
class Snapshot:
    """The cells alive at one time.

    Attributes
    ----------
    at_h : float
        When, h.
    cell : ndarray of int, shape (k,)
        Their rows in the arrays of the `Course`.
    phase : ndarray of int, shape (k,)
        `Phase` of each.
    entered_h : ndarray, shape (k,)
        When each entered the phase it is in, h; below 0 for founders that did so before the start.
    """

    at_h: float
    cell: IntArray
    phase: NDArray[np.int8]
    entered_h: FloatArray

    @property
    def asleep(self) -> NDArray[np.bool_]:
        """Which are in G0, shape (k,): the truth that assays are after."""
        return np.asarray(self.phase == Phase.G0)


@dataclass(frozen=True)
class Course:
    """What a simulation gave: lineages of N cells, and the numbers of all n clones in time.

    Times are in h from the start of the simulation; what has not happened by its end, or before
    the cell died, is +inf. Founders were born before the start, so their ``birth_h`` and the phases
    they had behind them lie below 0. Mothers stand before their daughters.

    Where sites hold one cell each (``occupancy="fixed"`` in `solver.population.engine.simulate`),
    of two daughters only the one that stays is in the arrays, and a cell that died is followed by a
    newborn from elsewhere, without mother, of the same founder and generation.

    Attributes
    ----------
    sites : Population
        The n founders.
    cycle : CycleModel
        The cycle.
    spells : tuple of Spell
        Stretches of time with other rates, by start; empty without.
    hours : float
        Length of the simulation, h.
    entry_rate : ndarray, shape (n,)
        λ, rate of falling asleep in early G1 at each site, 1/h.
    kept : ndarray of int, shape (f,)
        Founders (rows of ``sites``) whose lineages follow, ascending; all of them unless the
        lineages of all would not have fitted into memory, else a random share.
    founder : ndarray of int32, shape (N,)
        The founder each cell descends from (row of ``sites``).
    mother : ndarray of int, shape (N,)
        Row of its mother in these arrays; -1 for founders, and for newborns from elsewhere.
    generation : ndarray of int16, shape (N,)
        Divisions between the founder and it; 0 for founders.
    kind : ndarray of int8, shape (N,)
        ``CYCLING`` or ``SLOW``.
    birth_h : ndarray, shape (N,)
        Birth: entry into early G1.
    wait_h : ndarray, shape (N,)
        When it came to the restriction point and found no room; +inf where it did not have to wait.
        From then to ``late_h`` it waits, in early G1 or in G0.
    late_h, s_h, g2m_h : ndarray, shape (N,)
        Passing of the restriction point, entry into S, entry into G2/M.
    end_h : ndarray, shape (N,)
        Division or death.
    fate : ndarray of int8, shape (N,)
        `Fate`.
    g0_cell : ndarray of int, shape (M,)
        Rows of the cells of the M stays in G0, ascending; the stays of one cell in order of time.
    g0_in_h, g0_out_h : ndarray, shape (M,)
        Start and end of each stay; a stay that death cut short ends at death.
    x : ndarray, shape (N, 3), or None
        Where each cell lies, µm; None where daughters were not placed.
    times_h : ndarray, shape (m,)
        Times of the tally, 0 and the end included.
    tally : ndarray of int32, shape (m, n, 6)
        Of all n clones, living cells in each `Phase`, and last those that are slow.
    """

    sites: Population
    cycle: CycleModel
    spells: tuple[Spell, ...]
    hours: float
    entry_rate: FloatArray
    kept: IntArray
    founder: NDArray[np.int32]
    mother: IntArray
    generation: NDArray[np.int16]
    kind: NDArray[np.int8]
    birth_h: FloatArray
    wait_h: FloatArray
    late_h: FloatArray
    s_h: FloatArray
    g2m_h: FloatArray
    end_h: FloatArray
    fate: NDArray[np.int8]
    g0_cell: IntArray
    g0_in_h: FloatArray
    g0_out_h: FloatArray
    x: FloatArray | None
    times_h: FloatArray
    tally: NDArray[np.int32]

    @property
    def cells(self) -> int:
        """Number N of cells whose lineage is kept."""
        return len(self.founder)

    @property
    def slow(self) -> NDArray[np.bool_]:
        """Which of the N cells are slow."""
        return np.asarray(self.kind == SLOW)

    @property
    def clone_size(self) -> NDArray[np.int32]:
        """Living cells of each clone in time, shape (m, n)."""
        return self.tally[:, :, : len(Phase)].sum(axis=2, dtype=np.int32)

    @property
    def dormant_fraction(self) -> FloatArray:
        """Share of all living cells in G0 in time, shape (m,); NaN where none lives."""
        total = self.tally.sum(axis=1, dtype=np.int64)
        living = total[:, : len(Phase)].sum(axis=1)
        return np.divide(
            total[:, Phase.G0], living, out=np.full(len(living), np.nan), where=living > 0
        )

    def at(self, hours: float) -> Snapshot:
        """The cells alive at a time.

        Parameters
        ----------
        hours
            When, h from the start; 0 to the length of the simulation.

        Returns
        -------
        Snapshot

        Raises
        ------
        InputError
            If the time lies outside the simulation.
        """
        if not 0.0 <= hours <= self.hours:
            raise InputError(
                f"course: expected a time from 0 to {self.hours:g} h, found {hours:g} h"
            )
        cell = np.flatnonzero((self.birth_h <= hours) & (self.end_h > hours))
        phase = np.full(len(cell), int(Phase.EARLY_G1), dtype=np.int8)
        entered = self.birth_h[cell].copy()
        stays = np.flatnonzero(self.g0_in_h <= hours)
        # A cell back from G0 starts early G1 anew: the last of its stays tells since when.
        last = stays[np.diff(self.g0_cell[stays], append=-1) != 0]
        place = np.minimum(np.searchsorted(cell, self.g0_cell[last]), max(len(cell) - 1, 0))
        here = cell[place] == self.g0_cell[last] if len(cell) else np.zeros(len(last), dtype=bool)
        place, last = place[here], last[here]
        inside = self.g0_out_h[last] > hours
        phase[place[inside]] = Phase.G0
        entered[place] = np.where(inside, self.g0_in_h[last], self.g0_out_h[last])
        for code, since in (
            (Phase.LATE_G1, self.late_h),
            (Phase.S, self.s_h),
            (Phase.G2M, self.g2m_h),
        ):
            past = since[cell] <= hours
            phase[past] = code
            entered[past] = since[cell[past]]
        return Snapshot(hours, cell, phase, entered)
