"""How fast the dormancy rule answers: band of P at many sites, every cue with a dose at each.

Prints sites per second, peak memory, and the ratio to the same sum written naively, one array of
(sites, samples) for each term, on a share of the sites. The two must agree; a run that finds them
apart says so and fails. The whole takes half a minute on one core; ``--sites`` makes it shorter.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

import numpy as np
from numpy.typing import NDArray

from solver.coupling import DormancyRule, Draw, load_preset, sobol_draw

Array = NDArray[np.float64]
BLOCK = 2**18  # elements of one (sites, samples) array of the naive sum, as in the rule
SEED = 20


def sites_of(rule: DormancyRule, n: int) -> tuple[Array, dict[str, Array]]:
    """Stiffness in kPa and a dose of every cue at each of n sites."""
    rng = np.random.default_rng(1)
    stiffness = np.exp(rng.normal(np.log(2.0), 1.0, n))
    return stiffness, {cue.cue: rng.random(n) for cue in rule.cues}


def naive_awake(rule: DormancyRule, E: Array, doses: dict[str, Array], draw: Draw) -> Array:
    """R/(1 + R) of a block of sites, the terms of ln R added one array after the other."""
    from scipy.special import expit

    value = draw.parameters
    present: dict[str, Array] = {name: np.ones((1, 1)) for name in ("ligand", "fibronectin")}
    log_E = np.log(E)[:, None] + np.zeros(draw.size)
    total = np.zeros((len(E), draw.size))
    for cue in rule.cues:
        strength = doses[cue.cue][:, None]
        for name in cue.blocked_by:
            if name in present:
                strength = strength * (1.0 - np.minimum(present[name], 1.0))
        for name in cue.needs:
            strength = strength * np.minimum(present[name], 1.0)
        present[cue.cue] = strength
        shift = -cue.direction * draw.weights[cue.cue] * strength
        if cue.acts_on == "stiffness":
            log_E += shift
        else:
            total += shift * np.log(value["F"])
    total += value["n"] * (log_E - np.log(value["E50"]))
    return np.asarray(expit(total))


def naive_band(
    rule: DormancyRule, E: Array, doses: dict[str, Array], samples: int
) -> tuple[Array, Array]:
    """5 and 95 % of P by the naive sum."""
    draw = sobol_draw(rule.parameters, rule.cues, np.empty(0), samples=samples, seed=SEED)
    top, bottom = draw.parameters["Pmax"], draw.parameters["Pmin"]
    low, high = np.empty(len(E)), np.empty(len(E))
    step = BLOCK // samples
    for start in range(0, len(E), step):
        block = slice(start, start + step)
        awake = naive_awake(rule, E[block], {c: d[block] for c, d in doses.items()}, draw)
        p = np.sort(top - (top - bottom) * awake, axis=1)
        at = np.array([0.05, 0.95]) * (samples - 1)
        below = at.astype(int)
        ends = p[:, below] + (at - below) * (p[:, below + 1] - p[:, below])
        low[block], high[block] = ends.T
    return low, high


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=1_000_000)
    parser.add_argument("--samples", type=int, default=256, help="a power of two")
    parser.add_argument("--naive-share", type=float, default=0.05, help="of the sites")
    wanted = parser.parse_args()
    rule = DormancyRule(load_preset("adhesive"))
    E, doses = sites_of(rule, wanted.sites)
    rule.band(E[:1000], doses={c: d[:1000] for c, d in doses.items()}, samples=wanted.samples)
    start = time.perf_counter()
    band = rule.band(E, doses=doses, samples=wanted.samples, seed=SEED)
    speed = wanted.sites / (time.perf_counter() - start)
    held = sum(d.nbytes for d in doses.values()) / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    few = max(1, int(wanted.naive_share * wanted.sites))
    start = time.perf_counter()
    low, high = naive_band(rule, E[:few], {c: d[:few] for c, d in doses.items()}, wanted.samples)
    naive = few / (time.perf_counter() - start)
    # The band is widened to hold the nominal P, the naive one is not.
    p = rule.probability(E[:few], doses={c: d[:few] for c, d in doses.items()})
    apart = max(
        float(np.abs(np.minimum(low, p) - band.low[:few]).max()),
        float(np.abs(np.maximum(high, p) - band.high[:few]).max()),
    )
    print(f"{'sites':>9s}{'cues':>6s}{'samples':>9s}{'sites/s':>11s}{'naive/s':>11s}{'ratio':>7s}")
    print(
        f"{wanted.sites:9d}{len(rule.cues):6d}{wanted.samples:9d}"
        f"{speed:11.0f}{naive:11.0f}{speed / naive:7.1f}"
    )
    print(f"peak memory {peak:.0f} MiB, {held:.0f} MiB of them the doses; apart by {apart:.1e}")
    if apart > 1e-9:
        sys.exit("the two sums do not agree")


if __name__ == "__main__":
    main()
