"""Who may look: the secret, this machine, this page; all else is turned away."""

from __future__ import annotations

import asyncio
import http.client
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from postprocess.viewer.guard import Guard, same_place
from tests.browser.made_run import made_run
from tests.browser.test_viewer_page import start, stop


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process, found = start(str(made_run(tmp_path_factory.mktemp("run"), count=12)))
    yield found
    stop(process)


def ask(
    address: str, path: str, headers: dict[str, str] | None = None, method: str = "GET"
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(address).port, timeout=10)
    connection.request(method, path, headers=headers or {})
    return connection.getresponse()


def secret_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["secret"][0]


def entry(address: str) -> tuple[str, str]:
    """Path of the page, and the cookie that comes with it."""
    first = ask(address, f"/?secret={secret_of(address)}")
    assert first.status == 302
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    return "/" + first.headers["Location"], cookie.split(";")[0]


PATHS = ("/", "/index.html", "/ws", "/vue.global.js", "/__dormatrix/viewer.css", "/no-such-file")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("told", ["", "?secret=", "?secret=wslink-secret", "?secret=x&secret=y"])
def test_without_the_secret_there_is_nothing(address: str, path: str, told: str) -> None:
    answer = ask(address, path + told)
    assert answer.status == 403
    assert b"secret" in answer.read()
    assert "Set-Cookie" not in answer.headers


def test_with_it_there_is_the_page_and_its_files(address: str) -> None:
    page, cookie = entry(address)
    answer = ask(address, page)
    assert answer.status == 200
    text = answer.read().decode()
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert ask(address, "/vue.global.js", {"Cookie": cookie}).status == 200
    assert ask(address, "/no-such-file", {"Cookie": cookie}).status == 404


def test_other_words_in_the_address_are_dropped(address: str) -> None:
    page, cookie = entry(address)
    answer = ask(address, page + "&sessionURL=ws://example.org/", {"Cookie": cookie})
    assert answer.status == 302
    assert "example" not in answer.headers["Location"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "example.org"},
        {"Host": "example.org:80"},
        {"Host": "127.0.0.1.example.org"},
        {"Host": "user@127.0.0.1"},
        {"Host": ""},
        {"Origin": "http://example.org"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_other_places_are_turned_away_though_they_know_it(
    address: str, headers: dict[str, str]
) -> None:
    page, cookie = entry(address)
    for path in (page, "/ws"):
        answer = ask(address, path, {**headers, "Cookie": cookie})
        assert answer.status == 403, (path, answer.status)


def test_a_tunnel_from_another_port_is_let_in(address: str) -> None:
    page, cookie = entry(address)
    there = {"Host": "localhost:9999", "Origin": "http://localhost:9999", "Cookie": cookie}
    assert ask(address, page, there).status == 200


@pytest.mark.parametrize("secret", ["wslink-secret", "", "x" * 43])
def test_the_socket_wants_the_secret_as_well(address: str, secret: str) -> None:
    import aiohttp

    _, cookie = entry(address)

    async def talk() -> str:
        port = urlsplit(address).port
        async with (
            aiohttp.ClientSession(headers={"Cookie": cookie}) as session,
            session.ws_connect(f"ws://127.0.0.1:{port}/ws") as ws,
        ):
            import msgpack

            hello = {
                "wslink": "1.0",
                "id": "system:c0:0",
                "method": "wslink.hello",
                "args": [{"secret": secret}],
                "kwargs": {},
            }
            packed = msgpack.packb(hello)
            head = (0).to_bytes(4, "little") + (0).to_bytes(4, "little")
            await ws.send_bytes(head + len(packed).to_bytes(4, "little") + packed)
            answer = await ws.receive(timeout=10)
            return str(answer.data)

    with ThreadPoolExecutor(1) as apart:  # a browser of other tests may hold the loop of this one
        assert "clientID" not in apart.submit(lambda: asyncio.run(talk())).result()


def test_only_this_machine_is_listened_to(address: str) -> None:
    port = urlsplit(address).port
    listening = Path("/proc/net/tcp")
    if not listening.exists():
        pytest.skip("no /proc")
    rows = [line.split() for line in listening.read_text().splitlines()[1:]]
    local = [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")]
    assert local == [f"0100007F:{port:04X}"]


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    import subprocess
    import sys

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        folder = made_run(tmp_path, count=12)
        words = ["view", str(folder), "--no-browser", "--port", str(port)]
        done = subprocess.run(
            [sys.executable, "-m", "cases", *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 3
    assert f"port {port} cannot be used" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_every_viewer_has_its_own_secret() -> None:
    one, other = Guard(), Guard()
    assert one.secret != other.secret
    assert len(one.secret) >= 40
    assert one.knows(one.secret)
    assert not one.knows(other.secret)
    assert not one.knows(None)
    assert not one.knows("é" * 43)


@pytest.mark.parametrize(
    ("host", "origin", "same"),
    [
        ("127.0.0.1:80", None, True),
        ("localhost", "http://localhost", True),
        ("LOCALHOST:5", "http://localhost:5", True),
        ("[::1]:5", "http://[::1]:5", True),
        ("localhost:5", "http://127.0.0.1:5", False),
        ("localhost:5", "http://localhost:6", False),
        ("localhost/x", None, False),
        ("evil.example", None, False),
        ("[", None, False),
        ("127.0.0.1; script-src *", None, False),
    ],
)
def test_places(host: str, origin: str | None, same: bool) -> None:
    assert same_place(host, origin) is same
