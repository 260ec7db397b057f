"""The page: controls on the left, the picture, the chosen cell and the histogram on the right.

Names, notes and messages come from results and may be any text: they are state, which the page
shows as text; none becomes part of the template.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from postprocess.viewer.app import REMOTE, STILL, App
from postprocess.viewer.panels import cell_panel, choice_panel, select_look

ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cpath d='M11 1.5A6.5 6.5 0 1 0 14.5 11 5.5 5.5 0 0 1 11 1.5z' fill='%237ba3ea'/%3E%3C/svg%3E"
)
_FILES = "__dormatrix"


def build_page(app: App) -> None:
    """Lay out the page of a viewer.

    Parameters
    ----------
    app
        Its other side; gets the two views.
    """
    from trame.ui.vuetify3 import VAppLayout
    from trame.widgets import html
    from trame.widgets import vuetify3 as v

    server = app.server
    server.enable_module(
        {"serve": {_FILES: str(Path(__file__).parent)}, "styles": [f"{_FILES}/viewer.css"]}
    )
    app.state.trame__favicon = ICON
    with VAppLayout(server, full_height=True) as layout:
        layout.root.theme = ("dark ? 'dark' : 'light'",)
        with v.VAppBar(density="compact", flat=True, border="b"):
            html.Span("dormatrix", classes="dm-brand")
            html.Span("{{ name }}", classes="dm-name", title=("name",), v_if="results.length < 2")
            v.VSelect(
                v_if="results.length > 1", v_model="result", items=("results",), **select_look(None)
            )
            v.VSpacer()
            with html.Div(classes="dm-head", v_if="head"):
                with html.Div():
                    html.B("{{ head.mean }}", title="Mean P(dormant)")
                    html.Span("mean P(dormant), {{ head.band }}{{ head.before }}")
                with html.Div():
                    html.B("{{ head.above }}", title="Cells above 50 %")
                    html.Span("of cells above 50 %")
            v.VSpacer()
            for text, eye in (("3D", "iso"), ("Top", "top"), ("Front", "front"), ("Side", "side")):
                v.VBtn(text, click=f"trigger('aim', ['{eye}'])", **_button())
            _download(v, "PNG", "view.png", "png", "image/png")
            _download(v, "CSV", "cells.csv", "csv", "text/csv")
            _download(
                v, "Case", "edited.yaml", "case_file", "application/yaml", v_if="live",
                title="The case with the numbers you moved: check and run it",
            )  # fmt: skip
            v.VBtn(
                icon=("dark ? 'mdi-weather-sunny' : 'mdi-weather-night'",),
                click="dark = !dark", size="small", title="Light or dark page",
            )  # fmt: skip
        with v.VNavigationDrawer(permanent=True, width=310):
            _look(html, v)
            _rule(html, v)
        with v.VNavigationDrawer(permanent=True, width=340, location="right"):
            choice_panel(html, v)
            cell_panel(html)
        with v.VMain(), html.Div(classes="dm-stage"):
            _picture(app, html)


def _button() -> dict[str, Any]:
    return {"size": "small", "variant": "text"}


def _download(v: Any, text: str, name: str, trigger: str, kind: str, **more: Any) -> None:
    v.VBtn(
        text,
        prepend_icon="mdi-download",
        click=f"utils.download('{name}', trigger('{trigger}'), '{kind}')",
        **_button(),
        **more,
    )


def _look(html: Any, v: Any) -> None:
    with html.Section(classes="dm-part"):
        html.H2("Scaffold")
        with v.VBtnToggle(
            v_model="body", mandatory=True, density="compact", divided=True, variant="outlined"
        ):
            for word, text in (
                ("glass", "Clear"), ("field", "Field"), ("section", "Section"), ("none", "None"),
            ):  # fmt: skip
                v.VBtn(text, value=word, size="small")
        v.VSelect(
            v_model="field", items=("fields",), v_show="body == 'field' || body == 'section'",
            **select_look("Field"),
        )  # fmt: skip
        with html.Div(classes="dm-row"):
            html.Span("Cut")
            with v.VBtnToggle(
                v_model="clip_axis", mandatory=True, density="compact", divided=True,
                variant="outlined",
            ):  # fmt: skip
                for word, text in (("none", "Off"), ("x", "x"), ("y", "y"), ("z", "z")):
                    v.VBtn(text, value=word, size="small")
            v.VBtn(
                "Flip", click="clip_flip = !clip_flip", disabled=("clip_axis == 'none'",),
                **_button(),
            )  # fmt: skip
        html.Input(
            type="range", min=0, max=100, v_show="clip_axis != 'none'", classes="dm-range",
            value=("clip_at",), input="clip_at = Number($event.target.value)",
            raw_attrs=['aria-label="Where it is cut"'],
        )  # fmt: skip
        with html.Div(v_if="loads.length > 1"):
            with html.Div(classes="dm-row"):
                html.Span("Load")
                html.Output("{{ loads[load] }}", classes="dm-value")
            html.Input(
                type="range", min=0, raw_attrs=[':max="loads.length - 1"', 'aria-label="Load"'],
                value=("load",), input="load = Number($event.target.value)", classes="dm-range",
            )  # fmt: skip
        html.H2("Cells")
        v.VSelect(v_model="sites_by", items=("columns",), **select_look("Coloured by"))
        _tick(html, "rings", "outline the uncertain")
        _tick(html, "ellipsoids", "shape: stiffness by direction")
        with html.Div(classes="dm-row"):
            html.Span("Fibres")
            with v.VBtnToggle(
                v_model="fibres", mandatory=True, density="compact", divided=True,
                variant="outlined",
            ):  # fmt: skip
                for word, text in (("none", "Off"), ("glyphs", "Rods"), ("lines", "Lines")):
                    v.VBtn(text, value=word, size="small")


def _tick(html: Any, key: str, text: str) -> None:
    with html.Label(classes="dm-tick"):
        html.Input(type="checkbox", checked=(key,), change=f"{key} = $event.target.checked")
        html.Span(text)


def _rule(html: Any, v: Any) -> None:
    with html.Section(classes="dm-part"):
        with html.Div(classes="dm-row"):
            html.H2("Dormancy rule")
            v.VSpacer()
            v.VBtn(
                "Back to the case", v_show="any_moved", click="trigger('reset')", color="primary",
                **_button(),
            )  # fmt: skip
        html.P(
            "This result does not hold what the rule was asked with. Run the case again to move "
            "its numbers.",
            v_if="!live", classes="dm-soft",
        )  # fmt: skip
        with html.Div(v_if="live"):
            html.P(
                "{{ message }}", v_show="message", classes="dm-message", raw_attrs=['role="alert"']
            )
            v.VSelect(v_model="preset", items=("presets",), **select_look("Preset"))
            with html.Details(
                v_for="group in groups", key="group.key", classes="dm-group",
                open=("group.key == 'first' || group.key == 'cells'",),
            ):  # fmt: skip
                html.Summary("{{ group.title }}")
                with html.Template(v_for="(control, i) in controls", key="i"), html.Div(
                    v_if="control.group == group.key", classes="dm-dial",
                    title=("control.note",),
                ):  # fmt: skip
                    with html.Div(classes="dm-dial-words"):
                        html.Span("{{ control.label }}", **{"class": "dm-label"})
                        html.Button(
                            "↺", v_if="touched[i]", click="trigger('reset', [i])", type="button",
                            classes="dm-undo", title="As in the case",
                        )  # fmt: skip
                        html.Output(
                            "{{ readouts[i] }}",
                            classes=("touched[i] ? 'dm-value dm-moved' : 'dm-value'",),
                        )
                    html.Input(
                        type="range", min=0, max=1000, classes="dm-range", value=("positions[i]",),
                        raw_attrs=[':aria-label="control.label"'],
                        input="positions[i] = Number($event.target.value); "
                        "flushState('positions')",
                    )  # fmt: skip


def _picture(app: App, html: Any) -> None:
    from trame.widgets import vtk

    with html.Div(
        classes="dm-view",
        # A press that does not move is a choice; one that moves turns the body.
        raw_attrs=[
            '@pointerdown.capture="down = [$event.clientX, $event.clientY]"',
            '@pointerup.capture="Math.hypot($event.clientX - down[0], $event.clientY - down[1])'
            " < 4 && trigger('pick', [($event.clientX - $event.currentTarget."
            "getBoundingClientRect().left) / $event.currentTarget.clientWidth, "
            "1 - ($event.clientY - $event.currentTarget.getBoundingClientRect().top) / "
            '$event.currentTarget.clientHeight])"',
        ],
    ):
        with html.Div(v_if="!local", classes="dm-fill"):
            app.remote = vtk.VtkRemoteView(
                app.canvas.window, ref=REMOTE, interactive_ratio=0.75, interactive_quality=60,
                still_quality=STILL,
            )  # fmt: skip
        with html.Div(v_if="local", classes="dm-fill"):
            app.local = vtk.VtkLocalView(
                app.canvas.window,
                ref="local",
                on_ready="trigger('ready')",
                interactor_events=("local_events", ["EndAnimation"]),
                EndAnimation="trigger('camera', [$event.pokedRenderer.getActiveCamera().get("
                "'position', 'focalPoint', 'viewUp', 'parallelScale')])",
            )
    with (
        html.Div(classes="dm-bars", v_if="bars"),
        html.Div(v_for="(bar, i) in bars", key="i", classes="dm-bar"),
    ):
        html.Span("{{ bar.title }}", classes="dm-bar-title")
        html.Div(v_if="bar.ramp", classes="dm-ramp", style=("{ background: bar.ramp }",))
        with html.Div(v_if="bar.ramp", classes="dm-ticks"):
            html.Span(
                "{{ tick.text }}", v_for="(tick, j) in bar.ticks", key="j",
                style=("{ left: tick.at + '%' }",),
            )  # fmt: skip
        with html.Div(v_if="!bar.ramp", classes="dm-legend"), html.Span(
            v_for="(ink, j) in bar.legend", key="j"
        ):  # fmt: skip
            html.I(style=("{ background: ink.colour }",))
            html.Span("{{ ink.text }}")
    with html.Label(classes="dm-tick dm-local", v_if="can_local"):
        html.Input(
            type="checkbox",
            checked=("local_wanted",),
            change="local_wanted = $event.target.checked",
        )
        html.Span("let the browser draw")
    html.Div(
        "bands are being sampled …", v_show="busy", classes="dm-busy", raw_attrs=['role="status"']
    )
