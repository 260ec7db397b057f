"""The sites table as CSV (stable bytes) and Parquet (units and preset in the schema)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from postprocess.columns import column_description, column_unit
from postprocess.contract import ResultError, check_sites

if TYPE_CHECKING:
    import pandas

CSV_FORMAT = "%.9g"
"""Nine significant digits: far below any band, far above the last bits that differ by machine."""


def sites_csv(sites: pandas.DataFrame) -> str:
    """Text of ``sites.csv``: the same numbers always give the same bytes.

    Parameters
    ----------
    sites
        Sites table of the contract.

    Returns
    -------
    str
        Header and one line per site, floats with nine significant digits, lines ended by LF.

    Raises
    ------
    ResultError
        Where the table breaks the contract (see :func:`postprocess.contract.check_sites`).
    """
    check_sites(sites)
    return stable_csv(sites)


def stable_csv(frame: pandas.DataFrame) -> str:
    """Text of any table: floats with nine significant digits, lines ended by LF, one zero."""
    table = frame.copy()
    for name in table.columns:
        if table[name].dtype.kind == "f":
            table[name] = table[name] + 0.0  # -0.0 and 0.0 are the same number
    return table.to_csv(index=False, float_format=CSV_FORMAT, lineterminator="\n")


def write_csv(sites: pandas.DataFrame, path: Path) -> None:
    """Write ``sites.csv`` (UTF-8); see :func:`sites_csv`."""
    path.write_bytes(sites_csv(sites).encode("utf-8"))


def write_parquet(sites: pandas.DataFrame, path: Path, *, about: Mapping[str, object]) -> None:
    """Write ``sites.parquet`` at full precision.

    Every field carries ``unit`` and ``description``; the schema carries ``about`` as JSON under
    the key ``dormatrix`` (name, preset, hash).

    Parameters
    ----------
    sites
        Sites table of the contract.
    path
        File to write.
    about
        What the table belongs to; plain values.

    Raises
    ------
    ResultError
        Where the table breaks the contract.
    """
    check_sites(sites)
    meanings = {name: (column_unit(name), column_description(name)) for name in sites.columns}
    path.write_bytes(described_parquet(sites, meanings, about))


def described_parquet(
    frame: pandas.DataFrame, meanings: Mapping[str, tuple[str, str]], about: Mapping[str, object]
) -> bytes:
    """Content of a Parquet file of any table, at full precision.

    Parameters
    ----------
    frame
        The table.
    meanings
        (unit, description) of each of its columns.
    about
        What the table belongs to; plain values.
    """
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.Table.from_pandas(frame, preserve_index=False)
    fields = []
    for field in table.schema:
        unit, description = meanings[field.name]
        fields.append(field.with_metadata({"unit": unit, "description": description}))
    metadata = dict(table.schema.metadata or {})
    metadata[b"dormatrix"] = json.dumps(dict(about), ensure_ascii=False, allow_nan=False).encode()
    schema = pyarrow.schema(fields, metadata=metadata)
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table.cast(schema), sink)
    return bytes(sink.getvalue().to_pybytes())


def read_parquet(path: Path) -> pandas.DataFrame:
    """Read ``sites.parquet`` back, checked against the contract.

    Raises
    ------
    ResultError
        The file cannot be read, or is not a sites table.
    """
    import pandas
    import pyarrow

    try:
        sites = pandas.read_parquet(path)
    except (OSError, pyarrow.ArrowException) as failed:
        raise ResultError(f"{path} is damaged: it cannot be read as a table") from failed
    check_sites(sites)
    return sites
