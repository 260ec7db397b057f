"""From a case file to a checked :class:`cases.schema.Case`, or to every fault in it at once."""

from __future__ import annotations

from pathlib import Path

from cases.errors import CaseError, Problem
from cases.problems import Document, Path_, read_model
from cases.schema import Case
from cases.yaml_nodes import Source
from cases.yaml_source import parse_text, read_source


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
    return _checked(read_source(file), file.absolute().parent, file.stem)


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
    return _checked(parse_text(text, file), folder, "case")


def case_document(source: Source) -> Document:
    """A case file as what it is read into."""
    return Document(
        source, Case, _may_be_null, "'dormatrix schema' and docs/case-file.md list every key"
    )


def case_problems(
    source: Source, folder: Path | None, name: str
) -> tuple[Case | None, list[Problem]]:
    """The checked case, or None and every fault in it; see :func:`cases.problems.read_model`."""
    case, problems = read_model(case_document(source), folder, name)
    assert case is None or isinstance(case, Case)
    return case, problems


def _checked(source: Source, folder: Path | None, name: str) -> Case:
    if source.node(("vary",)) is not None:
        line, column = source.locate(("vary",), key=True)
        problem = Problem(
            "this is a sweep, not one case",
            key="vary",
            line=line,
            column=column,
            expected="a case file",
            found="vary, a key of sweep files",
            mend="dormatrix batch computes it; dormatrix batch --dry-run lists its cases",
        )
        raise CaseError(source.file, [problem])
    case, problems = case_problems(source, folder, name)
    if case is None:
        raise CaseError(source.file, problems)
    return case


def _may_be_null(path: Path_) -> bool:
    """Whether a tool or a part of a file stands here, which ``null`` leaves out."""
    return len(path) == 3 and path[:2] in (("scaffold", "tools"), ("scaffold", "regions"))
