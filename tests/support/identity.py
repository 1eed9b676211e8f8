"""Proves accounts by an activation code to be the filed person's: at the live service, or in this process."""

from mshield.server.accounts.rows import accounts
from mshield.server.acts.actor import SERVICE
from mshield.server.filing.people import Person as FiledPerson
from mshield.testkit.demo.people import OPERATOR, Person
from mshield.testkit.phone import VirtualPhone
from tests.support.application import Application, Device
from tests.support.live_service import LiveService


def make_code(live: LiveService, person: Person = OPERATOR) -> str:
    """Makes a code for a filed person, by the filing office's command."""
    role = person.role.replace("_", "-")
    run = live.by_two if role == "legal-person" else live.command
    number = ("--credit-code", person.credit_code, "--id-number", person.id_number)
    result = run("filing", "code", *number, "--role", role)
    return str(result["code"])


def prove(live: LiveService, phone: VirtualPhone, person: Person = OPERATOR) -> None:
    """Proves the phone's account, which is logged in, to be the person's."""
    phone.use_activation_code(make_code(live, person))


async def filed(application: Application, person: Person = OPERATOR) -> FiledPerson:
    """Returns a person's filing record."""
    people = application.context.filing.people
    records = await people.page(credit_code=person.credit_code, id_number=person.id_number)
    return next(each for each in records if each.role.value == person.role)


async def make_code_in(application: Application, person: Person = OPERATOR) -> str:
    """Like `make_code`, in this process."""
    context, record, now = application.context, await filed(application, person), application.clock()
    code = await context.db.write(
        lambda tx: context.identity.codes.make_in(tx, record.id, by=SERVICE, now=now)
    )
    return code.code


async def prove_in(application: Application, device: Device, person: Person = OPERATOR) -> None:
    """Like `prove`, in this process."""
    code = await make_code_in(application, person)
    answer = await device.call("POST", "/api/phone/identity/codes", {"code": code})
    assert answer.status_code == 201, answer.text


async def prove_account(application: Application, person: Person = OPERATOR) -> None:
    """Like `prove_in`, for a person with an account and no logged-in phone."""
    account = await accounts.find_account(application.context.db, phone=person.phone)
    assert account is not None
    code = await make_code_in(application, person)
    await application.context.identity.codes.use(account, code, now=application.clock())
