"""What the assays of a laboratory would show of a result: pictures and one page.

Nothing here solves: an :class:`~postprocess.assays.view.AssayView` holds all that is shown.
"""
