"""One HTML page about the materials of a case, or about a fit: self-contained, without scripts."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from postprocess import labels
from postprocess.figures import Picture
from postprocess.report import link_dois


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
    import jinja2
    from markupsafe import Markup

    here = files("postprocess")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "dois": link_dois,
        "sig": labels.significant,
        "quantity": labels.quantity,
    }
    template = environment.from_string(here.joinpath("material.html").read_text(encoding="utf-8"))
    return template.render(
        css=Markup(here.joinpath("report.css").read_text(encoding="utf-8")),
        record=record,
        figures={
            picture.key: {
                "data": base64.b64encode(picture.path.read_bytes()).decode("ascii"),
                "caption": picture.caption,
            }
            for picture in pictures
        },
    )
