"""Print files: from G-code to the strands that a printer lays down."""

from meshes.gcode.program import Program
from meshes.gcode.reader import read_gcode

__all__ = ["Program", "read_gcode"]
