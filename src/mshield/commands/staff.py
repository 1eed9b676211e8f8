"""`mshield staff`: who may use the console's API (/api/console), and as what."""

import asyncio
from typing import TYPE_CHECKING

import click

from mshield.commands.output import Output, output_options, table

if TYPE_CHECKING:
    from mshield.services.staff import StaffMember

# Named here, so that `--help` needs no package of the server.
_ROLES = ("filing_officer", "customer_service", "security_officer", "auditor")


@click.group(name="staff")
def command() -> None:
    """Add, list and disable the staff of the console."""


@command.command()
@click.argument("name")
@click.option(
    "--role", "roles", type=click.Choice(_ROLES), multiple=True, required=True, help="May be given again."
)
@output_options
def add(out: Output, name: str, roles: tuple[str, ...]) -> None:
    """Add NAME to the staff; prints the access token, this once only.

    The token is sent as `Authorization: Bearer TOKEN`. filing_officer: filing records. customer_service: the phone
    number of an account. security_officer and auditor: what was done, and by whom.
    """
    from mshield.domain.staff import StaffRole
    from mshield.main import opened_database, wall_clock
    from mshield.services.staff import add_staff
    from mshield.settings import load_settings

    async def run() -> "tuple[StaffMember, str]":
        async with opened_database(load_settings()) as db:
            return await add_staff(db, name=name, roles=map(StaffRole, roles), now=wall_clock())

    member, token = asyncio.run(run())
    out.data({**_data(member), "token": token}, [f"id     {member.id}", f"token  {token}"])
    out.say("令牌只显示这一次，请妥善保存", "The token is shown this once only: keep it safe")


@command.command(name="list")
@output_options
def list_(out: Output) -> None:
    """List the staff, also who is disabled."""
    from mshield.main import opened_database
    from mshield.services.staff import list_staff
    from mshield.settings import load_settings

    async def run() -> "list[StaffMember]":
        async with opened_database(load_settings()) as db:
            return await list_staff(db)

    members = asyncio.run(run())
    rows = [(each.id, each.name, " ".join(each.roles), each.state) for each in members]
    out.data([_data(each) for each in members], table(("id", "name", "roles", "state"), rows))


@command.command()
@click.argument("staff_id")
@output_options
def disable(out: Output, staff_id: str) -> None:
    """End the access of the member with the id STAFF_ID; his token is worth nothing from now on."""
    from mshield.main import opened_database, wall_clock
    from mshield.services.staff import disable_staff
    from mshield.settings import load_settings

    async def run() -> None:
        async with opened_database(load_settings()) as db:
            await disable_staff(db, staff_id=staff_id, now=wall_clock())

    asyncio.run(run())
    out.data({"id": staff_id, "state": "disabled"}, [])
    out.say("已停用", "Disabled")


def _data(member: "StaffMember") -> dict[str, object]:
    return {
        "id": member.id,
        "name": member.name,
        "roles": [role.value for role in member.roles],
        "state": member.state,
        "created_at": member.created_at,
    }
