"""`mshield migrate`: brings the database's schema up to date."""

import os
from pathlib import Path

import click

from mshield.cli.parts.output import Output, output_options


@click.command()
@click.option("--check", is_flag=True, help="Only list missing migrations; exit 1 if there are any.")
@click.option(
    "--wait",
    type=click.FloatRange(0),
    metavar="SECONDS",
    default=60,
    show_default=True,
    help="How long each migration retries while others use the tables that it changes.",
)
@output_options
@click.pass_context
def command(context: click.Context, out: Output, check: bool, wait: float) -> None:
    """Apply the migrations that the database lacks. Safe to repeat and to interrupt; run it before the service starts.

    On PostgreSQL the previous release can keep serving during the migration, and afterwards on the new schema.
    """
    from mshield.server.database.migrate import pending
    from mshield.server.settings.settings import load_settings

    url = load_settings().database.url
    if check:
        _make_place(url)
        missing = pending(url)
        out.data({"pending": missing}, missing or [out.pick("数据库已是最新", "the schema is current")])
        context.exit(1 if missing else 0)
    applied = apply_missing(out, url, wait=wait)
    out.data({"applied": applied}, applied or [out.pick("数据库已是最新", "the schema is current")])


def apply_missing(out: Output, url: str, *, wait: float) -> list[str]:
    """Applies the missing migrations and returns them. Prints each one, and a message while waiting."""
    from mshield.server.database.migrate import migrate

    def on_progress(done: str | None, waited: float) -> None:
        if done is not None:
            out.say(f"已执行 {done}", f"applied {done}")
        else:
            out.say(
                f"数据库正被占用，已等待 {waited:.0f} 秒，稍后再试",
                f"the database has been busy for {waited:.0f} s: trying again",
            )

    _make_place(url)
    return migrate(url, wait_seconds=wait, on_progress=on_progress)


def _make_place(url: str) -> None:
    if url.startswith("sqlite:///"):
        os.umask(0o077)  # The file contains names and signed documents, so only its owner may read it.
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
