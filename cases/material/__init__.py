"""What ``dormatrix material`` does: the curves of an ink with their band, and fits to a rheometer.

:mod:`cases.material.describe` computes, :mod:`cases.material.fit` fits, :mod:`cases.material.text`
says it in a terminal; drawing and pages are :mod:`postprocess.material_plots` and
:mod:`postprocess.material_page`.
"""
