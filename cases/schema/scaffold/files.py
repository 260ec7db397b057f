"""Shapes that come from a file: a print file, a CAD body, a mesh."""

from __future__ import annotations

import json
import math
from abc import abstractmethod
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, PrivateAttr, ValidationInfo, model_validator

from cases.quantity import Quantity, rejection
from cases.schema.base import InkName, Length
from cases.schema.files import NamesFile
from cases.schema.scaffold.base import Direction, Shape, canonical
from meshes.errors import InputError

if TYPE_CHECKING:
    import meshes.scaffold

# Beds are 0.5 m wide at most, and some have their origin in the middle.
Coordinate = Annotated[float, Quantity("length", low=-5e5, high=5e5)]
Unit = Literal["um", "mm", "cm", "m", "nm", "in"]
MAX_TOOLS = MAX_REGIONS = 32


class FromFile(NamesFile, Shape):
    """Base of shapes that a file describes; the file is read once, when the case is checked."""

    ink_keys: ClassVar[tuple[str, ...]] = ()
    kind_of_part: ClassVar[str] = "region"  # what an ink fills, for messages

    _body: Any = PrivateAttr(default=None)
    _notes: tuple[str, ...] = PrivateAttr(default=())
    _size_given: bool = PrivateAttr(default=False)

    @property
    def known(self) -> bool:
        """Whether the file has been read."""
        return self._body is not None

    @property
    def thickness(self) -> float:
        """Smallest extent of the body, µm: what its parts are thinner than is not known."""
        low, high = self._body.bounds
        return float((high - low).min())

    @property
    def nominal_volume(self) -> float:
        """Volume of the box around the body, µm³: from above."""
        low, high = self._body.bounds
        return float((high - low).prod())

    @property
    def inks(self) -> tuple[str, ...]:
        """Names of the inks, as the body has them."""
        return tuple(self._body.inks) if self.known else ()

    def body(self) -> meshes.scaffold.Scaffold:
        """The implicit body.

        Raises
        ------
        InputError
            If the folder of the case, and so its file, is not known.
        """
        if self._body is None:
            raise InputError(
                f"scaffold.file: '{getattr(self, 'file', '')}' is looked for in the folder of the "
                "case, and this case has none",
                hint="write the case into a file beside it",
            )
        return self._body  # type: ignore[no-any-return]

    def settle_inks(self, inks: tuple[str, ...]) -> None:
        """Read the file, with the inks of the case, and settle the mesh."""
        if self.path is None:
            return
        try:
            self._body, self._notes = _read_once(_Reading(self._identity(inks), self, inks))
        except InputError as error:
            raise rejection(
                "a file that is no scaffold",
                expected=self.what,
                found=error.args[0].replace(str(self.path), self.path.name),
                mend=error.hint or "mend the file, or use another",
                at=("scaffold", "file"),
            ) from None
        self._size_given = self.mesh_size is not None
        self.settle_mesh(self.thickness, "the thinnest part")

    def _identity(self, inks: tuple[str, ...]) -> str:
        """All that :meth:`read` goes by, the content of the file among it."""
        return json.dumps([type(self).__name__, self.resolved(), inks], sort_keys=True)

    @property
    def mesh_request(self) -> dict[str, Any]:
        """What the mesher is asked for; a body that is a mesh already is taken as it is."""
        asked = self.mesh_elements is not None or self.mesh_route != "auto"
        if self.kind_of_part != "solid":  # solids are meshed to mesh_size when they are read
            asked = asked or self._size_given
        if hasattr(self._body, "mesh") and not asked:
            return {}
        return super().mesh_request

    @abstractmethod
    def read(self, path: Path, inks: tuple[str, ...]) -> Any:
        """The body in the file; one part without a name is of the only ink of the case."""


@dataclass(frozen=True)
class _Reading:
    """A file to be read, told from others by what it holds and how it is to be read."""

    identity: str
    shape: FromFile = field(compare=False)
    inks: tuple[str, ...] = field(compare=False)


@lru_cache(maxsize=4)  # the cases of a sweep name the same file
def _read_once(reading: _Reading) -> tuple[Any, tuple[str, ...]]:
    """The body in a file, and what its reader noted."""
    shape = reading.shape
    assert shape.path is not None
    body = shape.read(shape.path, reading.inks)
    return body, shape._notes


