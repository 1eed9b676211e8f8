"""Subcommands of `mshield filing` for people on file: list, export, end."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from mshield.cli.parts.output import Output, output_options, table
from mshield.server.commands.parts.number_search import record
from mshield.server.commands.parts.service import Service, on_service
from mshield.server.commands.parts.table_file import write_table_file

if TYPE_CHECKING:
    from mshield.server.filing.people import Ended, FiledPeople, Person
    from mshield.server.runtime.external.table_files import ListFormat
    from mshield.server.staff.readings import ReadingKind

T = TypeVar("T")
_CREDIT_CODE = click.option("--credit-code", help="Only this enterprise.")


@click.command(name="list")
@_CREDIT_CODE
@click.option("--ended", is_flag=True, help="Include people no longer on file.")
@output_options
def list_(out: Output, credit_code: str | None, ended: bool) -> None:
    """List the people on file, with the IDs needed by `mshield filing end`."""

    async def work(people: "FiledPeople", _now: int) -> "list[Person]":
        listed: list[Person] = []
        while page := await people.page(
            credit_code=credit_code, ended_too=ended, after=listed[-1].id if listed else ""
        ):
            listed += page
        return listed

    from mshield.server.values.names import mask_id_number, mask_phone
    from mshield.wire.identity import ROLE_NAMES

    listed = _with_people(out, work, "filing")
    rows = [
        (
            person.id,
            person.name,
            mask_id_number(person.id_number),
            "" if person.phone is None else mask_phone(person.phone),
            out.pick(*ROLE_NAMES[person.role]),
            person.enterprise,
            "" if person.ended_at is None else out.pick("已终止", "ended"),
        )
        for person in listed
    ]
    headers = [
        ("编号", "id"), ("姓名", "name"), ("证件号码", "id number"), ("手机号", "phone number"),
        ("用户类型", "user type"), ("企业名称", "enterprise"), ("状态", "state"),
    ]  # fmt: skip
    data = [
        {
            "id": person.id,
            "name": person.name,
            "id_type": person.id_type.value,
            "id_number_masked": mask_id_number(person.id_number),
            "phone_masked": None if person.phone is None else mask_phone(person.phone),
            "role": person.role.value,
            "enterprise": person.enterprise,
            "credit_code": person.credit_code,
            "version": person.version,
            "ended_at": person.ended_at,
        }
        for person in listed
    ]
    out.data(data, table([out.pick(*header) for header in headers], rows))


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@_CREDIT_CODE
@output_options
def export(out: Output, file: Path, credit_code: str | None) -> None:
    """Write the people on file to FILE (.xlsx or .csv), as a list that `mshield filing import` accepts.

    The file contains ID and phone numbers in the clear; only its owner can read it.
    """

    def export_as(kind: "ListFormat") -> bytes:
        async def work(people: "FiledPeople", now: int) -> bytes:
            return await people.export(kind, credit_code=credit_code, now=now)

        return _with_people(out, work, "filing_export")

    length = write_table_file(out, file, export_as)
    out.data({"file": str(file), "bytes": length}, [])
    out.say(
        f"已导出到 {file}，内含证件号码和手机号，请妥善保管",
        f"Exported to {file}. It contains ID and phone numbers: keep it safe",
    )


@click.command()
@click.argument("person_id")
@click.option("--reason", required=True, help="Reason, recorded in the audit log.")
@output_options
def end(out: Output, person_id: str, reason: str) -> None:
    """End a person's filing record, given its ID (`mshield filing list`).

    An ended record can't be used to apply or renew, and its certificates no longer log in or sign. The
    shields that the legal representative has to revoke are printed. Importing the person again puts them back on
    file.
    """

    async def work(people: "FiledPeople", now: int) -> "Ended":
        return await people.end(person_id, reason=reason, now=now)

    result = _with_people(out, work)
    out.data(
        {"id": result.person_id, "shield_numbers": list(result.shield_numbers)}, list(result.shield_numbers)
    )
    if result.shield_numbers:
        out.say(
            "已终止备案。以上手机盾请法人作废",
            "The filing has ended. The legal representative has to revoke these shields",
        )
    else:
        out.say("已终止备案", "The filing has ended")


def _with_people(
    out: Output,
    work: "Callable[[FiledPeople, int], Awaitable[T]]",
    reading: "ReadingKind | None" = None,
) -> T:
    """Runs `work` on the people on file; records it if it is a reading of them."""
    from mshield.server.filing.people import FiledPeople
    from mshield.server.keys.secrets import load_lookup_key

    async def run(service: Service) -> T:
        if reading is not None:
            await record(service, reading)
        db, keyring, now = service.db, service.keyring, service.now
        return await work(FiledPeople(db, keyring, await load_lookup_key(db, keyring, now=now)), now)

    return on_service(out, run)
