"""Between the words of the command line, the state of the page, and what the picture shows."""

from __future__ import annotations

from typing import Any

from postprocess.scene.look import Look
from postprocess.scene.planes import Plane
from postprocess.scene.quantities import Quantity
from postprocess.viewer.session import Session
from postprocess.viewer.shown import Shown

FEW_SITES, FEW_CELLS = 4000, 200_000
"""Up to here a scene can be drawn by the browser itself."""

FIBRE_FIELD = "anisotropy"
"""Field that colours fibres."""

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


def offered(session: Session) -> dict[str, Any]:
    """State of the page for a result: what can be chosen, and what is before anything is."""
    scene = session.scene
    return {
        "name": scene.name,
        "fields": _items(session.fields),
        "columns": [*_items(session.columns), {"title": "no cells", "value": "none"}],
        "hists": _items([q for q in session.columns if q.policy != "inks"]),
        "body": "glass",
        "field": session.fields[0].key,
        "sites_by": "p_dormant",
        "fibres": "none",
        "ellipsoids": False,
        "rings": True,
        "clip_axis": "none",
        "clip_at": 50,
        "clip_flip": False,
        "p_range": [0, 100],
        "hist_by": "p_dormant",
        "brush": [0, 100],
        "picked": None,
        "can_local": scene.sites.n_points <= FEW_SITES and scene.skin.n_cells <= FEW_CELLS,
        "live": session.rule is not None,
        "loads": [] if session.loads is None else session.loads.words,
        "load": 0 if session.loads is None else len(session.loads.words) - 1,
    }


def _items(quantities: list[Quantity]) -> list[dict[str, str]]:
    return [{"title": q.title, "value": q.key} for q in quantities]


def shown_of(state: Any, session: Session) -> Shown:
    """What the picture shows in a state of the page."""
    field = session.quantity(state.field, of_sites=False)
    fibre_field = session.quantity(FIBRE_FIELD, of_sites=False)
    sites = None if state.sites_by == "none" else session.quantity(state.sites_by, of_sites=True)
    clip = None
    if state.clip_axis != "none":
        keep = "below" if state.clip_flip else "above"
        clip = Plane(str(state.clip_axis), float(state.clip_at) / 100.0, keep)
    return Shown(
        body=state.body,
        field=field,
        field_ends=session.limits(field),
        sites=sites,
        site_ends=None if sites is None else session.limits(sites),
        clip=clip,
        fibres=None if state.fibres == "none" else state.fibres,
        fibre_field=fibre_field,
        fibre_ends=session.limits(fibre_field),
        ellipsoids=bool(state.ellipsoids),
        rings=bool(state.rings),
        dark=bool(state.dark),
    )


def _brightness(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.3 * red + 0.59 * green + 0.11 * blue
