"""Sight of a sweep: response curves, heat maps, parallel coordinates, best cases and one page.

A :class:`postprocess.sweep.view.SweepView` comes in, and
:func:`postprocess.sweep.page.write_sweep_report` writes ``figures/`` and ``report.html``.
"""
