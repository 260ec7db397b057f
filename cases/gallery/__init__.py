"""Cases and sweeps that come along, ready to run and to be changed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from meshes.errors import InputError

_SWEEPS = "sweeps"  # folder of those that are sweeps


def gallery() -> dict[str, str]:
    """Return the names of the cases with the first line of each, which says what it shows.

    The quickstart first, sweeps last.
    """
    shipped = sorted(
        (entry for entry in _shipped() if entry.name.endswith(".yaml")),
        key=lambda entry: (
            not entry.name.startswith("quickstart"),
            is_sweep(entry.name),
            entry.name,
        ),
    )
    return {
        entry.name.removesuffix(".yaml"): entry.read_text(encoding="utf-8")
        .splitlines()[0]
        .lstrip("# ")
        for entry in shipped
    }


def is_sweep(name: str) -> bool:
    """Whether a name of the gallery is that of a sweep."""
    stem = name.removesuffix(".yaml")
    return files(__name__).joinpath(_SWEEPS, f"{stem}.yaml").is_file()


def _shipped() -> Iterator[Traversable]:
    here = files(__name__)
    yield from here.iterdir()
    yield from here.joinpath(_SWEEPS).iterdir()


def copy_case(name: str, folder: Path) -> Path:
    """Copy a case into `folder`, with the file that it names if any, and return its path.

    Raises
    ------
    InputError
        If there is no such case, or a file of that name is there already.
    """
    known = gallery()
    stem = name.removesuffix(".yaml")
    if stem not in known:
        raise InputError(
            f"gallery: there is no case of that name; known are {', '.join(known)}",
            hint="dormatrix gallery lists them with a line each",
        )
    target = folder / f"{stem}.yaml"
    # What a case names lies beside it under the same name; the case itself comes last.
    shipped = sorted(
        (entry for entry in _shipped() if entry.name.startswith(f"{stem}.")),
        key=lambda entry: entry.name.endswith(".yaml"),
    )
    for entry in shipped:
        _copy(entry.read_bytes(), folder / entry.name)
    return target


def _copy(content: bytes, target: Path) -> None:
    try:
        # Exclusive creation: a file that somebody has changed is never written over.
        with target.open("xb") as stream:
            stream.write(content)
    except FileExistsError:
        raise InputError(
            f"{target.name} is there already and was left as it is",
            hint="rename it, or copy into another folder",
        ) from None
    except OSError as error:
        raise InputError(
            f"{target.name} cannot be written here: {error.strerror}",
            hint="change to a folder that you may write to",
        ) from None
