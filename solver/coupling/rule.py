"""`DormancyRule`: P(dormant), its band, and each cause's share of the log-odds, per site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from meshes.errors import InputError

from .assumptions import stated_assumptions
from .band import Band, compute_band
from .collagen_doses import COLLAGEN_CUES, FloatArray
from .cues import Cue, block_names, load_cues
from .draws import Draw, nominal_draw, sobol_draw
from .exposure import DoseLike, Exposure, expose, uncertain_inks
from .log_odds import Terms
from .parameters import RuleParameters, unknown_name

LOG_CAP = -np.log(1e-9)
"""Largest share of the log-odds (±20.7) that ligand or blocks are shown with."""

Blocks = Mapping[str, float] | Sequence[str]
Doses = Mapping[str, DoseLike]


def _checked_blocks(blocks: Blocks, cues: Sequence[Cue]) -> dict[str, float]:
    known = block_names(cues)
    doses = dict(blocks) if isinstance(blocks, Mapping) else dict.fromkeys(blocks, 1.0)
    for name, dose in doses.items():
        if name not in known:
            raise unknown_name("block", name, known)
        if not 0.0 <= dose <= 1.0:
            raise InputError(
                f"block {name}: expected a dose from 0 (none) to 1 (full), found {dose}"
            )
    return doses


@dataclass(frozen=True)
class DormancyRule:
    """From sensed stiffness and signals to the fraction of cells in G0 arrest.

    ``P = Pmax − (Pmax − Pmin) · a · R/(1 + R)``, ``R = m · F^e``,
    ``m = L (1 − i_β1)(1 − i_FAK)(1 − i_MLCK) (E/E50)^±n / (1 + (κ/κ50)^q)``,
    ``κ = E (1 − degradability)``, ``a = u0 + (1 − u0) min(uPAR·FN, 1)``.

    Parameters
    ----------
    parameters : RuleParameters
        From `load_preset`.
    cues : tuple of Cue
        From `load_cues`; by default the table that comes along.
    blocks : mapping of str to float, or names
        Dose 0 to 1 of inhibitors; a bare name means a full block. Names: ``integrin_b1``, ``FAK``,
        ``MLCK`` and all in ``blocked_by``.
    collagen_mechanics : bool
        False: the cells feel the ink as if without collagen (``E_without_collagen``).
    collagen_chemistry : bool
        False: the doses of the collagen cues are 0.

    Raises
    ------
    InputError
        If a block is unknown or its dose is not within 0 to 1.
    """

    parameters: RuleParameters
    cues: tuple[Cue, ...] = field(default_factory=load_cues)
    blocks: Blocks = ()
    collagen_mechanics: bool = True
    collagen_chemistry: bool = True

    def __post_init__(self) -> None:
        _checked_blocks(self.blocks, self.cues)

    def probability(
        self,
        E: ArrayLike,
        ligand: ArrayLike = 1.0,
        doses: Doses | None = None,
        upar: ArrayLike = 1.0,
        fibronectin: ArrayLike = 1.0,
        *,
        E_without_collagen: ArrayLike | None = None,
    ) -> FloatArray:
        """P(dormant) at each site, with every number of the rule at its nominal value.

        Parameters
        ----------
        E
            Sensed stiffness, kPa, float or shape (n,), above 0.
        ligand, upar, fibronectin
            Adhesive ligand, uPAR and fibronectin relative to 1 = parental, float or shape (n,).
        doses
            Cue to dose (float, shape (n,) or `Dose`), relative to 1; cues not named are absent.
        E_without_collagen
            Sensed stiffness of the sites if the ink held no collagen, kPa, float or shape (n,);
            needed only with ``collagen_mechanics=False``.

        Returns
        -------
        ndarray, shape (n,)
            Fraction of a heterogeneous population in G0 arrest. Without ligand, or with a gate
            fully blocked, it is Pmax whatever the stiffness.

        Raises
        ------
        InputError
            If a cue is unknown.
        ValueError
            If a value is out of range, naming its index.
        """
        site = self._expose(E, ligand, doses, upar, fibronectin, E_without_collagen)
        return self._terms().probability(site, self._nominal())[:, 0]

    def log_odds_shares(
        self,
        E: ArrayLike,
        ligand: ArrayLike = 1.0,
        doses: Doses | None = None,
        upar: ArrayLike = 1.0,
        fibronectin: ArrayLike = 1.0,
        *,
        E_without_collagen: ArrayLike | None = None,
    ) -> dict[str, FloatArray]:
        """What each cause adds to the log-odds of sleeping, −ln R, before the plateaus.

        Parameters
        ----------
        E, ligand, doses, upar, fibronectin, E_without_collagen
            As in `probability`. uPAR and fibronectin scale the amplitude of P and have no share of
            their own; they matter here only to cues that need them.

        Returns
        -------
        dict of str to ndarray, shape (n,)
            Natural logarithms; positive keeps asleep. ``matrix_stiffness`` and
            ``collagen_mechanics`` (one column ``stiffness`` where ``E_without_collagen`` is None),
            ``ligand``, ``blocks``, ``confinement``, then one per cue with a dose above 0 anywhere.
            They sum to −ln R. ``ligand`` and ``blocks`` are cut to ±20.7 = ±ln 1e9, so that they
            stay finite where R is 0; there the sum is the cut one.

        Raises
        ------
        InputError
            If a cue is unknown.
        ValueError
            If a value is out of range, naming its index.
        """
        site = self._expose(E, ligand, doses, upar, fibronectin, E_without_collagen)
        nominal = self._nominal()
        zero: FloatArray = np.zeros((site.size, 1))
        shares = dict.fromkeys(("stiffness", "ligand", "blocks", "confinement"), zero)
        for name, term in self._terms().of_log_ratio(site, nominal):
            shares[name] = zero - term
        for name in ("ligand", "blocks"):
            shares[name] = np.clip(shares[name], -LOG_CAP, LOG_CAP)
        if site.log_stiffness_without_collagen is not None:
            slope = self.parameters.stiffness_sign * self.parameters["n"]
            fold = site.log_stiffness - site.log_stiffness_without_collagen
            matrix = shares.pop("stiffness") + slope * fold
            shares = {"matrix_stiffness": matrix, "collagen_mechanics": -slope * fold, **shares}
        return {name: share[:, 0] for name, share in shares.items()}

    def band(
        self,
        E: ArrayLike,
        ligand: ArrayLike = 1.0,
        doses: Doses | None = None,
        upar: ArrayLike = 1.0,
        fibronectin: ArrayLike = 1.0,
        *,
        E_without_collagen: ArrayLike | None = None,
        stiffness_log_sd: ArrayLike = (),
        ink: ArrayLike = 0,
        level: float = 0.90,
        samples: int = 256,
        seed: int = 20,
    ) -> Band:
        """What the ranges of the rule's numbers, and of the inks' stiffness, leave open of P.

        Every parameter and cue weight is drawn from its range with a scrambled Sobol sequence, the
        same samples for all sites; see `sobol_draw`. The band is that of the stated ranges, not a
        confidence interval of an experiment.

        Parameters
        ----------
        E, ligand, doses, upar, fibronectin, E_without_collagen
            As in `probability`.
        stiffness_log_sd
            Standard deviation of ln E of each ink, shape (n_inks,): one factor per ink, common to
            all its sites. Empty: stiffness is taken as known.
        ink
            Index of each site's ink, int or shape (n,).
        level
            Probability between the two percentiles; 0.90 means 5 to 95 %.
        samples
            Power of two.
        seed
            Of the scrambling; the same seed gives the same band.

        Returns
        -------
        Band
            It holds the nominal P, by construction: where the nominal lies outside the percentiles
            (at a plateau, say), the band is widened to it.

        Raises
        ------
        InputError
            If a cue is unknown.
        ValueError
            If a value is out of range, naming its index; if ``samples`` is not a power of two.
        """
        if not 0.0 < level < 1.0:
            raise ValueError(f"level: expected a number between 0 and 1, found {level}")
        site = self._expose(E, ligand, doses, upar, fibronectin, E_without_collagen)
        log_sd, inks = uncertain_inks(stiffness_log_sd, ink, site.size)
        draw = sobol_draw(self.parameters, self.cues, log_sd, samples=samples, seed=seed)
        return compute_band(self._terms(), site, self._nominal(), draw, inks, level)

    def curve(
        self,
        E: ArrayLike | None = None,
        ligand: float = 1.0,
        doses: Doses | None = None,
        upar: float = 1.0,
        fibronectin: float = 1.0,
        *,
        level: float = 0.90,
        samples: int = 256,
        seed: int = 20,
    ) -> dict[str, FloatArray]:
        """P against stiffness with its band, all else held.

        Parameters
        ----------
        E
            Stiffness, kPa, shape (k,); by default 0.05 to 100 kPa in 133 even steps of ln E.
        ligand, doses, upar, fibronectin, level, samples, seed
            As in `band`.

        Returns
        -------
        dict of str to ndarray, shape (k,)
            ``stiffness_kPa``, ``p``, ``low``, ``high``.

        Raises
        ------
        InputError, ValueError
            As `band`.
        """
        abscissa = np.geomspace(0.05, 100.0, 133) if E is None else E
        stiffness: FloatArray = np.atleast_1d(np.asarray(abscissa, dtype=float))
        # The abscissa is the stiffness that acts, whichever of collagen's paths is on.
        rule = replace(self, collagen_mechanics=True)
        inputs = (stiffness, ligand, doses, upar, fibronectin)
        band = rule.band(*inputs, level=level, samples=samples, seed=seed)
        p = rule.probability(*inputs)
        return {"stiffness_kPa": stiffness, "p": p, "low": band.low, "high": band.high}

    def assumptions(self, cues: Sequence[str] | None = None) -> list[dict[str, str]]:
        """What the rule rests on, for the report.

        Parameters
        ----------
        cues
            Names of the cues to list; None lists the whole table.

        Returns
        -------
        list of dict
            ``what``, ``value``, ``standing`` (measured, published, derived or assumption),
            ``source`` (DOI, citation or "").

        Raises
        ------
        InputError
            If a cue is unknown.
        """
        known = {cue.cue: cue for cue in self.cues}
        names = tuple(known) if cues is None else cues
        for name in names:
            if name not in known:
                raise unknown_name("cue", name, known)
        return stated_assumptions(self.parameters, [known[name] for name in names])

    def _terms(self) -> Terms:
        blocks = _checked_blocks(self.blocks, self.cues)
        return Terms(self.parameters.stiffness_sign, self.cues, blocks)

    def _nominal(self) -> Draw:
        return nominal_draw(self.parameters, self.cues)

    def _expose(
        self,
        E: ArrayLike,
        ligand: ArrayLike,
        doses: Doses | None,
        upar: ArrayLike,
        fibronectin: ArrayLike,
        E_without_collagen: ArrayLike | None,
    ) -> Exposure:
        doses = dict(doses or {})
        known = tuple(cue.cue for cue in self.cues)
        for name in doses:
            if name not in known:
                raise unknown_name("cue", name, known)
        if not self.collagen_chemistry:
            doses = {name: dose for name, dose in doses.items() if name not in COLLAGEN_CUES}
        site = expose(E, ligand, doses, upar, fibronectin, E_without_collagen)
        if self.collagen_mechanics:
            return site
        if site.log_stiffness_without_collagen is None:
            raise ValueError("collagen_mechanics=False needs E_without_collagen")
        return replace(site, log_stiffness=site.log_stiffness_without_collagen)
