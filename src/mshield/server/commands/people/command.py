"""`mshield people`: operations on a person's data at their own request."""

from functools import partial
from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, output_options
from mshield.server.commands.parts.number_search import by_number, record
from mshield.server.commands.parts.second_person import SERVING, confirmed_by, second_person_option
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.server.retention.erase_person import DataPartMessage, Erasure


@click.group()
def command() -> None:
    """Erase a person's data, except what a law requires to be kept (个人信息)."""


@command.command()
@click.argument("who", metavar="ACCOUNT")
@second_person_option("a second person, who has also verified the person's request", required=False)
@click.option("--reason", help="Evidence of the request, such as the letter's number; recorded in the log.")
@click.option("--dry-run", is_flag=True, help="Only report what would be erased, and what is kept and why.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@output_options
def erase(
    out: Output, *, who: str, second_person: str | None, reason: str | None, dry_run: bool, yes: bool
) -> None:
    """Erase the data of ACCOUNT (ID or phone number) that no law requires (个人信息保护法 art. 47). It can't be undone.

    This includes contents of what it signed, once its business systems have had a day to fetch them, notices,
    SMS and ended logins, and the account itself if it never had a certificate. Signatures and certificates
    stay. Two people decide; the decision is recorded in the audit log and in the transparency log.
    """
    from mshield.server.keys.secrets import load_lookup_key
    from mshield.server.retention.erase_person import ErasePerson, by_command
    from mshield.server.values.lines import checked_reason
    from mshield.wire.ids import is_id

    if not dry_run and (second_person is None or reason is None):
        raise click.UsageError("Give --second-person and --reason, or --dry-run.")
    if not dry_run and not yes:
        click.confirm(
            out.pick(
                f"将删除 {who} 的个人信息，且无法恢复。继续吗？",
                f"Erase the data of {who}? It can't be undone.",
            ),
            abort=True,
            err=True,
        )

    async def run(service: Service) -> "Erasure":
        lookup = await load_lookup_key(service.db, service.keyring, now=service.now)
        person = ErasePerson(service.db, service.keyring, lookup)
        find = partial(person.find, who)
        account = (
            await find()
            if is_id(who)
            else await by_number(
                service, find, kind="accounts", number=who, subjects=lambda found: [found.id]
            )
        )
        if dry_run:
            await record(service, "erasure", [account.id])
            return await person.preview(account, now=service.now)
        checked_reason(reason or "")
        second = await confirmed_by(out, service, second_person or "", SERVING)
        order = by_command(second_person=second, reason=reason or "")
        return await person(account, order, now=service.now)

    erasure = on_service(out, run, dated=True)
    erased, kept = out.pick("删除", "erased"), out.pick("保留", "kept")
    data = {
        "account": erasure.account_id,
        "dry_run": dry_run,
        "erased": [_data(out, part) for part in erasure.erased],
        "kept": [_data(out, part) for part in erasure.kept],
    }
    lines = [f"{erased}  {out.pick(part.zh, part.en)}: {part.rows}" for part in erasure.erased]
    lines += [
        f"{kept}  {out.pick(part.zh, part.en)}  ({out.pick(part.why_zh, part.why_en)})"
        for part in erasure.kept
    ]
    out.data(data, lines)


def _data(out: Output, part: "DataPartMessage") -> dict[str, object]:
    why = out.pick(part.why_zh, part.why_en)
    return {"name": part.name, "what": out.pick(part.zh, part.en)} | (
        {"why": why} if why else {"rows": part.rows}
    )
