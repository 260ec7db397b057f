"""What a run hands over to be shown: plain, validated result objects.

Their columns, arrays and keys are listed in :mod:`postprocess.contract`.

Nothing here solves anything. A :class:`RunResult` is checked once, when it is built, so that no
picture, table or page can be made from numbers that are missing, misshapen or not finite.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from postprocess.biology import Biology, check_against_sites
from postprocess.contract import (
    CELL_ARRAYS,
    INK_KEYS,
    NESTED_KEYS,
    POINT_ARRAYS,
    STANDINGS,
    SUMMARY_KEYS,
    FloatArray,
    ResultError,
    check_contraction,
    check_plateaus,
    check_sites,
    cue_names,
    expect_finite,
    expect_keys,
    expect_shape,
)
from postprocess.steps import LoadSteps
from postprocess.toolpath_file import PrintPath

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class FieldData:
    """Fields on the scaffold mesh, serial and in one piece.

    Parameters
    ----------
    points
        ``(n, 3)`` vertices, µm.
    cells
        ``(m, 4)`` vertices of each tetrahedron.
    cell_data
        Arrays of ``CELL_ARRAYS``, each ``(m, …)``: ``ink`` (index), moduli (kPa), unit fibre
        direction, ``strain`` and ``stress_kPa`` as plain components xx, yy, zz, yz, xz, xy.
        Further arrays are carried along.
    point_data
        Arrays of ``POINT_ARRAYS``, each ``(n, …)``: ``displacement_um`` (µm).

    Raises
    ------
    ResultError
        Where a shape does not fit, an array of the contract is missing, or a value is not finite.
    """

    points: FloatArray
    cells: npt.NDArray[np.int64]
    cell_data: Mapping[str, npt.NDArray[Any]]
    point_data: Mapping[str, npt.NDArray[Any]]

    def __post_init__(self) -> None:
        n, m = len(self.points), len(self.cells)
        expect_shape("fields: points", self.points, (n, 3))
        expect_shape("fields: cells", self.cells, (m, 4))
        if m == 0:
            raise ResultError("fields: the mesh has no cells")
        if self.cells.min() < 0 or self.cells.max() >= n:
            raise ResultError(
                f"fields: cells name vertices {self.cells.min()} to {self.cells.max()}, "
                f"expected 0 to {n - 1}"
            )
        expect_finite("fields: points", self.points)
        for kind, count, contract, arrays in (
            ("cell", m, CELL_ARRAYS, self.cell_data),
            ("point", n, POINT_ARRAYS, self.point_data),
        ):
            expect_keys(f"fields: {kind} data", arrays, tuple(contract))
            for name, values in arrays.items():
                label = f"fields: {kind} data {name!r}"
                tail = contract.get(name, np.shape(values)[1:])
                expect_shape(label, values, (count, *tail))
                expect_finite(label, values)


@dataclass(frozen=True)
class Assumption:
    """One thing that the numbers rest on, with its standing.

    Parameters
    ----------
    what
        What is taken to be so, in words.
    value
        The value used, with its unit and band.
    standing
        One of ``STANDINGS``.
    source
        DOI, or text that contains DOIs, or nothing.

    Raises
    ------
    ResultError
        Where the standing is not one of ``STANDINGS``.
    """

    what: str
    value: str
    standing: str
    source: str = ""

    def __post_init__(self) -> None:
        if self.standing not in STANDINGS:
            raise ResultError(
                f"assumption {self.what!r}: standing {self.standing!r}, "
                f"expected one of {', '.join(STANDINGS)}"
            )


@dataclass(frozen=True)
class SitesResult:
    """What one run says of its cells, ready to be written: all but the fields on the mesh.

    Parameters
    ----------
    name
        Name of the case; any text.
    case
        Resolved case with units, seeds, versions, preset and hash (``case.json``).
    sites
        One row per cell: ``SITE_COLUMNS``, then the ``logodds_<cue>`` columns.
    summary
        Headline numbers, ``SUMMARY_KEYS`` (``summary.json``); a banded number is
        ``{"value", "low", "high"}``. The apparent modulus is None where no load was applied, the
        means of an ink are None where no site lies in it. Optional ``"plateaus"`` (``p_min``,
        ``p_max``, ``amplitude``): P = p_max − (p_max − p_min) · amplitude · R/(1 + R), by which
        log-odds are shown as P.
    curves
        ``"p_of_stiffness"``: ``stiffness_kPa``, ``p``, ``low``, ``high``, each ``(k,)``: the
        rule's curve for this case's ligand and cues. Optional ``"load"``: ``strain`` and nominal
        ``stress_kPa`` of the scaffold along a finite load.
    inks
        One mapping per ink with ``INK_KEYS``: moduli along, across and averaged over
        directions (kPa), the matrix alone (kPa), collagen (mg/mL), crimp factors (share of the
        straight fibre's stiffness that waviness leaves in this gel; ``_free``: without a matrix),
        order parameter, ``band_fold`` (90 % band of the modulus as a factor),
        ``sensed_uniform_kPa`` (what a cell deep in this ink senses).
        Optional: ``fibre_stiffness_I_kPa``, ``fibre_stiffness_III_kPa`` (φ E r η of each
        collagen), by which the report splits collagen's mechanics between the two.
    assumptions
        What the numbers rest on.
    warnings
        What the user must know, in words.
    references
        One mapping per source: ``doi``, ``used_for`` and, where known, ``title``.
    contraction
        Cells that pull by a finite strain, ``CONTRACTION_COLUMNS``; None where none were asked for.
    biology
        Arms compared, presets, unknowns, history, network and clutch; None where none was asked
        for.

    Raises
    ------
    ResultError
        Where a column or key is missing or in the wrong place, or a number is not finite.
    """

    name: str
    case: dict[str, Any]
    sites: pandas.DataFrame
    summary: dict[str, Any]
    curves: dict[str, dict[str, FloatArray]]
    inks: list[dict[str, Any]]
    assumptions: list[Assumption] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    references: list[dict[str, Any]] = field(default_factory=list)
    contraction: pandas.DataFrame | None = None
    biology: Biology | None = None

    def __post_init__(self) -> None:
        check_sites(self.sites)
        if self.contraction is not None:
            check_contraction(self.contraction, self.sites)
        if self.biology is not None:
            check_against_sites(self.biology, self.sites)
        expect_keys("summary", self.summary, SUMMARY_KEYS)
        for key, inner in NESTED_KEYS.items():
            if key == "apparent_modulus_kPa" and self.summary[key] is None:
                continue
            expect_keys(f"summary: {key}", self.summary[key], inner)
            expect_finite(f"summary: {key}", np.array([self.summary[key][name] for name in inner]))
        for row in self.summary["per_ink"]:
            expect_keys("summary: per_ink", row, ("ink", "n_sites", "mean_p", "mean_stiffness_kPa"))
        if "plateaus" in self.summary:
            check_plateaus(self.summary["plateaus"])
        if int(self.summary["n_sites"]) != len(self.sites):
            raise ResultError(
                f"summary counts {self.summary['n_sites']} sites, the table has {len(self.sites)}"
            )
        curve = self.curves.get("p_of_stiffness", {})
        columns = ("stiffness_kPa", "p", "low", "high")
        expect_keys("curves: p_of_stiffness", curve, columns)
        for key in columns:
            values = np.asarray(curve[key])
            expect_shape(f"curves: p_of_stiffness {key!r}", values, (len(curve["stiffness_kPa"]),))
            expect_finite(f"curves: p_of_stiffness {key!r}", values)
        for ink in self.inks:
            expect_keys(f"ink {ink.get('name')!r}", ink, INK_KEYS)
        named = [ink["name"] for ink in self.inks]
        strangers = sorted(set(map(str, self.sites["ink"])) - set(map(str, named)))
        if strangers:
            raise ResultError(f"sites lie in inks that are not described: {', '.join(strangers)}")

    @property
    def cues(self) -> tuple[str, ...]:
        """Names of the active cues, in the order of their columns."""
        return cue_names(self.sites)


@dataclass(frozen=True, kw_only=True)
class RunResult(SitesResult):
    """Everything that one run leaves behind, ready to be written.

    Parameters
    ----------
    fields
        The scaffold mesh with its fields.
    steps
        States that a finite load went through; None for other loads. What is read back from a
        folder has none: :class:`postprocess.series.StepFile` reads them one by one.
    path
        Axes of the strands; None where the body was not printed in straight moves. What is read
        back from a folder has none: pictures read ``toolpath.vtp``.

    Raises
    ------
    ResultError
        Also where the steps are not those of the fields.
    """

    fields: FieldData
    steps: LoadSteps | None = None
    path: PrintPath | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.steps is not None:
            self.steps.check_against(self.fields.cell_data, self.fields.point_data)
