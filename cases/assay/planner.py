"""Experiment planner: which assay tells two designs apart, with how many cells and replicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cases.assay.curves import Curve, Design
from meshes.errors import InputError
from solver.assays.needed import cells_for, detectable, replicates_for
from solver.assays.power import (
    Effort,
    assurance,
    power,
    share_variance,
    simulated_power,
)

FloatArray = NDArray[np.float64]

FEW = 5.0
"""Fewer cells than this on one side of the gate of a replicate: shares are far from normal."""


@dataclass(frozen=True)
class Contrast:
    """What one assay, read at one time, would show of two designs.

    Attributes
    ----------
    assay : str
        Its name.
    at_h : float
        When it is read, h from the start.
    first, second : float
        Share of cells called dormant in the two designs.
    difference, low, high : float
        Second minus first: nominal, and its band over the paired samples of what is not known. The
        band holds the nominal difference.
    same_sign : float
        Share of the samples in which the difference has the sign of the nominal one.
    true_difference : float
        The same difference of the share in G0: what a perfect assay would show.
    simulation_error : float
        Standard error of ``difference`` from the number of founders simulated.
    effort : Effort
        Cells and replicates it is judged with.
    power : float
        Probability that this effort finds the nominal difference, by drawn counts where fewer than
        `FEW` cells are expected on one side of the gate, else by the formula.
    assurance : float
        Probability that it finds a difference of the nominal sign, over the samples.
    effect : float
        Nominal difference in standard deviations of a replicate's share, at least 0.
    cells_needed : int or None
        Cells of each replicate that reach the power wanted with the replicates of ``effort``; None:
        no number does.
    replicates_needed : int or None
        Replicates of each design that reach it with the cells of ``effort``; None: no usual number.
    detectable : tuple of float or None
        Nearest shares below and above ``first`` that ``effort`` tells from it with that power.
    few : bool
        Whether few cells are expected on one side of the gate.
    """

    assay: str
    at_h: float
    first: float
    second: float
    difference: float
    low: float
    high: float
    same_sign: float
    true_difference: float
    simulation_error: float
    effort: Effort
    power: float
    assurance: float
    effect: float
    cells_needed: int | None
    replicates_needed: int | None
    detectable: tuple[float | None, float | None]
    few: bool

    @property
    def misleads(self) -> bool:
        """Whether it shows a difference of the other sign than the one in G0."""
        return self.difference * self.true_difference < 0.0

    @property
    def resolved(self) -> bool:
        """Whether enough founders were simulated to tell the difference from none (2 errors)."""
        return abs(self.difference) > 2.0 * self.simulation_error


@dataclass(frozen=True)
class Plan:
    """How to tell two designs apart.

    Attributes
    ----------
    first, second : str
        Names of the designs.
    wanted : float
        Power aimed at.
    band_level : float
        Probability between the ends of the bands.
    contrasts : tuple of Contrast
        Best first: by assurance, to a per cent, then by effect; assays that mislead last.
    """

    first: str
    second: str
    wanted: float
    band_level: float
    contrasts: tuple[Contrast, ...]

    @property
    def best(self) -> Contrast | None:
        """The assay and time that tell the designs apart best; None: none does."""
        best = self.contrasts[0]
        return None if best.misleads or not best.resolved else best


def plan(
    first: Design,
    second: Design,
    curves: Sequence[Curve],
    *,
    effort: Effort | None = None,
    efforts: Mapping[str, Effort] | None = None,
    wanted: float = 0.8,
    band_level: float = 0.9,
    seed: int = 0,
) -> Plan:
    """Predict what assays show of two designs, and what it takes to see the difference.

    Cells are taken to be drawn from so many clones that no two of those counted are sisters.

    Parameters
    ----------
    first, second
        The designs, with the same samples of what is not known.
    curves
        Assays, each at one or more times.
    effort
        Cells and replicates that can be afforded; the defaults of `Effort` without.
    efforts
        By assay, where one has its own (a cytometer counts more cells than an eye).
    wanted
        Power aimed at, above the level of the test and below 1.
    band_level
        Probability between the ends of the bands, between 0 and 1.
    seed
        Of drawn counts.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If there is no curve, the designs do not hold as many samples each, or a number is out of
        its range.
    """
    if not curves:
        raise InputError("planner: no assay to plan with")
    if first.samples.shape[1] != second.samples.shape[1]:
        raise InputError(
            f"planner: {first.name} holds {first.samples.shape[1]} samples, {second.name} "
            f"{second.samples.shape[1]}: they cannot be paired"
        )
    if not 0.0 < band_level < 1.0:
        raise InputError(f"planner: expected a band level between 0 and 1, found {band_level:g}")
    own = efforts or {}
    weights: dict[bytes, tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]] = {}
    contrasts = []
    for curve in curves:
        key = curve.nodes.tobytes()
        if key not in weights:
            weights[key] = first.weights(curve.nodes), second.weights(curve.nodes)
        given = own.get(curve.assay, effort or Effort())
        contrasts.append(_contrast(curve, *weights[key], given, wanted, band_level, seed))
    contrasts.sort(key=lambda c: (c.misleads, -round(c.assurance, 2), -c.effect))
    return Plan(first.name, second.name, wanted, band_level, tuple(contrasts))


def _contrast(
    curve: Curve,
    first: tuple[FloatArray, FloatArray],
    second: tuple[FloatArray, FloatArray],
    effort: Effort,
    wanted: float,
    band_level: float,
    seed: int,
) -> Contrast:
    (a, true_a), (b, true_b) = (
        tuple(float(share) for share in curve.shares(nominal)) for nominal, _ in (first, second)
    )
    a_samples, b_samples = (curve.shares(samples)[0] for _, samples in (first, second))
    if not np.all(np.isfinite([a, b, a_samples.sum(), b_samples.sum()])):
        raise InputError(
            f"{curve.assay} at {curve.at_h:g} h: no cell is alive to be read in one of the designs",
            hint="read earlier, or lower the death rates",
        )
    difference, samples = b - a, b_samples - a_samples
    tail = 0.5 * (1.0 - band_level)
    low, high = np.quantile(samples, (tail, 1.0 - tail))
    spread = float(np.sqrt(0.5 * (share_variance(a, effort) + share_variance(b, effort))))
    few = effort.cells * min(a, 1.0 - a, b, 1.0 - b) < FEW
    return Contrast(
        assay=curve.assay,
        at_h=curve.at_h,
        first=a,
        second=b,
        difference=difference,
        low=min(float(low), difference),
        high=max(float(high), difference),
        same_sign=float((np.sign(samples) == np.sign(difference)).mean()),
        true_difference=true_b - true_a,
        simulation_error=curve.simulation_error(first[0], second[0]),
        effort=effort,
        power=simulated_power(a, b, effort, seed=seed) if few else float(power(a, b, effort)),
        assurance=assurance(a_samples, b_samples, effort, higher=difference > 0.0),
        effect=abs(difference) / spread if spread > 0.0 else float("inf" if difference else 0.0),
        cells_needed=cells_for(a, b, effort, wanted),
        replicates_needed=replicates_for(a, b, effort, wanted),
        detectable=detectable(a, effort, wanted),
        few=few,
    )
