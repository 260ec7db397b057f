"""The rule itself, in logarithms: ln R as a sum of terms, and P from ln R.

``ln R = ± n ln(E/E50) + ln L + Σ ln(1 − i) − ln(1 + (κ/κ50)^q) + e ln F``, with
``e = − Σ direction · weight · dose`` over the cues, after their blocks and needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .collagen_doses import FloatArray
from .cues import GATES, Cue
from .draws import Draw
from .exposure import Exposure


@dataclass(frozen=True)
class Terms:
    """Which terms ln R has: all of the rule that is neither a site's nor uncertain.

    Attributes
    ----------
    stiffness_sign : int
        +1: stiffness wakes; -1: stiffness puts to sleep.
    cues : sequence of Cue
        Each after those it needs.
    blocks : mapping of str to float
        Dose 0 to 1 of each block that is on.
    """

    stiffness_sign: int
    cues: Sequence[Cue]
    blocks: Mapping[str, float]

    def of_log_ratio(
        self, site: Exposure, draw: Draw, shift: FloatArray | float = 0.0
    ) -> Iterator[tuple[str, FloatArray]]:
        """Terms of ln R, by name.

        Parameters
        ----------
        site
            n sites.
        draw
            S samples.
        shift
            Added to ln E, shape (n, S) or a number.

        Yields
        ------
        name, term : str, ndarray
            Dimensionless, of a shape that broadcasts to (n, S). ``ligand`` and ``blocks`` are -inf
            where there is no ligand or a gate is shut: then R is exactly 0.
        """
        value = draw.parameters
        slope = self.stiffness_sign * value["n"]
        log_E = site.log_stiffness + shift
        yield "stiffness", slope * (log_E - np.log(value["E50"]))
        with np.errstate(divide="ignore"):
            yield "ligand", np.log(site.ligand)
            gates = [np.log1p(-self.blocks.get(gate, 0.0)) for gate in GATES]
            yield "blocks", np.array([[sum(gates)]])
        if (value["degradability"] < 1.0).any():
            with np.errstate(divide="ignore"):
                log_kappa = log_E + np.log1p(-value["degradability"])
            # logaddexp(0, x) = ln(1 + e^x) does not overflow.
            steep = value["q"] * (log_kappa - np.log(value["kappa50"]))
            yield "confinement", -np.logaddexp(0.0, steep)
        for cue, strength in self._strengths(site, draw):
            e = -cue.direction * draw.weights[cue.cue] * strength
            yield cue.cue, e * np.log(value["F"])

    def _strengths(self, site: Exposure, draw: Draw) -> Iterator[tuple[Cue, FloatArray]]:
        """Dose of each cue that is there, after what blocks it and what it needs."""
        present: dict[str, FloatArray] = {
            "ligand": site.ligand,
            "upar": site.upar,
            "fibronectin": site.fibronectin,
        }
        absent = np.zeros((1, 1))
        for cue in self.cues:
            if cue.cue not in site.doses:
                continue
            strength = site.doses[cue.cue].at(draw.parameters)
            for block in cue.blocked_by:
                strength = strength * (1.0 - self.blocks.get(block, 0.0))
            for need in cue.needs:
                # More of what is needed than the reference does not amplify: it only permits.
                strength = strength * np.minimum(present.get(need, absent), 1.0)
            present[cue.cue] = strength
            yield cue, strength

    def log_ratio(self, site: Exposure, draw: Draw, shift: FloatArray | float = 0.0) -> FloatArray:
        """ln R.

        Parameters
        ----------
        site, draw, shift
            As in `of_log_ratio`.

        Returns
        -------
        ndarray, shape (n, S)
            Dimensionless; -inf where R is exactly 0.
        """
        total = np.zeros((site.size, len(draw.parameters["n"])))
        for _, term in self.of_log_ratio(site, draw, shift):
            total += term
        return total

    def probability(
        self, site: Exposure, draw: Draw, shift: FloatArray | float = 0.0
    ) -> FloatArray:
        """P(dormant) = Pmax − (Pmax − Pmin) · a · R/(1 + R), a = u0 + (1 − u0) min(uPAR·FN, 1).

        Parameters
        ----------
        site, draw, shift
            As in `of_log_ratio`.

        Returns
        -------
        ndarray, shape (n, S)
            Fraction of cells in G0 arrest, between Pmin and Pmax.
        """
        from scipy.special import expit

        value = draw.parameters
        u0, top = value["u0"], value["Pmax"]
        amplitude = u0 + (1.0 - u0) * np.minimum(site.upar * site.fibronectin, 1.0)
        awake = expit(self.log_ratio(site, draw, shift))
        awake *= (top - value["Pmin"]) * amplitude
        return np.subtract(top, awake, out=awake)
