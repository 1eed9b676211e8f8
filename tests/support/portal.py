"""A legal representative at the portal of the running application, and shields of any enterprise without phones."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import httpx
import pytest

from mshield.server.certificates.rows.certificates import CertificateRow
from mshield.server.context import Context
from mshield.testkit.demo.people import LEGAL_PERSON, Person
from tests.support.application import ORIGIN, Application
from tests.support.captchas import answered_captcha
from tests.support.conformance import Conforming
from tests.support.issuing import person as filed_person

API: Final = "/api/portal"
OWN: Final = LEGAL_PERSON.credit_code
FOREIGN: Final = "91370203MA3YK2D9RF"


@dataclass(slots=True)
class Browser:
    """A browser with its cookies, before or after a login."""

    application: Application
    http: httpx.AsyncClient
    csrf: str | None = None
    begun: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, application: Application) -> "Browser":
        """Creates a browser."""
        transport = Conforming(application.app)
        return cls(application, httpx.AsyncClient(transport=transport, base_url=ORIGIN))

    async def begin(
        self, person: Person = LEGAL_PERSON, *, changes: Mapping[str, object] | None = None
    ) -> httpx.Response:
        """Makes the first half of a login, with a valid captcha."""
        captcha = await answered_captcha(self.http, f"{API}/captchas")
        document = {"account": person.phone, "password": person.password, **captcha}
        return await self.http.post(f"{API}/logins", json=document | dict(changes or {}))

    async def finish(self, begun: dict[str, Any], code: str) -> httpx.Response:
        """Makes the second half."""
        document = {"login_id": begun["login_id"], "sms_code": code}
        return await self.http.post(f"{API}/sessions", json=document)

    async def log_in(self, person: Person = LEGAL_PERSON) -> dict[str, Any]:
        """Logs in and returns the session as the page sees it."""
        self.application.clock.advance(seconds=61)  # minimum time between two SMS codes
        begun = await self.begin(person)
        assert begun.status_code == 201, begun.text
        answer = await self.finish(begun.json(), await self.application.sms_code("portal"))
        assert answer.status_code == 201, answer.text
        session: dict[str, Any] = answer.json()
        self.csrf = session["csrf_token"]
        return session

    async def get(self, path: str, **params: str | int) -> httpx.Response:
        """Makes a GET call."""
        return await self.http.get(API + path, params=params)

    async def send(self, method: str, path: str, document: object = None) -> httpx.Response:
        """Makes a changing call with the session's CSRF token."""
        headers = {} if self.csrf is None else {"X-CSRF-Token": self.csrf}
        return await self.http.request(method, API + path, json=document, headers=headers)

    async def act(self, act: str, *numbers: str, enterprise: str = OWN) -> list[dict[str, Any]]:
        """Performs an act on shields and returns its outcomes."""
        document = {"act": act, "shield_numbers": numbers, "reason": "手机遗失"}
        answer = await self.send("POST", f"/enterprises/{enterprise}/acts", document)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def revocation_code(self) -> str:
        """Requests a code to revoke and returns it."""
        self.application.clock.advance(seconds=61)
        sent = await self.send("POST", "/revocation-codes")
        assert sent.status_code == 202, sent.text
        return await self.application.sms_code("revoke")

    async def vouching_code(self, person_id: str, *, enterprise: str = OWN) -> str:
        """Requests a code for one act about this operator and returns it."""
        self.application.clock.advance(seconds=61)
        sent = await self.send("POST", f"/enterprises/{enterprise}/people/{person_id}/vouching-codes")
        assert sent.status_code == 202, sent.text
        return await self.application.sms_code("vouch")

    async def confirm(self, application: dict[str, Any], *, enterprise: str = OWN) -> httpx.Response:
        """Confirms an operator's application, with a fresh code."""
        code = await self.vouching_code(application["person_id"], enterprise=enterprise)
        path = f"/enterprises/{enterprise}/applications/{application['id']}/decision"
        return await self.send("POST", path, {"decision": "confirm", "sms_code": code})

    async def revoke(self, *numbers: str, code: str | None = None, enterprise: str = OWN) -> httpx.Response:
        """Revokes shields, by default with a fresh code."""
        document = {
            "shield_numbers": numbers,
            "reason": "员工离职",
            "cause": "affiliation_changed",
            "sms_code": code or await self.revocation_code(),
        }
        return await self.send("POST", f"/enterprises/{enterprise}/revocations", document)

    async def shield(self, number: str, enterprise: str = OWN) -> dict[str, Any]:
        """Returns a shield with its history."""
        answer = await self.get(f"/enterprises/{enterprise}/shields/{number}")
        assert answer.status_code == 200, answer.text
        shield: dict[str, Any] = answer.json()
        return shield


async def certified(context: Context, number: str, *, credit_code: str = OWN) -> CertificateRow:
    """Issues a certificate to a new person and device under this shield number."""
    now = context.clock()
    new, _ = await filed_person(context.db, context.keyring, context.engine, now=now)
    issue = context.certificates.own.local.issue
    row = await issue.reserve(replace(new, shield_number=number, credit_code=credit_code), now=now)
    await issue.issue(row.serial, now=now)
    return row


def logged_in() -> object:
    """Returns a fixture `browser` for a module: the legal representative's, logged in."""

    @pytest.fixture(name="browser")
    async def browser(application: Application) -> AsyncIterator[Browser]:
        await application.registered(LEGAL_PERSON)
        browser = Browser.of(application)
        await browser.log_in()
        yield browser
        await browser.http.aclose()

    return browser
