"""Every row that a gel rests on has a standing that a result accepts."""

from __future__ import annotations

import numpy as np
import pytest

from postprocess.results import Assumption
from solver.materials import Alginate, Collagen, Ink, Waviness, build_gel
from solver.materials.assumptions import stated_assumptions
from solver.materials.fibres import (
    CrimpedChoice,
    ExponentialChoice,
    SemiAffineChoice,
    TensionAlignedChoice,
)
from solver.materials.odf import Orientation
from solver.materials.orientation_field import OrientationField

FIELD = OrientationField(np.zeros((1, 3)), np.diag([0.6, 0.3, 0.1])[None])


LAWS = [
    None,
    CrimpedChoice(),
    SemiAffineChoice(),
    SemiAffineChoice(stiffness=2.0, stiffening=0.05),
    ExponentialChoice(k2=3.0),
]
# Laws of principal stretches know no directions.
CASES = [(law, where) for law in LAWS for where in (None, Orientation.planar(0.3), FIELD)]
CASES += [(TensionAlignedChoice(), None), (TensionAlignedChoice(exponent=4.0), None)]


@pytest.mark.parametrize(("law", "orientation"), CASES)
@pytest.mark.parametrize("finite", [False, True])
def test_rows_are_ones_that_a_report_can_show(law, orientation, finite: bool) -> None:
    wave = Waviness(1.0, 20.0) if law is None else Waviness()
    ink = Ink("gel", Alginate(), Collagen(2.4, wave, law=law), orientation=orientation)
    rows = [Assumption(**row) for row in stated_assumptions([build_gel(ink)], finite_strain=finite)]
    assert any("directions" in row.what or "order parameter" in row.what for row in rows)
    if isinstance(law, SemiAffineChoice) and finite:
        wanted = "published" if law.stiffness is None else "assumption"
        assert any("nmeth.3685" in row.source and row.standing == wanted for row in rows)
