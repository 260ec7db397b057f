"""The numbers of the rule: presets read from ``presets.toml``, each with a range and a standing."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from meshes.errors import InputError

STANDINGS = ("measured", "published", "derived", "assumption")
_OVERRIDE_KEYS = ("value", "low", "high", "standing", "source", "note")


def unknown_name(kind: str, name: object, known: Iterable[str]) -> InputError:
    """The error for a name that does not exist, with the nearest one that does.

    Parameters
    ----------
    kind
        What was looked up ("cue", "preset", ...), for the message.
    name
        What was asked for.
    known
        The names that exist.

    Returns
    -------
    InputError
        To be raised by the caller.
    """
    known = tuple(known)
    close = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
    return InputError(f"there is no {kind} {str(name)!r}", hint=hint)


@dataclass(frozen=True)
class Parameter:
    """One number of the rule with its range.

    Attributes
    ----------
    name : str
        Name as in ``presets.toml``.
    value, low, high : float
        Nominal value and the range the band is sampled from, in ``unit``.
    unit : str
        Unit of the three; ``"1"`` is dimensionless.
    sampling : str
        ``"log"`` (log-uniform, for positive scales) or ``"linear"`` (uniform).
    allowed : tuple of float
        Smallest and largest admissible value; ``"log"`` parameters must also be positive.
    standing : str
        One of `STANDINGS`.
    source, note : str
        DOI or citation (``""``: none), and what it rests on.

    Raises
    ------
    InputError
        If the numbers are not finite, not admissible, or not ``low <= value <= high``.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    sampling: str
    allowed: tuple[float, float]
    standing: str
    source: str
    note: str

    def __post_init__(self) -> None:
        if self.standing not in STANDINGS:
            raise unknown_name(f"standing (parameter {self.name})", self.standing, STANDINGS)
        smallest, largest = self.allowed
        for key in ("value", "low", "high"):
            number = getattr(self, key)
            positive = number > 0.0 or self.sampling == "linear"
            if not (math.isfinite(number) and smallest <= number <= largest and positive):
                bound = (
                    "above 0" if self.sampling == "log" and smallest == 0.0 else f">= {smallest:g}"
                )
                limit = f" and <= {largest:g}" if math.isfinite(largest) else ""
                raise InputError(
                    f"dormancy parameter {self.name}: {key} must be {bound}{limit}, "
                    f"found {number:g}"
                )
        if not self.low <= self.value <= self.high:
            raise InputError(
                f"dormancy parameter {self.name}: expected low <= value <= high, "
                f"found low {self.low:g}, value {self.value:g}, high {self.high:g}"
            )

    def overridden(self, by: float | Mapping[str, Any]) -> Parameter:
        """This parameter with the user's numbers in place of the preset's.

        Parameters
        ----------
        by
            A number in ``unit``, or a mapping with any of value, low, high, standing, source, note.
            A missing value keeps the present one; a missing low or high collapses onto the value,
            because the preset's range says nothing about a number the user brought.

        Returns
        -------
        Parameter

        Raises
        ------
        InputError
            If a key is unknown, a number is not one, or the result is not admissible.
        """
        given = dict(by) if isinstance(by, Mapping) else {"value": by}
        for key in given:
            if key not in _OVERRIDE_KEYS:
                raise unknown_name(f"key of dormancy parameter {self.name}", key, _OVERRIDE_KEYS)
        for key in ("value", "low", "high"):
            number = given.get(key, 0.0)
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise InputError(
                    f"dormancy parameter {self.name}: {key} must be a number in "
                    f"{self.unit}, found {number!r}"
                )
        value = float(given.get("value", self.value))
        return replace(
            self,
            value=value,
            low=float(given.get("low", value)),
            high=float(given.get("high", value)),
            standing=str(given.get("standing", "assumption")),
            source=str(given.get("source", "")),
            note=str(given.get("note", "Given by the user.")),
        )


