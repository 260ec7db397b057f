"""``python -m solver.coupling.network``: print the table of arrows of ``docs/network.md``."""

from __future__ import annotations

import sys

from .model import load_network
from .page import reaction_table

sys.stdout.write(reaction_table(load_network()) + "\n")
