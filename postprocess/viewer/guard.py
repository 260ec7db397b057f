"""Who may look: a secret in the address, this machine only, pages of this server only.

A page on the web that is open in the same browser can send requests to this machine too. It does
not know the secret, its name does not stand in ``Host`` (a name that was made to lead here), and
where it opens a connection its own address stands in ``Origin``: any of the three turns it away.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from aiohttp import web

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LOOPBACK = "127.0.0.1"
NAMES = frozenset({LOOPBACK, "localhost", "::1"})
"""Names by which a browser may call this machine, whatever the port: a tunnel may change it."""

SECRET = "secret"
"""Name of the secret in the address: the page hands it on, and takes it out of the address."""

_PAGE = "/index.html"
_SOCKET = {"sessionURL": "ws://USE_HOST/ws"}  # else the page asks around for one
_TURNED_AWAY = "Open the address that dormatrix printed: it ends in a secret.\n"


@dataclass(frozen=True)
class Guard:
    """Lets in who knows the secret.

    Parameters
    ----------
    secret
        Of the address; made anew for every viewer.
    """

    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def address(self, port: int) -> str:
        """What to open, on this machine or through a tunnel to the same port."""
        return f"http://{LOOPBACK}:{port}/?{SECRET}={self.secret}"

    def knows(self, told: str | None) -> bool:
        """Whether this is the secret, compared in constant time."""
        return hmac.compare_digest((told or "").encode(), self.secret.encode())

    def cookie(self, request: web.Request) -> str:
        """Name of the cookie: browsers share those of one host among all its ports."""
        port = request.transport.get_extra_info("sockname")[1] if request.transport else 0
        return f"dormatrix-{port}"

    def middleware(self) -> Any:
        """Of the web server: every request, those that open a socket too, passes through it."""
        from aiohttp import web

        @web.middleware
        async def admit(request: web.Request, handler: Handler) -> web.StreamResponse:
            response = await self._answer(request, handler)
            if not response.prepared:
                response.headers.update(_headers(request))
            return response

        return admit

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        from aiohttp import web

        if not same_place(request.headers.get("Host", ""), request.headers.get("Origin")):
            return web.Response(status=403, text=_TURNED_AWAY)
        asked = request.query.get(SECRET)
        known = self.knows(asked)
        if not known and not self.knows(request.cookies.get(self.cookie(request))):
            return web.Response(status=403, text=_TURNED_AWAY)
        if request.path in ("/", _PAGE):
            # The page itself must be told the secret, and nothing else: what else stands in an
            # address could send it elsewhere.
            wanted = {SECRET: self.secret, **_SOCKET}
            if request.path == "/" or sorted(request.query.items()) != sorted(wanted.items()):
                answer = web.Response(
                    status=302, headers={"Location": f"{_PAGE[1:]}?{urlencode(wanted)}"}
                )
                self._remember(request, answer)
                return answer
        try:
            response = await handler(request)
        except web.HTTPException as refused:
            return web.Response(status=refused.status, text=refused.reason)
        if known and not response.prepared:
            self._remember(request, response)
        return response

    def _remember(self, request: web.Request, response: web.StreamResponse) -> None:
        response.set_cookie(
            self.cookie(request), self.secret, httponly=True, samesite="Strict", path="/"
        )


_HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,80}")  # a name or number with a port, and nothing else


def same_place(host: str, origin: str | None) -> bool:
    """Whether a request names this machine, and comes from a page of the same address if any.

    Parameters
    ----------
    host, origin
        The headers of a request; browsers send the second where a page opens a connection.
    """
    try:
        called = urlsplit(f"http://{host}")
        plain = _HOST.fullmatch(host) is not None
        if not plain or called.hostname not in NAMES or called.port == 0:
            return False
        if origin is None:
            return True
        page = urlsplit(origin)
        return page.scheme == "http" and page.netloc.lower() == called.netloc.lower()
    except ValueError:
        return False


def _headers(request: web.Request) -> dict[str, str]:
    """Nothing may be loaded from, sent to or framed by anywhere else; nothing is kept."""
    host = request.headers.get("Host", "")
    place = host if same_place(host, None) else ""
    return {
        # The page compiles its template: that counts as eval. No script comes from elsewhere.
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
            "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
            f"connect-src 'self' ws://{place}; worker-src 'self' blob:; "
            "base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
