"""The example of a login page: only its own address starts a login, and each tab has its own."""

import http.client
import importlib.util
import re
import threading
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import pytest

from mshield.client import Pc, ProblemError
from mshield.client.business import Created

_EXAMPLE: Final = Path(__file__).parents[2] / "examples/login_page.py"
_SIGNER: Final = SimpleNamespace(
    name="林知远", organisation="宁波北潮进出口有限公司", credit_code="91330206MA2XB7C1TW"
)


class Shield:
    """The service as the page's SDK sees it; `signed` has what a phone has signed."""

    def __init__(self) -> None:
        self.asked = 0
        self.now = time.time()
        self.signed: set[str] = set()

    def request_login(self, *, pc: Pc) -> Created:
        assert pc.address == "127.0.0.1"
        self.asked += 1
        return Created(
            id=f"r{self.asked}",
            kind="login",
            state="waiting",
            number="07",
            age=0,
            expires_at=0,
            status_token="t",
            received_at=int(self.now * 1000),
        )

    def result(self, request_id: str) -> Any:
        if request_id not in self.signed:
            raise ProblemError("not_signed", 409, None, zh="还没有签名", en="Not signed")
        return SimpleNamespace(verify=lambda **_: (_SIGNER,))


class Tabs:
    """A browser whose tabs share cookies, each sent to its path only."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def open(self, path: str) -> tuple[int, str]:
        """Returns status and page."""
        sent = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        line.request("GET", path, headers={"Cookie": sent} if path.startswith("/done") and sent else {})
        answer = line.getresponse()
        if (set_ := answer.getheader("Set-Cookie")) is not None:
            name, _, value = set_.partition(";")[0].partition("=")
            self.cookies[name] = value
        page = answer.read().decode()
        line.close()
        return answer.status, page

    def login(self) -> str:
        """Opens the login page in a new tab; returns the id of its request."""
        status, page = self.open("/")
        shown = re.search(r'request="(\w+)"', page)
        assert status == 200
        assert shown is not None
        return shown[1]


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    (tmp_path / "root.cer").write_bytes(b"")
    for name, value in {
        "SHIELD": "https://shield.example.cn",
        "CLIENT_ID": "c",
        "CLIENT_SECRET": "s",
        "ROOT": str(tmp_path / "root.cer"),
    }.items():
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location("login_page", _EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    monkeypatch.setattr(page, "shield", Shield())
    monkeypatch.setattr(page.Site, "log_message", lambda *_: None)
    return page


@pytest.fixture
def tabs(example: ModuleType) -> Iterator[Tabs]:
    with ThreadingHTTPServer(("127.0.0.1", 0), example.Site) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield Tabs(server.server_address[1])
        server.shutdown()
        thread.join()


def test_a_browser_that_asks_for_an_icon_begins_no_other_login(example: ModuleType, tabs: Tabs) -> None:
    first = tabs.login()
    for path in ("/favicon.ico", "/login", "/done/x"):
        assert tabs.open(path)[0] == 404
    assert example.shield.asked == 1
    example.shield.signed.add(first)
    assert tabs.open(f"/done?request={first}")[0] == 200


def test_each_tab_ends_its_own_login_and_once(example: ModuleType, tabs: Tabs) -> None:
    first, second = tabs.login(), tabs.login()
    example.shield.signed |= {first, second}
    for request in (first, second):
        status, page = tabs.open(f"/done?request={request}")
        assert status == 200
        assert _SIGNER.name in page
        assert tabs.open(f"/done?request={request}")[0] == 403


def test_another_browser_gets_nothing(example: ModuleType, tabs: Tabs) -> None:
    request, stranger = tabs.login(), Tabs(tabs.port)
    example.shield.signed.add(request)
    stranger.cookies = {f"login-{request}": "guessed"}
    for path in ("/done", "/done?request=", f"/done?request={request}"):
        assert stranger.open(path)[0] == 403
    assert tabs.open(f"/done?request={request}")[0] == 200


def test_unsigned_login_is_refused(tabs: Tabs) -> None:
    status, page = tabs.open(f"/done?request={tabs.login()}")
    assert status == 403
    assert "还没有签名" in page


def test_logins_that_are_over_are_dropped_and_never_are_there_too_many(
    example: ModuleType, tabs: Tabs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(example, "time", SimpleNamespace(time=lambda: example.shield.now))
    monkeypatch.setattr(example, "MOST", 3)
    left = tabs.login()
    example.shield.now += example.KEPT_SECONDS + 1
    others = [tabs.login() for _ in range(4)]
    assert [request for request, _ in example.begun] == others[1:]
    example.shield.signed |= {left, *others}
    assert tabs.open(f"/done?request={left}")[0] == 403
    assert tabs.open(f"/done?request={others[-1]}")[0] == 200
