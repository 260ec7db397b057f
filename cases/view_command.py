"""``dormatrix view``: results in the browser, and pictures of them for papers and scripts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cases.errors import clean
from cases.terminal import exit_codes, first_rank, say
from meshes.errors import InputError

if TYPE_CHECKING:
    from postprocess.scene.look import Look

_SIZE = re.compile(r"(\d{1,5})(?:x(\d{1,5}))?")
_MOST_PIXELS = 100_000_000


def view(
    results: Annotated[
        list[Path],
        typer.Argument(metavar="RESULT...", help="Folders of results; several: side by side."),
    ],
    png: Annotated[
        Path | None, typer.Option("--png", metavar="FILE", help="Draw this picture.")
    ] = None,
    svg: Annotated[
        Path | None,
        typer.Option("--svg", metavar="FILE", help="The same; lettering stays vector."),
    ] = None,
    pdf: Annotated[
        Path | None,
        typer.Option("--pdf", metavar="FILE", help="The same; lettering stays vector."),
    ] = None,
    field: Annotated[
        str | None,
        typer.Option(
            "--field",
            help="On the scaffold: stiffness, along, across, anisotropy, alignment, stress, "
            "strain, displacement, ink, or none.",
        ),
    ] = None,
    sites: Annotated[
        str | None,
        typer.Option(
            "--sites",
            metavar="COLUMN",
            help="Cells coloured by p, band, stiffness, anisotropy, depth, ink, any cue, or none. "
            "Default: p, where nothing else is shown.",
        ),
    ] = None,
    fibres: Annotated[
        str | None, typer.Option("--fibres", help="Directions: glyphs, lines or none.")
    ] = None,
    fibre_colour: Annotated[
        str | None, typer.Option("--fibre-colour", help="Field that colours them.")
    ] = None,
    clip: Annotated[
        str | None,
        typer.Option(
            "--clip", metavar="x|y|z[=SHARE]", help="Cut; a minus keeps the other half: -z=0.3."
        ),
    ] = None,
    section: Annotated[
        str | None,
        typer.Option("--section", metavar="x|y|z[=SHARE]", help="The field on one plane."),
    ] = None,
    iso: Annotated[
        str | None,
        typer.Option("--iso", metavar="VALUES", help="Surfaces of the field: 2,3.5 or auto."),
    ] = None,
    ellipsoids: Annotated[
        bool, typer.Option("--ellipsoids", help="Sensed stiffness as bodies: long where stiff.")
    ] = False,
    toolpath: Annotated[
        str | None, typer.Option("--toolpath", help="Print path by order or ink.")
    ] = None,
    no_rings: Annotated[
        bool, typer.Option("--no-rings", help="Uncertain cells without their black outline.")
    ] = False,
    step: Annotated[
        int | None,
        typer.Option(
            "--step", help="Fields at a step of a finite load: 0 at rest, -1 the whole load."
        ),
    ] = None,
    camera: Annotated[
        str,
        typer.Option("--camera", help="iso, top, front, side or azimuth,elevation; then ,zoom."),
    ] = "iso",
    size: Annotated[
        str | None,
        typer.Option("--size", metavar="WIDTH[xHEIGHT]", help="Pixels. Default: 7.5 inches wide."),
    ] = None,
    dpi: Annotated[
        int, typer.Option("--dpi", min=30, max=1200, help="Pixels per inch: sizes lettering.")
    ] = 300,
    transparent: Annotated[
        bool, typer.Option("--transparent", help="Leave the background out.")
    ] = False,
    background: Annotated[
        str, typer.Option("--background", help="white, black, dark, grey or #rrggbb.")
    ] = "white",
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, help="Of the page, on this machine only. 0: any free one."),
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address of the page.")
    ] = False,
    idle: Annotated[
        float,
        typer.Option(min=0, max=1e6, help="Minutes without a page until it ends. 0: never."),
    ] = 60.0,
) -> None:
    """Look at results in the browser, or draw pictures of them: fields, cells, fibres, cuts.

    Without --png, --svg or --pdf a page opens. It shows the first result; the others can be chosen
    there.
    """
    with exit_codes():
        from postprocess.scene.look import parse_look

        if not first_rank():
            return
        look = parse_look(
            field=field,
            sites=sites,
            fibres=fibres,
            fibre_colour=fibre_colour,
            clip=clip,
            section=section,
            iso=iso,
            ellipsoids=ellipsoids,
            toolpath=toolpath,
            rings=not no_rings,
            camera=camera,
            background=background,
        )
        require_results(results)
        if png is None and svg is None and pdf is None:
            look_around(
                results, look, step=step, port=port, open_browser=not no_browser, idle_min=idle
            )
            return
        files = Files.read(png=png, svg=svg, pdf=pdf)
        from postprocess.scene.child import draw_folders

        draw_folders(
            results,
            look,
            files.paths,
            dpi=dpi,
            size=parse_size(size),
            transparent=transparent,
            step=step,
        )
        for path in files.paths:
            say(f"picture: {path}")


def look_around(
    folders: Sequence[Path],
    look: Look,
    *,
    step: int | None,
    port: int,
    open_browser: bool,
    idle_min: float,
) -> None:
    """Show results in the browser, with the rule at hand where a result holds what it needs.

    Parameters
    ----------
    folders
        Of finished runs.
    look
        What the page shows first.
    step
        As in :func:`postprocess.scene.data.load_scene`.
    port, open_browser, idle_min
        As in :func:`postprocess.viewer.serve`.
    """
    from cases.view.live import LiveRule
    from postprocess.scene.data import load_scene
    from postprocess.viewer import serve
    from postprocess.viewer.loads import loads_of

    def rule_of(folder: Path) -> LiveRule | None:
        try:
            return LiveRule(folder)
        except InputError as error:
            say(f"note: {clean(error.args[0])}; {error.hint}", error=True)
            return None

    loads = [loads_of(folder) for folder in folders]
    if step is not None and None in loads:
        raise InputError(
            f"{clean(str(folders[loads.index(None)]))} has no load steps",
            hint="a run leaves them where load.theory is finite",
        )
    serve(
        [load_scene(folder) for folder in folders],
        live_rules=[rule_of(folder) for folder in folders],
        loads=loads,
        look=look,
        step=-1 if step is None else step,
        port=port,
        open_browser=open_browser,
        idle_min=idle_min,
        say=say,
    )


@dataclass(frozen=True)
class Files:
    """Pictures that were asked for.

    Parameters
    ----------
    paths
        Files, each with the ending of its format.
    """

    paths: tuple[Path, ...]

    @classmethod
    def read(cls, **asked: Path | None) -> Files:
        """Check the files of the options ``png``, ``svg``, ``pdf``.

        Raises
        ------
        InputError
            Where none is named, one has the ending of another format, or its folder is not there.
        """
        named = {kind: path for kind, path in asked.items() if path is not None}
        if not named:
            raise InputError(
                "no picture was asked for", hint="name one: --png view.png, --svg or --pdf"
            )
        for kind, path in named.items():
            if path.suffix.lower() != f".{kind}":
                raise InputError(
                    f"--{kind} {clean(str(path))}: the name does not end in .{kind}",
                    hint=f"for example --{kind} view.{kind}",
                )
            if path.is_dir() or not path.absolute().parent.is_dir():
                raise InputError(
                    f"--{kind} {clean(str(path))}: cannot be written there",
                    hint="name a file in a folder that exists",
                )
        return cls(tuple(named.values()))


def require_results(folders: Sequence[Path]) -> None:
    """Refuse what is no folder of a finished run.

    Raises
    ------
    InputError
        With the way out.
    """
    for folder in folders:
        if not (folder / "summary.json").is_file() or not (folder / "fields.vtu").is_file():
            raise InputError(
                f"{clean(str(folder))} is no result of a finished run",
                hint="give a folder that 'dormatrix run' wrote, such as results/quickstart",
            )


def parse_size(text: str | None) -> tuple[int, int | None] | None:
    """Read ``1800`` or ``1800x1200``, pixels; None stays None.

    Raises
    ------
    InputError
        Where it is neither, or no picture of that size can be drawn.
    """
    if text is None:
        return None
    match = _SIZE.fullmatch(text.strip().lower())
    if match is None:
        raise InputError(
            f"--size {clean(text[:40])}: expected pixels", hint="--size 1800 or --size 1800x1200"
        )
    width, height = int(match[1]), int(match[2]) if match[2] else None
    if min(width, height or width) < 100 or width * (height or width) > _MOST_PIXELS:
        raise InputError(
            f"--size {clean(text[:40])}: a picture has 100 pixels each way at least, and "
            f"{_MOST_PIXELS // 1_000_000} million at most"
        )
    return width, height
