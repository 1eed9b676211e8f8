"""Renaming of the log after its database was restored to an older copy.

The checkpoints signed after that copy was made would contradict those signed from now on. Entries keep their
indexes. Only the name changes, and with it the vkey: `shield.example/log`, then `shield.example/log/2`. So
verifiers of the old log see at once that this isn't a continuation of it.
"""

import re
from typing import Final

from mshield.pki.errors import LogError
from mshield.pki.tlog.note import Checkpoint, open_checkpoint
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.log.damage import LogDamaged
from mshield.server.log.keys import load_log_key
from mshield.server.log.rows import log as store

_NUMBERED: Final = re.compile(r"(.*)/([0-9]+)")


async def rename_log(db: Database, keyring: Keyring, *, now: int) -> str | None:
    """Renames the log and returns the new vkey; None if there is no log yet. Raises: LogDamaged, SealError."""
    state = await store.find_state(db)
    if state is None:
        return None
    try:
        old = await load_log_key(db, keyring, name=state.origin, now=now)
        checkpoint = open_checkpoint(state.checkpoint, old.verifier)
    except LogError as error:
        raise LogDamaged(str(error)) from error
    key = await load_log_key(db, keyring, name=next_name(state.origin), now=now)
    note = key.sign(Checkpoint(key.verifier.name, checkpoint.size, checkpoint.root))
    renamed = await store.rename(db, old=state.origin, origin=key.verifier.name, checkpoint=note, now=now)
    return str(key.verifier) if renamed else None


def next_name(origin: str) -> str:
    """Returns `…/log/2` for `…/log`, and `…/log/3` for that."""
    match = _NUMBERED.fullmatch(origin)
    return f"{match[1]}/{int(match[2]) + 1}" if match else f"{origin}/2"
