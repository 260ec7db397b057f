"""The steps of a finite load, as a run hands them over; :mod:`postprocess.series` writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from postprocess.contract import FloatArray, ResultError, expect_finite, expect_shape

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LoadSteps:
    """What a finite load changes, at ``k`` states from rest to the whole load.

    Parameters
    ----------
    factor
        ``(k,)`` share of the load, from 0 (rest) to 1, growing.
    strain
        ``(k,)`` nominal compression; zero without a plate.
    force
        ``(k,)`` force on the plate, nN; zero without one.
    cell_data, point_data
        Arrays of :class:`postprocess.results.FieldData` that change, each ``(k, m, …)`` and
        ``(k, n, …)``, single precision.

    Raises
    ------
    ResultError
        Where shapes do not fit, states are out of order, or a value is not finite.
    """

    factor: FloatArray
    strain: FloatArray
    force: FloatArray
    cell_data: Mapping[str, Float32]
    point_data: Mapping[str, Float32]

    def __post_init__(self) -> None:
        count = len(self.factor)
        if count < 2 or self.factor[0] != 0.0 or np.any(np.diff(self.factor) <= 0.0):
            raise ResultError("steps: expected load factors that grow from 0")
        for name in ("factor", "strain", "force"):
            expect_shape(f"steps: {name}", getattr(self, name), (count,))
            expect_finite(f"steps: {name}", getattr(self, name))
        for arrays in (self.cell_data, self.point_data):
            for name, values in arrays.items():
                expect_finite(f"steps: {name!r}", values)

    def check_against(
        self, cell_data: Mapping[str, npt.NDArray[Any]], point_data: Mapping[str, npt.NDArray[Any]]
    ) -> None:
        """Refuse steps that are not those of the fields of a result.

        Raises
        ------
        ResultError
            Where they hold an array that the result does not, or one of another shape.
        """
        for mine, theirs in ((self.cell_data, cell_data), (self.point_data, point_data)):
            for name, values in mine.items():
                if name not in theirs:
                    raise ResultError(f"steps: {name!r} is no field of this result")
                expect_shape(
                    f"steps: {name!r}", values, (len(self.factor), *np.shape(theirs[name]))
                )
