"""Stages of a case: what their keys depend on, how they are kept, that nothing is lost by it."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cases.batch import compute as batch
from cases.batch.table import OUTPUTS
from cases.batch.task import Keep, Task
from cases.schema import Case
from cases.schema.ink import Ink
from cases.stages import keys, store
from cases.stages.kept import Kept
from cases.stages.keys import STAGES, stage_keys
from cases.stages.store import StageStore
from meshes.errors import InputError, SolveError

KEY = "ab" * 32
BASE: dict[str, Any] = {
    "name": "base",
    "scaffold": {
        "kind": "woodpile",
        "strand_diameter": "200 um",
        "pitch": "500 um",
        "layer_height": "160 um",
        "layers": 2,
        "size": ["800 um", "800 um"],
        "inks": ["soft", "hard"],
    },
    "inks": {
        "soft": {
            "alginate": {"concentration": "2 %", "calcium": "9.8 mM", "chain": "280 kDa"},
            "collagen_I": {"concentration": "1.2 mg/mL"},
            "gradient": {"along": "x", "to": {"synergy": 2}},
        },
        "hard": {"alginate": {"youngs_modulus": "12 kPa"}},
        "spare": {"alginate": {"youngs_modulus": "1 kPa"}},
    },
    "cells": {"count": 12, "seed": 3},
}
NOTHING, ALL = set[str](), set(STAGES)
MECHANICS = {"scaffold", "sensed"}
# (path of the key, what is written there) -> stages whose keys change
CHANGES: list[tuple[str, Any, set[str]]] = [
    ("name", "other", NOTHING),
    ("course", {"duration": "3 days"}, NOTHING),
    ("scaffold.pitch", "450 um", ALL),
    ("scaffold.mesh_size", "40 um", ALL),
    ("scaffold.inks", ["hard", "soft"], ALL),
    ("inks.soft.alginate.calcium", "12 mM", MECHANICS),
    ("inks.soft.collagen_I.concentration", "1.3 mg/mL", MECHANICS),
    ("inks.soft.collagen_I.law", "semi_affine", MECHANICS),
    ("inks.soft.collagen_III", {"concentration": "0.3 mg/mL"}, MECHANICS),
    ("inks.soft.alignment", 0.3, MECHANICS),
    ("inks.soft.orientation", {"kind": "planar", "order": 0.3}, MECHANICS),
    ("inks.soft.synergy", 1.5, MECHANICS),
    ("inks.soft.heterogeneity", {"cv": 0.2, "length": "40 um"}, MECHANICS),
    ("inks.soft.youngs_modulus", "4 kPa", MECHANICS),
    ("inks.soft.ligand", 0.4, NOTHING),
    ("inks.soft.gradient.along", "y", MECHANICS),
    ("inks.soft.gradient.levels", 4, MECHANICS),
    ("inks.soft.gradient.to.ligand", 0.4, NOTHING),
    ("inks.hard.alginate.youngs_modulus", "13 kPa", MECHANICS),
    ("inks.spare.alginate.youngs_modulus", "2 kPa", NOTHING),
    ("load", {"kind": "none"}, MECHANICS),
    ("load.strain", "6 %", MECHANICS),
    ("load.plate", "frictionless", MECHANICS),
    ("load.theory", "finite", MECHANICS),
    ("load.swelling", "3 %", MECHANICS),
    ("cells.count", 13, {"sensed"}),
    ("cells.seed", 4, {"sensed"}),
    ("cells.radius", "9 um", {"sensed"}),
    ("cells.inks", ["hard"], {"sensed"}),
    ("cells.contraction", {"strain": "5 %", "count": 2}, {"sensed"}),
    ("compute.template", "fine", {"sensed"}),
    ("compute.element_order", 1, MECHANICS),
    ("compute.workers", 3, NOTHING),
    ("dormancy.preset", "confining", NOTHING),
    ("dormancy.cues", {"NETs": 1}, NOTHING),
    ("dormancy.parameters", {"E50": "2 kPa"}, NOTHING),
    ("dormancy.paths.collagen_chemistry", False, NOTHING),
    ("dormancy.band.samples", 64, NOTHING),
    ("dormancy.gate", "clutch", NOTHING),
]


def written(path: str, value: Any) -> dict[str, Any]:
    document = deepcopy(BASE)
    *groups, last = path.split(".")
    place = document
    for group in groups:
        place = place.setdefault(group, {})
    place[last] = value
    return document


def keys_of(document: dict[str, Any]) -> dict[str, str]:
    return dict(stage_keys(Case.model_validate(document)).needs)


@pytest.mark.parametrize(("path", "value", "changed"), CHANGES)
def test_a_key_changes_with_what_its_stage_depends_on(
    path: str, value: Any, changed: set[str]
) -> None:
    before, after = keys_of(BASE), keys_of(written(path, value))
    assert {stage for stage in STAGES if before[stage] != after[stage]} == changed


def test_every_group_of_a_case_and_every_key_of_an_ink_has_been_tried() -> None:
    paths = [path.split(".") for path, _, _ in CHANGES]
    assert {path[0] for path in paths} == set(Case.model_fields)
    assert {path[2] for path in paths if path[0] == "inks"} == set(Ink.model_fields)


def test_an_endless_pile_is_solved_on_the_same_mesh() -> None:
    plain = written("inks.soft.gradient", None)
    endless = deepcopy(plain)
    endless["scaffold"]["endless"] = True
    before, after = keys_of(plain), keys_of(endless)
    assert before["mesh"] == after["mesh"]
    assert before["scaffold"] != after["scaffold"]


def test_every_key_changes_with_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    before = keys_of(BASE)
    monkeypatch.setattr(keys, "_built_with", lambda sources: ["another program"])
    after = keys_of(BASE)
    assert not set(before.values()) & set(after.values())


def test_the_sources_of_the_rule_are_not_among_those_of_the_mechanics(tmp_path: Path) -> None:
    from meshes.digest import source_digest

    (tmp_path / "solver" / "coupling").mkdir(parents=True)
    (tmp_path / "solver" / "one.py").write_text("a = 1")

    def digest() -> str:
        source_digest.cache_clear()
        return source_digest(tmp_path, ("solver",), keys._OF_THE_RULE)

    before = digest()
    (tmp_path / "solver" / "coupling" / "rule.py").write_text("b = 1")
    assert digest() == before
    (tmp_path / "solver" / "one.py").write_text("a = 2")
    assert digest() != before


STAGE: dict[str, Any] = {
    "numbers": np.array([[1.0, 2.5], [np.nan, -0.0]]),
    "flags": np.array([True, False]),
    "none": np.zeros((0, 3)),
    "deep": [{"x": np.arange(3)}, 0.1, None, "array a0", "words words "],
}


def test_a_stage_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    kept = StageStore(tmp_path / "stages")
    assert kept.load("mesh", KEY) is None
    kept.save("mesh", KEY, STAGE)
    found = kept.load("mesh", KEY)
    assert found is not None
    for name in ("numbers", "flags", "none"):
        assert found[name].dtype == STAGE[name].dtype
        assert found[name].tobytes() == STAGE[name].tobytes()
        assert found[name].shape == STAGE[name].shape
    assert found["deep"][0]["x"].tolist() == [0, 1, 2]
    assert found["deep"][1:] == STAGE["deep"][1:]
    assert [path.name for path in (tmp_path / "stages" / "mesh").iterdir()] == [f"{KEY}.npz"]
    assert kept.has("mesh", KEY)
    assert not kept.has("sensed", KEY)


def test_what_is_broken_counts_as_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = StageStore(tmp_path)
    kept.save("mesh", KEY, STAGE)
    path = kept.path("mesh", KEY)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[whole.index(np.array([2.5]).tobytes())] ^= 0xFF
    for damaged in (b"", b"no archive", whole[: len(whole) // 2], bytes(flipped)):
        path.write_bytes(damaged)
        assert kept.load("mesh", KEY) is None
    np.savez(path, plain=np.array([{"of": 1}], dtype=object))  # a pickle is never opened
    assert kept.load("mesh", KEY) is None
    for text in ("[]", '{"of": 3}', json.dumps({"of": ["mesh", KEY], "stage": "array a7"})):
        np.savez(path, plain=np.frombuffer(text.encode(), np.uint8))
        assert kept.load("mesh", KEY) is None
    path.write_bytes(whole)
    other = "cd" * 32
    shutil.copy(path, kept.path("mesh", other))  # whole, but another's
    assert kept.load("mesh", other) is None
    monkeypatch.setattr(store, "LARGEST_FILE", 100)
    assert kept.load("mesh", KEY) is None


def test_no_stage_lies_outside_of_the_store(tmp_path: Path) -> None:
    kept = StageStore(tmp_path)
    for kind, key in (("..", KEY), ("mesh", "../../etc"), ("mesh", ""), ("a/b", KEY)):
        with pytest.raises(ValueError, match="no stage"):
            kept.path(kind, key)


def test_a_stage_that_is_not_what_it_claims_is_not_used(tmp_path: Path) -> None:
    case = Case.model_validate(BASE)
    kept = Kept(StageStore(tmp_path), case, ("mesh",))
    kept.save("sensed", lambda: pytest.fail("it is not worth keeping"))
    kept.save("mesh", lambda: {"points": 1})
    assert kept.reused == ()
    kept = Kept(StageStore(tmp_path), case, ())

    def wrong(plain: Any) -> Any:
        raise InputError("no mesh")

    assert kept.load("mesh", lambda plain: plain["cells"]) is None
    assert kept.load("mesh", wrong) is None
    assert kept.reused == ()
    assert kept.load("mesh", lambda plain: plain["points"]) == 1
    assert kept.reused == ("mesh",)


TINY: dict[str, Any] = {
    "name": "tiny",
    "scaffold": {
        "kind": "slab",
        "size": ["120 um", "120 um", "80 um"],
        "mesh_size": "60 um",
        "mesh_route": "implicit",
    },
    "inks": {
        "gel": {
            "alginate": {"youngs_modulus": "3 kPa"},
            "collagen_I": {"concentration": "1.2 mg/mL"},
            "gradient": {"along": "x", "levels": 2, "to": {"alignment": 0.3}},
        }
    },
    "cells": {"count": 2, "seed": 3},
    "compute": {"element_order": 1},
    "dormancy": {"network": False, "sensitivity": False},
}


def task_of(folder: Path, name: str, keep: Keep, **dormancy: Any) -> Task:
    document = deepcopy(TINY)
    document["dormancy"] |= dormancy
    case = Case.model_validate(document)
    return Task(
        index=0,
        key=case.content_hash,
        document=document,
        folder=None,
        target=str(folder / name),
        keep=keep,
        stages=str(folder / "stages"),
        needs=stage_keys(case).needs,
        save=STAGES,
    )


def files_of(folder: Path) -> dict[str, Any]:
    """Files of a result, without the times in them."""
    found: dict[str, Any] = {}
    for path in folder.iterdir():
        if path.suffix == ".json":
            found[path.name] = json.loads(path.read_text())
            for key in ("timings_s", "seconds", "reused"):
                found[path.name].pop(key, None)
        elif path.suffix != ".html":
            found[path.name] = path.read_bytes()
    return found


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sweep")
    # first only what a row needs, then all: what the first kept is not enough for the second
    for name, keep in (("row", "table"), ("whole", "all")):
        outcome = batch.compute(task_of(folder, name, keep))  # type: ignore[arg-type]
        assert outcome.status == "done", outcome.reason
        assert outcome.reused == (() if name == "row" else ("mesh",))
    return folder


@pytest.mark.dolfinx
def test_reuse_gives_the_same_bytes_as_computing(sweep: Path) -> None:
    for name, keep in (("again", "all"), ("sites", "sites"), ("table", "table")):
        outcome = batch.compute(task_of(sweep, name, keep))  # type: ignore[arg-type]
        assert (outcome.status, outcome.reused) == ("done", STAGES), outcome.reason
    alone = replace(task_of(sweep, "alone", "all"), stages=None)
    assert batch.compute(alone).reused == ()
    whole = files_of(sweep / "whole")
    assert files_of(sweep / "again") == files_of(sweep / "alone") == whole
    assert {"fields.vtu", "sites.vtp", "sites.csv", "report.html"} <= {
        path.name for path in (sweep / "again").iterdir()
    }
    sites = files_of(sweep / "sites")
    assert set(sites) == {"case.json", "row.json", "sites.parquet", "summary.json"}
    assert sites == {name: whole[name] for name in sites}
    assert files_of(sweep / "table") == {"row.json": whole["row.json"]}
    assert files_of(sweep / "row") == {"row.json": whole["row.json"]}
    assert list(whole["row.json"]["outputs"]) == list(OUTPUTS)
    assert not list(sweep.glob(".*"))


@pytest.mark.dolfinx
def test_a_row_is_the_summary_of_the_run(sweep: Path) -> None:
    outputs = json.loads((sweep / "whole" / "row.json").read_text())["outputs"]
    summary = json.loads((sweep / "whole" / "summary.json").read_text())
    for name in ("mean_p_dormant", "fraction_above_half", "mean_stiffness_kPa"):
        assert [outputs[name], outputs[f"{name}_low"], outputs[f"{name}_high"]] == [
            summary[name][end] for end in ("value", "low", "high")
        ]
    assert outputs["n_sites"] == 2
    assert outputs["mesh_cells"] == summary["mesh"]["cells"]
    assert outputs["stiffness_p95_kPa"] == summary["stiffness_percentiles_kPa"]["p95"]


@pytest.mark.dolfinx
def test_a_case_of_known_mechanics_imports_nothing_that_solves(sweep: Path) -> None:
    """Other cues on the same mechanics: another answer, without DOLFINx."""
    task = task_of(sweep, "cue", "table", uPAR=0.1)
    code = (
        "import json, sys; sys.modules['dolfinx'] = sys.modules['gmsh'] = None\n"
        "from cases.batch.compute import compute; from cases.batch.task import Task\n"
        "print(json.dumps(compute(Task.from_json(json.load(sys.stdin))).to_json()))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(task.to_json()), capture_output=True,
        text=True, timeout=60, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    outcome = json.loads(answer.stdout)
    assert outcome["status"] == "done", outcome
    assert outcome["reused"] == list(STAGES)
    one, other = (
        json.loads((sweep / name / "row.json").read_text())["outputs"] for name in ("row", "cue")
    )
    assert other["mean_p_dormant"] > one["mean_p_dormant"]
    assert other["mean_stiffness_kPa"] == one["mean_stiffness_kPa"]


@pytest.mark.dolfinx
def test_a_finished_folder_is_left_and_a_broken_one_made_again(sweep: Path) -> None:
    row = sweep / "row" / "row.json"
    before = row.stat()
    assert batch.compute(task_of(sweep, "row", "table")).status == "done"
    assert row.stat() == before
    (sweep / "broken").mkdir()
    (sweep / "broken" / "row.json").write_text('{"hash": ')
    (sweep / "broken" / "half.csv").write_text("1,")
    assert batch.compute(task_of(sweep, "broken", "table")).status == "done"
    assert files_of(sweep / "broken") == files_of(sweep / "row")


def test_a_case_that_is_not_the_planned_one_fails(tmp_path: Path) -> None:
    task = task_of(tmp_path, "case", "table")
    outcome = batch.compute(replace(task, key="0" * 64))
    assert outcome.status == "failed"
    assert "changed" in outcome.reason
    assert outcome.hint
    wrong = deepcopy(task.document)
    wrong["scaffold"]["size"] = ["1 um", "120 um", "80 um"]
    outcome = batch.compute(replace(task, document=wrong))
    assert outcome.status == "failed"
    assert outcome.reason.startswith("scaffold.")
    assert not list(tmp_path.iterdir())


def full_disk(*_: Any, **__: Any) -> None:
    try:
        raise OSError(errno.ENOSPC, "No space left on device")
    except OSError as error:
        raise SolveError(f"cannot be written: {error.strerror}") from None


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (InputError("no such ink", hint="name another"), "failed", "no such ink"),
        (SolveError("did not converge"), "failed", "did not converge"),
        (ZeroDivisionError("by zero"), "failed", "ZeroDivisionError: by zero"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "disk", "disk is full"),
        (OSError(errno.EACCES, "Permission denied"), "failed", "Permission denied"),
        (MemoryError(), "memory", "memory"),
        (None, "disk", "disk is full"),
    ],
)
def test_whatever_goes_wrong_is_told_and_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception | None,
    status: str,
    reason: str,
) -> None:
    def fails(*arguments: Any, **options: Any) -> None:
        if error is None:
            full_disk()
        else:
            raise error

    monkeypatch.setattr(batch, "compute_mechanics", fails)
    outcome = batch.compute(task_of(tmp_path, "case", "table"))
    assert outcome.status == status
    assert reason in outcome.reason
    assert ("Traceback" in capsys.readouterr().err) == (reason.startswith(("Zero", "Perm")))
    assert outcome.seconds >= 0.0
    assert not list(tmp_path.iterdir())
