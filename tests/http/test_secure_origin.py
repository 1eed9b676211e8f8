"""Effects of an https origin: HSTS in each answer, cookies that no other host can set, and a check from outside."""

import contextlib
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final, Self

import pytest
from pydantic import SecretStr, ValidationError

from mshield.server.main import create_app
from mshield.server.runtime.external.own_origin import check_public_origin
from mshield.server.settings.origin import PlainOrigin
from mshield.server.settings.settings import Settings
from tests.oidc.client import Client
from tests.support.application import prepared, running
from tests.support.clock import Clock
from tests.support.tls import make_certificate

_PRODUCTION: Final[dict[str, Any]] = {
    "mode": "production",
    "sms_gateway": "aliyun",
    "sms_key_id": "an id",
    "sms_key_secret": SecretStr("a secret"),
    "sms_sign_name": "手机盾",
    "sms_templates": {"code": "SMS_1"},
}
_YEAR: Final = "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize(
    "origin",
    ["", "shield.example", "ftp://shield.example", "https://", "https://a@shield.example", "https://shield.example/x",
     "https://shield.example?x", "https://shield.example:0", "https://shield.example:99999", "HTTPS://shield.example"],
)  # fmt: skip
def test_an_origin_is_scheme_host_and_port(origin: str) -> None:
    with pytest.raises(ValidationError):
        Settings.of(public_origin=origin)


def test_a_final_slash_is_dropped() -> None:
    assert (
        Settings.of(public_origin="https://shield.example:8443/").site.public_origin
        == "https://shield.example:8443"
    )


async def test_https_origin_sends_hsts_for_a_year(sqlite_url: str, tmp_path: Path, clock: Clock) -> None:
    async with running(
        sqlite_url, tmp_path, clock, **_PRODUCTION, public_origin="https://shield.example"
    ) as application:
        for path in ("/healthz", "/app/", "/api/phone/me", "/no/such/page", "/oidc/jwks", "/pki/root.cer"):
            answer = await application.http.get(path)
            assert answer.headers.get_list("strict-transport-security") == [_YEAR], path


async def test_production_has_guarded_cookies_on_this_machine_too(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> None:
    on_this_machine = {**_PRODUCTION, "public_origin": "http://localhost:8000", "loopback": True}
    async with running(sqlite_url, tmp_path, clock, **on_this_machine) as application:
        client = Client(application)
        await client.register()
        async with client.browser() as browser:
            answer = await client.authorize(browser)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-mshield")
        assert "; Secure" in cookie
        assert "strict-transport-security" not in answer.headers


async def test_production_refuses_an_origin_that_is_not_secure(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> None:
    settings, *_ = await prepared(sqlite_url, tmp_path, clock)
    for changed in ({}, {"loopback": True}, {"public_origin": "http://localhost:8000"}):
        app = create_app(settings.changed(**_PRODUCTION | changed), clock=clock)
        with pytest.raises(PlainOrigin):
            async with app.router.lifespan_context(app):
                pass


class _Server:
    """A server that answers each GET the same, over TLS with its own certificate or without."""

    def __init__(self, status: int, headers: dict[str, str], folder: Path | None) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": "0"}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._http = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._http.server_port
        if folder is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(make_certificate(folder))
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()


@contextlib.contextmanager
def _outside(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, hsts: str | None, plain: tuple[int, dict[str, str]]
) -> Iterator[tuple[str, int]]:
    headers = {} if hsts is None else {"Strict-Transport-Security": hsts}
    with _Server(200, headers, folder) as secure, _Server(*plain, None) as other:
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "tls.pem"))
        yield f"https://localhost:{secure.port}", other.port


_LEADS: Final = (308, {"Location": "https://localhost/"})


@pytest.mark.parametrize(
    ("hsts", "plain", "wrong"),
    [
        (_YEAR, _LEADS, set()),
        ('includeSubDomains; MAX-AGE="63072000"', (301, {"Location": "https://localhost/"}), set()),
        (None, _LEADS, {"outside HSTS"}),
        ("max-age=3600", _LEADS, {"outside HSTS"}),
        ("x-max-age=31536000", _LEADS, {"outside HSTS"}),
        (_YEAR, (200, {}), {"outside http"}),
        (_YEAR, (302, {"Location": "https://localhost/"}), {"outside http"}),
        (_YEAR, (308, {"Location": "http://localhost/app/"}), {"outside http"}),
    ],
)
async def test_doctor_checks_the_origin_from_outside(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hsts: str | None,
    plain: tuple[int, dict[str, str]],
    wrong: set[str],
) -> None:
    with _outside(tmp_path, monkeypatch, hsts=hsts, plain=plain) as (origin, port):
        found = await check_public_origin(origin, plain_port=port)
    assert found.keys() == {"outside https", "outside HSTS", "outside http"}
    assert {name for name, (good, _) in found.items() if not good} == wrong, found


async def test_doctor_refuses_an_untrusted_certificate(tmp_path: Path) -> None:
    with _Server(200, {}, tmp_path) as server:
        found = await check_public_origin(f"https://localhost:{server.port}")
    assert [(name, good) for name, (good, _) in found.items()] == [("outside https", False)]
    assert (await check_public_origin("http://localhost:8000"))["outside https"][0] is False
