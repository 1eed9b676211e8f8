"""`mshield clock`: shows whether the clocks of this machine and the service's processes are trusted; confirms them."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, output_options, table
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.server.runtime.clocks.run_watch import DoubtRow
    from mshield.wire.times import Doubt


@click.group()
def command() -> None:
    """Show whether clocks are trusted, and confirm them (时钟).

    A process whose clock jumps, or differs from the database's by more than half a minute, purges and issues
    nothing until the clocks agree again, or an operator confirms its clock.
    """


@command.command()
@output_options
@click.pass_context
def show(context: click.Context, out: Output) -> None:
    """Show this machine's clock and the processes whose clocks are in doubt. Exit code 1 if there are any."""
    from mshield.server.runtime.clocks.run_watch import look_once, read_doubts
    from mshield.server.runtime.clocks.watch import ClockWatch

    watch = ClockWatch()

    async def run(service: Service) -> "tuple[Doubt | None, list[DoubtRow]]":
        await look_once(service.db, watch)
        return watch.doubt, await read_doubts(service.db, now=watch.database_time)

    doubt, rows = on_service(out, run)
    believed = out.pick("本机时钟可信", "this machine's clock is trusted")
    lines = [_time(watch.wall), believed if doubt is None else out.pick(doubt.zh, doubt.en)]
    if rows:
        lines += table(
            [out.pick("进程", "process"), "", out.pick("开始", "since")],
            [[row.process, out.pick(row.doubt.zh, row.doubt.en), _time(row.since)] for row in rows],
        )
    out.data(
        {
            "time": watch.wall,
            "doubt": _doubt(doubt),
            "processes": [
                {"process": row.process, "doubt": _doubt(row.doubt), "since": row.since} for row in rows
            ],
        },
        lines,
    )
    context.exit(0 if doubt is None and not rows else 1)


@command.command()
@click.option("--yes", is_flag=True, help="Don't ask.")
@output_options
def confirm(out: Output, yes: bool) -> None:
    """Confirm that this machine's clock is right now, after comparing it with another one.

    Each process of the service whose clock shows the same time, within half a minute, continues within two
    seconds. The confirmation is recorded in the audit log. What a wrong time has caused until then is not
    undone, so compare before you confirm.
    """
    from mshield.server.runtime.clocks.run_watch import confirm_clock
    from mshield.server.runtime.clocks.watch import ClockWatch

    watch = ClockWatch()
    if not yes:
        shown = _time(watch.wall)
        click.confirm(
            out.pick(f"现在是 {shown}，对吗？", f"Is the time {shown}?"),
            abort=True,
            err=True,
        )
    was = on_service(out, lambda service: confirm_clock(service.db, watch))
    out.data(
        {"time": watch.wall, "was": _doubt(was)},
        [out.pick(f"已确认：{_time(watch.wall)}", f"Confirmed: {_time(watch.wall)}")],
    )


def _doubt(doubt: "Doubt | None") -> dict[str, object] | None:
    return None if doubt is None else {"reason": doubt.reason, "ahead_ms": doubt.ahead}


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone().isoformat(sep=" ", timespec="seconds")
