"""What is wrong with a case file, said so that its author can mend it.

A :class:`Problem` is one fault at one place; a :class:`CaseError` carries every fault found in a
file, so that nobody has to mend a case one message at a time.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from meshes.errors import InputError

MAX_SHOWN = 10
MAX_WIDTH = 160
# Letters, marks, numbers, punctuation, symbols and plain spaces may be printed as they are. What
# is left (controls, bidirectional overrides, surrogates, line separators) can rewrite a terminal.
_PRINTABLE = frozenset("LMNPS")


def clean(text: object, width: int = MAX_WIDTH) -> str:
    """Return `text` safe to print on a terminal: nothing invisible, nothing endless.

    Parameters
    ----------
    text
        Anything that came from a user; turned into text first.
    width
        Longest answer, in characters; the middle of a longer text is left out.
    """
    whole = str(text)
    if len(whole) > width:
        keep = max((width - 3) // 2, 1)
        whole = f"{whole[:keep]}...{whole[-keep:]}"
    return "".join(
        sign
        if sign == " " or unicodedata.category(sign)[0] in _PRINTABLE
        else sign.encode("unicode_escape", "surrogatepass").decode("ascii")
        for sign in whole
    )


@dataclass(frozen=True)
class Problem:
    """One fault in a case file.

    Parameters
    ----------
    headline
        What is wrong, in a few words: ``unknown key``.
    key
        Path of the key as the author would say it: ``inks.niche.alginate``; "" for the file.
    line, column
        Place in the file, counted from 1; None where a fault has no place.
    expected, found, mend
        What would have been right, what is there, and the way out; "" leaves the row out.
    """

    headline: str
    key: str = ""
    line: int | None = None
    column: int | None = None
    expected: str = ""
    found: str = ""
    mend: str = ""

    def render(self, file: str) -> str:
        """Return the block of text a user reads (no colour, no control characters)."""
        place = clean(file) if self.line is None else f"{clean(file)}:{self.line}"
        head = f"{place}: {clean(self.key)}: " if self.key else f"{place}: "
        rows = [head + clean(self.headline, 400)]
        for label, text in (
            ("expected", self.expected),
            ("found", self.found),
            ("mend", self.mend),
        ):
            if text:
                # What is expected and how to mend it are our own words: never cut them short.
                rows.append(f"  {label:<9} {clean(text, MAX_WIDTH if label == 'found' else 600)}")
        return "\n".join(rows)


class CaseError(InputError):
    """A case file cannot be used as written (exit code 2).

    Parameters
    ----------
    file
        The file as the user named it.
    problems
        One or more faults, in the order in which they are to be read.

    Attributes
    ----------
    line, column, key, expected, found, mend
        Those of the first problem.
    """

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        if not problems:
            raise ValueError("a CaseError needs at least one problem")
        self.file = file
        self.problems = tuple(problems)
        first = self.problems[0]
        self.line, self.column, self.key = first.line, first.column, first.key
        self.expected, self.found, self.mend = first.expected, first.found, first.mend
        blocks = [problem.render(file) for problem in self.problems[:MAX_SHOWN]]
        left = len(self.problems) - MAX_SHOWN
        if left > 0:
            blocks.append(f"... and {left} more of the kind; mend these first.")
        super().__init__("\n".join(blocks))
