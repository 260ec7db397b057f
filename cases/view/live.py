"""The dormancy rule of a finished result, asked again with other numbers; mechanics stays."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.biology.answer import sampling
from cases.biology.past import past_states
from cases.biology.sites import GelFacts, Sites, sites_from_facts
from cases.biology.state import State, present_state
from cases.schema import Case
from cases.schema.dormancy import Dormancy
from cases.view.controls import GROUPS, Control, controls_of
from cases.view.edited import changed_dormancy, edited_name, with_ligand, yaml_text
from meshes.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from solver.coupling import Band, Moment, Parameter

FEW = 32
"""Samples of a band while a slider is still near; the case's own number comes when it rests."""

NOTHING: Mapping[str, float] = MappingProxyType({})

_LEAST = 16  # samples
_BLOCK = 8192  # sites whose bands are sampled before it is asked whether they are still wanted


class Stopped(Exception):
    """The bands are not wanted any more."""


@dataclass(frozen=True, eq=False)
class LiveAnswer:
    """What the rule says of ``n`` cells under some changes.

    Attributes
    ----------
    p
        P(dormant), ``(n,)``.
    plateaus
        ``p_min``, ``p_max``, ``amplitude``.
    """

    p: NDArray[np.float64]
    plateaus: dict[str, float]
    _state: State
    _sites: Sites
    _after: tuple[Moment, ...]
    _how: dict[str, Any]

    @property
    def mean(self) -> float:
        """Mean P(dormant)."""
        return float(self.p.mean())

    @property
    def above_half(self) -> float:
        """Fraction of cells with P above 0.5."""
        return float((self.p > 0.5).mean())

    def shares(self, rows: NDArray[np.int64] | None = None) -> dict[str, NDArray[np.float64]]:
        """Log-odds of sleep by cause, positive keeps asleep.

        Parameters
        ----------
        rows
            Of which cells, ``(k,)``; None: all.
        """
        some = self if rows is None else self.of(rows)
        return some._state.rule.log_odds_shares(**some._state.inputs)

    def bands(
        self, samples: int | None = None, stop: Callable[[], bool] = lambda: False
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[float, float]]:
        """Bands of P, block by block.

        Parameters
        ----------
        samples
            Power of two; None: as many as the case asks for.
        stop
            Asked before every block; where it says so, the work ends.

        Returns
        -------
        low, high : (n,)
        mean : (low, high) of the mean P

        Raises
        ------
        Stopped
            If it was.
        """
        n = len(self.p)
        low, high = np.empty(n), np.empty(n)
        how = self._how if samples is None else self._how | {"samples": samples}
        total = np.zeros(how["samples"])
        for first in range(0, n, _BLOCK):
            if stop():
                raise Stopped
            rows = np.arange(first, min(first + _BLOCK, n))
            some = self.of(rows)
            band = some._band(how, some._sites.uncertain)
            low[rows], high[rows] = band.low, band.high
            total += band.mean_samples * len(rows)
        tail = 0.5 * (1.0 - how["level"])
        ends = np.quantile(total / n, (tail, 1.0 - tail))
        return low, high, (min(float(ends[0]), self.mean), max(float(ends[1]), self.mean))

    @property
    def log_sd(self) -> NDArray[np.float64]:
        """Standard deviation of ln E of each ink, ``(n_inks,)``."""
        return self._sites.log_sd

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the uncertain numbers of the rule, in the order in which they are sampled."""
        from solver.coupling.draws import factor_names

        return factor_names(self._state.rule.parameters, self._state.rule.cues, 0)

    @property
    def sampling(self) -> dict[str, Any]:
        """``level``, ``samples`` and ``seed`` of the bands of the case."""
        return dict(self._how)

    def band_among(
        self, log_sd: NDArray[np.float64], place: NDArray[np.int64], how: dict[str, Any]
    ) -> Band:
        """The band when these inks are some of a longer list, to pair it with another result's.

        Parameters
        ----------
        log_sd
            Standard deviation of ln E of each ink of the list.
        place
            Where each ink of this result stands in it, ``(n_inks,)``.
        how
            Sampling, as :attr:`sampling`: the same for both results of a pair.
        """
        uncertain = {"stiffness_log_sd": log_sd, "ink": place[self._sites.ink]}
        return self._band(how, uncertain)

    def samples_among(
        self, log_sd: NDArray[np.float64], place: NDArray[np.int64], how: dict[str, Any]
    ) -> NDArray[np.float64]:
        """P of every cell in every sample ``(n, S)``; arguments as in :meth:`band_among`."""
        from solver.coupling.band import sample_sites
        from solver.coupling.moment import Moment, sampled_course

        now = Moment(self._state.rule, **self._state.inputs)
        course = sampled_course(
            (*self._after, now),
            now.rule.memory,
            log_sd,
            place[self._sites.ink],
            samples=how["samples"],
            seed=how["seed"],
        )
        return sample_sites(course)

    def _band(self, how: Mapping[str, Any], uncertain: Mapping[str, Any]) -> Band:
        given: dict[str, Any] = {**self._state.inputs, **uncertain, **how}
        return self._state.rule.band(**given, after=self._after)

    def of(self, rows: NDArray[np.int64]) -> LiveAnswer:
        """The same for some of the cells, ``(k,)`` rows."""
        return replace(
            self,
            p=self.p[rows],
            _state=State(self._state.rule, _some(self._state.inputs, rows)),
            _sites=replace(self._sites, ink=self._sites.ink[rows]),
            _after=tuple(_some_moment(moment, rows) for moment in self._after),
        )


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


def _some(inputs: Mapping[str, Any], rows: NDArray[np.int64]) -> dict[str, Any]:
    """Inputs of the rule for some of the cells; what all share stays."""
    from solver.coupling import Dose

    def take(value: Any) -> Any:
        array = np.asarray(value, dtype=float)
        return value if array.ndim == 0 else array[rows]

    def of(value: Any) -> Any:
        if isinstance(value, Dose):
            return value.of_sites(take)
        if isinstance(value, tuple):
            return tuple(of(one) for one in value)
        return value if value is None else take(value)

    return {
        key: {name: of(dose) for name, dose in value.items()} if key == "doses" else of(value)
        for key, value in inputs.items()
    }


def _some_moment(moment: Moment, rows: NDArray[np.int64]) -> Moment:
    keys = ("E", "ligand", "doses", "upar", "fibronectin", "E_without_collagen")
    return replace(moment, **_some({key: getattr(moment, key) for key in keys}, rows))
