"""The right side of the page: which cells, and one cell."""

from __future__ import annotations

from typing import Any


def select_look(label: str | None) -> dict[str, Any]:
    """How all selections look."""
    named = {} if label is None else {"label": label}
    return {
        **named, "density": "compact", "variant": "outlined", "hide_details": True,
        "classes": "dm-select",
    }  # fmt: skip


def choice_panel(html: Any, v: Any) -> None:
    """Which cells are drawn: limits on P, and a histogram over which one drags."""
    with html.Section(classes="dm-part", v_if="hist"):
        html.H2("Which cells")
        html.P("{{ head.chosen }}", classes="dm-soft")
        with html.Div(classes="dm-row"):
            html.Span("P(dormant)")
            html.Span("{{ p_range[0] }} to {{ p_range[1] }} %", classes="dm-value")
        v.VRangeSlider(
            v_model="p_range", min=0, max=100, step=1, hide_details=True, density="compact",
            color="primary", classes="dm-slider", raw_attrs=['aria-label="P(dormant) from and to"'],
        )  # fmt: skip
        v.VSelect(v_model="hist_by", items=("hists",), **select_look("Histogram"))
        with html.Div(classes="dm-hist"):
            with html.Svg(raw_attrs=['viewBox="0 0 100 100"', 'preserveAspectRatio="none"']):
                for kind in ("all", "some"):
                    _bars(kind)
            html.Div(
                classes="dm-brush",
                v_show="brush[0] > 0 || brush[1] < 100",
                style=("{ left: brush[0] + '%', width: (brush[1] - brush[0]) + '%' }",),
            )
            html.Div(
                classes="dm-glass",
                raw_attrs=_BRUSH,
                title="Drag to choose cells; click to choose all",
            )
        with html.Div(classes="dm-ticks"):
            html.Span(
                "{{ tick.text }}", v_for="(tick, i) in hist.ticks", key="i",
                style=("{ left: tick.at + '%' }",),
            )  # fmt: skip
        v.VRangeSlider(
            v_model="brush", min=0, max=100, step=0.5, hide_details=True, density="compact",
            color="primary", classes="dm-slider", raw_attrs=['aria-label="Histogram from and to"'],
        )  # fmt: skip


def _bars(kind: str) -> None:
    from trame_client.widgets.core import HtmlElement

    place = [':x="bar.x"', f':y="100 - bar.{kind}"', f':height="bar.{kind}"']
    look = [':width="hist.step - 0.3"', ':fill="bar.colour"']
    HtmlElement(
        "rect",
        v_for="(bar, i) in hist.bars",
        key="i",
        classes=f"dm-{kind}",
        raw_attrs=[*place, *look],
    )


# Where on the histogram the pointer is, per cent; a press that hardly moves chooses all.
_AT = "Math.round(200 * Math.min(1, Math.max(0, $event.offsetX / $event.target.clientWidth))) / 2"
_BRUSH = [
    '@pointerdown="brushing = true; $event.target.setPointerCapture($event.pointerId); '
    f'brush_from = {_AT}; brush = [brush_from, brush_from]"',
    f'@pointermove="brushing && (brush = [Math.min(brush_from, {_AT}), '
    f'Math.max(brush_from, {_AT})])"',
    '@pointerup="brushing = false; (brush[1] - brush[0] &lt; 1) &amp;&amp; (brush = [0, 100])"',
]


def cell_panel(html: Any) -> None:
    """The numbers of the cell that was clicked, and its waterfall."""
    with html.Section(classes="dm-part"):
        html.H2("{{ picked ? picked.title : 'No cell chosen' }}")
        html.P("Click on a cell to see its numbers.", v_if="!picked", classes="dm-soft")
        with html.Div(v_if="picked", classes="dm-cell"):
            with html.P(classes="dm-p"):
                html.B("{{ picked.p }}")
                html.Span(" P(dormant), {{ picked.band }}")
                html.Em("uncertain", v_if="picked.uncertain")
            with html.Div(classes="dm-fall"):
                html.Div("◄ wakes", classes="dm-soft dm-wakes")
                html.Div("keeps asleep ►", classes="dm-soft dm-sleeps")
                with html.Div(v_for="(row, i) in picked.fall.rows", key="i", classes="dm-fall-row"):
                    html.Span("{{ row.words }}", classes="dm-fall-words", title=("row.words",))
                    with html.Span(classes="dm-fall-bar"):
                        html.I(
                            classes=("row.chemical ? 'dm-hatched' : ''",),
                            style=(
                                "{ left: row.x + '%', width: row.width + '%', "
                                "backgroundColor: row.colour }",
                            ),
                        )
                        html.U(style=("{ left: picked.fall.zero + '%' }",))
                    html.Span("{{ row.text }}", classes="dm-fall-value")
                html.P("Log-odds of sleep; hatched: by chemistry. {{ picked.fall.scale }}",
                       classes="dm-soft")  # fmt: skip
            with html.Table(), html.Tbody(), html.Tr(
                v_for="(row, i) in picked.rows", key="i"
            ):  # fmt: skip
                html.Td("{{ row.label }}")
                html.Td("{{ row.text }}")
