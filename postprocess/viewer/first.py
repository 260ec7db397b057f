"""What the page shows first: the words of the command line as its state."""

from __future__ import annotations

from typing import Any

from postprocess.scene.look import Look
from postprocess.viewer.session import Session

_DARK = 110.0  # brightness of a background, 0 to 255, below which the page is dark


def first_state(look: Look, session: Session) -> dict[str, Any]:
    """State of the page that shows a look.

    Parameters
    ----------
    look
        As of a picture; contours and toolpath are of pictures alone.
    session
        Of the result it is for.

    Raises
    ------
    InputError
        Where the result does not hold a quantity.
    """
    plane = look.section or look.clip
    state: dict[str, Any] = {
        "body": "section" if look.section else "field" if look.field else "glass",
        "sites_by": "none",
        "fibres": look.fibres or "none",
        "ellipsoids": look.ellipsoids,
        "rings": look.rings,
        "dark": _brightness(look.background) < _DARK,
    }
    if look.field is not None:
        state["field"] = session.quantity(look.field, of_sites=False).key
    if look.sites is not None:
        state["sites_by"] = session.quantity(look.sites, of_sites=True).key
    if plane is not None:
        state["clip_axis"] = plane.axis
        state["clip_at"] = round(100 * plane.share)
        state["clip_flip"] = plane.keep == "below"
    return state


def _brightness(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.3 * red + 0.59 * green + 0.11 * blue
