"""The shape that is printed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cases.schema.scaffold.base import Shape
from cases.schema.scaffold.composite import Channel, CoreShell, Layered, Spheroid, Tpms
from cases.schema.scaffold.files import Cad, FromFile, GivenMesh, Toolpath
from cases.schema.scaffold.round import Disc, Droplet, Ring, Spiral
from cases.schema.scaffold.slab import Slab
from cases.schema.scaffold.woodpile import Woodpile

SHAPES: tuple[type[Shape], ...] = (
    Slab,
    Woodpile,
    Disc,
    Droplet,
    Ring,
    Spiral,
    CoreShell,
    Spheroid,
    Channel,
    Layered,
    Tpms,
    Toolpath,
    Cad,
    GivenMesh,
)

Scaffold = Annotated[
    Slab
    | Woodpile
    | Disc
    | Droplet
    | Ring
    | Spiral
    | CoreShell
    | Spheroid
    | Channel
    | Layered
    | Tpms
    | Toolpath
    | Cad
    | GivenMesh,
    Field(discriminator="kind"),
]

__all__ = ["SHAPES", "FromFile", "Scaffold", "Shape", "Slab", "Woodpile"]
