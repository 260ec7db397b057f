"""What a picture shows and from where: parsed from the words of a command line."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meshes.errors import InputError
from postprocess.camera import FROM_THE_LEFT, Camera, parse_camera
from postprocess.scene.planes import Plane, parse_plane

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_NAMES = {"white": "#ffffff", "black": "#000000", "dark": "#1e1e1e", "grey": "#808080"}
_WAYS = ("glyphs", "lines")


@dataclass(frozen=True)
class Look:
    """What a picture shows.

    Parameters
    ----------
    field
        Quantity of the mesh on the scaffold, by key or short word; None: the scaffold is clear.
    sites
        Quantity of the sites by which they are coloured; None: no sites.
    fibres
        ``"glyphs"``, ``"lines"`` or None.
    fibre_colour
        Quantity of the cells that colours fibres.
    clip
        Plane at which the scaffold is cut; the side of it that is kept.
    section
        Plane on which the field is shown, in a clear scaffold.
    iso
        Values of the field, in its unit, of which the surfaces are shown; empty: chosen evenly;
        None: no such surfaces.
    ellipsoids
        Whether the sensed stiffness of sites is drawn as bodies.
    toolpath
        Whether the axes of the strands are drawn: ``"order"``, ``"ink"`` or None.
    rings
        Whether uncertain sites are outlined.
    camera
        Where the eye stands.
    background
        ``#rrggbb``.
    """

    field: str | None = None
    sites: str | None = "p_dormant"
    fibres: str | None = None
    fibre_colour: str = "alignment"
    clip: Plane | None = None
    section: Plane | None = None
    iso: tuple[float, ...] | None = None
    ellipsoids: bool = False
    toolpath: str | None = None
    rings: bool = True
    camera: Camera = FROM_THE_LEFT
    background: str = "#ffffff"

    @property
    def ink(self) -> str:
        """Colour of lettering that reads on the background."""
        red, green, blue = (int(self.background[i : i + 2], 16) for i in (1, 3, 5))
        return "#222222" if 0.3 * red + 0.59 * green + 0.11 * blue > 110 else "#f2f2f2"

    def record(self) -> dict[str, Any]:
        """Plain values, for a job file; :meth:`of` reads them."""
        return dataclasses.asdict(self)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Look:
        """Read what :meth:`record` wrote."""
        told = dict(record)
        for key in ("clip", "section"):
            told[key] = None if told[key] is None else Plane(**told[key])
        told["iso"] = None if told["iso"] is None else tuple(told["iso"])
        view = told["camera"]
        told["camera"] = Camera(tuple(view["eye"]), view["zoom"])
        return cls(**told)


def parse_look(
    *,
    field: str | None = None,
    sites: str | None = None,
    fibres: str | None = None,
    fibre_colour: str | None = None,
    clip: str | None = None,
    section: str | None = None,
    iso: str | None = None,
    ellipsoids: bool = False,
    toolpath: str | None = None,
    rings: bool = True,
    camera: str = "iso",
    background: str = "white",
) -> Look:
    """Read the words of a command line, see :class:`Look`.

    Sites are shown unless ``sites`` is ``"none"``, or something else is shown and sites were not
    asked for.

    Raises
    ------
    InputError
        Where a word is not understood. Whether a result holds a quantity is found when it is drawn.
    """
    other = any(
        thing is not None and thing != "none" for thing in (field, fibres, section, iso, toolpath)
    )
    if sites is None:
        sites = "none" if other or ellipsoids else "p_dormant"
    return Look(
        field=_unless_none(field) or ("stiffness" if section or iso else None),
        sites=_unless_none(sites),
        fibres=_one_of("--fibres", fibres, _WAYS),
        fibre_colour=fibre_colour or "alignment",
        clip=parse_plane("--clip", clip) if clip else None,
        section=parse_plane("--section", section) if section else None,
        iso=None if iso is None else _levels(iso),
        ellipsoids=ellipsoids,
        toolpath=_one_of("--toolpath", toolpath, ("order", "ink")),
        rings=rings,
        camera=parse_camera(camera),
        background=parse_colour(background),
    )


def parse_colour(text: str) -> str:
    """``white``, ``black``, ``dark``, ``grey`` or ``#rrggbb`` as ``#rrggbb``.

    Raises
    ------
    InputError
        Where it is none of them.
    """
    colour = _NAMES.get(text.strip().lower(), text.strip())
    if not _HEX.fullmatch(colour):
        raise InputError(
            f"--background {text[:40]!r} is no colour",
            hint=f"{', '.join(_NAMES)} or #rrggbb",
        )
    return colour.lower()


def _unless_none(word: str | None) -> str | None:
    return None if word is None or word == "none" else word


def _one_of(option: str, word: str | None, words: tuple[str, ...]) -> str | None:
    word = _unless_none(word)
    if word is not None and word not in words:
        raise InputError(
            f"{option} {word[:40]!r}: not understood", hint=f"{', '.join(words)} or none"
        )
    return word


def _levels(text: str) -> tuple[float, ...]:
    if text == "auto":
        return ()
    try:
        return tuple(sorted(float(part) for part in text.split(",")))
    except ValueError:
        raise InputError(
            f"--iso {text[:40]!r}: expected values of the field with commas between",
            hint="for example --iso 2,3.5; --iso auto chooses three",
        ) from None
