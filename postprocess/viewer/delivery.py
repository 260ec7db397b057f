"""Pictures come as soon as they are packed, and the last one always comes.

A picture is packed beside everything else; until it is, the one before stands for it. The library
asks again once, after half a second, and where that was too early not any more: the page would
stay one picture behind.
"""

from __future__ import annotations

from typing import Any

PACKED_S = 0.02
"""Seconds between two looks whether a picture is packed."""

_MOST = 250  # looks

_WAITS, _AGAIN = "delta_stale_time_before_render", "render_stale_image"


def deliver_soon(server: Any) -> None:
    """Let the pictures of a server come soon and surely.

    Parameters
    ----------
    server
        Of trame, ready.
    """
    for protocol in server.protocol.getLinkProtocols():
        if hasattr(protocol, _AGAIN):
            setattr(protocol, _WAITS, PACKED_S)
            setattr(protocol, _AGAIN, _Again(protocol))


class _Again:
    """Look again whether a picture is packed; where it is not, the protocol comes back here."""

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol

    def __call__(self, view: str, looks: int = 0) -> None:
        waiting = self._protocol.stale_handler_count
        if waiting.get(view, 0) > 0:
            waiting[view] -= 1
            if looks < _MOST:
                self._protocol.push_render(view, False, looks + 1)
