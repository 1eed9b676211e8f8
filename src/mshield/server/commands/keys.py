"""`mshield keys`: creates, shows and changes the master key, under which all secrets in the database are sealed.

Only `generate` prints a key, which is its purpose; no command overwrites one.
"""

from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, output_options, refusing, table
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.server.keys.master import CipherName
    from mshield.server.maintenance.rotate_keys import Rotation

_CIPHER = click.Choice(["aes", "sm4"])
_CIPHER_HELP = "aes is AES-256-GCM, sm4 is SM4-GCM."


@click.group(name="keys")
def command() -> None:
    """Master key: create it, show it, change it (主密钥).

    It is in the file MSHIELD_MASTER_KEY_FILE, where a PKCS#11 token may wrap it, or in the variable
    MSHIELD_MASTER_KEY. Keep a copy separately from the database's backups: without it nothing sealed can be
    opened, and no shield can sign.
    """


@command.command()
@click.option("--cipher", type=_CIPHER, default="aes", show_default=True, help=_CIPHER_HELP)
@click.option(
    "--pkcs11",
    is_flag=True,
    help="Have the token create the key MSHIELD_PKCS11_WRAPPING_KEY if it doesn't exist.",
)
@output_options
def init(out: Output, cipher: "CipherName", pkcs11: bool) -> None:  # click passes booleans
    """Create the master key file with a first key; refused if there is one.

    If MSHIELD_PKCS11_WRAPPING_KEY is set, the token wraps the keys in it.
    """
    from mshield.server.keys.errors import KeysError
    from mshield.server.keys.hardware.devices import Devices
    from mshield.server.keys.master import generate_master_key
    from mshield.server.keys.sources import CLEAR, MasterKeyFile
    from mshield.server.settings.settings import load_settings

    settings = load_settings()
    with refusing(out, KeysError, OSError):
        form = Devices(settings.keys).wrapped_form() if pkcs11 or settings.keys.pkcs11_wrapping_key else None
        file = MasterKeyFile(settings.keys.master_key_file, form or CLEAR)
        file.require_none()
        if form is not None and pkcs11 and form.make_wrapping_key():
            out.say("令牌已生成包裹密钥", "wrapping key created in the token")
        key = generate_master_key(cipher)
        file.create(key)
    out.data(
        {"file": str(file.path), "id": key.id.hex(), "cipher": cipher},
        [out.pick(f"已建立主密钥：{file.path}", f"master key created: {file.path}")],
    )


@command.command()
@click.option("--cipher", type=_CIPHER, default="aes", show_default=True, help=_CIPHER_HELP)
@output_options
def generate(out: Output, cipher: "CipherName") -> None:
    """Print a new key as a line for MSHIELD_MASTER_KEY; nothing is stored.

    Put it before the existing keys in that variable, separated by ';'.
    """
    from mshield.server.keys.master import generate_master_key

    key = generate_master_key(cipher)
    out.data({"id": key.id.hex(), "cipher": cipher, "line": key.line()}, [key.line()])


@command.command()
@output_options
def wrap(out: Output) -> None:
    """Have the PKCS#11 token wrap the master keys of the file; the plaintext keys are erased.

    Stop the service first, set MSHIELD_PKCS11_WRAPPING_KEY and the token's other settings, and keep a copy of
    the plaintext file in a safe, or the token's own backup: losing the token means losing the master key. The
    token creates the wrapping key if it has none. Afterwards replace the keys with `keys rotate` and
    `--drop-old`, because their plaintext may remain on disks and in backups.
    """
    from mshield.server.keys.hardware.devices import Devices
    from mshield.server.keys.keyring import key_source
    from mshield.server.maintenance.wrap_keys import Wrapped, wrap_keys

    async def work(service: Service) -> Wrapped:
        form = Devices(service.settings.keys).wrapped_form()
        return await wrap_keys(service.db, key_source(service.settings.keys), form, now=service.now)

    wrapped = on_service(out, work)
    ids = [key_id.hex() for key_id in wrapped.ids]
    lines = [out.pick("令牌已生成包裹密钥", "wrapping key created in the token")] if wrapped.made_key else []
    lines += [out.pick(f"已包裹主密钥 {key_id}", f"master key {key_id} wrapped") for key_id in ids]
    out.data({"keys": ids, "made_wrapping_key": wrapped.made_key}, lines)


