"""Print files: from G-code to the strands that a printer lays down."""

from meshes.gcode.program import Program
from meshes.gcode.reader import read_gcode
from meshes.gcode.strands import toolpath_from
from meshes.gcode.velocity import alignment_hint, velocity_ratio

__all__ = ["Program", "alignment_hint", "read_gcode", "toolpath_from", "velocity_ratio"]
