"""`mshield people`: what is done with a person's data at their own request."""

from typing import TYPE_CHECKING

import click

from mshield.commands.parts.output import Output, output_options
from mshield.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.services.operations.erase_person import Erasure, Part


@click.group()
def command() -> None:
    """Erase a person's data, where no law keeps them (个人信息)."""


@command.command()
@click.argument("who", metavar="ACCOUNT")
@click.option(
    "--second-person", metavar="NAME", help="Who has checked with you that the person asked for it."
)
@click.option("--reason", help="How they asked, such as the letter's number; it stands in the log.")
@click.option("--dry-run", is_flag=True, help="Only say what would be erased, and what stays and why.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@output_options
def erase(
    out: Output, *, who: str, second_person: str | None, reason: str | None, dry_run: bool, yes: bool
) -> None:
    """Erase what no law keeps of ACCOUNT, by its id or phone number (个人信息保护法 art. 47). It can't be undone.

    Contents of what it signed, as far as its business systems have had a day to fetch them, notices, SMS and ended
    logins; of somebody who never had a certificate the account too. Signatures and certificates stay. Two people
    decide; it stands in the acts and in the log.
    """
    from mshield.domain.identity import normalise_name
    from mshield.keys.secrets import load_lookup_key
    from mshield.services.operations.erase_person import ErasePerson

    if not dry_run and (second_person is None or reason is None):
        raise click.UsageError("Say --second-person and --reason, or --dry-run.")
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
        account = await person.find(who)
        if dry_run:
            return await person.foresee(account, now=service.now)
        return await person(
            account,
            second_person=normalise_name(second_person or ""),
            reason=reason or "",
            now=service.now,
        )

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


def _data(out: Output, part: "Part") -> dict[str, object]:
    why = out.pick(part.why_zh, part.why_en)
    return {"name": part.name, "what": out.pick(part.zh, part.en)} | (
        {"why": why} if why else {"rows": part.rows}
    )