@command.command()
@output_options
def show(out: Output) -> None:
    """Show the IDs of the master keys, and how many values each of them seals."""
    from mshield.server.maintenance.rotate_keys import count_boxes

    async def work(service: Service) -> list[dict[str, object]]:
        keyring = service.keyring
        counts = await count_boxes(service.db, keyring)
        return [
            {
                "id": key.hex(),
                "current": key == keyring.current_id,
                "known": key in keyring.ids,
                "boxes": boxes,
            }
            for key, boxes in counts.items()
        ]

    keys = on_service(out, work)
    state = {
        (True, True): out.pick("当前", "current"),
        (False, True): out.pick("旧", "old"),
        (False, False): out.pick("缺失", "missing"),
    }
    rows = [
        [str(key["id"]), state[bool(key["current"]), bool(key["known"])], str(key["boxes"])] for key in keys
    ]
    out.data(keys, table([out.pick("主密钥", "master key"), "", out.pick("加密数据", "values")], rows))


@command.command()
@click.option(
    "--cipher", type=_CIPHER, help=f"Cipher of the new key; by default that of the old one. {_CIPHER_HELP}"
)
@click.option(
    "--drop-old",
    is_flag=True,
    help="Don't create a new key: remove those from the file that are no longer needed.",
)
@output_options
def rotate(out: Output, cipher: "CipherName | None", drop_old: bool) -> None:
    """Change the master key: add a new one and reseal all values, while the service runs.

    It can be stopped at any time and run again: it continues where it stopped. If the keys are in the
    environment, put the new key first, restart the service, then run this. After a quarter of an hour,
    --drop-old can remove the old keys.
    """
    if drop_old:
        dropped = on_service(out, _drop)
        out.data({"dropped": [key.hex() for key in dropped]}, _dropped_lines(out, dropped))
        return
    rotation = on_service(out, lambda service: _rotate(out, service, cipher))
    out.data(_rotation_data(rotation), _rotation_lines(out, rotation))
    if rotation.remaining:
        raise SystemExit(1)


async def _rotate(out: Output, service: Service, cipher: "CipherName | None") -> "Rotation":
    from mshield.server.keys.keyring import key_source
    from mshield.server.maintenance.rotate_keys import rotate_keys

    counts: dict[str, int] = {}

    def progress(name: str, boxes: int) -> None:
        counts[name] = counts.get(name, 0) + boxes
        out.say(f"{name}：已重新加密 {counts[name]}", f"{name}: {counts[name]} resealed")

    source = key_source(service.settings.keys)
    return await rotate_keys(service.db, source, cipher=cipher, progress=progress, now=service.now)


async def _drop(service: Service) -> tuple[bytes, ...]:
    from mshield.server.keys.errors import MasterKeyInUse
    from mshield.server.keys.keyring import key_source
    from mshield.server.keys.sources import EnvironmentKeys
    from mshield.server.maintenance.rotate_keys import drop_old_keys

    source = key_source(service.settings.keys)
    if isinstance(source, EnvironmentKeys):
        raise MasterKeyInUse(
            "主密钥在环境变量中：mshield keys show 显示旧密钥不再使用后，请自行从 MSHIELD_MASTER_KEY 删去",
            "remove old keys from MSHIELD_MASTER_KEY yourself once `mshield keys show` reports that they seal 0 values",
        )
    return await drop_old_keys(service.db, source, now=service.now)


def _rotation_data(rotation: "Rotation") -> dict[str, object]:
    return {
        "current": rotation.current.hex(),
        "added": rotation.added,
        "resealed": rotation.resealed,
        "total": sum(rotation.resealed.values()),
        "remaining": rotation.remaining,
        "broken": list(rotation.broken),
    }


def _rotation_lines(out: Output, rotation: "Rotation") -> list[str]:
    current, total = rotation.current.hex(), sum(rotation.resealed.values())
    lines = [
        out.pick(f"当前主密钥：{current}", f"current master key: {current}"),
        out.pick(f"重新加密 {total} 项", f"{total} values resealed"),
        *(out.pick(f"无法打开：{row}", f"can't be opened: {row}") for row in rotation.broken),
    ]
    if rotation.remaining:
        left = sum(rotation.remaining.values())
        lines.append(out.pick(f"仍有 {left} 项使用旧密钥", f"{left} values are still sealed under old keys"))
    return lines


def _dropped_lines(out: Output, dropped: tuple[bytes, ...]) -> list[str]:
    if not dropped:
        return [out.pick("没有旧主密钥", "there are no old master keys")]
    lines = [
        out.pick(f"已删除旧主密钥 {key.hex()}", f"old master key {key.hex()} removed") for key in dropped
    ]
    return [
        *lines,
        out.pick("更早的数据库备份仍需要旧密钥", "older database backups still need the old keys"),
    ]
