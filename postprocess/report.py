"""The one-page report: a self-contained HTML file that can be read, printed and mailed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from postprocess import beyond, biology_words, labels, narrative, paths
from postprocess.casefile import case_section, flatten
from postprocess.contract import STANDINGS
from postprocess.figures import Picture
from postprocess.methods import methods
from postprocess.report_scene.pack import page_json
from postprocess.results import RunResult
from postprocess.site_rows import site_rows
from postprocess.style import detailed

if TYPE_CHECKING:
    from markupsafe import Markup

_STANDING_WORDS = {
    "measured": "read from a measurement",
    "published": "stated by a published source",
    "derived": "worked out from such numbers",
    "assumption": "chosen; no source fixes it",
}

_SCRIPTS = ("sort.js", "copy.js")
SCENE_SCRIPTS = tuple(f"report_scene/{name}.js" for name in ("gl", "legend", "scene"))
"""Files of this package that draw a scene that can be turned, in their order."""


def link_dois(text: str) -> Markup:
    """Escape a text and turn its DOIs into links to https://doi.org/.

    Parameters
    ----------
    text
        Any text, hostile text included.
    """
    from markupsafe import Markup, escape

    pieces, last = [], 0
    for start, stop in labels.find_dois(text):
        doi = text[start:stop]
        address = f"https://doi.org/{quote(doi, safe='/().:;-_')}"
        pieces += [escape(text[last:start]), Markup('<a href="{}">{}</a>').format(address, doi)]
        last = stop
    pieces.append(escape(text[last:]))
    return Markup("").join(pieces)


def _asked(result: RunResult) -> list[tuple[str, list[tuple[str, str]]]]:
    """Sections of the resolved case as (title, rows)."""
    case = case_section(result.case)
    sections: list[tuple[str, list[tuple[str, str]]]] = []
    loose: dict[str, Any] = {}
    for key, value in case.items():
        if key == "inks" and isinstance(value, Mapping):
            sections += [
                (f"Ink “{name}”", flatten(ink))
                for name, ink in value.items()
                if isinstance(ink, Mapping)
            ]
        elif isinstance(value, Mapping):
            sections.append((labels.key_label(key).capitalize(), flatten(value)))
        elif key != "name":
            loose[key] = value
    if loose:
        sections.append(("Other", flatten(loose)))
    return [(title, rows) for title, rows in sections if rows]


def embedded(pictures: Sequence[Picture]) -> dict[str, dict[str, str]]:
    """Pictures as text for a page: ``data`` (base64) and ``caption`` of each, by its key."""
    return {
        picture.key: {
            "data": base64.b64encode(picture.path.read_bytes()).decode("ascii"),
            "caption": picture.caption,
        }
        for picture in pictures
    }


def _inks(result: RunResult) -> list[dict[str, Any]]:
    here = {str(row["ink"]): row for row in result.summary["per_ink"]}
    described = []
    for ink in result.inks:
        steps = narrative.stiffness_steps(result, ink)
        shares = paths.ingredients(result, ink)
        described.append(
            {
                "ink": ink,
                "name": str(ink["name"]),
                "detailed": detailed(ink),
                "here": here.get(str(ink["name"])),
                "steps": steps,
                "largest_step": narrative.largest_step(steps),
                "shares": [*shares, paths.together(shares)] if shares else [],
                "sentences": paths.collagen_sentences(shares),
                "shut": any(abs(row.total) >= labels.SHUT for row in shares),
                "contrasts": ink.get("contrasts", []),
            }
        )
    return described


def render_page(template: str, *, scripts: Sequence[str] = (), **values: Any) -> str:
    """Fill a template of this package, in the look and with the filters of all pages.

    Every value is escaped; one that is missing is an error.

    Parameters
    ----------
    template
        Its file in this package.
    scripts
        Files of this package that become one script, ``script`` in the template;
        ``script_digest`` is what a Content-Security-Policy names it by.
    values
        What the template shows.
    """
    import jinja2
    from markupsafe import Markup

    here = files("postprocess")
    script = "\n".join(here.joinpath(name).read_text(encoding="utf-8") for name in scripts)
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FunctionLoader(lambda name: here.joinpath(name).read_text("utf-8")),
    )
    environment.filters |= {
        "dois": link_dois,
        "sig": labels.significant,
        "signed": labels.signed,
        "quantity": labels.quantity,
        "percent": labels.percent,
        "plain": labels.plain,
        "odds": paths.odds,
    }
    page = environment.get_template(template)
    css = Markup(here.joinpath("report.css").read_text(encoding="utf-8"))
    return page.render(css=css, script=Markup(script), script_digest=digest, **values)


def render_report(
    result: RunResult,
    pictures: Sequence[Picture],
    warnings: Sequence[str],
    scene: Mapping[str, Any] | None = None,
) -> str:
    """Write the report as one HTML page.

    Parameters
    ----------
    result
        The run.
    pictures
        Pictures to embed; any of them may be missing.
    warnings
        All warnings to show, those of the run included.
    scene
        What :func:`postprocess.report_scene.pack.pack_scene` made of the run; None for a page
        without the scene that can be turned.

    Returns
    -------
    str
        HTML that asks for nothing from anywhere: a policy in it forbids every request and every
        script but its own. Every text from outside is escaped.
    """
    from markupsafe import Markup

    standings = {
        standing: sum(row.standing == standing for row in result.assumptions)
        for standing in STANDINGS
    }
    case = result.case
    return render_page(
        "report.html",
        scripts=_SCRIPTS + (SCENE_SCRIPTS if scene else ()),
        scene=scene,
        scene_json=Markup(page_json(scene)),
        site_rows=site_rows(result.sites),
        methods=methods(result),
        result=result,
        summary=result.summary,
        preset=str(result.summary["preset"]),
        headline=narrative.headline(result),
        meaning=narrative.MEANING,
        confidence=narrative.confidence(result),
        direction=narrative.preset_direction(result),
        level=narrative.band_level(case),
        asked=_asked(result),
        inks=_inks(result),
        waviness=narrative.waviness(result),
        beyond=beyond.sentences(result),
        said=biology_words.told(result),
        figures=embedded(pictures),
        warnings=list(warnings),
        standings=standings,
        standing_words=_STANDING_WORDS,
        digest=str(case.get("hash", "unknown")),
        versions=_table(case.get("versions")),
        seeds=_table(case.get("seeds")),
        version=str(_table(case.get("versions")).get("dormatrix", "unknown version")),
    )


def _table(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
