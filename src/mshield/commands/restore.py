"""`mshield restore`: what an operator must say after the database was restored from an older copy."""

from typing import TYPE_CHECKING

import click

from mshield.commands.parts.output import Output, output_options
from mshield.commands.parts.service import Service, on_service

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
    any phone's one-time value until then, so that nobody is taken for a copy; lifts the holds as a copy that were
    placed since the loss; and skips numbers that may have been used. Once is enough, however many hosts there are.
    A phone that changed its PIN after the copy was made must apply anew. Revocations, holds and certificates of
    that time are forgotten too: have the legal persons repeat them at the portal as soon as the service runs.

    The transparency log goes on under another name, which `mshield log key` prints: publish it.

    Each such restore gives a thief of a phone up to two guesses more.
    """
    from mshield.services.log.errors import LogDamaged
    from mshield.services.log.rename_log import rename_log
    from mshield.services.operations.high_water import declare_restore

    if not yes:
        click.confirm(
            out.pick(
                "所有手机盾将只剩两次 PIN 码机会，且无法撤销。确定吗？",
                "Every shield will have two PIN tries left, and that can't be undone. Go on?",
            ),
            abort=True,
            err=True,
        )

    async def work(service: Service) -> "Declared":
        now = service.now
        try:
            await rename_log(service.db, service.keyring, now=now)
        except LogDamaged as error:
            # Nothing is added to it; the restore must be declared all the same.
            out.say(error.zh, error.en)
        return await declare_restore(service.db, service.settings.high_water_folder, now=now)

    done = on_service(out, work, dated=True)
    out.data(
        {"keys": done.keys, "mark": done.mark, "lifted": done.lifted},
        [
            out.pick(
                f"已声明；涉及 {done.keys} 个密钥，解除误判的疑似复制 {done.lifted} 个",
                f"Declared; {done.keys} keys are restrained, {done.lifted} holds as a copy are lifted",
            )
        ],
    )
