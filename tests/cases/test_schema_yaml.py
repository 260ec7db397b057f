"""The YAML reader: core types, places, and limits that hold while reading."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

from cases.errors import CaseError
from cases.yaml_source import parse_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E+3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-12", -12),
        ("+7", 7),
        ("0x1F", 31),
        ("0o17", 15),
        # YAML 1.1 would read these as False, True, 83, 61 (sexagesimal) and a date.
        ("no", "no"),
        ("Yes", "Yes"),
        ("0123", 123),
        ("1:01", "1:01"),
        ("2020-01-01", "2020-01-01"),
        ("1_000", "1_000"),
        ("true", True),
        ("FALSE", False),
        ("400 um", "400 um"),
        ('"12"', "12"),
        ("'true'", "true"),
        ("!!str 12", "12"),
        ("!!float 12", 12),
        ("-.inf", -math.inf),
    ],
)
def test_core_types(text: str, value: Any) -> None:
    found = parse_text(f"key: {text}").root.plain()["key"]
    assert found == value
    assert isinstance(found, type(value))


def test_nan() -> None:
    assert math.isnan(parse_text("key: .NaN").root.plain()["key"])


def test_places() -> None:
    source = parse_text("a:\n  b:\n    - 1\n    - {c: 2}\nd: 3\n")
    assert source.locate(("a", "b"), key=True) == (2, 3)
    assert source.locate(("a", "b", 0)) == (3, 7)
    assert source.locate(("a", "b", 1, "c")) == (4, 11)
    assert source.locate(("d",)) == (5, 4)
    # A key that is not written is looked for at its parent.
    assert source.locate(("a", "missing")) == (1, 1)


def test_alias_is_a_copy() -> None:
    plain = parse_text("a: &x {k: 1}\nb: *x\n").root.plain()
    assert plain["b"] == {"k": 1}
    plain["a"]["k"] = 2
    assert plain["b"] == {"k": 1}


def test_alias_of_itself() -> None:
    with pytest.raises(CaseError, match="alias without an anchor"):
        parse_text("a: &x [*x]")


@pytest.mark.parametrize(
    "text",
    [
        # 9^8 values if the aliases were written out
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{c}: &{c} [{', '.join(['*' + p] * 9)}]\n"
            for p, c in zip("abcdefg", "bcdefgh", strict=True)
        ),
        # a chain of aliases, each one level deeper
        "k0: &k0 [x]\n" + "".join(f"k{i}: &k{i} [*k{i - 1}]\n" for i in range(1, 100)),
        "a: " + "[" * 500_000,
        "a: " + "{b: " * 100_000,
        "- " * 100_000,
        "a: [" + "1, " * 300_000 + "1]",
        "".join(f"k{i}: 1\n" for i in range(60_000)),
    ],
    ids=["bomb", "chain", "brackets", "braces", "dashes", "long-list", "many-keys"],
)
def test_hostile_files_are_refused_early(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(CaseError):
        parse_text(text)
    # Far above what it takes (under 2 s), far below what building the values would take.
    assert time.perf_counter() - start < 30.0


def test_duplicate_key_names_both_lines() -> None:
    with pytest.raises(CaseError) as caught:
        parse_text("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n")
    assert (caught.value.line, caught.value.key) == (5, "b.c")
    assert "line 3" in caught.value.found


@pytest.mark.parametrize("tag", ["!!python/name:os.system", "!!binary", "!!set", "!own", "!!int"])
def test_tags_are_refused(tag: str) -> None:
    with pytest.raises(CaseError, match="tag"):
        parse_text(f"a: {tag} word")


@pytest.mark.parametrize(
    "text", ["%YAML x\n---\na: 1", "%FOO bar\n--- a: [", "? [a]\n: 1", "*x : 1", "@", "`"]
)
def test_odd_syntax_is_refused_in_words(text: str) -> None:
    with pytest.raises(CaseError) as caught:
        parse_text(text)
    assert caught.value.mend


def test_byte_order_mark_and_windows_lines(tmp_path: Any) -> None:
    from cases.yaml_source import read_source

    path = tmp_path / "windows.yaml"
    path.write_bytes("\ufeffa: 1\r\nb: µ\r\n".encode())
    assert read_source(path).root.plain() == {"a": 1, "b": "µ"}
