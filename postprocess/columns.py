"""What every column of the sites table is, and in which unit."""

from __future__ import annotations

from postprocess.contract import CUE_PREFIX
from postprocess.labels import cue_label

_COLUMNS: dict[str, tuple[str, str]] = {
    "id": ("", "number of the site, from 0"),
    "x_um": ("µm", "position along x"),
    "y_um": ("µm", "position along y"),
    "z_um": ("µm", "height above the glass"),
    "ink": ("", "name of the ink around the site"),
    "depth_um": ("µm", "distance to the nearest bathed surface of the gel"),
    "stiffness_kPa": ("kPa", "sensed stiffness, mean over directions"),
    "stiffest_kPa": ("kPa", "sensed stiffness in the stiffest direction"),
    "softest_kPa": ("kPa", "sensed stiffness in the softest direction"),
    "stiff_axis_x": ("1", "x component of the stiffest direction, a unit vector without sign"),
    "stiff_axis_y": ("1", "y component of the stiffest direction"),
    "stiff_axis_z": ("1", "z component of the stiffest direction"),
    "anisotropy": ("1", "stiffest over softest sensed stiffness"),
    "p_dormant": (
        "1",
        "fraction of a heterogeneous cell population that would be in G0 arrest at this site",
    ),
    "p_dormant_low": ("1", "lower end of the band of p_dormant"),
    "p_dormant_high": ("1", "upper end of the band of p_dormant"),
    "strain": ("1", "how much shorter the cell has made itself along its stiffest axis"),
    "secant_kPa": ("kPa", "sensed stiffness along that axis at that strain (secant)"),
    "linear_kPa": ("kPa", "sensed stiffness along the same axis for a small pull"),
    "ratio": ("1", "secant_kPa over linear_kPa"),
    "range_um": ("µm", "distance from the centre at which displacement has fallen to a tenth"),
    "decay_exponent": ("1", "power with which displacement falls with distance (2 in an even gel)"),
}


def column_unit(name: str) -> str:
    """Unit of a column: ``"µm"``, ``"kPa"``, ``"1"`` for pure numbers, ``""`` for names."""
    return "1" if name.startswith(CUE_PREFIX) else _COLUMNS[name][0]


def column_description(name: str) -> str:
    """One line saying what a column holds."""
    if name.startswith(CUE_PREFIX):
        cue = cue_label(name[len(CUE_PREFIX) :])
        return f"share of {cue} in the log-odds of dormancy; positive keeps asleep, negative wakes"
    return _COLUMNS[name][1]
