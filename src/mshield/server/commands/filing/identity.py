"""Identity subcommands of `mshield filing`: activation codes."""

from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, Refused, output_options, shown_time, table
from mshield.server.commands.parts.number_search import by_number
from mshield.server.commands.parts.second_person import confirmed_by, second_person_option
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.wire.portal import ActivationCodeMessage


@click.command()
@click.argument("person_id", required=False)
@click.option(
    "--credit-code",
    help="Credit code of the person's enterprise; use with --id-number and --role in place of PERSON_ID.",
)
@click.option("--id-number", help="The person's ID number.")
@click.option("--role", type=click.Choice(["operator", "legal-person"]), help="The person's role on file.")
@second_person_option("a second security officer; required for a legal representative", required=False)
@output_options
def code(
    out: Output,
    person_id: str | None,
    *,
    credit_code: str | None,
    id_number: str | None,
    role: str | None,
    second_person: str | None,
) -> None:
    """Create an activation code 激活码 for a person on file, given the ID of the record (`mshield filing list`).

    The code links one account to the record. It works once, within seven days, and replaces the previous code.
    Print it or hand it to the person, after checking their identity document unless you know them; never send it.
    The code is shown only once.

    A legal representative's code requires two people: both must be present when it is created, and check the
    document. --second-person names the other one, a security officer, who confirms it by a one-time code and is
    recorded in the audit log.
    """
    by_number = (credit_code, id_number, role)
    if (person_id is None) == (None in by_number) or (person_id is not None and any(by_number)):
        raise click.UsageError("Give PERSON_ID, or --credit-code, --id-number and --role.")

    async def work(service: Service) -> "tuple[str, ActivationCodeMessage]":
        person = person_id or await _found(service, credit_code or "", id_number or "", role or "")
        return person, await _make(out, service, person, second_person)

    from mshield.wire.identity import grouped_code

    person, code = on_service(out, work, dated=True)
    grouped = grouped_code(code.code)
    rows = [
        (out.pick("激活码", "code"), grouped),
        (out.pick("姓名", "name"), code.name),
        (out.pick("有效期至", "valid until"), shown_time(code.expires_at)),
    ]
    data = {"code": grouped, "person_id": person, "name": code.name, "expires_at": code.expires_at}
    out.data(data, table(("", ""), rows)[1:])
    out.say(
        "激活码只显示这一次，请打印或当面交给本人，不要发送",
        "Shown only once. Print it or hand it over; don't send it",
    )


async def _found(service: Service, credit_code: str, id_number: str, role: str) -> str:
    """Returns the ID of the record. Raises: NoFiling."""
    from mshield.server.filing.errors import NoFiling
    from mshield.server.filing.people import FiledPeople
    from mshield.server.keys.secrets import load_lookup_key
    from mshield.wire.identity import Role

    db, keyring = service.db, service.keyring
    people = FiledPeople(db, keyring, await load_lookup_key(db, keyring, now=service.now))
    filed_as = Role(role.replace("-", "_"))
    matches = await by_number(
        service,
        lambda: people.page(credit_code=credit_code, id_number=id_number),
        kind="filing",
        number=id_number,
        subjects=lambda found: [person.id for person in found],
    )
    for person in matches:
        if person.role is filed_as:
            return person.id
    raise NoFiling


async def _make(
    out: Output, service: Service, person_id: str, second_person: str | None
) -> "ActivationCodeMessage":
    """Creates the code. Raises: NotFound, Refused (a second person is missing), and as `confirmed_by`."""
    from mshield.server.acts.actor import SERVICE
    from mshield.server.errors import Forbidden
    from mshield.server.identity.codes import ActivationCodes
    from mshield.server.identity.proofs import Proofs
    from mshield.server.keys.secrets import load_lookup_key

    db, now = service.db, service.now
    lookup = await load_lookup_key(db, service.keyring, now=now)
    codes = ActivationCodes(db, lookup, Proofs(db, service.settings.identity))
    if second_person is not None:
        details, now = (await confirmed_by(out, service, second_person)).details, service.now
        return await db.write(lambda tx: codes.make_in(tx, person_id, by=SERVICE, details=details, now=now))
    try:
        return await codes.make(person_id, by=SERVICE, now=now)
    except Forbidden as error:
        raise Refused(
            out.pick(
                "法人的激活码须两人在场制作，请用 --second-person 写明另一位安全管理员，由其输入动态码确认",
                "A legal representative's code requires two people: name the second one, a security officer, "
                "with --second-person",
            ),
            code="two_people",
            as_json=out.json,
        ) from error
