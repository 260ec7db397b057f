"""What the sites are exposed to: checked arrays, one value per site or one for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .collagen_doses import Dose, FloatArray

LARGEST_DOSE = 1e6
"""Doses are relative to 1; the limit keeps exponents finite and catches a wrong unit."""

MOST_INKS = 16
"""Up to so many inks, doses made from what an ink holds are worked out ink by ink."""

LARGEST_EXPONENT = 50.0
"""Of a Hill exponent: steeper is a step."""

DoseLike = ArrayLike | Dose
Doses = Mapping[str, DoseLike]
_Good = Callable[[FloatArray], NDArray[np.bool_]]


@dataclass(frozen=True)
class Exposure:
    """Checked inputs of the rule, as columns ready to broadcast against samples.

    Every array but ``ink`` has shape (n, 1), or (1, 1) where all n sites share the value.

    Attributes
    ----------
    log_stiffness : ndarray, shape (n, 1)
        ln of the sensed stiffness in kPa.
    log_stiffness_without_collagen : ndarray, shape (n, 1), or None
        The same of the ink without its collagen, where the caller knows it.
    ligand, upar, fibronectin : ndarray
        Relative to 1 = parental.
    doses : mapping of str to Dose
        Of the cues whose dose is above 0 somewhere.
    per_ink : frozenset of str
        Cues whose dose is the same throughout each ink; its arrays have shape (n_inks, 1).
    blocks : mapping of str to tuple of Dose
        Inhibitors of each block that is on.
    ink : ndarray of int, shape (n,)
        Index of each site's ink; not looked at where no ink's stiffness is uncertain.
    """

    log_stiffness: FloatArray
    log_stiffness_without_collagen: FloatArray | None
    ligand: FloatArray
    doses: Mapping[str, Dose]
    per_ink: frozenset[str]
    blocks: Mapping[str, tuple[Dose, ...]]
    upar: FloatArray
    fibronectin: FloatArray
    ink: NDArray[np.intp]

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

        def cut(values: ArrayLike) -> FloatArray:
            array = np.asarray(values)
            return array if len(array) == 1 else array[sites]

        def cut_dose(dose: Dose) -> Dose:
            return dose.of_sites(cut)

        without = self.log_stiffness_without_collagen
        return Exposure(
            log_stiffness=self.log_stiffness[sites],
            log_stiffness_without_collagen=None if without is None else without[sites],
            ligand=cut(self.ligand),
            doses={
                cue: dose if cue in self.per_ink else cut_dose(dose)
                for cue, dose in self.doses.items()
            },
            per_ink=self.per_ink,
            blocks={name: tuple(map(cut_dose, doses)) for name, doses in self.blocks.items()},
            upar=cut(self.upar),
            fibronectin=cut(self.fibronectin),
            ink=self.ink[sites],
        )

    def left(self, block: str, parameters: Mapping[str, FloatArray]) -> FloatArray:
        """What a block leaves of its target, Π(1 − i) over its inhibitors.

        Parameters
        ----------
        block
            Its name; one that is not on leaves all.
        parameters
            Of a draw, shape (S,) each.

        Returns
        -------
        ndarray
            0 to 1, of a shape that broadcasts to (n, S).
        """
        left: FloatArray = np.ones((1, 1))
        for inhibitor in self.blocks.get(block, ()):
            left = left * (1.0 - inhibitor.at(parameters))
        return left


def _column(what: str, values: ArrayLike, n: int, expected: str, good: _Good) -> FloatArray:
    """One value per site (or one for all) as a column; complains with the index of a bad one."""
    array = np.asarray(values, dtype=float)
    if array.ndim > 1 or array.size not in (1, n):
        raise ValueError(f"{what}: expected a number or shape ({n},), found shape {array.shape}")
    array = array.reshape(-1, 1)
    fine = np.isfinite(array) & good(array)
    if not fine.all():
        index = int(np.argmin(fine))
        raise ValueError(f"{what}: expected {expected}, found {array[index, 0]} at index {index}")
    return array


def _amount(what: str, values: ArrayLike, n: int, largest: float = np.inf) -> FloatArray:
    expected = "a finite number >= 0" + (f" and <= {largest:g}" if largest < np.inf else "")
    return _column(what, values, n, expected, lambda x: (x >= 0.0) & (x <= largest))


def _dose(what: str, given: DoseLike, n: int) -> Dose:
    dose = given if isinstance(given, Dose) else Dose(given)
    if not 0.0 < dose.exponent <= LARGEST_EXPONENT:
        raise ValueError(
            f"{what}: expected an exponent above 0 and <= {LARGEST_EXPONENT:g}, "
            f"found {dose.exponent}"
        )
    return Dose(
        _amount(what, dose.level, n, LARGEST_DOSE),
        tuple((_amount(f"{what}, over {half}", x, n), half) for x, half in dose.saturating),
        dose.exponent,
    )


def _of_inks(dose: Dose, ink: NDArray[np.intp]) -> Dose | None:
    """The dose by ink, where it saturates and is the same throughout each; else None."""
    amounts = [np.asarray(x) for x, _ in dose.saturating]
    if np.size(dose.level) > 1 or all(len(x) == 1 for x in amounts) or ink.max() >= MOST_INKS:
        return None
    first = np.zeros(int(ink.max()) + 1, dtype=np.intp)
    first[ink[::-1]] = np.arange(len(ink))[::-1]  # of several sites the last written is the first
    by_ink = [x[first] if len(x) > 1 else x for x in amounts]
    for x, few in zip(amounts, by_ink, strict=True):
        if len(x) > 1 and not np.array_equal(x, few[ink]):
            return None
    halves = (half for _, half in dose.saturating)
    return replace(dose, saturating=tuple(zip(by_ink, halves, strict=True)))


def _anywhere(dose: Dose) -> bool:
    present = np.asarray(dose.level) > 0.0
    for amount, _ in dose.saturating:
        present = present & (np.asarray(amount) > 0.0)
    return bool(present.any())


def expose(
    E: ArrayLike,
    ligand: ArrayLike,
    doses: Doses,
    blocks: Mapping[str, tuple[Dose, ...]],
    upar: ArrayLike,
    fibronectin: ArrayLike,
    E_without_collagen: ArrayLike | None,
    *,
    ink: NDArray[np.intp],
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
    blocks
        Inhibitors of each block, each 0 to 1.
    E_without_collagen
        Sensed stiffness of the same sites without collagen, kPa, float or shape (n,); or None.
    ink
        Index of each site's ink, shape (n,); its length is the number of sites.

    Returns
    -------
    Exposure

    Raises
    ------
    ValueError
        If a shape does not fit or a value is not finite or out of range, naming the first index.
    """
    n = len(ink)

    def log_column(what: str, values: ArrayLike) -> FloatArray:
        expected = "a finite stiffness above 0 kPa"
        column = _column(what, values, n, expected, lambda x: x > 0.0)
        return np.broadcast_to(np.log(column), (n, 1))

    conditions = {
        what: _amount(what, values, n)
        for what, values in (("ligand", ligand), ("upar", upar), ("fibronectin", fibronectin))
    }
    without = E_without_collagen
    checked = {cue: _dose(f"dose of {cue}", given, n) for cue, given in doses.items()}
    present = {cue: dose for cue, dose in checked.items() if _anywhere(dose)}
    of_inks = {
        cue: few for cue, dose in present.items() if (few := _of_inks(dose, ink)) is not None
    }
    return Exposure(
        log_stiffness=log_column("E", E),
        log_stiffness_without_collagen=(
            None if without is None else log_column("E_without_collagen", without)
        ),
        doses={**present, **of_inks},
        per_ink=frozenset(of_inks),
        blocks={
            name: tuple(_dose(f"block {name}", inhibitor, n) for inhibitor in inhibitors)
            for name, inhibitors in blocks.items()
        },
        ink=ink,
        **conditions,
    )


def number_of_sites(E: ArrayLike) -> int:
    """Number of sites n that a stiffness is given for.

    Parameters
    ----------
    E
        Sensed stiffness, float or shape (n,).

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If it has another shape, or no site.
    """
    shape = np.shape(E)
    if len(shape) > 1 or shape == (0,):
        raise ValueError(f"E: expected a number or shape (n,), found shape {shape}")
    return shape[0] if shape else 1


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
