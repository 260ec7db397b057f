"""The scene of the report: skin and sites in a page, turned by hand, without a server.

:mod:`~postprocess.report_scene.skin` thins the surface of the scaffold,
:mod:`~postprocess.report_scene.pack` writes scene and colours as text for a page,
``gl.js`` draws them with WebGL and ``scene.js`` lets the reader choose, turn, cut and pick.
"""
