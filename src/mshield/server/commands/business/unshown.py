"""`mshield business unshown`: permission of business systems to request signatures on content phones can't show."""

import click

from mshield.cli.parts.output import Output, output_options
from mshield.server.commands.parts.second_person import confirmed_by, second_person_option
from mshield.server.commands.parts.service import Service, on_service


@click.group(name="unshown")
def command() -> None:
    """Allow a business system to request signatures on content that a phone can't show.

    Such content is a digest alone, or a type that phones can't render. Users sign it unread. In the console
    two security officers allow it; here two people do, who know why the system's users needn't see it on the
    phone.
    """


@command.command()
@click.argument("client_id")
@click.option("--reason", required=True, help="Reason, recorded in the audit log.")
@second_person_option("the second security officer who decided it")
@output_options
def allow(out: Output, client_id: str, *, reason: str, second_person: str) -> None:
    """Allow the business system CLIENT_ID to request such signatures."""
    from mshield.server.systems.unshown import allow_unshown

    async def work(service: Service) -> None:
        other = await confirmed_by(out, service, second_person)
        await allow_unshown(service.db, client_id, reason=reason, second_person=other, now=service.now)

    on_service(out, work)
    out.data({"client_id": client_id, "unshown": True}, [client_id])
    out.say("已允许请求签署手机看不到内容的文件", "It may now request signatures on such content")


@command.command()
@click.argument("client_id")
@click.option("--reason", required=True, help="Reason, recorded in the audit log.")
@output_options
def end(out: Output, client_id: str, *, reason: str) -> None:
    """Forbid the business system CLIENT_ID to request such signatures; earlier requests stay unchanged."""
    from mshield.server.systems.unshown import end_unshown

    async def work(service: Service) -> None:
        await end_unshown(service.db, client_id, reason=reason, now=service.now)

    on_service(out, work)
    out.data({"client_id": client_id, "unshown": False}, [client_id])
    out.say("已收回", "It may no longer request them")
