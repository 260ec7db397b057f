"""One HTML page about the materials of a case, or about a fit: self-contained, without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from postprocess.figures import Picture
from postprocess.report import embedded, render_page


def render_materials(record: Mapping[str, Any], pictures: Sequence[Picture]) -> str:
    """Write the page.

    Parameters
    ----------
    record
        Content of ``material.json``: ``name``, ``version``, ``draws``, ``inks``, and ``fit`` where
        there is one.
    pictures
        Pictures to embed; any of them may be missing.

    Returns
    -------
    str
        HTML that asks for nothing from anywhere. Every text from outside is escaped.
    """
    return render_page("material.html", record=record, figures=embedded(pictures))
