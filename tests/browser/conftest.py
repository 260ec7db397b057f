"""A real browser, driven by Playwright: Chromium where there is one, else these tests are skipped.

Whatever a page says on its console and asks for is written down, and checked when the test ends.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "::1"}


@dataclass
class Heard:
    """What a page said and asked for."""

    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def strangers(self) -> list[str]:
        """Requests that left this machine."""
        return [
            address
            for address in self.requests
            if urlsplit(address).scheme not in ("file", "data", "blob", "about")
            and urlsplit(address).hostname not in LOOPBACK
        ]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api")
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium here")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def page(browser: Browser, heard: Heard) -> Iterator[Page]:
    """An empty page; when the test ends it must have had no error and asked for nothing outside."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(15_000)

    def console(message: Any) -> None:
        if message.type == "error":
            heard.errors.append(message.text)

    opened.on("console", console)
    opened.on("pageerror", lambda error: heard.errors.append(str(error)))
    opened.on("request", lambda request: heard.requests.append(request.url))
    yield opened
    context.close()
    assert heard.errors == []
    assert heard.strangers() == []
