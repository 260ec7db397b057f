"""What is done to the scaffold while the cells feel it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, model_validator

from cases.quantity import Quantity, rejection
from cases.schema.base import UNSET, CaseModel

LINEAR_LIMIT = 0.3  # beyond this strain linear elasticity says nothing
Strain = Annotated[float, Quantity("number", above=0.0, high=0.6)]
Swelling = Annotated[float, Quantity("number", low=-0.3, high=0.5)]


class Load(CaseModel):
    """What is done to the scaffold while the cells feel it."""

    kind: Literal["compression", "none"] = Field(
        examples=["compression"],
        default="compression",
        description="compression: a plate presses the scaffold onto the glass; none: it rests.",
    )
    strain: Strain = Field(
        examples=["5 %"],
        default=UNSET,
        description="Compression relative to the height, above 0 and at most 0.6 (0.3 where "
        "theory is linear). Default: 0.05.",
    )
    plate: Literal["bonded", "frictionless"] = Field(
        examples=["bonded"],
        default="bonded",
        description="Whether the plate holds the gel sideways.",
    )
    substrate: Literal["glass"] = Field(
        examples=["glass"],
        default="glass",
        description="What the scaffold stands on: glass, bonded to the gel.",
    )
    swelling: Swelling = Field(
        examples=["3 %"],
        default=0.0,
        description="How much longer in every direction the free gel would become in the medium "
        "(negative: it shrinks), -0.3 to 0.5. Where glass and plate hold it, it is strained.",
    )
    theory: Literal["linear", "finite"] = Field(
        examples=["finite"],
        default=UNSET,
        description="linear: small strains, fast; finite: large strains, in which fibres "
        "straighten, turn and buckle. Default: finite with swelling, else linear.",
    )
    prestrain: StrictBool = Field(
        examples=["true"],
        default=UNSET,
        description="Whether cells feel the gel as the load has strained it. Default: true with "
        "theory finite; linear theory cannot.",
    )

    @model_validator(mode="after")
    def _settle(self) -> Load:
        if self.kind == "none" and self.strain is not None:
            raise rejection(
                "a strain without a load",
                expected="no strain with kind: none",
                found=f"strain {self.strain:g}",
                mend="delete strain, or write kind: compression",
                at=("strain",),
            )
        if self.strain is None:
            self.settle(strain=0.05 if self.kind == "compression" else 0.0)
        if self.theory is None:
            self.settle(theory="finite" if self.swelling != 0.0 else "linear")
        if self.prestrain is None:
            self.settle(prestrain=self.theory == "finite")
        self._require_theory()
        return self

    def _require_theory(self) -> None:
        """Raise where the theory cannot give what is asked."""
        if self.theory == "finite" and not self.solves:
            raise rejection(
                "nothing that strains the scaffold",
                expected="a compression or a swelling with theory: finite",
                found="neither",
                mend="delete theory, or write swelling: 3 %",
                at=("theory",),
            )
        if self.theory == "finite":
            return
        if self.swelling != 0.0:
            raise rejection(
                "swelling in linear theory",
                expected="theory: finite",
                found="theory: linear",
                mend="delete theory: with swelling it is finite",
                at=("theory",),
            )
        if self.strain > LINEAR_LIMIT:
            raise rejection(
                "a strain too large for linear theory",
                expected=f"at most {LINEAR_LIMIT:g}, or theory: finite",
                found=f"{self.strain:g}",
                mend="write theory: finite below it",
                at=("strain",),
            )
        if self.prestrain:
            raise rejection(
                "pre-strain in linear theory",
                expected="theory: finite, for in linear theory a strain changes no stiffness",
                found="theory: linear",
                mend="write theory: finite, or delete prestrain",
                at=("prestrain",),
            )

    @property
    def solves(self) -> bool:
        """Whether the scaffold is strained at all."""
        return self.kind != "none" or self.swelling != 0.0
