"""Bodies of two inks, with lumens, or in layers."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from cases.quantity import Quantity, rejection
from cases.schema.base import UNSET, CaseModel, InkName, Length
from cases.schema.scaffold.base import NamedInks, Shape, require_two_inks
from cases.schema.scaffold.woodpile import StrandPile

if TYPE_CHECKING:
    import meshes.scaffold

Fraction = Annotated[float, Quantity("number", low=0.15, high=0.85)]
Count = Annotated[int, Quantity("number", low=1, high=100, whole=True)]


class CoreShell(StrandPile, NamedInks):
    """A woodpile of strands with a core of one ink in a shell of another."""

    ink_keys: ClassVar[tuple[str, ...]] = ("core", "shell")

    kind: Literal["core_shell"] = Field(
        description="The shape: core_shell is a woodpile of coaxial strands."
    )
    core_diameter: Length = Field(
        examples=["200 um"], description="Diameter of the core in µm, below strand_diameter."
    )
    core: InkName = Field(examples=["niche"], default=UNSET, description="Ink of the core.")
    shell: InkName = Field(examples=["support"], default=UNSET, description="Ink of the shell.")

    @model_validator(mode="after")
    def _settle(self) -> CoreShell:
        self.settle_pile()
        if self.core_diameter >= self.strand_diameter:
            raise rejection(
                "a core as thick as its strand",
                expected=f"below strand_diameter, {self.strand_diameter:g} um",
                found=f"{self.core_diameter:g} um",
                mend=f"write core_diameter: {0.5 * self.strand_diameter:g} um",
                at=("core_diameter",),
            )
        require_two_inks(self, "core", "shell")
        return self

    @property
    def thickness(self) -> float:
        """The thinner of core and shell, µm."""
        wall = 0.5 * (float(self.strand_diameter) - float(self.core_diameter))
        return min(float(self.core_diameter), 2.0 * wall)

    def body(self) -> meshes.scaffold.Scaffold:
        """The implicit body."""
        from meshes.shapes import CoreShellWoodpile as Body

        return Body(
            strand_diameter=self.strand_diameter,
            core_diameter=self.core_diameter,
            pitch=self.pitch,
            layer_height=self.layer_height,
            layers=self.layers,
            lay_down=self.lay_down,
            size=self.size,
            inks=(self.core, self.shell),
        )


class Spheroid(NamedInks):
    """A tumour spheroid, a material of its own, in a block of gel."""

    ink_keys: ClassVar[tuple[str, ...]] = ("ink", "spheroid")

    kind: Literal["spheroid"] = Field(
        description="The shape: spheroid is a block of gel with a sphere of another material in it."
    )
    size: tuple[Length, Length, Length] = Field(
        examples=["[1 mm, 1 mm, 1 mm]"], description="Edge lengths [x, y, z] of the block in µm."
    )
    diameter: Length = Field(examples=["300 um"], description="Diameter of the spheroid in µm.")
    centre: tuple[Length, Length, Length] | None = Field(
        examples=["[500 um, 500 um, 400 um]"],
        default=None,
        description="Middle of the spheroid in µm. Default: the middle of the block.",
    )
    ink: InkName = Field(examples=["niche"], default=UNSET, description="Ink of the block.")
    spheroid: InkName = Field(
        examples=["tumour"], default=UNSET, description="Ink that stands for the spheroid."
    )

    @model_validator(mode="after")
    def _settle(self) -> Spheroid:
        radius = 0.5 * self.diameter
        centre = self.centre or tuple(0.5 * edge for edge in self.size)
        for axis, at, edge in zip("xyz", centre, self.size, strict=True):
            if not radius < at < edge - radius:
                raise rejection(
                    "a spheroid that sticks out of the gel",
                    expected=f"above {radius:g} and below {edge - radius:g} um along {axis}",
                    found=f"{at:g} um",
                    mend="move centre, make size larger or diameter smaller",
                    at=("centre",) if self.centre else ("diameter",),
                )
        require_two_inks(self, "ink", "spheroid")
        self.settle_mesh(min(float(self.diameter), *self.size), "the thinnest part")
        return self

    @property
    def thickness(self) -> float:
        """Smallest of diameter and edges, µm."""
        return float(min(self.diameter, *self.size))

    @property
    def nominal_volume(self) -> float:
        """Volume of the block, µm³ (exact)."""
        return math.prod(self.size)

    def body(self) -> meshes.scaffold.Scaffold:
        """The implicit body."""
        from meshes.shapes import SpheroidInGel as Body

        return Body(
            size=self.size,
            diameter=self.diameter,
            centre=self.centre,
            inks=(self.ink, self.spheroid),
        )


class Channel(NamedInks):
    """A block of gel with straight lumens, as in a perfused chip."""

    kind: Literal["channel"] = Field(description="The shape: channel is a block with lumens.")
    size: tuple[Length, Length, Length] = Field(
        examples=["[2 mm, 2 mm, 1 mm]"], description="Edge lengths [x, y, z] in µm."
    )
    channel_diameter: Length = Field(examples=["300 um"], description="Diameter of a lumen in µm.")
    axis: Literal["x", "y"] = Field(
        examples=["x"], default="x", description="Along which edge the lumens run."
    )
    axis_height: Length | None = Field(
        examples=["500 um"],
        default=None,
        description="Height of their axes above the glass in µm. Default: the middle.",
    )
    count: Count = Field(
        examples=["1"], default=1, description="Number of lumens side by side, evenly spread."
    )
    ink: InkName = Field(
        examples=["niche"],
        default=UNSET,
        description="Name of the ink. Default: the only ink of the case.",
    )

    @model_validator(mode="after")
    def _settle(self) -> Channel:
        radius, top = 0.5 * self.channel_diameter, self.size[2]
        middle = 0.5 * top if self.axis_height is None else self.axis_height
        if not radius < middle < top - radius:
            raise rejection(
                "a lumen that breaks through glass or top",
                expected=f"above {radius:g} and below {top - radius:g} um",
                found=f"{middle:g} um",
                mend="move axis_height, or make channel_diameter smaller",
                at=("axis_height",) if self.axis_height is not None else ("channel_diameter",),
            )
        if self.wall <= 0.0:
            raise rejection(
                "lumens that run into each other",
                expected=f"at most {math.ceil(self._across / self.channel_diameter) - 1} of them",
                found=str(self.count),
                mend="lower count, or make channel_diameter smaller",
                at=("count",),
            )
        self.settle_mesh(self.thickness, "the thinnest wall")
        return self

    @property
    def _across(self) -> float:
        return float(self.size[1] if self.axis == "x" else self.size[0])

    @property
    def wall(self) -> float:
        """Gel between two lumens, and twice that between a lumen and the side, µm."""
        return self._across / self.count - float(self.channel_diameter)

    @property
    def thickness(self) -> float:
        """The thinnest wall of gel, µm."""
        middle = 0.5 * self.size[2] if self.axis_height is None else self.axis_height
        radius = 0.5 * self.channel_diameter
        above, below = self.size[2] - middle - radius, middle - radius
        return float(min(above, below, self.wall if self.count > 1 else 0.5 * self.wall))

    @property
    def nominal_volume(self) -> float:
        """Block less lumens, µm³ (exact)."""
        along = self.size[0] if self.axis == "x" else self.size[1]
        lumen = math.pi / 4.0 * float(self.channel_diameter) ** 2 * along
        return math.prod(self.size) - self.count * lumen

    def body(self) -> meshes.scaffold.Scaffold:
        """The implicit body."""
        from meshes.shapes import ChannelBlock as Body

        return Body(
            size=self.size,
            channel_diameter=self.channel_diameter,
            axis=self.axis,
            channel_height=self.axis_height,
            count=self.count,
            inks=self.inks,
        )


class Layer(CaseModel):
    """One layer of a layered slab."""

    thickness: Length = Field(examples=["200 um"], description="Thickness in µm.")
    ink: InkName = Field(examples=["niche"], description="Name of the ink.")


class Layered(Shape):
    """A slab of layers, from the glass up."""

    ink_keys: ClassVar[tuple[str, ...]] = ("inks",)
    inks_under = "layers"

    kind: Literal["layered"] = Field(description="The shape: layered is a slab of several layers.")
    size: tuple[Length, Length] = Field(
        examples=["[1 mm, 1 mm]"], description="Footprint [x, y] in µm."
    )
    layers: tuple[Layer, ...] = Field(
        examples=["[{thickness: 200 um, ink: niche}, {thickness: 300 um, ink: support}]"],
        min_length=1,
        max_length=64,
        description="Layers from the glass up.",
    )

    @model_validator(mode="after")
    def _settle(self) -> Layered:
        self.settle_mesh(self.thickness, "the thinnest layer")
        return self

    @property
    def inks(self) -> tuple[str, ...]:
        """Names of the inks, each once, from the glass up."""
        return tuple(dict.fromkeys(layer.ink for layer in self.layers))

    @property
    def thickness(self) -> float:
        """The thinnest layer, µm."""
        return float(min(*self.size, *(layer.thickness for layer in self.layers)))

    @property
    def height(self) -> float:
        """Of all layers, µm."""
        return float(sum(layer.thickness for layer in self.layers))

    @property
    def nominal_volume(self) -> float:
        """µm³ (exact)."""
        return math.prod(self.size) * self.height

    def body(self) -> meshes.scaffold.Scaffold:
        """The implicit body."""
        from meshes.shapes import LayeredSlab as Body

        # Neighbours of one ink are one layer: no face is between them.
        stack = [(k, list(group)) for k, group in itertools.groupby(self.layers, lambda x: x.ink)]
        return Body(
            size=self.size,
            thicknesses=tuple(sum(layer.thickness for layer in group) for _, group in stack),
            inks=tuple(ink for ink, _ in stack),
        )


class Tpms(NamedInks):
    """A gyroid or Schwarz P network: as a porous scaffold from stereolithography."""

    kind: Literal["tpms"] = Field(
        description="The shape: tpms is a triply periodic minimal surface, one side of it solid."
    )
    surface: Literal["gyroid", "schwarz_p"] = Field(
        examples=["gyroid"], default="gyroid", description="Which surface."
    )
    cell: Length = Field(examples=["800 um"], description="Edge of the repeating cell in µm.")
    solid_fraction: Fraction = Field(
        examples=["0.4"], default=0.5, description="Share of the volume that is gel, 0.15 to 0.85."
    )
    size: tuple[Length, Length, Length] = Field(
        examples=["[1.6 mm, 1.6 mm, 1.6 mm]"], description="Edge lengths [x, y, z] in µm."
    )
    ink: InkName = Field(
        examples=["niche"],
        default=UNSET,
        description="Name of the ink. Default: the only ink of the case.",
    )

    @model_validator(mode="after")
    def _settle(self) -> Tpms:
        self.settle_mesh(self.thickness, "the thinnest part")
        return self

    @property
    def thickness(self) -> float:
        """About how thick its bars are, µm: a share of the cell that grows with the fraction."""
        return float(self.cell * self.solid_fraction / 2.0)

    @property
    def nominal_volume(self) -> float:
        """µm³ (exact for whole cells)."""
        return math.prod(self.size) * float(self.solid_fraction)

    def body(self) -> meshes.scaffold.Scaffold:
        """The implicit body."""
        from meshes.shapes import TPMS as Body

        return Body(
            surface=self.surface,
            cell=self.cell,
            solid_fraction=self.solid_fraction,
            size=self.size,
            inks=self.inks,
        )
