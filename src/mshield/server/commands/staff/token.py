"""`mshield staff token`: tokens for programs, each with a name, an expiry and some of its member's roles."""

from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, output_options, shown_time, table
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.server.staff.tokens import ListedToken, MadeTokenMessage

# Defined here, so that `--help` needs no server packages.
ROLES = ("filing_officer", "customer_service", "security_officer", "auditor")
_SCOPES = ("filing_import", "filing_export")


@click.group(name="token")
def command() -> None:
    """Create, list, rotate and revoke tokens for programs, sent as `Authorization: Bearer TOKEN`.

    A token has some roles of its member and an expiry. It has no second factor, so it can only read and carry
    out non-critical operations; a scope opens two critical ones: filing_import (import lists, end records;
    never a new legal representative), filing_export (export the list).
    """


@command.command()
@click.argument("staff_id")
@click.option("--name", required=True, help="Purpose, such as the program and its machine.")
@click.option(
    "--role",
    "--roles",
    "roles",
    type=click.Choice(ROLES),
    multiple=True,
    required=True,
    help="A role of the member; may be repeated.",
)
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(_SCOPES),
    multiple=True,
    help="Critical operations to permit (see above); may be repeated.",
)
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="Lifetime in days.")
@output_options
def add(
    out: Output, staff_id: str, *, name: str, roles: tuple[str, ...], scopes: tuple[str, ...], days: int
) -> None:
    """Create a token for the member with the ID STAFF_ID (`mshield staff list`); prints it, only this once."""
    from mshield.server.acts.actor import SERVICE
    from mshield.server.staff.rules import StaffRole, StaffScope
    from mshield.server.staff.tokens import NewTokenMessage, add_token

    token_request = NewTokenMessage(
        name=name, roles=tuple(map(StaffRole, roles)), scopes=tuple(map(StaffScope, scopes)), days=days
    )
    token = on_service(
        out,
        lambda service: add_token(service.db, staff_id, token_request, by=SERVICE, now=service.now),
        dated=True,
    )
    _print_token(out, token)


@command.command(name="list")
@click.option("--staff-id", default="", help="Only tokens of this member.")
@output_options
def list_(out: Output, staff_id: str) -> None:
    """List the newest 500 tokens, including ended ones; never the tokens themselves."""
    from mshield.server.staff.tokens import list_tokens

    async def work(service: Service) -> "tuple[list[ListedToken], int]":
        return await list_tokens(service.db, staff_id=staff_id), service.now

    tokens, now = on_service(out, work)
    headers = (
        ("编号", "id"), ("员工", "member"), ("名称", "name"), ("角色", "roles"), ("范围", "scopes"),
        ("有效期至", "until"), ("最近使用", "last used"), ("状态", "state"),
    )  # fmt: skip
    cells = [
        (
            token.id,
            token.staff_name,
            token.name,
            " ".join(token.roles),
            " ".join(token.scopes),
            shown_time(token.expires_at),
            "" if token.used_at is None else shown_time(token.used_at),
            out.pick("有效", "counts") if token.counts(now=now) else out.pick("已结束", "ended"),
        )
        for token in tokens
    ]
    out.data(
        {"items": [_data(token, now=now) for token in tokens]},
        table([out.pick(*header) for header in headers], cells),
    )


@command.command()
@click.argument("token_id")
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=90,
    show_default=True,
    help="Lifetime of the new token in days.",
)
@click.option(
    "--overlap-hours",
    type=click.IntRange(0, 168),
    default=24,
    show_default=True,
    help="Hours for which the old token stays valid; 0 ends it at once.",
)
@output_options
def rotate(out: Output, token_id: str, *, days: int, overlap_hours: int) -> None:
    """Replace the token TOKEN_ID by a new one with its name, roles and scopes; prints it, only this once."""
    from mshield.server.acts.actor import SERVICE
    from mshield.server.staff.tokens import rotate_token

    token = on_service(
        out,
        lambda service: rotate_token(
            service.db, token_id, days=days, overlap_hours=overlap_hours, by=SERVICE, now=service.now
        ),
        dated=True,
    )
    _print_token(out, token)


@command.command()
@click.argument("token_id")
@output_options
def revoke(out: Output, token_id: str) -> None:
    """Revoke the token TOKEN_ID at once."""
    from mshield.server.acts.actor import SERVICE
    from mshield.server.staff.tokens import revoke_token

    on_service(out, lambda service: revoke_token(service.db, token_id, by=SERVICE, now=service.now))
    out.data({"id": token_id, "ended": True}, [])
    out.say("令牌已停用", "The token was revoked")


def _print_token(out: Output, token: "MadeTokenMessage") -> None:
    data = {
        "id": token.id,
        "token": token.token,
        "name": token.name,
        "roles": list(token.roles),
        "scopes": list(token.scopes),
        "expires_at": token.expires_at,
    }
    out.data(data, [f"id     {token.id}", f"token  {token.token}", f"until  {shown_time(token.expires_at)}"])
    out.say("令牌只显示这一次，请妥善保存", "Shown only this once: keep it safe")


def _data(token: "ListedToken", *, now: int) -> dict[str, object]:
    return {
        "id": token.id,
        "staff_id": token.staff_id,
        "staff_name": token.staff_name,
        "name": token.name,
        "roles": list(token.roles),
        "scopes": list(token.scopes),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "used_at": token.used_at,
        "ended_at": token.ended_at,
        "next_id": token.next_id,
        "counts": token.counts(now=now),
    }
