"""Accounts that an activation code proves to be the filed person's: of the live service, and in this process."""

from typing import Final

from mshield.client.phone import VirtualPhone
from mshield.demo.people import OPERATOR, Person
from mshield.domain.actor import SERVICE
from mshield.services.filing.people import Person as FiledPerson
from mshield.store.accounts import accounts
from tests.support.application import Application, Device
from tests.support.live_service import LiveService

SECOND: Final = "许安然"
"""Who else is there where a legal person's code is made."""


def make_code(live: LiveService, person: Person = OPERATOR) -> str:
    """A code for a filed person, by the filing office's command."""
    role = person.role.replace("_", "-")
    second = ("--second-person", SECOND) if role == "legal-person" else ()
    made = live.command(
        "filing", "code", "--credit-code", person.credit_code, "--id-number", person.id_number, "--role", role, *second
    )  # fmt: skip
    return str(made["code"])


def prove(live: LiveService, phone: VirtualPhone, person: Person = OPERATOR) -> None:
    """The phone's account, which is logged in, is the person's from now on."""
    phone.use_activation_code(make_code(live, person))


async def filed(application: Application, person: Person = OPERATOR) -> FiledPerson:
    """A person's filing record."""
    people = application.context.filing.people
    found = await people.page(credit_code=person.credit_code, id_number=person.id_number)
    return next(each for each in found if each.role.value == person.role)


async def make_code_in(application: Application, person: Person = OPERATOR) -> str:
    """As `make_code`, in this process."""
    context, record, now = application.context, await filed(application, person), application.clock()
    made = await context.db.write(
        lambda tx: context.identity.codes.make_in(tx, record.id, by=SERVICE, now=now)
    )
    return made.code


async def prove_in(application: Application, device: Device, person: Person = OPERATOR) -> None:
    """As `prove`, in this process."""
    code = await make_code_in(application, person)
    answer = await device.call("POST", "/api/phone/identity/codes", {"code": code})
    assert answer.status_code == 201, answer.text


async def prove_account(application: Application, person: Person = OPERATOR) -> None:
    """As `prove_in`, for who has an account and no phone that is logged in."""
    account = await accounts.find_account(application.context.db, phone=person.phone)
    assert account is not None
    code = await make_code_in(application, person)
    await application.context.identity.codes.use(account, code, now=application.clock())
