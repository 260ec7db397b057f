"""The command line: ``dormatrix run CASE.yaml`` and its neighbours.

Everything heavy is imported inside the command that needs it, so that ``--help`` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cases.assay.command import assay
from cases.batch.app import batch
from cases.compare_command import compare
from cases.options import CaseFile, Json, NoFigures
from cases.report_command import report
from cases.rule.app import rule_app
from cases.shape_commands import image, mesh, shg
from cases.terminal import FAILED, exit_codes, open_streams, say, say_json
from cases.view_command import view

app = typer.Typer(
    name="dormatrix",
    help="From a bioink recipe and a print path to a map of where tumour cells would sleep.",
    epilog="Start with:  dormatrix gallery quickstart && dormatrix run quickstart.yaml",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.add_typer(rule_app, name="rule")
for _command in (batch, assay, view, compare, report, mesh, image, shg):
    app.command()(_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        from cases.doctor import own_version

        say(f"dormatrix {own_version()}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Root of all commands."""


@app.command()
def run(
    case: CaseFile,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the result. Default: results/<name>."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    json: Json = False,
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Processes. Default: all cores.")
    ] = None,
    no_figures: NoFigures = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print the report to report.pdf too.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier result of the same name.")
    ] = False,
) -> None:
    """Compute a case: P(dormant) of every cell."""
    with exit_codes():
        from cases.load import load_case
        from cases.progress import Progress
        from cases.terminal import first_rank

        checked = load_case(case)
        from cases.run import run_case

        if not (quiet or json):
            for warning in checked.warnings:
                say(f"note: {warning}", error=True)
        result = run_case(
            checked,
            output if output is not None else Path("results") / checked.slug,
            workers=workers if workers is not None else checked.compute.workers,
            figures=not no_figures,
            pdf=pdf,
            overwrite=overwrite,
            progress=Progress(quiet=quiet or json or not first_rank()),
        )
        if json:
            say_json({"directory": str(result.directory), **result.summary})
        elif not quiet:
            from cases.headline import headline

            say(headline(result.summary))
            for warning in result.warnings:
                if warning not in checked.warnings:
                    say(f"note: {warning}", error=True)
            say(f"report: {result.directory / 'report.html'}")


@app.command()
def check(case: CaseFile, json: Json = False) -> None:
    """Check a case; say what it would compute."""
    with exit_codes():
        from cases.check import summarise
        from cases.load import load_case

        summary = summarise(load_case(case))
        if json:
            say_json(summary)
            return
        from cases.headline import check_text

        say(check_text(summary))


@app.command()
def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file.")
    ] = None,
    sweep: Annotated[bool, typer.Option("--sweep", help="That of sweep files.")] = False,
) -> None:
    """Print the JSON Schema of case files for editors."""
    with exit_codes():
        from cases.json_schema import case_schema, sweep_schema

        found = sweep_schema() if sweep else case_schema()
        if output is None:
            say_json(found)
            return
        import json as json_module

        from meshes.errors import InputError

        text = json_module.dumps(found, indent=2, ensure_ascii=False) + "\n"
        if output.exists() and '"$schema"' not in output.read_text("utf-8", "replace")[:200]:
            raise InputError(
                f"{output} exists and is no schema: it is left alone",
                hint="name a new file, e.g. case.schema.json",
            )
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise InputError(
                f"{output}: cannot be written: {error.strerror}",
                hint="name a file in a folder that exists and that you may write to",
            ) from None
        say(f"written: {output}")


@app.command()
def material(
    case: CaseFile,
    ink: Annotated[
        str | None, typer.Option("--ink", help="Only this ink. Default: all of the case.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder. Default: results/material-<name>."),
    ] = None,
    fit: Annotated[
        Path | None,
        typer.Option("--fit", metavar="DATA.csv", help="Fit a law to this measured curve."),
    ] = None,
    law: Annotated[
        str | None,
        typer.Option("--law", help="semi_affine, exponential or crimped. Default: semi_affine."),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", help="shear, tension or compression. Default: as the headings say."),
    ] = None,
    collagen: Annotated[
        str | None,
        typer.Option("--collagen", help="Whose law is fitted: I or III. Default: I, if any."),
    ] = None,
    fit_matrix: Annotated[
        bool, typer.Option("--fit-matrix", help="Fit the modulus of the matrix as well.")
    ] = False,
    fit_buckling: Annotated[
        bool,
        typer.Option("--fit-buckling", help="Fit also how fibres give way when pushed."),
    ] = False,
    as_printed: Annotated[
        bool,
        typer.Option(
            "--as-printed",
            help="The sample's fibres lie as the ink says. Default: cast, in all directions.",
        ),
    ] = False,
    rve: Annotated[
        bool, typer.Option("--rve", help="Solve fibre cells beside the formulas (minutes).")
    ] = False,
    json: Json = False,
    no_figures: NoFigures = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier result of the same name.")
    ] = False,
) -> None:
    """Say how stiff an ink is and how it stiffens; fit it to a rheometer."""
    with exit_codes():
        from cases.load import load_case
        from cases.material.command import FitOptions, run_material
        from cases.progress import Progress
        from cases.terminal import first_rank

        if not (rve or first_rank()):
            return  # one process does it all
        result = run_material(
            load_case(case),
            output,
            ink=ink,
            fit=FitOptions.read(fit, law, kind, collagen, fit_matrix, fit_buckling, as_printed),
            rve=rve,
            figures=not no_figures,
            overwrite=overwrite,
            progress=Progress(quiet=json or not first_rank()),
        )
        if json:
            say_json({"directory": str(result.directory), **result.record})
            return
        say(result.text)
        say(f"page: {result.directory / 'material.html'}")


@app.command()
def explain(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="Folder of a result.")],
    site: Annotated[int, typer.Option("--site", min=0, help="Number (id) of the cell.")],
) -> None:
    """Say what keeps one cell of a result asleep or wakes it; draw it."""
    with exit_codes():
        from meshes.errors import InputError
        from postprocess.explain import explain_site

        if not (result / "summary.json").is_file():
            raise InputError(
                f"{result} is no result of a finished run",
                hint="give a folder that 'dormatrix run' wrote, such as results/quickstart",
            )
        text, figure = explain_site(result, site)
        say(text)
        say(f"figure: {figure}")


@app.command()
def doctor(json: Json = False) -> None:
    """Say what is installed and what is missing."""
    with exit_codes():
        from cases.doctor import as_json, can_run, examine

        findings = examine()
        if json:
            say_json(as_json(findings))
        else:
            from cases.headline import doctor_text

            say(doctor_text(findings))
        if not can_run(findings):
            raise typer.Exit(FAILED)


@app.command()
def gallery(
    name: Annotated[
        str | None, typer.Argument(help="Case to copy into the current folder.")
    ] = None,
) -> None:
    """List cases to start from, or copy one here."""
    with exit_codes():
        from cases.gallery import copy_case, is_sweep
        from cases.gallery import gallery as shipped

        if name is None:
            entries = shipped()
            width = max(len(entry) for entry in entries)
            for entry, line in entries.items():
                say(f"{entry:<{width}}  {line}")
            return
        target = copy_case(name, Path.cwd())
        say(f"written: {target.name}")
        command = "batch" if is_sweep(name) else "run"
        say(f"next:    dormatrix {command} {target.name}")


def main() -> Any:
    """Entry point of the command ``dormatrix``."""
    open_streams()
    return app(prog_name="dormatrix")


if __name__ == "__main__":
    main()
