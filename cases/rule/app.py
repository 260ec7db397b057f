"""The commands below ``dormatrix rule``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cases.options import Json
from cases.terminal import exit_codes, say, say_json

rule_app = typer.Typer(
    help="What the dormancy rule knows; fit it to counts; its network and its clutch.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@rule_app.command("list")
def list_names(
    json: Json = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="Print the table of signals, to edit your own.")
    ] = False,
) -> None:
    """List presets, signals, blocks and drugs with their sources."""
    with exit_codes():
        from cases.rule.listing import cue_csv, listing, listing_text

        if csv:
            say(cue_csv())
        elif json:
            say_json(listing())
        else:
            say(listing_text())


@rule_app.command()
def fit(
    data: Annotated[
        Path, typer.Argument(metavar="DATA.csv", help="stiffness, n_dormant, n_total.")
    ],
    preset: Annotated[str, typer.Option("--preset", help="The rule that is fitted.")] = "adhesive",
    ligand: Annotated[
        float, typer.Option("--ligand", min=1e-6, max=100.0, help="Ligand relative to parental.")
    ] = 1.0,
    figure: Annotated[
        Path | None, typer.Option("--figure", metavar="FILE.png", help="Draw counts and curve.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the picture.")] = False,
    json: Json = False,
) -> None:
    """Fit E50 and n to counted cells; print lines to paste into a case."""
    with exit_codes():
        from cases.rule.fit import fit_rule

        result = fit_rule(data, preset, ligand, figure, overwrite=overwrite)
        if json:
            say_json(result.record)
        else:
            say(result.text)


@rule_app.command()
def sbml(
    output: Annotated[Path, typer.Argument(metavar="FILE.xml", help="File to write.")],
    stiffness: Annotated[
        str, typer.Option("--stiffness", help="What the cell senses, e.g. '2 kPa'.")
    ] = "2.1 kPa",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
) -> None:
    """Write the signalling network as SBML (rate rules)."""
    with exit_codes():
        from cases.rule.sbml import export

        say(export(output, stiffness, overwrite=overwrite))


@rule_app.command()
def clutch(
    ligand: Annotated[
        float, typer.Option("--ligand", min=0.05, max=4.0, help="Ligand relative to parental.")
    ] = 1.0,
    contractility: Annotated[
        float, typer.Option("--contractility", min=0.05, max=2.0, help="Motors, likewise.")
    ] = 1.0,
    json: Json = False,
) -> None:
    """Print traction and drive of the molecular clutch against stiffness."""
    with exit_codes():
        from cases.progress import Progress
        from cases.rule.clutch import clutch_record, clutch_text

        record = clutch_record(ligand, contractility, Progress(quiet=json))
        if json:
            say_json(record)
        else:
            say(clutch_text(record))
