"""Nodes of a YAML document that know their place, built from parser events.

Plain scalars follow the YAML 1.2 core schema (``1e-3`` is a number, ``no`` is a word), tags can
only name core types, and the limits below hold *while* reading, so that a hostile file costs no
more than a small one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cases.errors import CaseError, Problem

MAX_DEPTH = 32
MAX_NODES = 20_000
MAX_NUMBER = 64

_CORE = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL = re.compile(r"0o[0-7]+\Z")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_INFINITY = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z")
_WORDS: dict[str, Any] = {word: None for word in ("", "~", "null", "Null", "NULL")}
_WORDS |= {word: True for word in ("true", "True", "TRUE")}
_WORDS |= {word: False for word in ("false", "False", "FALSE")}
_WORDS |= {word: float("nan") for word in (".nan", ".NaN", ".NAN")}
_TYPES = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "null": (type(None),),
}


@dataclass(slots=True)
class Node:
    """A value with its place: a scalar, a list of nodes, or a mapping from names to nodes."""

    value: Any
    line: int
    column: int
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    size: int = 1
    height: int = 0
    says_null: bool = False  # null or ~ is written, not just nothing

    def plain(self) -> Any:
        """Return the value as dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


@dataclass(frozen=True)
class Source:
    """A parsed case file.

    Parameters
    ----------
    file
        The file as the user named it.
    root
        The whole document.
    """

    file: str
    root: Node

    def locate(self, path: tuple[str | int, ...], *, key: bool = False) -> tuple[int, int]:
        """Return (line, column) of the value at `path`, or of its key; of the nearest parent
        where the path itself is not written in the file."""
        node, place = self.root, (self.root.line, self.root.column)
        for i, step in enumerate(path):
            last = i == len(path) - 1
            if isinstance(node.value, dict) and step in node.value:
                name = str(step)
                place, node = node.keys[name], node.value[name]
            elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                place = (node.line, node.column)
            else:
                return place
            # A block value starts below its key; the key's line is the one an author looks for.
            if last and not key and not isinstance(node.value, dict | list):
                place = (node.line, node.column)
        return place

    def node(self, path: tuple[str | int, ...]) -> Node | None:
        """Return the node at `path`, None where nothing is written there."""
        node = self.root
        for step in path:
            if isinstance(node.value, dict) and step in node.value:
                node = node.value[str(step)]
            elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
            else:
                return None
        return node

    def nodes(self) -> Iterator[tuple[tuple[str | int, ...], Node]]:
        """Yield every (path, node) of the document, parents first."""
        waiting: list[tuple[tuple[str | int, ...], Node]] = [((), self.root)]
        while waiting:
            path, node = waiting.pop()
            yield path, node
            if isinstance(node.value, dict):
                waiting.extend(((*path, key), child) for key, child in node.value.items())
            elif isinstance(node.value, list):
                waiting.extend(((*path, i), child) for i, child in enumerate(node.value))