@dataclass(frozen=True)
class RuleParameters:
    """All numbers of the rule under one preset.

    Attributes
    ----------
    preset, description : str
        Name of the preset, and which cells and matrices it speaks of.
    stiffness_sign : int
        +1: stiffness wakes; -1: stiffness puts to sleep. Belongs to the preset, not to the user's
        single numbers: the other sign is another biology.
    standing, source : str
        Of that direction.
    table : mapping of str to Parameter
        Keyed by the names of `known_parameters`, then those of `with_extra`.

    Raises
    ------
    InputError
        If the plateaus may cross (``Pmin.high >= Pmax.low``), or if confinement is on and does not
        outrun adhesion (``q <= n``).
    """

    preset: str
    description: str
    stiffness_sign: int
    standing: str
    source: str
    table: Mapping[str, Parameter]

    def __post_init__(self) -> None:
        if self.table["Pmin"].high >= self.table["Pmax"].low:
            raise InputError(
                "dormancy parameters: the range of Pmin must end below that of Pmax, found "
                f"Pmin up to {self.table['Pmin'].high:g}, Pmax from {self.table['Pmax'].low:g}"
            )
        confines = self.table["degradability"].low < 1.0 and self.stiffness_sign > 0
        if confines and self["q"] <= self["n"]:
            raise InputError(
                f"dormancy parameters: confinement needs q > n, found q {self['q']:g}, "
                f"n {self['n']:g}",
                hint="with q <= n a stiffer gel never puts cells back to sleep; raise q or lower n",
            )

    def __getitem__(self, name: str) -> float:
        """Nominal value of a parameter, in its unit."""
        return self.table[name].value

    def with_parameters(self, overrides: Mapping[str, Any]) -> RuleParameters:
        """A copy in which the user's numbers replace the preset's.

        Parameters
        ----------
        overrides
            Parameter name to a number or a mapping, see `Parameter.overridden`: a bare number has
            no band of its own.

        Returns
        -------
        RuleParameters

        Raises
        ------
        InputError
            If a name is unknown or a number is not admissible.
        """
        table = dict(self.table)
        for name, by in overrides.items():
            if name not in table:
                raise unknown_name("dormancy parameter", name, table)
            table[name] = table[name].overridden(by)
        return replace(self, table=table)

    def with_extra(self, *parameters: Parameter) -> RuleParameters:
        """A copy that holds more numbers: half-saturating amounts that doses or blocks name.

        Parameters
        ----------
        parameters
            For instance the EC50 of a cue in ng/mL, with its range.

        Returns
        -------
        RuleParameters

        Raises
        ------
        InputError
            If a name is taken already.
        """
        table = dict(self.table)
        for parameter in parameters:
            if parameter.name in table:
                raise InputError(f"dormancy parameters: {parameter.name} stands there already")
            table[parameter.name] = parameter
        return replace(self, table=table)


@cache
def _document() -> dict[str, Any]:
    text = files(__package__).joinpath("presets.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def known_presets() -> tuple[str, ...]:
    """Names of the presets, in the order of ``presets.toml``."""
    return tuple(_document()["presets"])


def known_parameters() -> tuple[str, ...]:
    """Names of the parameters a user may override, in the order of ``presets.toml``."""
    return tuple(_document()["parameters"])


def load_preset(name: str, overrides: Mapping[str, Any] | None = None) -> RuleParameters:
    """The rule's numbers under a named preset.

    Parameters
    ----------
    name
        One of `known_presets`.
    overrides
        Single numbers to replace, see `RuleParameters.with_parameters`.

    Returns
    -------
    RuleParameters

    Raises
    ------
    InputError
        If the preset or a parameter is unknown, or a number is not admissible.
    """
    document = _document()
    if name not in document["presets"]:
        raise unknown_name("dormancy preset", name, known_presets())
    preset = document["presets"][name]
    own = preset.get("parameters", {})
    table = {
        key: Parameter(
            name=key, **{**shared, **own.get(key, {}), "allowed": tuple(shared["allowed"])}
        )
        for key, shared in document["parameters"].items()
    }
    parameters = RuleParameters(
        preset=name,
        description=preset["description"],
        stiffness_sign=preset["stiffness_sign"],
        standing=preset["standing"],
        source=preset["source"],
        table=table,
    )
    return parameters.with_parameters(overrides or {})
