"""Layers of parallel strands, each layer laid down in its own direction."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, StrictBool, model_validator

from cases.quantity import Quantity, rejection
from cases.schema.base import UNSET, Angle, InkName, Length
from cases.schema.scaffold.base import Layers, Shape, require_overlap, require_turns
from meshes.errors import InputError

if TYPE_CHECKING:
    import meshes.scaffold

MAX_STRANDS = 10_000

Share = Annotated[float, Quantity("number", low=0.0, high=0.5)]


class StrandPile(Shape):
    """Base of piles of parallel strands, each layer laid down in its own direction."""

    strand_diameter: Length = Field(
        examples=["400 um"],
        description="Diameter of a printed strand in µm (measured; wider than the nozzle).",
    )
    pitch: Length = Field(
        examples=["1 mm"],
        default=UNSET,
        description="Distance between neighbouring strands, centre to centre, in µm. "
        "Give exactly one of pitch, spacing and gap.",
    )
    spacing: Length | None = Field(
        examples=["1 mm"],
        default=None,
        description="Another name for pitch: centre to centre, in µm.",
    )
    gap: Length | None = Field(
        examples=["600 um"],
        default=None,
        description="Free width between neighbouring strands, edge to edge, in µm: "
        "pitch = strand_diameter + gap.",
    )
    layer_height: Length = Field(
        examples=["320 um"],
        description="Height from one layer to the next in µm; 50 to 95 % of strand_diameter, "
        "so that strands fuse where they cross.",
    )
    layers: Layers = Field(examples=["4"], description="Number of layers, 1 to 200.")
    lay_down: tuple[Angle, ...] = Field(
        examples=["[0 deg, 90 deg]"],
        default=(0.0, 90.0),
        min_length=1,
        max_length=200,
        description="Direction of the strands of each layer in degrees from x, taken in turns; "
        "kept from 0 to below 180.",
    )
    size: tuple[Length, Length] = Field(
        examples=["[2.4 mm, 2.4 mm]"], description="Footprint [x, y] in µm."
    )
    spellings: ClassVar[frozenset[str]] = frozenset({"spacing", "gap"})

    def settle_pile(self) -> None:
        """Check what all piles of strands have in common, and fill in its defaults."""
        d = self.strand_diameter
        self._settle_pitch()
        require_overlap(self.layer_height, d)
        if min(self.size) < d:
            raise rejection(
                "a footprint narrower than one strand",
                expected=f"at least strand_diameter, {d:g} um, in x and y",
                found=f"{self.size[0]:g} x {self.size[1]:g} um",
                mend="make size larger or the strands thinner",
                at=("size",),
            )
        strands = sum(self.strands(layer) for layer in range(self.layers))
        if strands > MAX_STRANDS:
            raise rejection(
                "too many strands",
                expected=f"at most {MAX_STRANDS} strands",
                found=f"{strands} strands",
                mend="print a smaller piece: sites a few strands from the edge are alike",
                at=("size",),
            )
        self.settle_mesh(self.thickness, "the thinnest part")
        # A strand has no sense of direction: -90 and 90 degrees are the same case.
        self.settle(lay_down=tuple(round(angle % 180.0, 9) % 180.0 for angle in self.lay_down))

    def _settle_pitch(self) -> None:
        d = self.strand_diameter
        given = [key for key in ("pitch", "spacing", "gap") if getattr(self, key) is not None]
        if len(given) != 1:
            raise rejection(
                "the distance between strands is given twice"
                if given
                else "the distance between strands is missing",
                expected="exactly one of pitch (centre to centre; also called spacing) and gap "
                "(edge to edge)",
                found=" and ".join(given) or "none of them",
                mend=f"keep {given[0]}" if given else f"write pitch: {2.5 * d:g} um",
                at=(given[-1],) if given else (),
            )
        key = given[0]
        pitch = d + self.gap if self.gap is not None else getattr(self, key)
        if pitch <= d:
            raise rejection(
                "strands wider than the distance between them",
                expected=f"above strand_diameter, {d:g} um (distance from centre to centre)",
                found=f"{pitch:g} um",
                mend=f"write {key}: {2.5 * d:g} um, or thinner strands",
                at=(key,),
            )
        self.settle(pitch=float(f"{pitch:.12g}"), spacing=None, gap=None)

    def strands(self, layer: int) -> int:
        """Return the number of strands in `layer` (counted from 0)."""
        angle = math.radians(self.lay_down[layer % len(self.lay_down)])
        width = abs(self.size[0] * math.sin(angle)) + abs(self.size[1] * math.cos(angle))
        return math.floor((width - self.strand_diameter) / self.pitch + 1e-9) + 1

    @property
    def thickness(self) -> float:
        """Diameter of a strand, µm."""
        return float(self.strand_diameter)

    @property
    def nominal_volume(self) -> float:
        """Volume of the gel, µm³: whole cylinders, so an estimate from above.

        Each layer holds footprint/pitch of strand length; what crossing strands share is counted
        twice.
        """
        section = math.pi * self.strand_diameter**2 / 4.0
        x, y = self.size
        length = sum(
            self.strands(layer) * x * y / self._width(layer) for layer in range(self.layers)
        )
        return section * length

    def _width(self, layer: int) -> float:
        angle = math.radians(self.lay_down[layer % len(self.lay_down)])
        return abs(self.size[0] * math.sin(angle)) + abs(self.size[1] * math.cos(angle))


class Woodpile(StrandPile):
    """Layers of parallel strands."""

    ink_keys: ClassVar[tuple[str, ...]] = ("inks",)

    kind: Literal["woodpile"] = Field(
        description="The shape: woodpile is layers of parallel strands."
    )
    offset: Share = Field(
        examples=["0.5"],
        default=0.0,
        description="Shift of every second turn of lay_down, as a share of the pitch, 0 to 0.5: "
        "strands of one direction stand above the gaps two layers below.",
    )

    inks: tuple[InkName, ...] = Field(
        examples=["[niche]"],
        default=UNSET,
        min_length=1,
        max_length=32,
        description="Names of the inks, taken in turns from layer to layer. "
        "Default: the only ink of the case.",
    )

    endless: StrictBool = Field(
        examples=["true"],
        default=False,
        description="Also solve the unit cell of the same pile without an end: what its rim does "
        "to the modulus that a tester reads.",
    )

    @model_validator(mode="after")
    def _settle(self) -> Woodpile:
        self.settle_pile()
        if self.inks is not None:
            require_turns(self.inks, self.layers)
        if self.endless:
            self._require_repeat()
        return self

    def _require_repeat(self) -> None:
        """Refuse an endless pile that no unit cell repeats, before anything is computed."""
        from meshes.periodic_woodpile import PeriodicWoodpile

        try:
            for layers in (self.layers, None):
                PeriodicWoodpile(
                    self.strand_diameter,
                    self.pitch,
                    self.layer_height,
                    self.lay_down,
                    layers=layers,
                    offset=self.offset,
                )
        except InputError as error:
            raise rejection(
                "an endless pile that does not repeat",
                expected="layers that repeat on a rectangle, such as 0/90 or 0/60/120",
                found=str(error.args[0]),
                mend=error.hint or "delete endless",
                at=("endless",),
            ) from None

    def body(self) -> meshes.scaffold.Scaffold:
        """The implicit body."""
        from meshes.woodpile import Woodpile as Body

        return Body(
            strand_diameter=self.strand_diameter,
            pitch=self.pitch,
            layer_height=self.layer_height,
            layers=self.layers,
            lay_down=self.lay_down,
            size=self.size,
            offset=self.offset,
            inks=self.inks,
        )
