"""Clusters of cells that grow until oxygen, vessels or T cells hold them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictBool

from cases.quantity import Quantity
from cases.schema.base import CaseModel

Clusters = Annotated[int, Quantity("number", low=1, high=200, whole=True)]
Cells = Annotated[float, Quantity("number", low=1.0, high=1e6)]
Days = Annotated[float, Quantity("time", above=0.0, high=10_000.0)]
TCells = Annotated[float, Quantity("number", low=0.0, high=100.0)]
Pressure = Annotated[float, Quantity("number", above=0.0, high=760.0)]
Still = Annotated[float, Quantity("length", low=0.0, high=5e4)]
Breathing = Annotated[float, Quantity("number", above=0.0, high=1e4)]


class Mass(CaseModel):
    """Clusters of cells at some of the sites, in the scaffold's own oxygen."""

    clusters: Clusters = Field(
        default=6, examples=[6], description="How many, at sites spread evenly."
    )
    cells: Cells = Field(
        default=50.0, examples=[50], description="Cells of each cluster at the start."
    )
    duration: Days = Field(
        default=1440.0, examples=["60 days"], description="How long they are followed."
    )
    vessels: StrictBool = Field(
        default=False,
        examples=["true"],
        description="Whether vessels grow in once enough cells are hypoxic.",
    )
    T_cells: TCells = Field(
        default=0.0, examples=[0.3], description="T cells per tumour cell once they have come."
    )
    medium: Pressure = Field(
        default=142.0, examples=[142], description="Oxygen of the medium, mmHg."
    )
    still: Still = Field(
        default=500.0,
        examples=["500 um"],
        description="Thickness of medium over the gel that nothing stirs.",
    )
    breathing: Breathing = Field(
        default=30.0, examples=[30], description="Oxygen that a cell takes, amol per second."
    )
