"""Streams of a real server: it stops at once, in order, with open streams and long polls; closed ones leave nothing."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest

from mshield.client import BusinessClient
from tests.support.live_service import LiveService

pytestmark = pytest.mark.slow  # starts its own service

_OPEN = 20


@pytest.fixture
def service(sqlite_url: str, tmp_path: Path) -> Iterator[LiveService]:
    live = LiveService(tmp_path, sqlite_url)
    live.prepare()
    live.start()
    yield live
    live.stop()


class Follower(threading.Thread):
    """A thread that reads a stream to its end."""

    def __init__(self, http: httpx.Client, path: str) -> None:
        super().__init__(daemon=True)
        self.http, self.path = http, path
        self.began = threading.Event()
        self.text, self.cut = "", False

    def run(self) -> None:
        try:
            with self.http.stream("GET", self.path) as answer:
                for part in answer.iter_text():
                    self.text += part
                    self.began.set()
        except httpx.TransportError:
            self.cut = True


def _client(service: LiveService) -> httpx.Client:
    system = service.system
    return httpx.Client(
        base_url=service.origin,
        auth=(system["client_id"], system["client_secret"]),
        trust_env=False,
        timeout=30,
        limits=httpx.Limits(max_connections=None),
    )


def _paths(http: httpx.Client) -> list[str]:
    made = [http.post("/api/business/requests", json={"kind": "login"}).json()["id"] for _ in range(_OPEN)]
    return [f"/api/business/requests/{each}" for each in made]


def _connections(service: LiveService) -> int:
    assert service.process is not None
    found = psutil.Process(service.process.pid).net_connections("tcp")
    return sum(each.status == psutil.CONN_ESTABLISHED for each in found)


def test_server_stops_at_once_and_ends_waiting_calls_in_order(service: LiveService) -> None:
    with _client(service) as http:
        paths = _paths(http)
        followers = [Follower(http, f"{path}/events") for path in paths]
        for follower in followers:
            follower.start()
        for follower in followers:
            assert follower.began.wait(10)
        polled: list[int] = []
        poll = threading.Thread(
            target=lambda: polled.append(http.get(paths[0], params={"wait": "60"}).status_code)
        )
        connected = _connections(service)
        poll.start()
        while _connections(service) == connected:
            time.sleep(0.01)
        time.sleep(1)  # time for the service to read and hold the request
        service.stop()
        for thread in (*followers, poll):
            thread.join(5)
            assert not thread.is_alive()
        assert polled == [200]
        assert not [follower for follower in followers if follower.cut or "waiting" not in follower.text]
    log = service.log.read_text()
    assert "graceful shutdown exceeded" not in log  # waiting calls would have been cut off
    assert "Traceback" not in log


def test_closed_readers_leave_no_connection(service: LiveService) -> None:
    assert service.process is not None
    process = psutil.Process(service.process.pid)
    with _client(service) as http:
        paths = _paths(http)
    before = process.num_fds()
    for _ in range(3):
        with _client(service) as http, ExitStack() as streams:
            for path in paths:
                assert streams.enter_context(http.stream("GET", f"{path}/events")).status_code == 200
            assert process.num_fds() > before + _OPEN // 2
    deadline = time.monotonic() + 10
    while process.num_fds() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert process.num_fds() <= before


def test_the_sdk_follows_a_request_over_a_restart(service: LiveService) -> None:
    with service.business() as business:
        request_id = business.request_login().id
    told: list[str] = []
    began = threading.Event()

    def follow() -> None:
        system = service.system
        with BusinessClient(
            service.origin,
            client_id=system["client_id"],
            client_secret=system["client_secret"],
        ) as client:
            for status in client.events(request_id):
                told.append(status.state)
                began.set()

    following = threading.Thread(target=follow)
    following.start()
    assert began.wait(10)
    service.stop()
    service.start()
    with service.business() as business:
        business.cancel(request_id)
    following.join(20)
    assert told == ["waiting", "cancelled"]
