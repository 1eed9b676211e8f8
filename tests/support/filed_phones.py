"""Changes filing data and request times for which there is no command, directly in the running service's SQLite."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from mshield.testkit.demo.people import Person
from tests.support.live_service import LiveService

_FILE: Final = """UPDATE filed_persons SET phone = ? WHERE credit_code = ? AND role = ? AND ended_at IS NULL
AND id_number_hash = (SELECT id_number_hash FROM accounts WHERE phone = ?)"""
_EARLIER: Final = """UPDATE identity_requests SET asked_at = asked_at - 18000000, reminded_at = reminded_at - 18000000
WHERE account_id = (SELECT id FROM accounts WHERE phone = ?)"""


def file_phone(service: LiveService, person: Person, phone: str | None) -> None:
    """Sets the filed phone number of a person who has an account."""
    _write(service, _FILE, phone, person.credit_code, person.role, person.phone)


def asked_earlier(service: LiveService, person: Person) -> None:
    """Moves the person's request back by five hours, so that the legal representative may be reminded again."""
    _write(service, _EARLIER, person.phone)


def _write(service: LiveService, statement: str, *values: str | None) -> None:
    with _database(service) as db:
        assert db.execute(statement, values).rowcount > 0
    service.seal()


@contextmanager
def _database(service: LiveService) -> Iterator[sqlite3.Connection]:
    path = service.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=30)) as db, db:
        yield db
