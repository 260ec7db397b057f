"""Between the stages of one case and the store that cases share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from cases.schema import Case
from cases.stages.keys import STAGES, stage_keys
from cases.stages.store import StageStore
from meshes.errors import InputError

T = TypeVar("T")


class Kept:
    """The stages of one case in a store; without one, nothing is known and nothing kept.

    Parameters
    ----------
    store
        Where stages are kept; None: nowhere.
    case
        Whose they are.
    save
        Names of the stages that are worth keeping.
    """

    def __init__(self, store: StageStore | None, case: Case, save: Collection[str]) -> None:
        self._store, self._save = store, frozenset(save)
        self._keys = {} if store is None else dict(stage_keys(case).needs)
        self._found: set[str] = set()
        self._made: set[str] = set()

    @property
    def reused(self) -> tuple[str, ...]:
        """Names of the stages that did not have to be computed: those read, and those before."""
        last = max((STAGES.index(kind) for kind in self._found), default=-1)
        return tuple(kind for kind in STAGES[: last + 1] if kind not in self._made)

    def load(self, kind: str, read: Callable[[Mapping[str, Any]], T | None]) -> T | None:
        """A stage, made by `read` of what is kept; None where it is not, or cannot be used."""
        plain = None if self._store is None else self._store.load(kind, self._keys[kind])
        try:
            found = None if plain is None else read(plain)
        except (KeyError, TypeError, ValueError, InputError):  # whole, but not what it claims
            return None
        if found is not None:
            self._found.add(kind)
        return found

    def save(self, kind: str, plain: Callable[[], dict[str, Any]]) -> None:
        """Take note that a stage was computed; keep it, if it is worth that.

        Raises
        ------
        OSError
            If the store cannot be written.
        """
        self._made.add(kind)
        if self._store is not None and kind in self._save:
            self._store.save(kind, self._keys[kind], plain())
