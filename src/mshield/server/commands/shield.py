"""`mshield shield`: finds shields of all enterprises; two people can stop one if its legal representative can't."""

from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, output_options, shown_time, table
from mshield.server.commands.parts.number_search import by_number, record
from mshield.server.commands.parts.second_person import SERVING, confirmed_by, second_person_option
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mshield.server.certificates.search import FoundLine

# Defined here, so that `--help` needs no server packages.
_CAUSES = ("unspecified", "key_compromise", "affiliation_changed", "superseded", "cessation_of_operation")
_SHOWN = 18  # Maximum length of a masked number.
_STATES = ("issued", "active", "pin_locked", "expiring", "expired", "superseded", "revoked")


@click.group(name="shield")
def command() -> None:
    """Find shields; suspend, resume or revoke one whose legal representative has left, has died or is locked out.

    Stopping one requires two people, as in the console: --second-person names the other one, who
    confirms it by a one-time code and is recorded in the audit log. Holder and enterprise are notified.
    """


def _add(name: str, sentence: str) -> None:
    @command.command(name=name, help=sentence)
    @click.argument("number")
    @click.option(
        "--evidence",
        required=True,
        help="Evidence examined: kind of document, its number, where it is stored.",
    )
    @click.option("--reason", required=True, help="Reason, shown to holder and enterprise.")
    @second_person_option("the second person, who has seen the evidence")
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
            from mshield.server.legal_person.stop import StopShields

            confirmed = await confirmed_by(out, service, second_person, SERVING)

            async def stop() -> bool:
                await StopShields(service.db).at_the_server(
                    f"shield.{name}",
                    number,
                    {"evidence": evidence} | ({} if cause is None else {"cause": cause}),
                    reason=reason,
                    second_person=confirmed,
                    now=service.now,
                )
                return True

            # A refusal says whether the shield exists, and its state.
            await by_number(
                service, stop, kind="certificates", number=number[-_SHOWN:], subjects=lambda _: ()
            )

        on_service(out, work)
        out.data({"shield_number": number, "act": ctx.info_name}, [])
        out.say("已办理", "Done")

    if name == "revoke":
        cause = click.option("--cause", type=click.Choice(_CAUSES), default="unspecified", show_default=True)
        cause(act)


_add(
    "suspend", "Suspend the shield NUMBER 暂停: it can't log in or sign until two people lift the suspension."
)
_add("resume", "Lift the suspension of the shield NUMBER 恢复.")
_add("revoke", "Revoke the shield NUMBER 作废 permanently.")


@command.command(name="find")
@click.argument("words", required=False, default="")
@click.option(
    "--state", type=click.Choice(_STATES), help="State; expiring means that less than half a year is left."
)
@click.option("--most", type=click.IntRange(1, 100), default=20, show_default=True)
@output_options
def find(out: Output, words: str, *, state: str | None, most: int) -> None:
    """Find certificates of all enterprises by WORDS, newest first.

    WORDS is a shield number, a serial number or a credit code; the last four or more digits (尾号) of a shield,
    phone or ID number; the beginning of a name, or what follows its first character; or two or more
    characters of an enterprise's name.
    """

    async def work(service: Service) -> "list[FoundLine]":
        from dataclasses import replace
        from zoneinfo import ZoneInfo

        from mshield.server.authorities.authority import load_authorities
        from mshield.server.authorities.chains import Chains
        from mshield.server.certificates.search import FindCertificates, FoundLine
        from mshield.server.certificates.words import read_words
        from mshield.server.keys.secrets import load_lookup_key

        authorities = await load_authorities(service.db, service.keyring, service.engine)
        lookup = await load_lookup_key(service.db, service.keyring, now=service.now)
        zone = ZoneInfo(service.settings.site.time_zone)
        search = FindCertificates(service.db, service.keyring, lookup, Chains(service.db, authorities), zone)
        terms, end = read_words(words)
        number = terms.shield_number if end is None else end.text

        async def page() -> list[FoundLine]:
            lines, _ = await search.page(replace(terms, state=state), end=end, limit=most, now=service.now)
            return lines

        if number is not None:
            return await by_number(service, page, kind="certificates", number=number, subjects=_people_of)
        lines = await page()
        await record(service, "certificates", _people_of(lines))
        return lines

    lines = on_service(out, work)
    heads = (
        ("手机盾号", "姓名", "企业", "状态", "有效期至", "序列号")
        if out.lang == "zh"
        else ("shield number", "name", "enterprise", "state", "valid until", "serial")
    )
    out.data([_found(line) for line in lines], table(heads, [_row(out, line) for line in lines]))


def _people_of(lines: "Iterable[FoundLine]") -> list[str]:
    return [line.row.person_id for line in lines]


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
    from mshield.wire.state_words import HOLDS_ZH, STATES_ZH

    row = line.row
    state = "expiring" if line.expiring else line.state
    standing = [out.pick(STATES_ZH[state], state)]
    standing += [out.pick(HOLDS_ZH[hold.value], hold.value) for hold in line.holds]
    until = shown_time(row.not_after)[:10]
    return (row.shield_number, row.common_name, row.organisation, " ".join(standing), until, row.serial)
