"""The case as models: defaults, canonical form, cross-checks, and what leaves a hash alone."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pydantic
import pytest

from cases.build import build_inks, build_scaffold
from cases.check import summarise
from cases.errors import CaseError
from cases.gallery import gallery, is_sweep
from cases.load import load_case, parse_case
from cases.schema import Case, Slab, Woodpile
from meshes.errors import InputError

ROOT = Path(__file__).parents[2]
GALLERY = ROOT / "cases" / "gallery"
SLAB = "scaffold: {kind: slab, size: [1 mm, 1 mm, 0.5 mm]}\n"
INKS = "inks: {niche: {collagen_I: {concentration: 2.4 mg/mL}}}\n"
CELLS = "cells: {count: 50}\n"
PILE = """
scaffold: {kind: woodpile, strand_diameter: 400 um, %s, layer_height: 320 um, layers: 4,
           size: [2.4 mm, 2.4 mm]}
"""


def ink(text: str) -> Any:
    return parse_case(SLAB + f"inks: {{niche: {{{text}}}}}\n" + CELLS).inks["niche"]


def test_smallest_case_has_every_default() -> None:
    case = parse_case(SLAB + INKS + CELLS)
    assert case.name == "case"
    assert isinstance(case.scaffold, Slab)
    assert case.scaffold.inks == case.cells.inks == ("niche",)
    assert case.scaffold.direction == (1.0, 0.0, 0.0)
    assert case.inks["niche"].ligand == 1.0
    assert (case.cells.radius, case.cells.seed) == (8.0, 0)
    assert (case.load.kind, case.load.strain, case.load.plate) == ("compression", 0.05, "bonded")
    assert case.dormancy.preset == "adhesive"
    assert (case.dormancy.band.samples, case.dormancy.band.level) == (256, 0.9)
    assert (case.compute.workers, case.compute.element_order) == (None, 2)


def test_name_is_the_name_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "my niche.yaml"
    path.write_text(SLAB + INKS + CELLS)
    assert load_case(path).name == "my niche"


def test_case_is_frozen() -> None:
    case = parse_case(SLAB + INKS + CELLS)
    with pytest.raises(pydantic.ValidationError):
        case.cells.radius = 3.0  # type: ignore[misc]


@pytest.mark.parametrize("key", ["pitch: 1 mm", "spacing: 1000", "gap: 0.6 mm"])
def test_pitch_spacing_and_gap_say_the_same(key: str) -> None:
    case = parse_case(PILE % key + INKS + CELLS)
    other = parse_case(PILE % "pitch: 1e3 um" + INKS + CELLS)
    assert isinstance(case.scaffold, Woodpile)
    assert case.scaffold.pitch == 1000.0
    assert case.content_hash == other.content_hash
    assert case.resolved() == other.resolved()


def test_strands_are_counted_as_they_fit() -> None:
    # floor((2400 - 400)/1000) + 1 = 3 strands in each of 4 layers
    shape = parse_case(PILE % "pitch: 1 mm" + INKS + CELLS).scaffold
    assert isinstance(shape, Woodpile)
    assert [shape.strands(layer) for layer in range(4)] == [3, 3, 3, 3]
    # 12 whole cylinders of length 2400 and radius 200
    assert shape.nominal_volume == pytest.approx(12 * 2400 * math.pi * 200**2)


def test_overlap_bounds_are_those_of_the_mesher() -> None:
    for height in ("380 um", "200.1 um"):
        text = (PILE % "pitch: 1 mm").replace("320 um", height)
        build_scaffold(parse_case(text + INKS + CELLS))
    for height in ("381 um", "200 um"):
        with pytest.raises(CaseError, match="layer_height"):
            parse_case((PILE % "pitch: 1 mm").replace("320 um", height) + INKS + CELLS)


def test_ligand_follows_from_collagen() -> None:
    recipe = "alginate: {concentration: 2 %, calcium: 9.8 mM, chain: 280 kDa}"
    assert ink(recipe).ligand == 0.0  # plain alginate carries no integrin ligand
    assert ink(recipe + ", collagen_III: {concentration: 0.6 mg/mL}").ligand == 1.0
    assert ink(recipe + ", collagen_I: {concentration: 0}").ligand == 0.0
    assert ink(recipe + ", ligand: 0.4").ligand == 0.4


def test_straight_is_amplitude_zero() -> None:
    straight = ink("collagen_I: {concentration: 1, waviness: straight}")
    flat = ink("collagen_I: {concentration: 1, waviness: {amplitude: 0, wavelength: 30 um}}")
    default = ink("collagen_I: {concentration: 1}")
    assert straight.resolved() == flat.resolved() == default.resolved()
    assert straight.collagen_I.waviness.straight


def test_fibre_must_be_slender() -> None:
    waves = "waviness: {amplitude: 1 um, wavelength: 12 um}"
    ink(f"collagen_I: {{concentration: 1, {waves}, fibril_radius: 1 um}}")
    with pytest.raises(CaseError, match="too thick"):
        ink(f"collagen_I: {{concentration: 1, {waves}, fibril_radius: 1.01 um}}")


@pytest.mark.parametrize("text", ["alignment: 0.5", "collagen_I: {concentration: 0 mg/mL}", ""])
def test_empty_ink(text: str) -> None:
    with pytest.raises(CaseError, match="empty ink"):
        ink(text)


def test_alginate_needs_recipe_or_measurement() -> None:
    assert ink("alginate: {youngs_modulus: 3 kPa}").alginate.youngs_modulus == 3.0
    with pytest.raises(CaseError, match="incomplete"):
        ink("alginate: {poisson_ratio: 0.49}")


def test_hash_ignores_how_the_same_case_is_written() -> None:
    case = parse_case("name: one\n" + SLAB + INKS + CELLS)
    same = parse_case(
        "compute: {workers: 2}\ncells: {radius: 8.0e-3 mm, count: 50.0}\n"
        "inks: {niche: {ligand: 1, collagen_I: {waviness: straight, concentration: 2.4 g/L}}}\n"
        "scaffold: {size: [1000, 1e3 um, 0.05 cm], direction: [7, 0, 0], ink: niche, kind: slab}\n"
        "name: two\n"
    )
    assert case.content_hash == same.content_hash
    assert len(case.content_hash) == 64


@pytest.mark.parametrize(
    "change",
    [
        "cells: {count: 51}\n",
        "cells: {count: 50, seed: 1}\n",
        "cells: {count: 50}\nload: {kind: none}\n",
        "cells: {count: 50}\nload: {strain: 0.06}\n",
        "cells: {count: 50}\ndormancy: {cues: {TGFb2: 0.5}}\n",
        "cells: {count: 50}\ncompute: {element_order: 1}\n",
    ],
)
def test_hash_sees_what_changes_results(change: str) -> None:
    base = parse_case(SLAB + INKS + CELLS).content_hash
    assert parse_case(SLAB + INKS + change).content_hash != base


def test_resolved_is_json_with_units() -> None:
    plain = load_case(GALLERY / "quickstart.yaml").resolved()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["scaffold"]["strand_diameter_um"] == 400.0
    assert plain["inks"]["niche"]["alginate"]["calcium_mM"] == 9.8
    assert plain["inks"]["niche"]["collagen_III"]["waviness"]["wavelength_um"] == 20.0
    assert plain["inks"]["niche"]["collagen_I"]["concentration_mg_mL"] == 2.4
    assert plain["scaffold"]["lay_down_deg"] == [0.0, 90.0]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Wavy niche, 2nd try", "wavy-niche-2nd-try"),
        ("../../etc/passwd", "etc-passwd"),
        # NFKD: ö is o with a mark, ß and the Greek μ that µ stands for have no ASCII part
        ("Größe µ", "groe"),
        ("a/b\\c:d", "a-b-c-d"),
    ],
)
def test_slug(name: str, slug: str) -> None:
    case = parse_case(f"name: '{name}'\n" + SLAB + INKS + CELLS)
    assert case.slug == slug


@pytest.mark.parametrize("name", ["胶原", "con", "...", "LPT1"])
def test_slug_is_never_empty_or_reserved(name: str) -> None:
    case = parse_case(f"name: '{name}'\n" + SLAB + INKS + CELLS)
    assert case.slug not in ("", "con", "lpt1")
    assert case.slug.isascii()


def test_unused_ink_is_a_warning() -> None:
    two = "inks: {a: {youngs_modulus: 3, ligand: 1}, b: {youngs_modulus: 5}}\n"
    case = parse_case(SLAB.replace("}", ", ink: a}") + two + CELLS)
    assert case.warnings == ("ink 'b' is described but not printed",)


def test_ink_without_ligand_is_a_warning() -> None:
    case = parse_case(SLAB + "inks: {a: {youngs_modulus: 3}}\n" + CELLS)
    assert any("ligand" in warning for warning in case.warnings)


def test_inks_take_turns_and_cells_may_choose() -> None:
    two = "inks: {a: {youngs_modulus: 3}, b: {youngs_modulus: 5}}\n"
    text = (PILE % "pitch: 1 mm").replace("layers: 4", "layers: 4, inks: [a, b]")
    case = parse_case(text + two + "cells: {count: 9, inks: [b]}")
    assert build_scaffold(case).inks == ("a", "b")
    assert case.cells.inks == ("b",)
    with pytest.raises(CaseError, match="not printed"):
        parse_case(text.replace("[a, b]", "[a]") + two + "cells: {count: 9, inks: [b]}")


def test_cells_must_fit() -> None:
    # 0.5 µL of gel; a cell of radius 8 µm has 2144.66 µm³, so 30 % are 69 941 cells
    parse_case(SLAB + INKS + "cells: {count: 69900}")
    with pytest.raises(CaseError) as caught:
        parse_case(SLAB + INKS + "cells: {count: 70000}")
    assert "69941" in caught.value.mend


def test_parameters_with_and_without_a_band() -> None:
    case = parse_case(
        SLAB + INKS + CELLS + "dormancy: {degradability: 0.5, preset: confining, parameters: "
        "{E50: {value: 3000 Pa, low: 2 kPa, high: 4}, n: 2.5}}"
    )
    assert case.dormancy.overrides == {
        "E50": {"value": 3.0, "low": 2.0, "high": 4.0},
        "n": 2.5,
        "degradability": 0.5,
    }
    assert "E50_kPa" in case.resolved()["dormancy"]["parameters"]
    from solver.coupling import load_preset

    assert load_preset("confining", case.dormancy.overrides)["E50"] == 3.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("parameters: {E51: 2}", "unknown parameter"),
        ("parameters: {E50: 2 um}", "wrong kind"),
        ("parameters: {E50: {value: 2, mean: 3}}", "unknown key"),
        ("parameters: {E50: {value: 2, low: 3}}", "cannot use"),
        ("degradability: 0.5, parameters: {degradability: 0.5}", "twice"),
        ("cues: {collagen_I: 1}", "the ink decides"),
        ("block: [FAK, FAK]", "twice"),
    ],
)
def test_rule_refuses(text: str, words: str) -> None:
    with pytest.raises(CaseError, match=words):
        parse_case(SLAB + INKS + CELLS + f"dormancy: {{{text}}}")


def test_positions_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "cells.csv").write_text("id,x_um,y_um,z_um\n0,100,200,300\n\n1,1e2,50.5,10\n")
    path = tmp_path / "case.yaml"
    path.write_text(SLAB + INKS + "cells: {file: cells.csv}")
    case = load_case(path)
    assert case.cells.path == tmp_path / "cells.csv"
    assert summarise(case)["cells"]["expected"] == 2
    before = case.content_hash
    (tmp_path / "cells.csv").write_text("x_um,y_um,z_um\n100,200,301\n")
    assert load_case(path).content_hash != before  # another content is another case
    (tmp_path / "cells.csv").write_text("x_um,y_um,z_um\n100,200,501\n")
    with pytest.raises(InputError, match=r"cells\.csv"):
        summarise(load_case(path))


def test_density_in_internal_units() -> None:
    # 1 mL = 1e12 µm³
    cells = parse_case(SLAB + INKS + "cells: {density: 5e5 /mL}").cells
    assert cells.density_per_um3 == pytest.approx(5e-7)
    assert cells.expected(2e9) == pytest.approx(1000.0)


@pytest.mark.parametrize("name", sorted(name for name in gallery() if not is_sweep(name)))
def test_gallery_is_right(name: str) -> None:
    case = load_case(GALLERY / f"{name}.yaml")
    summary = summarise(case)
    assert summary["cells"]["expected"] >= 12
    assert case.slug == name.lower().replace("_", "-")


def test_gallery_pair_differs_in_collagen_alone() -> None:
    one, other = (
        load_case(GALLERY / f"{name}.yaml").resolved()
        for name in ("collagen_I_straight", "collagen_III_wavy")
    )
    straight, wavy = one["inks"].pop("straight_I"), other["inks"].pop("wavy_III")
    fibres, waves = straight.pop("collagen_I"), wavy.pop("collagen_III")
    assert fibres["concentration_mg_mL"] == waves["concentration_mg_mL"] == 3.0
    assert (straight.pop("collagen_III"), wavy.pop("collagen_I")) == (None, None)
    assert straight == wavy
    for plain in (one, other):
        del plain["name"], plain["scaffold"]["inks"], plain["cells"]["inks"]
    assert one == other


def test_inks_reach_the_materials() -> None:
    (recipe,) = build_inks(load_case(GALLERY / "quickstart.yaml"))
    assert (recipe.name, recipe.alignment, recipe.ligand) == ("niche", 0.6, 1.0)
    assert recipe.alginate is not None
    assert (recipe.alginate.concentration, recipe.alginate.calcium) == (2.0, 9.8)
    assert recipe.collagen_I is not None
    assert recipe.collagen_III is not None
    assert recipe.collagen_I.waviness.amplitude == 0.0
    assert recipe.collagen_III.waviness.wavelength == 20.0
    assert recipe.collagen_III.stiffness_ratio == 0.5


def test_measured_gel_has_the_measured_modulus() -> None:
    from solver.materials import build_gel

    case = parse_case(SLAB + "inks: {gel: {youngs_modulus: 2500 Pa}}\n" + CELLS)
    (recipe,) = build_inks(case)
    assert build_gel(recipe).isotropic_modulus == pytest.approx(2.5)


def test_summary_of_a_slab() -> None:
    summary = summarise(parse_case(SLAB + INKS + "cells: {density: 2e5 /mL}"))
    # 1 x 1 x 0.5 mm³ is 0.5 µL and holds 2e5 * 0.5e-3 = 100 cells
    assert summary["scaffold"]["gel_volume_uL"] == pytest.approx(0.5)
    assert summary["scaffold"]["solid_fraction"] == pytest.approx(1.0)
    assert summary["cells"]["expected"] == 100


def test_schema_needs_neither_dolfinx_nor_pint() -> None:
    program = (
        "import sys\n"
        "for name in ('dolfinx', 'petsc4py', 'mpi4py', 'ufl', 'gmsh'): sys.modules[name] = None\n"
        "import cases.schema, cases.load, cases.main, cases.json_schema\n"
        "assert not {'pint', 'pyvista', 'matplotlib', 'pandas', 'scipy'} & set(sys.modules)\n"
        "from cases.check import summarise\n"
        "case = cases.load.load_case('cases/gallery/quickstart.yaml')\n"
        "print(summarise(case)['cells']['expected'])\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert answer.stdout.strip() == "400", answer.stderr


def test_every_key_is_in_the_guide() -> None:
    guide = (ROOT / "docs" / "case-file.md").read_text(encoding="utf-8")
    schema = Case.model_json_schema()
    models = [schema, *schema["$defs"].values()]
    named = {key for model in models for key in model.get("properties", {})}
    named |= {"amplitude", "wavelength"}  # of the waviness, which may also be a word
    missing = sorted(name for name in named if f"`{name}`" not in guide)
    assert not missing


GEL_SLAB = """
scaffold: {{kind: slab, size: [400 um, 400 um, 200 um], mesh_size: {mesh}}}
inks: {{gel: {{alginate: {{youngs_modulus: {young}}}, ligand: 1{more}}}}}
cells: {{count: 5}}
dormancy: {{block: [{block}]}}
"""


def slab(mesh: str = "50 um", young: str = "3 kPa", more: str = "", block: str = "") -> str:
    return GEL_SLAB.format(mesh=mesh, young=young, more=more, block=block)


@pytest.mark.parametrize("gate", ["FAK", "integrin_b1", "MLCK"])
def test_a_shut_gate_is_warned_of(gate: str) -> None:
    (idle,) = parse_case(slab(block="TGFBR3")).warnings
    assert "acts on TGFb2, not present" in idle  # no gate, and no TGF-b2 to keep from acting
    (warning,) = parse_case(slab(block=gate)).warnings
    assert f"{gate} blocked" in warning
    assert "cannot compare inks" in warning


def test_spots_below_the_mesh_are_warned_of_where_they_matter() -> None:
    def warnings(cv: float, length: int) -> tuple[str, ...]:
        more = f", heterogeneity: {{cv: {cv}, length: {length} um}}"
        return parse_case(slab(more=more)).warnings

    assert not warnings(0.2, 20)  # 2 %: below what the mesh itself costs
    assert not warnings(1.0, 60)
    (warning,) = warnings(1.0, 20)
    # 0.43 ln(1 + 1) = 0.298, exp - 1 = 35 %
    assert "35 % too high" in warning


def test_a_mesh_beyond_reason_is_refused() -> None:
    with pytest.raises(CaseError) as caught:
        parse_case(slab(mesh="1 um"))
    (problem,) = caught.value.problems
    assert problem.key == "scaffold.mesh_size"
    assert problem.headline == "a mesh that is too fine"


@pytest.mark.parametrize("young", ["3,5 kPa", '"3,5 kPa"'])
def test_a_decimal_comma_is_recognised(young: str) -> None:
    with pytest.raises(CaseError) as caught:
        parse_case(slab(young=young))
    assert "decimal point" in caught.value.problems[0].mend


def test_check_refuses_what_the_run_would() -> None:
    text = """
scaffold: {kind: slab, size: [400 um, 400 um, 200 um]}
inks: {gel: {collagen_I: {concentration: 2 mg/mL}}}
cells: {count: 5}
dormancy: {paths: {collagen_mechanics: false}}
"""
    with pytest.raises(InputError, match="collagen alone"):
        summarise(parse_case(text))
