"""Certificates from before there were events and a log get one that says how they stood."""

import pytest

from mshield.keys.keyring import Keyring
from mshield.services.log.open_log import open_log
from mshield.services.log.sequence import sequence
from mshield.services.log.verify import verify_log
from mshield.services.operations.seal_earlier import seal_earlier
from mshield.settings import Settings
from mshield.store.database.migrate import migrate
from mshield.store.database.opening import open_database
from tests.support.clock import START
from tests.support.old_schema import make_earlier, marked, rows_of

_INSERT = (
    "INSERT INTO certificates (serial, uid, request_sid, account_id, device_id, person_id, filing_version,"
    " shield_number, organisation, credit_code, role, common_name, der, state, holds, not_before, not_after, issued_at,"
    " changed_at, revoked_at, revocation_reason)"
    " VALUES (?, ?, ?, 'a', 'd', 'p', 1, 'MS', 'o', 'e', 'operator', 'n', ?, ?, ?, 1, 9, 1, 7, ?, ?)"
)
_STANDINGS: tuple[tuple[bytes | None, str, str, int | None, int | None], ...] = (
    (b"0", "active", "", None, None),
    (b"0", "active", "lost", None, None),
    (b"0", "revoked", "", 7, 1),
    (None, "issued", "", None, None),
)


@pytest.fixture
def old_url(empty_url: str) -> str:
    """A database of the release before the log."""
    make_earlier(empty_url, before="0004")
    return empty_url


def _fill(url: str) -> None:
    """Without the rows that these refer to: nothing of them is asked here."""
    with rows_of(url) as connection:
        for number, (der, *standing) in enumerate(_STANDINGS):
            connection.execute(
                marked(url, _INSERT), (f"{number:040x}", b"u", bytes([number]), der, *standing)
            )


async def test_what_was_issued_before_is_logged_as_it_stood(old_url: str, keyring: Keyring) -> None:
    _fill(old_url)
    assert "0004_log" in migrate(old_url)
    db = await open_database(old_url, pool_size=1)
    await seal_earlier(db, keyring, now=START)
    log = await open_log(db, keyring, Settings(), now=START)
    assert await sequence(log, now=START) == 3 + 1  # and that all was sealed
    report = await verify_log(log)
    # No keys stand behind these rows.
    assert ({each.code for each in report.findings}, report.waiting) == ({"key_changed"}, 0)
    await db.close()