class Composer:
    """Build the node tree from parser events, without recursion and within the limits."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.anchors: dict[str, Node] = {}
        self.stack: list[tuple[Node, str | None, Any]] = []
        self.nodes = 0
        self.root: Node | None = None
        self.pending: tuple[str, int, int] | None = None

    def compose(self, events: Iterator[Any]) -> Node | None:
        """Consume the events of one document."""
        documents = 0
        for event in events:
            kind = type(event).__name__
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            if kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    raise self._fault(
                        "more than one document in the file",
                        line,
                        "one case per file",
                        "a second '---'",
                        "move the second case into a file of its own",
                    )
            elif kind in ("MappingStartEvent", "SequenceStartEvent"):
                self._open(event, kind, line, column)
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                node, anchor, held = self.stack.pop()
                self.pending = held
                self._place(node, anchor, line)
            elif kind == "ScalarEvent":
                self._scalar(event, line, column)
            elif kind == "AliasEvent":
                self._alias(event, line, column)
        return self.root

    def _open(self, event: Any, kind: str, line: int, column: int) -> None:
        if self._awaits_key():
            raise self._fault(
                "a key must be a single word",
                line,
                "a plain name before the colon",
                "a list or a group of keys",
                "check brackets and indentation",
            )
        if len(self.stack) >= MAX_DEPTH:
            raise self._deep(line)
        mapping = kind == "MappingStartEvent"
        self._tag(event, ("map",) if mapping else ("seq",), line)
        self._count(1, line)
        self.stack.append((Node({} if mapping else [], line, column), event.anchor, self.pending))
        self.pending = None

    def _scalar(self, event: Any, line: int, column: int) -> None:
        if any("\ud800" <= sign <= "\udfff" for sign in event.value):  # no file can hold it
            raise self._fault("half of a sign", line, "text", event.value, "write the sign itself")
        if self._awaits_key():
            node = self.stack[-1][0]
            self._tag(event, ("str",), line)
            name = event.value
            if not name or len(name) > 200:
                raise self._fault(
                    "a key without a usable name",
                    line,
                    "a name before the colon",
                    f"{len(name)} characters",
                    "write 'key: value'",
                )
            if name == "<<":
                raise self._fault(
                    "merge keys are not part of YAML 1.2",
                    line,
                    "keys written out",
                    "<<",
                    "repeat the keys, or use an alias for a whole value",
                )
            if name in node.keys:
                raise self._fault(
                    "the same key twice",
                    line,
                    "every key once",
                    f"'{name}' here and in line {node.keys[name][0]}",
                    "delete one of the two",
                    key=name,
                )
            node.keys[name] = (line, column)
            self.pending = (name, line, column)
            return
        self._count(1, line)
        tag = self._tag(event, tuple(_TYPES), line)
        plain = event.style is None and tag != "str" and event.tag != "!"
        if not plain and tag in (None, "str"):
            value: Any = event.value
        else:
            value = self._core(event.value, line)
            if tag is not None and type(value) not in _TYPES[tag]:
                raise self._fault(
                    "a value that does not fit its tag", line, tag, event.value, "remove the tag"
                )
        said = value is None and bool(event.value)
        self._place(Node(value, line, column, says_null=said), event.anchor, line)

    def _alias(self, event: Any, line: int, column: int) -> None:
        if self._awaits_key():
            raise self._fault(
                "a key must be a single word",
                line,
                "a plain name before the colon",
                f"*{event.anchor}",
                "write the name out",
            )
        node = self.anchors.get(event.anchor)
        if node is None:
            raise self._fault(
                "an alias without an anchor before it",
                line,
                f"an earlier '&{event.anchor}'",
                f"*{event.anchor}",
                "write the value out",
            )
        self._count(node.size, line)
        if len(self.stack) + node.height > MAX_DEPTH:
            raise self._deep(line)
        self._place(node, None, line)

    def _place(self, node: Node, anchor: str | None, line: int) -> None:
        if anchor:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1][0]
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if isinstance(parent.value, dict):
            assert self.pending is not None
            parent.value[self.pending[0]] = node
            self.pending = None
        else:
            parent.value.append(node)

    def _deep(self, line: int) -> CaseError:
        return self._fault(
            "nested too deeply",
            line,
            f"at most {MAX_DEPTH} levels",
            "more levels than that",
            "compare with a case from 'dormatrix gallery'",
        )

    def _awaits_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1][0].value, dict) and not self.pending

    def _count(self, nodes: int, line: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise self._fault(
                "too many values, counted with every alias written out",
                line,
                f"at most {MAX_NODES} values",
                "more than that",
                "put cell positions into a CSV file; do not nest aliases (*name)",
            )

    def _tag(self, event: Any, allowed: tuple[str, ...], line: int) -> str | None:
        tag = str(event.tag) if event.tag else ""
        if tag in ("", "!", "None"):
            return None
        name = tag.removeprefix(_CORE)
        if tag.startswith(_CORE) and name in allowed:
            return name
        raise self._fault(
            "a tag that is not allowed",
            line,
            "plain values without tags",
            tag.replace(_CORE, "!!"),
            "remove the tag; a case holds data only",
        )

    def _core(self, text: str, line: int) -> Any:
        """Resolve a plain scalar by the YAML 1.2 core schema."""
        if text in _WORDS:
            return _WORDS[text]
        if _INFINITY.match(text):
            return float("-inf") if text[0] == "-" else float("inf")
        number = _INTEGER.match(text) or _FLOAT.match(text)
        based = _OCTAL.match(text) or _HEXADECIMAL.match(text)
        if (number or based) and len(text) > MAX_NUMBER:
            raise self._fault(
                "a number with too many digits",
                line,
                f"at most {MAX_NUMBER} characters",
                text,
                "round the number",
            )
        if based:
            return int(text, 0)
        if number:
            return int(text) if _INTEGER.match(text) else float(text)
        return text

    def _fault(
        self, headline: str, line: int, expected: str, found: str, mend: str, key: str = ""
    ) -> CaseError:
        path = [held[2][0] for held in self.stack if held[2]]
        where = ".".join(
            [*path, *([self.pending[0]] if self.pending else []), *([key] if key else [])]
        )
        return fault(
            self.file, headline, key=where, line=line, expected=expected, found=found, mend=mend
        )


def fault(
    file: str,
    headline: str,
    *,
    key: str = "",
    line: int | None = None,
    column: int | None = None,
    expected: str,
    found: str,
    mend: str,
) -> CaseError:
    """Return a :class:`CaseError` with a single problem."""
    problem = Problem(
        headline, key=key, line=line, column=column, expected=expected, found=found, mend=mend
    )
    return CaseError(file, [problem])
