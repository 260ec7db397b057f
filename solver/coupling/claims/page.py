"""The claims and what comes of them as a page: ``docs/claims.md`` is written from here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .conditions import STIFFNESS
from .evaluation import Outcome, Result
from .tables import TIER_COLUMNS, load_backgrounds, load_claims
from .tiers import Answer

_HEAD = """\
# The published claims, and whether the model has their signs

Written by `python -m solver.coupling.claims > docs/claims.md`; do not edit. The claims stand in
[`claims.csv`](../solver/coupling/claims/claims.csv), what is compared in
[`arms.csv`](../solver/coupling/claims/arms.csv).

The claims C and I are those of a review on tumour dormancy and the extracellular matrix from
which this project started, read beside the primary studies as far as their abstracts could be had;
where no primary source was seen the [cue table](../solver/coupling/cues.csv) says so.

Each test compares **two arms that differ in one thing**, at {points} stiffnesses from {low:g} to
{high:g} kPa and in {backgrounds} backgrounds
({names}),
first by the closed-form [rule](rule.md), then by the [logic network](network.md), which is asked
at every third stiffness and where it comes to rest from the sleeping state. A sign holds only if
**nowhere** the opposite is found and somewhere the effect is there; an expected 0 must be 0
everywhere. The rule is asked with its Hill gate only: the [molecular clutch](clutch.md), which can
take its place, is not tested here, and near its threshold it has less ligand wake. Numbers are the
smallest and the largest difference, of P(dormant) where nothing else is said.

**Holds by construction** means that a line of the cue table, the rule's own form (its gate, its
amplitude) or a wire of the network says that sign, or half of it. Such a test guards against
mistakes; it validates nothing. **Emergent** means that the sign follows from something else: from
the mechanics of the gel, or from how pathways meet. A test turns the direction of every cue round:
of the rule's signs the emergent ones are still there, the others gone but for those of its form.
"""


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _number(value: float) -> str:
    text = f"{value:+.2f}"
    return "0.00" if text in ("+0.00", "-0.00") else text.replace("-", "−")


def _sign(text: str) -> str:
    return text.replace("-", "−") if text in ("-", "+", "0") else text


def _told(outcome: Outcome) -> str:
    if outcome.sign in ("absent", "0"):
        return {"absent": "no such quantity", "0": "0"}[outcome.sign]
    return f"{_sign(outcome.sign)} ({_number(outcome.low)} to {_number(outcome.high)})"


def _how(result: Result) -> str:
    kinds = result.test.kinds
    told = {tier: kind for tier, kind in kinds.items() if kind != "absent"}
    if len(set(told.values())) == 1 and len(told) == len(kinds):
        return next(iter(told.values()))
    return ", ".join(f"{tier}: {kind}" for tier, kind in told.items())


def _counts(results: Sequence[Result]) -> str:
    lines = []
    for tier in TIER_COLUMNS:
        asked = [r for r in results if r.holds(tier) is not None]
        kept = [r for r in asked if r.holds(tier)]
        emergent = [r for r in asked if r.test.kinds[tier] == "emergent"]
        lines.append(
            f"- {tier}: {len(kept)} of {len(asked)} tests have the expected sign; of the "
            f"{len(emergent)} that are emergent, {sum(r in kept for r in emergent)}"
        )
    return "\n".join(lines)


def _disagreements(results: Sequence[Result]) -> str:
    rows = []
    for r in results:
        failing = [tier for tier in TIER_COLUMNS if r.holds(tier) is False]
        if failing:
            where = "; ".join(", ".join(r.outcomes[t].against) or "everywhere" for t in failing)
            told = [_told(r.outcomes[tier]) for tier in TIER_COLUMNS]
            why = r.test.disagreement
            rows.append((r.test.claim, r.test.test, _sign(r.test.expected), *told, where, why))
    if not rows:
        return "None: wherever both compute the quantity, both have the expected sign.\n"
    heads = ("Claim", "Test", "Expected", "Rule", "Network", "Where", "Why")
    return _table(heads, rows) + "\n"


def _side_by_side(curves: Mapping[str, Answer]) -> str:
    stiffness = [f"{E:.2g}" for E in curves["rule"].stiffness]
    rows = [(tier, *(f"{p:.2f}" for p in answer.p)) for tier, answer in curves.items()]
    return _table(("P at E (kPa) of", *stiffness), rows) + "\n"


def markdown(results: Sequence[Result], curves: Mapping[str, Answer]) -> str:
    """The whole page.

    Parameters
    ----------
    results
        From `evaluate`.
    curves
        From `without_cues`.

    Returns
    -------
    str
        Markdown, with a newline at its end.
    """
    claims = load_claims()
    grounds = load_backgrounds()
    head = _HEAD.format(
        points=len(STIFFNESS),
        low=STIFFNESS[0],
        high=STIFFNESS[-1],
        backgrounds=len(grounds),
        names=", ".join(grounds),
    )
    tests = [
        (
            r.test.claim,
            claims[r.test.claim].factor,
            r.test.test + (f" ({r.test.note})" if r.test.note else ""),
            {"P": "", "E": "E, kPa"}.get(r.test.quantity, r.test.quantity.removeprefix("node:")),
            _sign(r.test.expected),
            *(_told(r.outcomes[tier]) for tier in TIER_COLUMNS),
            _how(r),
        )
        for r in results
    ]
    heads = ("Claim", "Factor", "Test", "Of", "Expected", "Rule", "Network", "Holds by")
    said = [(c.claim, c.factor, c.says, c.sign, c.remark) for c in claims.values() if c.encoded]
    unsaid = [
        (c.claim, c.factor, c.says, c.sign, c.remark) for c in claims.values() if not c.encoded
    ]
    parts = (
        head,
        f"## In short\n\n{len(said)} of {len(claims)} claims are encoded, by {len(tests)} tests.\n",
        _counts(results) + "\n",
        "## Where a tier has not the expected sign\n",
        _disagreements(results),
        "## How far apart the tiers are without cues\n",
        _side_by_side(curves),
        "Only signs are compared above, not sizes: the network's numbers are defaults of such "
        "networks, not fitted to anything, least of all to the rule.\n",
        "## The claims that are encoded\n",
        _table(("Claim", "Factor", "What it says", "Sign on P(dormant)", "Remark"), said) + "\n",
        "## The tests\n",
        _table(heads, tests) + "\n",
        "## The claims that are not encoded, and why\n",
        _table(("Claim", "Factor", "What it says", "Sign", "Why not"), unsaid) + "\n",
    )
    return "\n".join(parts)
