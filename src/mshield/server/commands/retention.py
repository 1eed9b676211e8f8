"""`mshield retention`: retention periods, what the job has erased so far, and what its next run would erase."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, output_options, table
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.server.retention.sweep import Preview


@click.command()
@click.option(
    "--dry-run", is_flag=True, help="Count what the next run would erase, without changing anything."
)
@output_options
def command(out: Output, dry_run: bool) -> None:
    """Show how much of each kind of data the job `retention` has erased, and up to which time (保存期限).

    docs/retention.md explains the retention periods; they are settings, MSHIELD_KEEP_….
    """
    from mshield.server.retention.sweep import preview

    async def run(service: Service) -> "list[Preview]":
        return await preview(service.db, service.settings, now=service.now, counting=dry_run)

    kinds = on_service(out, run)
    data = [
        {
            "kind": one.kind.value,
            "what": out.pick(one.kind.zh, one.kind.en),
            "erased": one.erased,
            "begins_at": _time(one.begins_at),
            **({} if one.due is None else {"due": one.due.rows, "due_octets": one.due.octets}),
        }
        for one in kinds
    ]
    headers = ["kind", out.pick("内容", "what"), out.pick("已删除", "erased"), out.pick("开始", "begins")]
    if dry_run:
        headers += [out.pick("下次将删除", "next run"), out.pick("字节", "octets")]
    out.data(data, table(headers, [[str(value) for value in one.values()] for one in data]))


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")
