"""`mshield shield`: two people at the server stop a shield where no legal person can."""

import click

from mshield.commands.parts.output import Output, output_options
from mshield.commands.parts.service import Service, on_service

# Named here, so that `--help` needs no package of the server.
_CAUSES = ("unspecified", "key_compromise", "affiliation_changed", "superseded", "cessation_of_operation")


@click.group(name="shield")
def command() -> None:
    """Suspend a shield, lift that, or revoke it, where its legal person has left, died or is locked out.

    It takes two people, as at the console: --second-person names the other one, and stands in the act that is recorded.
    Holder and enterprise are told.
    """


def _add(name: str, sentence: str) -> None:
    @command.command(name=name, help=sentence)
    @click.argument("number")
    @click.option("--evidence", required=True, help="What was seen: which paper, its number, where it is.")
    @click.option("--reason", required=True, help="Why; holder and enterprise read it.")
    @click.option("--second-person", metavar="NAME", required=True, help="Who else is there.")
    @output_options
    @click.pass_context
    def act(
        ctx: click.Context,
        out: Output,
        number: str,
        *,
        evidence: str,
        reason: str,
        second_person: str,
        cause: str | None = None,
    ) -> None:
        async def work(service: Service) -> None:
            from mshield.domain.identity import normalise_name
            from mshield.services.legal_person.stop import StopShields

            await StopShields(service.db).at_the_server(
                f"shield.{name}",
                number,
                {"evidence": evidence} | ({} if cause is None else {"cause": cause}),
                reason=reason,
                second_person=normalise_name(second_person),
                now=service.now,
            )

        on_service(out, work)
        out.data({"shield_number": number, "act": ctx.info_name}, [])
        out.say("已办理", "Done")

    if name == "revoke":
        cause = click.option("--cause", type=click.Choice(_CAUSES), default="unspecified", show_default=True)
        cause(act)


_add("suspend", "Suspend the shield NUMBER 暂停: no login, no signature until two people lift it.")
_add("resume", "Lift the suspension of the shield NUMBER 恢复.")
_add("revoke", "Revoke the shield NUMBER 作废, for good: it can't be taken back.")
