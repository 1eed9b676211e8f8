"""`mshield database`: moves the service's data to another database."""

import asyncio
from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, output_options, refusing, table
from mshield.server.commands.parts.findings import finding_data, finding_lines, log_findings

if TYPE_CHECKING:
    from mshield.server.maintenance.copy_database import Moved

_EACH = 20_000
"""Number of rows between two progress messages."""


@click.group()
def command() -> None:
    """Move the data from SQLite to PostgreSQL (数据库)."""


@command.command()
@click.option(
    "--to",
    "target",
    required=True,
    envvar="MSHIELD_COPY_TO",
    metavar="URL",
    help=(
        "postgresql://USER@HOST/NAME, as the owner of its tables; if it contains a password, set "
        "MSHIELD_COPY_TO instead."
    ),
)
@output_options
@click.pass_context
def copy(context: click.Context, out: Output, target: str) -> None:
    """Copy MSHIELD_DATABASE, an SQLite database, into a new PostgreSQL on which `mshield migrate` has run.

    The copy is all or nothing: each row is compared before the commit, then the copy's log and seals are
    verified; exit code 1 if that fails. The source is only read. Before, stop the service or make it
    read-only (MSHIELD_READ_ONLY=true): concurrent writes abort the copy. Afterwards set MSHIELD_DATABASE to
    the new database and start the service; once it is in use, no service starts on the old file any more.
    """
    from mshield.server.database.interface import StoreError
    from mshield.server.keys.errors import KeysError
    from mshield.server.keys.keyring import load_keyring
    from mshield.server.maintenance.copy_database import move_database
    from mshield.server.runtime.clocks.clock import wall_clock
    from mshield.server.settings.settings import load_settings

    reported: dict[str, int] = {}

    def progress(step: str, name: str, done: int, total: int) -> None:
        if done < total and done - reported.get(f"{step} {name}", 0) < _EACH:
            return
        reported[f"{step} {name}"] = done
        out.say(
            f"{'复制' if step == 'copy' else '核对'} {name}：{done}/{total}",
            f"{'copied' if step == 'copy' else 'compared'} {name}: {done} of {total}",
        )

    async def run() -> "Moved":
        settings = load_settings()
        return await move_database(
            settings, load_keyring(settings.keys), target, progress=progress, now=wall_clock()
        )

    with refusing(out, KeysError, StoreError):
        moved = asyncio.run(run())
    findings = moved.report.findings
    log_findings("log verify", findings)
    rows = sum(one.rows for one in moved.tables)
    lines = table(
        [out.pick("表", "table"), out.pick("行", "rows"), "SHA-256"],
        [[one.name, str(one.rows), one.digest] for one in moved.tables if one.rows],
    )
    lines.append(out.pick(f"已复制并逐行核对 {rows} 行", f"{rows} rows copied and compared"))
    lines += (
        finding_lines(out, findings) if findings else [out.pick("日志与数据库一致", "Log and database agree")]
    )
    out.data(
        {
            "tables": [{"name": one.name, "rows": one.rows, "sha256": one.digest} for one in moved.tables],
            "rows": rows,
            "holds": moved.report.holds,
            "findings": finding_data(findings),
        },
        lines,
    )
    context.exit(0 if moved.report.holds else 1)
