"""Where the cells are: a density, a number, or positions from a CSV file."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field, ValidationInfo, model_validator

from cases.quantity import Quantity, rejection
from cases.schema.base import UNSET, CaseModel, InkName, Seed
from cases.schema.files import NamesFile

MAX_CELLS = 1_000_000
UM3_PER_ML = 1e12
# Randomly placed spheres jam near 0.38 of the volume; below 0.3 seeding ends in reasonable time.
MAX_PACKING = 0.3

Density = Annotated[float, Quantity("density", above=0.0, high=1e10)]
Count = Annotated[int, Quantity("number", low=1, high=MAX_CELLS, whole=True)]
Pull = Annotated[float, Quantity("number", low=0.005, high=0.3)]
Radius = Annotated[float, Quantity("length", low=1.0, high=100.0)]


class Contraction(CaseModel):
    """How far cells pull for the non-linear answer of the gel."""

    strain: Pull = Field(
        examples=["10 %"],
        default=0.1,
        description="How much shorter the cell makes itself along its axis, 0.005 to 0.3.",
    )
    count: Count | None = Field(
        examples=["50"],
        default=None,
        description="How many of the cells, evenly picked (each takes some seconds). Default: all.",
    )


class Cells(NamesFile):
    """The cells whose dormancy is asked for."""

    columns = "x_um, y_um, z_um"

    density: Density | None = Field(
        examples=["5e5 /mL"], default=None, description="Cells per mL of gel."
    )
    count: Count | None = Field(
        examples=["400"], default=None, description="Number of cells, at most 1 000 000."
    )
    file: str | None = Field(
        examples=["cells.csv"],
        default=None,
        max_length=1000,
        description="CSV file with columns x_um, y_um, z_um (µm), named relative to the case "
        "file; it must lie in the case's folder. Give exactly one of density, count and file.",
    )
    radius: Radius = Field(examples=["8 um"], default=8.0, description="Radius of a cell in µm.")
    seed: Seed = Field(examples=["7"], default=0, description="Seed of the random positions.")
    inks: tuple[InkName, ...] = Field(
        examples=["[niche]"],
        default=UNSET,
        min_length=1,
        max_length=32,
        description="Names of the inks that carry cells. Default: all inks of the scaffold.",
    )

    contraction: Contraction | None = Field(
        examples=["{strain: 10 %, count: 50}"],
        default=None,
        description="Also let cells pull by a finite strain, in which fibres straighten and "
        "buckle: secant stiffness along the cell's stiffest axis, and how far its pull reaches.",
    )

    @model_validator(mode="after")
    def _settle(self, info: ValidationInfo) -> Cells:
        given = [key for key in ("density", "count", "file") if getattr(self, key) is not None]
        if len(given) != 1:
            raise rejection(
                "the number of cells is given twice" if given else "the number of cells is missing",
                expected="exactly one of density, count and file",
                found=" and ".join(given) or "none of them",
                mend=f"keep {given[0]}" if given else "write count: 400 or density: 5e5 /mL",
                at=(given[-1],) if given else (),
            )
        self.find_file(self.file, info)
        return self

    @property
    def density_per_um3(self) -> float | None:
        """Cells per µm³ of gel (1 mL is 1e12 µm³); None where another key says how many."""
        return None if self.density is None else float(self.density) / UM3_PER_ML

    def expected(self, volume: float) -> float | None:
        """Return how many cells `volume` (µm³ of gel) holds; None where a file says it."""
        if self.density is not None:
            return float(self.density * volume / UM3_PER_ML)
        return None if self.count is None else float(self.count)

    def require_room(self, volume: float) -> None:
        """Raise where `volume` (µm³ of gel, an estimate from above) cannot hold the cells."""
        cells = self.expected(volume)
        if cells is None:
            return
        key = "density" if self.density is not None else "count"
        if cells > MAX_CELLS:
            raise rejection(
                "too many cells",
                expected=f"at most {MAX_CELLS} cells",
                found=f"about {cells:.3g} cells in {volume / UM3_PER_ML:.3g} mL of gel",
                mend="lower the density, or print a smaller piece",
                at=("cells", key),
            )
        packed = cells * 4.0 / 3.0 * math.pi * self.radius**3 / volume
        if packed > MAX_PACKING:
            raise rejection(
                "the cells do not fit into the gel",
                expected=f"cells that fill at most {100 * MAX_PACKING:g} % of the gel",
                found=f"{cells:.0f} cells of radius {self.radius:g} um fill {100 * packed:.3g} %",
                mend=f"place at most {most} cells"
                if (most := math.floor(cells * MAX_PACKING / packed))
                else "make the scaffold larger, or the cells smaller: not one fits",
                at=("cells", key),
            )
