"""What an ink is made of: alginate, collagen I and III, and what was measured on the gel."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from cases.quantity import Quantity, rejection
from cases.schema.base import UNSET, CaseModel, FineLength, Level, Modulus, Seed
from cases.schema.law import Law
from cases.schema.orientation import Orientation
from cases.units import describe

Percent = Annotated[float, Quantity("percent", above=0.0, high=10.0)]
Calcium = Annotated[float, Quantity("molarity", above=0.0, high=200.0)]
Chain = Annotated[float, Quantity("chain", low=10.0, high=1000.0)]
Poisson = Annotated[float, Quantity("number", low=0.0, high=0.495)]
Protein = Annotated[float, Quantity("concentration", low=0.0, high=100.0)]
Amplitude = Annotated[float, Quantity("length", low=0.0, high=1e3)]
OrderParameter = Annotated[float, Quantity("number", low=-0.4, high=0.97)]
FibrilRadius = Annotated[float, Quantity("length", low=0.005, high=10.0)]
Ratio = Annotated[float, Quantity("number", low=1e-3, high=100.0)]
Variation = Annotated[float, Quantity("number", low=0.0, high=2.0)]

RECIPE = ("concentration", "calcium", "chain")
MAX_SLOPE = 0.5
# Bending of a wavy fibre is that of a slender beam: wavelength over radius.
MIN_SLENDERNESS = 12.0


class Alginate(CaseModel):
    """The matrix: either a recipe or a measured modulus."""

    concentration: Percent | None = Field(
        examples=["2 %"],
        default=None,
        description="Alginate, % w/v (g per 100 mL; 10 mg/mL is 1 %).",
    )
    calcium: Calcium | None = Field(
        examples=["9.8 mM"], default=None, description="Calcium for crosslinking, mM."
    )
    chain: Chain | None = Field(
        examples=["280 kDa"],
        default=None,
        description="Molar mass of the chains, kDa. Measured gels are known for 35 and 280 kDa.",
    )
    poisson_ratio: Poisson = Field(
        examples=["0.3"],
        default=0.3,
        description="Poisson ratio: 0.3 drained (cells pull for minutes, water leaves), "
        "0.49 undrained.",
    )
    youngs_modulus: Modulus | None = Field(
        examples=["3 kPa"],
        default=None,
        description="Measured Young's modulus of the plain alginate gel in kPa, instead of "
        "concentration, calcium and chain.",
    )

    @model_validator(mode="after")
    def _settle(self) -> Alginate:
        given = [key for key in RECIPE if getattr(self, key) is not None]
        if self.youngs_modulus is not None and given:
            raise rejection(
                "a recipe and a measured modulus at once",
                expected="either youngs_modulus, or concentration, calcium and chain",
                found="youngs_modulus and " + ", ".join(given),
                mend="a measurement beats a recipe: keep youngs_modulus and delete "
                + ", ".join(given),
                at=("youngs_modulus",),
            )
        missing = [key for key in RECIPE if key not in given]
        if self.youngs_modulus is None and missing:
            raise rejection(
                "an incomplete alginate recipe",
                expected="concentration, calcium and chain together, or youngs_modulus alone",
                found=", ".join(given) or "none of them",
                mend="add " + ", ".join(missing),
            )
        return self


class Waviness(CaseModel):
    """How wavy a fibre is: a planar sine; amplitude 0 is a straight fibre."""

    amplitude: Amplitude = Field(
        examples=["1 um"], description="Amplitude of the wave in µm (half of peak to peak)."
    )
    wavelength: FineLength = Field(examples=["20 um"], description="Length of one wave in µm.")

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if value == "straight":
            return {"amplitude": 0.0, "wavelength": 1.0}
        if not isinstance(value, dict | Waviness):
            raise rejection(
                "not a waviness",
                expected="straight, or {amplitude: ..., wavelength: ...}",
                found=describe(value),
                mend="write straight or {amplitude: 1 um, wavelength: 20 um}",
            )
        return value

    @model_validator(mode="after")
    def _settle(self) -> Waviness:
        if self.amplitude > MAX_SLOPE * self.wavelength:
            raise rejection(
                "a wave steeper than a fibre can be",
                expected=f"at most half the wavelength, {MAX_SLOPE * self.wavelength:g} um",
                found=f"{self.amplitude:g} um",
                mend="check which of the two numbers is the amplitude",
                at=("amplitude",),
            )
        return self

    @property
    def straight(self) -> bool:
        """Whether the fibre has no waves."""
        return self.amplitude == 0.0

    def resolved(self) -> Any:
        """Return ``"straight"``, or amplitude and wavelength in µm."""
        return "straight" if self.straight else super().resolved()

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        group = handler.resolve_ref_schema(handler(schema))
        return {"anyOf": [{"enum": ["straight"]}, group]}


STRAIGHT = Waviness(amplitude=0.0, wavelength=1.0)


class CollagenI(CaseModel):
    """A network of collagen I fibrils."""

    concentration: Protein = Field(
        examples=["2.4 mg/mL"], description="Collagen in the ink, mg/mL."
    )
    waviness: Waviness = Field(
        examples=["straight"],
        default=STRAIGHT,
        description="straight (default), or {amplitude: ..., wavelength: ...} in µm.",
    )
    fibril_radius: FibrilRadius = Field(
        examples=["0.1 um"],
        default=0.1,
        description="Radius of a fibril in µm: how much it resists being bent.",
    )
    law: Law = Field(
        examples=["{kind: crimped}"],
        default_factory=Law,
        description="How its fibres answer to large strain: a name, or {kind: ..., and its "
        "numbers}. Default: crimped, which follows from waviness.",
    )

    @model_validator(mode="after")
    def _require_law_of_straight_fibres(self) -> CollagenI:
        if self.law.kind != "crimped" and not self.waviness.straight:
            raise rejection(
                "waviness beside a law that already holds it",
                expected="waviness: straight, for this law describes a network as it was measured",
                found=f"kind {self.law.kind} with waves of {self.waviness.amplitude:g} um",
                mend="delete waviness, or write law: crimped",
                at=("law",),
            )
        return self

    @model_validator(mode="after")
    def _require_slender(self) -> CollagenI:
        limit = self.waviness.wavelength / MIN_SLENDERNESS
        if not self.waviness.straight and self.fibril_radius > limit:
            raise rejection(
                "a fibre too thick for its waves",
                expected=f"at most a twelfth of the wavelength, {limit:g} um",
                found=f"{self.fibril_radius:g} um",
                mend="check fibril_radius (collagen fibrils: 0.05 to 0.25 um) and wavelength",
                at=("fibril_radius",)
                if "fibril_radius" in self.model_fields_set
                else ("waviness",),
            )
        return self


class CollagenIII(CollagenI):
    """A network of collagen III fibrils."""

    stiffness_ratio: Ratio = Field(
        examples=["0.5"],
        default=0.5,
        description="Stiffness of a collagen III fibril relative to collagen I. A hypothesis: "
        "the literature disagrees even on the sign.",
    )


class Heterogeneity(CaseModel):
    """Random softer and stiffer spots: a log-normal field of stiffness."""

    cv: Variation = Field(
        examples=["0.2"], description="Coefficient of variation of the stiffness, 0 to 2."
    )
    length: FineLength = Field(
        examples=["40 um"], description="Correlation length: size of the spots in µm."
    )
    seed: Seed = Field(examples=["1"], default=0, description="Seed of the random numbers.")


class Recipe(CaseModel):
    """What a bioink is made of at one place."""

    alginate: Alginate | None = Field(
        examples=["{concentration: 2 %, calcium: 9.8 mM, chain: 280 kDa}"],
        default=None,
        description="The matrix: a recipe or a measured modulus.",
    )
    collagen_I: CollagenI | None = Field(
        examples=["{concentration: 2.4 mg/mL}"], default=None, description="Collagen I fibres."
    )
    collagen_III: CollagenIII | None = Field(
        examples=["{concentration: 0.6 mg/mL}"], default=None, description="Collagen III fibres."
    )
    alignment: OrderParameter = Field(
        examples=["0.6"],
        default=0.0,
        description="Order parameter S of the fibres along the strand: 0 all directions alike, "
        "near 1 all along the strand, negative across it (-0.4 to 0.97).",
    )
    orientation: Orientation | None = Field(
        examples=["{kind: planar, order: 0.3}"],
        default=None,
        description="Directions of the fibres instead of alignment: isotropic, {kind: planar, "
        "order: ...}, or {kind: field, file: ...} as measured.",
    )
    ligand: Level = Field(
        examples=["1.0"],
        default=UNSET,
        description="Adhesive ligand relative to the parental gel. Default: 1 with collagen, "
        "0 without, for plain alginate carries no integrin ligand.",
    )
    synergy: Ratio = Field(
        examples=["1.0"],
        default=1.0,
        description="Factor on the collagen's stiffness inside the alginate (1: simply added).",
    )
    heterogeneity: Heterogeneity | None = Field(
        examples=["{cv: 0.2, length: 40 um}"],
        default=None,
        description="Random softer and stiffer spots. Default: a uniform gel.",
    )
    youngs_modulus: Modulus | None = Field(
        examples=["3 kPa"],
        default=None,
        description="Young's modulus measured on the whole gel in kPa; used as it is, the recipe "
        "then only says how the fibres share it.",
    )

    @model_validator(mode="after")
    def _settle(self) -> Recipe:
        if self.alginate is None and not self.has_collagen and self.youngs_modulus is None:
            raise rejection(
                "an empty ink",
                expected="at least one of alginate, collagen_I, collagen_III and youngs_modulus",
                found="none of them with a concentration above 0",
                mend="add e.g. alginate: {concentration: 2 %, calcium: 9.8 mM, chain: 280 kDa}",
            )
        self._require_one_orientation()
        if self.ligand is None:
            self.settle(ligand=1.0 if self.has_collagen else 0.0)
        return self

    def _require_one_orientation(self) -> None:
        """Raise where directions are given twice, or where a law does not know them."""
        given = self.orientation
        if given is not None and self.alignment != 0.0:
            raise rejection(
                "the directions of the fibres are given twice",
                expected="alignment, or orientation",
                found=f"alignment {self.alignment:g} and orientation of kind {given.kind}",
                mend="keep alignment for fibres about the strand; delete it for orientation",
                at=("orientation",),
            )
        if given is not None and given.kind == "isotropic":
            self.settle(orientation=None)  # two ways to write the same case
        if self.alignment == 0.0 and self.orientation is None:
            return
        for key in ("collagen_I", "collagen_III"):
            fibres = getattr(self, key)
            if fibres is not None and fibres.law.kind == "tension_aligned":
                raise rejection(
                    "a law of isotropic gels in a gel with directions",
                    expected="no alignment and no orientation with the law tension_aligned",
                    found=f"alignment {self.alignment:g}"
                    if given is None
                    else f"orientation of kind {given.kind}",
                    mend="delete "
                    + ("alignment" if given is None else "orientation")
                    + ", or choose another law",
                    at=(key, "law"),
                )

    @property
    def has_collagen(self) -> bool:
        """Whether any collagen is in the ink."""
        return any(
            fibres is not None and fibres.concentration > 0.0
            for fibres in (self.collagen_I, self.collagen_III)
        )
