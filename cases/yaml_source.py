"""Read a YAML 1.2 case file into the tree of :mod:`cases.yaml_nodes`; nothing is executed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from cases.errors import CaseError
from cases.yaml_nodes import Composer, Source, fault

MAX_BYTES = 1 << 20

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_source(path: Path) -> Source:
    """Read and parse a case file.

    Raises
    ------
    CaseError
        The file is missing, too large, not UTF-8, not YAML, or beyond the limits of this module.
    """
    file = str(path)
    try:
        if path.is_dir():
            raise IsADirectoryError
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        kind = type(error).__name__
        said = {
            "FileNotFoundError": "no such file",
            "IsADirectoryError": "this is a folder",
            "PermissionError": "the file may not be read",
        }.get(kind, "the file cannot be opened")
        raise fault(
            file,
            said,
            expected="a case file in YAML",
            found=said if kind != "FileNotFoundError" else "nothing of that name",
            mend="check the name and the folder; 'dormatrix gallery' lists cases to start from",
        ) from None
    if len(raw) > MAX_BYTES:
        raise fault(
            file,
            "the file is too large",
            expected="a case file of at most 1 MiB",
            found="more than 1 MiB",
            mend="put cell positions into a CSV file and name it under cells.file",
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise fault(
            file,
            "not a text file in UTF-8",
            line=raw.count(b"\n", 0, error.start) + 1,
            expected="text in UTF-8",
            found=f"byte 0x{raw[error.start]:02x} at position {error.start}",
            mend="save the file as plain text with encoding UTF-8",
        ) from None
    return parse_text(text, file)


def parse_text(text: str, file: str = "<text>") -> Source:
    """Parse YAML text; see :func:`read_source`."""
    bad = _FORBIDDEN.search(text)
    if bad:
        raise fault(
            file,
            "the file holds a control character",
            line=text.count("\n", 0, bad.start()) + 1,
            expected="plain text",
            found=f"U+{ord(bad.group()):04X}",
            mend="remove the character (a binary file was perhaps named by mistake)",
        )
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        root = Composer(file).compose(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        raise _syntax(file, text, error) from None
    except (YAMLError, RecursionError, ValueError, AttributeError) as error:
        # The parser answers some malformed directives with bare Python errors.
        raise fault(
            file,
            "not valid YAML",
            line=1,
            expected="YAML 1.2",
            found=type(error).__name__,
            mend="compare with a case from 'dormatrix gallery'",
        ) from None
    if root is None or root.value is None:
        raise fault(
            file,
            "the file is empty",
            line=1,
            expected="keys such as scaffold, inks and cells",
            found="nothing",
            mend="copy a case to start from: dormatrix gallery quickstart",
        )
    if not isinstance(root.value, dict):
        kind = "a list" if isinstance(root.value, list) else "a single value"
        raise fault(
            file,
            "a case must be a set of keys with values",
            line=root.line,
            expected="lines such as 'name: my-case' and 'scaffold: {kind: slab, ...}'",
            found=kind,
            mend="write every entry as 'key: value'; mind the space after the colon",
        )
    return Source(file, root)


def _syntax(file: str, text: str, error: Any) -> CaseError:
    """Return the parser's complaint in the author's terms."""
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    column = mark.column + 1 if mark else 1
    lines = text.splitlines()
    row = lines[line - 1] if line <= len(lines) else ""
    said = str(error.problem or error.context or "unreadable")
    if "\t" in row[: len(row) - len(row.lstrip())] or "'\\t'" in said:
        said, mend = "a tab", "indent with spaces; YAML does not allow tabs"
    elif "mapping values are not allowed" in said or "expected <block end>" in said:
        said = "the indentation does not fit, or a colon stands where none can be"
        mend = "check the indentation of this line and the one above it"
    elif "expected ',' or" in said or "flow" in str(error.context):
        said = "a bracket is not closed, or a comma is missing"
        mend = "close every bracket [ ] and { }, and put commas between the entries"
    else:
        mend = 'quote text that holds special signs, e.g. "a: b"'
    return fault(
        file,
        f"not valid YAML: {said}",
        line=line,
        column=column,
        expected="YAML 1.2",
        found=row.strip() or "the end of the file",
        mend=mend,
    )