class Toolpath(FromFile):
    """What a printer lays down: a G-code file."""

    what = "a G-code file"
    kind_of_part = "tool"

    kind: Literal["toolpath"] = Field(description="The shape: toolpath is a printer's G-code file.")
    file: str = Field(
        examples=["print.gcode"],
        max_length=1000,
        description="G-code file in the folder of the case, at most 64 MiB.",
    )
    strand_diameter: Length | None = Field(
        examples=["400 um"],
        default=None,
        description="Diameter of a strand as measured, in µm. Default: from what the file "
        "extrudes, which needs filament_diameter.",
    )
    filament_diameter: Length | None = Field(
        examples=["1.75 mm"],
        default=None,
        description="Diameter of the filament, or of the syringe's barrel, that E moves, in µm.",
    )
    nozzle: Length | None = Field(
        examples=["400 um"],
        default=None,
        description="Inner diameter of the nozzle in µm: tells with which speed ratio V* it is "
        "printed, a hint at how fibres align.",
    )
    layer_height: Length | None = Field(
        examples=["320 um"], default=None, description="In µm. Default: that of the file."
    )
    flavour: Literal["auto", "marlin", "cellink", "pneumatic"] = Field(
        examples=["cellink"],
        default="auto",
        description="How the file says what prints: marlin, E grows; cellink and pneumatic, G1 "
        "that goes sideways.",
    )
    tools: dict[int, InkName | None] = Field(
        examples=["{0: niche, 1: support}"],
        default_factory=dict,
        max_length=MAX_TOOLS,
        description="Ink of every tool: {number: name}; null leaves a tool out. Default: the only "
        "ink of the case.",
    )
    window: tuple[Coordinate, Coordinate, Coordinate, Coordinate] | None = Field(
        examples=["[10 mm, 10 mm, 12 mm, 12 mm]"],
        default=None,
        description="Piece to cut out, [x0, y0, x1, y1] in the coordinates of the file, in µm.",
    )

    @model_validator(mode="after")
    def _settle(self, info: ValidationInfo) -> Toolpath:
        self.find_file(self.file, info)
        return self

    def read(self, path: Path, inks: tuple[str, ...]) -> Any:
        """The strands; one tool without a name prints the only ink of the case."""
        from meshes.gcode import read_gcode, toolpath_from

        program = read_gcode(path, flavour=self.flavour, filament_diameter=self.filament_diameter)
        tools: dict[int, str | None] = dict(self.tools)
        if not tools and len(inks) == 1:
            tools = dict.fromkeys(program.tools, inks[0])
        self._notes = tuple(self._hints(program))
        return toolpath_from(
            program,
            tools=tools or None,
            strand_diameter=self.strand_diameter,
            layer_height=self.layer_height,
            window=self.window,
        )

    @property
    def thickness(self) -> float:
        """The thinnest strand, µm."""
        return float(self._body.diameters.min())

    @property
    def nominal_volume(self) -> float:
        """Volume of all strands and their round ends, at most of the box around, µm³: from above.

        A print that is spread over a bed fills little of its box.
        """
        body = self._body
        lengths = np.linalg.norm(body.ends - body.starts, axis=1)
        section = math.pi / 4.0 * body.diameters**2
        balls = math.pi / 6.0 * body.diameters[~body.joined] ** 3
        return min(float(section @ lengths + balls.sum()), super().nominal_volume)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, and what the file hints at."""
        return (*self._body.notes, *self._notes)

    def _hints(self, program: Any) -> list[str]:
        """What the speeds of the file hint at."""
        if self.nozzle is None or not program.metered:
            return []
        from meshes.gcode import alignment_hint, velocity_ratio

        ratio = float(np.median(velocity_ratio(program, self.nozzle)))
        hint = alignment_hint(ratio)
        words = "no direction" if hint == "none" else f"fibres {hint} to the strand"
        return [f"toolpath: median speed ratio V* {ratio:.3g}, which hints at {words}; not used"]


class _Cut(FromFile):
    """Base of bodies that a file holds in regions."""

    unit: Unit = Field(
        examples=["mm"], default="mm", description="What a length of 1 in the file stands for."
    )
    direction: Direction = Field(
        examples=["[1, 0, 0]"],
        default=(1.0, 0.0, 0.0),
        description="Print direction, [x, y, z]: the file does not say it.",
    )
    regions: dict[str, InkName | None] = Field(
        examples=["{core: niche, shell: support}"],
        default_factory=dict,
        max_length=MAX_REGIONS,
        description="Ink of every region (solid, physical group) by its name, or 'region 2', "
        "'solid 2': {region: ink}; null leaves one out. Default: the only ink of the case for all.",
    )

    @model_validator(mode="after")
    def _settle(self, info: ValidationInfo) -> _Cut:
        self.find_file(getattr(self, "file", None), info)
        self.settle(direction=canonical(self.direction))
        return self

    @property
    def notes(self) -> tuple[str, ...]:
        """What was repaired or assumed."""
        return self._notes

    @property
    def _wanted(self) -> dict[str | int, str | None] | None:
        wanted: dict[str | int, str | None] = dict(self.regions.items())
        return wanted or None

    def _one_for_all(self, imported: Any, inks: tuple[str, ...]) -> Any:
        """The body of an imported mesh, all of the only ink where no region is named."""
        self._notes = tuple(imported.notes)
        mesh = imported.mesh
        if not self.regions and len(inks) == 1:
            mesh = replace(
                mesh,
                cell_ink=np.zeros(len(mesh.cells), dtype=np.int32),
                inks=inks,
                exact_volumes=np.array([mesh.exact_volumes.sum()]),
            )
        return replace(imported, mesh=mesh).body(self.direction)


class Cad(_Cut):
    """A body from a CAD program: STL or STEP."""

    what = "an STL or STEP file"
    kind_of_part = "solid"

    kind: Literal["cad"] = Field(description="The shape: cad is an STL or STEP file.")
    file: str = Field(
        examples=["body.stl"],
        max_length=1000,
        description="STL (a closed surface) or STEP file in the folder of the case.",
    )

    @property
    def thickness(self) -> float:
        """Smallest extent, or of an STL's body four times volume over surface, µm, if that is less.

        The latter is the diameter of long round bars, and twice the thickness of plates: a lattice
        of bars is not meshed by the size of its box.
        """
        body = self._body
        if hasattr(body, "mesh"):
            return super().thickness
        a, b, c = (body.points[body.triangles[:, i]] for i in range(3))
        area = 0.5 * float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum())
        volume = sum((body.volume() or {"": super().nominal_volume}).values())
        return min(4.0 * volume / area, super().thickness)

    def read(self, path: Path, inks: tuple[str, ...]) -> Any:
        """The body, standing on the glass."""
        if path.suffix.lower() == ".stl":
            from meshes.cad.stl import read_stl
            from meshes.cad.surface_body import SurfaceBody

            named = tuple(name for name in self.regions.values() if name is not None) or inks
            if len(set(named)) > 1:
                raise InputError(
                    f"a surface is filled with one ink, found {', '.join(named)}",
                    hint=f"write regions: {{body: {named[0]}}}; a STEP file or a mesh has regions",
                )
            body = SurfaceBody.of(read_stl(path, self.unit), named[:1], self.direction)
            self._notes = tuple(body.notes)
            return body
        from meshes.cad.step import read_step

        imported = read_step(path, self.unit, size=self.mesh_size, inks=self._wanted)
        return self._one_for_all(imported, inks)


class GivenMesh(_Cut):
    """A mesh of another program, solved as it is."""

    what = "a mesh file"

    kind: Literal["mesh"] = Field(description="The shape: mesh is a volume mesh, taken as it is.")
    file: str = Field(
        examples=["body.msh"],
        max_length=1000,
        description="Mesh file in the folder of the case, of a format that meshio reads.",
    )

    def read(self, path: Path, inks: tuple[str, ...]) -> Any:
        """The body that the mesh fills."""
        from meshes.cad.foreign import read_any_mesh

        return self._one_for_all(read_any_mesh(path, self.unit, self._wanted), inks)
