"""What ties accounts of a running service to people on file, for tests that begin after it: proofs, codes, numbers.

What no command and no call does is written into the service's SQLite file, beside the running process.
"""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from mshield.client.phone import VirtualPhone
from mshield.demo.people import Person
from tests.support.live_service import LiveService

_PERSON: Final = """SELECT f.id FROM filed_persons f JOIN accounts a ON a.id_number_hash = f.id_number_hash
WHERE a.phone = ? AND f.credit_code = ? AND f.role = ? AND f.ended_at IS NULL"""
_PROVE: Final = """INSERT INTO identity_proofs (id, account_id, person_id, way, actor, proven_at, counts_from)
SELECT ?, id, ?, 'filing_code', 'staff', ?, ? FROM accounts WHERE phone = ?"""
_MAKE_CODE: Final = """
import asyncio, sys, time
from mshield.domain.actor import By
from mshield.keys.keyring import load_keyring
from mshield.keys.secrets import load_lookup_key
from mshield.services.identity.codes import ActivationCodes
from mshield.services.identity.proofs import Proofs
from mshield.settings import load_settings
from mshield.store.database.opening import opened_database

async def make():
    settings, now = load_settings(), time.time_ns() // 1_000_000
    async with opened_database(settings.database, pool_size=1) as db:
        lookup = await load_lookup_key(db, load_keyring(settings), now=now)
        codes = ActivationCodes(db, lookup, Proofs(db, settings))
        by = By("staff", None)
        made = await db.write(lambda tx: codes.make_in(tx, sys.argv[1], by=by, now=now))
        print(made.code)

asyncio.run(make())
"""


def prove(service: LiveService, person: Person) -> None:
    """The account is shown to be theirs, from now on; they have one already, and nothing else proves it."""
    now = _now()
    with _database(service) as db:
        db.execute(_PROVE, (f"proof-{person.phone}", _filed(db, person), now, now, person.phone))


def make_code(service: LiveService, person: Person) -> str:
    """An activation code for a person on file who has an account."""
    with _database(service) as db:
        person_id = _filed(db, person)
    done = subprocess.run(
        (sys.executable, "-c", _MAKE_CODE, person_id),
        env=service.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def file_phone(service: LiveService, person: Person, phone: str | None) -> None:
    """What stands in the file as their phone number; they have an account."""
    with _database(service) as db:
        db.execute("UPDATE filed_persons SET phone = ? WHERE id = ?", (phone, _filed(db, person)))


def ask_legal_person(phone: VirtualPhone, person: Person) -> None:
    """An operator's phone, logged in, asks for their legal person's word."""
    with phone._operation() as operation:  # the client has no call for it
        body = {"user_type": person.role, "credit_code": person.credit_code}
        operation.connection.post("/api/phone/identity/requests", operation.logged_in(), body)


def waited(service: LiveService, person: Person) -> None:
    """Their last request was made five hours ago: they may have the legal person told again."""
    with _database(service) as db:
        db.execute(
            "UPDATE identity_requests SET asked_at = asked_at - 18000000, reminded_at = reminded_at - 18000000"
            " WHERE account_id = (SELECT id FROM accounts WHERE phone = ?)",
            (person.phone,),
        )


def _filed(db: sqlite3.Connection, person: Person) -> str:
    row = db.execute(_PERSON, (person.phone, person.credit_code, person.role)).fetchone()
    assert row is not None, json.dumps([person.name, "has no account, or isn't on file"])
    return str(row[0])


@contextmanager
def _database(service: LiveService) -> Iterator[sqlite3.Connection]:
    path = service.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=30)) as db, db:
        yield db


def _now() -> int:
    return time.time_ns() // 1_000_000
