"""The dish that a laboratory grows beside the gel: cells that all cycle, none asleep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.population import CYCLING, CycleModel

from .noise import FloatArray


@dataclass(frozen=True)
class Dish:
    """Lives of unrelated cells, as far as labels need them (`lives.Lives`), looked at at 0 h.

    Attributes
    ----------
    mother, generation, kind : ndarray of int, shape (m,)
        -1, 0 and ``CYCLING``: all are founders, none is slow.
    birth_h, late_h, s_h, g2m_h, end_h : ndarray, shape (m,)
        Birth, restriction point, S, G2/M and division, h; the cells were born before 0 h and
        divide after.
    g0_cell, g0_in_h, g0_out_h : ndarray, shape (0,)
        No stay in G0.
    """

    mother: NDArray[np.int64]
    generation: NDArray[np.int16]
    kind: NDArray[np.int8]
    birth_h: FloatArray
    late_h: FloatArray
    s_h: FloatArray
    g2m_h: FloatArray
    end_h: FloatArray
    g0_cell: NDArray[np.int64]
    g0_in_h: FloatArray
    g0_out_h: FloatArray


def growing_dish(cycle: CycleModel, cells: int, rng: np.random.Generator) -> Dish:
    """Cells of an exponentially growing dish with phases of mean length.

    Parameters
    ----------
    cycle
        Gives the phases of cells that are not slow.
    cells
        How many, m.
    rng
        Draws their ages.

    Returns
    -------
    Dish
        Ages a of density ``(2 ln 2/T) 2^(−a/T)`` on [0, T]: ``a = −T log2(1 − u/2)`` for u uniform.
    """
    lengths = cycle.lengths()[CYCLING]
    whole = float(lengths.sum())
    birth = whole * np.log2(1.0 - 0.5 * rng.random(cells))
    late, s, g2m, end = birth + np.cumsum(lengths)[:, None]
    none = np.zeros(0)
    return Dish(
        mother=np.full(cells, -1),
        generation=np.zeros(cells, dtype=np.int16),
        kind=np.full(cells, CYCLING, dtype=np.int8),
        birth_h=birth,
        late_h=late,
        s_h=s,
        g2m_h=g2m,
        end_h=end,
        g0_cell=np.zeros(0, dtype=np.int64),
        g0_in_h=none,
        g0_out_h=none,
    )
