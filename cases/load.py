"""From a case file to a checked :class:`cases.schema.Case`, or to every fault in it at once."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from cases.errors import CaseError, Problem
from cases.schema import Case
from cases.schema.base import CaseModel, find_quantity
from cases.schema.rule import nearest
from cases.schema.scaffold import SHAPES as SHAPE_MODELS
from cases.units import KINDS, describe
from cases.yaml_nodes import Source
from cases.yaml_source import parse_text, read_source

Path_ = tuple[str | int, ...]
UNKNOWN_KEY = "unknown key"
_NOTHING = "nothing is written after the colon"
# In {modulus: 3,5 kPa} the comma ends the entry: what follows reads as a key of its own.
_AFTER_COMMA = re.compile(r"\d+( \S+)?\Z")
MISSING_KEY = "a key is missing"
SHAPES: dict[str, type[CaseModel]] = {
    typing.get_args(model.model_fields["kind"].annotation)[0]: model for model in SHAPE_MODELS
}


def load_case(path: str | Path) -> Case:
    """Read and check a case file.

    Parameters
    ----------
    path
        A YAML file; files that it names are looked for in its folder.

    Returns
    -------
    Case
        With every default resolved.

    Raises
    ------
    CaseError
        With every fault found in the file.
    """
    file = Path(path)
    return _validate(read_source(file), file.absolute().parent, file.stem)


def parse_case(text: str, file: str = "<text>", folder: Path | None = None) -> Case:
    """Check a case given as text.

    Parameters
    ----------
    text
        YAML.
    file
        What to call it in messages.
    folder
        Where files named in the case lie; None: they are not looked for.
    """
    return _validate(parse_text(text, file), folder, "case")


def _validate(source: Source, folder: Path | None, name: str) -> Case:
    data = source.root.plain()
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
        for path, node in source.nodes()
        if node.value is None and not (node.says_null and _may_be_null(path))
    ]
    blank = {problem.key for problem in problems}
    try:
        case = Case.model_validate(data, context={"folder": folder})
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            problem = _problem(dict(fault), source)
            if problem.key not in blank:
                problems.append(problem)
        problems = _without_echoes(problems)
    if problems:
        problems.sort(key=lambda problem: (problem.line or 0, problem.column or 0))
        raise CaseError(source.file, problems)
    return case


def _may_be_null(path: Path_) -> bool:
    """Whether a tool or a part of a file stands here, which ``null`` leaves out."""
    return len(path) == 3 and path[:2] in (("scaffold", "tools"), ("scaffold", "regions"))


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


def _problem(fault: dict[str, Any], source: Source) -> Problem:
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
        rows = _own_rows(path, context, source)
    else:
        rows = _rows(kind, path, fault, source)
    if kind == "union_tag_invalid":
        path += ("kind",)
    line, column = source.locate(path, key=at_key)
    return Problem(key=dotted(path), line=line, column=column, **rows)


def _own_rows(path: Path_, context: dict[str, Any], source: Source) -> dict[str, str]:
    """Return the rows of an error of our own, with what only the key itself knows."""
    rows = {row: context[row] for row in ("headline", "expected", "found", "mend")}
    _, key, info = _describe_path(path, source)
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


def _rows(kind: str, path: Path_, fault: dict[str, Any], source: Source) -> dict[str, str]:
    """Return headline, expected, found and mend of an error that pydantic itself found."""
    if kind == "extra_forbidden":
        return _unknown_key(path, source)
    written, context = fault["input"], fault.get("ctx", {})
    _, key, info = _describe_path(path, source)
    says = info.description if info and info.description else ""
    expected, found, mend = says, describe(written), _imitate(path, key, info)
    if kind == "missing":
        headline, found = MISSING_KEY, "nothing"
        mend = mend.replace("for example ", "add ", 1)
    elif kind in ("too_short", "too_long"):
        headline = "the wrong number of values"
        node = source.node(path)
        found = describe(node.plain()) if node is not None else found
    elif kind in ("union_tag_not_found", "union_tag_invalid"):
        tag = str(context.get("tag", ""))
        headline = "an unknown shape" if tag else "the kind of scaffold is missing"
        expected = "kind: " + " or kind: ".join(SHAPES)
        found = tag or found
        mend = _suggest(tag, tuple(SHAPES)) or "write kind: woodpile"
    elif kind == "literal_error":
        choices = tuple(
            str(choice) for choice in typing.get_args(info.annotation if info else None)
        )
        headline, expected = "not one of the choices", " or ".join(choices)
        mend = _suggest(found, choices) or mend
    elif kind == "bool_type":
        headline, expected = "neither true nor false", f"true or false. {says}"
        mend = f"write {path[-1]}: {'false' if found.lower() in ('no', 'off', '0') else 'true'}"
    else:
        headline, wanted = _WORDS.get(kind, (str(fault["msg"]), ""))
        expected = f"{wanted}. {says}" if wanted and says else wanted or says
    return {"headline": headline, "expected": expected, "found": found, "mend": mend}


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


def _unknown_key(path: Path_, source: Source) -> dict[str, str]:
    model, _, _ = _describe_path(path[:-1], source)
    names = tuple(model.model_fields) if model else ()
    key = str(path[-1])
    near = nearest(key, names)
    homes = [home for home, fields in _homes() if key in fields]
    if not near and homes:
        mend = f"'{key}' belongs under {homes[0] or 'no other key'}; check the indentation"
    elif near:
        mend = f"did you mean '{near}'?"
    else:
        mend = "delete it; 'dormatrix schema' and docs/case-file.md list every key"
    return {
        "headline": UNKNOWN_KEY,
        "expected": "one of: " + ", ".join(names),
        "found": key,
        "mend": mend,
    }


def _describe_path(
    path: Path_, source: Source
) -> tuple[type[CaseModel] | None, str, FieldInfo | None]:
    """Return the model of the group at `path`, and the deepest key with a field of its own."""
    model: type[CaseModel] | None = Case
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
        inner = _shape(source) if step == "scaffold" else _inner(info.annotation)
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


def _homes() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every group of keys of a case with its place in words."""
    yield "scaffold", tuple(key for model in SHAPES.values() for key in model.model_fields)
    waiting: list[tuple[str, type[CaseModel]]] = [("", Case)]
    while waiting:
        home, model = waiting.pop(0)
        yield home, tuple(model.model_fields)
        for key, info in model.model_fields.items():
            inner = _inner(info.annotation) if key != "scaffold" else None
            if inner is not None:
                name = f"{key}.<name>" if typing.get_origin(info.annotation) is dict else key
                waiting.append((f"{home}.{name}" if home else name, inner))
