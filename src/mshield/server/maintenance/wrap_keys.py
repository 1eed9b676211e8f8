"""Wraps unencrypted master keys with a token: the file's new content is wrapped, the old one is erased.

The keys stay the same, so everything sealed with them still opens. The wrapped file is read back before it
replaces the old one.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database
from mshield.server.keys.errors import MasterKeyInUse
from mshield.server.keys.sources import CLEAR, EnvironmentKeys, MasterKeyFile

if TYPE_CHECKING:
    from mshield.server.keys.hardware.wrapped import WrappedForm  # needs the optional dependency


@dataclass(frozen=True, slots=True)
class Wrapped:
    """Ids of the keys, current one first, and whether the token created the wrapping key just now."""

    ids: tuple[bytes, ...]
    made_key: bool


async def wrap_keys(
    db: Database, source: MasterKeyFile | EnvironmentKeys, form: "WrappedForm", *, now: int
) -> Wrapped:
    """Replaces the keys in the file by their wrapped form.

    Raises: MasterKeyInUse (the keys are in the environment, where they would stay unencrypted), and as
    reading the file or the token.
    """
    if isinstance(source, EnvironmentKeys):
        raise MasterKeyInUse(
            "主密钥在环境变量 MSHIELD_MASTER_KEY 中：请先移到文件 MSHIELD_MASTER_KEY_FILE",
            "the master keys are in MSHIELD_MASTER_KEY: move them to the file MSHIELD_MASTER_KEY_FILE first",
        )
    with source.lock():
        keys = MasterKeyFile(source.path, CLEAR).load()
        made_key = form.make_wrapping_key()
        ids = tuple(key.id for key in keys)
        details = {"wrapped": [key_id.hex() for key_id in ids], "under": form.description()}
        await db.write(
            lambda tx: acts.record(
                tx, by=SERVICE, act="key.wrap_master", subject=ids[0].hex(), details=details, now=now
            )
        )
        MasterKeyFile(source.path, form).replace(keys, erase=True)
    return Wrapped(ids, made_key)
