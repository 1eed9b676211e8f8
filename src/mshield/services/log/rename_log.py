"""Gives the log another name, after its database was set back: what it signed since would contradict what goes on now.

Its entries keep their places. Only the name, and with it the vkey, is another: `shield.example/log`, then
`shield.example/log/2`. Who checked it before sees at once that this is no continuation.
"""

import re
from typing import Final

from mshield.keys.keyring import Keyring
from mshield.keys.log_key import load_log_key
from mshield.pki.errors import LogError
from mshield.pki.tlog.note import Checkpoint, open_checkpoint
from mshield.services.log.errors import LogDamaged
from mshield.store.database.interface import Database
from mshield.store.log import log as store

_NUMBERED: Final = re.compile(r"(.*)/([0-9]+)")


async def rename_log(db: Database, keyring: Keyring, *, now: int) -> str | None:
    """The new vkey; None where there is no log yet. Raises LogDamaged, SealError."""
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
    """`…/log/2` for `…/log`, `…/log/3` for that."""
    match = _NUMBERED.fullmatch(origin)
    return f"{match[1]}/{int(match[2]) + 1}" if match else f"{origin}/2"
