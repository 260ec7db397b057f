"""Drawing results in VTK: the one library of pictures, comparison, viewer, notebook and report.

:mod:`~postprocess.scene.data` holds what is drawn, :mod:`~postprocess.scene.quantities` how each
quantity is coloured, :mod:`~postprocess.scene.layers` and :mod:`~postprocess.scene.glyphs` draw one
thing each onto a PyVista plotter, :mod:`~postprocess.scene.picture` makes a finished picture.
"""
