"""The commands of shapes and pictures: ``mesh``, ``image`` and ``shg``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cases.options import CaseFile, Json, NoFigures
from cases.terminal import exit_codes, say, say_json


def mesh(
    case: CaseFile,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder. Default: results/mesh-<name>.")
    ] = None,
    json: Json = False,
    no_figures: NoFigures = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier mesh of the same name.")
    ] = False,
) -> None:
    """Build, check and draw the mesh of a case; solve nothing."""
    with exit_codes():
        from cases.load import load_case
        from cases.mesh_command import run_mesh
        from cases.progress import Progress
        from cases.terminal import first_rank

        if not first_rank():
            return
        result = run_mesh(
            load_case(case),
            output,
            figures=not no_figures,
            overwrite=overwrite,
            progress=Progress(quiet=json),
        )
        if json:
            say_json({"directory": str(result.directory), **result.record})
            return
        say(result.text)
        say(f"mesh: {result.directory / 'mesh.vtu'}")


def image(
    stack: Annotated[
        Path,
        typer.Argument(
            metavar="STACK.tif", help="Microscope stack (TIFF); a folder with --ctfire."
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder. Default: results/image-<name>.")
    ] = None,
    voxel: Annotated[
        str | None,
        typer.Option("--voxel", help="Steps x,y,z in um, e.g. 0.5,0.5,2. Default: of the file."),
    ] = None,
    channel: Annotated[
        str, typer.Option("--channel", help="Number from 0, or name. SHG does not tell I from III.")
    ] = "0",
    radius: Annotated[
        float, typer.Option("--radius", min=0.01, max=100.0, help="About that of a fibre, um.")
    ] = 1.0,
    block: Annotated[
        float | None, typer.Option("--block", min=0.1, max=1e5, help="Edge of a block, um.")
    ] = None,
    origin: Annotated[
        str, typer.Option("--origin", help="Corner of the stack in the scaffold, x,y,z in um.")
    ] = "0,0,0",
    ctfire: Annotated[
        str | None,
        typer.Option("--ctfire", metavar="STEM", help="Read CT-FIRE's tables of this image."),
    ] = None,
    json: Json = False,
    no_figures: NoFigures = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier result of the same name.")
    ] = False,
) -> None:
    """Measure fibre directions and waviness in a microscope stack, for a case to read."""
    with exit_codes():
        from cases.image_command import ImageOptions, numbers_of, run_image
        from cases.progress import Progress

        if ctfire is not None:
            from cases.ctfire_command import ctfire_record, ctfire_text

            (pixel,) = numbers_of("--voxel", voxel or "", (1,), positive=True)
            record = ctfire_record(stack, ctfire, pixel)
            if json:
                say_json(record)
            else:
                say(ctfire_text(record))
            return
        result = run_image(
            stack,
            output,
            ImageOptions.read(voxel, channel, radius, block, origin),
            figures=not no_figures,
            overwrite=overwrite,
            progress=Progress(quiet=json),
        )
        if json:
            say_json({"directory": str(result.directory), **result.record})
        else:
            say(result.text)


def shg(
    case: CaseFile,
    output: Annotated[Path, typer.Argument(metavar="FILE.ome.tif", help="OME-TIFF to write.")],
    collagen: Annotated[str, typer.Option("--collagen", help="Which is seen: I or III.")] = "I",
    middle: Annotated[
        str | None, typer.Option("--middle", help="Of the stack, x,y,z in um. Default: deep in it.")
    ] = None,
    size: Annotated[str, typer.Option("--size", help="Of the stack, um.")] = "100,100,30",
    voxel: Annotated[str, typer.Option("--voxel", help="Of a voxel, um.")] = "0.5,0.5,1",
    radius: Annotated[
        float, typer.Option("--radius", min=0.05, max=20.0, help="Of a visible fibre, um.")
    ] = 0.5,
    length: Annotated[
        float, typer.Option("--length", min=1.0, max=1000.0, help="Of a fibre, um.")
    ] = 60.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the drawn fibres.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
) -> None:
    """Draw what a second-harmonic microscope would see of a case's collagen."""
    with exit_codes():
        from cases.image_command import numbers_of
        from cases.load import load_case
        from cases.shg_command import draw_shg, which_collagen

        said = draw_shg(
            load_case(case),
            output,
            collagen=which_collagen(collagen),
            middle=None if middle is None else numbers_of("--middle", middle, (3,)),
            size=numbers_of("--size", size, (3,), positive=True),
            voxel=numbers_of("--voxel", voxel, (3,), positive=True),
            radius=radius,
            length=length,
            seed=seed,
            overwrite=overwrite,
        )
        say(said)
