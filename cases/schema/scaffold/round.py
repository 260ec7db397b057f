"""Round bodies of one ink: disc, droplet, ring and spiral."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from cases.quantity import Quantity, rejection
from cases.schema.base import UNSET, InkName, Length
from cases.schema.scaffold.base import (
    Direction,
    Layers,
    NamedInks,
    Shape,
    canonical,
    require_overlap,
    require_turns,
)

if TYPE_CHECKING:
    import meshes.scaffold

CAPILLARY_LENGTH = 2.7e3  # µm, of water
ContactAngle = Annotated[float, Quantity("angle", low=10.0, high=170.0)]

_INK = "Name of the ink. Default: the only ink of the case."


class Disc(NamedInks):
    """A cylinder that stands on its base, such as a cast gel in a well."""

    kind: Literal["disc"] = Field(description="The shape: disc is an upright cylinder.")
    diameter: Length = Field(examples=["6 mm"], description="Diameter in µm.")
    height: Length = Field(examples=["1 mm"], description="Height in µm.")
    direction: Direction = Field(
        examples=["[1, 0, 0]"],
        default=(1.0, 0.0, 0.0),
        description="Direction of the fibres, [x, y, z]; any length.",
    )
    ink: InkName = Field(examples=["niche"], default=UNSET, description=_INK)

    @model_validator(mode="after")
    def _settle(self) -> Disc:
        self.settle_mesh(self.thickness, "the thinnest part")
        self.settle(direction=canonical(self.direction))
        return self

    @property
    def thickness(self) -> float:
        """Smaller of diameter and height, µm."""
        return float(min(self.diameter, self.height))

    @property
    def nominal_volume(self) -> float:
        """π d²/4 · h, µm³."""
        return math.pi / 4.0 * float(self.diameter) ** 2 * float(self.height)

    def body(self) -> meshes.scaffold.Scaffold:
        """The implicit body."""
        from meshes.shapes import Disc as Body

        return Body(
            diameter=self.diameter, height=self.height, inks=self.inks, direction=self.direction
        )


class Droplet(NamedInks):
    """A drop of gel on glass: a spherical cap."""

    kind: Literal["droplet"] = Field(description="The shape: droplet is a spherical cap on glass.")
    contact_diameter: Length = Field(
        examples=["2 mm"], description="Diameter of the circle on the glass, in µm."
    )
    contact_angle: ContactAngle = Field(
        examples=["60 deg"], description="Angle of the gel against the glass, 10 to 170 degrees."
    )
    ink: InkName = Field(examples=["niche"], default=UNSET, description=_INK)

    @model_validator(mode="after")
    def _settle(self) -> Droplet:
        self.settle_mesh(self.thickness, "the thinnest part")
        return self

    @property
    def notes(self) -> tuple[str, ...]:
        """Whether gravity would flatten it: a puddle is 2 l sin(θ/2) high, however wide it is.

        l = √(γ/ρg) = 2.7 mm, of water (de Gennes, Brochard-Wyart and Quéré 2004, ch. 2,
        10.1007/978-0-387-21656-0).
        """
        puddle = 2.0 * CAPILLARY_LENGTH * math.sin(math.radians(self.contact_angle) / 2.0)
        if self.height <= puddle:
            return ()
        return (
            f"a drop {self.height / 1e3:.2g} mm high: gravity flattens water of this contact angle "
            f"to {puddle / 1e3:.2g} mm; a wide flat gel is better made as a disc",
        )

    @property
    def height(self) -> float:
        """r tan(θ/2), µm, with r the radius on the glass."""
        return 0.5 * float(self.contact_diameter) * math.tan(math.radians(self.contact_angle) / 2.0)

    @property
    def thickness(self) -> float:
        """Smaller of height and contact diameter, µm."""
        return min(self.height, float(self.contact_diameter))

    @property
    def nominal_volume(self) -> float:
        """π h (3 r² + h²)/6, µm³."""
        r, h = 0.5 * float(self.contact_diameter), self.height
        return math.pi * h * (3.0 * r**2 + h**2) / 6.0

    def body(self) -> meshes.scaffold.Scaffold:
        """The implicit body."""
        from meshes.shapes import Droplet as Body

        return Body(
            contact_diameter=self.contact_diameter,
            contact_angle=self.contact_angle,
            inks=self.inks,
        )


class _RoundStrands(Shape):
    """Strands laid in circles; the inks take turns from layer to layer."""

    ink_keys: ClassVar[tuple[str, ...]] = ("inks",)

    diameter: Length = Field(
        examples=["4 mm"], description="Diameter of the outermost strand's axis in µm."
    )
    strand_diameter: Length = Field(
        examples=["400 um"], description="Diameter of a printed strand in µm."
    )
    layer_height: Length = Field(
        examples=["320 um"],
        description="Height from one layer to the next in µm; 50 to 95 % of strand_diameter.",
    )
    layers: Layers = Field(examples=["3"], description="Number of layers, 1 to 200.")
    inks: tuple[InkName, ...] = Field(
        examples=["[niche]"],
        default=UNSET,
        min_length=1,
        max_length=32,
        description="Names of the inks, taken in turns from layer to layer. "
        "Default: the only ink of the case.",
    )

    def _settle_strands(self) -> None:
        require_overlap(self.layer_height, self.strand_diameter)
        if self.inks is not None:
            require_turns(self.inks, self.layers)
        if self.diameter <= self.strand_diameter:
            raise rejection(
                "a circle narrower than its strand",
                expected=f"above strand_diameter, {self.strand_diameter:g} um",
                found=f"{self.diameter:g} um",
                mend="make diameter larger, or the strands thinner",
                at=("diameter",),
            )
        self.settle_mesh(self.strand_diameter, "strand_diameter")

    @property
    def thickness(self) -> float:
        """Diameter of a strand, µm."""
        return float(self.strand_diameter)

    @property
    def _section(self) -> float:
        return math.pi / 4.0 * float(self.strand_diameter) ** 2


class Ring(_RoundStrands):
    """Circular strands on top of each other: a ring or a tube."""

    kind: Literal["ring"] = Field(description="The shape: ring is a pile of circular strands.")

    @model_validator(mode="after")
    def _settle(self) -> Ring:
        self._settle_strands()
        return self

    @property
    def nominal_volume(self) -> float:
        """Whole tori, µm³: from above."""
        return self.layers * math.pi * float(self.diameter) * self._section

    def body(self) -> meshes.scaffold.Scaffold:
        """The implicit body."""
        from meshes.shapes import Ring as Body

        return Body(
            diameter=self.diameter,
            strand_diameter=self.strand_diameter,
            layer_height=self.layer_height,
            layers=self.layers,
            inks=self.inks,
        )


class Spiral(_RoundStrands):
    """A strand wound from the rim to the middle in every layer."""

    kind: Literal["spiral"] = Field(description="The shape: spiral is one wound strand per layer.")
    pitch: Length = Field(
        examples=["1 mm"], description="Distance between neighbouring turns, centre to centre, µm."
    )

    @model_validator(mode="after")
    def _settle(self) -> Spiral:
        self._settle_strands()
        if self.pitch <= self.strand_diameter:
            raise rejection(
                "turns that touch",
                expected=f"above strand_diameter, {self.strand_diameter:g} um",
                found=f"{self.pitch:g} um",
                mend=f"write pitch: {2.5 * self.strand_diameter:g} um; for a full disc use "
                "kind: disc",
                at=("pitch",),
            )
        return self

    @property
    def nominal_volume(self) -> float:
        """Strand length (area of the disc over the pitch, and a turn more), µm³."""
        radius = 0.5 * float(self.diameter)
        length = math.pi * radius**2 / self.pitch + 2.0 * math.pi * radius
        return self.layers * length * self._section

    def body(self) -> meshes.scaffold.Scaffold:
        """The implicit body."""
        from meshes.shapes import Spiral as Body

        return Body(
            diameter=self.diameter,
            strand_diameter=self.strand_diameter,
            pitch=self.pitch,
            layer_height=self.layer_height,
            layers=self.layers,
            inks=self.inks,
        )
