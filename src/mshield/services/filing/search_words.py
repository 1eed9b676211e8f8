"""What people, accounts and enterprises are searched by: kept bit by bit for what is new, or of before (ADR 95)."""

import logging
from dataclasses import dataclass
from typing import Final

from mshield.domain.id_numbers import ACCOUNT_BOX, END, FILING_BOX, LOOKUP_END
from mshield.domain.identity import normalise_id_number
from mshield.keys.errors import KeysError
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.store.accounts import search as accounts
from mshield.store.database.interface import Database, StoreError, Tx
from mshield.store.database.people_lists import WithoutEnd
from mshield.store.filing import search_words as store

_log = logging.getLogger(__name__)

BATCH: Final = 200
_MOST: Final = 20_000
"""What one run does at most, in some ten seconds: other writers have their turn after each batch."""

_UNREADABLE: Final = b""
"""Stands for an end where the box doesn't open, or the number was erased: no hash is like it, nobody looks again."""


def end_hash(lookup: LookupKey, id_number: str) -> bytes:
    """The keyed hash of an id number's last four characters, or of all of a shorter one; 32 bytes."""
    return lookup.lookup_hash(LOOKUP_END, normalise_id_number(id_number)[-END:])


async def analyse(db: Database, *, rows: int) -> None:
    """Has PostgreSQL look at what there is to search, where this many rows are new; they stay, if that fails."""
    try:
        await store.analyse(db, rows=rows)
    except StoreError as error:
        _log.warning("the tables of a search could not be analysed: %s", type(error).__name__)


@dataclass(frozen=True, slots=True)
class KeepSearchWords:
    """Writes what the search needs for enterprises, people and accounts that have none of it."""

    db: Database
    keyring: Keyring
    lookup: LookupKey

    async def __call__(self) -> int:
        """How many there were. May be cut short anywhere."""
        done = 0
        for work in (self._some_enterprises, self._some_people, self._some_accounts):
            while done < _MOST and (count := await self.db.write(work)):
                done += count
        await analyse(self.db, rows=done)
        return done + await accounts.forget_ends(self.db, nothing=_UNREADABLE)

    async def _some_enterprises(self, tx: Tx) -> int:
        waiting = await store.unsearched(tx, most=BATCH)
        for enterprise in waiting:
            await store.take(tx, enterprise)
        return len(waiting)

    async def _some_people(self, tx: Tx) -> int:
        people = await store.without_end(tx, most=BATCH)
        await store.set_ends(tx, [(person.id, self._end(person, FILING_BOX)) for person in people])
        return len(people)

    async def _some_accounts(self, tx: Tx) -> int:
        some = await accounts.without_end(tx, most=BATCH)
        await accounts.set_ends(tx, [(account.id, self._end(account, ACCOUNT_BOX)) for account in some])
        return len(some)

    def _end(self, person: WithoutEnd, purpose: str) -> bytes:
        try:
            number = self.keyring.open(
                person.id_number_box, purpose=purpose, context=person.id.encode()
            ).decode()
        except (KeysError, UnicodeDecodeError):
            return _UNREADABLE
        return end_hash(self.lookup, number)
