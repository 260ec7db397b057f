"""The dormancy rule of a finished result, asked again with other numbers; mechanics stays."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.biology.answer import sampling
from cases.biology.past import past_states
from cases.biology.sites import GelFacts, Sites, sites_from_facts
from cases.biology.state import present_state
from cases.schema import Case
from cases.schema.dormancy import Dormancy
from cases.view.answer import LiveAnswer, Stopped
from cases.view.controls import GROUPS, Control, controls_of
from cases.view.edited import changed_dormancy, edited_name, with_ligand, yaml_text
from meshes.errors import InputError

if TYPE_CHECKING:
    from solver.coupling import Parameter

FEW = 32
"""Samples of a band while a slider is still near; the case's own number comes when it rests."""

NOTHING: Mapping[str, float] = MappingProxyType({})

_LEAST = 16  # samples

__all__ = ["FEW", "LiveAnswer", "LiveRule", "Stopped"]


class LiveRule:
    """The rule of a result.

    Parameters
    ----------
    folder
        A result folder.

    Raises
    ------
    InputError
        If the folder does not hold what the rule needs (a result of an earlier version).
    """

    groups = GROUPS
    few = FEW

    def __init__(self, folder: str | Path) -> None:
        from postprocess.tables import read_parquet

        self._record = _record(Path(folder))
        self._document: dict[str, Any] = self._record["document"]
        table = read_parquet(Path(folder) / "sites.parquet")
        try:
            self._facts = tuple(GelFacts(**row) for row in self._record["gels"])
            number = {facts.name: index for index, facts in enumerate(self._facts)}
            self._ink = np.array([number[name] for name in table["ink"]], dtype=np.int64)
        except (TypeError, KeyError) as failed:
            raise InputError(f"{folder}: case.json does not fit sites.parquet: {failed}") from None
        self._stiffness = table["stiffness_kPa"].to_numpy(dtype=float)
        self.dormancy = self._checked(self._document.get("dormancy") or {})

    @property
    def preset(self) -> str:
        """That of the case."""
        return self.dormancy.preset

    @property
    def presets(self) -> tuple[str, ...]:
        """Presets that the numbers of the case allow; that of the case is one."""
        return self.dormancy.presets_that_fit()

    def controls(self, preset: str | None = None) -> tuple[Control, ...]:
        """What can be moved, with the values of the case under one of the presets."""
        return controls_of(self.dormancy, self._table(preset or self.preset))

    def answer(self, moved: Mapping[str, float] = NOTHING, preset: str | None = None) -> LiveAnswer:
        """P(dormant) under changes, as a run of the edited case would find it.

        Parameters
        ----------
        moved
            Keys of :class:`cases.view.controls.Control` to values.
        preset
            Another preset; None: that of the case.

        Raises
        ------
        InputError
            If the changes contradict each other or the rule; it says how.
        """
        dormancy = self.dormancy
        if moved or preset is not None:
            dormancy = self._checked(self._changed(moved, preset))
        # Of a case the rule asks for nothing but this part.
        case = Case.model_construct(dormancy=dormancy)
        factor = moved.get("ligand", 1.0)
        sites = self._sites(dormancy.paths.collagen_mechanics)
        sites = replace(sites, ligand=sites.ligand * factor) if factor != 1.0 else sites
        state, after = present_state(case, sites), past_states(case, sites)
        return LiveAnswer(
            p=state.rule.probability(**state.inputs, after=after),
            plateaus=state.plateaus(),
            _state=state,
            _sites=sites,
            _after=after,
            _how=sampling(case),
        )

    def warm(self) -> None:
        """Have at hand what the first answer with bands would have to load."""
        self.answer().of(np.arange(1)).bands(_LEAST)

    def edited_case(self, moved: Mapping[str, float], preset: str | None = None) -> str:
        """The case file of the result with changes in it; YAML that can be checked and run.

        Parameters
        ----------
        moved, preset
            As in :meth:`answer`.

        Raises
        ------
        InputError
            As :meth:`answer`.
        """
        changed = self._changed(moved, preset)
        self._checked(changed)
        document = dict(self._document) | {"dormancy": changed}
        document["name"] = edited_name(str(document["name"]))
        if "ligand" in moved:
            document["inks"] = with_ligand(
                document["inks"], self._record["case"]["inks"], moved["ligand"]
            )
        return yaml_text(
            document,
            "Edited while looking at a result. Files that it names must lie beside it.\n"
            "Check it: dormatrix check FILE    Run it: dormatrix run FILE",
        )

    def _changed(self, moved: Mapping[str, float], preset: str | None) -> dict[str, Any]:
        preset = preset or self.preset
        written = dict(self._document.get("dormancy") or {})
        if preset != self.preset and "parameters" in written:
            kept = self.dormancy.overrides_under(preset)
            written["parameters"] = {k: v for k, v in written["parameters"].items() if k in kept}
        return changed_dormancy(written, moved, self._table(preset), preset)

    def _table(self, preset: str) -> Mapping[str, Parameter]:
        from solver.coupling import load_preset

        mine = preset == self.preset
        overrides = self.dormancy.overrides if mine else self.dormancy.overrides_under(preset)
        return load_preset(preset, overrides).table

    def _sites(self, mechanics: bool) -> Sites:
        return self._both_sites[mechanics]

    @cached_property
    def _both_sites(self) -> dict[bool, Sites]:
        return {
            counted: sites_from_facts(self._facts, self._stiffness, self._ink, mechanics=counted)
            for counted in (True, False)
        }

    def _checked(self, written: dict[str, Any]) -> Dormancy:
        """The rule of what is written, with the author's own table of signals where there is one.

        Raises
        ------
        InputError
            At the first fault.
        """
        from pydantic import ValidationError

        with tempfile.TemporaryDirectory(prefix="dormatrix-") as folder:
            try:
                return Dormancy.model_validate(written, context={"folder": self._tables(folder)})
            except ValidationError as faults:
                raise _fault(faults) from None

    def _tables(self, folder: str) -> Path | None:
        """Put the table of signals where the case names it; None where it names none."""
        named = (self._document.get("dormancy") or {}).get("cue_table")
        if not isinstance(named, dict) or "cue_table" not in self._record:
            return None
        from pydantic_core import PydanticCustomError

        from cases.schema.files import inside_file

        try:
            path = Path(folder) / inside_file(str(named.get("file")), None, "")
        except PydanticCustomError:  # the name leads out of the folder: the check says so
            return None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._record["cue_table"], encoding="utf-8")
        return Path(folder)


def _record(folder: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as failed:
        raise InputError(f"{folder / 'case.json'} cannot be read: {failed}") from None
    if not isinstance(record.get("document"), dict) or "gels" not in record:
        raise InputError(
            f"{folder} does not hold what the rule was asked with: an earlier version wrote it",
            hint="run the case again to move the numbers of the rule",
        )
    return record


def _fault(faults: Any) -> InputError:
    """What is wrong, in one sentence with its mend."""
    first = faults.errors()[0]
    told = first.get("ctx") or {}
    place = ".".join(map(str, (*first["loc"], *told.get("at", ()))))
    words = str(told.get("headline") or first["msg"])
    found = f": found {told['found']}" if told.get("found") else ""
    return InputError(
        f"{place}: {words}{found}" if place else words + found, hint=str(told.get("mend", ""))
    )
