"""Which way the fibres of an ink point, where one order parameter along the strand is not it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationInfo, model_validator

from cases.quantity import Quantity, rejection
from cases.schema.base import UNSET
from cases.schema.files import NamesFile
from cases.units import describe

if TYPE_CHECKING:
    from solver.materials.odf import Orientation as Density
    from solver.materials.orientation_field import OrientationField
    from solver.materials.tensors import FloatArray

COLUMNS = "x_um, y_um, z_um, a_xx, a_yy, a_zz, a_xy, a_xz, a_yz"
PlanarOrder = Annotated[float, Quantity("number", low=-0.97, high=0.97)]
Kind = Literal["isotropic", "planar", "field"]
_FORMS = "isotropic, {kind: planar, order: ...} or {kind: field, file: ...}"


class Orientation(NamesFile):
    """Directions of the fibres: alike in space, in a plane, or as measured in a file."""

    columns = COLUMNS

    kind: Kind = Field(
        examples=["planar"],
        description="isotropic: all directions alike; planar: in the plane of the layer, along "
        "the strand and level across it; field: as a file says, place by place.",
    )
    order: PlanarOrder = Field(
        examples=["0.3"],
        default=UNSET,
        description="planar: mean of cos 2θ, θ the angle from the strand: 0 all directions of the "
        "plane alike, near 1 all along the strand, negative across it (-0.97 to 0.97). Default: 0.",
    )
    file: str | None = Field(
        examples=["fibres.csv"],
        default=None,
        max_length=1000,
        description=f"field: CSV file with columns {COLUMNS}: places in µm and the mean of n⊗n "
        "there, in the frame of the scaffold; the nearest place counts. Named relative to the case "
        "file; it must lie in the case's folder.",
    )

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if value == "isotropic":
            return {"kind": "isotropic"}
        if not isinstance(value, dict | Orientation):
            raise rejection(
                "not an orientation",
                expected=_FORMS,
                found=describe(value),
                mend="write isotropic, or {kind: planar, order: 0.3}; for fibres along the strand "
                "use alignment instead",
            )
        if isinstance(value, dict) and "kind" not in value and "file" in value:
            return {"kind": "field", **value}
        return value

    @model_validator(mode="after")
    def _settle(self, info: ValidationInfo) -> Orientation:
        for key, kind in (("order", "planar"), ("file", "field")):
            if getattr(self, key) is not None and self.kind != kind:
                raise rejection(
                    f"'{key}' does not go with {self.kind} fibres",
                    expected=_FORMS,
                    found=f"kind: {self.kind} with {key}",
                    mend=f"delete {key}, or write kind: {kind}",
                    at=(key,),
                )
        if self.kind == "planar" and self.order is None:
            self.settle(order=0.0)
        if self.kind == "field" and self.file is None:
            raise rejection(
                "the file of a field of fibres is missing",
                expected="{kind: field, file: ...}",
                found="kind: field without a file",
                mend="write e.g. {kind: field, file: fibres.csv}",
            )
        self.find_file(self.file, info)
        return self

    def resolved(self) -> Any:
        """Return ``"isotropic"``, or the kind with its key; a file with the hash of its content."""
        return self.kind if self.kind == "isotropic" else super().resolved()

    def density(
        self, bounds: tuple[FloatArray, FloatArray] | None = None
    ) -> Density | OrientationField:
        """Return what ``solver.materials.Ink.orientation`` takes; reads the file.

        Parameters
        ----------
        bounds
            Lowest and highest corner of the scaffold in µm: a file that misses it is refused.

        Raises
        ------
        CaseError
            Naming what is wrong with the file.
        """
        from solver.materials.odf import Orientation as Density

        if self.kind == "planar":
            return Density.planar(self.order)
        if self.kind == "isotropic":
            return Density.isotropic()
        from cases.orientation_file import read_orientation

        if self._path is None:
            raise ValueError("a field of fibres needs the folder of its case")
        return read_orientation(self._path, bounds)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        group = handler.resolve_ref_schema(handler(schema))
        # The kind may be left out where a file says it.
        group.pop("required", None)
        group["anyOf"] = [{"required": ["kind"]}, {"required": ["file"]}]
        return {"anyOf": [{"enum": ["isotropic"]}, group]}
