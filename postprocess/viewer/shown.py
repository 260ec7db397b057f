"""What the picture of a viewer shows, apart from where the eye is."""

from __future__ import annotations

from dataclasses import dataclass

from postprocess.scene.planes import Plane
from postprocess.scene.quantities import Limits, Quantity

BODIES = ("glass", "field", "section", "none")
"""How the scaffold is shown: clear, a field on its skin, a field on one plane of it, not at all."""

PAPER, NIGHT = "#ffffff", "#14181d"
"""Background of the picture on a light and on a dark page."""


@dataclass(frozen=True)
class Shown:
    """What the picture shows.

    Parameters
    ----------
    body
        One of `BODIES`.
    field, field_ends
        Quantity of the mesh, and its limits.
    sites, site_ends
        Quantity that colours the sites, and its limits; None: no sites.
    clip
        Plane at which everything is cut; None: nowhere. A section lies on it.
    fibres
        ``"glyphs"``, ``"lines"`` or None.
    fibre_field, fibre_ends
        Quantity of the cells that colours fibres, and its limits.
    ellipsoids
        Whether sites are drawn as bodies of their sensed stiffness.
    rings
        Whether uncertain sites are outlined.
    dark
        Whether the page is.
    """

    body: str
    field: Quantity
    field_ends: Limits
    sites: Quantity | None
    site_ends: Limits | None
    clip: Plane | None
    fibres: str | None
    fibre_field: Quantity
    fibre_ends: Limits
    ellipsoids: bool
    rings: bool
    dark: bool
