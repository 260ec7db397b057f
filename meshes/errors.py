"""The errors a user can meet, each with the way out.

They live here because nothing lies below :mod:`meshes`.
"""

from __future__ import annotations


class DormatrixError(Exception):
    """An error with a message for people and, where there is one, a way to mend it.

    Parameters
    ----------
    message
        What is wrong: where, what was expected, what was found.
    hint
        How to mend it; printed on a line of its own.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\n  mend: {self.hint}" if self.hint else message


class InputError(DormatrixError):
    """What the user asked for cannot be built as written (exit code 2)."""


class SolveError(DormatrixError):
    """A computation failed on valid input (exit code 3)."""
