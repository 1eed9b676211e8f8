"""Has a token wrap the master keys that stand in the clear: the file's next text is wrapped, the clear one is erased.

The keys are the same, so all that they have sealed still opens. What is wrapped was read back before it takes the
file's name.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mshield.domain.actor import SERVICE
from mshield.keys.errors import MasterKeyInUse
from mshield.keys.sources import CLEAR, EnvironmentKeys, MasterKeyFile
from mshield.store.database.interface import Database
from mshield.store.staff import acts

if TYPE_CHECKING:
    from mshield.keys.hardware.wrapped import WrappedForm  # needs the extra


@dataclass(frozen=True, slots=True)
class Wrapped:
    """Ids of the keys, current one first; whether the token made the wrapping key just now."""

    ids: tuple[bytes, ...]
    made_key: bool


async def wrap_keys(
    db: Database, source: MasterKeyFile | EnvironmentKeys, form: "WrappedForm", *, now: int
) -> Wrapped:
    """Puts the keys of the file, wrapped, in place of themselves. Raises what reading it, or the token, raises.

    Raises MasterKeyInUse where the environment has them: there they would stay in the clear.
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
