"""The promises of docs/operations.md for the proxy examples: nginx, HAProxy and Caddy run with the shipped files."""

import json
import socket
import ssl
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import httpx
import pytest

from mshield.server.http import body
from tests.runtime.proxies import EXAMPLES, Proxy, started
from tests.support.live_service import LiveService
from tests.support.ports import keep_port
from tests.support.tls import make_certificate

pytestmark = pytest.mark.slow

_PEERS: Final = 100
"""Peers of each kind per proxy, three hundred in total."""
_CAPTCHAS: Final = 3
"""Captchas per minute and address; here all callers have this machine's address, at three proxies."""
_ALL_GONE: Final = 30.0
_SLOW: Final = ("silent", "a head", "a body")


class _Fronts:
    """A service and its proxies."""

    def __init__(self, service: LiveService, folder: Path, proxies: dict[str, Proxy]) -> None:
        self.service, self.proxies = service, proxies
        self._certificate = folder / "tls.pem"

    def http(self, name: str) -> httpx.Client:
        """Returns a client of this proxy, like a business system's."""
        system = self.service.system
        return httpx.Client(
            base_url=f"https://localhost:{self.proxies[name].port}",
            auth=(system["client_id"], system["client_secret"]),
            verify=ssl.create_default_context(cafile=self._certificate),
            trust_env=False,
            timeout=20,
        )

    def peer(self, name: str, sent: bytes, protocols: tuple[str, ...] = ()) -> ssl.SSLSocket:
        """Returns a connection on which this was sent."""
        trust = ssl.create_default_context(cafile=self._certificate)
        if protocols:
            trust.set_alpn_protocols(list(protocols))
        plain = socket.create_connection(("127.0.0.1", self.proxies[name].port), timeout=10)
        peer = trust.wrap_socket(plain, server_hostname="localhost")
        peer.sendall(sent)
        return peer


@pytest.fixture(scope="module")
def fronts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Fronts]:
    folder = tmp_path_factory.mktemp("proxies")
    make_certificate(folder)
    live = LiveService(
        folder,
        f"sqlite:///{folder / 'mshield.db'}",
        settings={"MSHIELD_CAPTCHAS_PER_ADDRESS": str(_CAPTCHAS)},
        options=("--trust-proxy", "127.0.0.1"),
    )
    live.prepare()
    live.start()
    with ExitStack() as kept:
        kept.callback(live.stop)
        proxies = {}
        for name in EXAMPLES:
            room = folder / name
            room.mkdir()
            for file in ("tls.pem", "key.pem", "tls-and-key.pem"):
                (room / file).write_bytes((folder / file).read_bytes())
            port, plain = keep_port(kept, 0), keep_port(kept, 0)
            proxies[name] = started(name, room, service=live.port, port=port, plain=plain)
            kept.callback(proxies[name].process.wait, 20)
            kept.callback(proxies[name].process.terminate)
        made = _Fronts(live, folder, proxies)
        for name in EXAMPLES:
            _await(made, name)
        yield made


def _await(fronts: _Fronts, name: str) -> None:
    deadline = time.monotonic() + 30
    with fronts.http(name) as http:
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if http.get("/healthz").is_success:
                    return
            time.sleep(0.1)
    raise AssertionError(f"{name} did not start")


@pytest.mark.parametrize("name", EXAMPLES)
def test_plain_http_leads_to_https(fronts: _Fronts, name: str) -> None:
    answer = httpx.get(f"http://localhost:{fronts.proxies[name].plain}/app/", trust_env=False)
    assert answer.status_code == 308
    assert answer.headers["location"].startswith("https://localhost")


@pytest.mark.parametrize("name", EXAMPLES)
def test_browsers_are_offered_http_2(fronts: _Fronts, name: str) -> None:
    with fronts.peer(name, b"", ("h2", "http/1.1")) as peer:
        assert peer.selected_alpn_protocol() == "h2"


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_largest_body_that_the_service_takes_comes_through_and_no_larger(
    fronts: _Fronts, name: str
) -> None:
    most = body.limit_of("createRequest", anonymous=False).most
    with fronts.http(name) as http:
        answer = http.post("/api/business/requests", content=b" " * most)
        assert answer.status_code == 400, answer.text  # read whole: it is no JSON
        with suppress(httpx.WriteError):  # if it closes while we send
            answer = http.post("/api/business/requests", content=b" " * (most + 2_000_000))
            assert answer.status_code == 413


@pytest.mark.parametrize("name", EXAMPLES)
def test_waiting_page_is_notified_at_once(fronts: _Fronts, name: str) -> None:
    with fronts.http(name) as http:
        path = (
            "/api/business/requests/"
            + http.post("/api/business/requests", json={"kind": "login"}).json()["id"]
        )
        with http.stream("GET", f"{path}/events") as stream:
            lines = (line for line in stream.iter_lines() if line.startswith("data:"))
            assert json.loads(next(lines).removeprefix("data:"))["state"] == "waiting"
            start = time.monotonic()
            http.post(f"{path}/cancel").raise_for_status()
            assert json.loads(next(lines).removeprefix("data:"))["state"] == "cancelled"
            assert time.monotonic() - start < 2


@pytest.mark.parametrize("name", EXAMPLES)
def test_caller_cannot_choose_their_address(fronts: _Fronts, name: str) -> None:
    with fronts.http(name) as http:
        asked = [
            http.post("/api/console/captchas", headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code
            for n in range(_CAPTCHAS + 1)
        ]
    assert asked[-1] == 429


@pytest.mark.parametrize("name", EXAMPLES)
def test_trailer_cannot_choose_the_callers_address(fronts: _Fronts, name: str) -> None:
    answered = []
    for n in range(_CAPTCHAS + 1):
        sent = (
            b"POST /api/console/captchas HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
            b"Connection: close\r\n\r\n0\r\nX-Forwarded-For: 198.51.100.%d\r\n\r\n" % n
        )
        with fronts.peer(name, sent) as peer:
            answered.append(peer.recv(65_536).split(b" ", 2)[1])
    assert answered[-1] == b"429"


def test_three_hundred_slow_peers_are_disconnected(fronts: _Fronts) -> None:
    """At each proxy, some send nothing more, some send headers slowly, some a body."""
    head = b"POST /api/portal/logins HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16000\r\n\r\n "
    sent = (b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n", head)
    with ExitStack() as kept:
        peers = [
            (f"{name}: {_SLOW[n % 3]}", n % 3, kept.enter_context(fronts.peer(name, sent[n % 3])))
            for name in EXAMPLES
            for n in range(_PEERS)
        ]
        for _, _, peer in peers:
            peer.settimeout(0)
        deadline = time.monotonic() + _ALL_GONE
        while (peers := [one for one in peers if _is_open(one[2])]) and time.monotonic() < deadline:
            for _, kind, peer in peers:
                with suppress(OSError):
                    peer.send((b"", b"a: b\r\n", b" ")[kind])
            with fronts.http("nginx") as http:
                http.get("/healthz").raise_for_status()
            time.sleep(0.5)
        assert not Counter(which for which, _, _ in peers)


def _is_open(peer: ssl.SSLSocket) -> bool:
    """Reports whether the connection still waits; not after a 408, since HAProxy then discards what it reads."""
    try:
        while (answer := peer.recv(65_536)) and b" 408 " not in answer:
            pass
    except (ssl.SSLWantReadError, BlockingIOError):
        return True
    except OSError:
        pass
    return False
