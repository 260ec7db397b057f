"""Read a TIFF stack (OME, ImageJ or plain) with its voxel size; hostile files are refused."""

from __future__ import annotations

import logging
import math
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from meshes.errors import InputError
from meshes.images.chain import count_pages
from meshes.images.stack import MAX_VOXELS, Stack, require_voxel
from meshes.images.voxel_size import imagej_voxel, ome_channels, ome_voxel
from meshes.scaffold import FloatArray

_RGB, _YCBCR, _PALETTE = 2, 6, 3
_PLAIN, _DEFLATE = (1,), (8, 32946)
_PACKED = {5: "LZW", 32773: "PackBits"}  # decoded by imagecodecs, where it is installed
_CHUNK = 1 << 20
_GIVE_VOXEL = (
    "say the steps along x, y and z in um, such as --voxel 0.5,0.5,2, or export with the voxel "
    "size as OME-TIFF"
)
_AGAIN = "copy the file again, or export the stack again from the program of the microscope"


def read_stack(
    path: str | Path,
    voxel: Sequence[float] | FloatArray | None = None,
    *,
    series: int | None = None,
) -> Stack:
    """Read a stack of one or more channels.

    Parameters
    ----------
    path
        TIFF, OME-TIFF or ImageJ TIFF: whole or floating numbers, uncompressed or deflated (LZW
        where the package imagecodecs is installed), at most 2 GiB and 2^27 voxels.
    voxel
        Step along x, y, z, µm; None: as the file says. What is given counts. One slice: the two
        steps x and y are enough.
    series
        Which of several series of images, from 0; a file with more than one needs it.

    Raises
    ------
    InputError
        If the file is damaged, too large, a time series or in colours, holds NaN, or no voxel size
        is known: with the way to mend it.
    """
    path = Path(path)
    pages = count_pages(path)
    import tifffile

    with _damage(path) as reports:
        try:
            with tifffile.TiffFile(path, _multifile=False) as file:
                xml = file.ome_metadata if file.is_ome else None
                noted = ome_voxel(str(path), xml) if xml else _plain_voxel(file)
                names = ome_channels(xml) if xml else ()
                one = _one_series(path, file, series, pages)
                axes = _require_axes(path, one)
                _require_decodable(path, file, one)
                _refuse_reports(path, reports)
                data = one.asarray(maxworkers=1)
        except InputError:
            raise
        except Exception as error:  # whatever a damaged file makes the decoder raise
            raise InputError(f"{path}: damaged: {str(error)[:200]}", hint=_AGAIN) from None
        _refuse_reports(path, reports)
    values = _ordered(data, axes)
    _refuse_nan(path, values)
    steps, warnings = _voxel(path, voxel, noted, flat=values.shape[1] == 1)
    names = names if len(names) == len(values) else ()
    if one.keyframe.photometric == _PALETTE:
        warnings.append("the file has a colour table; its numbers are taken as intensities")
    return Stack(values, steps, names=names, warnings=tuple(warnings))


@contextmanager
def _damage(path: Path) -> Iterator[list[str]]:
    """Collect what tifffile would log: it goes on where a file is damaged, we do not."""
    reports: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.ERROR:
                reports.append(record.getMessage())

    log, handler = logging.getLogger("tifffile"), Collect()
    before = log.propagate
    log.addHandler(handler)
    log.propagate = False
    try:
        yield reports
    finally:
        log.removeHandler(handler)
        log.propagate = before


def _refuse_reports(path: Path, reports: list[str]) -> None:
    if reports:
        raise InputError(f"{path}: damaged: {reports[0][:200]}", hint=_AGAIN)


def _plain_voxel(file: Any) -> list[float | None]:
    notes = file.imagej_metadata
    if notes is None:
        return [None, None, None]
    rx, ry = file.pages.first.get_resolution()
    return imagej_voxel(notes, (float(rx), float(ry)))


def _one_series(path: Path, file: Any, number: int | None, pages: int) -> Any:
    """The wanted series, if all of it is there."""
    if file.is_ome and len(file.series) == 1 and file.series[0].kind != "ome":
        raise InputError(
            f"{path}: the stack is spread over several files", hint="export it as one file"
        )
    if len(file.series) > 1 and number is None:
        sizes = ", ".join("x".join(map(str, s.shape)) for s in file.series[:5])
        raise InputError(
            f"{path}: holds {len(file.series)} series of images ({sizes}), expected one",
            hint="save the wanted series alone, or say which: series: 0 is the first",
        )
    number = number or 0
    if not 0 <= number < len(file.series):
        raise InputError(f"{path}: series: expected 0 to {len(file.series) - 1}, found {number}")
    series = file.series[number]
    claimed = int((file.imagej_metadata or {}).get("images", 1))
    missing = sum(page is None for page in series.pages)
    if missing or (claimed > pages and claimed > math.prod(series.shape[:-2])):
        raise InputError(
            f"{path}: truncated: its notes promise more images than the {pages} it holds",
            hint=_AGAIN,
        )
    return series


