"""A result in the browser: served to this machine only, drawn by this machine; it never solves."""

from postprocess.viewer.server import serve

__all__ = ["serve"]
