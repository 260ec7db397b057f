"""The whole case, and what only the whole can check."""

from __future__ import annotations

import copy
import hashlib
import json
import math
from typing import Any

from pydantic import Field, ModelWrapValidatorHandler, PrivateAttr, model_validator

from cases.quantity import rejection
from cases.schema.base import CaseModel, InkName
from cases.schema.cells import Cells
from cases.schema.course import Course
from cases.schema.dormancy import Compute, Dormancy
from cases.schema.ink import Ink
from cases.schema.load import Load
from cases.schema.rule import nearest
from cases.schema.scaffold import Droplet, FromFile, Scaffold, Shape, Woodpile
from cases.schema.title import Title, slug_of
from cases.schema.treatment_warnings import treatment_warnings

# Changes whenever the same keys come to mean something else.
HASH_VERSION = "dormatrix-case-1"
# A regular tetrahedron of edge h has the volume h³/(6√2); Gmsh's are about half as large again.
ELEMENTS_PER_CUBE = 4.0 * math.sqrt(2.0)
# How far the arithmetic mean of a log-normal modulus lies above what a slab of it shows, in
# ln E per variance of ln E: by simulation of slabs with cv 0.2 to 2.
SPOT_BIAS = 0.43
MAX_ELEMENTS = 20_000_000
LARGE_STRAIN = 0.1  # from here on linear theory is warned of


