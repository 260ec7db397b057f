"""``dormatrix image``: from a microscope stack to fibre directions and waviness for a case."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.errors import clean
from cases.folder import IMAGE, require_free, result_folder
from cases.progress import Progress
from meshes.errors import InputError

if TYPE_CHECKING:
    from meshes.images.fibre_field import FibreField
    from meshes.images.stack import Stack
    from meshes.images.waviness import Waviness

_BLOCKS = 8  # windows per block edge, by default


@dataclass(frozen=True)
class ImageOptions:
    """How a stack is to be read and measured; lengths µm.

    Attributes
    ----------
    voxel
        Steps along x, y, z; None: as the file says.
    channel
        Number from 0, or name.
    radius
        About the radius of a fibre: scale of the derivative, of the window and of the traces.
    block
        Edge of the blocks; None: eight radii, at least a tenth of the stack.
    origin
        Corner of the stack in the frame of the scaffold.
    """

    voxel: tuple[float, ...] | None
    channel: str
    radius: float
    block: float | None
    origin: tuple[float, float, float]

    @classmethod
    def read(
        cls, voxel: str | None, channel: str, radius: float, block: float | None, origin: str
    ) -> ImageOptions:
        """Read the options of the command line.

        Raises
        ------
        InputError
            Where a list of numbers is none.
        """
        steps = None if voxel is None else numbers_of("--voxel", voxel, (2, 3), positive=True)
        corner = numbers_of("--origin", origin, (3,))
        return cls(steps, channel, radius, block, (corner[0], corner[1], corner[2]))


def numbers_of(
    option: str, text: str, lengths: tuple[int, ...], *, positive: bool = False
) -> tuple[float, ...]:
    """Numbers with commas between, as written on the command line.

    Raises
    ------
    InputError
        Where there are not so many, one is not finite, or one that must be is not above 0.
    """
    try:
        numbers = tuple(float(part) for part in text.replace(";", ",").split(","))
    except ValueError:
        numbers = ()
    wrong = len(numbers) not in lengths or not np.isfinite(numbers).all()
    if wrong or (positive and min(numbers) <= 0.0):
        wanted = " or ".join(str(n) for n in lengths)
        raise InputError(
            f"{option} {clean(text)}: expected {wanted} numbers in um"
            f"{' above 0' if positive else ''} with commas between",
            hint=f"for example {option} {','.join(['0.5'] * lengths[-1])}",
        )
    return numbers


@dataclass(frozen=True, eq=False)
class ImageResult:
    """Where it lies, what was written, and what to print."""

    directory: Path
    record: dict[str, Any]
    text: str


def run_image(
    stack: Path,
    output: Path | None,
    options: ImageOptions,
    *,
    figures: bool = True,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> ImageResult:
    """Measure a stack; write ``field.csv``, ``fibres.csv``, ``image.json`` and pictures.

    Parameters
    ----------
    stack
        TIFF file.
    output
        Folder; default ``results/image-<stem>``.
    options
        Voxel, channel, scales.
    figures
        Whether to draw.
    overwrite
        Replace the result of another stack.
    progress
        Told of the stages; silent by default.

    Raises
    ------
    InputError
        If the stack or an option cannot be used.
    """
    from meshes.images.fibre_field import fibre_field, write_field
    from meshes.images.read import read_stack
    from meshes.images.structure import Scales

    progress = progress or Progress(quiet=True)
    progress.stages = 4
    target = output if output is not None else Path("results") / f"image-{stack.stem}"
    asked = hashlib.sha256(f"{stack.resolve()} {options}".encode()).hexdigest()

    def still_free() -> None:
        require_free(target, asked, overwrite, figures, IMAGE)

    still_free()
    with progress.stage("reading"):
        found = replace(read_stack(stack, options.voxel), origin=np.array(options.origin))
        channel = _channel(found, options.channel)
    scales = Scales(derivative=options.radius, window=options.radius)
    block = options.block or max(_BLOCKS * options.radius, 0.1 * float(found.size.max()))
    with progress.stage("directions"):
        field = fibre_field(found, block, scales, channel)
    with progress.stage("waviness"):
        waves, missing = _waviness(found, channel, options.radius)
    record = _record(stack, asked, found, channel, field, waves, missing)
    with progress.stage("writing"), result_folder(target, still_free) as aside:
        straight = None if waves is None else waves.in_blocks(field.points, found.origin)
        write_field(
            aside / "field.csv",
            field,
            further=None if straight is None else {"straightness": straight},
        )
        if waves is not None:
            _write_fibres(aside / "fibres.csv", waves, np.array(options.origin))
        if figures:
            from postprocess.image_plot import draw_directions

            (aside / "figures").mkdir()
            draw_directions(
                found.channel(channel).max(axis=0),
                found.voxel[:2],
                field.points - found.origin,
                field.axes,
                field.order,
                aside / "figures" / "directions.png",
            )
        text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
        (aside / "image.json").write_text(text + "\n", encoding="utf-8")
    return ImageResult(target, record, image_text(record, target))


def _channel(stack: Stack, wanted: str) -> int | str:
    """The channel by number or by name."""
    if wanted.isdigit():
        if int(wanted) >= len(stack.values):
            raise InputError(
                f"--channel {wanted}: the stack has {len(stack.values)}, counted from 0",
                hint="its names: " + (", ".join(stack.names) or "none"),
            )
        return int(wanted)
    return wanted


def _waviness(stack: Stack, channel: int | str, radius: float) -> tuple[Waviness | None, str]:
    """Waviness of the traced fibres, or why there is none."""
    from meshes.images.traces import trace_fibres
    from meshes.images.waviness import waviness

    try:
        return waviness(trace_fibres(stack, channel, scale=radius), radius), ""
    except InputError as error:
        return None, str(error.args[0])


def _record(
    path: Path,
    asked: str,
    stack: Stack,
    channel: int | str,
    field: FibreField,
    waves: Waviness | None,
    missing: str,
) -> dict[str, Any]:
    """What was found, as plain JSON with units in the keys."""
    mean = field.mean()
    values, vectors = np.linalg.eigh(mean)
    axis = vectors[:, -1]
    axis = axis * np.sign(axis[np.argmax(np.abs(axis))])  # an axis has no sign: show one
    record: dict[str, Any] = {
        "stack": path.name,
        "hash": asked,
        "settings": field.settings,
        "channel": channel,
        "voxel_um": stack.voxel.tolist(),
        "size_um": stack.size.tolist(),
        "blocks": len(field.points),
        "blocks_left_out": field.empty,
        "mean_direction": axis.tolist(),
        "order_parameter": float((3.0 * values[-1] - 1.0) / 2.0),
        "order_parameter_of_blocks": float(np.median(field.order)),
        "warnings": [*stack.warnings, *([missing] if missing else [])],
    }
    if waves is not None:
        wavy = np.isfinite(waves.amplitude) & waves.understood
        record["fibres"] = len(waves.length)
        if waves.understood.any():
            record["straightness"] = waves.mean_straightness()
        if wavy.any():
            record["amplitude_um"] = float(np.median(waves.amplitude[wavy]))
            record["wavelength_um"] = float(np.median(waves.wavelength[wavy]))
            record["wavy_share"] = float(waves.length[wavy].sum() / waves.length.sum())
    return record


def _write_fibres(path: Path, waves: Waviness, origin: np.ndarray[Any, Any]) -> None:
    """One row per traced fibre; what is not known of it is left empty."""
    columns = {
        "x_um": waves.middle[:, 0] + origin[0],
        "y_um": waves.middle[:, 1] + origin[1],
        "z_um": waves.middle[:, 2] + origin[2],
        "length_um": waves.length,
        "straightness": waves.straightness,
        "amplitude_um": waves.amplitude,
        "wavelength_um": waves.wavelength,
    }
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            table.writerow(["" if not np.isfinite(v) else f"{v:.6g}" for v in row])


def image_text(record: dict[str, Any], folder: Path) -> str:
    """The record in a few lines for a terminal, with what to paste into a case."""
    size = " x ".join(f"{edge:.4g}" for edge in record["size_um"])
    direction = ", ".join(f"{c:+.2f}" for c in record["mean_direction"])
    rows = [
        ("stack", f"{clean(record['stack'])}, {size} um, channel {clean(record['channel'])}"),
        ("blocks", f"{record['blocks']}, {record['blocks_left_out']} without fibres left out"),
        ("direction", f"[{direction}], order parameter {record['order_parameter']:.2f}"),
        ("within a block", f"order parameter {record['order_parameter_of_blocks']:.2f} (median)"),
    ]
    if "straightness" in record:
        rows.append(
            ("fibres", f"{record['fibres']} traced, straightness {record['straightness']:.3f}")
        )
    if "amplitude_um" in record:
        rows.append(
            (
                "waves",
                f"amplitude {record['amplitude_um']:.3g} um, wavelength "
                f"{record['wavelength_um']:.3g} um (medians), on "
                f"{100 * record['wavy_share']:.0f} % of the length",
            )
        )
    rows += [("note", warning) for warning in record["warnings"]]
    width = max(len(label) for label, _ in rows)
    paste = ["to paste into an ink:", "", "  orientation: {kind: field, file: field.csv}"]
    if "amplitude_um" in record:
        paste.append(
            f"  waviness: {{amplitude: {record['amplitude_um']:.3g} um, wavelength: "
            f"{record['wavelength_um']:.3g} um}}   # of the collagen that this channel shows"
        )
    lines = [*(f"  {label:<{width}}  {text}" for label, text in rows), "", *paste, ""]
    return "\n".join([*lines, f"copy {folder / 'field.csv'} beside your case"])
