"""The shape that is printed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cases.schema.scaffold.base import Shape
from cases.schema.scaffold.slab import Slab
from cases.schema.scaffold.woodpile import Woodpile

SHAPES: tuple[type[Shape], ...] = (Slab, Woodpile)

Scaffold = Annotated[Slab | Woodpile, Field(discriminator="kind")]

__all__ = ["SHAPES", "Scaffold", "Shape", "Slab", "Woodpile"]
