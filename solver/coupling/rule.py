"""`DormancyRule`: P(dormant), its band, and each cause's share of the log-odds, per site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from meshes.errors import InputError

from .assumptions import stated_assumptions
from .band import Band, compute_bands
from .blocks import Blocks, checked_blocks
from .collagen_doses import FloatArray
from .cues import Cue, load_cues
from .draws import Draw
from .exposure import Doses
from .gate import StiffnessGate
from .memory import Memory
from .moment import Moment, drawn_course, nominal_course, sampled_course
from .parameters import RuleParameters


@dataclass(frozen=True)
class DormancyRule:
    """From sensed stiffness and signals to the fraction of cells in G0 arrest.

    ``P = Pmax − (Pmax − Pmin) · a · R/(1 + R)``, ``R = m · F^e / (1 + (κ/κ50)^q)``,
    ``m = L (E/E50)^±n Π(1 − i)`` over `GATES`, ``κ = E (1 − degradability)``,
    ``a = u0 + (1 − u0) min(uPAR·FN, 1)``.

    Parameters
    ----------
    parameters : RuleParameters
        From `load_preset`.
    cues : tuple of Cue
        From `load_cues`; by default the table that comes along.
    blocks : mapping, or names
        Dose 0 to 1 of inhibitors, a `Dose`, or a tuple of several that act independently; a bare
        name means a full block. Names: `GATES` and those in ``blocked_by`` that are no cues.
    collagen_mechanics : bool
        False: the cells feel the ink as if without collagen (``E_without_collagen``).
    collagen_chemistry : bool
        False: the doses of the cues that come from the ink are 0.
    gate : StiffnessGate or None
        Mechanical model in place of ``L (E/E50)^n``; it feels E over ``clutch_scale`` and its drive
        enters m to the power ``clutch_gain``.
    memory : Memory or None
        That cells remember what was before; see ``after`` and `history`.

    Raises
    ------
    InputError
        If a block is unknown or its dose is not within 0 to 1; if there is a gate although
        stiffness puts to sleep.
    """

    parameters: RuleParameters
    cues: tuple[Cue, ...] = field(default_factory=load_cues)
    blocks: Blocks = ()
    collagen_mechanics: bool = True
    collagen_chemistry: bool = True
    gate: StiffnessGate | None = None
    memory: Memory | None = None

    def __post_init__(self) -> None:
        checked_blocks(self.blocks, self.cues)
        if self.gate is not None and self.parameters.stiffness_sign < 0:
            raise InputError(
                f"dormancy preset {self.parameters.preset}: stiffness puts to sleep there, but the "
                f"{self.gate.name} wakes with stiffness",
                hint="leave the gate at the Hill term, or choose another preset",
            )

    def probability(
        self,
        E: ArrayLike,
        ligand: ArrayLike = 1.0,
        doses: Doses | None = None,
        upar: ArrayLike = 1.0,
        fibronectin: ArrayLike = 1.0,
        *,
        E_without_collagen: ArrayLike | None = None,
        after: Sequence[Moment] = (),
    ) -> FloatArray:
        """P(dormant) at each site, with every number of the rule at its nominal value.

        Parameters
        ----------
        E
            Sensed stiffness, kPa, float or shape (n,), above 0.
        ligand, upar, fibronectin
            Adhesive ligand, uPAR and fibronectin relative to 1 = parental, float or shape (n,).
        doses
            Cue to dose (float, shape (n,) or `Dose`), relative to 1. Cues not named are absent, but
            for those that the table gives ``always`` (1) or ``by_cells`` (from uPAR·FN).
        E_without_collagen
            Sensed stiffness of the sites if the ink held no collagen, kPa, float or shape (n,);
            needed only with ``collagen_mechanics=False``.
        after
            What the same sites went through before, oldest first; only with memory.

        Returns
        -------
        ndarray, shape (n,)
            Fraction of a heterogeneous population in G0 arrest. Without ligand, or with a gate
            fully blocked, it is Pmax whatever the stiffness.

        Raises
        ------
        InputError
            If a cue is unknown, or there is a past but no memory.
        ValueError
            If a value is out of range, naming its index.
        """
        now = Moment(self, E, ligand, doses, upar, fibronectin, E_without_collagen)
        return nominal_course((*after, now), self.memory).nominal()[-1]

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
            their own; they matter here only to cues that need them or are made from them.

        Returns
        -------
        dict of str to ndarray, shape (n,)
            Natural logarithms; positive keeps asleep. ``matrix_stiffness`` and
            ``collagen_mechanics`` (one column ``stiffness`` where ``E_without_collagen`` is None),
            ``ligand``, ``blocks``, ``confinement``, then one per cue at work. What collagen, or a
            cue that acts on stiffness, changes in confinement stands under ``confinement``. With a
            gate, stiffness counts at ligand and contractility 1; ``ligand`` and ``blocks`` add to
            that. They sum to −ln R (with memory, of the present R). ``ligand`` and ``blocks`` are
            cut to ±20.7 = ±ln 1e9: finite where R is 0; there the sum is the cut one.

        Raises
        ------
        InputError
            If a cue is unknown.
        ValueError
            If a value is out of range, naming its index.
        """
        now = Moment(self, E, ligand, doses, upar, fibronectin, E_without_collagen)
        (state,) = nominal_course([now]).states
        return state.terms.shares(state.site, state.nominal)

    def band(
        self,
        E: ArrayLike,
        ligand: ArrayLike = 1.0,
        doses: Doses | None = None,
        upar: ArrayLike = 1.0,
        fibronectin: ArrayLike = 1.0,
        *,
        E_without_collagen: ArrayLike | None = None,
        after: Sequence[Moment] = (),
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
        E, ligand, doses, upar, fibronectin, E_without_collagen, after
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
        now = Moment(self, E, ligand, doses, upar, fibronectin, E_without_collagen)
        course = sampled_course(
            (*after, now), self.memory, stiffness_log_sd, ink, samples=samples, seed=seed
        )
        return compute_bands(course, level, last=1)[-1]

    def history(
        self,
        moments: Sequence[Moment],
        *,
        stiffness_log_sd: ArrayLike = (),
        ink: ArrayLike = 0,
        level: float = 0.90,
        samples: int = 256,
        seed: int = 20,
    ) -> list[Band]:
        """Bands of one state of the same sites after the other.

        Parameters
        ----------
        moments
            Oldest first, the present last; each is answered by its own rule. This rule's memory,
            where it has one, carries over from each to the next; without memory each is answered
            as if nothing had been before.
        stiffness_log_sd, ink, level, samples, seed
            As in `band`; n is that of the present.

        Returns
        -------
        list of Band
            One for each moment.

        Raises
        ------
        InputError, ValueError
            As `band`; if there is no moment.
        """
        course = sampled_course(
            moments, self.memory, stiffness_log_sd, ink, samples=samples, seed=seed, apart=True
        )
        return compute_bands(course, level)

    def mean_samples(
        self,
        draw: Draw,
        E: ArrayLike,
        ligand: ArrayLike = 1.0,
        doses: Doses | None = None,
        upar: ArrayLike = 1.0,
        fibronectin: ArrayLike = 1.0,
        *,
        E_without_collagen: ArrayLike | None = None,
        ink: ArrayLike = 0,
    ) -> FloatArray:
        """Mean P over the sites for every sample of a draw.

        Parameters
        ----------
        draw
            S samples, for instance of `draw_from_unit`.
        E, ligand, doses, upar, fibronectin, E_without_collagen, ink
            As in `band`.

        Returns
        -------
        ndarray, shape (S,)

        Raises
        ------
        InputError, ValueError
            As `band`.
        """
        now = Moment(self, E, ligand, doses, upar, fibronectin, E_without_collagen)
        return drawn_course(now, self.memory, draw, ink).mean_samples()

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
        return stated_assumptions(self.parameters, self.cues, cues, self.gate, self.memory)
