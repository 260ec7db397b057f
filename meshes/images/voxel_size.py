"""Find the voxel size in what a microscope wrote beside its images.

OME-XML (PhysicalSizeX, …) and ImageJ (unit, spacing, resolution). Dots per inch are not believed.
"""

from __future__ import annotations

import math
from typing import Any

from meshes.errors import InputError

MICROMETRES = {
    "µm": 1.0, "μm": 1.0, "um": 1.0, "micron": 1.0, "microns": 1.0, "micrometer": 1.0,
    "micrometre": 1.0, "\\u00b5m": 1.0, "nm": 1e-3, "nanometer": 1e-3, "mm": 1e3, "cm": 1e4,
    "m": 1e6, "å": 1e-4, "inch": 25400.0, "in": 25400.0,
}  # fmt: skip


def ome_voxel(path: str, xml: str) -> list[float | None]:
    """Steps along x, y, z in µm from OME-XML; None where it does not say.

    Raises
    ------
    InputError
        If the XML is broken or holds declarations of entities.
    """
    from xml.etree import ElementTree

    if "<!DOCTYPE" in xml or "<!ENTITY" in xml:
        raise InputError(f"{path}: its OME-XML declares entities, which no microscope writes")
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise InputError(
            f"{path}: its OME-XML is broken: {error}",
            hint="export the stack again, or as plain TIFF with voxel: [x, y, z] in um",
        ) from None
    pixels = next((node for node in root.iter() if node.tag.endswith("}Pixels")), None)
    if pixels is None:
        return [None, None, None]
    return [
        _length(pixels.get(f"PhysicalSize{a}"), pixels.get(f"PhysicalSize{a}Unit", "µm"))
        for a in "XYZ"
    ]


def ome_channels(xml: str) -> tuple[str, ...]:
    """Names of the channels in OME-XML that :func:`ome_voxel` has found sound; () if unnamed."""
    from xml.etree import ElementTree

    nodes = [n for n in ElementTree.fromstring(xml).iter() if n.tag.endswith("}Channel")]
    names = [str(node.get("Name", "")).strip()[:80] for node in nodes]
    return tuple(names) if all(names) and len(set(names)) == len(names) else ()


def imagej_voxel(metadata: dict[str, Any], resolution: tuple[float, float]) -> list[float | None]:
    """Steps along x, y, z in µm from ImageJ's notes; None where they do not say.

    Parameters
    ----------
    metadata
        ImageJ's description: ``unit``, ``spacing``.
    resolution
        Pixels per unit along x and y.
    """
    unit = metadata.get("unit", "")
    steps: list[float | None] = [_length(1.0 / r if r > 0.0 else None, unit) for r in resolution]
    return [*steps, _length(metadata.get("spacing"), metadata.get("zunit", unit))]


def _length(value: Any, unit: Any) -> float | None:
    factor = MICROMETRES.get(str(unit).strip().lower())
    try:
        number = abs(float(value))
    except (TypeError, ValueError):
        return None
    return number * factor if factor and math.isfinite(number) and number > 0.0 else None
