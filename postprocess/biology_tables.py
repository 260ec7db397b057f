"""The tables of a :class:`postprocess.biology.Biology` as CSV files, and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from postprocess.biology import TABLES, Biology
from postprocess.tables import stable_csv


def write_tables(biology: Biology, directory: Path) -> None:
    """Write one ``<table>.csv`` for every table that is there: the same numbers, the same bytes."""
    for name, table in biology.tables().items():
        (directory / f"{name}.csv").write_bytes(stable_csv(table).encode("utf-8", "replace"))


def read_tables(directory: Path, notes: Mapping[str, Any] | None) -> Biology | None:
    """Read the tables of a result folder back.

    Parameters
    ----------
    directory
        A result folder.
    notes
        ``biology`` of its ``summary.json``; None where the run had none.

    Returns
    -------
    Biology or None
        Numbers with nine digits.

    Raises
    ------
    ResultError
        Where a table does not keep its columns.
    """
    if notes is None:
        return None
    import pandas

    found = {}
    for name, kinds in TABLES.items():
        path = directory / f"{name}.csv"
        if path.is_file():
            # Names are texts even where they look like numbers or like "NA".
            texts = {column: str for column, kind in kinds.items() if kind == "text"}
            empty = {column: [""] for column, kind in kinds.items() if kind != "text"}
            found[name] = pandas.read_csv(
                path, dtype=texts, keep_default_na=False, na_values=empty, encoding="utf-8"
            )
    known = Biology().notes()
    return Biology(**found, **{name: notes[name] for name in known if name in notes})
