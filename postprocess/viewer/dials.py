"""Sliders of the rule: where each stands, from 0 to 1000 along its scale, and what that means."""

from __future__ import annotations

from typing import Any

import numpy as np

from postprocess.labels import cue_label, significant
from postprocess.viewer.rule import Control, LiveRule

TOP = 1000
"""Position of a slider at its right end."""

_DOSES = ("cue", "block", "drug")


class Dials:
    """The sliders of one result.

    Parameters
    ----------
    rule
        None: there are none.
    """

    def __init__(self, rule: LiveRule | None) -> None:
        self._rule = rule
        self._own = "" if rule is None else rule.preset
        self.preset = self._own
        self.moved: dict[str, float] = {}
        self._settle()

    @property
    def other_preset(self) -> str | None:
        """The preset, where it is not that of the case."""
        return self.preset if self.preset != self._own else None

    def _settle(self) -> None:
        """Sliders under the preset, each where it was moved to, or where the case has it."""
        self._controls = () if self._rule is None else tuple(self._rule.controls(self.preset))
        self._at = [
            position(control, self.moved.get(control.key, control.value))
            for control in self._controls
        ]

    def read(self, positions: list[Any], preset: str) -> bool:
        """Take over what the page says; whether anything is new."""
        if self._rule is not None and preset != self.preset and preset in self._rule.presets:
            self.preset = preset
            self._settle()
            return True
        if len(positions) != len(self._at):
            return False
        new = [int(np.clip(float(told), 0, TOP)) for told in positions]
        changed = [i for i, (now, was) in enumerate(zip(new, self._at, strict=True)) if now != was]
        for i in changed:
            control = self._controls[i]
            self._at[i] = new[i]
            if new[i] == position(control, control.value):
                self.moved.pop(control.key, None)
            else:
                self.moved[control.key] = value(control, new[i])
        return bool(changed)

    def back(self, number: int | None) -> None:
        """Put one slider back, or all and the preset."""
        if number is None:
            self.moved.clear()
            self.preset = self._own
        elif 0 <= number < len(self._controls):
            self.moved.pop(self._controls[number].key, None)
        self._settle()

    def page(self) -> dict[str, Any]:
        """State of the page: groups, sliders, presets; all texts plain."""
        rule = self._rule
        return {
            "groups": [] if rule is None else [
                {"key": key, "title": title} for key, title in rule.groups.items()
            ],
            "controls": [
                {
                    "group": control.group,
                    "label": cue_label(control.label) if control.group in _DOSES else control.label,
                    "note": control.note,
                }
                for control in self._controls
            ],
            "positions": list(self._at),
            "preset": self.preset,
            "presets": [] if rule is None else list(rule.presets),
            **self.readouts(),
        }  # fmt: skip

    def readouts(self) -> dict[str, Any]:
        """What the sliders say, and which were moved."""
        texts = [
            _text(control, self.moved.get(control.key, control.value)) for control in self._controls
        ]
        return {
            "readouts": texts,
            "touched": [control.key in self.moved for control in self._controls],
            "any_moved": bool(self.moved) or self.other_preset is not None,
        }


def position(control: Control, number: float) -> int:
    """Where a slider stands for a value."""
    low, high = _ends(control)
    if control.log:
        share = np.log(max(number, low) / low) / np.log(high / low)
    else:
        share = (number - low) / (high - low)
    return round(TOP * float(np.clip(share, 0.0, 1.0)))


def value(control: Control, at: int) -> float:
    """What a slider says at a position, rounded to what it can tell apart."""
    low, high = _ends(control)
    share = at / TOP
    number = low * (high / low) ** share if control.log else low + share * (high - low)
    return float(np.clip(float(f"{number:.3g}"), low, high))


def _ends(control: Control) -> tuple[float, float]:
    low = max(control.low, 1e-6 * control.high) if control.log else control.low
    return low, control.high


def _text(control: Control, number: float) -> str:
    unit = "µm" if control.unit == "um" else control.unit
    return f"{significant(number)}\u00a0{unit}" if unit else significant(number)
