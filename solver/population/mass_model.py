"""What clusters of tumour cells obey: growth, T cells, vessels. Rates in 1/h, times in h."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from meshes.errors import InputError
from solver.materials.tensors import FloatArray
from solver.transport.supply import Respiration, Tissue

_DAY = 24.0


@dataclass(frozen=True)
class Growth:
    """How cells of a cluster divide and die. All defaults are assumptions.

    Parameters
    ----------
    cycle_h, s_h, g2m_h
        Cycle, S, and G2 with M, h.
    growth_pressure
        Oxygen at which the rate of division is half its most, mmHg. That less oxygen slows the
        growth of spheroids is measured (10.1371/journal.pone.0161239), this number is not.
    death
        Of cells with oxygen, 1/h.
    anoxic_pressure
        p_a: oxygen at which half the cells are dead in the long run, mmHg.
    clearance
        c, at which the dead dissolve, 1/h.
    """

    cycle_h: float = 30.0
    s_h: float = 9.0
    g2m_h: float = 5.0
    growth_pressure: float = 5.0
    death: float = 0.002
    anoxic_pressure: float = 0.5
    clearance: float = 0.01

    @property
    def birth(self) -> float:
        """Rate of division at plenty of oxygen, 1/h."""
        return float(np.log(2.0)) / self.cycle_h


@dataclass(frozen=True)
class Immune:
    """T cells in a cluster: they kill, and their CXCL9 and CXCL10 keep vessels away.

    Killing follows mass action, the death rate of a target being proportional to the T cells there
    are (10.1371/journal.pone.0015959); that they come with the mass makes a size at which killing
    holds growth (Kuznetsov 1994, 10.1007/BF02460644).

    Parameters
    ----------
    t_cells
        e, T cells per tumour cell once they have come; 0: none. Default 0.3: assumption.
    kills_per_day
        K of one T cell. Default 2: 1.2 and 3.2 tumour cells in liver and spleen
        (10.7150/thno.44979), 2 to 16 infected cells (10.1016/j.immuni.2016.01.010).
    recruiting_cells
        N_e, living tumour cells that draw half of them: assumption.
    anti_angiogenic
        x, by which one T cell per tumour cell raises the threshold of vessels: an assumption, as
        is its form; only the sign is claimed.
    """

    t_cells: float = 0.3
    kills_per_day: float = 2.0
    recruiting_cells: float = 1000.0
    anti_angiogenic: float = 1000.0

    def killing(self, t_cells: FloatArray) -> FloatArray:
        """Rate at which so many T cells per tumour cell kill each, 1/h."""
        return np.asarray(self.kills_per_day / _DAY * t_cells)

    def present(self, living: FloatArray) -> FloatArray:
        """T cells per tumour cell in clusters of ``living`` cells ``(k,)``."""
        return np.asarray(self.t_cells * living / (living + self.recruiting_cells))


@dataclass(frozen=True)
class Angiogenesis:
    """The angiogenic switch. All defaults are assumptions.

    Parameters
    ----------
    threshold
        θ, hypoxic living cells whose VEGF brings vessels.
    sprout_h, regress_h
        Times in which vessels come and go, h.
    perfusion
        What vessels bring to tissue without oxygen, over what its cells would take.
    blood
        Oxygen in them, mmHg.
    """

    threshold: float = 1000.0
    sprout_h: float = 72.0
    regress_h: float = 168.0
    perfusion: float = 3.0
    blood: float = 40.0

    def sprouting(self, hypoxic: FloatArray, vessels: FloatArray, raised: FloatArray) -> FloatArray:
        """dφ/dt ``(k,)``, 1/h.

        Parameters
        ----------
        hypoxic
            H, hypoxic living cells ``(k,)``.
        vessels
            φ ``(k,)``.
        raised
            Factor on the threshold ``(k,)``.
        """
        on = hypoxic**4 / (hypoxic**4 + (self.threshold * raised) ** 4)
        return np.asarray(
            on * (1.0 - vessels) / self.sprout_h - (1.0 - on) * vessels / self.regress_h
        )


@dataclass(frozen=True)
class MassModel:
    """Everything a cluster obeys.

    Parameters
    ----------
    growth, tissue, respiration
        See there.
    immune
        ``None``: no T cells.
    angiogenesis
        ``None``: vessels never come.
    """

    growth: Growth = field(default_factory=Growth)
    tissue: Tissue = field(default_factory=Tissue)
    respiration: Respiration = field(default_factory=Respiration)
    immune: Immune | None = None
    angiogenesis: Angiogenesis | None = None

    def __post_init__(self) -> None:
        for part in (self.growth, self.immune, self.angiogenesis):
            for name, value in vars(part).items() if part is not None else ():
                if not (np.isfinite(value) and value >= 0.0):
                    raise InputError(f"{name} should be zero or more, found {value}")
        if min(self.growth.cycle_h, self.growth.anoxic_pressure) <= 0.0:
            raise InputError("cycle_h and anoxic_pressure should be positive")
        if self.growth.s_h + self.growth.g2m_h > self.growth.cycle_h:
            raise InputError("S, G2 and M should fit into the cycle")


def edu_share(birth: FloatArray, growth: Growth, pulse_h: float) -> FloatArray:
    """Share of living cells that a pulse of EdU labels, from their rate of division.

    Death that strikes all phases alike leaves cells that divide in τ hours in the proportion
    ``b e^{bτ} dτ``, whatever the net growth, so that ``e^{b (G − t)} (e^{b (S + t)} − 1)`` are
    labelled while the pulse t is shorter than G2 with M, G. Later the first have divided:
    ``e^{b (S + G)} − 1 + 2 (1 − e^{−b (t − G)})``.

    Parameters
    ----------
    birth
        b, 1/h, any shape.
    growth
        Phases.
    pulse_h
        Length of the pulse, h; read at its end.
    """
    early = max(growth.g2m_h - pulse_h, 0.0)
    late = max(pulse_h - growth.g2m_h, 0.0)
    undivided = np.exp(birth * (growth.s_h + growth.g2m_h)) - np.exp(birth * early)
    return np.minimum(undivided + 2.0 * (1.0 - np.exp(-birth * late)), 1.0)
