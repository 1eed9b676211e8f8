"""Opens the transparency log: its keys, and its state, made when the database has none.

A log has one name (C2SP: origin) for life, taken from the public address when it begins; who checks it knows it by name
and key.
"""

from dataclasses import dataclass

from mshield.keys.keyring import Keyring
from mshield.keys.log_key import LogKey, load_log_key
from mshield.pki.tlog.merkle import EMPTY_ROOT
from mshield.pki.tlog.note import Checkpoint, is_key_name
from mshield.settings import Settings
from mshield.store.database.interface import Database
from mshield.store.log import log as store


@dataclass(frozen=True, slots=True)
class Log:
    """An open log."""

    db: Database
    key: LogKey


async def open_log(
    db: Database, keyring: Keyring, settings: Settings, *, now: int, begin: bool = True
) -> Log:
    """The log of this database; without `begin`, one that has no state yet stays so. Raises SealError."""
    state = await store.find_state(db)
    if state is None and begin:
        origin = origin_of(settings.public_origin)
        key = await load_log_key(db, keyring, name=origin, now=now)
        checkpoint = key.sign(Checkpoint(origin, 0, EMPTY_ROOT))
        await store.insert_state(db, origin=origin, checkpoint=checkpoint, now=now)
        state = await store.find_state(db)
    # Under a bad name nothing could be opened; under another one the checkpoint tells.
    named = state is not None and is_key_name(state.origin)
    origin = state.origin if state is not None and named else origin_of(settings.public_origin)
    return Log(db, await load_log_key(db, keyring, name=origin, now=now))


def origin_of(public_origin: str) -> str:
    """`shield.example/log` for `https://shield.example/`: the log's address without its scheme."""
    return public_origin.partition("://")[2].strip("/") + "/log"