def _require_axes(path: Path, series: Any) -> str:
    """Axes of the series, each of C, Z, Y, X at most once; size within the limit."""
    axes, shape, page = series.axes, series.shape, series.keyframe
    if page.photometric in (_RGB, _YCBCR) or "S" in axes:
        raise InputError(
            f"{path}: a picture in colours (axes {axes}, {'x'.join(map(str, shape))})",
            hint="save each channel by itself as grey values (ImageJ: Image > Color > Split "
            "Channels); rendered pictures with scale bars cannot be measured",
        )
    if math.prod(shape) > MAX_VOXELS:
        raise InputError(
            f"{path}: {'x'.join(map(str, shape))} are {math.prod(shape):.3g} voxels, at most "
            f"{MAX_VOXELS:.3g} are read",
            hint="crop the stack to the region of interest, or bin it",
        )
    sizes = dict(zip(axes, shape, strict=True))
    if sizes.get("T", 1) > 1:
        raise InputError(
            f"{path}: a time series of {sizes['T']} points",
            hint="save one point of time alone; if these are slices, say so in the file (ImageJ: "
            "Image > Properties)",
        )
    unnamed = [a for a in axes if a not in "TCZYX" and sizes[a] > 1]
    if len(unnamed) > 1 or (unnamed and sizes.get("Z", 1) > 1):
        raise InputError(
            f"{path}: axes {axes} of {'x'.join(map(str, shape))}: expected channel, z, y, x",
            hint="save a single stack with slices along z",
        )
    if page.dtype is None or page.dtype.kind not in "uif" or page.bitspersample % 8:
        raise InputError(
            f"{path}: {page.bitspersample} bits a voxel: expected whole or floating numbers of 8, "
            "16, 32 or 64 bits",
            hint="save as 16-bit grey values",
        )
    return "".join("Z" if a in unnamed else a for a in axes)


def _require_decodable(path: Path, file: Any, series: Any) -> None:
    """Compression known, every piece within the file, and no more inside than announced."""
    size = path.stat().st_size
    for page in series.pages:
        kind = int(page.compression)
        if kind not in _PLAIN + _DEFLATE and not (kind in _PACKED and find_spec("imagecodecs")):
            name = _PACKED.get(kind) or str(getattr(page.compression, "name", kind))
            raise InputError(
                f"{path}: compressed by {name}, which is not read",
                hint="save uncompressed or deflated (zip)"
                + ("; or install imagecodecs" if kind in _PACKED else ""),
            )
        spans = list(zip(page.dataoffsets, page.databytecounts, strict=True))
        if any(start < 0 or count < 0 or start + count > size for start, count in spans):
            raise InputError(f"{path}: truncated: image data end beyond the file", hint=_AGAIN)
        piece = math.prod(page.chunks) * page.dtype.itemsize
        if piece > MAX_VOXELS * 8:
            raise InputError(f"{path}: damaged: tiles of {page.chunks} voxels", hint=_AGAIN)
        if kind in _DEFLATE:
            for start, count in spans:
                if _inflated(file.filehandle, start, count, piece) > piece:
                    raise InputError(
                        f"{path}: more data inside than its {page.shape} voxels", hint=_AGAIN
                    )


def _inflated(handle: Any, start: int, count: int, limit: int) -> int:
    """Bytes that a deflated piece holds, counted up to just beyond the limit."""
    engine, total = zlib.decompressobj(), 0
    handle.seek(start)
    data = b""
    while total <= limit and not engine.eof:
        if not data:
            data = handle.read(min(_CHUNK, count))
            count -= len(data)
            if not data:
                break
        total += len(engine.decompress(data, _CHUNK))
        data = engine.unconsumed_tail
    return total


def _ordered(data: Any, axes: str) -> Any:
    """As (channel, z, y, x) float32."""
    array = np.asarray(data)
    extra = tuple(k for k, a in enumerate(axes) if a not in "CZYX")
    array = array.squeeze(axis=extra)
    rest = [a for a in axes if a in "CZYX"]
    for a in "CZYX":
        if a not in rest:
            array, rest = array[None], [a, *rest]
    return np.ascontiguousarray(array.transpose([rest.index(a) for a in "CZYX"]), dtype=np.float32)


def _refuse_nan(path: Path, values: Any) -> None:
    bad = values.size - int(np.isfinite(values).sum())
    if bad:
        raise InputError(
            f"{path}: {bad} voxels are not finite numbers (NaN or infinite)",
            hint="crop them away, or set them to the background",
        )


def _voxel(
    path: Path, given: Any, noted: list[float | None], *, flat: bool
) -> tuple[FloatArray, list[str]]:
    """Voxel size: what the user gives, else what the file says."""
    steps = noted if given is None else [float(s) for s in np.ravel(given)]
    if flat and len(steps) >= 2 and (len(steps) == 2 or steps[2] is None):
        across = steps[0]  # a single slice: its thickness enters nothing
        steps = [steps[0], steps[1], across]
    missing = [a for a, s in zip("xyz", steps, strict=False) if s is None]
    if missing:
        raise InputError(
            f"{path}: the file does not say the step along {', '.join(missing)}, and a wrong one "
            "turns fibres by 20 degrees",
            hint=_GIVE_VOXEL,
        )
    size = require_voxel([s for s in steps if s is not None])
    warnings = []
    if given is not None:
        off = [
            f"{a}: {s:g} um given, {n:g} um in the file"
            for a, s, n in zip("xyz", size, noted, strict=True)
            if n is not None and abs(s - n) > 0.01 * n
        ]
        warnings = ["voxel size, " + "; ".join(off)] if off else []
    return size, warnings
