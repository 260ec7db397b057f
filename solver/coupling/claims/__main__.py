"""``python -m solver.coupling.claims``: print the page ``docs/claims.md``."""

from __future__ import annotations

import sys

from .evaluation import evaluate, without_cues
from .page import markdown

sys.stdout.write(markdown(evaluate(), without_cues()))
