"""Fits that must be refused: tables read two ways, units of another world, laws without a say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cases.errors import CaseError
from cases.load import parse_case
from cases.main import app
from cases.material.fit import FitOptions, fit_ink
from cases.material.table import read_curve
from meshes.errors import InputError
from solver.materials.regression import Unknown, fit_curve

CASE = """
scaffold: {kind: slab, size: [1 mm, 1 mm, 0.5 mm]}
cells: {count: 10}
inks:
  gel: {alginate: {youngs_modulus: 500 Pa}, collagen_I: {concentration: 1.2 mg/mL}}
"""
GAMMA = np.linspace(0.01, 0.4, 12)


def table(folder: Path, text: str) -> Path:
    path = folder / "data.csv"
    path.write_text(text, encoding="utf-8")
    return path


def rows(y: np.ndarray, head: str = "shear_strain,stress_Pa") -> str:
    return f"{head}\n" + "".join(f"{a:.6g},{b:.6g}\n" for a, b in zip(GAMMA, y, strict=True))


def fit(data: Path, *, matrix: bool = False) -> dict[str, object]:
    options = FitOptions(data, "exponential", None, None, matrix, False, False)
    return fit_ink(parse_case(CASE), "gel", options)[1]


FIVE = "1,10\n2,21\n3,33\n4,44\n5,56\n"


@pytest.mark.parametrize(
    ("text", "line", "says", "mend"),
    [
        ("shear_strain,stress_Pa\n0,0050,0,512\n", 2, "more cells", "decimal point"),
        (f"shear_strain_%,stress_Pa\n{FIVE}6,1,175\n", 7, "more cells", "semicolons"),
        ("shear_strain_%;stress_Pa\n0.5;512\n3.1;3,587\n5;7,341\n", 3, "two ways", "thousands"),
        ("shear_strain_%;stress_Pa\n1.5;1,512\n3.1;3,587\n", 2, "two ways", "thousands"),
        ("shear_strain,stress_Pa\n" + "0.1,1\n0.1,2\n0.1,3\n" * 2, None, "are equal", "column"),
        ("shear_strain_%,stress_Pa\n" + "1,0\n2,0\n3,0\n4,0\n5,0\n",
         None, "values are zero", "unit"),
        (f"shear_strain_%,stress_MPa\n{FIVE}", 6, "can bear", "stress_MPa?"),
        (f"time,stress_Pa\n{FIVE}", 1, "strain is missing", "shear_strain_%"),
        (f"Shear Strain γ [%],stress_Pa\n{FIVE}", 1, "γ [%]", "shear_strain_%"),
        ("shear_strain_%,stress_Pa,stress_sd_Pa\n" + FIVE.replace("\n", ",1e-9\n"), 2,
         "too small", "delete"),
    ],
)  # fmt: skip
def test_tables_of_another_world(
    text: str, line: int | None, says: str, mend: str, tmp_path: Path
) -> None:
    with pytest.raises(CaseError) as caught:
        read_curve(table(tmp_path, text))
    assert says in str(caught.value)
    assert mend in caught.value.mend
    assert caught.value.line == line
    assert caught.value.expected
    assert caught.value.found


def test_decimal_commas_are_believed_where_they_show_themselves(tmp_path: Path) -> None:
    # 0,512 has no thousands; a file whose every cell has three decimals is one of decimal commas
    text = "shear_strain_%;stress_Pa\n1;0,512\n2;3,587\n3;7,341\n4;12\n5;13,5\n"
    assert read_curve(table(tmp_path, text)).value[1] == pytest.approx(3.587e-3)
    text = "shear_strain_%;stress_Pa\n" + "".join(f"{i},100;{i},250\n" for i in range(1, 7))
    assert read_curve(table(tmp_path, text)).value[0] == pytest.approx(1.25e-3)
    # empty cells at the end of a row are no data
    assert read_curve(table(tmp_path, "strain,stress_Pa\n" + FIVE.replace(",", "e-2,").replace(
        "\n", ",,\n"))).rows == 5  # fmt: skip


@pytest.mark.parametrize(
    "extra", ["strain rate [1/s]", "strain_rate", "stress_Pa_note", "Strain γ"]
)
def test_other_columns_are_left_alone(extra: str, tmp_path: Path) -> None:
    text = f"{extra},shear_strain_%,stress_Pa\n" + "".join(f"x,{r}\n" for r in FIVE.split())
    curve = read_curve(table(tmp_path, text))
    assert curve.value == pytest.approx([0.010, 0.021, 0.033, 0.044, 0.056])


@pytest.mark.parametrize(
    ("y", "says", "hint"),
    [
        # the matrix alone gives G γ = 500/(2(1 + ν)) γ > 160 Pa γ, five times what is read
        (30.0 * GAMMA, "matrix of ink gel alone", "--fit-matrix"),
        (-400.0 * GAMMA, "negative where the strain is positive", "sign"),
        (300.0 * GAMMA[::-1] ** 3 + 100.0, "do not rise", "rupture"),
        (1e-4 * GAMMA, "come near", "stiffer"),
    ],
    ids=["stiff matrix", "sign", "falling", "tiny"],
)
def test_a_law_that_explains_nothing_is_an_error(
    y: np.ndarray, says: str, hint: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        fit(table(tmp_path, rows(y)))
    assert says in str(caught.value)
    assert hint in str(caught.value)


def test_a_flat_modulus_is_well_told(tmp_path: Path) -> None:
    # a linear gel: nothing varies, so R² has nothing to explain, and yet the law tells it
    y = 400.0 * (1.0 + 0.01 * np.cos(40.0 * GAMMA))
    text = rows(y, "shear_strain_%,storage_modulus_Pa").replace("\n0.", "\n0.0")
    assert fit(table(tmp_path, text))["rms_kPa"] < 0.02 * 0.4  # type: ignore[operator]


def test_nothing_is_written_for_a_hopeless_fit(tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(CASE)
    data = str(table(tmp_path, rows(30.0 * GAMMA)))
    words = ["material", str(case), "--fit", data, "-o", str(tmp_path / "out")]
    answer = CliRunner().invoke(app, words)
    assert answer.exit_code == 2
    assert "inks:" not in answer.stdout
    assert not (tmp_path / "out").exists()
    answer = CliRunner().invoke(app, [*words[:-1], "/proc/out"])
    assert answer.exit_code == 2
    assert "/proc cannot be written" in answer.stderr
    for place, found in ((str(tmp_path), "a folder"), ("/dev/null", "a device")):
        answer = CliRunner().invoke(app, [*words[:2], "--fit", place])
        assert answer.exit_code == 2
        assert "this is no file" in answer.stderr
        assert found in answer.stderr
    answer = CliRunner().invoke(app, [*words[:4], "--law", "foo"])
    assert "semi_affine, exponential or crimped" in answer.stderr


def test_a_fit_is_the_answer_of_the_law_itself() -> None:
    unknown = Unknown("k", "kPa", 1.0, 1e-3, 1e3)
    # all strains 0: every law gives 0, and no weight may hide it
    with pytest.raises(InputError, match="zero at these strains"):
        fit_curve(lambda n: n[0] * 0.0 * GAMMA, [unknown], 1.0 + GAMMA)
    # a line that is bounded far below the data: its own value k x, whatever the residual
    found = fit_curve(lambda n: n[0] * GAMMA, [unknown], 1e30 * GAMMA)
    assert found.fitted == pytest.approx(found.values["k"] * GAMMA, rel=1e-9)
    assert found.r_squared < 0.0


def test_a_scatter_too_small_is_blamed() -> None:
    unknown = Unknown("k", "kPa", 1.0, 1e-3, 1e3)
    bent = GAMMA + 3.0 * GAMMA**2
    with pytest.raises(InputError, match="scatter"):
        fit_curve(lambda n: n[0] * GAMMA, [unknown], bent, np.full(len(bent), 1e-6))
