"""`mshield staff`: who may use the console (/console/) and its API (/api/console), and as what."""

from typing import TYPE_CHECKING

import click

from mshield.commands.parts.output import Output, output_options, table
from mshield.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.services.staff.members import StaffMember

# Named here, so that `--help` needs no package of the server.
_ROLES = ("filing_officer", "customer_service", "security_officer", "auditor")


@click.group(name="staff")
def command() -> None:
    """Add, list and disable the staff of the console, and let them set up their logins."""


@command.command()
@click.argument("name")
@click.option(
    "--role", "roles", type=click.Choice(_ROLES), multiple=True, required=True, help="May be given again."
)
@output_options
def add(out: Output, name: str, roles: tuple[str, ...]) -> None:
    """Add NAME to the staff; prints an access token and a set-up address, this once only.

    The address is for the person: within a day he sets his password and second factor there, and is in the console.
    The token is for his programs, sent as `Authorization: Bearer TOKEN`. filing_officer: filing records.
    customer_service: accounts; reads certificates, business systems, SMS. security_officer: business systems, staff
    (two of them), jobs, revoking a CA, what was done and by whom. auditor: reads all of that.
    """
    from mshield.domain.staff import StaffRole
    from mshield.services.staff.members import add_staff

    async def work(service: Service) -> "tuple[StaffMember, str, str]":
        member, token = await add_staff(service.db, name=name, roles=map(StaffRole, roles), now=service.now)
        return member, token, await _set_up_address(service, member.id)

    member, token, address = on_service(out, work)
    out.data(
        {**_data(member), "token": token, "set_up": address},
        [f"id      {member.id}", f"set up  {address}", f"token   {token}"],
    )
    out.say(
        "链接和令牌只显示这一次：链接 24 小时内由本人打开，令牌请妥善保存",
        "Both are shown this once only: the address is opened by the member within a day; keep the token safe",
    )


@command.command(name="set-up")
@click.argument("staff_id")
@output_options
def set_up(out: Output, staff_id: str) -> None:
    """Print a new set-up address for the member with the id STAFF_ID, as when the second factor is lost.

    His sessions end at once, his password and second factors are void, and so is an earlier address. Only he may get
    the new one: whoever opens it first is him.
    """
    address = on_service(out, lambda service: _set_up_address(service, staff_id))
    out.data({"id": staff_id, "set_up": address}, [f"set up  {address}"])
    out.say("链接 24 小时内由本人打开，只能用一次", "The member opens it within a day; it works once")


@command.command(name="list")
@output_options
def list_(out: Output) -> None:
    """List the staff, also who is disabled."""
    from mshield.services.staff.members import list_staff

    members = on_service(out, lambda service: list_staff(service.db))
    rows = [(member.id, member.name, " ".join(member.roles), member.state) for member in members]
    out.data([_data(member) for member in members], table(("id", "name", "roles", "state"), rows))


@command.command()
@click.argument("staff_id")
@output_options
def disable(out: Output, staff_id: str) -> None:
    """End the access of the member with the id STAFF_ID; his token and sessions are worth nothing from now on."""
    from mshield.services.staff.members import disable_staff

    on_service(out, lambda service: disable_staff(service.db, staff_id=staff_id, now=service.now))
    out.data({"id": staff_id, "state": "disabled"}, [])
    out.say("已停用", "Disabled")


async def _set_up_address(service: Service, staff_id: str) -> str:
    from mshield.domain.actor import SERVICE
    from mshield.services.staff.set_up import renew_set_up, set_up_address

    life = service.settings.console_set_up_seconds
    _, code = await renew_set_up(service.db, staff_id=staff_id, by=SERVICE, life=life, now=service.now)
    return set_up_address(service.settings, code)


def _data(member: "StaffMember") -> dict[str, object]:
    return {
        "id": member.id,
        "name": member.name,
        "roles": [role.value for role in member.roles],
        "state": member.state,
        "created_at": member.created_at,
    }
