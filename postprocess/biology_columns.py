"""Columns of the tables that a run may leave beside its sites. Loads nothing."""

from __future__ import annotations

_P = {"mean_p": "fraction", "mean_p_low": "fraction", "mean_p_high": "fraction"}

TABLES: dict[str, dict[str, str]] = {
    "compare": {
        "arm": "text",
        "changed": "text",
        **_P,
        "difference": "number",
        "difference_low": "number",
        "difference_high": "number",
        "same_sign": "fraction",
        "above_half": "fraction",
    },
    "compare_sites": {"id": "count", "arm": "text", "p_dormant": "fraction"},
    "presets": {
        "preset": "text",
        "words": "text",
        "chosen": "flag",
        **_P,
        "above_half": "fraction",
    },
    "sensitivity": {
        "factor": "text",
        "label": "text",
        "first": "number",
        "first_conf": "positive",
        "total": "number",
        "total_conf": "positive",
    },
    "history": {"step": "count", "name": "text", **_P, "without_memory": "fraction"},
    "network": {
        "stiffness_kPa": "positive",
        "ink": "text",
        "n_sites": "count",
        "p_rule": "fraction",
        "p_rule_low": "fraction",
        "p_rule_high": "fraction",
        "p_network": "fraction",
    },
    "clutch": {
        "ligand": "positive",
        "stiffness_kPa": "positive",
        "traction_Pa": "number",
        "traction_se_Pa": "positive",
        "depleted_Pa": "number",
        "depleted_se_Pa": "positive",
        "drive": "positive",
    },
}
"""Columns of each table, in order, with what they hold: ``text``; ``flag`` (true or false);
``count`` (0, 1, 2 …); ``number`` (finite); ``positive`` (finite, not negative); ``fraction`` (0 to
1). A column ``x`` beside ``x_low`` and ``x_high`` has them as its band."""
