"""What the rule asks of a mechanical model that replaces its Hill term in stiffness."""

from __future__ import annotations

from typing import Protocol

from numpy.typing import ArrayLike

from .collagen_doses import FloatArray


class StiffnessGate(Protocol):
    """A model of how ligand, stiffness and contractility make the drive m of the integrin gate.

    Attributes
    ----------
    name : str
        Of the model, for reports.
    """

    @property
    def name(self) -> str: ...

    def log_drive(
        self, log_E: ArrayLike, ligand: ArrayLike, contractility: ArrayLike
    ) -> FloatArray:
        """ln m.

        Parameters
        ----------
        log_E
            ln of the sensed stiffness in kPa.
        ligand
            Adhesive ligand that integrins can bind, relative to 1 = parental, >= 0.
        contractility
            Activity of the motors, 0 (none) to 1 (parental).

        Returns
        -------
        ndarray
            Dimensionless, of the broadcast shape of the three; 0 where the cell is half-way, -inf
            where ligand or contractility is 0 and finite elsewhere.
        """
        ...

    def assumptions(self) -> list[dict[str, str]]:
        """What the model rests on, for the report: ``what, value, standing, source``."""
        ...
