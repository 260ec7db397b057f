"""What differs between case files: every entry, with its default, of the resolved cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from postprocess.casefile import case_section, flatten
from postprocess.compare.pairs import Compared
from postprocess.labels import key_label

ABSENT = "–"
"""What stands where a case has no such entry."""


@dataclass(frozen=True)
class Entry:
    """One entry in which cases differ.

    Parameters
    ----------
    section, label
        Where it stands, in words.
    values
        In each case, as text with its unit; ``ABSENT`` where a case does not have it.
    """

    section: str
    label: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Differences:
    """What differs between the cases, and how many entries are the same in all."""

    entries: tuple[Entry, ...]
    same: int

    @property
    def sections(self) -> tuple[str, ...]:
        """Sections with an entry, in order."""
        return tuple(dict.fromkeys(entry.section for entry in self.entries))


def case_differences(compared: Sequence[Compared]) -> Differences:
    """Lay the resolved cases beside each other; names of cases do not count.

    Inks are set beside the first case's ink of the same name, else beside those left over, in
    order: an ink under another name is still the ink of that place.
    """
    first, *others = (_sections(one.result.case) for one in compared)
    tables = [first, *(_beside(first, other) for other in others)]
    entries: list[Entry] = []
    same = 0
    for section in dict.fromkeys(name for table in tables for name in table):
        parts = [table.get(section, {}) for table in tables]
        for label in dict.fromkeys(name for part in parts for name in part):
            values = tuple(part.get(label, ABSENT) for part in parts)
            if len(set(values)) == 1:
                same += 1
            else:
                entries.append(Entry(section, label, values))
    return Differences(tuple(entries), same)


_INK = "Ink "  # so that an ink of any name is not taken for a section of the case

_NAMES_INKS = ("inks", "ink")

Sections = dict[str, dict[str, str]]


def _sections(record: Mapping[str, Any]) -> Sections:
    found: Sections = {}
    loose: dict[str, Any] = {}
    for key, value in case_section(record).items():
        if key == "inks" and isinstance(value, Mapping):
            for name, ink in value.items():
                rows = flatten(ink) if isinstance(ink, Mapping) else []
                found[f"{_INK}{name}"] = {"name": str(name), **dict(rows)}
        elif isinstance(value, Mapping):
            found[key_label(str(key)).capitalize()] = dict(flatten(value))
        elif key != "name":
            loose[str(key)] = value
    for title, part in (("Other", loose), ("Versions", record.get("versions"))):
        if isinstance(part, Mapping) and part:
            found[title] = dict(flatten(part))
    return found


def _beside(first: Sections, other: Sections) -> Sections:
    """The sections of another case with its inks under the names that the first one gives them."""
    one = [name for name in first if name.startswith(_INK)]
    two = [name for name in other if name.startswith(_INK)]
    left_one = [name for name in one if name not in two]
    left_two = [name for name in two if name not in one]
    stands_for = dict(zip(left_two, left_one, strict=False))
    plain = {name.removeprefix(_INK): one.removeprefix(_INK) for name, one in stands_for.items()}
    # Where the rest of the case names the ink, the other name is no further difference.
    return {
        stands_for.get(name, name): {
            label: plain.get(value, value) if label in _NAMES_INKS else value
            for label, value in rows.items()
        }
        for name, rows in other.items()
    }
