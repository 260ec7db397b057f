"""Arguments and options that several commands share, each with one help text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CaseFile = Annotated[Path, typer.Argument(metavar="CASE", help="The case file (YAML).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines, and nothing else.")]
NoFigures = Annotated[bool, typer.Option("--no-figures", help="Draw no pictures.")]
