"""`mshield migrate`: brings the database's schema up to date."""

import os
from pathlib import Path

import click

from mshield.commands.parts.output import Output, output_options


@click.command()
@click.option("--check", is_flag=True, help="Only say what is missing; exit 1 if anything is.")
@output_options
@click.pass_context
def command(context: click.Context, out: Output, check: bool) -> None:
    """Apply the migrations that the database lacks. Safe to repeat; run it before the service is started."""
    from mshield.settings import load_settings
    from mshield.store.database.migrate import migrate, pending

    url = load_settings().database
    if url.startswith("sqlite:///"):
        os.umask(0o077)  # names and signed documents stand in the file: it is for its owner alone
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    if check:
        missing = pending(url)
        out.data({"pending": missing}, missing or [out.pick("数据库已是最新", "the schema is current")])
        context.exit(1 if missing else 0)
    applied = migrate(url)
    out.data({"applied": applied}, applied or [out.pick("数据库已是最新", "the schema is current")])
