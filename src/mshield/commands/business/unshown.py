"""`mshield business unshown`: which business systems may ask for what a phone can't show."""

import click

from mshield.commands.parts.output import Output, output_options
from mshield.commands.parts.service import Service, on_service


@click.group(name="unshown")
def command() -> None:
    """Let a business system ask for what a phone can't show: a digest alone, or a type that no phone draws.

    What can't be shown is signed unread. At the console two security officers let a system; here two people who
    know why its users needn't see it on the phone.
    """


@command.command()
@click.argument("client_id")
@click.option("--reason", required=True, help="Stands in the act.")
@click.option(
    "--second-person", metavar="NAME", required=True, help="Who else decided it; stands in the act."
)
@output_options
def allow(out: Output, client_id: str, *, reason: str, second_person: str) -> None:
    """Let the business system CLIENT_ID ask for it."""
    from mshield.domain.identity import normalise_name
    from mshield.services.systems.unshown import allow_unshown

    async def work(service: Service) -> None:
        other = normalise_name(second_person)
        await allow_unshown(service.db, client_id, reason=reason, second_person=other, now=service.now)

    on_service(out, work)
    out.data({"client_id": client_id, "unshown": True}, [client_id])
    out.say("已允许请求签署手机看不到内容的文件", "It may ask for what a phone can't show")


@command.command()
@click.argument("client_id")
@click.option("--reason", required=True, help="Stands in the act.")
@output_options
def end(out: Output, client_id: str, *, reason: str) -> None:
    """Let the business system CLIENT_ID no longer ask for it; what was asked before stays."""
    from mshield.services.systems.unshown import end_unshown

    async def work(service: Service) -> None:
        await end_unshown(service.db, client_id, reason=reason, now=service.now)

    on_service(out, work)
    out.data({"client_id": client_id, "unshown": False}, [client_id])
    out.say("已收回", "It may no longer")
