"""From the errors that pydantic finds to problems with their place in a file.

The same for case files and sweep files: what differs is the model that a file is read into.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from cases.errors import Problem
from cases.schema.base import CaseModel, find_quantity
from cases.schema.rule import nearest
from cases.schema.scaffold import SHAPES as SHAPE_MODELS
from cases.units import KINDS, describe
from cases.yaml_nodes import Source

Path_ = tuple[str | int, ...]
UNKNOWN_KEY = "unknown key"
MISSING_KEY = "a key is missing"
_NOTHING = "nothing is written after the colon"
# In {modulus: 3,5 kPa} the comma ends the entry: what follows reads as a key of its own.
_AFTER_COMMA = re.compile(r"\d+( \S+)?\Z")
SHAPES: dict[str, type[CaseModel]] = {
    typing.get_args(model.model_fields["kind"].annotation)[0]: model for model in SHAPE_MODELS
}


@dataclass(frozen=True)
class Document:
    """A file and the model that it is read into.

    Parameters
    ----------
    source
        The parsed file.
    model
        What the file describes: a case, or a sweep.
    may_be_null
        Whether ``null`` may stand at a path.
    keys_listed
        Where its keys are listed, in words.
    """

    source: Source
    model: type[CaseModel]
    may_be_null: Callable[[Path_], bool]
    keys_listed: str


def read_model(
    document: Document, folder: Path | None, name: str
) -> tuple[CaseModel | None, list[Problem]]:
    """The checked model, or None and every fault in the file, in the order of its lines.

    Parameters
    ----------
    document
        The file.
    folder
        Where files named in it lie; None: they are not looked for.
    name
        Stands in for a missing name.
    """
    data = document.source.root.plain()
    data.setdefault("name", name)
    problems = [
        Problem(
            "a decimal comma" if _AFTER_COMMA.match(str(path[-1])) else _NOTHING,
            key=dotted(path),
            line=node.line,
            column=node.column,
            expected="a value, or keys indented below",
            found="nothing",
            mend="use a decimal point: 3.5 kPa, not 3,5 kPa"
            if _AFTER_COMMA.match(str(path[-1]))
            else "write a value, or delete the key to use its default",
        )
        for path, node in document.source.nodes()
        if node.value is None and not (node.says_null and document.may_be_null(path))
    ]
    blank = {problem.key for problem in problems}
    model = None
    try:
        model = document.model.model_validate(data, context={"folder": folder})
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            problem = _problem(dict(fault), document)
            if problem.key not in blank:
                problems.append(problem)
        problems = _without_echoes(problems)
    problems.sort(key=lambda problem: (problem.line or 0, problem.column or 0))
    return (None if problems else model), problems


def _without_echoes(problems: list[Problem]) -> list[Problem]:
    """Drop 'a key is missing' where the same key is there, misspelt: one slip, one message."""
    meant = set()
    for problem in problems:
        group, _, _ = problem.key.rpartition(".")
        if problem.headline == UNKNOWN_KEY and problem.mend.startswith("did you mean"):
            suggested = problem.mend.split("'")[1]
            meant.add(f"{group}.{suggested}" if group else suggested)
    return [
        problem
        for problem in problems
        if problem.headline != MISSING_KEY or problem.key not in meant
    ]


def dotted(path: Path_) -> str:
    """Return a path as its author would say it: ``scaffold.size[1]``."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def _problem(fault: dict[str, Any], document: Document) -> Problem:
    """Translate one pydantic error into a problem with its place in the file."""
    path = tuple(step for step in fault["loc"] if step != "[key]")
    if len(path) > 1 and path[0] == "scaffold" and path[1] in SHAPES:
        path = (path[0], *path[2:])  # the union's tag is no key of the file
    kind, context = fault["type"], fault.get("ctx", {})
    at_key = kind == "extra_forbidden" or "[key]" in fault["loc"]
    if kind == "missing" and isinstance(path[-1], int):
        kind, path = "too_short", path[:-1]
    if kind == "case":
        path += tuple(context["at"])
        rows = _own_rows(path, context, document)
    else:
        rows = _rows(kind, path, fault, document)
    if kind == "union_tag_invalid":
        path += ("kind",)
    line, column = document.source.locate(path, key=at_key)
    return Problem(key=dotted(path), line=line, column=column, **rows)


def _own_rows(path: Path_, context: dict[str, Any], document: Document) -> dict[str, str]:
    """Return the rows of an error of our own, with what only the key itself knows."""
    rows = {row: context[row] for row in ("headline", "expected", "found", "mend")}
    _, key, info = describe_path(path, document)
    if info is None:
        return rows
    if rows["headline"] in ("too small", "too large") and info.description:
        rows["expected"] += f". {info.description}"
    quantity = find_quantity((info.annotation, *info.metadata))
    if (
        quantity
        and info.examples
        and rows["mend"] == f"for example {KINDS[quantity.kind].examples}"
    ):
        rows["mend"] = f"for example {key}: {info.examples[0]}"
    return rows


