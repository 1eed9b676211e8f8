"""`mshield migrate`: brings the database's schema up to date."""

import asyncio
import os
from pathlib import Path

import click

from mshield.commands.parts.output import Output, output_options, refusing


@click.command()
@click.option("--check", is_flag=True, help="Only say what is missing; exit 1 if anything is.")
@click.option(
    "--wait",
    type=click.FloatRange(0),
    metavar="SECONDS",
    default=60,
    show_default=True,
    help="How long each migration tries while others use what it changes.",
)
@output_options
@click.pass_context
def command(context: click.Context, out: Output, check: bool, wait: float) -> None:
    """Apply the migrations that the database lacks. Safe to repeat, and to interrupt; run it before the service starts.

    On PostgreSQL the release before this one may go on serving beside it, and serves on the new schema.
    Rows that carry authority are sealed under the master key, once: those that are there when the seals come.
    """
    from mshield.settings import load_settings
    from mshield.store.database.migrate import pending

    url = load_settings().database
    if check:
        _make_place(url)
        missing = pending(url)
        out.data({"pending": missing}, missing or [out.pick("数据库已是最新", "the schema is current")])
        context.exit(1 if missing else 0)
    applied, sealed = bring_up(out, url, wait=wait)
    lines = [*applied, *([out.pick(f"已加封 {sealed} 行", f"{sealed} rows sealed")] if sealed else [])]
    out.data(
        {"applied": applied, "sealed": sealed},
        lines or [out.pick("数据库已是最新", "the schema is current")],
    )


def bring_up(out: Output, url: str, *, wait: float) -> tuple[list[str], int]:
    """The migrations that were applied now, and how many rows were sealed; tells of each, and of waiting."""
    from mshield.store.database.migrate import migrate

    def tell(done: str | None, waited: float) -> None:
        if done is not None:
            out.say(f"已执行 {done}", f"applied {done}")
        else:
            out.say(
                f"数据库正被占用，已等待 {waited:.0f} 秒，稍后再试",
                f"others use the database, for {waited:.0f} s now: trying again",
            )

    _make_place(url)
    return migrate(url, wait_seconds=wait, tell=tell), _seal_earlier(out)


def _make_place(url: str) -> None:
    if url.startswith("sqlite:///"):
        os.umask(0o077)  # names and signed documents stand in the file: it is for its owner alone
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)


def _seal_earlier(out: Output) -> int:
    from mshield.keys.errors import KeysError
    from mshield.keys.keyring import load_keyring
    from mshield.keys.seals import needs_seals
    from mshield.services.operations.seal_earlier import seal_earlier
    from mshield.services.process.clock import wall_clock
    from mshield.settings import load_settings
    from mshield.store.database.interface import StoreError
    from mshield.store.database.opening import opened_database

    def progress(table: str, rows: int) -> None:
        out.say(f"加封 {table}：{rows} 行", f"sealing {table}: {rows} rows")

    async def run() -> int:
        settings = load_settings()
        async with opened_database(settings.database, pool_size=1) as db:
            if not await needs_seals(db):
                return 0
            return await seal_earlier(db, load_keyring(settings), progress=progress, now=wall_clock())

    with refusing(out, KeysError, StoreError):
        return asyncio.run(run())
