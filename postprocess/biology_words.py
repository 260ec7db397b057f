"""What the tables of :mod:`postprocess.biology` say, in sentences. Plain text, never markup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from postprocess.biology import CONTROL, Biology, decided
from postprocess.labels import band_percent, percent, points, significant
from postprocess.results import RunResult

if TYPE_CHECKING:
    import pandas

_NOTHING = 5e-4  # a difference of P that no picture shows
_FAINT = 0.01


@dataclass(frozen=True)
class ArmRow:
    """One arm as the report shows it.

    Parameters
    ----------
    name, changed
        Its name and what it changes.
    p
        Mean P with its band: ``value``, ``low``, ``high``.
    difference, band
        Percentage points from the control, and the band of that difference.
    verdict, way
        What it does, in words, and ``"asleep"``, ``"awake"`` or ``"soft"`` for its colour.
    crossing
        How many sites change sides of one half; empty where that is not known.
    """

    name: str
    changed: str
    p: dict[str, float]
    difference: str
    band: str
    verdict: str
    way: str
    crossing: str


def told(result: RunResult) -> dict[str, Any]:
    """Everything that the report says of :class:`Biology`, by section; empty where it has none."""
    biology, preset = result.biology or Biology(), str(result.summary["preset"])
    return {
        "arms": arm_rows(biology, result.sites),
        "compare": arm_sentences(biology, preset),
        "presets": preset_sentences(biology),
        "preset_rows": [] if biology.presets is None else _preset_rows(biology.presets),
        "sensitivity": sensitivity_sentences(biology),
        "history": history_sentences(biology),
        "network": network_sentences(biology),
        "clutch": clutch_sentences(biology),
    }


def _preset_rows(table: pandas.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "preset": row.preset,
            "words": row.words,
            "chosen": bool(row.chosen),
            "p": {"value": row.mean_p, "low": row.mean_p_low, "high": row.mean_p_high},
            "above_half": row.above_half,
        }
        for row in table.itertuples()
    ]


def arm_rows(biology: Biology, sites: pandas.DataFrame) -> list[ArmRow]:
    """Rows of the table of arms, the control first.

    Parameters
    ----------
    biology
        With or without ``compare``.
    sites
        Sites table: the control, where ``compare_sites`` does not hold it.
    """
    if biology.compare is None:
        return []
    p = _p_by_arm(biology, sites)
    rows = []
    for number, arm in enumerate(biology.compare.itertuples()):
        verdict, way = ("", "soft") if number == 0 else _verdict(arm)
        rows.append(
            ArmRow(
                name=arm.arm,
                changed=arm.changed,
                p={"value": arm.mean_p, "low": arm.mean_p_low, "high": arm.mean_p_high},
                difference="–" if number == 0 else points(arm.difference),
                band="–"
                if number == 0
                else f"{points(arm.difference_low)} to {points(arm.difference_high)}",
                verdict=verdict,
                way=way,
                crossing=_crossing(p[CONTROL], p[arm.arm])
                if number and {CONTROL, arm.arm} <= set(p)
                else "",
            )
        )
    return rows


def _verdict(arm: Any) -> tuple[str, str]:
    low, high = arm.difference_low, arm.difference_high
    reach = max(abs(low), abs(high), abs(arm.difference))
    if reach < _NOTHING:
        return "no difference: nothing that it changes has a say here", "soft"
    sign = decided(low, high)
    if sign:
        does = "keeps more cells asleep" if sign > 0 else "wakes cells"
        size = ", by less than one percentage point" if reach < _FAINT else ""
        return f"{does}{size}; its band excludes zero", "asleep" if sign > 0 else "awake"
    if abs(arm.difference) < _NOTHING:
        return "open: no difference at the values chosen, but its band is not nothing", "soft"
    side = "sleep" if arm.difference > 0 else "waking"
    return (
        f"open: leans towards {side}, but its band reaches zero "
        f"({percent(arm.same_sign)} of the samples agree with the sign)",
        "soft",
    )


def _p_by_arm(biology: Biology, sites: pandas.DataFrame) -> dict[str, pandas.Series]:
    """P(dormant) of every site by arm, indexed by id, as far as it is known.

    The sites table is the control, but not where cells remember a past: arms have none.
    """
    p = {} if biology.history is not None else {CONTROL: sites.set_index("id")["p_dormant"]}
    if biology.compare_sites is not None:
        for arm, rows in biology.compare_sites.groupby("arm", sort=False):
            p[str(arm)] = rows.set_index("id")["p_dormant"]
    return p


def _crossing(control: pandas.Series, arm: pandas.Series) -> str:
    before, after = control.loc[arm.index].to_numpy() > 0.5, arm.to_numpy() > 0.5
    asleep, awake = int((after & ~before).sum()), int((before & ~after).sum())
    if not asleep and not awake:
        return "no site changes sides"
    parts = [(asleep, "to mostly asleep"), (awake, "to mostly awake")]
    return ", ".join(f"{n} of {len(arm)} sites {words}" for n, words in parts if n)


def arm_sentences(biology: Biology, preset: str) -> list[str]:
    """How many arms have a band that excludes zero, and which moves P most."""
    if biology.compare is None:
        return []
    arms = biology.compare.iloc[1:]
    if arms.empty:
        return ["No arm was compared with the control."]
    ends = zip(arms["difference_low"], arms["difference_high"], strict=True)
    sure = arms[[decided(low, high) != 0 for low, high in ends]]
    if sure.empty:
        said = [
            f"With the preset “{preset}”, no arm has a difference from the control whose band "
            "excludes zero: over the stated ranges the rule does not decide the sign."
        ]
    else:
        most = sure.loc[sure["difference"].abs().idxmax()]
        count = "the one arm" if len(arms) == 1 else f"{len(sure)} of {len(arms)} arms"
        said = [
            f"With the preset “{preset}”, {count} {'has' if len(sure) == 1 else 'have'} a "
            "difference from the control whose band excludes zero. The largest of these: "
            f"“{most['arm']}”, {points(most['difference'])} percentage points (band "
            f"{points(most['difference_low'])} to {points(most['difference_high'])})."
        ]
    said.append(
        "A band that excludes zero means that the sign holds over the stated ranges of the rule’s "
        "numbers. It does not mean that the effect was seen in cells, nor that the rule is right: "
        "the sign of a signal is put into the rule, and no range reaches past zero."
    )
    if biology.history is not None:
        said.append("Control and arms are compared without the memory of a past.")
    return said


def preset_sentences(biology: Biology) -> list[str]:
    """Whether the presets agree on which side of one half the mean P lies."""
    if biology.presets is None or len(biology.presets) < 2:
        return []
    table = biology.presets.sort_values("mean_p", kind="stable")
    lowest, highest = table.iloc[0], table.iloc[-1]
    span = (
        f"from {percent(lowest['mean_p'])} (“{lowest['preset']}”) to {percent(highest['mean_p'])} "
        f"(“{highest['preset']}”)"
    )
    if lowest["mean_p"] < 0.5 < highest["mean_p"]:
        verdict = "They do not agree on whether most cells sleep."
    else:
        verdict = "They agree on the side of one half, at the values chosen."
    return [
        f"The same print under every preset: mean P(dormant) {span}. {verdict} The bands do not "
        "cover this choice: which preset fits the cells is for an experiment to say."
        + (" Memory of a past is in this run’s preset only." if biology.history is not None else "")
    ]


def sensitivity_sentences(biology: Biology) -> list[str]:
    """Which unknown matters most, which cannot be told from it, and how much is interaction."""
    if biology.sensitivity is None:
        return []
    table = biology.sensitivity.sort_values("total", ascending=False, kind="stable")
    if table.empty or table["total"].iloc[0] <= 0:
        return ["No unknown moves the mean P(dormant): their stated ranges all give one number."]
    top = table.iloc[0]
    said = [
        f"The unknown that matters most is “{top['label']}”: it has a part in about "
        f"{percent(min(float(top['total']), 1.0))} of the variance of the mean P(dormant) "
        f"(± {points(float(top['total_conf'])).lstrip('+')} points), and to know it exactly would "
        f"be expected to remove {percent(float(np.clip(top['first'], 0, 1)))}."
    ]
    alike = table.iloc[1:]
    alike = alike[alike["total"] + alike["total_conf"] >= top["total"] - top["total_conf"]]
    if len(alike):
        names = ", ".join(f"“{label}”" for label in alike["label"].head(3))
        further = f" and {len(alike) - 3} more" if len(alike) > 3 else ""
        said.append(f"The estimate is too coarse to rank it before {names}{further}.")
    alone = float(table["first"].clip(lower=0).sum())
    if alone < 0.8:
        said.append(
            f"About {percent(1 - alone)} of the variance comes from unknowns acting together: no "
            "single measurement removes it."
        )
    if biology.history is not None:
        said.append("The memory of a past is left out of this.")
    return said


def history_sentences(biology: Biology) -> list[str]:
    """What the past changes in the present."""
    if biology.history is None:
        return []
    now = biology.history.iloc[-1]
    band = {"value": now["mean_p"], "low": now["mean_p_low"], "high": now["mean_p_high"]}
    difference = now["mean_p"] - now["without_memory"]
    said = (
        f"In the present, {band_percent(band)} of the cells would sleep with this past; without "
        f"any, {percent(now['without_memory'])}."
    )
    if abs(difference) < _FAINT:
        return [f"{said} The past leaves next to nothing."]
    side = "asleep" if difference > 0 else "awake"
    inside = now["mean_p_low"] <= now["without_memory"] <= now["mean_p_high"]
    weight = (
        "That is less than the band leaves open." if inside else "That is more than the band spans."
    )
    return [
        f"{said} The past keeps more cells {side}: {points(difference)} percentage points. {weight}"
    ]


def network_sentences(biology: Biology) -> list[str]:
    """What was put to the network, and what came with its answer."""
    if biology.network is None:
        return []
    count = len(biology.network)
    asked = "One class of alike sites was" if count == 1 else f"{count} classes of alike sites were"
    return [
        f"{asked} put to a network of signalling reactions under the same conditions.",
        *biology.network_notes,
    ]


def clutch_sentences(biology: Biology) -> list[str]:
    """Where the thresholds lie and where traction without talin is highest."""
    if biology.clutch is None:
        return []
    return [*_thresholds(biology), *_peaks(biology)]


def _thresholds(biology: Biology) -> Iterator[str]:
    rows = sorted(biology.clutch_threshold_kPa, key=lambda row: row["ligand"])
    if not rows:
        yield "No threshold was found in the range of stiffnesses that was computed."
        return
    told = "; ".join(
        f"{significant(row['value'])} kPa ({significant(row['low'])} to "
        f"{significant(row['high'])}) {_ligand(row['ligand'])}"
        for row in rows
    )
    yield f"Cells with talin pull harder than cells without above a threshold of stiffness: {told}."


def _peaks(biology: Biology) -> Iterator[str]:
    assert biology.clutch is not None
    found = []
    for ligand, here in biology.clutch.groupby("ligand"):
        here = here.sort_values("stiffness_kPa")
        pull = here["depleted_Pa"].to_numpy(dtype=float)
        peak = int(pull.argmax())
        # A fall counts only where it exceeds the noise of both ends.
        noise = 2 * float(np.hypot(*here["depleted_se_Pa"].iloc[[peak, -1]]))
        if 0 < peak < len(pull) - 1 and pull[peak] - pull[-1] > noise:
            at = significant(float(here["stiffness_kPa"].iloc[peak]), 2)
            found.append(f"near {at} kPa {_ligand(float(ligand))}")
    if found:
        yield f"Without talin, cells pull hardest {'; '.join(found)}, and less on stiffer gels."


def _ligand(amount: float) -> str:
    return f"at ligand × {significant(amount, 2)}"
