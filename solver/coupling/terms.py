"""Sums over sites and samples.

Nearly all terms of ln R are products of a number per site with a number per sample. Those are not
formed one by one: they are gathered into one matrix product.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .collagen_doses import FloatArray


@dataclass(frozen=True)
class Term:
    """One term of a sum over n sites and S samples, ``values · weights``.

    Attributes
    ----------
    name : str
        Whose share of the log-odds it is.
    values : ndarray
        Of a shape that broadcasts to (n, S).
    weights : ndarray, shape (S,)
        Number of each sample; finite, and nowhere 0 where values are infinite.
    """

    name: str
    values: FloatArray
    weights: FloatArray


def summed(terms: Iterable[Term], n: int, samples: int) -> FloatArray:
    """Sum of terms.

    Parameters
    ----------
    terms
        To add up; -inf in one makes the sum -inf.
    n, samples
        Number of sites and of samples S.

    Returns
    -------
    ndarray, shape (n, S)
    """
    columns: list[FloatArray] = []
    rows: list[FloatArray] = []
    shared, arrays = np.zeros((1, samples)), []
    for term in terms:
        if not term.weights.any():
            continue
        if len(term.values) == 1:
            shared += term.values * term.weights
        elif samples > 1 and term.values.shape[1] == 1:
            columns.append(term.values)
            rows.append(term.weights)
        else:
            arrays.append(term)
    total = np.hstack(columns) @ np.vstack(rows) if columns else np.zeros((n, samples))
    total += shared
    for term in arrays:
        total += term.values * term.weights
    return total
