"""The JSON Schema: draft-07, true to what the loader accepts and refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cases.json_schema import DRAFT, case_schema
from cases.schema import Case
from cases.yaml_source import read_source

GALLERY = Path(__file__).parents[2] / "cases" / "gallery"
# Keywords of later drafts (or of OpenAPI) that an editor with draft-07 would not know.
LATER = {"$defs", "prefixItems", "discriminator", "unevaluatedProperties", "dependentRequired",
         "nullable", "$anchor", "minContains"}  # fmt: skip


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for entry in schema.values():
            yield from nodes(entry)
    elif isinstance(schema, list):
        for entry in schema:
            yield from nodes(entry)


def test_is_draft_07() -> None:
    schema = case_schema()
    assert schema["$schema"] == DRAFT
    for node in nodes(schema):
        assert not LATER & set(node)
        assert node.get("type") != "null"
        if "$ref" in node:
            assert len(node) == 1, "draft-07 ignores what stands beside a $ref"
            prefix, _, name = node["$ref"].rpartition("/")
            assert prefix == "#/definitions"
            assert name in schema["definitions"]


def test_is_json() -> None:
    assert json.loads(json.dumps(case_schema(), allow_nan=False)) == case_schema()


def test_every_key_is_explained() -> None:
    schema = case_schema()
    groups = [schema, *schema["definitions"].values()]
    for group in groups:
        for variant in (group, *group.get("anyOf", ())):
            for name, entry in variant.get("properties", {}).items():
                assert entry.get("description"), name
            if "properties" in variant:
                assert variant["additionalProperties"] is False
    assert set(schema["properties"]) == set(Case.model_fields)
    assert set(schema["required"]) == {"scaffold", "inks", "cells"}


def test_fixed_lists_have_their_length() -> None:
    slab = case_schema()["definitions"]["Slab"]["properties"]["size"]
    assert (slab["minItems"], slab["maxItems"], len(slab["items"])) == (3, 3, 3)


def test_names_of_the_rule_are_offered() -> None:
    rule = case_schema()["definitions"]["Dormancy"]["properties"]
    assert "adhesive" in rule["preset"]["enum"]
    assert "TGFb2" in rule["cues"]["propertyNames"]["anyOf"][0]["enum"]
    assert "FAK" in rule["block"]["anyOf"][0]["items"]["anyOf"][0]["enum"]


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft7Validator.check_schema(case_schema())
    return jsonschema.Draft7Validator(case_schema())


@pytest.mark.parametrize("path", sorted(GALLERY.glob("*.yaml")), ids=lambda path: path.stem)
def test_accepts_the_gallery(path: Path, validator: Any) -> None:
    validator.validate(read_source(path).root.plain())


def test_own_signals_need_a_table_of_their_own(validator: Any) -> None:
    case = read_source(GALLERY / "quickstart.yaml").root.plain()
    for own in ({"cues": {"serum": 1, "TGFb2": "20 %"}}, {"block": ["mine"]}, {"block": {"x": 1}}):
        case["dormancy"] = own
        assert not validator.is_valid(case)
        case["dormancy"] = own | {"cue_table": {"file": "mine.csv"}}
        validator.validate(case)


@pytest.mark.parametrize(
    "name",
    ["unknown_key_deep", "alignment", "count_and_density", "pitch_and_gap", "missing_key",
     "unknown_preset", "unknown_cue", "recipe_incomplete", "fraction_of_a_layer", "two_lengths"],
)  # fmt: skip
def test_refuses_what_the_loader_refuses(name: str, validator: Any) -> None:
    path = Path(__file__).parent / "bad" / f"{name}.yaml"
    assert not validator.is_valid(read_source(path).root.plain())
