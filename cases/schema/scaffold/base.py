"""What all shapes have in common: inks under one or more keys, a mesh, a body."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from cases.quantity import Quantity, rejection
from cases.schema.base import UNSET, CaseModel, Length

if TYPE_CHECKING:
    import meshes.scaffold

MIN_OVERLAP = 0.05
MAX_OVERLAP = 0.50

Component = Annotated[float, Quantity("number", low=-1e6, high=1e6)]
Direction = tuple[Component, Component, Component]
Layers = Annotated[int, Quantity("number", low=1, high=200, whole=True)]
Elements = Annotated[int, Quantity("number", low=100, high=20_000_000, whole=True)]


class Shape(CaseModel):
    """Base of all shapes.

    A shape names its inks under `ink_keys`: ``ink`` or other single names, or ``inks``, a list.
    However it does, ``inks`` are all that it is printed of, each once.
    """

    ink_keys: ClassVar[tuple[str, ...]] = ("ink",)
    inks_under: ClassVar[str | None] = None  # the key they are written under, where another

    mesh_size: Length = Field(
        examples=["100 um"],
        default=UNSET,
        description="Target edge length of the mesh in µm. Default: a quarter of the thinnest "
        "part.",
    )
    mesh_elements: Elements | None = Field(
        examples=["50000"],
        default=None,
        description="Number of tetrahedra to come close to, instead of mesh_size.",
    )
    mesh_route: Literal["auto", "occ", "implicit"] = Field(
        examples=["implicit"],
        default="auto",
        description="How it is meshed: occ, exact edges (where the shape has that route); "
        "implicit, any shape; auto, occ where it is exact and affordable.",
    )

    @property
    def known(self) -> bool:
        """Whether the shape can be built: false where the file that holds it is not at hand."""
        return True

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed or repaired when the shape was read."""
        return ()

    @property
    @abstractmethod
    def thickness(self) -> float:
        """The thinnest gel, µm: what a cell must fit into and a mesh resolve."""

    @property
    @abstractmethod
    def nominal_volume(self) -> float:
        """Volume of the gel, µm³, an estimate from above."""

    @abstractmethod
    def body(self) -> meshes.scaffold.Scaffold:
        """The implicit body (lengths in µm)."""

    @property
    def mesh_request(self) -> dict[str, Any]:
        """What the mesher is asked for: keywords of ``meshes.mesher.mesh_body``."""
        size = self.mesh_size if self.mesh_elements is None else None
        return {"size": size, "elements": self.mesh_elements, "route": self.mesh_route}

    def settle_mesh(self, thickness: float, what: str) -> None:
        """Fill in the size of the mesh, or refuse one that is coarser than the shape."""
        if self.mesh_elements is not None and self.mesh_size is not None:
            raise rejection(
                "the mesh is given twice",
                expected="mesh_size or mesh_elements",
                found="both",
                mend="delete one of the two",
                at=("mesh_elements",),
            )
        if self.mesh_elements is not None:
            self.settle(mesh_size=self._size_of_elements(0.5 * thickness))
        elif self.mesh_size is None:
            self.settle(mesh_size=thickness / 4.0)
        require_mesh_size(self.mesh_size, thickness, what)

    def _size_of_elements(self, coarsest: float) -> float:
        """Edge length of a mesh of `mesh_elements`, µm, but no coarser than shows the shape."""
        from meshes.mesh_size import CELLS_PER_CUBE

        edge = (CELLS_PER_CUBE * self.nominal_volume / float(self.mesh_elements or 1)) ** (1 / 3)
        return float(f"{min(edge, coarsest):.6g}")


class NamedInks(Shape):
    """Base of shapes that name their inks one by one."""

    @property
    def inks(self) -> tuple[str, ...]:
        """Names of the inks that are printed, each once."""
        return tuple(dict.fromkeys(str(getattr(self, key)) for key in self.ink_keys))


def require_mesh_size(size: float, thickness: float, what: str) -> None:
    """Refuse a mesh that is coarser than the shape."""
    if size > thickness:
        raise rejection(
            "a mesh coarser than the shape",
            expected=f"at most {what}, {thickness:g} um",
            found=f"{size:g} um",
            mend=f"write mesh_size: {thickness / 4:g} um, or leave the key out",
            at=("mesh_size",),
        )


def canonical(direction: Direction) -> Direction:
    """A direction of length 1, so that [1, 0, 0] and [2, 0, 0] are the same case."""
    length = math.hypot(*direction)
    if length == 0.0:
        raise rejection(
            "a direction without length",
            expected="three numbers, not all zero",
            found=str(list(direction)),
            mend="for a body printed along x write [1, 0, 0]",
            at=("direction",),
        )
    x, y, z = (float(f"{v / length:.12g}") + 0.0 for v in direction)
    return x, y, z


def require_overlap(layer_height: float, strand_diameter: float) -> None:
    """Refuse layers of strands that do not touch, or are pressed into each other."""
    d = strand_diameter
    overlap = 1.0 - layer_height / d
    # The lower bound is allowed: compare with room for rounding.
    if MIN_OVERLAP - 1e-9 <= overlap < MAX_OVERLAP:
        return
    if overlap <= 0:
        headline = "layers that do not touch"
    elif overlap < MIN_OVERLAP:
        headline = "layers that hardly touch"
    else:
        headline = "layers that are pressed into each other"
    raise rejection(
        headline,
        expected=f"above {d * (1.0 - MAX_OVERLAP):g} um and at most "
        f"{d * (1.0 - MIN_OVERLAP):g} um (50 to 95 % of strand_diameter, {d:g} um)",
        found=f"{layer_height:g} um, an overlap of {100 * overlap:.3g} %",
        mend=f"write layer_height: {0.8 * d:g} um for the usual overlap of 20 %",
        at=("layer_height",),
    )


def require_turns(inks: tuple[str, ...], layers: int) -> None:
    """Refuse inks that cannot take turns from layer to layer."""
    doubles = sorted({name for name in inks if inks.count(name) > 1})
    if doubles:
        raise rejection(
            "an ink named twice",
            expected="every ink once; they take turns from layer to layer",
            found=", ".join(doubles),
            mend=f"delete the second '{doubles[0]}'",
            at=("inks",),
        )
    if len(inks) > layers:
        raise rejection(
            "more inks than layers",
            expected=f"at most {layers} inks, one per layer",
            found=f"{len(inks)} inks",
            mend="add layers or leave inks out",
            at=("inks",),
        )


def require_two_inks(shape: CaseModel, first: str, second: str) -> None:
    """Refuse the same ink under two keys that are to differ."""
    name = getattr(shape, first)
    if name is not None and name == getattr(shape, second):
        raise rejection(
            "the same ink twice",
            expected=f"two inks, one for {first} and one for {second}",
            found=name,
            mend="describe another ink under inks, and name it here",
            at=(second,),
        )
