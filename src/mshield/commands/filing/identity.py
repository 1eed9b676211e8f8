"""The part of `mshield filing` about who filed people are: activation codes, and accounts to look through."""

from typing import TYPE_CHECKING

import click

from mshield.commands.parts.output import Output, Refused, output_options, table
from mshield.commands.parts.service import Service, on_service
from mshield.commands.phone.display import shown_time

if TYPE_CHECKING:
    from mshield.services.identity.codes import ActivationCode
    from mshield.store.identity.proofs import EarlierProof


@click.command()
@click.argument("person_id", required=False)
@click.option("--credit-code", help="The enterprise; with --id-number and --role, instead of PERSON_ID.")
@click.option("--id-number", help="The person's id number.")
@click.option("--role", type=click.Choice(["operator", "legal-person"]), help="What they are filed as.")
@click.option("--second-person", metavar="NAME", help="Who else is there; needed for a legal person.")
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
    """Make an activation code 激活码 for a filed person, by the id of the record (`mshield filing list`).

    It ties one account to the record: one use, seven days, in place of the code before. Print it or hand it over to
    the person, whom you know or whose document you have seen; never send it. It is shown this once.

    A legal person's code takes two people: both must be there when it is made, and see the document. --second-person
    names the other one, and stands in the act that is recorded.
    """
    by_number = (credit_code, id_number, role)
    if (person_id is None) == (None in by_number) or (person_id is not None and any(by_number)):
        raise click.UsageError("Say PERSON_ID, or --credit-code, --id-number and --role.")

    async def work(service: Service) -> "ActivationCode":
        person = person_id or await _found(service, credit_code or "", id_number or "", role or "")
        return await _make(out, service, person, second_person)

    from mshield.domain.proofs import grouped_code

    code = on_service(out, work, dated=True)
    shown = grouped_code(code.code)
    rows = [
        (out.pick("激活码", "code"), shown),
        (out.pick("姓名", "name"), code.name),
        (out.pick("有效期至", "valid until"), shown_time(code.expires_at)),
    ]
    data = {"code": shown, "person_id": code.person_id, "name": code.name, "expires_at": code.expires_at}
    out.data(data, table(("", ""), rows)[1:])
    out.say(
        "激活码只显示这一次，请打印或当面交给本人，不要发送",
        "Shown this once only. Print it or hand it over; don't send it",
    )


@click.command()
@click.option("--after", default="", help="The `next` of the page before.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True)
@output_options
def earlier(out: Output, after: str, limit: int) -> None:
    """List accounts that nothing proves but an earlier application 此前已申请证书, for the office to look through.

    They had a certificate in force at the upgrade that brought proofs. Where one looks wrong, disable the account.
    """

    async def work(service: Service) -> "list[EarlierProof]":
        from mshield.services.identity.shown import ShowProofs

        return await ShowProofs(service.db).earlier(after=after, most=limit + 1)

    from mshield.domain.identity import ROLE_NAMES, Role, mask_phone

    rows = on_service(out, work)
    page = rows[:limit]
    following = page[-1].id if len(rows) > limit else None
    items = [
        {
            "id": row.id,
            "account_id": row.account_id,
            "name": row.name,
            "phone_masked": mask_phone(row.phone),
            "person_id": row.person_id,
            "role": row.role,
            "credit_code": row.credit_code,
            "enterprise": row.enterprise,
            "proven_at": row.proven_at,
        }
        for row in page
    ]
    headers = [
        ("账号编号", "account"), ("姓名", "name"), ("手机号", "phone"), ("用户类型", "user type"),
        ("企业名称", "enterprise"), ("申请时间", "applied"),
    ]  # fmt: skip
    cells = [
        (
            row.account_id,
            row.name,
            mask_phone(row.phone),
            out.pick(*ROLE_NAMES[Role(row.role)]),
            row.enterprise,
            shown_time(row.proven_at),
        )
        for row in page
    ]
    out.data({"items": items, "next": following}, table([out.pick(*header) for header in headers], cells))
    if following is not None:
        out.say(f"下一页：--after {following}", f"The next page: --after {following}")


async def _found(service: Service, credit_code: str, id_number: str, role: str) -> str:
    """The id of the record. Raises NoFiling."""
    from mshield.domain import errors
    from mshield.domain.identity import Role
    from mshield.keys.secrets import load_lookup_key
    from mshield.services.filing.people import FiledPeople

    db, keyring = service.db, service.keyring
    people = FiledPeople(db, keyring, await load_lookup_key(db, keyring, now=service.now))
    filed_as = Role(role.replace("-", "_"))
    matches = await people.page(credit_code=credit_code, id_number=id_number)
    for person in matches:
        if person.role is filed_as:
            return person.id
    raise errors.NoFiling


async def _make(out: Output, service: Service, person_id: str, second_person: str | None) -> "ActivationCode":
    """The code. Raises NotFound, InvalidName; Refused for a legal person where one person is alone."""
    from mshield.domain import errors
    from mshield.domain.actor import SERVICE
    from mshield.domain.identity import normalise_name
    from mshield.keys.secrets import load_lookup_key
    from mshield.services.identity.codes import ActivationCodes
    from mshield.services.identity.proofs import Proofs

    db, now = service.db, service.now
    lookup = await load_lookup_key(db, service.keyring, now=now)
    codes = ActivationCodes(db, lookup, Proofs(db, service.settings))
    if second_person is not None:
        details = {"second_person": normalise_name(second_person)}
        return await db.write(lambda tx: codes.make_in(tx, person_id, by=SERVICE, details=details, now=now))
    try:
        return await codes.make(person_id, by=SERVICE, now=now)
    except errors.Forbidden as error:
        raise Refused(
            out.pick(
                "法人的激活码须两人在场制作，请用 --second-person 写明另一人的姓名",
                "A legal person's code takes two people: name the other one with --second-person",
            ),
            code="two_people",
            as_json=out.json,
        ) from error
