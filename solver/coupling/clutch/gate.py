"""`ClutchGate`: the talin odds of the Monte-Carlo as the integrin gate of the dormancy rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from meshes.errors import InputError

from .curves import CURVE_STIFFNESS, DEPARTURE, clutch_curves
from .engine import FloatArray
from .odds import GATE_GRID, gate_parameters, log_odds, log_odds_error
from .parameters import ClutchParameters, load_clutch
from .store import clutch_table
from .table import ClutchTable

_DRIVES_AT_A_TIME = 2**15  # keeps a block in the processor's cache, and bounds the memory


@dataclass(frozen=True)
class ClutchGate:
    """Drive of the integrin gate, ``m = L · odds(E, L, c) / odds(E_talin, 1, 1)``.

    The odds are those that talin unfolds and catches vinculin before its integrin lets go, of an
    adhesion that talin has not reinforced yet; L (ligand) counts the clutches that take part. The
    drive is 1 at the talin threshold of the reference adhesion: a normalisation, an assumption.
    Between the nodes of the table ln odds is a monotone cubic (PCHIP) in ln E and linear in the
    logarithms of ligand and contractility c. Outside it is held constant; with ligand falling to
    0 the factor L remains, with contractility falling to 0 the odds fall in proportion to it.

    Parameters
    ----------
    parameters : ClutchParameters
        As published; the table's are `gate_parameters` of them.
    table : ClutchTable
        Of the odds.
    threshold_kPa : tuple of float
        Talin threshold at ligand and contractility 1, and its bounds.
    """

    parameters: ClutchParameters
    table: ClutchTable
    threshold_kPa: tuple[float, float, float]
    name: str = "clutch"

    @cached_property
    def _nodes(self) -> FloatArray:
        """Cubics of ln odds in each step of ln E, shape (4, ligand, contractility, stiffness)."""
        from scipy.interpolate import PchipInterpolator

        values = log_odds(self.table)
        cubic = PchipInterpolator(np.arange(values.shape[-1]), values, axis=-1).c
        coefficients = np.moveaxis(cubic, 1, -1)[::-1]
        # One more, constant step, so that the last node itself can be looked up.
        last = np.zeros((*coefficients.shape[:-1], 1))
        last[0] = values[..., -1:]
        return np.concatenate([coefficients, last], axis=-1)

    @cached_property
    def _log_reference(self) -> float:
        one = np.ones(1)
        return float(self._log_part(np.log(self.threshold_kPa[:1]), one, one)[0])

    def log_drive(
        self, log_E: ArrayLike, ligand: ArrayLike, contractility: ArrayLike
    ) -> FloatArray:
        """ln of the drive m.

        Parameters
        ----------
        log_E
            ln of the sensed stiffness in kPa.
        ligand, contractility
            Relative to the reference adhesion, 0 or above.

        Returns
        -------
        ndarray, the three shapes broadcast
            Dimensionless; -inf where ligand or contractility is 0.

        Raises
        ------
        ValueError
            If a ligand or contractility is below 0 or not finite, or ln E is NaN.
        """
        given = [np.asarray(x, dtype=float) for x in (log_E, ligand, contractility)]
        if np.isnan(given[0]).any():
            raise ValueError("log_E: expected numbers, found NaN")
        for name, x in zip(("ligand", "contractility"), given[1:], strict=True):
            if not (np.isfinite(x).all() and (x >= 0.0).all()):
                raise ValueError(f"{name}: expected finite numbers of 0 or above")
        shape = np.broadcast_shapes(*(x.shape for x in given))
        axes = max(1, len(shape))
        padded = [x.reshape((1,) * (axes - x.ndim) + x.shape) for x in given]
        drive = np.empty(shape or (1,))
        block = max(1, _DRIVES_AT_A_TIME * len(drive) // max(1, drive.size))
        for start in range(0, len(drive), block):
            rows = slice(start, start + block)
            drive[rows] = self._log_part(*(x if len(x) == 1 else x[rows] for x in padded))
        drive -= self._log_reference
        return drive.reshape(shape)

    def _log_part(
        self, log_E: FloatArray, ligand: FloatArray, contractility: FloatArray
    ) -> FloatArray:
        """ln of ligand times odds."""
        pair = np.broadcast_arrays(ligand, contractility)
        points, which = np.unique(np.stack([x.ravel() for x in pair]), axis=1, return_inverse=True)
        cubics = self._cubics(*points).reshape(4, -1)
        axis = np.log(self.table.grid.stiffness_kPa)
        steps = len(axis) - 1
        at = np.clip((log_E - axis[0]) * (steps / (axis[-1] - axis[0])), 0.0, steps)
        cell = at.astype(np.intp)
        at -= cell
        cell = cell + which.reshape(pair[0].shape) * (steps + 1)
        drive: FloatArray = np.take(cubics[3], cell)
        for power in (2, 1, 0):
            drive *= at
            drive += np.take(cubics[power], cell)
        return drive

    def _cubics(self, ligand: FloatArray, contractility: FloatArray) -> FloatArray:
        """Cubics of ln(ligand · odds) at u pairs, shape (4, u, stiffness)."""
        grid = self.table.grid
        corners = []
        for x, axis in ((ligand, grid.ligand), (contractility, grid.contractility)):
            log_axis = np.log(axis)
            log_x = np.log(np.clip(x, axis[0], axis[-1]))
            low = np.clip(np.searchsorted(log_axis, log_x, side="right") - 1, 0, len(axis) - 2)
            share = (log_x - log_axis[low]) / (log_axis[low + 1] - log_axis[low])
            corners.append(((low, 1.0 - share), (low + 1, share)))
        cubics = np.zeros((4, len(ligand), len(grid.stiffness_kPa)))
        for (i, weight_i), (j, weight_j) in product(*corners):
            cubics += (weight_i * weight_j)[:, None] * self._nodes[:, i, j]
        with np.errstate(divide="ignore"):
            factor = np.log(np.minimum(ligand, grid.ligand[-1]))
            factor += np.log(np.minimum(contractility / grid.contractility[0], 1.0))
        cubics[0] += factor[:, None]
        return cubics

    def assumptions(self) -> list[dict[str, str]]:
        """What the gate rests on, for the report.

        Returns
        -------
        list of dict
            ``what``, ``value``, ``standing``, ``source``.
        """
        value, low, high = self.threshold_kPa
        spread = log_odds_error(self.table).max()
        steps = (
            (
                "Clutch gate: motors, catch bonds and unfolding talin after the published script",
                f"{self.parameters.clutches:g} clutches, {self.parameters.motors:g} motors",
                "published",
                "10.1038/ncb3336",
            ),
            (
                "Clutch gate: the drive is ligand times the odds that talin unfolds and catches "
                "vinculin before its integrin lets go, in an adhesion not yet reinforced",
                f"ln odds with a Monte-Carlo error of at most {spread:.2g}",
                "assumption",
                "",
            ),
            (
                "Clutch gate: the drive is 1 at the talin threshold of the reference adhesion, "
                f"where talin adds {DEPARTURE:.0%} to the traction",
                f"{value:.2g} kPa ({low:.2g} to {high:.2g})",
                "assumption",
                "",
            ),
            (
                "Clutch gate: outside the table (stiffness "
                f"{self.table.grid.stiffness_kPa[0]:g} to {self.table.grid.stiffness_kPa[-1]:g} "
                "kPa) the odds are held constant; the drive falls in proportion to ligand and to "
                "contractility below the smallest tabulated",
                f"ligand {self.table.grid.ligand[0]:g} to {self.table.grid.ligand[-1]:g}, "
                f"contractility {self.table.grid.contractility[0]:g} to "
                f"{self.table.grid.contractility[-1]:g}",
                "assumption",
                "",
            ),
        )
        keys = ("what", "value", "standing", "source")
        return [dict(zip(keys, step, strict=True)) for step in steps]


def load_gate(
    parameters: ClutchParameters | None = None, *, workers: int | None = None
) -> ClutchGate:
    """The gate of these numbers: at once for the shipped ones, else minutes, then cached.

    Parameters
    ----------
    parameters
        By default the preset ``talin``.
    workers
        Threads for a computation; None: one per processor.

    Returns
    -------
    ClutchGate

    Raises
    ------
    InputError
        If there is no talin in these numbers, or its threshold does not lie within the curves.
    """
    parameters = load_clutch() if parameters is None else parameters
    if not parameters.has_talin:
        raise InputError(
            "clutch gate: these numbers have no talin that could unfold and catch vinculin",
            hint="the preset 'talin' has; 'chan_odde' serves for traction only",
        )
    threshold = clutch_curves(parameters, workers=workers)["threshold_kPa"]
    if len(threshold) == 0:
        raise InputError(
            "clutch gate: with these numbers talin makes no difference to traction that begins "
            f"between {CURVE_STIFFNESS[0]:g} and {CURVE_STIFFNESS[-1]:g} kPa, so the drive has "
            "no reference"
        )
    value, low, high = (float(bound) for bound in threshold)
    table = clutch_table(gate_parameters(parameters), GATE_GRID, workers=workers)
    return ClutchGate(parameters, table, (value, low, high))
