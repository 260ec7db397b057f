"""What assays read of an exponentially growing population of equal cycles, in closed form.

With cycles of exactly T = T_G1 + T_S + T_G2M and no death, ages are spread as
``(2 ln 2/T) 2^(−a/T)`` on [0, T], so that the share of cells of age a to b is
``2 (2^(−a/T) − 2^(−b/T))``.
"""

from __future__ import annotations

import math

from meshes.errors import InputError


def edu_labelled_fraction(
    pulse_h: float, g1_h: float, s_h: float, g2m_h: float, *, at_start: bool = False
) -> float:
    """Share of growing cells that an EdU pulse labels, seen at its end.

    Labelled are the cells that were in S during the pulse, and the daughters of such cells. At the
    end of a pulse t these are the ages from T_G1 to ``min(T_G1 + T_S + t, T)``, and, from
    t = T_G2M on, the ages up to ``t − T_G2M``: 1 when t ≥ T_G1 + T_G2M.

    The formula often given, ``2^(T_G2M/T) (2^((T_S + t)/T) − 1)``, counts the cells of the pulse's
    *start* that will take up label (ages T_G1 − t to T_G1 + T_S). For t ≤ T_G2M it is larger than
    what is counted at the end by the factor ``2^(t/T)``, the growth in between.

    Parameters
    ----------
    pulse_h
        Length t of the pulse, h, at least 0.
    g1_h, s_h, g2m_h
        Lengths of the phases, h, above 0.
    at_start
        Count among the cells of the pulse's start instead: the formula often given, continued
        beyond t = T_G1 and held at 1.

    Returns
    -------
    float
        0 to 1; T_S's own share of the cycle at t = 0.

    Raises
    ------
    InputError
        If a length is out of its range.
    """
    if pulse_h < 0.0 or min(g1_h, s_h, g2m_h) <= 0.0:
        raise InputError("EdU: expected a pulse of at least 0 h and phases above 0 h")
    whole = g1_h + s_h + g2m_h

    def share(young: float, old: float) -> float:
        young, old = max(young, 0.0), min(old, whole)
        return 2.0 * (2.0 ** (-young / whole) - 2.0 ** (-old / whole)) if old > young else 0.0

    if at_start:
        # Cells of G2/M whose daughters come to S, too, once the pulse outlasts G1.
        late = max(whole - (pulse_h - g1_h), g1_h + s_h)
        return min(1.0, share(g1_h - pulse_h, g1_h + s_h) + share(late, whole))
    born = min(pulse_h - g2m_h, g1_h)
    return min(1.0, share(g1_h, g1_h + s_h + pulse_h) + share(0.0, born))


def gompertz_left(hours: float, loss: float, slowing: float) -> float:
    """Part of a dye that cells without division keep.

    Parameters
    ----------
    hours
        Since staining, h, at least 0.
    loss
        Rate of loss at first, 1/h, at least 0.
    slowing
        Rate at which the loss slows down, 1/h, at least 0; 0 is plain exponential loss.

    Returns
    -------
    float
        The solution of ``y' = −loss · exp(−slowing · t) · y``, y(0) = 1.
    """
    if slowing == 0.0:
        return math.exp(-loss * hours)
    return math.exp(loss / slowing * math.expm1(-slowing * hours))


def ki67_dark_after(
    half_life_h: float, s_h: float, g2m_h: float, threshold: float, *, born: float = 0.0
) -> float:
    """Time from mitosis until Ki67 falls below a threshold.

    Parameters
    ----------
    half_life_h
        h, above 0.
    s_h, g2m_h
        Lengths of S and of G2 with M, in which it is made, h, above 0.
    threshold
        Amount, in units of a/k, above 0.
    born
        Amount left when S began, in the same units, at least 0.

    Returns
    -------
    float
        h, at least 0. At mitosis there is ``1 − (1 − born) 2^(−(T_S + T_G2M)/T_1/2)``, each
        daughter gets half, and loses half of it in each half-life.
    """
    full = 1.0 - (1.0 - born) * 2.0 ** (-(s_h + g2m_h) / half_life_h)
    return max(0.0, half_life_h * math.log2(0.5 * full / threshold))
