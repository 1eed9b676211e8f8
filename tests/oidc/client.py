"""A business system as an OpenID Connect client, and a person's browser, with the application in this process.

It takes the same steps as a real client, one by one and in the test's time, so that each can go wrong on
purpose.
"""

import base64
import hashlib
import html
import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet

from mshield.server.oidc.clients import set_client
from mshield.server.systems.register import register_system
from mshield.wire.qr import qr_text
from tests.support.application import ORIGIN, Application
from tests.support.conformance import Conforming
from tests.support.shield_over_http import Shield

REDIRECT: Final = "https://singlewindow.example/callback"
LOGOUT: Final = "https://singlewindow.example/"
VERIFIER: Final = "v" * 43
_BROWSER: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


def challenge(verifier: str = VERIFIER) -> str:
    """Returns PKCE's S256 challenge."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Page:
    """The data in the login page."""

    request_id: str
    token: str
    done: str
    again: str
    cancel: str

    @classmethod
    def of(cls, answer: httpx.Response) -> "Page":
        """Parses the page in an answer."""
        assert answer.status_code == 200, answer.text
        text = html.unescape(answer.text)
        return cls(
            *(
                _found(pattern, text)
                for pattern in (
                    r'<mshield-login request="([^"]+)"',
                    r' token="([^"]+)"',
                    r'data-resume="([^"]+)"',
                    r'slot="again" href="([^"]+)"',
                    r'href="([^"]+/cancel[^"]+)"',
                )
            )
        )


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, text
    return match[1]


@dataclass(slots=True)
class Client:
    """The client with its secret."""

    application: Application
    sent: dict[str, str] = field(default_factory=dict)

    async def other(self) -> tuple[str, str]:
        """Returns id and secret of another business system with the same addresses."""
        application = self.application
        other, secret = await register_system(
            application.context.db, name="掌上海关", domain="palm.example", now=application.clock()
        )
        await self.register(client_id=other)
        return other, secret

    async def register(self, **changed: object) -> None:
        """Registers the business system as a client."""
        arguments: dict[str, object] = {
            "client_id": self.application.client_id,
            "redirect_uris": (REDIRECT,),
            "logout_uris": (LOGOUT,),
            "auth_method": "client_secret_basic",
            "jwks": None,
            "par_required": False,
            "now": self.application.clock(),
        }
        await set_client(self.application.context.db, **(arguments | changed))  # type: ignore[arg-type]  # fields by name

    def browser(self) -> httpx.AsyncClient:
        """Returns a person's fresh browser."""
        transport = Conforming(self.application.app, client=("203.0.113.24", 1))
        return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"User-Agent": _BROWSER})

    def parameters(self, **changed: str | None) -> dict[str, str]:
        """Returns the parameters of a valid request; None omits a parameter."""
        given: dict[str, str | None] = {
            "client_id": self.application.client_id,
            "response_type": "code",
            "redirect_uri": REDIRECT,
            "scope": "openid profile mshield",
            "state": "a state",
            "nonce": "a nonce",
            "code_challenge": challenge(),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (given | changed).items() if value is not None}

    async def authorize(self, browser: httpx.AsyncClient, **changed: str | None) -> httpx.Response:
        """Returns the browser's answer to a request."""
        return await browser.get("/oidc/authorize?" + urlencode(self.parameters(**changed)))

    async def push(self, **changed: str | None) -> httpx.Response:
        """Returns the client's answer to a pushed request."""
        application = self.application
        auth = (application.client_id, application.client_secret)
        return await application.http.post("/oidc/par", data=self.parameters(**changed), auth=auth)

    def pushed(self, answer: httpx.Response) -> str:
        """Returns the address at which a browser starts the pushed request."""
        return "/oidc/authorize?" + urlencode(
            {"client_id": self.application.client_id, "request_uri": answer.json()["request_uri"]}
        )

    async def token(self, code: str, /, **changed: str | None) -> httpx.Response:
        """Exchanges a code for tokens."""
        given: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
        }
        data = {name: value for name, value in (given | changed).items() if value is not None}
        return await self.application.http.post(
            "/oidc/token", data=data, auth=(self.application.client_id, self.application.client_secret)
        )

    async def user_info(self, token: str) -> httpx.Response:
        """Returns the answer of userinfo."""
        return await self.application.http.get("/oidc/userinfo", headers={"Authorization": f"Bearer {token}"})

    async def claims(self, id_token: str) -> dict[str, Any]:
        """Returns an ID token's claims after verifying its signature with the published keys."""
        keys = (await self.application.http.get("/oidc/jwks")).json()
        return jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=["ES256"]).claims


async def sign(shield: Shield, page: Page) -> None:
    """Scans the page's code and enters the right PIN."""
    await shield.sign((await scan(shield, page))["tasks"])


async def scan(shield: Shield, page: Page) -> dict[str, Any]:
    """Scans the page's code."""
    application = shield.application
    secret = application.context.requests.ask.secrets.qr_secret(page.request_id)
    code = qr_text(ORIGIN, page.request_id, secret, 0)
    answer = await shield.device.call("POST", "/api/phone/scans", {"code": code})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def decline(shield: Shield, page: Page, reason: str) -> None:
    """Scans the page's code and declines."""
    await scan(shield, page)
    path = f"/api/phone/requests/{page.request_id}/decline"
    answer = await shield.device.call("POST", path, {"reason": reason})
    assert answer.status_code == 204, answer.text


def sent(answer: httpx.Response) -> dict[str, str]:
    """Returns the parameters that the browser carries to the business system."""
    assert answer.status_code == 303, answer.text
    location = answer.headers["location"]
    assert location.partition("?")[0] == REDIRECT, location
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
