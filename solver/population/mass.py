"""Tumour-mass dormancy: clusters whose cells divide while their size stands still.

Of each cluster, a sphere of volume V with living share a(p) = p²/(p² + p_a²) at oxygen p::

    d ln V/dt = ⟨a b⟩ − ⟨a⟩ (d + k) − c (1 − ⟨a⟩)
    b = s ln2/T · p/(p + p_b)      divisions, s the share of its cells that are in the cycle
    k = K e N/(N + N_e)            what T cells kill, N its living cells
    dφ/dt = on (1 − φ)/T_sprout − (1 − on) φ/T_regress,  on = H⁴/(H⁴ + (θ (1 + x e N/(N + N_e)))⁴)

⟨⟩ is the mean over the volume, c the clearance of the dead, φ the share of vessels, H its hypoxic
living cells. Growth against the loss of a dead core: Greenspan 1972 (10.1002/sapm1972514317).

A mass that is held so is a state of a cluster. It says nothing of how many of its cells are in G0,
and no P(dormant) is ever made from it; sleep enters only the other way, by s.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError
from solver.materials.tensors import FloatArray
from solver.transport.spheroid import SphereOxygen, Surroundings, solve_spheres
from solver.transport.supply import hypoxia_dose

from .mass_model import MassModel, edu_share

_DAY = 24.0
_SPHERE = 4.0 / 3.0 * np.pi
_LEAST = 1e-12  # living share of a cluster without any oxygen


class MassState(IntEnum):
    """What becomes of a cluster."""

    GONE = 0
    SHRINKING = 1
    HELD = 2
    ASLEEP = 3
    GROWING = 4


@dataclass(frozen=True, eq=False)
class MassCourse:
    """Clusters in time; rows are times, columns clusters.

    Attributes
    ----------
    hours
        ``(t,)``.
    cells
        Volume over that of a cell, the dead included ``(t, k)``.
    living
        Living cells ``(t, k)``.
    radius
        µm ``(t, k)``.
    surface, oxygen
        At the surface, and the mean over living cells, mmHg ``(t, k)``.
    births, deaths
        Per living cell, 1/h ``(t, k)``; deaths include dissolving of the dead.
    edu
        Share of living cells that a pulse labels ``(t, k)``.
    hypoxia
        Dose of the cue ``hypoxia``, mean over living cells ``(t, k)``.
    vessels
        φ ``(t, k)``.
    escaped
        Reached the largest radius and was stopped there ``(k,)``.
    """

    hours: FloatArray
    cells: FloatArray
    living: FloatArray
    radius: FloatArray
    surface: FloatArray
    oxygen: FloatArray
    births: FloatArray
    deaths: FloatArray
    edu: FloatArray
    hypoxia: FloatArray
    vessels: FloatArray
    escaped: NDArray[np.bool_]

    def net_growth(self, window_days: float = 3.0) -> FloatArray:
        """Mean of d ln V/dt over the last days ``(k,)``, 1/h; −inf for a cluster that is gone."""
        first = int(np.searchsorted(self.hours, self.hours[-1] - window_days * _DAY))
        first = min(first, len(self.hours) - 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            change = np.log(self.cells[-1] / self.cells[first])
        span = self.hours[-1] - self.hours[first]
        return np.where(self.cells[-1] > 0.0, change / span, -np.inf)

    def state(
        self, *, doubling_days: float = 30.0, edu: float = 0.01, window_days: float = 3.0
    ) -> NDArray[np.int_]:
        """What each cluster has come to at the end, a :class:`MassState` ``(k,)``.

        ``HELD`` is tumour-mass dormancy: size stands still, cells divide. ``ASLEEP`` is what
        cellular dormancy looks like from outside: size stands still and EdU finds nothing.

        Parameters
        ----------
        doubling_days
            A mass that takes longer to double, or to halve, stands still: assumption.
        edu
            Share of labelled cells below which none divides: assumption.
        window_days
            Over which the growth is read.
        """
        net = self.net_growth(window_days)
        still = np.abs(net) <= np.log(2.0) / (doubling_days * _DAY)
        state: NDArray[np.int_] = np.where(net > 0.0, MassState.GROWING, MassState.SHRINKING)
        state = np.where(
            still, np.where(self.edu[-1] > edu, MassState.HELD, MassState.ASLEEP), state
        )
        state = np.where(self.escaped, MassState.GROWING, state)
        return np.where(self.cells[-1] > 0.0, state, MassState.GONE)


@dataclass(frozen=True, eq=False)
class _Rates:
    """Clusters at one moment: rates of ln V and φ, and what a record keeps."""

    growth: FloatArray
    sprouting: FloatArray
    record: dict[str, FloatArray]


class _Clusters:
    """Clusters in their surroundings."""

    def __init__(
        self, model: MassModel, around: Surroundings, cycling: FloatArray, pulse_h: float
    ) -> None:
        self.model, self.around, self.cycling, self.pulse_h = model, around, cycling, pulse_h
        self._surface: FloatArray = np.full(len(cycling), 1.0)

    def radius(self, cells: FloatArray) -> FloatArray:
        """µm ``(k,)``."""
        return np.asarray(np.cbrt(cells * self.model.tissue.cell_volume / _SPHERE))

    def _oxygen(self, cells: FloatArray, vessels: FloatArray) -> tuple[FloatArray, SphereOxygen]:
        """Pressure at the surface, and inside; clusters that are gone take nothing."""
        model, there = self.model, cells > 0.0
        radius = self.radius(np.maximum(cells, 1.0))
        exchange: FloatArray = np.zeros(len(cells))
        blood = 0.0
        if model.angiogenesis is not None:
            blood = model.angiogenesis.blood
            most = model.respiration.most / model.tissue.cell_volume
            exchange = model.angiogenesis.perfusion * most / blood * vessels

        def inside(surface: FloatArray) -> SphereOxygen:
            return solve_spheres(
                radius, surface, model.tissue, model.respiration, exchange=exchange, blood=blood
            )

        def take(surface: FloatArray) -> tuple[FloatArray, FloatArray]:
            found = inside(surface)
            return found.uptake * there, found.slope * there

        self._surface = self.around.surface(radius, take, self._surface)
        return self._surface, inside(self._surface)

    def rates(self, cells: FloatArray, vessels: FloatArray) -> _Rates:
        """Rates of clusters of ``cells`` ``(k,)`` cell volumes with these vessels."""
        growth = self.model.growth
        surface, oxygen = self._oxygen(cells, vessels)
        p = oxygen.pressure
        alive = p**2 / (p**2 + growth.anoxic_pressure**2)
        share = np.maximum(oxygen.mean(alive), _LEAST)

        def per_living(values: FloatArray) -> FloatArray:
            return oxygen.mean(alive * values) / share

        birth = growth.birth * self.cycling[:, None] * p / (p + growth.growth_pressure)
        dose = hypoxia_dose(p)
        living = cells * share
        births = per_living(birth)
        deaths: FloatArray = growth.death + growth.clearance * (1.0 - share) / share
        immune, switch = self.model.immune, self.model.angiogenesis
        raised: FloatArray = np.ones(len(cells))
        sprouting: FloatArray = np.zeros(len(cells))
        if immune is not None:
            t_cells = immune.present(living)
            deaths = deaths + immune.killing(t_cells)
            raised += immune.anti_angiogenic * t_cells
        if switch is not None:
            sprouting = switch.sprouting(living * per_living(dose), vessels, raised)
        record = {
            "cells": cells,
            "living": living,
            "radius": self.radius(cells),
            "surface": surface,
            "oxygen": per_living(p),
            "births": births,
            "deaths": deaths,
            "edu": per_living(edu_share(birth, growth, self.pulse_h)),
            "hypoxia": per_living(dose),
            "vessels": vessels,
        }
        return _Rates(share * (births - deaths), sprouting, record)


def simulate_mass(
    cells: FloatArray,
    around: Surroundings,
    *,
    model: MassModel | None = None,
    cycling: FloatArray | float = 1.0,
    days: float = 60.0,
    step_h: float = 6.0,
    pulse_h: float = 2.0,
    largest_um: float = 1000.0,
) -> MassCourse:
    """Clusters from ``cells`` on, by Heun's method in ln V.

    Rates are means: they serve clusters of some tens of cells and more, not single clones. A
    cluster of less than one cell is gone.

    Parameters
    ----------
    cells
        Cells of each cluster at the start ``(k,)``, at least 1.
    around
        The gel: :class:`~solver.transport.spheroid.Boundless`, or the scaffold's field,
        :class:`~solver.transport.clusters.ScaffoldOxygen`.
    model
        What clusters obey; nothing but oxygen by default.
    cycling
        s, share of the cells that are in the cycle, 0 to 1: a number or ``(k,)``.
    days
        How long.
    step_h
        Time step, h; the error falls with its square.
    pulse_h
        Pulse of EdU, h.
    largest_um
        A radius at which a cluster is stopped, and counts as escaped.

    Raises
    ------
    InputError
        If numbers are out of range.
    SolveError
        If oxygen does not settle.
    """
    cells = np.array(cells, dtype=np.float64)
    cycling = np.array(np.broadcast_to(cycling, cells.shape), dtype=np.float64)
    if cells.ndim != 1 or not np.all(np.isfinite(cells) & (cells >= 1.0)):
        raise InputError("clusters have at least one cell each")
    if not np.all((cycling >= 0.0) & (cycling <= 1.0)):
        raise InputError("the share of cells in the cycle lies between 0 and 1")
    if not (days > 0.0 and 0.0 < step_h <= days * _DAY and pulse_h >= 0.0):
        raise InputError("a course takes some days, in steps shorter than itself")
    model = model or MassModel()
    clusters = _Clusters(model, around, cycling, pulse_h)
    largest = _SPHERE * largest_um**3 / model.tissue.cell_volume
    if np.any(cells >= largest):
        raise InputError("a cluster is larger than largest_um from the start")
    steps = int(np.ceil(days * _DAY / step_h))
    hours = np.asarray(np.linspace(0.0, days * _DAY, 1 + steps), dtype=np.float64)
    vessels: FloatArray = np.zeros(len(cells))
    rows = [clusters.rates(cells, vessels)]
    for step in np.diff(hours):
        first = rows[-1]
        moving = (cells > 0.0) & (cells < largest)
        if not moving.any():
            rows.append(first)
            continue
        trial = np.where(moving, np.minimum(cells * np.exp(step * first.growth), largest), cells)
        second = clusters.rates(trial, vessels + step * first.sprouting)
        grown = cells * np.exp(0.5 * step * (first.growth + second.growth))
        cells = np.where(moving, np.minimum(grown, largest), cells)
        cells = np.where(cells < 1.0, 0.0, cells)
        change = 0.5 * step * (first.sprouting + second.sprouting)
        vessels = np.where(moving, np.clip(vessels + change, 0.0, 1.0), vessels)
        rows.append(clusters.rates(cells, vessels))
    kept = {name: np.array([row.record[name] for row in rows]) for name in rows[0].record}
    return MassCourse(hours=hours, escaped=cells >= largest, **kept)
