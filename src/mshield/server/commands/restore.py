"""`mshield restore`: an operator's declaration after the database was restored from an older copy."""

from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, output_options
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.server.restore.high_water import Declared


@click.group()
def command() -> None:
    """Declare that the database was restored from a backup 数据库恢复."""


@command.command()
@click.option("--yes", is_flag=True, help="Don't ask.")
@output_options
def declare(out: Output, yes: bool) -> None:
    """Declare that the database was restored from an older copy. This can't be undone.

    The service refuses to start on such a database, because it has forgotten used PIN attempts and one-time
    values. The declaration counts three wrong PINs for each key, so that two attempts are left until its next
    success; accepts any phone's one-time value until then, so that no phone is mistaken for a copy; lifts
    holds for suspected copies placed since the loss; and skips numbers that may have been used. One
    declaration is enough for all hosts. Nothing is declared while `mshield seals check` has findings.

    A phone whose PIN was changed after the copy was made must apply again. Revocations, holds and
    certificates of that time are forgotten too: have the legal representatives repeat them at the portal as
    soon as the service runs. The transparency log continues under another name, which `mshield log key`
    prints: publish it. Each such restore allows the thief of a phone up to two more PIN guesses.
    """
    from mshield.server.log.damage import LogDamaged
    from mshield.server.log.rename_log import rename_log
    from mshield.server.restore.high_water import declare_restore, require_sealed

    if not yes:
        click.confirm(
            out.pick(
                "所有手机盾将只剩两次 PIN 码机会，且无法撤销。确定吗？",
                "Every shield will have two PIN attempts left. This can't be undone. Continue?",
            ),
            abort=True,
            err=True,
        )

    async def work(service: Service) -> "Declared":
        now = service.now
        await require_sealed(service.db)
        try:
            await rename_log(service.db, service.keyring, now=now)
        except LogDamaged as error:
            # The damaged log is left unchanged; the restore must be declared nevertheless.
            out.say(error.zh, error.en)
        return await declare_restore(service.db, service.settings.database.high_water_folder, now=now)

    done = on_service(out, work, dated=True)
    out.data(
        {"keys": done.keys, "mark": done.mark, "lifted": done.lifted},
        [
            out.pick(
                f"已声明；涉及 {done.keys} 个密钥，解除误判的疑似复制 {done.lifted} 个",
                f"Declared; {done.keys} keys restricted, {done.lifted} holds for suspected copies lifted",
            )
        ],
    )
