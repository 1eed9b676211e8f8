"""Three hundred slow peers at a running service: others don't notice, and all are disconnected."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.forked import Forked
from tests.support.live_service import LiveService

pytestmark = pytest.mark.slow

_EACH = 100
_HEAD = b"POST /api/portal/logins HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_STALLED = _HEAD % 16_000 + b" " * 15_000
_HUGE = 11_900_000
_ALL_GONE = 30.0
_MIB = 1024 * 1024


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LiveService]:
    live = LiveService(tmp_path, f"sqlite:///{tmp_path / 'mshield.db'}")
    live.prepare()
    live.start()
    try:
        yield live
    finally:
        live.stop()


def _peer(service: LiveService, sent: bytes) -> socket.socket:
    peer = socket.create_connection(("127.0.0.1", service.port), timeout=10)
    with suppress(OSError):  # if it is refused while we send
        peer.sendall(sent)
    peer.settimeout(0)
    return peer


def _is_open(peer: socket.socket) -> bool:
    """Reports whether the other side still has the connection, after reading what came."""
    try:
        while peer.recv(65_536):
            pass
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _memory(service: LiveService) -> int:
    assert isinstance(service.process, Forked)
    return psutil.Process(service.process.pid).memory_info().rss


def _trickle(peers: list[socket.socket], octet: bytes) -> None:
    for peer in peers:
        try:
            peer.send(octet)
        except OSError:
            continue


def _slowest_answer(service: LiveService, http: httpx.Client) -> float:
    start = time.monotonic()
    http.get(f"{service.origin}/healthz").raise_for_status()
    return time.monotonic() - start


def test_three_hundred_slow_peers_disturb_no_one_and_are_disconnected(service: LiveService) -> None:
    """Some send nothing, some send headers slowly, some a body."""
    before = _memory(service)
    with ExitStack() as open_peers, httpx.Client(trust_env=False) as http:
        silent, heads, bodies = (
            [open_peers.enter_context(_peer(service, sent)) for _ in range(_EACH)]
            for sent in (b"", b"GET / HTTP/1.1\r\n", _STALLED)
        )
        start, slowest, most = time.monotonic(), 0.0, before
        peers = [*silent, *heads, *bodies]
        while peers and time.monotonic() - start < _ALL_GONE:
            _trickle(heads, b"a: b\r\n")
            _trickle(bodies, b" ")
            slowest = max(slowest, _slowest_answer(service, http))
            most = max(most, _memory(service))
            time.sleep(0.5)
            peers = [peer for peer in peers if _is_open(peer)]
        assert not peers
        assert slowest < 1.0
        assert most - before < 32 * _MIB
    assert "Traceback" not in service.log.read_text()


def test_uploads_that_stall_hold_no_memory(service: LiveService) -> None:
    """Forty bodies of twelve megabytes by strangers: none is read, and an aborted one leaves no traceback."""
    before = _memory(service)
    sent = _HEAD % _HUGE + b" " * (4 * _MIB)
    with ExitStack() as open_peers:
        for _ in range(40):
            open_peers.enter_context(_peer(service, sent))
        time.sleep(1)
        assert _memory(service) - before < 32 * _MIB
    for _ in range(10):
        _peer(service, _STALLED).close()
    httpx.get(f"{service.origin}/healthz", trust_env=False).raise_for_status()
    assert "Traceback" not in service.log.read_text()
