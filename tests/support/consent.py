"""A person with a working shield, and a second account under their name: the case of a shield's consent."""

from dataclasses import dataclass, replace
from typing import Any, Final

import httpx

from mshield.demo.people import OPERATOR, OPERATOR_TO_CONFIRM, Person
from mshield.domain.qr import qr_text
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
"""Somebody else on file in the same enterprise."""

RECORD: Final = {"user_type": "operator", "credit_code": OWN}


@dataclass(slots=True)
class Both:
    """The shield on the old phone, and the new phone that is logged in to the second account."""

    application: Application
    shield: Shield
    new: Device

    async def ask(self, **record: str) -> httpx.Response:
        """The new phone asks for a consent."""
        return await self.new.call("POST", "/api/phone/identity/consents", RECORD | record)

    async def asked(self) -> dict[str, Any]:
        """What the new phone shows."""
        answer = await self.ask()
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def scan(self, made: dict[str, Any], shield: Shield | None = None) -> httpx.Response:
        """A phone scans what the new one shows."""
        phone = (shield or self.shield).device
        return await phone.call("POST", "/api/phone/scans", {"code": code_of(self.application, made)})

    async def scanned(self) -> list[dict[str, Any]]:
        """What the old phone shows of a new request: its documents."""
        answer = await self.scan(await self.asked())
        assert answer.status_code == 200, answer.text
        tasks: list[dict[str, Any]] = answer.json()["tasks"]
        return tasks

    async def proofs(self) -> list[dict[str, Any]]:
        """What proves the second account."""
        answer = await self.new.call("GET", "/api/phone/identity")
        found: list[dict[str, Any]] = answer.json()["proofs"]
        return found


def code_of(application: Application, made: dict[str, Any]) -> str:
    """The text of the QR code that a page shows now."""
    context = application.context
    secret = context.requests.secrets.qr_secret(made["request_id"])
    return qr_text(context.settings.public_origin, made["request_id"], secret, 0)


async def with_shield(application: Application, person: Person = OPERATOR) -> Shield:
    """A proven account of somebody on file, and their shield."""
    await application.registered(person)
    device = await application.logged_in(person)
    await prove_in(application, device, person)
    shield = Shield(application, device)
    await shield.enrol(
        name=person.name, id_number=person.id_number, user_type=person.role, credit_code=person.credit_code
    )
    return shield


async def both(application: Application) -> Both:
    """The old phone, and the new one."""
    shield = await with_shield(application)
    await application.registered(SECOND)
    return Both(application, shield, await application.logged_in(SECOND))


async def count(application: Application, sql: str) -> object:
    """The only value of a row."""
    row = await fetch(application.context.db, sql)
    return next(iter(row.values()))


async def refused_at_the_pin(case: Both, tasks: list[dict[str, Any]], code: str) -> None:
    """`open` refuses, and nothing is proven."""
    _, opened = await case.shield.open(tasks)
    assert opened.json()["code"] == code, opened.text
    assert await case.proofs() == []
