"""`mshield shield`: shields of all enterprises found, and stopped by two people where no legal person can."""

from typing import TYPE_CHECKING

import click

from mshield.commands.parts.output import Output, output_options, table
from mshield.commands.parts.service import Service, on_service
from mshield.commands.phone.display import shown_time

if TYPE_CHECKING:
    from mshield.services.certificates.search import FoundLine

# Named here, so that `--help` needs no package of the server.
_CAUSES = ("unspecified", "key_compromise", "affiliation_changed", "superseded", "cessation_of_operation")
_STATES = ("issued", "active", "pin_locked", "expiring", "expired", "superseded", "revoked")


@click.group(name="shield")
def command() -> None:
    """Find shields; suspend one, lift that, or revoke it, where its legal person has left, died or is locked out.

    Stopping takes two people, as at the console: --second-person names the other one, and stands in the recorded act.
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


@command.command(name="find")
@click.argument("words", required=False, default="")
@click.option(
    "--state", type=click.Choice(_STATES), help="In this state; expiring: under half a year is left."
)
@click.option("--most", type=click.IntRange(1, 100), default=20, show_default=True)
@output_options
def find(out: Output, words: str, *, state: str | None, most: int) -> None:
    """Find certificates of all enterprises by WORDS, the newest first.

    A shield number, a serial or a credit code; the last four digits or more (尾号) of a shield, phone or id number; how
    a name begins, or what follows its first character; two characters or more of an enterprise's name.
    """

    async def work(service: Service) -> "list[FoundLine]":
        from dataclasses import replace
        from zoneinfo import ZoneInfo

        from mshield.keys.authority import load_authorities
        from mshield.keys.secrets import load_lookup_key
        from mshield.services.certificates.search import FindCertificates
        from mshield.services.certificates.words import read_words

        authorities = await load_authorities(service.db, service.keyring, service.engine)
        lookup = await load_lookup_key(service.db, service.keyring, now=service.now)
        zone = ZoneInfo(service.settings.time_zone)
        search = FindCertificates(service.db, service.keyring, lookup, authorities, zone)
        terms, end = read_words(words)
        lines, _ = await search.page(replace(terms, state=state), end=end, limit=most, now=service.now)
        return lines

    lines = on_service(out, work)
    heads = (
        ("手机盾号", "姓名", "企业", "状态", "有效期至", "序列号")
        if out.lang == "zh"
        else ("shield number", "name", "enterprise", "state", "valid until", "serial")
    )
    out.data([_found(line) for line in lines], table(heads, [_row(out, line) for line in lines]))


def _found(line: "FoundLine") -> dict[str, object]:
    row = line.row
    return {
        "shield_number": row.shield_number,
        "serial": row.serial,
        "name": row.common_name,
        "enterprise": row.organisation,
        "credit_code": row.credit_code,
        "id_number_masked": line.id_number_masked,
        "state": line.state,
        "expiring": line.expiring,
        "holds": [hold.value for hold in line.holds],
        "not_after": row.not_after,
    }


def _row(out: Output, line: "FoundLine") -> tuple[str, ...]:
    from mshield.domain.certificates.state_words import HOLDS_ZH, STATES_ZH

    row = line.row
    state = "expiring" if line.expiring else line.state
    standing = [out.pick(STATES_ZH[state], state)]
    standing += [out.pick(HOLDS_ZH[hold.value], hold.value) for hold in line.holds]
    until = shown_time(row.not_after)[:10]
    return (row.shield_number, row.common_name, row.organisation, " ".join(standing), until, row.serial)
