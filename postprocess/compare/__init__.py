"""Two or more results beside each other: what differs, by how much, and what the bands say of it.

The first result is the one the others are compared with. :mod:`~postprocess.compare.headline` holds
the numbers, :mod:`~postprocess.compare.difference` what the case files differ in,
:mod:`~postprocess.compare.lattice` the common grid, :mod:`~postprocess.compare.page` the page.
Nothing here solves anything: what the rule says when it is asked again comes from outside, as
:class:`~postprocess.compare.pairs.Paired`.
"""
