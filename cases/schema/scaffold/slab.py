"""A box of one ink."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from cases.schema.base import UNSET, InkName, Length
from cases.schema.scaffold.base import Direction, NamedInks, canonical

if TYPE_CHECKING:
    import meshes.scaffold


class Slab(NamedInks):
    """A box of one ink."""

    kind: Literal["slab"] = Field(description="The shape: slab is a box of one ink.")
    size: tuple[Length, Length, Length] = Field(
        examples=["[1 mm, 1 mm, 0.5 mm]"], description="Edge lengths [x, y, z] in µm."
    )
    direction: Direction = Field(
        examples=["[1, 0, 0]"],
        default=(1.0, 0.0, 0.0),
        description="Direction in which the slab is printed, [x, y, z]; any length.",
    )
    ink: InkName = Field(
        examples=["niche"],
        default=UNSET,
        description="Name of the ink. Default: the only ink of the case.",
    )

    @model_validator(mode="after")
    def _settle(self) -> Slab:
        self.settle_mesh(min(self.size), "the shortest edge")
        self.settle(direction=canonical(self.direction))
        return self

    @property
    def thickness(self) -> float:
        """Shortest edge, µm."""
        return float(min(self.size))

    def body(self) -> meshes.scaffold.Scaffold:
        """The implicit body."""
        from meshes.slab import Slab as Body

        return Body(size=self.size, inks=self.inks, direction=self.direction)

    @property
    def nominal_volume(self) -> float:
        """Volume of the gel, µm³ (exact)."""
        return math.prod(self.size)
