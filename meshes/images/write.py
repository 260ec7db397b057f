"""Write a stack as OME-TIFF with its voxel size."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import numpy as np

from meshes.errors import InputError
from meshes.images.stack import Stack

_UUID = "00000000-0000-1000-8000-000000000000"  # the same stack gives the same bytes


def write_stack(path: str | Path, stack: Stack, *, dtype: Literal["uint16", "float32"]) -> Path:
    """Write a stack that ImageJ, Fiji and :func:`meshes.images.read.read_stack` open.

    Parameters
    ----------
    path
        Name ending in ``.ome.tif``.
    stack
        All channels are written, deflated.
    dtype
        ``uint16``: rounded and cut to 0…65535; ``float32``: as they are.

    Returns
    -------
    Path
        The file, in place of an earlier one only when it is whole.
    """
    path = Path(path)
    if not path.name.endswith((".ome.tif", ".ome.tiff")):
        raise InputError(f"{path}: expected a name ending in .ome.tif")
    if dtype not in ("uint16", "float32"):
        raise InputError(f"dtype: expected uint16 or float32, found {dtype!r}")
    import tifffile

    values = stack.values
    if dtype == "uint16":
        values = np.clip(np.rint(values), 0, 65535).astype(np.uint16)  # type: ignore[assignment]
    notes: dict[str, object] = {"axes": "CZYX", "UUID": _UUID, "Channel": {"Name": stack.names}}
    for axis, step in zip("XYZ", stack.voxel, strict=True):
        notes[f"PhysicalSize{axis}"] = float(step)
        notes[f"PhysicalSize{axis}Unit"] = "µm"
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        tifffile.imwrite(
            part, values, ome=True, photometric="minisblack", compression="zlib", metadata=notes
        )
        os.replace(part, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)
    return path
