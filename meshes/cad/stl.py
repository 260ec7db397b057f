"""STL files, ASCII and binary, read within bounds and checked to the last triangle."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from meshes.cad.surface import Surface, repaired_surface
from meshes.cad.units import length_factor, require_plausible_size
from meshes.errors import InputError
from meshes.scaffold import FloatArray

MAX_FILE_BYTES = 200_000_000
MAX_TRIANGLES = 5_000_000
_HEADER, _RECORD = 84, 50  # bytes of a binary STL
_CHUNK = 1 << 22
_VERTEX = re.compile(rb"vertex[ \t]+(\S+)[ \t]+(\S+)[ \t]+(\S+)", re.IGNORECASE)


def read_stl(path: str | Path, unit: str) -> Surface:
    """Read an STL file as a closed surface.

    Parameters
    ----------
    path
        The file, ASCII or binary, at most 200 MB and 5 million triangles.
    unit
        What a length of 1 in the file stands for: um, mm, cm, m, nm or in. STL names no unit; most
        programs write mm.

    Returns
    -------
    Surface
        In µm, where it lies in the file; its `notes` say what was repaired.

    Raises
    ------
    InputError
        If the file is missing, too large, cut short or no STL, holds values that are not finite,
        looks to be in another unit, or its surface is not closed.
    """
    source = Path(path)
    factor = length_factor(unit)
    require_readable(source, "STL file")
    corners = _read_binary(source)
    if corners is None:
        corners = _read_ascii(source)
    if len(corners) == 0:
        raise InputError(f"{source}: there are no triangles", hint="export the body again")
    bad = np.flatnonzero(~np.isfinite(corners).all(axis=(1, 2)))
    if len(bad):
        raise InputError(
            f"{source}: {len(bad)} triangles have coordinates that are not finite, the first is "
            f"triangle {bad[0] + 1}",
            hint="the file is damaged: export it again",
        )
    corners = corners * factor
    require_plausible_size(source, corners.reshape(-1, 3), unit)
    return repaired_surface(str(source), corners)


def require_readable(source: Path, what: str) -> None:
    """Refuse a file that is missing, empty or too large to be read.

    Parameters
    ----------
    source
        The file.
    what
        What it should be, for the message.

    Raises
    ------
    InputError
    """
    if not source.is_file():
        raise InputError(f"there is no {what} {source}")
    size = source.stat().st_size
    if size > MAX_FILE_BYTES:
        raise InputError(
            f"{source}: {size / 1e6:.0f} MB, at most {MAX_FILE_BYTES // 1_000_000} MB are read",
            hint="export with a coarser tolerance, or a smaller piece",
        )
    if size == 0:
        raise InputError(f"{source}: the file is empty", hint="export it again")


def _read_binary(source: Path) -> FloatArray | None:
    """Corners of a binary file, shape (m, 3, 3); None where it is ASCII."""
    size = source.stat().st_size
    with source.open("rb") as stream:
        head = stream.read(_HEADER)
    count = int.from_bytes(head[80:84], "little") if len(head) == _HEADER else 0
    fits = size == _HEADER + _RECORD * count and len(head) == _HEADER
    # Some programs begin binary files with the word that marks ASCII ones: only the size tells.
    if not fits and head.lstrip()[:5].lower() == b"solid":
        return None
    if not fits and len(head) == _HEADER and (size - _HEADER) // _RECORD >= 1:
        there = (size - _HEADER) / _RECORD
        raise InputError(
            f"{source}: its header counts {count} triangles, the file has room for {there:g}",
            hint="the file is cut short or damaged, or is no STL: export it again",
        )
    if not fits:
        raise InputError(
            f"{source} is no STL file: neither 'solid' nor a binary header is at its beginning",
            hint="export the body as STL, binary or ASCII",
        )
    _require_count(source, count)
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    triangles = np.fromfile(source, dtype=record, count=count, offset=_HEADER)
    return triangles["corners"].astype(np.float64)


def _read_ascii(source: Path) -> FloatArray:
    """Corners of an ASCII file, shape (m, 3, 3), in pieces of a few megabytes."""
    blocks: list[FloatArray] = []
    line, found = 1, 0
    with source.open("rb") as stream:
        rest = b""
        while chunk := stream.read(_CHUNK):
            piece = rest + chunk
            # A piece ends with a line: a vertex is never cut in two.
            end = max(piece.rfind(b"\n"), piece.rfind(b"\r")) + 1
            if end == 0 and len(piece) > 4 * _CHUNK:
                raise InputError(f"{source}, line {line}: a line of {len(piece)} bytes is no STL")
            piece, rest = piece[:end], piece[end:]
            blocks.append(_vertices(source, piece, line))
            line += piece.count(b"\n")
            found += len(blocks[-1])
            _require_count(source, found // 3)
        blocks.append(_vertices(source, rest, line))
    vertices = np.concatenate(blocks)
    if len(vertices) % 3:
        raise InputError(
            f"{source}: {len(vertices)} vertices make no whole number of triangles",
            hint="the file is cut short or damaged: export it again",
        )
    return vertices.reshape(-1, 3, 3)


def _vertices(source: Path, piece: bytes, line: int) -> FloatArray:
    """Coordinates of all vertices in a piece of text, shape (k, 3)."""
    words = _VERTEX.findall(piece)
    told = piece.lower().count(b"vertex")
    try:
        if told != len(words):
            raise ValueError
        return np.array(words, dtype=np.bytes_).astype(np.float64).reshape(-1, 3)
    except ValueError:
        for number, text in enumerate(piece.splitlines(), start=line):
            if b"vertex" in text.lower() and not _is_vertex(text):
                shown = text.strip()[:80].decode("utf-8", "replace")
                raise InputError(
                    f"{source}, line {number}: expected 'vertex x y z', found {shown!r}",
                    hint="the file is damaged: export it again",
                ) from None
        raise InputError(
            f"{source}, from line {line}: not a readable STL file", hint="export it again"
        ) from None


def _is_vertex(text: bytes) -> bool:
    """Whether a line holds one vertex of three numbers."""
    match = _VERTEX.fullmatch(text.strip())
    try:
        return match is not None and all(isinstance(float(word), float) for word in match.groups())
    except ValueError:
        return False


def _require_count(source: Path, count: int) -> None:
    if count > MAX_TRIANGLES:
        raise InputError(
            f"{source}: {count} triangles or more, at most {MAX_TRIANGLES} are read",
            hint="export with a coarser tolerance, or simplify the mesh",
        )
