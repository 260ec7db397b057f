"""Which part of a body is which ink."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from meshes.errors import InputError
from meshes.scaffold import IntArray, require_ink_names

Inks = Mapping[str | int, str | None]
"""Region (name or number) to ink; None leaves the region out."""


@dataclass(frozen=True)
class Region:
    """A part of a body that a file tells from the others.

    Parameters
    ----------
    name
        What the file calls it, "" where it has no name.
    number
        Its number in the file.
    kind
        "region", "volume" or "solid": a nameless one is called kind and number.
    """

    name: str
    number: int
    kind: str = "region"

    @property
    def label(self) -> str:
        """Name that an ink can bear: printable, without quotes, at most 80 characters."""
        clean = "".join(c if c.isprintable() and c != '"' else "_" for c in self.name).strip()
        return clean[:80].strip() or self.numbered

    @property
    def numbered(self) -> str:
        """Kind and number."""
        return f"{self.kind} {self.number}"


def inks_of(
    where: str, regions: list[Region], inks: Inks | None
) -> tuple[tuple[str, ...], IntArray]:
    """Names of the inks, and the ink of each region.

    Parameters
    ----------
    where
        The file, for messages.
    regions
        The regions of the file.
    inks
        From regions to inks: by name, by kind and number ("solid 2"), or by number. Without it
        each region is an ink of its own name, and regions of one name are one ink.

    Returns
    -------
    names, index
        Index into `names` per region, shape (n_regions,); -1 for those left out.

    Raises
    ------
    InputError
        If a region has no ink, or the mapping names a region that is not there.
    """
    if inks is None:
        chosen: list[str | None] = [region.label for region in regions]
    else:
        given = {str(key).strip(): ink for key, ink in inks.items()}
        known = {n for r in regions for n in (r.name, r.label, r.numbered, str(r.number))}
        unknown = [key for key in given if key not in known]
        if unknown:
            raise InputError(
                f"{where}: there is no region {unknown[0]!r}", hint=f"it has {_listed(regions)}"
            )
        chosen = [_chosen(where, region, given) for region in regions]
    names = tuple(dict.fromkeys(name for name in chosen if name is not None))
    if not names:
        raise InputError(f"{where}: no region is left", hint="map one region to an ink at least")
    require_ink_names(names)
    index = [-1 if name is None else names.index(name) for name in chosen]
    return names, np.array(index, dtype=np.int64)


def _chosen(where: str, region: Region, given: dict[str, str | None]) -> str | None:
    """Ink of a region; its number, which nothing else shares, comes before its name."""
    for key in (region.numbered, str(region.number), region.name, region.label):
        if key in given:
            return given[key]
    raise InputError(
        f"{where}: region {region.label!r} ({region.numbered}) has no ink",
        hint=f"map it to an ink, or to none to leave it out: inks: {{{region.label}: …}}",
    )


def _listed(regions: list[Region]) -> str:
    shown = [f"{r.label!r} ({r.numbered})" for r in regions[:20]]
    return ", ".join(shown) + (f" and {len(regions) - 20} more" if len(regions) > 20 else "")
