"""Walk the directories of a TIFF file before anything of it is decoded.

TIFF 6.0 (Adobe 1992), section 2; BigTIFF likewise with 8-byte offsets.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from meshes.errors import InputError

MAX_FILE_BYTES = 2 << 30
MAX_PAGES = 20_000
_MAX_TAGS = 4096


def count_pages(path: Path) -> int:
    """Number of directories in a TIFF file.

    Raises
    ------
    InputError
        If the file is no TIFF, larger than 2 GiB, ends too soon, or its directories go in circles.
    """
    if not path.is_file():
        said = "not a file" if path.exists() else "no such file"
        raise InputError(f"{path}: {said}", hint="check the name and the folder")
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise InputError(
            f"{path}: the file has {size >> 20} MiB, at most {MAX_FILE_BYTES >> 20} are read",
            hint="crop the stack to the region of interest, or bin it",
        )
    try:
        with path.open("rb") as stream:
            return _walk(path, stream)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    except struct.error:
        raise InputError(
            f"{path}: the file is truncated: a directory is missing",
            hint="copy or export the stack again",
        ) from None


def _walk(path: Path, stream: BinaryIO) -> int:
    head = stream.read(8)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    version = struct.unpack(order + "H", head[2:4])[0] if order and len(head) == 8 else 0
    if order is None or version not in (42, 43):
        raise InputError(
            f"{path}: not a TIFF file",
            hint="export the stack as TIFF or OME-TIFF from the program of the microscope",
        )
    if version == 42:
        count_code, offset_code, entry = order + "H", order + "I", 12
        (offset,) = struct.unpack(offset_code, head[4:8])
    else:
        count_code, offset_code, entry = order + "Q", order + "Q", 20
        (offset,) = struct.unpack(offset_code, stream.read(8))
    seen: set[int] = set()
    while offset:
        if offset in seen or len(seen) == MAX_PAGES:
            what = "its directories go in circles" if offset in seen else "too many images"
            raise InputError(
                f"{path}: {what} (expected at most {MAX_PAGES} images, each listed once)",
                hint="export the stack again from the program of the microscope",
            )
        seen.add(offset)
        stream.seek(offset)
        (tags,) = struct.unpack(count_code, stream.read(struct.calcsize(count_code)))
        if tags > _MAX_TAGS:
            raise InputError(
                f"{path}: damaged: a directory of {tags} entries",
                hint="export the stack again from the program of the microscope",
            )
        stream.seek(tags * entry, 1)
        (offset,) = struct.unpack(offset_code, stream.read(struct.calcsize(offset_code)))
    if not seen:
        raise InputError(f"{path}: holds no image")
    return len(seen)
