"""From a case file to a checked :class:`cases.schema.Case`, or to every fault in it at once."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from cases.errors import CaseError, Problem
from cases.schema import Case, Slab, Woodpile
from cases.schema.base import CaseModel, find_quantity
from cases.schema.rule import nearest
from cases.units import KINDS, describe
from cases.yaml_nodes import Source
from cases.yaml_source import parse_text, read_source

Path_ = tuple[str | int, ...]
SHAPES: dict[str, type[CaseModel]] = {"slab": Slab, "woodpile": Woodpile}


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
            "nothing is written after the colon",
            key=dotted(path),
            line=node.line,
            column=node.column,
            expected="a value, or keys indented below",
            found="nothing",
            mend="write a value, or delete the key to use its default",
        )
        for path, node in source.nodes()
        if node.value is None
    ]
    blank = {problem.key for problem in problems}
    try:
        case = Case.model_validate(data, context={"folder": folder})
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            problem = _problem(dict(fault), source)
            if problem.key not in blank:
                problems.append(problem)
    if problems:
        problems.sort(key=lambda problem: (problem.line or 0, problem.column or 0))
        raise CaseError(source.file, problems)
    return case


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
    if kind == "case":
        path += tuple(context["at"])
        rows = {row: context[row] for row in ("headline", "expected", "found", "mend")}
    else:
        rows = _rows(kind, path, fault, source)
    if kind == "union_tag_invalid":
        path += ("kind",)
    line, column = source.locate(path, key=at_key)
    return Problem(key=dotted(path), line=line, column=column, **rows)


def _rows(kind: str, path: Path_, fault: dict[str, Any], source: Source) -> dict[str, str]:
    """Return headline, expected, found and mend of an error that pydantic itself found."""
    found, context = describe(fault["input"]), fault.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(path, source)
    if kind == "missing" and isinstance(path[-1], int):
        kind, path, found = "too_short", path[:-1], "fewer"
    info = _field(path, source)
    says = info.description if info and info.description else ""
    if kind == "missing":
        return {
            "headline": "a key is missing",
            "expected": says,
            "found": "nothing",
            "mend": f"add {path[-1]}: {_example(info)}",
        }
    if kind in ("too_short", "too_long"):
        return {
            "headline": "the wrong number of values",
            "expected": says,
            "found": found if found == "fewer" else describe(fault["input"]),
            "mend": f"write {path[-1]}: {_example(info)}",
        }
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        tag = context.get("tag", "")
        near = nearest(str(tag), tuple(SHAPES)) if tag else ""
        return {
            "headline": "an unknown shape" if tag else "the kind of scaffold is missing",
            "expected": "kind: " + " or kind: ".join(SHAPES),
            "found": str(tag) or found,
            "mend": f"did you mean '{near}'?" if near else "write kind: woodpile",
        }
    if kind == "literal_error":
        choices = tuple(
            str(choice) for choice in typing.get_args(info.annotation if info else None)
        )
        near = nearest(found, choices)
        return {
            "headline": "not one of the choices",
            "expected": " or ".join(choices),
            "found": found,
            "mend": f"did you mean '{near}'?" if near else f"write {choices[0]}",
        }
    words = {
        "model_type": ("not a group of keys", "keys with values, indented below"),
        "model_attributes_type": ("not a group of keys", "keys with values, indented below"),
        "dict_type": ("not a group of keys", "names with values: {name: value}"),
        "tuple_type": ("not a list", "a list in brackets: [first, second]"),
        "string_type": ("not a word", "a word"),
        "string_too_long": (
            "a text that is too long",
            f"at most {context.get('max_length')} signs",
        ),
        "bool_type": ("neither true nor false", "true or false"),
    }
    headline, expected = words.get(kind, (str(fault["msg"]), ""))
    return {
        "headline": headline,
        "expected": f"{expected}. {says}" if says else expected,
        "found": found,
        "mend": f"write {path[-1]}: {_example(info)}" if path else "write keys with values",
    }


def _unknown_key(path: Path_, source: Source) -> dict[str, str]:
    model = _model(path[:-1], source)
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
        "headline": "unknown key",
        "expected": "one of: " + ", ".join(names),
        "found": key,
        "mend": mend,
    }


def _example(info: FieldInfo | None) -> str:
    """Return a value to imitate, from the kind of quantity a field holds."""
    if info is None:
        return "..."
    quantity = find_quantity((info.annotation, *info.metadata))
    if quantity is None:
        return "..."
    # One number for whole numbers and pure ones, or the first spelling of the kind's examples.
    one = "4" if quantity.whole else KINDS[quantity.kind].examples.split(" or ")[0].split(" (")[0]
    entries = [part for part in typing.get_args(info.annotation) if part is not Ellipsis]
    if typing.get_origin(info.annotation) is tuple:
        return "[" + ", ".join([one] * len(entries)) + "]"
    return one


def _field(path: Path_, source: Source) -> FieldInfo | None:
    names = [step for step in path if not isinstance(step, int)]
    if not names:
        return None
    model = _model(tuple(names[:-1]), source)
    return model.model_fields.get(str(names[-1])) if model else None


def _model(path: Path_, source: Source) -> type[CaseModel] | None:
    """Return the model that describes the group of keys at `path`."""
    model: type[CaseModel] | None = Case
    i = 0
    while i < len(path) and model is not None:
        info = model.model_fields.get(str(path[i]))
        if info is None:
            return None
        if path[i] == "scaffold":
            shape = source.root.value["scaffold"].value
            kind = shape["kind"].value if isinstance(shape, dict) and "kind" in shape else ""
            model = SHAPES.get(str(kind))
        else:
            model = _inner(info.annotation)
            # The names of inks stand between 'inks' and their keys.
            i += typing.get_origin(info.annotation) is dict
        i += 1
    return model


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
    yield "scaffold", (*Slab.model_fields, *Woodpile.model_fields)
    waiting: list[tuple[str, type[CaseModel]]] = [("", Case)]
    while waiting:
        home, model = waiting.pop(0)
        yield home, tuple(model.model_fields)
        for key, info in model.model_fields.items():
            inner = _inner(info.annotation) if key != "scaffold" else None
            if inner is not None:
                name = f"{key}.<name>" if typing.get_origin(info.annotation) is dict else key
                waiting.append((f"{home}.{name}" if home else name, inner))
