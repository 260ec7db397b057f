"""What a laboratory would read of cells in time, and how far its calls are from the truth."""

from __future__ import annotations

from .closed_forms import edu_labelled_fraction, gompertz_left, ki67_dark_after
from .dilution import Dye, HistoneLabel, membrane_dye
from .edu import EduChase, EduPulse, incorporated
from .noise import Instrument
from .proportions import Proportion, proportion, wilson
from .readings import Assay, Readings, Score
from .reporters import P27, Fucci, Ki67, Turnover
from .table import ReadOut, known_assays, read_all

__all__ = [
    "P27",
    "Assay",
    "Dye",
    "EduChase",
    "EduPulse",
    "Fucci",
    "HistoneLabel",
    "Instrument",
    "Ki67",
    "Proportion",
    "ReadOut",
    "Readings",
    "Score",
    "Turnover",
    "edu_labelled_fraction",
    "gompertz_left",
    "incorporated",
    "ki67_dark_after",
    "known_assays",
    "membrane_dye",
    "proportion",
    "read_all",
    "wilson",
]
