"""`mshield retention`: how long what is kept, what the job has erased so far, and what its next run would erase."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from mshield.commands.parts.output import Output, output_options, table
from mshield.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.services.operations.retention import Foreseen


@click.command()
@click.option("--dry-run", is_flag=True, help="Count what the next run would erase. Nothing is changed.")
@output_options
def command(out: Output, dry_run: bool) -> None:
    """Show what the job `retention` has erased of each kind so far, and from when on it does (保存期限).

    How long what is kept, and why, is told in docs/retention.md; the lengths are settings, MSHIELD_KEEP_….
    """
    from mshield.services.operations.retention import foresee

    async def run(service: Service) -> "list[Foreseen]":
        return await foresee(service.db, service.settings, now=service.now, counting=dry_run)

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
