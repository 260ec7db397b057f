"""The command ``dormatrix batch`` with its options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cases.options import Json, NoFigures
from cases.terminal import FAILED, exit_codes, first_rank, say, say_json

SweepFile = Annotated[Path, typer.Argument(metavar="SWEEP", help="The sweep file (YAML).")]


def batch(
    sweep: SweepFile,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the sweep. Default: results/<name>."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=1024, help="Cases at once. Default: one per core."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print the cases and what they will cost; compute nothing."),
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Compute failed cases again.")
    ] = False,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Send the cases to this Dask scheduler."),
    ] = None,
    wait_for_workers: Annotated[
        int | None,
        typer.Option(
            "--wait-for-workers", min=1, max=100_000, help="Workers that --scheduler must have."
        ),
    ] = None,
    cluster: Annotated[
        bool,
        typer.Option("--cluster", help="Start workers as jobs, as the sweep's cluster says."),
    ] = False,
    submit: Annotated[
        Literal["slurm"] | None,
        typer.Option("--submit", help="Hand the sweep to SLURM as jobs, and end."),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Compute only part I of N, without table and report."),
    ] = None,
    collect: Annotated[
        bool, typer.Option("--collect", help="Write table and report from what is there.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    json: Json = False,
    no_figures: NoFigures = False,
) -> None:
    """Compute a sweep: many cases from one, resumed where it was left."""
    with exit_codes():
        from cases.batch.command import (
            collect_batch,
            folder_of,
            read_points,
            run_batch,
            submit_batch,
        )
        from cases.batch.options import BatchOptions
        from cases.batch.shard import Shard

        _require_one(dry_run=dry_run, submit=submit, shard=shard, collect=collect)
        if not first_rank():
            return  # a sweep has workers of its own
        options = BatchOptions(
            output=output,
            workers=workers,
            scheduler=scheduler,
            wait_for_workers=wait_for_workers,
            cluster=cluster,
            retry_failed=retry_failed,
            figures=not no_figures,
            shard=None if shard is None else Shard.parse(shard),
            quiet=quiet,
            json=json,
        )
        points = read_points(sweep, options)
        if submit is not None:
            submit_batch(sweep, points, options, dry_run=dry_run)
            return
        if dry_run:
            _tell_plan(points, options)
            return
        work = collect_batch if collect else run_batch
        summary = work(points, options)
        if json:
            say_json(summary.to_json())
        elif not quiet:
            from cases.batch.words import summary_text

            say(summary_text(summary))
            for warning in summary.warnings:
                say(f"note: {warning}", error=True)
            if shard is None:
                say(f"table:  {summary.directory / 'table.csv'}")
                say(f"report: {folder_of(points.loaded, options) / 'report.html'}")
        if summary.failed:
            raise typer.Exit(FAILED)


def _require_one(**chosen: object) -> None:
    """Refuse options that contradict each other."""
    from meshes.errors import InputError

    asked = [name for name, value in chosen.items() if value]
    if len(asked) > 1 and set(asked) != {"dry_run", "submit"}:
        words = " and ".join(f"--{name.replace('_', '-')}" for name in asked)
        raise InputError(f"{words} ask for different things", hint="keep one of them")


def _tell_plan(points: object, options: object) -> None:
    from cases.batch.command import folder_of, require_own
    from cases.batch.execution import wanted_workers
    from cases.batch.options import BatchOptions
    from cases.batch.plan import make_plan
    from cases.batch.points import Points
    from cases.batch.words import plan_json, plan_text

    assert isinstance(points, Points)
    assert isinstance(options, BatchOptions)
    folder = folder_of(points.loaded, options)
    require_own(folder)
    plan = make_plan(points, folder, retry_failed=options.retry_failed, figures=options.figures)
    workers = wanted_workers(options)
    if options.json:
        say_json(plan_json(plan, workers))
    else:
        say(plan_text(plan, workers))
