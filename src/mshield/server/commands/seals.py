"""`mshield seals`: keyed seals of the rows that define identities and permissions."""

from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, output_options
from mshield.server.commands.parts.findings import finding_data, finding_lines, log_findings
from mshield.server.commands.parts.second_person import confirmed_by, second_person_option
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.server.log.findings import Finding


@click.group(name="seals")
def command() -> None:
    """Check the seals of the database's rows, and reseal a changed row (封条).

    Whoever writes to the database without the master key can't create a seal: a row that they changed has no
    effect any more. `mshield log verify` checks the seals too, with everything else.
    """


@command.command()
@output_options
@click.pass_context
def check(context: click.Context, out: Output) -> None:
    """Check all seals. Exit code 1 if a row was changed, rolled back or removed; lists each of them."""
    from mshield.server.log.verify_seals import check_seals

    async def run(service: Service) -> "list[Finding]":
        return [finding async for finding in check_seals(service.db)]

    findings = on_service(out, run)
    log_findings("seals check", findings)
    message = out.pick("所有封条完好", "All seals are intact")
    out.data(
        {"holds": not findings, "findings": finding_data(findings)},
        finding_lines(out, findings) if findings else [message],
    )
    context.exit(1 if findings else 0)


@command.command()
@click.argument("table")
@click.argument("key")
@second_person_option("a second security officer, who has checked the row with you")
@click.option("--reason", required=True, help="Reason why the row is correct as it is; recorded in the log.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@output_options
def accept(  # One parameter for each option.
    out: Output, *, table: str, key: str, second_person: str, reason: str, yes: bool
) -> None:
    """Seal the row KEY of TABLE as it is now, for example after a manual repair. It can't be undone.

    First two people check every column against a backup: the row may have been changed by somebody else.
    `mshield seals check` prints table and key.
    """
    from mshield.server.maintenance.accept_row import accept_row

    if not yes:
        click.confirm(
            out.pick(
                f"{table} {key} 将按现在的内容重新加封，此后它重新作数，且无法撤销。两个人都核对过每一列吗？",
                f"{table} {key} will be resealed as it is and become valid again. This can't be undone."
                " Have two people checked every column?",
            ),
            abort=True,
            err=True,
        )

    async def run(service: Service) -> None:
        await accept_row(
            service.db,
            table,
            key,
            second_person=await confirmed_by(out, service, second_person),
            reason=reason,
            now=service.now,
        )

    on_service(out, run)
    out.data({"table": table, "key": key}, [out.pick(f"已加封：{table} {key}", f"sealed: {table} {key}")])
