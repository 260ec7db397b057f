"""Results of other packages as they are read here, by the names of their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Share(Protocol):
    """A share of cells with its interval, as ``solver.assays.Proportion``."""

    @property
    def value(self) -> float:
        """0 to 1; NaN where there are no cells."""

    @property
    def low(self) -> float:
        """Lower bound."""

    @property
    def high(self) -> float:
        """Upper bound."""

    @property
    def cells(self) -> int:
        """Cells counted."""

    @property
    def effective(self) -> float:
        """Independent cells that would tell as much."""


class Score(Protocol):
    """Calls against the truth, as ``solver.assays.Score``."""

    @property
    def called(self) -> Share:
        """Of all cells, those called dormant."""

    @property
    def true(self) -> Share:
        """Of all cells, those in G0."""

    @property
    def sensitivity(self) -> Share:
        """Of the cells in G0, those called dormant."""

    @property
    def specificity(self) -> Share:
        """Of the other cells, those not called dormant."""

    @property
    def precision(self) -> Share:
        """Of the cells called dormant, those in G0."""


class Effort(Protocol):
    """What is counted in an experiment, as ``solver.assays.power.Effort``."""

    @property
    def cells(self) -> int:
        """Cells counted in each replicate."""

    @property
    def replicates(self) -> int:
        """Replicates of each design."""


class Contrast(Protocol):
    """What one assay would show of two designs, as ``cases.assay.Contrast``."""

    @property
    def assay(self) -> str:
        """Its name."""

    @property
    def at_h(self) -> float:
        """When it is read, h."""

    @property
    def first(self) -> float:
        """Share called dormant in the first design."""

    @property
    def second(self) -> float:
        """Share called dormant in the second."""

    @property
    def difference(self) -> float:
        """Second minus first."""

    @property
    def low(self) -> float:
        """Lower end of its band."""

    @property
    def high(self) -> float:
        """Upper end of its band."""

    @property
    def true_difference(self) -> float:
        """The difference of the shares in G0."""

    @property
    def power(self) -> float:
        """Probability that the effort finds the nominal difference."""

    @property
    def assurance(self) -> float:
        """Probability that it finds one of the nominal sign, over the samples."""

    @property
    def effort(self) -> Effort:
        """Cells and replicates it is judged with."""

    @property
    def cells_needed(self) -> int | None:
        """Cells per replicate that reach the power; None: no number does."""

    @property
    def replicates_needed(self) -> int | None:
        """Replicates per design that reach it; None: no usual number does."""

    @property
    def few(self) -> bool:
        """Whether few cells are expected on one side of the gate."""

    @property
    def misleads(self) -> bool:
        """Whether it shows a difference of the other sign than the one in G0."""

    @property
    def resolved(self) -> bool:
        """Whether enough founders were simulated to tell the difference from none."""


class Plan(Protocol):
    """How to tell two designs apart, as ``cases.assay.Plan``."""

    @property
    def first(self) -> str:
        """Name of the first design."""

    @property
    def second(self) -> str:
        """Name of the second."""

    @property
    def wanted(self) -> float:
        """Power aimed at."""

    @property
    def band_level(self) -> float:
        """Probability between the ends of the bands."""

    @property
    def contrasts(self) -> Sequence[Contrast]:
        """Best first."""

    @property
    def best(self) -> Contrast | None:
        """The assay that tells the designs apart best; None: none does."""
