"""The upgrade: a token from before stays valid for thirty days as its member's, under a name, and with no more."""

import time
from typing import Any

import pytest

from mshield.domain import errors
from mshield.domain.staff import StaffRole, StaffScope
from mshield.domain.times import DAY_MS
from mshield.domain.tokens import token_hash
from mshield.keys.keyring import Keyring
from mshield.services.operations.seal_earlier import seal_earlier
from mshield.services.staff.tokens import authenticate
from mshield.store.database.migrate import migrate
from mshield.store.database.opening import opened_database
from tests.support.old_schema import make_earlier, marked, rows_of

TOKEN, GONE, READER = "m1.a-secret-of-before", "m2.another", "m3.a-third"


@pytest.fixture
def upgraded(empty_url: str) -> str:
    """A database with members of the release before, upgraded."""
    make_earlier(empty_url, before="0046")
    with rows_of(empty_url) as connection:
        for staff_id, roles, token, state in (
            ("m1", "filing_officer auditor", TOKEN, "active"),
            ("m2", "auditor", GONE, "disabled"),
            ("m3", "auditor", READER, "active"),
        ):
            _run(
                connection,
                empty_url,
                "INSERT INTO staff (id, name, roles, token_hash, state, created_at) VALUES (?, ?, ?, ?, ?, 1)",
                *(staff_id, staff_id, roles, token_hash(token), state),
            )
        _run(
            connection,
            empty_url,
            "INSERT INTO staff_sessions (id, token_hash, staff_id, address, browser, created_at, used_at, expires_at)"
            " VALUES ('s', ?, 'm1', '', '', 5, 5, 9)",
            b"s",
        )
    assert "0046_staff_tokens" in migrate(empty_url)
    return empty_url


def _run(connection: Any, url: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    cursor = connection.execute(marked(url, statement), values)
    return [tuple(row) for row in cursor.fetchall()] if cursor.description else []


def test_each_active_members_token_has_a_name_and_an_end(upgraded: str) -> None:
    with rows_of(upgraded) as connection:
        rows = _run(
            connection,
            upgraded,
            "SELECT id, staff_id, name, roles, scopes, created_at, expires_at, ended_at FROM staff_tokens ORDER BY id",
        )
        assert _run(connection, upgraded, "SELECT confirmed_at FROM staff_sessions") == [(0,)]
    assert [row[:6] for row in rows] == [
        ("m1", "m1", "earlier", "filing_officer auditor", "filing_import filing_export", 1),
        ("m3", "m3", "earlier", "auditor", "", 1),
    ]
    for row in rows:
        assert abs(row[6] - 30 * DAY_MS - time.time() * 1000) < DAY_MS / 2
        assert row[7] is None


async def test_they_open_what_they_opened_until_then(upgraded: str) -> None:
    now = time.time_ns() // 1_000_000
    async with opened_database(upgraded, pool_size=1) as db:
        await seal_earlier(db, Keyring.generate(), now=now)
        member = await authenticate(db, TOKEN, allowed=tuple(StaffRole), now=now)
        assert (member.id, member.scopes) == ("m1", tuple(StaffScope))
        for token, at in ((TOKEN, now + 31 * DAY_MS), (GONE, now), ("m1.wrong", now)):
            with pytest.raises(errors.WrongStaffToken):
                await authenticate(db, token, allowed=tuple(StaffRole), now=at)
