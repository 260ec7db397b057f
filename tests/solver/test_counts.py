"""Tables of counted cells: headings, units, decimal signs, and files that are none."""

from __future__ import annotations

import numpy as np
import pytest

from meshes.errors import InputError
from solver.coupling.counts import MAX_BYTES, MAX_ROWS, Counts, read_counts

PLAIN = "stiffness_kPa,n_dormant,n_total\n0.4,90,100\n12,8,80\n"


def written(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "counts.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", ";"),
        "# counted in May\n\n" + PLAIN + ",,\n\n# end",
        "stiffness_Pa,n_dormant,n_total\n400,90,100\n12000,8,80\n",
        "Stiffness (Pa),N_dormant,n total\n4e2,90.0,100\n1.2e4,8,8e1\n",
        "stiffness [MPa],n_dormant,n_total\n0.0004,90,100\n.012,8,80\n",
        'n_total;dish;n_dormant;stiffness_sd_kPa;stiffness_kPa\n100;a;90;1;0,4\n80;"b;c";8;1;12,0\n',
    ],
)
def test_spellings_of_one_table(tmp_path, text):
    found = read_counts(written(tmp_path, text))
    np.testing.assert_allclose(found.stiffness, [0.4, 12.0], rtol=1e-14)
    np.testing.assert_array_equal(found.dormant, [90, 8])
    np.testing.assert_array_equal(found.total, [100, 80])
    assert found.source == "counts.csv"


@pytest.mark.parametrize(
    ("text", "complaint", "hint"),
    [
        ("", "line 1: column stiffness_kPa is missing, found nothing", "the first line names"),
        ("0.4,90,100\n", "column stiffness_kPa is missing, found 0.4, 90, 100", ""),
        (PLAIN.replace("stiffness_kPa", "stifness_kPa"), "stiffness_kPa is missing", "'stifness"),
        (PLAIN.replace("n_total", "total"), "column n_total is missing", "write n_total for 'tot"),
        (
            PLAIN.replace("_kPa", ""),
            "expected the unit kPa, Pa, MPa .* found none",
            "stiffness_kPa",
        ),
        (PLAIN.replace("_kPa", "_kpa"), "found kpa", "write stiffness_kPa"),
        (PLAIN.replace("_kPa", "_mmHg"), "found mmHg", "stiffness_"),
        ("stiffness_kPa,stiffness_Pa,n_dormant,n_total\n", "one column stiffness_kPa, found 2", ""),
        ("stiffness_kPa,n_total,n_dormant,n_total\n", "one column n_total, found 2", ""),
        ("stiffness_kPa,n_dormant,n_total" + ",a" * 70 + "\n", "at most 64 columns", ""),
        (PLAIN.splitlines()[0], "expected rows of counted cells", "stiffness_kPa,"),
        (PLAIN + "nan,1,2\n", "line 4, column stiffness_kPa: expected a number, found 'nan'", ""),
        (PLAIN + "inf,1,2\n", "line 4, column stiffness_kPa: expected a number", ""),
        (PLAIN + "1e999,1,2\n", "a stiffness from 0.001 to", ""),
        (PLAIN + "-3,1,2\n", "a stiffness from 0.001 to 1e.06 kPa, found '-3'", ""),
        (PLAIN + "0,1,2\n", "a stiffness from 0.001", ""),
        (PLAIN + "1" * 5000 + ",1,2\n", "column stiffness_kPa: expected a number", ""),
        (PLAIN + "3,nan,2\n", "column n_dormant: expected a whole number", ""),
        (PLAIN + "3,,2\n", "column n_dormant: expected a whole number .* found ''", ""),
        (PLAIN + "3,-1,2\n", "column n_dormant: expected a whole number", ""),
        (PLAIN + "3,0.5,2\n", "whole number of cells .* found '0.5'", ""),
        (PLAIN + "3,1,1e30\n", "column n_total: expected a whole number of cells", ""),
        (PLAIN + "3,0,0\n", "column n_total: expected at least one cell, found '0'", ""),
        (PLAIN + "3,9,8\n", r"n_dormant: expected at most n_total \(8\), found '9'", ""),
        (PLAIN + "3,9\n", "line 4: expected 3 cells, found 2", ""),
        (PLAIN + "3,9,1,200\n", "line 4: expected 3 cells, found 4", "no commas for thousands"),
        (PLAIN.replace(",", ";") + "3,587;1;2\n", "whose comma can be read in one way only", ""),
        (PLAIN + '3,"9,10\n', "line 4: not a row of a table", "double quote"),
        (PLAIN.encode() + b"3,\xff,10\n", "UTF-8, found byte 0xff in line 4", "CSV UTF-8"),
        (PLAIN.encode("utf-16"), "text in UTF-8", "CSV UTF-8"),
        (PLAIN + "3,\0,10\n", r"found U\+0000", "CSV UTF-8"),
        (b"#" * (MAX_BYTES + 1), "at most 5 MiB", "keep the columns"),
        (PLAIN + "3,1,2\n" * MAX_ROWS, "line 20002: expected at most 20000 rows", "add up"),
    ],
)
def test_tables_that_are_refused(tmp_path, text, complaint, hint):
    with pytest.raises(InputError, match=complaint) as error:
        read_counts(written(tmp_path, text))
    assert hint in error.value.hint
    assert "counts.csv" in str(error.value)
    assert len(str(error.value)) < 800


def test_files_that_are_none(tmp_path):
    for path in (tmp_path, tmp_path / "missing.csv"):
        with pytest.raises(InputError, match="found no file that can be read"):
            read_counts(path)


@pytest.mark.parametrize(
    ("stiffness", "dormant", "total"),
    [
        ([0.0], [1], [2]),
        ([np.nan], [1], [2]),
        ([1.0], [3], [2]),
        ([1.0], [-1], [2]),
        ([1.0], [0], [0]),
    ],
)
def test_counts_that_cannot_be(stiffness, dormant, total):
    with pytest.raises(ValueError, match="at index 0"):
        Counts(np.array(stiffness), np.array(dormant), np.array(total))
    with pytest.raises(ValueError, match="one shape"):
        Counts(np.ones(2), np.ones(3, dtype=int), np.ones(2, dtype=int))
    with pytest.raises(ValueError, match="one shape"):
        Counts(np.ones(0), np.ones(0, dtype=int), np.ones(0, dtype=int))
