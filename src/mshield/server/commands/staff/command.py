"""`mshield staff`: members of staff who may use the console (/console/) and its API (/api/console), and their roles."""

from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, output_options, table
from mshield.server.commands.parts.service import Service, on_service
from mshield.server.commands.staff.acts import command as acts_command
from mshield.server.commands.staff.token import ROLES
from mshield.server.commands.staff.token import command as token_command

if TYPE_CHECKING:
    from mshield.server.staff.members import StaffMember


@click.group(name="staff")
def command() -> None:
    """Add, list and disable console staff, set up their logins, issue tokens for programs, export the audit log."""


command.add_command(token_command)
command.add_command(acts_command)


@command.command()
@click.argument("name")
@click.option(
    "--role", "roles", type=click.Choice(ROLES), multiple=True, required=True, help="May be repeated."
)
@output_options
def add(out: Output, name: str, roles: tuple[str, ...]) -> None:
    """Add NAME to the staff; prints a set-up address, shown only this once.

    The address is for the person and valid for MSHIELD_CONSOLE_SET_UP_SECONDS: there they set their password
    and second factor, and are logged in to the console. A program is a member too, without a login: give it a
    token (`mshield staff token add`).

    filing_officer: filing records. customer_service: accounts; reads certificates, business systems, SMS.
    security_officer: business systems, staff (two of them), jobs, revoking a CA, the audit log. auditor:
    reads all of that.
    """
    from mshield.server.staff.members import add_staff
    from mshield.server.staff.rules import StaffRole

    async def work(service: Service) -> "tuple[StaffMember, str]":
        member = await add_staff(service.db, name=name, roles=map(StaffRole, roles), now=service.now)
        return member, await _set_up_address(service, member.id)

    member, address = on_service(out, work, dated=True)
    out.data({**_data(member), "set_up": address}, [f"id      {member.id}", f"set up  {address}"])
    out.say(
        "链接只显示这一次，由本人打开，只能用一次",
        "Shown only this once: give the address to the member; it works once",
    )


@command.command(name="set-up")
@click.argument("staff_id")
@output_options
def set_up(out: Output, staff_id: str) -> None:
    """Print a new set-up address for the member with the ID STAFF_ID, for example after loss of the second factor.

    Their sessions end at once; their password and second factors become invalid, as does an earlier address.
    Give the new address only to that member: whoever opens it first takes over the login. Their tokens stay
    valid: revoke those that may be compromised (`mshield staff token list`).
    """
    address = on_service(out, lambda service: _set_up_address(service, staff_id), dated=True)
    out.data({"id": staff_id, "set_up": address}, [f"set up  {address}"])
    out.say("链接由本人打开，只能用一次", "Give the address to the member; it works once")


@command.command(name="list")
@output_options
def list_(out: Output) -> None:
    """List the members of staff, including disabled ones."""
    from mshield.server.staff.members import list_staff

    members = on_service(out, lambda service: list_staff(service.db))
    rows = [(member.id, member.name, " ".join(member.roles), member.state) for member in members]
    out.data([_data(member) for member in members], table(("id", "name", "roles", "state"), rows))


@command.command()
@click.argument("staff_id")
@output_options
def disable(out: Output, staff_id: str) -> None:
    """Disable the member with the ID STAFF_ID; their tokens and sessions become invalid at once."""
    from mshield.server.staff.members import disable_staff

    on_service(out, lambda service: disable_staff(service.db, staff_id=staff_id, now=service.now))
    out.data({"id": staff_id, "state": "disabled"}, [])
    out.say("已停用", "Disabled")


async def _set_up_address(service: Service, staff_id: str) -> str:
    from mshield.server.acts.actor import SERVICE
    from mshield.server.staff.set_up import renew_set_up, set_up_address

    life = service.settings.console.set_up_seconds
    _, code = await renew_set_up(service.db, staff_id=staff_id, by=SERVICE, life=life, now=service.now)
    return set_up_address(service.settings.site, code)


def _data(member: "StaffMember") -> dict[str, object]:
    return {
        "id": member.id,
        "name": member.name,
        "roles": [role.value for role in member.roles],
        "state": member.state,
        "created_at": member.created_at,
    }
