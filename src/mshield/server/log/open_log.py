"""Opens the transparency log: its keys, and its state, which is created if the database has none.

A log has one permanent name (C2SP: origin), taken from the public address when it begins; verifiers identify
it by name and key.
"""

from dataclasses import dataclass

from mshield.pki.tlog.merkle import EMPTY_ROOT
from mshield.pki.tlog.note import Checkpoint, is_key_name
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.log.keys import LogKey, load_log_key
from mshield.server.log.rows import log as store
from mshield.server.settings.site import SiteSettings


@dataclass(frozen=True, slots=True)
class Log:
    """An open log."""

    db: Database
    key: LogKey


async def open_log(
    db: Database, keyring: Keyring, settings: SiteSettings, *, now: int, begin: bool = True
) -> Log:
    """Opens the database's log; without `begin`, doesn't create a missing state. Raises: SealError."""
    state = await store.find_state(db)
    if state is None and begin:
        origin = origin_of(settings.public_origin)
        key = await load_log_key(db, keyring, name=origin, now=now)
        checkpoint = key.sign(Checkpoint(origin, 0, EMPTY_ROOT))
        await store.insert_state(db, origin=origin, checkpoint=checkpoint, now=now)
        state = await store.find_state(db)
    # Fall back to the configured name if the stored one is malformed, since otherwise nothing could be
    # opened; a wrong but well-formed name is detected by the check of the checkpoint.
    is_well_formed = state is not None and is_key_name(state.origin)
    origin = state.origin if state is not None and is_well_formed else origin_of(settings.public_origin)
    return Log(db, await load_log_key(db, keyring, name=origin, now=now))


def origin_of(public_origin: str) -> str:
    """Returns the log's address without its scheme: `shield.example/log` for `https://shield.example/`."""
    return public_origin.partition("://")[2].strip("/") + "/log"
