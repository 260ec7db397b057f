"""JSON Schema (draft-07) of the case file, for editors that complete and check while one types."""

from __future__ import annotations

from typing import Any

from cases.schema import Case
from cases.schema.rule import known
from cases.schema.sweep import Sweep

DRAFT = "http://json-schema.org/draft-07/schema#"
_DEFINITIONS = "#/definitions/{model}"


def case_schema() -> dict[str, Any]:
    """Return the schema of a case file as draft-07, which every YAML editor understands."""
    schema = Case.model_json_schema(ref_template=_DEFINITIONS)
    schema["definitions"] = schema.pop("$defs")
    # The name of the file stands in for a missing name.
    schema["required"] = [key for key in schema["required"] if key != "name"]
    for model in ("Dormancy", "Arm", "PastState"):
        _offer_names(schema["definitions"][model]["properties"])
    _exclude(schema["definitions"])
    draft: dict[str, Any] = _to_draft_07(schema)
    return {"$schema": DRAFT, **draft, "title": "dormatrix case"}


def sweep_schema() -> dict[str, Any]:
    """Return the schema of a sweep file as draft-07."""
    schema = Sweep.model_json_schema(ref_template=_DEFINITIONS)
    schema["definitions"] = schema.pop("$defs")
    schema["required"] = [key for key in schema["required"] if key != "name"]
    schema["oneOf"] = [{"required": ["base"]}, {"required": ["case"]}]
    listed = schema["properties"]["skip_if"]
    schema["properties"]["skip_if"] = {
        **{key: listed.pop(key) for key in ("description", "examples", "title") if key in listed},
        "anyOf": [{"type": "string"}, listed],
    }
    draft: dict[str, Any] = _to_draft_07(schema)
    return {"$schema": DRAFT, **draft, "title": "dormatrix sweep"}


def _offer_names(properties: dict[str, Any]) -> None:
    """Offer the names that the rule knows today; a table of the user's own may know more cues."""
    for key in ("drugs", "parameters"):
        if key in properties:
            properties[key]["propertyNames"] = {"enum": list(known(key))}
    # Editors complete from the first, and take any name for the sake of the second.
    cues, blocks = ({"anyOf": [names, {"type": "string"}]} for names in _names_of_the_table())
    properties["cues"]["propertyNames"] = cues
    properties["block"]["anyOf"][0]["items"] = blocks
    properties["block"]["anyOf"][1]["propertyNames"] = blocks
    preset = properties.get("preset")
    if preset is not None:
        preset.pop("type", None)
        preset["enum"] = list(known("presets"))


def _names_of_the_table() -> tuple[dict[str, Any], dict[str, Any]]:
    """Signals and blocks of the table that comes along."""
    return {"enum": list(known("cues"))}, {"enum": list(known("blocks"))}


def _exclude(definitions: dict[str, Any]) -> None:
    """State which keys exclude each other, and which names need a table of their own."""
    definitions["Dormancy"]["if"] = {"not": {"required": ["cue_table"]}}
    cues, blocks = _names_of_the_table()
    definitions["Dormancy"]["then"] = {
        "properties": {
            "cues": {"propertyNames": cues},
            # Each keyword holds for its own type only.
            "block": {"items": blocks, "propertyNames": blocks},
        }
    }
    for name, keys in (
        ("Woodpile", ("pitch", "spacing", "gap")),
        ("Cells", ("density", "count", "file")),
    ):
        definitions[name]["oneOf"] = [{"required": [key]} for key in keys]
    definitions["Alginate"]["oneOf"] = [
        {
            "required": ["concentration", "calcium", "chain"],
            "not": {"required": ["youngs_modulus"]},
        },
        {"required": ["youngs_modulus"]},
    ]


def _to_draft_07(node: Any) -> Any:
    """Translate what pydantic writes (draft 2020-12 and OpenAPI) into draft-07."""
    if isinstance(node, list):
        return [_to_draft_07(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _to_draft_07(entry) for key, entry in node.items() if key != "discriminator"}
    if "prefixItems" in plain:
        plain["items"] = plain.pop("prefixItems")
        plain["additionalItems"] = False
    if plain.get("default", 0) is None:
        del plain["default"]  # None means "follows from other keys", never a value to write
    options = plain.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        options.remove({"type": "null"})
        if len(options) == 1:
            del plain["anyOf"]
            plain = {**options[0], **plain}
    if "$ref" in plain and len(plain) > 1:
        # Draft-07 ignores whatever stands beside a $ref.
        plain["allOf"] = [{"$ref": plain.pop("$ref")}]
    return plain
