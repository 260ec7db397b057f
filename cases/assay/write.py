"""Tables, page and record of a study."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.assay.cells import assays_of
from cases.assay.mass import cluster_view
from cases.assay.show import arm, meanings_of
from cases.assay.study import Study
from cases.doctor import own_version
from postprocess.assays.view import AssayView

if TYPE_CHECKING:
    import pandas

MOST_CELLS = 2000  # of one reading in cells.parquet
ASSUMPTIONS = (
    "The share of cells in G0 at a site tends to its P(dormant): the rate of falling asleep "
    "follows from it, the rate of waking is an assumption (mean stay asleep).",
    "A clone keeps the P(dormant) of its founder's place.",
    "A treatment kills in the phases that are named and leaves sleeping cells alone unless it says "
    "otherwise.",
    "Numbers of the assays (brightness, half-lives, shedding, noise) are those of docs/assays.md; "
    "those without a source are assumptions.",
)


def write_study(
    found: Study, folder: Path, *, digest: str, figures: bool
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Write ``scores.csv``, ``course.csv``, ``cells.parquet``, ``plan.csv``, ``assay.html``.

    Parameters
    ----------
    found
        The study.
    folder
        Existing folder.
    digest
        Of all that decided the result.
    figures
        Whether to draw.

    Returns
    -------
    record, sentences
        ``assay.json``, and what to tell a user.
    """
    from cases.batch.atomic import write_json
    from postprocess.assays.page import write_assay_page
    from postprocess.tables import stable_csv

    scores = scores_table(found)
    (folder / "scores.csv").write_text(stable_csv(scores), encoding="utf-8")
    (folder / "course.csv").write_text(stable_csv(course_table(found)), encoding="utf-8")
    cells_table(found).to_parquet(folder / "cells.parquet", index=False)
    if found.plan is not None:
        (folder / "plan.csv").write_text(stable_csv(plan_table(found)), encoding="utf-8")
    view = view_of(found)
    sentences = write_assay_page(folder, view, figures=figures)
    keys = found.source.course
    record: dict[str, Any] = {
        "hash": digest,
        "case": found.source.case.content_hash,
        "name": found.source.name,
        "preset": found.source.case.dormancy.preset,
        "course": keys.resolved(),
        "version": own_version(),
        "arms": [
            {
                "name": one.name,
                "founders": one.course.sites.size,
                "living_at_end": int(one.course.clone_size[-1].sum()),
                "G0_fraction_at_end": _finite(one.course.dormant_fraction[-1]),
            }
            for one in found.arms
        ],
        "mass": None if found.masses is None else found.masses.summary(),
        "treatment": None if found.left is None else found.left.to_json(),
        "plan": None if found.plan is None else asdict(found.plan),
    }
    write_json(folder / "assay.json", _plain(record))
    if found.left is not None:
        sentences.append(found.left.sentence)
    return record, tuple(sentences)


def view_of(found: Study) -> AssayView:
    """The study as its page shows it."""
    source, keys = found.source, found.source.course
    meanings = meanings_of(assays_of(keys))
    skipped = dict.fromkeys(text for one in found.arms for text in one.read.skipped)
    return AssayView(
        name=source.name,
        arms=tuple(arm(one, keys, source.p_band, meanings) for one in found.arms),
        clusters=() if found.masses is None else (cluster_view(found.masses),),
        plan=found.plan,
        skipped=tuple(skipped),
        warnings=source.warnings,
        assumptions=ASSUMPTIONS,
        preset=source.case.dormancy.preset,
        seed=keys.seed,
        version=own_version(),
    )


def scores_table(found: Study) -> pandas.DataFrame:
    """Calls against the truth: one row per arm, assay and time; empty where no cell counts."""
    import pandas as pd

    parts = []
    for one in found.arms:
        rows = pd.DataFrame(dict(one.read.scores()))
        rows.insert(0, "arm", one.name)
        parts.append(rows)
    table = pd.concat(parts, ignore_index=True)
    shares = [name for name in table.columns if table[name].dtype == float and name != "at_h"]
    table[shares] = table[shares].astype("Float64")
    return table


def course_table(found: Study) -> pandas.DataFrame:
    """Cells in time: one row per arm and time."""
    import pandas as pd

    from solver.population import PHASES

    parts = []
    for one in found.arms:
        total = one.course.tally.sum(axis=1, dtype=np.int64)
        columns: dict[str, Any] = {"arm": one.name, "at_h": one.course.times_h}
        columns |= {
            name.replace(" ", "_").replace("/", ""): total[:, i] for i, name in enumerate(PHASES)
        }
        living = total[:, : len(PHASES)].sum(axis=1)
        columns |= {"slow": total[:, -1], "living": living}
        table = pd.DataFrame(columns)
        table["G0_fraction"] = pd.array(one.course.dormant_fraction, dtype="Float64")
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def cells_table(found: Study) -> pandas.DataFrame:
    """Readings of the first arm: of every assay and time at most `MOST_CELLS` cells, by chance."""
    import pandas as pd

    rows = pd.DataFrame(dict(found.arms[0].read.cells()))
    chance = np.random.default_rng(found.source.course.seed)
    chosen = []
    for _, one in rows.groupby(["assay", "at_h"], sort=False):
        cells = one["cell"].unique()
        if len(cells) > MOST_CELLS:
            one = one[one["cell"].isin(chance.choice(cells, MOST_CELLS, replace=False))]
        chosen.append(one)
    return pd.concat(chosen, ignore_index=True) if chosen else rows  # nobody may be alive


def plan_table(found: Study) -> pandas.DataFrame:
    """The plan, best assay first."""
    import pandas as pd

    assert found.plan is not None
    rows = []
    for one in found.plan.contrasts:
        row = asdict(one)
        effort = row.pop("effort")
        below, above = row.pop("detectable")
        rows.append(
            {
                **row,
                "detectable_below": below,
                "detectable_above": above,
                "cells_counted": effort["cells"],
                "replicates_counted": effort["replicates"],
                "misleads": one.misleads,
                "resolved": one.resolved,
            }
        )
    table = pd.DataFrame(rows)
    for name in ("cells_needed", "replicates_needed"):
        table[name] = table[name].astype("Int64")
    for name in ("detectable_below", "detectable_above"):
        table[name] = table[name].astype("Float64")
    return table


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _plain(value: Any) -> Any:
    """Plain data without numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
