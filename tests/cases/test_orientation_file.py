"""Fibre directions in a case: the key and the table, right and wrong ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pydantic
import pytest

from cases.errors import CaseError
from cases.orientation_file import COLUMNS, MAX_BYTES, read_orientation
from cases.schema.orientation import Orientation
from meshes.errors import InputError
from solver.materials.odf import Orientation as Density
from solver.materials.orientation_field import MAX_ROWS, OrientationField

HEAD = ",".join(COLUMNS)
ALONG_X = "0,0,0,1,0,0,0,0,0"
MIXED = "10,0,5,0.5,0.3,0.2,0.1,0,-0.05"


def table(tmp_path: Path, *lines: str, head: str = HEAD) -> Path:
    path = tmp_path / "fibres.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def refused(path: Path, **options: Any) -> CaseError:
    with pytest.raises(CaseError) as caught:
        read_orientation(path, **options)
    error = caught.value
    assert isinstance(error, InputError)
    assert str(path) in str(error)
    assert error.expected
    assert error.found
    assert error.mend
    return error


def test_reads_places_and_tensors(tmp_path: Path) -> None:
    field = read_orientation(table(tmp_path, ALONG_X, MIXED))
    assert field.points.tolist() == [[0, 0, 0], [10, 0, 5]]
    assert np.allclose(field.tensors[0], np.diag([1, 0, 0]), atol=1e-12)
    expected = [[0.5, 0.1, 0.0], [0.1, 0.3, -0.05], [0.0, -0.05, 0.2]]
    assert np.allclose(field.tensors[1], expected, atol=1e-12)


def test_columns_in_any_order_with_comments_spaces_and_further_ones(tmp_path: Path) -> None:
    names = list(COLUMNS[::-1])
    row = MIXED.split(",")[::-1]
    path = table(
        tmp_path, "", ",".join(["7", *row]), " , ", "# end",
        head="# microscope 3\n" + ", ".join(["id", *names]).upper(),
    )  # fmt: skip
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    field = read_orientation(path)
    assert len(field) == 1
    assert field.tensors[0, 1, 2] == pytest.approx(-0.05)


def test_rounding_of_the_file_is_put_right(tmp_path: Path) -> None:
    # two thirds and a third with two digits, and a bundle whose square is rounded up
    rows = ("0,0,0,0.67,0.33,0.00,0,0,0", "1,0,0,0.33,0.33,0.33,0,0,0",
            "2,0,0,0.50,0.50,0.00,0.502,0,0")  # fmt: skip
    field = read_orientation(table(tmp_path, *rows))
    assert np.trace(field.tensors, axis1=1, axis2=2) == pytest.approx(np.ones(3), abs=1e-14)
    assert np.linalg.eigvalsh(field.tensors).min() > -1e-14
    assert np.allclose(field.tensors[1], np.eye(3) / 3)


@pytest.mark.parametrize(("row", "key", "words"), [
    ("1,0,0,0.5,0.5,0.2,0,0,0", "a_xx", "1.2"),
    ("1,0,0,0.5,0.5,0,0.6,0,0", "a_xy", "eigenvalue of -0.1"),
    ("1,0,nan,1,0,0,0,0,0", "z_um", "nan"),
    ("1,0,0,1,inf,0,0,0,0", "a_yy", "inf"),
    ("1,,0,1,0,0,0,0,0", "y_um", "nothing"),
    ("1,0,0,1,0,0", "a_xy", "nothing"),
    ("1,0,0,1,0,0,0,0,1 or so", "a_yz", "1 or so"),
    ("1,0,2e7,1,0,0,0,0,0", "z_um", "2e7"),
    ("1,0,0,5,0,0,0,0,0", "a_xx", "5"),
    ("1,0,0,1,0,0,0,0,=cmd()", "a_yz", "=cmd()"),
    ("0,0,0,1,0,0,0,0,0", "x_um", "as in line 2"),
    ("1,0,0,1,0,0,0,0,\x1b[31m", "a_yz", "\\x1b"),
])  # fmt: skip
def test_a_wrong_row_is_named_by_line_and_column(
    tmp_path: Path, row: str, key: str, words: str
) -> None:
    error = refused(table(tmp_path, ALONG_X, MIXED, row))
    assert error.line == 4
    assert key in error.key
    assert words in str(error)
    assert "\x1b" not in str(error)


@pytest.mark.parametrize(("head", "words"), [
    (HEAD.replace("a_yz", "b"), "a_yz"),
    (HEAD.replace("y_um", "y"), "write y_um for y"),
    (HEAD.replace(",", ";"), "separate by commas"),
    (HEAD + ",a_xx", "twice"),
    (HEAD + "," * 70, "too many columns"),
    (ALONG_X, "name the columns in the first line"),
])  # fmt: skip
def test_a_wrong_heading_says_what_is_missing(tmp_path: Path, head: str, words: str) -> None:
    error = refused(table(tmp_path, ALONG_X, head=head))
    assert error.line == 1
    assert words in str(error)


def test_files_that_are_no_tables_are_refused(tmp_path: Path) -> None:
    assert "no such file" in str(refused(tmp_path / "none.csv"))
    assert "no readable file" in str(refused(tmp_path))
    assert "nothing" in str(refused(table(tmp_path, head="")))
    assert "a heading alone" in str(refused(table(tmp_path)))
    assert "comma-separated" in str(refused(table(tmp_path, '0,0,"0,1,0,0,0,0,0')))
    path = tmp_path / "fibres.csv"
    path.write_bytes(b"PK\x03\x04\xff\xfe\x00")
    assert "comma-separated" in str(refused(path))
    path.write_bytes(HEAD.encode() + b"\n0,0,\0,1,0,0,0,0,0\n")
    assert refused(path).line in (1, 2)


def test_files_without_end_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "fibres.csv"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    assert "64 MiB" in str(refused(path))
    row = "0,0,0,1,0,0,0,0,0\n"
    path.write_text(HEAD + "\n" + row * (MAX_ROWS + 1))
    error = refused(path)
    assert "too many rows" in str(error)
    assert error.line == MAX_ROWS + 2


def test_places_that_miss_the_scaffold_are_told(tmp_path: Path) -> None:
    path = table(tmp_path, ALONG_X, MIXED)
    bounds = (np.array([5.0, -1, 0]), np.array([400.0, 400, 100]))
    assert len(read_orientation(path, bounds)) == 2  # one of them lies within
    error = refused(path, bounds=(bounds[0] + 100.0, bounds[1] + 100.0))
    assert "105 to 500, 99 to 500, 100 to 200 um" in str(error)
    assert "0 to 10, 0 to 0, 0 to 5 um" in str(error)


class Case(pydantic.BaseModel):
    orientation: Orientation


def key(value: Any, folder: Path | None = None) -> Orientation:
    case = Case.model_validate({"orientation": value}, context={"folder": folder})
    return case.orientation


def test_the_three_orientations(tmp_path: Path) -> None:
    assert key("isotropic").resolved() == "isotropic"
    assert key("isotropic").density() == Density.isotropic()
    assert key({"kind": "planar"}).resolved() == {"kind": "planar", "order": 0.0}
    planar = key({"kind": "planar", "order": "30 %"})
    assert planar.density() == Density.planar(0.3)
    path = table(tmp_path, ALONG_X, MIXED)
    field = key({"kind": "field", "file": "fibres.csv"}, tmp_path)
    assert field.path == path
    assert isinstance(field.density(), OrientationField)
    with pytest.raises(CaseError, match="no place of the file"):
        field.density((np.full(3, 50.0), np.full(3, 90.0)))
    assert key({"file": "fibres.csv"}, tmp_path).resolved() == field.resolved()
    resolved = field.resolved()
    path.write_text(path.read_text() + "20,0,0,1,0,0,0,0,0\n")
    changed = key({"file": "fibres.csv"}, tmp_path).resolved()
    assert changed["file_sha256"] != resolved["file_sha256"]  # other content, other case
    assert json.loads(json.dumps(changed)) == changed


@pytest.mark.parametrize(("value", "words"), [
    ("random", "isotropic, or {kind: planar"),
    (0.6, "alignment"),
    ({"order": 0.3}, "kind"),
    ({"kind": "planar", "order": 1.5}, "too large"),
    ({"kind": "planar", "file": "fibres.csv"}, "delete file"),
    ({"kind": "isotropic", "order": 0.0}, "delete order"),
    ({"kind": "field"}, "file: fibres.csv"),
    ({"kind": "spiral"}, "planar"),
    ({"file": "/etc/passwd"}, "outside"),
    ({"file": "../fibres.csv"}, "outside"),
    ({"file": "none.csv"}, "a_yz"),
])  # fmt: skip
def test_wrong_orientations_are_refused(tmp_path: Path, value: Any, words: str) -> None:
    (tmp_path / "fibres.csv").write_text(HEAD)
    with pytest.raises(pydantic.ValidationError) as caught:
        key(value, tmp_path)
    [fault] = caught.value.errors()
    assert words in f"{fault['loc']} {fault['msg']} {fault.get('ctx')}"


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    secret = table(tmp_path, ALONG_X)
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "fibres.csv").symlink_to(secret)
    with pytest.raises(pydantic.ValidationError, match="outside"):
        key({"file": "fibres.csv"}, folder)


def test_schema_offers_the_forms_and_no_others() -> None:
    from jsonschema import Draft7Validator

    schema = Case.model_json_schema()
    check = Draft7Validator(schema)
    for good in ("isotropic", {"kind": "planar"}, {"kind": "planar", "order": 0.3},
                 {"kind": "field", "file": "a.csv"}, {"file": "a.csv"}):  # fmt: skip
        check.validate({"orientation": good})
    for bad in ("planar", {}, {"order": 0.3}, {"kind": "planar", "order": 2.0}, {"kind": "x"}, 3,
                {"kind": "planar", "other": 1}):  # fmt: skip
        assert not check.is_valid({"orientation": bad}), bad