def _rows(kind: str, path: Path_, fault: dict[str, Any], document: Document) -> dict[str, str]:
    """Return headline, expected, found and mend of an error that pydantic itself found."""
    if kind == "extra_forbidden":
        return _unknown_key(path, document)
    written, context = fault["input"], fault.get("ctx", {})
    _, key, info = describe_path(path, document)
    says = info.description if info and info.description else ""
    expected, found, mend = says, describe(written), _imitate(path, key, info)
    if kind == "missing":
        headline, found = MISSING_KEY, "nothing"
        mend = mend.replace("for example ", "add ", 1)
    elif kind in ("too_short", "too_long"):
        headline = "the wrong number of values"
        node = document.source.node(path)
        found = describe(node.plain()) if node is not None else found
    elif kind in ("union_tag_not_found", "union_tag_invalid"):
        tag = str(context.get("tag", ""))
        headline = "an unknown shape" if tag else "the kind of scaffold is missing"
        expected = "kind: " + " or kind: ".join(SHAPES)
        found = tag or found
        mend = _suggest(tag, tuple(SHAPES)) or "write kind: woodpile"
    elif kind == "literal_error":
        choices = _choices(info.annotation if info else None)
        headline, expected = "not one of the choices", " or ".join(choices)
        mend = _suggest(found, choices) or mend
    elif kind == "bool_type":
        headline, expected = "neither true nor false", f"true or false. {says}"
        mend = f"write {path[-1]}: {'false' if found.lower() in ('no', 'off', '0') else 'true'}"
    else:
        headline, wanted = _WORDS.get(kind, (str(fault["msg"]), ""))
        expected = f"{wanted}. {says}" if wanted and says else wanted or says
    return {"headline": headline, "expected": expected, "found": found, "mend": mend}


def _choices(annotation: Any) -> tuple[str, ...]:
    """Words that an annotation allows; a key that may be left out allows None as well."""
    parts = typing.get_args(annotation)
    inner = [part for part in parts if typing.get_origin(part) is typing.Literal]
    return tuple(str(choice) for choice in (typing.get_args(inner[0]) if inner else parts))


_GROUP = ("not a group of keys", "keys with values, indented below")
_WORDS = {
    "model_type": _GROUP,
    "model_attributes_type": _GROUP,
    "dict_type": ("not a group of keys", "names with values: {name: value}"),
    "tuple_type": ("not a list", "a list in brackets: [first, second]"),
    "string_type": ("not a word", "a word"),
    "int_parsing": ("not a whole number", "a whole number"),
    "string_too_long": ("a text that is too long", "a shorter text"),
}


def _suggest(name: str, names: tuple[str, ...]) -> str:
    near = nearest(name, names)
    return f"did you mean '{near}'?" if near else ""


def _imitate(path: Path_, key: str, info: FieldInfo | None) -> str:
    """Return an entry to write, from the example of the deepest known key."""
    if info is None or not info.examples:
        return "compare with a case from 'dormatrix gallery'"
    return f"for example {key}: {info.examples[0]}"


def _unknown_key(path: Path_, document: Document) -> dict[str, str]:
    model, _, _ = describe_path(path[:-1], document)
    names = tuple(model.model_fields) if model else ()
    key = str(path[-1])
    near = nearest(key, names)
    homes = [home for home, fields in _homes(document.model) if key in fields]
    if not near and homes:
        mend = f"'{key}' belongs under {homes[0] or 'no other key'}; check the indentation"
    elif near:
        mend = f"did you mean '{near}'?"
    else:
        mend = f"delete it; {document.keys_listed}"
    return {
        "headline": UNKNOWN_KEY,
        "expected": "one of: " + ", ".join(names),
        "found": key,
        "mend": mend,
    }


def describe_path(
    path: Path_, document: Document
) -> tuple[type[CaseModel] | None, str, FieldInfo | None]:
    """Return the model of the group at `path`, and the deepest key with a field of its own."""
    model: type[CaseModel] | None = document.model
    named: type[CaseModel] | None = None
    key, info = "", None
    for step in path:
        if isinstance(step, int):
            continue
        if named is not None:
            model, named = named, None  # the name of an ink stands between 'inks' and its keys
            continue
        if model is None or step not in model.model_fields:
            return None, key, info
        key, info = step, model.model_fields[step]
        inner = _shape(document.source) if step == "scaffold" else _inner(info.annotation)
        if typing.get_origin(info.annotation) is dict:
            model, named = None, inner
        else:
            model = inner
    return model, key, info


def _shape(source: Source) -> type[CaseModel] | None:
    """Return the model of the scaffold that the author means."""
    kind = source.node(("scaffold", "kind"))
    return SHAPES.get(str(kind.value)) if kind is not None else None


def _inner(annotation: Any) -> type[CaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, CaseModel):
        return annotation
    for part in typing.get_args(annotation):
        found = _inner(part)
        if found is not None:
            return found
    return None


def _homes(root: type[CaseModel]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every group of keys of a file with its place in words."""
    if "scaffold" in root.model_fields:
        yield "scaffold", tuple(key for model in SHAPES.values() for key in model.model_fields)
    waiting: list[tuple[str, type[CaseModel]]] = [("", root)]
    while waiting:
        home, model = waiting.pop(0)
        yield home, tuple(model.model_fields)
        for key, info in model.model_fields.items():
            inner = _inner(info.annotation) if key != "scaffold" else None
            if inner is not None:
                name = f"{key}.<name>" if typing.get_origin(info.annotation) is dict else key
                waiting.append((f"{home}.{name}" if home else name, inner))
