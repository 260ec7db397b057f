"""What the sites are exposed to: checked arrays, one value per site or one for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .collagen_doses import Dose, FloatArray

LARGEST_DOSE = 1e6
"""Doses are relative to 1; the limit keeps exponents finite and catches a wrong unit."""

DoseLike = ArrayLike | Dose
_Good = Callable[[FloatArray], NDArray[np.bool_]]


@dataclass(frozen=True)
class Exposure:
    """Checked inputs of the rule, as columns ready to broadcast against samples.

    Every array has shape (n, 1), or (1, 1) where all n sites share the value.

    Attributes
    ----------
    log_stiffness : ndarray, shape (n, 1)
        ln of the sensed stiffness in kPa.
    log_stiffness_without_collagen : ndarray or None
        The same of the ink without its collagen, where the caller knows it.
    ligand, upar, fibronectin : ndarray
        Relative to 1 = parental.
    doses : mapping of str to Dose
        Of the cues whose dose is above 0 somewhere.
    """

    log_stiffness: FloatArray
    log_stiffness_without_collagen: FloatArray | None
    ligand: FloatArray
    doses: Mapping[str, Dose]
    upar: FloatArray
    fibronectin: FloatArray

    @property
    def size(self) -> int:
        """Number of sites n."""
        return len(self.log_stiffness)

    def part(self, sites: slice) -> Exposure:
        """The exposure of some of the sites.

        Parameters
        ----------
        sites
            Which of the n.

        Returns
        -------
        Exposure
        """

        def cut(values: FloatArray) -> FloatArray:
            return values if len(values) == 1 else values[sites]

        without = self.log_stiffness_without_collagen
        return replace(
            self,
            log_stiffness=self.log_stiffness[sites],
            log_stiffness_without_collagen=None if without is None else without[sites],
            ligand=cut(self.ligand),
            doses={
                cue: Dose(
                    cut(np.asarray(dose.level)),
                    tuple((cut(np.asarray(x)), half) for x, half in dose.saturating),
                )
                for cue, dose in self.doses.items()
            },
            upar=cut(self.upar),
            fibronectin=cut(self.fibronectin),
        )


def _column(what: str, values: ArrayLike, n: int | None, expected: str, good: _Good) -> FloatArray:
    """One value per site (or one for all) as a column; complains with the index of a bad one."""
    array = np.asarray(values, dtype=float)
    if array.ndim > 1 or array.size == 0 or (n is not None and array.size not in (1, n)):
        shape = "(n,)" if n is None else f"({n},)"
        raise ValueError(f"{what}: expected a number or shape {shape}, found shape {array.shape}")
    array = array.reshape(-1, 1)
    fine = np.isfinite(array) & good(array)
    if not fine.all():
        index = int(np.argmin(fine))
        raise ValueError(f"{what}: expected {expected}, found {array[index, 0]} at index {index}")
    return array


def _amount(what: str, values: ArrayLike, n: int, largest: float = np.inf) -> FloatArray:
    expected = "a finite number >= 0" + (f" and <= {largest:g}" if largest < np.inf else "")
    return _column(what, values, n, expected, lambda x: (x >= 0.0) & (x <= largest))


def _dose(cue: str, given: DoseLike, n: int) -> Dose:
    dose = given if isinstance(given, Dose) else Dose(given)
    return Dose(
        _amount(f"dose of {cue}", dose.level, n, LARGEST_DOSE),
        tuple((_amount(f"{cue}, over {half}", x, n), half) for x, half in dose.saturating),
    )


def _anywhere(dose: Dose) -> bool:
    present = np.asarray(dose.level) > 0.0
    for amount, _ in dose.saturating:
        present = present & (np.asarray(amount) > 0.0)
    return bool(present.any())


def expose(
    E: ArrayLike,
    ligand: ArrayLike,
    doses: Mapping[str, DoseLike],
    upar: ArrayLike,
    fibronectin: ArrayLike,
    E_without_collagen: ArrayLike | None,
) -> Exposure:
    """Check the inputs of the rule and bring them into columns.

    Parameters
    ----------
    E
        Sensed stiffness, kPa, float or shape (n,); must be above 0.
    ligand, upar, fibronectin
        Relative to 1 = parental, float or shape (n,); >= 0.
    doses
        Cue to dose, float, shape (n,) or `Dose`; >= 0.
    E_without_collagen
        Sensed stiffness of the same sites without collagen, kPa, float or shape (n,); or None.

    Returns
    -------
    Exposure

    Raises
    ------
    ValueError
        If a shape does not fit or a value is not finite or out of range, naming the first index.
    """
    stiffness = "a finite stiffness above 0 kPa"
    log_E = np.log(_column("E", E, None, stiffness, lambda x: x > 0.0))
    n = len(log_E)
    without = E_without_collagen
    if without is not None:
        column = _column("E_without_collagen", without, n, stiffness, lambda x: x > 0.0)
        without = np.broadcast_to(np.log(column), (n, 1))
    checked = {cue: _dose(cue, given, n) for cue, given in doses.items()}
    return Exposure(
        log_stiffness=log_E,
        log_stiffness_without_collagen=without,
        ligand=_amount("ligand", ligand, n),
        doses={cue: dose for cue, dose in checked.items() if _anywhere(dose)},
        upar=_amount("upar", upar, n),
        fibronectin=_amount("fibronectin", fibronectin, n),
    )


def uncertain_inks(
    stiffness_log_sd: ArrayLike, ink: ArrayLike, n: int
) -> tuple[FloatArray, NDArray[np.intp]]:
    """Check how uncertain each ink's stiffness is, and which ink each site lies in.

    Parameters
    ----------
    stiffness_log_sd
        Standard deviation of ln E of each ink, dimensionless, shape (n_inks,); may be empty.
    ink
        Index of each site's ink, int or shape (n,).
    n
        Number of sites.

    Returns
    -------
    log_sd, ink : ndarray, shapes (n_inks,) and (n,)

    Raises
    ------
    ValueError
        If a standard deviation is negative or an index points to no ink, naming where.
    """
    log_sd = np.atleast_1d(np.asarray(stiffness_log_sd, dtype=float))
    for index, sd in enumerate(log_sd):
        if not (np.isfinite(sd) and sd >= 0.0):
            raise ValueError(f"stiffness_log_sd: expected >= 0, found {sd} at index {index}")
    inks = np.asarray(ink, dtype=np.intp)
    if inks.shape not in ((), (1,), (n,)):
        raise ValueError(f"ink: expected a number or shape ({n},), found shape {inks.shape}")
    inks = np.broadcast_to(inks, (n,))
    outside = (inks < 0) | (inks >= len(log_sd))
    if len(log_sd) and outside.any():
        index = int(np.argmax(outside))
        raise ValueError(
            f"ink: expected 0 to {len(log_sd) - 1} (stiffness_log_sd has {len(log_sd)} inks), "
            f"found {inks[index]} at index {index}"
        )
    return log_sd, inks
