"""Text for the methods section of a paper, from what a run really did and used.

Every sentence follows from the resolved case, from the assumptions or from the versions that the
result holds; what was not used is not written. Sources are numbered in the order in which they are
cited. Plain text, never markup.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from postprocess import methods_words as words
from postprocess.casefile import case_section
from postprocess.labels import find_dois
from postprocess.results import Assumption, SitesResult

SOFTWARE: dict[str, tuple[str, str]] = {
    "dolfinx": ("DOLFINx", "10.5281/zenodo.10447666"),
    "petsc": ("PETSc", ""),
    "gmsh": ("Gmsh", "10.1002/nme.2579"),
    "numpy": ("NumPy", "10.1038/s41586-020-2649-2"),
    "scipy": ("SciPy", "10.1038/s41592-019-0686-2"),
    "SALib": ("SALib", "10.21105/joss.00097"),
    "pyvista": ("PyVista", "10.21105/joss.01450"),
}
"""Programs by their name in ``versions``: how they are called, and the DOI to cite, if any."""


@dataclass(frozen=True)
class Reference:
    """One source.

    Parameters
    ----------
    number
        As cited in the text, from 1.
    doi
        Its DOI.
    used_for
        What it was used for, in words.
    title
        Its title, where the result holds it.
    """

    number: int
    doi: str
    used_for: str
    title: str = ""


@dataclass(frozen=True)
class Methods:
    """A methods section.

    Parameters
    ----------
    sections
        ``(heading, text)``, in order.
    references
        What the text cites.
    """

    sections: tuple[tuple[str, str], ...]
    references: tuple[Reference, ...]

    @property
    def text(self) -> str:
        """All of it as it can be pasted: headings, paragraphs, numbered references."""
        parts = [f"{heading}. {text}" for heading, text in self.sections]
        listed = [
            f"{row.number}. {row.title + '. ' if row.title else ''}https://doi.org/{row.doi}"
            for row in self.references
        ]
        return "\n\n".join([*parts, *(["References\n" + "\n".join(listed)] if listed else [])])


class Sources:
    """Numbers the sources of a result as they are cited.

    Parameters
    ----------
    assumptions
        What the numbers rest on.
    titles
        Titles by DOI.
    """

    def __init__(self, assumptions: Sequence[Assumption], titles: Mapping[str, str]) -> None:
        self._assumptions, self._titles = assumptions, titles
        self._cited: dict[str, Reference] = {}

    def rows(self, about: str) -> list[Assumption]:
        """Assumptions whose first words, after the name of an ink, are ``about``."""
        return [
            row
            for row in self._assumptions
            if row.what.startswith(about) or f": {about}" in row.what
        ]

    def used(self, about: str) -> str:
        """Marker of the sources of all assumptions about something: `` [1,2]`` or nothing."""
        return self.cite(*((row, row.what) for row in self.rows(about)))

    def cite(self, *found: tuple[Assumption, str]) -> str:
        """Marker of the sources of some assumptions, each with what it was used for."""
        pairs = [
            (row.source[start:stop], used_for)
            for row, used_for in found
            for start, stop in find_dois(row.source)
        ]
        return self.mark(*pairs)

    def mark(self, *pairs: tuple[str, str]) -> str:
        """Marker of some DOIs, each with what it was used for; new ones get the next number."""
        numbers = []
        for doi, used_for in pairs:
            if doi not in self._cited:
                title = self._titles.get(doi, "")
                self._cited[doi] = Reference(len(self._cited) + 1, doi, used_for, title)
            numbers.append(self._cited[doi].number)
        return f" [{','.join(map(str, sorted(set(numbers))))}]" if numbers else ""

    def left(self) -> list[Assumption]:
        """Assumptions with a source that nothing has cited."""
        return [
            row
            for row in self._assumptions
            if any(row.source[a:b] not in self._cited for a, b in find_dois(row.source))
        ]

    @property
    def references(self) -> tuple[Reference, ...]:
        """What was cited, by number."""
        return tuple(self._cited.values())


def methods(result: SitesResult) -> Methods:
    """Write the methods section of a result."""
    titles = {str(r.get("doi", "")): str(r.get("title") or "") for r in result.references}
    sources = Sources(result.assumptions, titles)
    case = case_section(result.case)
    writers: dict[str, Callable[[SitesResult, Mapping[str, Any], Sources], list[str]]] = {
        "Scaffold": words.scaffold,
        "Bioinks": words.inks,
        "Mechanics": words.mechanics,
        "Sensed stiffness": words.sensed,
        "Dormancy rule": words.rule,
        "Uncertainty": words.uncertainty,
        "Further models": words.further,
    }
    told = [(heading, write(result, case, sources)) for heading, write in writers.items()]
    told.append(("Software", [*_software(result, sources), *_left(sources)]))
    sections = tuple((heading, " ".join(found)) for heading, found in told if found)
    return Methods(sections, sources.references)


def _software(result: SitesResult, sources: Sources) -> list[str]:
    versions = result.case.get("versions")
    known = versions if isinstance(versions, Mapping) else {}
    digest = str(result.case.get("hash", ""))
    own = str(known.get("dormatrix", "")) or "of unknown version"
    said = [
        f"All of this was computed with dormatrix {own} (case “{result.name}”"
        + (f", SHA-256 of the case {digest[:12]}" if digest else "")
        + ")."
    ]
    ranked = result.biology is not None and result.biology.sensitivity is not None
    named = [
        f"{label} {known[key]}{sources.mark((doi, label)) if doi else ''}"
        for key, (label, doi) in SOFTWARE.items()
        if key in known and (key != "SALib" or ranked)
    ]
    if named:
        said.append(f"It rests on {words.listed(named)}.")
    seeds = result.case.get("seeds")
    if isinstance(seeds, Mapping) and seeds:
        drawn = [f"{name} {seed}" for name, seed in seeds.items()]
        said.append(f"Seeds of random numbers: {words.listed(drawn)}.")
    return said


def _left(sources: Sources) -> list[str]:
    """What else the result names as a source, so that no source is lost."""
    said = []
    for row in sources.left():
        marker = sources.cite((row, row.what))
        said.append(f"{row.what.rstrip('.')}{marker}.")
    return [f"Further sources: {' '.join(said)}"] if said else []