class Case(CaseModel):
    """A case file, read and checked: what is printed, from what, and what is asked.

    All numbers are plain floats in the units of :data:`cases.units.KINDS` (µm, kPa, mg/mL, mM,
    kDa, % w/v, degrees, cells per mL).
    """

    name: Title = Field(
        examples=["wavy-niche"],
        description="Name of the case and of its result folder, 1 to 100 characters. "
        "Default: the name of the file.",
    )
    scaffold: Scaffold = Field(
        examples=["{kind: slab, size: [1 mm, 1 mm, 0.5 mm]}"],
        description="The shape that is printed.",
    )
    inks: dict[InkName, Ink] = Field(
        examples=["{niche: {collagen_I: {concentration: 2.4 mg/mL}}}"],
        min_length=1,
        max_length=32,
        description="The inks by name: {name: what is in it}.",
    )
    cells: Cells = Field(examples=["{count: 400}"], description="Where the cells are.")
    load: Load = Field(
        examples=["{kind: compression, strain: 5 %}"],
        default_factory=Load,
        description="What a tester does to the scaffold while the cells feel it.",
    )
    dormancy: Dormancy = Field(
        examples=["{preset: adhesive}"],
        default_factory=Dormancy,
        description="The rule from sensed stiffness to P(dormant), and what is in the medium.",
    )
    course: Course | None = Field(
        default=None,
        examples=["{duration: 14 days, assays: [edu_pulse, ki67]}"],
        description="What the cells do in time and what assays would show of it; read by "
        "'dormatrix assay', which takes every default where this is left out.",
    )
    compute: Compute = Field(
        examples=["{workers: 2}"], default_factory=Compute, description="How it is computed."
    )

    _document: dict[str, Any] | None = PrivateAttr(default=None)

    # what mypy makes of the validator's own type depends on the order in which it meets files
    @model_validator(mode="wrap")  # type: ignore[arg-type]
    @classmethod
    def _remember(cls, data: Any, handler: ModelWrapValidatorHandler[Case]) -> Case:
        written = copy.deepcopy(data) if isinstance(data, dict) else None
        case = handler(data)
        case._document = written
        return case

    @property
    def document(self) -> dict[str, Any] | None:
        """The case as it was written: plain values under the keys of the case file."""
        return self._document

    @model_validator(mode="after")
    def _settle(self) -> Case:
        self._settle_inks()
        if not self.scaffold.known:
            return self  # a file that is not looked for cannot be measured
        edge = self.scaffold.mesh_size
        elements = ELEMENTS_PER_CUBE * self.scaffold.nominal_volume / edge**3
        if elements > MAX_ELEMENTS:
            coarser = edge * (elements / MAX_ELEMENTS) ** (1 / 3) * 2
            shown = coarser < self.scaffold.thickness
            raise rejection(
                "a mesh that is too fine",
                expected=f"at most {MAX_ELEMENTS:,} elements",
                found=f"about {elements:.2g} elements with an edge of {edge:g} um",
                mend=f"write mesh_size: {coarser:.2g} um, or print a smaller piece"
                if shown
                else "print a smaller piece, or thicker parts: no coarser mesh shows them",
                at=("scaffold", "mesh_size"),
            )
        if isinstance(self.scaffold, Droplet) and self.load.kind == "compression":
            raise rejection(
                "a plate on a round drop",
                expected="load: {kind: none}, or a body with a flat top",
                found="a compression of a droplet, which a plate meets in a point; contact that "
                "grows with the load is not computed",
                mend="write load: {kind: none}; cells sense their stiffness all the same",
                at=("load", "kind") if "kind" in self.load.model_fields_set else ("load",),
            )
        self.cells.require_room(self.scaffold.nominal_volume)
        thickness = self.scaffold.thickness
        if 2.0 * self.cells.radius > thickness:
            raise rejection(
                "cells larger than the gel around them",
                expected=f"a radius of at most {thickness / 2:g} um, half the thinnest gel",
                found=f"{self.cells.radius:g} um",
                mend="check the radius and its unit (a tumour cell has about 8 um)",
                at=("cells", "radius"),
            )
        return self

    def _settle_inks(self) -> None:
        shape = self.scaffold
        if isinstance(shape, FromFile):
            self._require_named(shape)
            shape.settle_inks(tuple(self.inks))
            if not shape.known:
                self.cells.settle(inks=self.cells.inks or tuple(self.inks))
                return
            self._require_regions(shape)
        for key in shape.ink_keys:
            if getattr(shape, key) is None:
                self._settle_ink(shape, key)
            written = getattr(shape, key)
            names = (written,) if isinstance(written, str) else tuple(written)
            at = ("scaffold", shape.inks_under or key)
            listed = shape.inks_under is None and not isinstance(written, str)
            self._require_inks(names, at, tuple(self.inks), listed=listed)
        self._refuse_endless_gradients()
        if self.cells.inks is None:
            self.cells.settle(inks=shape.inks)
        self._require_inks(self.cells.inks, ("cells", "inks"), tuple(self.inks))
        unprinted = [name for name in self.cells.inks if name not in shape.inks]
        if unprinted:
            raise rejection(
                "cells in an ink that is not printed",
                expected="one of: " + ", ".join(shape.inks),
                found=unprinted[0],
                mend=f"add '{unprinted[0]}' to the scaffold, or delete it here",
                at=("cells", "inks", self.cells.inks.index(unprinted[0])),
            )

    def _refuse_endless_gradients(self) -> None:
        """An ink that changes through the body has no unit cell that repeats."""
        if not (isinstance(self.scaffold, Woodpile) and self.scaffold.endless):
            return
        for name in self.scaffold.inks:
            if self.inks[name].gradient is not None:
                raise rejection(
                    "an endless pile of an ink that changes",
                    expected="inks without gradient where endless is true",
                    found=f"a gradient of ink '{name}'",
                    mend="delete endless, or the gradient",
                    at=("scaffold", "endless"),
                )

    def _require_named(self, shape: FromFile) -> None:
        """Refuse a tool or region that is given to an ink which the case does not describe."""
        key = "tools" if shape.kind_of_part == "tool" else "regions"
        named: dict[object, str | None] = getattr(shape, key)
        for part, name in named.items():
            if name is not None:
                self._require_inks(
                    (name,), ("scaffold", key, str(part)), tuple(self.inks), listed=False
                )

    def _require_regions(self, shape: FromFile) -> None:
        """Refuse parts of a file that no ink of the case fills."""
        for part in shape.inks:
            if part not in self.inks:
                key = "tools" if shape.kind_of_part == "tool" else "regions"
                raise rejection(
                    f"a {shape.kind_of_part} without an ink",
                    expected=f"an ink for each, under scaffold.{key}; the file has "
                    + ", ".join(shape.inks),
                    found=part,
                    mend=f"write {key}: {{'{part}': {next(iter(self.inks))}}}",
                    at=("scaffold",),
                )

    def _settle_ink(self, shape: Shape, key: str) -> None:
        """The only ink of the case, where the author names none."""
        if len(self.inks) > 1 or len(shape.ink_keys) > 1:
            raise rejection(
                "which ink is printed is missing",
                expected=f"scaffold.{key}, for the case has more than one ink: "
                + ", ".join(self.inks)
                if len(self.inks) > 1
                else f"scaffold.{key}: the name of an ink",
                found="nothing",
                mend=f"add inks: [{', '.join(self.inks)}], which take turns layer by layer"
                if key == "inks"
                else f"add {key}: {next(iter(self.inks))}",
                at=("scaffold",),
            )
        only = next(iter(self.inks))
        shape.settle(**{key: (only,) if key == "inks" else only})

    @staticmethod
    def _require_inks(
        names: tuple[str, ...], at: tuple[str, ...], known: tuple[str, ...], listed: bool = True
    ) -> None:
        for i, name in enumerate(names):
            if name not in known:
                near = nearest(name, known)
                raise rejection(
                    "unknown ink",
                    expected="one of: " + ", ".join(known),
                    found=name,
                    mend=f"did you mean '{near}'?" if near else f"describe '{name}' under inks",
                    at=(*at, i) if listed else at,
                )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed but looks like a slip."""
        if not self.scaffold.known:
            return tuple(self._treatment_warnings())
        printed = set(self.scaffold.inks)
        found = [
            *(f"scaffold: {note}" for note in self.scaffold.notes),
            *(
                f"ink '{name}' is described but not printed"
                for name in self.inks
                if name not in printed
            ),
        ]
        for name in self.scaffold.inks:
            ink = self.inks[name]
            if ink.alignment != 0.0 and not ink.has_collagen:
                found.append(f"ink '{name}': alignment has no effect without collagen")
            if ink.orientation is not None and not ink.has_collagen:
                found.append(f"ink '{name}': orientation has no effect without collagen")
            if ink.ligand == 0.0:
                found.append(
                    f"ink '{name}' carries no adhesive ligand: cells cannot feel its stiffness, "
                    "and the rule gives them Pmax, an assumption; set ligand for RGD-modified "
                    "alginate"
                )
            spots = ink.heterogeneity
            if spots is None or spots.length >= self.scaffold.mesh_size:
                continue
            bias = SPOT_BIAS * math.log1p(spots.cv**2)
            if bias > 0.05:
                found.append(
                    f"ink '{name}': spots of {spots.length:g} um are smaller than the mesh "
                    f"({self.scaffold.mesh_size:g} um), which averages over them: the apparent "
                    f"modulus comes out up to {100 * math.expm1(bias):.0f} % too high; a smaller "
                    "mesh_size resolves them (what cells sense does not depend on this mesh)"
                )
        if self.scaffold.mesh_size**3 * 2e6 < self.scaffold.nominal_volume * 8.5:
            found.append(
                "the mesh will have more than two million elements: consider a larger mesh_size"
            )
        if self.load.theory == "linear" and self.load.strain > LARGE_STRAIN:
            found.append(
                f"load.strain: {100 * self.load.strain:g} % is beyond small strain, where fibres "
                "straighten, turn and buckle; theory: finite computes that"
            )
        if self.load.swelling != 0.0 and self.load.kind == "compression":
            found.append(
                "compression with swelling gives no apparent modulus: the plate feels both; the "
                "load curve is drawn"
            )
        found += self._treatment_warnings()
        shape = self.scaffold
        if isinstance(shape, Woodpile):
            overlap = 1.0 - shape.layer_height / shape.strand_diameter
            if overlap > 0.4:
                found.append(
                    f"the layers overlap by {100 * overlap:.0f} %: above 40 % strands may not "
                    "mesh; 10 to 30 % is what printers do"
                )
        return tuple(found)

    def _treatment_warnings(self) -> list[str]:
        with_cells = self.cells.inks or self.inks
        inks = [ink for name, ink in self.inks.items() if name in with_cells]
        return treatment_warnings(self.dormancy, inks)

    @property
    def slug(self) -> str:
        """Folder name made from :attr:`name`: small letters, digits and dashes."""
        return slug_of(self.name)

    @property
    def content_hash(self) -> str:
        """SHA-256 of what is computed, the same for every way of writing the same case.

        The name and the number of workers are left out: they change no result; neither does what
        the cells do in time, which another command computes.
        """
        plain: dict[str, Any] = self.resolved()
        del plain["course"]
        del plain["name"]
        del plain["compute"]["workers"]
        text = json.dumps(
            [HASH_VERSION, plain], sort_keys=True, separators=(",", ":"), allow_nan=False
        )
        return hashlib.sha256(text.encode()).hexdigest()
