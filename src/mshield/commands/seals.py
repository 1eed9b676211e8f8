"""`mshield seals`: the keyed seals of the rows that decide who somebody is and what they may do."""

from typing import TYPE_CHECKING

import click

from mshield.commands.parts.findings import finding_data, finding_lines, tell_findings
from mshield.commands.parts.output import Output, output_options
from mshield.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.services.log.findings import Finding


@click.group(name="seals")
def command() -> None:
    """Check the seals of the database's rows, and take one for right again (封条).

    Whoever writes to the database without the master key can make no seal: a row that they changed decides nothing any
    more. `mshield log verify` checks the seals too, with all else.
    """


@command.command()
@output_options
@click.pass_context
def check(context: click.Context, out: Output) -> None:
    """Check all seals. Exit code 1, and each row that was changed, set back or taken away, where one is."""
    from mshield.services.log.verify_seals import check_seals

    async def run(service: Service) -> "list[Finding]":
        return [finding async for finding in check_seals(service.db)]

    findings = on_service(out, run)
    tell_findings("seals check", findings)
    whole = out.pick("所有封条完好", "All seals are whole")
    out.data(
        {"holds": not findings, "findings": finding_data(findings)},
        finding_lines(out, findings) if findings else [whole],
    )
    context.exit(1 if findings else 0)


@command.command()
@click.argument("table")
@click.argument("key")
@click.option("--second-person", required=True, metavar="NAME", help="Who has looked at the row with you.")
@click.option("--reason", required=True, help="Why the row is right as it stands; it stands in the log.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@output_options
def accept(  # one value for each option
    out: Output, *, table: str, key: str, second_person: str, reason: str, yes: bool
) -> None:
    """Seal the row KEY of TABLE as it stands now, such as after an errand by hand. It can't be undone.

    Two people look at every column first, beside a backup: whoever changed the row may be somebody else. `mshield seals
    check` names table and key.
    """
    from mshield.domain.identity import normalise_name
    from mshield.services.operations.accept_row import accept_row

    if not yes:
        click.confirm(
            out.pick(
                f"{table} {key} 将按现在的内容重新加封，此后它重新作数，且无法撤销。两个人都核对过每一列吗？",
                f"{table} {key} will be sealed as it stands and count again, and that can't be undone."
                " Have two people looked at every column?",
            ),
            abort=True,
            err=True,
        )

    async def run(service: Service) -> None:
        await accept_row(
            service.db,
            table,
            key,
            second_person=normalise_name(second_person),
            reason=reason,
            now=service.now,
        )

    on_service(out, run)
    out.data({"table": table, "key": key}, [out.pick(f"已加封：{table} {key}", f"sealed: {table} {key}")])
