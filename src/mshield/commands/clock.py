"""`mshield clock`: whether the clocks of this machine and of the service's processes are believed; confirming them."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from mshield.commands.parts.output import Output, output_options, table
from mshield.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.domain.times import Doubt
    from mshield.services.process.keep_clock import DoubtRow


@click.group()
def command() -> None:
    """Show whether clocks are believed, and confirm them (时钟).

    A process whose clock jumps, or differs from the database's by more than half a minute, purges and issues nothing
    until the clock agrees again, or somebody confirms it.
    """


@command.command()
@output_options
@click.pass_context
def show(context: click.Context, out: Output) -> None:
    """Show this machine's clock and the processes that doubt theirs. Exit code 1 where there is a doubt."""
    from mshield.services.process.clock_watch import ClockWatch
    from mshield.services.process.keep_clock import look_once, read_doubts

    watch = ClockWatch()

    async def run(service: Service) -> "tuple[Doubt | None, list[DoubtRow]]":
        await look_once(service.db, watch)
        return watch.doubt, await read_doubts(service.db, now=watch.database_time)

    doubt, rows = on_service(out, run)
    believed = out.pick("本机时钟可信", "this machine's clock is believed")
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
    """Say that this machine's clock is right now, after looking at another one.

    Each process of the service that shows the same time, within half a minute, goes on within two seconds. It stands in
    the acts. What a wrong time made meanwhile is not taken back: compare before you say yes.
    """
    from mshield.services.process.clock_watch import ClockWatch
    from mshield.services.process.keep_clock import confirm_clock

    watch = ClockWatch()
    if not yes:
        shown = _time(watch.wall)
        click.confirm(
            out.pick(f"现在是 {shown}，对吗？", f"Is it {shown} now?"),
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
