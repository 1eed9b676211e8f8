"""A person with a working shield and a second account, for tests of consents by an own shield."""

from dataclasses import dataclass, replace
from typing import Any, Final

import httpx

from mshield.testkit.demo.people import OPERATOR, OPERATOR_TO_CONFIRM, Person
from mshield.wire.qr import qr_text
from tests.support.application import Application, Device
from tests.support.identity import prove_in
from tests.support.portal import OWN
from tests.support.shield_over_http import Shield
from tests.support.signing import fetch

SECOND: Final = replace(OPERATOR, phone="13612344321", password="Second-2026-xy")
THIRD: Final = replace(SECOND, phone="13612344322")
COLLEAGUE: Final = replace(
    OPERATOR_TO_CONFIRM, name="沈若澜", id_number="33020319930727264X", id_type="resident_id"
)
"""Another person on file in the same enterprise."""

RECORD: Final = {"user_type": "operator", "credit_code": OWN}


@dataclass(slots=True)
class Both:
    """The shield on the old phone, and the new phone logged in to the second account."""

    application: Application
    shield: Shield
    new: Device

    async def ask(self, **record: str) -> httpx.Response:
        """Requests a consent from the new phone."""
        return await self.new.call("POST", "/api/phone/identity/consents", RECORD | record)

    async def asked(self) -> dict[str, Any]:
        """Requests a consent and returns the content of the new phone's page."""
        answer = await self.ask()
        assert answer.status_code == 201, answer.text
        document: dict[str, Any] = answer.json()
        return document

    async def scan(self, made: dict[str, Any], shield: Shield | None = None) -> httpx.Response:
        """Scans the new phone's code with a phone, by default the old one."""
        phone = (shield or self.shield).device
        return await phone.call("POST", "/api/phone/scans", {"code": code_of(self.application, made)})

    async def scanned(self) -> list[dict[str, Any]]:
        """Scans a new request with the old phone and returns its documents."""
        answer = await self.scan(await self.asked())
        assert answer.status_code == 200, answer.text
        tasks: list[dict[str, Any]] = answer.json()["tasks"]
        return tasks

    async def proofs(self) -> list[dict[str, Any]]:
        """Returns the proofs of the second account."""
        answer = await self.new.call("GET", "/api/phone/identity")
        proofs: list[dict[str, Any]] = answer.json()["proofs"]
        return proofs


def code_of(application: Application, made: dict[str, Any]) -> str:
    """Returns the text of the QR code that a page shows now."""
    context = application.context
    secret = context.requests.secrets.qr_secret(made["request_id"])
    return qr_text(context.settings.site.public_origin, made["request_id"], secret, 0)


async def with_shield(application: Application, person: Person = OPERATOR) -> Shield:
    """Creates a proven account of a filed person, and its shield."""
    await application.registered(person)
    device = await application.logged_in(person)
    await prove_in(application, device, person)
    shield = Shield(application, device)
    await shield.enrol(
        name=person.name, id_number=person.id_number, user_type=person.role, credit_code=person.credit_code
    )
    return shield


async def both(application: Application) -> Both:
    """Creates both phones."""
    shield = await with_shield(application)
    await application.registered(SECOND)
    return Both(application, shield, await application.logged_in(SECOND))


async def count(application: Application, sql: str) -> object:
    """Returns the single value of a query's row."""
    row = await fetch(application.context.db, sql)
    return next(iter(row.values()))


async def refused_at_the_pin(case: Both, tasks: list[dict[str, Any]], code: str) -> None:
    """Asserts that `open` refuses with `code` and nothing is proven."""
    _, opened = await case.shield.open(tasks)
    assert opened.json()["code"] == code, opened.text
    assert await case.proofs() == []
