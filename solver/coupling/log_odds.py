"""The rule itself, in logarithms: ln R as a sum of terms, and P from ln R.

``ln R = ln m − ln(1 + (κ/κ50)^q) + e ln F``, with ``e = − Σ direction · weight · dose`` over the
cues that act on R, after their blocks and needs, and

``ln m = ± n ln(E/E50) + ln L + Σ ln(1 − i)`` (Hill), or ``gain · ln drive + Σ ln(1 − i)`` where a
mechanical model takes the place of the Hill term. Cues that act on stiffness have shifted ln E
before either, and before confinement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .collagen_doses import FloatArray
from .cues import GATES, Cue
from .draws import Draw
from .exposure import Exposure
from .gate import StiffnessGate
from .strengths import Strength, strengths
from .terms import Term, summed

# Blocks that a mechanical model knows itself, in its ligand and its contractility.
_MECHANICAL = ("integrin_b1", "ROCK", "MLCK")

LOG_CAP = -np.log(1e-9)
"""Largest share of the log-odds (±20.7) that ligand or blocks are shown with."""

_ONE: FloatArray = np.ones((1, 1))


@dataclass(frozen=True)
class Terms:
    """Which terms ln R has: all of the rule that is neither a site's nor uncertain.

    Attributes
    ----------
    stiffness_sign : int
        +1: stiffness wakes; -1: stiffness puts to sleep.
    cues : sequence of Cue
        Each after those it needs or is blocked by.
    gate : StiffnessGate or None
        Mechanical model in place of the Hill term.
    """

    stiffness_sign: int
    cues: Sequence[Cue]
    gate: StiffnessGate | None = None

    def log_ratio(self, site: Exposure, draw: Draw) -> FloatArray:
        """ln R.

        Parameters
        ----------
        site
            n sites.
        draw
            S samples.

        Returns
        -------
        ndarray, shape (n, S)
            Dimensionless; -inf where R is exactly 0: no ligand, or a gate that is shut.
        """
        return summed(self._of_log_ratio(site, draw, apart=False), site.size, draw.size)

    def shares(self, site: Exposure, nominal: Draw) -> dict[str, FloatArray]:
        """Each cause's part of −ln R.

        Parameters
        ----------
        site
            n sites.
        nominal
            One sample.

        Returns
        -------
        dict of str to ndarray, shape (n,)
            ``matrix_stiffness`` and ``collagen_mechanics`` (``stiffness`` where the stiffness
            without collagen is not known), ``ligand``, ``blocks``, ``confinement``, then the cues
            in the table's order. ``ligand`` and ``blocks`` are cut to ±`LOG_CAP`, so that they stay
            finite where R is 0.
        """
        collagen = site.log_stiffness_without_collagen is not None
        names = ["matrix_stiffness", "collagen_mechanics"] if collagen else ["stiffness"]
        terms = list(self._of_log_ratio(site, nominal, apart=True))
        at_work = {term.name for term in terms}
        names += ["ligand", "blocks", "confinement"]
        names += [cue.cue for cue in self.cues if cue.cue in at_work]
        shares: dict[str, FloatArray] = {name: np.zeros(site.size) for name in names}
        for term in terms:
            shares[term.name] = shares[term.name] - (term.values * term.weights)[:, 0]
        for name in ("ligand", "blocks"):
            shares[name] = np.clip(shares[name], -LOG_CAP, LOG_CAP)
        return shares

    def probability(self, site: Exposure, draw: Draw, log_ratio: FloatArray) -> FloatArray:
        """P(dormant) = Pmax − (Pmax − Pmin) · a · R/(1 + R), a = u0 + (1 − u0) min(uPAR·FN, 1).

        Parameters
        ----------
        site, draw
            As in `log_ratio`.
        log_ratio
            ln R, or with memory the w that follows it; shape (n, S). It is overwritten.

        Returns
        -------
        ndarray, shape (n, S)
            Fraction of cells in G0 arrest, between Pmin and Pmax.
        """
        value = draw.parameters
        u0, top = value["u0"], value["Pmax"]
        amplitude = u0 + (1.0 - u0) * np.minimum(site.upar * site.fibronectin, 1.0)
        # 1/(1 + e^−x): where e^−x overflows to inf it is 0, as it should be. In place, because
        # fresh arrays of this size cost as much as the arithmetic.
        p = np.negative(log_ratio, out=log_ratio)
        with np.errstate(over="ignore"):
            np.exp(p, out=p)
        p += 1.0
        np.divide((top - value["Pmin"]) * amplitude, p, out=p)
        return np.subtract(top, p, out=p)

    def _of_log_ratio(self, site: Exposure, draw: Draw, apart: bool) -> Iterator[Term]:
        """Terms of ln R; not `apart`, a mechanical model's come as one."""
        value = draw.parameters
        at_work = strengths(self.cues, site, draw)
        log_E = self._log_stiffness(site, draw, at_work)
        if self.gate is None:
            yield from self._hill(site, value, log_E)
        else:
            yield from self._mechanical(self.gate, site, draw, log_E, apart)
        after = [gate for gate in GATES if self.gate is None or gate not in _MECHANICAL]
        for gate in after:
            yield Term("blocks", _log(site.left(gate, value)), _ones(draw))
        log_F = np.log(value["F"])
        for cue in self.cues:
            if cue.cue in at_work and cue.acts_on == "R":
                weight = -cue.direction * draw.weights[cue.cue] * log_F
                yield from at_work[cue.cue].terms(cue.cue, weight)
        if (value["degradability"] < 1.0).any():
            steep = summed(log_E, site.size, draw.size)
            steep += _log(1.0 - value["degradability"]) - np.log(value["kappa50"])
            steep *= value["q"]
            yield Term("confinement", _log1p_exp(steep), -_ones(draw))

    def _log_stiffness(
        self, site: Exposure, draw: Draw, at_work: Mapping[str, Strength]
    ) -> list[Term]:
        """Terms of ln E that the gate feels, in the order in which they came about."""
        one, without = _ones(draw), site.log_stiffness_without_collagen
        if without is None:
            first = "stiffness"
            terms = [Term(first, site.log_stiffness, one)]
        else:
            first = "matrix_stiffness"
            fold = site.log_stiffness - without
            terms = [Term(first, without, one), Term("collagen_mechanics", fold, one)]
        if draw.log_stiffness is not None:
            terms += Strength(draw.log_stiffness, site.ink).terms(first, one)
        for cue in self.cues:
            if cue.cue in at_work and cue.acts_on == "stiffness":
                weight = -cue.direction * draw.weights[cue.cue]
                terms += at_work[cue.cue].terms(cue.cue, weight)
        return terms

    def _hill(
        self, site: Exposure, value: Mapping[str, FloatArray], log_E: Sequence[Term]
    ) -> Iterator[Term]:
        slope = self.stiffness_sign * value["n"]
        for term in log_E:
            yield Term(term.name, term.values, slope * term.weights)
        yield Term(log_E[0].name, _ONE, -slope * np.log(value["E50"]))
        yield Term("ligand", _log(site.ligand), np.ones_like(slope))

    def _mechanical(
        self, gate: StiffnessGate, site: Exposure, draw: Draw, log_E: Sequence[Term], apart: bool
    ) -> Iterator[Term]:
        """What each of log_E, ligand and blocks adds to the drive, one put in after the other."""
        value, one = draw.parameters, _ones(draw)
        gain, scale = value["clutch_gain"], np.log(value["clutch_scale"])
        bound = site.ligand * site.left("integrin_b1", value)
        pull = site.left("ROCK", value) * site.left("MLCK", value)
        felt = summed(log_E, site.size, draw.size) - scale
        if not apart:
            yield Term("blocks", gate.log_drive(felt, bound, pull), gain)
            return
        steps = [
            (term.name, summed(log_E[: k + 1], site.size, draw.size) - scale, _ONE, _ONE)
            for k, term in enumerate(log_E)
        ]
        steps += [("ligand", felt, site.ligand, _ONE), ("blocks", felt, bound, pull)]
        before: FloatArray = np.zeros((1, 1))
        for name, stiffness, ligand, contractility in steps:
            drive = gain * gate.log_drive(stiffness, ligand, contractility)
            # Where nothing was left before, nothing more can go: not -inf less -inf.
            gone = np.isneginf(before)
            yield Term(name, np.where(gone, 0.0, drive - np.where(gone, 0.0, before)), one)
            before = drive


def _ones(draw: Draw) -> FloatArray:
    return np.ones(draw.size)


def _log(values: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        return np.log(values)


def _log1p_exp(x: FloatArray) -> FloatArray:
    """ln(1 + e^x) without overflow; x is overwritten."""
    tail = np.abs(x)
    np.log1p(np.exp(np.negative(tail, out=tail), out=tail), out=tail)
    return np.add(np.maximum(x, 0.0, out=x), tail, out=tail)
