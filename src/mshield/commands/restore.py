"""`mshield restore`: what an operator must say after the database was restored from an older copy."""

import asyncio
import time
from typing import TYPE_CHECKING

import click

from mshield.commands.parts.output import Output, output_options, refusing

if TYPE_CHECKING:
    from mshield.services.operations.high_water import Declared


@click.group()
def command() -> None:
    """After a restore of the database 数据库恢复."""


@command.command()
@click.option("--yes", is_flag=True, help="Don't ask.")
@output_options
def declare(out: Output, yes: bool) -> None:
    """Declare that the database was restored from an older copy. This can't be undone.

    The service refuses to start on such a database, since spent PIN attempts and one-time values are forgotten in it.
    The declaration counts three wrong PINs for each key, so that two tries are left until its next success; accepts
    any phone's one-time value until then, so that nobody is taken for a copy; and skips numbers that may have been
    used. A phone that changed its PIN after the copy was made must apply anew. Revocations, holds and certificates of
    that time are forgotten too: have the legal persons repeat them at the portal as soon as the service runs.

    The transparency log goes on under another name, which `mshield log key` prints: publish it.

    Each such restore gives a thief of a phone up to two guesses more.
    """
    from mshield.gateways.high_water_file import BadHighWaterFile
    from mshield.keys.errors import KeysError
    from mshield.keys.keyring import load_keyring
    from mshield.main import StartRefused, opened_database
    from mshield.services.log.errors import LogDamaged
    from mshield.services.log.rename_log import rename_log
    from mshield.services.operations.high_water import declare_restore
    from mshield.settings import load_settings
    from mshield.store.database.interface import StoreError

    if not yes:
        click.confirm(
            out.pick(
                "所有手机盾将只剩两次 PIN 码机会，且无法撤销。确定吗？",
                "Every shield will have two PIN tries left, and that can't be undone. Go on?",
            ),
            abort=True,
            err=True,
        )

    async def run() -> "Declared":
        settings = load_settings()
        keyring, now = load_keyring(settings), time.time_ns() // 1_000_000
        async with opened_database(settings) as db:
            try:
                await rename_log(db, keyring, now=now)
            except LogDamaged as error:
                out.say(
                    error.zh, error.en
                )  # nothing is added to it; the restore must be declared all the same
            return await declare_restore(db, settings.high_water_folder, now=now)

    with refusing(out, StartRefused, StoreError, BadHighWaterFile, KeysError):
        done = asyncio.run(run())
    out.data(
        {"keys": done.keys, "mark": done.mark},
        [out.pick(f"已声明；涉及 {done.keys} 个密钥", f"Declared; {done.keys} keys are restrained")],
    )
